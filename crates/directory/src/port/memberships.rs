//! Memberships.

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, UserKey};

/// Reads of memberships.
pub trait MembershipReads {
    /// Members of a group behind `after`, by rising key; at most `limit`.
    fn members(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        after: UserKey,
        limit: usize,
    ) -> Result<Vec<UserKey>>;

    /// Those of `keys` that are members, by rising key. Chooses between one range scan and look-ups.
    fn members_among(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        keys: &[UserKey],
    ) -> Result<Vec<UserKey>>;
}

/// Writes of memberships.
pub trait MembershipWrites {
    /// Adds members, none of which is one yet.
    fn add_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()>;

    /// Removes members; who is none is passed over.
    fn remove_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()>;
}
