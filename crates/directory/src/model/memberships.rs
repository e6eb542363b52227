//! What a list of membership operations comes to: pure, and the same for a job of one item and of a million.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use throng_jobs::Outcome;

use crate::ids::MemberKey;
use crate::model::results::Settled;

/// One operation of a request with its range of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What it asks.
    pub action: Action,
    /// Index of its first item.
    pub start: u32,
    /// Index behind its last item.
    pub end: u32,
}

impl Operation {
    /// Its items.
    pub const fn range(&self) -> Range<u32> {
        self.start..self.end
    }
}

/// What an operation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Adds the listed.
    Add,
    /// Removes the listed.
    Remove,
    /// Makes the listed the only members; lists nobody = removes all.
    Replace,
}

/// Whom one listed value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This user or group.
    Member(MemberKey),
    /// Nobody.
    Unknown,
    /// More than one person.
    Ambiguous,
}

/// One item that is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whom it is about.
    pub member: MemberKey,
    /// The item's index.
    pub index: u32,
    /// What to do.
    pub effect: Effect,
}

/// What an [`Entry`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Adds; somebody who is a member ends `already_member`.
    Add,
    /// Adds as part of a replace; somebody who is a member ends `retained`.
    Retain,
    /// Removes; somebody who is no member ends `not_member`.
    Remove,
}

/// Whether members that are not listed are to be removed.
pub fn replaces(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| operation.action == Action::Replace)
}

/// What the listed items come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Items that need no look at the membership, by rising index.
    pub settled: Vec<Settled>,
    /// Items to apply, by rising member; at most one a member.
    pub entries: Vec<Entry>,
    /// Whether members that no entry names are to be removed.
    pub removes_unlisted: bool,
}

impl Plan {
    /// Leaves these members as they are: their items end `changed_since`.
    pub fn pass_over(&mut self, members: &BTreeSet<MemberKey>) {
        let settled = &mut self.settled;
        self.entries.retain(|entry| {
            let passed = members.contains(&entry.member);
            if passed {
                let (index, member) = (entry.index, Some(entry.member));
                settled.push(Settled { index, member, outcome: Outcome::ChangedSince });
            }
            !passed
        });
        self.settled.sort_unstable_by_key(|item| item.index);
    }
}

/// Decides every listed item. `subjects[i]` is whom item `i` names; the ranges of `operations` cover it.
///
/// Of several items for one member the last decides; earlier ones end `duplicate_in_request` or, where they
/// asked for the opposite, `add_and_remove_conflict`. A replace counts as naming everybody: whoever is not
/// named by it or after it is removed, whatever came before. A replace that lists values of which none is
/// found replaces nothing, and its items end `replace_unresolved`.
pub fn plan(operations: &[Operation], subjects: &[Subject]) -> Plan {
    let reset = last_replace(operations, subjects);
    let mut plan = Plan { removes_unlisted: reset.is_some(), ..Plan::default() };
    let mut named = Vec::with_capacity(subjects.len());
    for operation in operations {
        let unresolved = operation.action == Action::Replace && replaces_nothing(operation, subjects);
        for index in operation.range() {
            let outcome = match subjects[index as usize] {
                Subject::Member(member) => {
                    named.push((member, index));
                    continue;
                }
                Subject::Unknown if unresolved => Outcome::ReplaceUnresolved,
                Subject::Unknown => Outcome::NotFound,
                Subject::Ambiguous => Outcome::Ambiguous,
            };
            plan.settled.push(Settled { index, member: None, outcome });
        }
    }
    named.sort_unstable();
    plan.entries.reserve_exact(named.len());
    for same_member in named.chunk_by(|a, b| a.0 == b.0) {
        decide(operations, reset, same_member, &mut plan);
    }
    plan.settled.sort_unstable_by_key(|item| item.index);
    plan
}

/// Those of a group's members whom no entry names, without groups where these stay. `entries` rise by member.
pub fn unlisted(
    entries: &[Entry],
    members: Vec<MemberKey>,
    keeps_groups: bool,
) -> impl Iterator<Item = MemberKey> {
    members.into_iter().filter(move |member| {
        let is_listed = entries.binary_search_by_key(member, |entry| entry.member).is_ok();
        !is_listed && (member.is_user() || !keeps_groups)
    })
}

/// The last replace that replaces something.
fn last_replace(operations: &[Operation], subjects: &[Subject]) -> Option<usize> {
    operations
        .iter()
        .rposition(|operation| operation.action == Action::Replace && !replaces_nothing(operation, subjects))
}

/// Whether a replace lists values of which none names somebody.
fn replaces_nothing(operation: &Operation, subjects: &[Subject]) -> bool {
    let listed = &subjects[operation.start as usize..operation.end as usize];
    !listed.is_empty() && listed.iter().all(|subject| !matches!(subject, Subject::Member(_)))
}

/// Decides all items of one member, given by rising index.
fn decide(operations: &[Operation], reset: Option<usize>, items: &[(MemberKey, u32)], plan: &mut Plan) {
    let Some((&(member, index), earlier)) = items.split_last() else { return };
    // The ranges follow each other, and every item lies in one.
    let operation_of = |index: u32| operations.partition_point(|operation| operation.end <= index);
    let at = operation_of(index);
    let overruled = reset.is_some_and(|reset| at < reset);
    let removes = overruled || operations[at].action == Action::Remove;
    let earlier = if overruled { items } else { earlier };
    for &(_, index) in earlier {
        let same = (operations[operation_of(index)].action == Action::Remove) == removes;
        let outcome = if same { Outcome::DuplicateInRequest } else { Outcome::AddAndRemoveConflict };
        plan.settled.push(Settled { index, member: Some(member), outcome });
    }
    if !overruled {
        let effect = match operations[at].action {
            Action::Add => Effect::Add,
            Action::Remove => Effect::Remove,
            Action::Replace => Effect::Retain,
        };
        plan.entries.push(Entry { member, index, effect });
    }
}

#[cfg(test)]
mod tests;
