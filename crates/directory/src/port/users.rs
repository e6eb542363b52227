//! People.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, UserKey};
use crate::model::memberships::Subject;
use crate::model::users::{User, UserIndex};

/// Reads of people.
pub trait UserReads {
    /// The user with this id.
    fn user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>>;

    /// The user with this canonical `userName`.
    fn user_by_name(&mut self, account: AccountId, name_key: &str) -> Result<Option<User>>;

    /// Users found through an index, in order of creation; at most `limit`, after skipping `offset`.
    fn users_by(
        &mut self,
        account: AccountId,
        index: UserIndex,
        value: &str,
        page: Page,
    ) -> Result<Vec<User>>;

    /// How many [`UserReads::users_by`] finds.
    fn count_users_by(&mut self, account: AccountId, index: UserIndex, value: &str) -> Result<u64>;

    /// A page of all users, in order of creation.
    fn users(&mut self, account: AccountId, page: Page) -> Result<Vec<User>>;

    /// How many users the account has.
    fn count_users(&mut self, account: AccountId) -> Result<u64>;

    /// A page of a group's members, in order of their keys.
    fn users_in(&mut self, account: AccountId, group: GroupNumber, page: Page) -> Result<Vec<User>>;

    /// These users, in the order asked; `None` for one that does not exist.
    fn users_with_keys(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<User>>>;

    /// The ids of these users, in the order asked; `None` for one that does not exist.
    fn user_uuids(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<Uuid>>>;

    /// Whom these ids name. Sorted, without repeats, at most `READ_ROWS_MAX`; `users` = about how many users
    /// the account has, from which the store chooses between a merge with the index and single look-ups.
    fn resolve_uuids(&mut self, account: AccountId, uuids: &[[u8; 16]], users: u64) -> Result<Vec<Subject>>;

    /// Whom these canonical `userName`s name; like [`UserReads::resolve_uuids`], sorted bytewise.
    fn resolve_names(&mut self, account: AccountId, keys: &[&str], users: u64) -> Result<Vec<Subject>>;

    /// Whom these canonical e-mail addresses name; like [`UserReads::resolve_names`], `Ambiguous` when more
    /// than one person has the address.
    fn resolve_emails(&mut self, account: AccountId, keys: &[&str], users: u64) -> Result<Vec<Subject>>;
}

/// A stretch of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most.
    pub limit: usize,
}

/// Writes of people.
pub trait UserWrites {
    /// Reserves `n` keys and returns the first. Keys rise and are never given twice, also not after deletion.
    fn allocate_users(&mut self, account: AccountId, n: u64) -> Result<UserKey>;

    /// Inserts users under these keys, given by rising `name_key`; their own [`User::key`] is not looked at.
    /// `false` for one whose `name_key` is taken, by a stored user or by an earlier one of the slice; nothing
    /// of that one is written.
    fn insert_users(&mut self, account: AccountId, users: &[(UserKey, &User)]) -> Result<Vec<bool>>;

    /// Locks a user's row until the end of the transaction and reads it. In the lock order after groups,
    /// before the job.
    fn lock_user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>>;

    /// Overwrites a user, found by key. `was` is the user as locked in this transaction.
    ///
    /// # Errors
    /// `AlreadyExists` when another user has the new `name_key`.
    fn replace_user(&mut self, account: AccountId, was: &User, user: &User) -> Result<()>;

    /// Deletes a user and remembers that the key is gone. Memberships are the caller's business, who holds
    /// the account's lock exclusively.
    fn delete_user(&mut self, account: AccountId, user: &User, now: Instant) -> Result<()>;
}
