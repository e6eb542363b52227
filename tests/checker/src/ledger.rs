//! The books: whoever the jobs say joined and did not leave must be the members, no more and no fewer. An item
//! that was applied twice, or counted and not applied, shows here.

use std::collections::{HashMap, HashSet};

use crate::findings::Findings;
use crate::people::{People, who};

/// What the jobs say, over all of them.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Joinings less leavings, by account, group and member.
    balance: HashMap<(i64, i64, i64), i64>,
    /// Groups whose jobs do not tell everything; 0 for the users.
    forgotten: HashSet<(i64, i64)>,
    /// Accounts that had jobs of which nothing is known any more.
    forgetful: HashSet<i64>,
    made: HashSet<(i64, [u8; 16])>,
    /// Deletions less restorations, by account and user.
    deletions: HashMap<(i64, i64), i64>,
}

impl Ledger {
    /// A job made this user or group a member.
    pub fn joined(&mut self, account: i64, group: i64, member: i64) {
        *self.balance.entry((account, group, member)).or_default() += 1;
    }

    /// A job ended this user's or group's membership.
    pub fn left(&mut self, account: i64, group: i64, member: i64) {
        *self.balance.entry((account, group, member)).or_default() -= 1;
    }

    /// A job created this user; `false` when another did, too.
    pub fn made(&mut self, account: i64, uuid: [u8; 16]) -> bool {
        self.made.insert((account, uuid))
    }

    /// A job deleted this user, or restored them: deletions less restorations.
    pub fn deleted(&mut self, account: i64, user: i64, times: i64) {
        *self.deletions.entry((account, user)).or_default() += times;
    }

    /// The jobs of this group do not tell everything.
    pub fn forget(&mut self, account: i64, group: i64) {
        self.forgotten.insert((account, group));
    }

    /// This account had jobs of which nothing is known any more.
    pub fn forget_account(&mut self, account: i64) {
        self.forgetful.insert(account);
    }

    /// Compares the books with the memberships. Who was deleted has left without a job.
    pub fn check(&self, people: &People, findings: &mut Findings) {
        let is_forgotten =
            |account, group| self.forgetful.contains(&account) || self.forgotten.contains(&(account, group));
        for (&(account, user), &times) in
            self.deletions.iter().filter(|((account, _), _)| !is_forgotten(*account, 0))
        {
            findings.demand(matches!(times, 0 | 1), || {
                format!("{} of account {account} was deleted {times} times more than restored", who(user))
            });
            findings.demand(times < 1 || people.is_deleted(account, user), || {
                format!("{} of account {account} was deleted and is there", who(user))
            });
        }
        let told =
            |account: i64, group: i64| people.has_group(account, group) && !is_forgotten(account, group);
        for (&(account, group, member), &balance) in &self.balance {
            if !told(account, group) || people.is_deleted(account, member) {
                continue;
            }
            let is_member = people.memberships().contains(&(account, group, member));
            findings.demand(balance == i64::from(is_member), || {
                format!(
                    "{} joined group {group} of account {account} {balance} times more than they left, and is {} \
                     member",
                    who(member),
                    if is_member { "a" } else { "no" }
                )
            });
        }
        for &(account, group, member) in people.memberships() {
            let known = self.balance.contains_key(&(account, group, member)) || !told(account, group);
            findings.demand(known, || {
                format!(
                    "{} is a member of group {group} of account {account}, and no job says why",
                    who(member)
                )
            });
        }
    }
}
