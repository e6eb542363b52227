//! Memberships.

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey};

/// Reads of memberships.
pub trait MembershipReads {
    /// Members of a group behind `after`, or from the first on, by rising key: users, then groups; at most
    /// `limit`.
    fn members(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        after: Option<MemberKey>,
        limit: usize,
    ) -> Result<Vec<MemberKey>>;

    /// Those of `keys` that are members, by rising key. Chooses between one range scan and look-ups.
    fn members_among(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        keys: &[MemberKey],
    ) -> Result<Vec<MemberKey>>;
}

/// Writes of memberships.
pub trait MembershipWrites {
    /// Adds members, none of which is one yet.
    fn add_members(&mut self, account: AccountId, group: GroupNumber, keys: &[MemberKey]) -> Result<()>;

    /// Removes members; who is none is passed over.
    fn remove_members(&mut self, account: AccountId, group: GroupNumber, keys: &[MemberKey]) -> Result<()>;

    /// Those of these users and groups that do not exist. A key that is gone comes back only when a deletion is
    /// undone. The others stay until this transaction ends, since the caller shares the account's lock.
    fn missing_members(&mut self, account: AccountId, keys: &[MemberKey]) -> Result<Vec<MemberKey>>;
}
