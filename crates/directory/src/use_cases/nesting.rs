//! Groups in groups: which groups a member is in by way of others, and who is in a group by way of others.
//!
//! Groups may contain each other in circles. A walk remembers what it has seen, takes `NESTING_DEPTH_MAX` steps at
//! most between a user and a group, whichever of the two it begins at, and is bounded in what it finds and reads.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::groups::{GroupRef, UserGroup};
use crate::port::Snapshot;
use crate::use_cases::lists;

/// Members that a merge reads of one group at once, at least.
const MERGED_MIN: usize = 16;

/// The groups that a member is in: those that it is in directly by number, then those above them, the nearest
/// first; each once, at most `EMBEDDED_GROUPS_MAX`.
///
/// # Errors
/// What the store fails with.
pub(crate) fn ancestors<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    member: MemberKey,
) -> Result<Vec<UserGroup>> {
    let direct = snapshot.groups_of(account, member, GroupNumber(0), limits::EMBEDDED_GROUPS_MAX)?;
    let mut walk = Walk::from(direct.iter().map(|group| group.number));
    let mut groups: Vec<UserGroup> =
        direct.into_iter().map(|group| UserGroup { group, is_direct: true }).collect();
    let above = |from: &[GroupNumber], limit| snapshot.parents_of(account, from, limit);
    let found = walk.run(above, limits::EMBEDDED_GROUPS_MAX)?;
    groups.extend(found.into_iter().map(|group| UserGroup { group, is_direct: false }));
    Ok(groups)
}

/// A group and the groups that are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descendants {
    /// Their numbers: the group's own, then those of nested groups, the nearest first; each once.
    pub groups: Vec<GroupNumber>,
    /// Whether these are all: false where there are more than `NESTED_GROUPS_MAX`, or the walk would have read more
    /// than `READ_ROWS_MAX` memberships.
    pub complete: bool,
}

/// The group and the groups that are in it, directly or by way of others.
///
/// # Errors
/// What the store fails with.
pub(crate) fn descendants<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    group: GroupNumber,
) -> Result<Descendants> {
    let mut walk = Walk::from([group].into_iter());
    let below = |from: &[GroupNumber], limit| snapshot.children_of(account, from, limit);
    let found = walk.run(below, limits::NESTED_GROUPS_MAX)?;
    let groups = [group].into_iter().chain(found.iter().map(|group| group.number)).collect();
    Ok(Descendants { groups, complete: walk.complete })
}

/// A walk over groups, level by level.
struct Walk {
    seen: BTreeSet<GroupNumber>,
    complete: bool,
}

impl Walk {
    fn from(groups: impl Iterator<Item = GroupNumber>) -> Self {
        Self { seen: groups.collect(), complete: true }
    }

    /// What `next` reaches from the groups that were seen, in steps, until so many groups are seen.
    fn run(
        &mut self,
        mut next: impl FnMut(&[GroupNumber], usize) -> Result<Vec<GroupRef>>,
        groups_max: usize,
    ) -> Result<Vec<GroupRef>> {
        let mut reached: Vec<GroupRef> = Vec::new();
        let mut rows_left = limits::READ_ROWS_MAX;
        let mut level: Vec<GroupNumber> = self.seen.iter().copied().collect();
        // The first step is the user's own membership.
        for _ in 1..limits::NESTING_DEPTH_MAX {
            if level.is_empty() {
                break;
            }
            let found = next(&level, rows_left + 1)?;
            self.complete &= found.len() <= rows_left;
            rows_left = rows_left.saturating_sub(found.len());
            let mut new: Vec<GroupRef> =
                found.into_iter().filter(|group| self.seen.insert(group.number)).collect();
            new.sort_unstable_by_key(|group| group.number);
            self.complete &= self.seen.len() <= groups_max;
            new.truncate(groups_max.saturating_sub(self.seen.len() - new.len()));
            level = new.iter().map(|group| group.number).collect();
            reached.append(&mut new);
            if !self.complete {
                break;
            }
        }
        Ok(reached)
    }
}

/// Keys of the users behind `after` who are in the group, directly or by way of nested groups, by rising key;
/// at most `limit`. Fewer only when there are no more.
///
/// # Errors
/// `Scim` `tooMany` when there are too many nested groups.
pub(crate) fn members_below<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    group: GroupNumber,
    after: UserKey,
    limit: usize,
) -> Result<Vec<UserKey>> {
    let descendants = descendants(snapshot, account, group)?;
    if !descendants.complete {
        return Err(lists::too_costly());
    }
    let pages = match descendants.groups.len() {
        1 => limit,
        groups => (2 * limit / groups).max(MERGED_MIN).min(limit),
    };
    let mut sources: Vec<Source> =
        descendants.groups.into_iter().map(|group| Source::new(group, after)).collect();
    let mut read = |source: &mut Source| source.next(snapshot, account, pages);
    let mut heads = BinaryHeap::new();
    for (at, source) in sources.iter_mut().enumerate() {
        heads.extend(read(source)?.map(|key| Reverse((key, at))));
    }
    let mut merged: Vec<UserKey> = Vec::new();
    while merged.len() < limit
        && let Some(Reverse((key, at))) = heads.pop()
    {
        if merged.last() != Some(&key) {
            merged.push(key);
        }
        heads.extend(read(&mut sources[at])?.map(|key| Reverse((key, at))));
    }
    Ok(merged)
}

/// Whether the group has groups as members.
///
/// # Errors
/// What the store fails with.
pub(crate) fn is_nested<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    group: GroupNumber,
) -> Result<bool> {
    Ok(!snapshot.children_of(account, &[group], 1)?.is_empty())
}

/// The users of one group, by rising key, read in pieces.
struct Source {
    group: GroupNumber,
    piece: std::vec::IntoIter<UserKey>,
    last: UserKey,
    is_read: bool,
}

impl Source {
    fn new(group: GroupNumber, after: UserKey) -> Self {
        Self { group, piece: Vec::new().into_iter(), last: after, is_read: false }
    }

    fn next<S: Snapshot + ?Sized>(
        &mut self,
        snapshot: &mut S,
        account: AccountId,
        items: usize,
    ) -> Result<Option<UserKey>> {
        if self.piece.as_slice().is_empty() && !self.is_read {
            let after = Some(MemberKey::user(self.last));
            let members = snapshot.members(account, self.group, after, items)?;
            let users: Vec<UserKey> = members.into_iter().map_while(MemberKey::as_user).collect();
            self.is_read = users.len() < items;
            self.last = users.last().copied().unwrap_or(self.last);
            self.piece = users.into_iter();
        }
        Ok(self.piece.next())
    }
}
