//! Groups.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use crate::model::groups::{Group, GroupRef};
use crate::port::scan::{Page, Scan};

/// Reads of groups.
pub trait GroupReads {
    /// The group with this number.
    fn group(&mut self, account: AccountId, number: GroupNumber) -> Result<Option<Group>>;

    /// The group with this UUID.
    fn group_by_uuid(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Group>>;

    /// A stretch of the groups that a scan selects.
    fn groups(&mut self, account: AccountId, scan: &Scan, page: &Page) -> Result<Vec<Group>>;

    /// How many groups a scan selects.
    fn count_groups(&mut self, account: AccountId, scan: &Scan) -> Result<u64>;

    /// Those of these groups that exist, by number; at most `READ_ROWS_MAX` are asked for.
    fn group_refs(&mut self, account: AccountId, numbers: &[GroupNumber]) -> Result<Vec<GroupRef>>;

    /// The groups that have one of these groups as a member: at most `limit` in all, in any order, with repeats.
    /// One look-up when no group has.
    fn parents_of(
        &mut self,
        account: AccountId,
        groups: &[GroupNumber],
        limit: usize,
    ) -> Result<Vec<GroupRef>>;

    /// The groups that are members of one of these groups; like [`GroupReads::parents_of`], a look-up for each.
    fn children_of(
        &mut self,
        account: AccountId,
        groups: &[GroupNumber],
        limit: usize,
    ) -> Result<Vec<GroupRef>>;

    /// The groups of which the user or group is a member, by number; at most `limit`, behind `after`.
    fn groups_of(
        &mut self,
        account: AccountId,
        member: MemberKey,
        after: GroupNumber,
        limit: usize,
    ) -> Result<Vec<GroupRef>>;

    /// The groups of which each of these users is a member, by number; at most `limit` each.
    fn groups_of_users(
        &mut self,
        account: AccountId,
        users: &[UserKey],
        limit: usize,
    ) -> Result<Vec<Vec<GroupNumber>>>;
}

/// What numbers are given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Groups.
    Groups,
    /// Jobs.
    Jobs,
    /// Profiles.
    Profiles,
}

/// Writes of groups.
pub trait GroupWrites {
    /// Takes the next number of a series. Numbers rise, may leave gaps, and are never given twice.
    fn allocate_number(&mut self, account: AccountId, series: Series) -> Result<i64>;

    /// Inserts a group. The caller shares the account's lock.
    ///
    /// # Errors
    /// `AlreadyExists` when another group has the `name_key` and the account wants names to be unique.
    fn insert_group(&mut self, account: AccountId, group: &Group) -> Result<()>;

    /// Overwrites a group, found by number. The caller shares the account's lock.
    ///
    /// # Errors
    /// `AlreadyExists` when another group has the new `name_key` and the account wants names to be unique.
    fn replace_group(&mut self, account: AccountId, group: &Group) -> Result<()>;

    /// Deletes a group's row. Memberships are the caller's business, who holds the account's lock exclusively.
    fn delete_group(&mut self, account: AccountId, number: GroupNumber) -> Result<()>;

    /// Locks a group's row until the end of the transaction and reads it. In the lock order after the
    /// account, before the job; several groups by rising number.
    fn lock_group(&mut self, account: AccountId, number: GroupNumber) -> Result<Option<Group>>;

    /// Notes that the membership changed by `delta` members: version + 1, modified at `now`. Does nothing
    /// when the group is gone.
    fn touch_group(
        &mut self,
        account: AccountId,
        number: GroupNumber,
        delta: i64,
        now: Instant,
    ) -> Result<()>;
}
