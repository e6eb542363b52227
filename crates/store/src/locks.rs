//! Which locks a transaction holds, and what they allow. Source: ADR 11.
//!
//! Locks are taken in one order, so that transactions never wait for each other in a circle, and what needs a lock
//! is refused without it. Both are checked on every database, so that a use case that forgets a lock fails in
//! the tests of the database that has none.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use throng_directory::ids::{AccountId, GroupNumber, ResourceKey, UserKey};
use throng_directory::model::profiles::ProfileNumber;
use throng_directory::port::AccountLock;

use crate::fault::{Fault, Outcome};

/// The steps of the lock order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Step {
    #[default]
    None,
    Key,
    Account,
    Group(GroupNumber),
    User,
    Job,
    Audit,
}

/// The locks that a transaction holds.
#[derive(Debug, Default)]
pub struct Locks {
    last: Step,
    has_key: bool,
    account: Option<(AccountId, AccountLock)>,
    groups: Vec<GroupNumber>,
    users: HashSet<UserKey>,
    made_users: Vec<RangeInclusive<UserKey>>,
    resources: Vec<ResourceKey>,
    profiles: Vec<ProfileNumber>,
    uploads: Option<AccountId>,
    audit: Option<AccountId>,
    has_job: bool,
}

impl Locks {
    /// Takes an `Idempotency-Key`: one a transaction.
    pub fn key(&mut self) -> Outcome<()> {
        if !self.has_key {
            self.step(Step::Key)?;
            self.has_key = true;
        }
        Ok(())
    }

    /// Takes an account: one a transaction.
    pub fn account(&mut self, account: AccountId, how: AccountLock) -> Outcome<()> {
        match self.account {
            Some(held) if held == (account, how) || held == (account, AccountLock::Exclusive) => Ok(()),
            Some(_) => Err(Fault::Defect("a second lock of an account".to_owned())),
            None => {
                self.step(Step::Account)?;
                self.account = Some((account, how));
                Ok(())
            }
        }
    }

    /// Takes a group; several by rising number.
    pub fn group(&mut self, group: GroupNumber) -> Outcome<()> {
        if !self.groups.contains(&group) {
            self.step(Step::Group(group))?;
            self.groups.push(group);
        }
        Ok(())
    }

    /// Notes a group that this transaction made: nobody else knows it.
    pub fn made_group(&mut self, group: GroupNumber) {
        self.groups.push(group);
    }

    /// Notes a resource that [`Locks::user`] found, or that this transaction made.
    pub fn found_resource(&mut self, resource: ResourceKey) {
        self.resources.push(resource);
    }

    /// Refuses without the resource.
    pub fn need_resource(&self, resource: ResourceKey) -> Outcome<()> {
        need(self.resources.contains(&resource), "the resource")
    }

    /// Notes a profile that [`Locks::user`] found.
    pub fn found_profile(&mut self, profile: ProfileNumber) {
        self.profiles.push(profile);
    }

    /// Refuses without the profile.
    pub fn need_profile(&self, profile: ProfileNumber) -> Outcome<()> {
        need(self.profiles.contains(&profile), "the profile")
    }

    /// Takes the uploads of an account: one account's a transaction.
    pub fn uploads(&mut self, account: AccountId) -> Outcome<()> {
        self.user()?;
        self.uploads = Some(account);
        Ok(())
    }

    /// Refuses without the uploads of the account.
    pub fn need_uploads(&self, account: AccountId) -> Outcome<()> {
        need(self.uploads == Some(account), "the account's uploads")
    }

    /// Takes a user, a resource or a profile: which of them comes first does not matter, since nobody takes two kinds.
    pub fn user(&mut self) -> Outcome<()> {
        self.step(Step::User)
    }

    /// Notes users that this transaction may have made: nobody else knows them.
    pub fn made_users(&mut self, users: RangeInclusive<UserKey>) {
        self.made_users.push(users);
    }

    /// Notes whom [`Locks::user`] found.
    pub fn found_user(&mut self, user: UserKey) {
        self.users.insert(user);
    }

    /// Takes a job.
    pub fn job(&mut self) -> Outcome<()> {
        self.step(Step::Job)?;
        self.has_job = true;
        Ok(())
    }

    /// Takes an account's audit log, last of all.
    pub fn audit(&mut self, account: AccountId) -> Outcome<()> {
        self.step(Step::Audit)?;
        self.audit = Some(account);
        Ok(())
    }

    /// Refuses without the account's audit log.
    pub fn need_audit(&self, account: AccountId) -> Outcome<()> {
        need(self.audit == Some(account), "the account's audit log")
    }

    /// Refuses without the `Idempotency-Key`.
    pub fn need_key(&self) -> Outcome<()> {
        need(self.has_key, "an Idempotency-Key")
    }

    /// Refuses without the account, at least shared.
    pub fn need_account(&self, account: AccountId) -> Outcome<()> {
        need(self.account.is_some_and(|(held, _)| held == account), "the account")
    }

    /// Refuses without the account alone.
    pub fn need_account_alone(&self, account: AccountId) -> Outcome<()> {
        need(self.account == Some((account, AccountLock::Exclusive)), "the account alone")
    }

    /// Refuses without the group.
    pub fn need_group(&self, group: GroupNumber) -> Outcome<()> {
        need(self.groups.contains(&group), "the group")
    }

    /// Refuses without the group, or the job that clears it when it is gone.
    pub fn need_members(&self, group: GroupNumber) -> Outcome<()> {
        need(self.groups.contains(&group) || self.has_job, "the group")
    }

    /// Refuses without the user.
    pub fn need_user(&self, user: UserKey) -> Outcome<()> {
        let is_made = self.made_users.iter().any(|made| made.contains(&user));
        need(is_made || self.users.contains(&user), "the user")
    }

    /// Refuses without a job.
    pub fn need_job(&self) -> Outcome<()> {
        need(self.has_job, "the job")
    }

    fn step(&mut self, step: Step) -> Outcome<()> {
        if step < self.last {
            return Err(Fault::Defect(format!("locks out of order: {step:?} after {:?}", self.last)));
        }
        self.last = step;
        Ok(())
    }
}

fn need(held: bool, what: &str) -> Outcome<()> {
    if held { Ok(()) } else { Err(Fault::Defect(format!("a write without the lock of {what}"))) }
}

#[cfg(test)]
mod tests;
