//! People.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, UserKey};
use crate::model::images::Image;
use crate::model::memberships::Subject;
use crate::model::users::User;
use crate::port::scan::{Page, Scan};

/// Reads of people.
pub trait UserReads {
    /// The user with this id.
    fn user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>>;

    /// The users with these ids, in the order asked; `None` for one that does not exist.
    fn users_with_uuids(&mut self, account: AccountId, uuids: &[Uuid]) -> Result<Vec<Option<User>>>;

    /// The user with this canonical `userName`.
    fn user_by_name(&mut self, account: AccountId, name_key: &str) -> Result<Option<User>>;

    /// A stretch of the users that a scan selects.
    fn users(&mut self, account: AccountId, scan: &Scan, page: &Page) -> Result<Vec<User>>;

    /// How many users a scan selects.
    fn count_users(&mut self, account: AccountId, scan: &Scan) -> Result<u64>;

    /// These users, in the order asked; `None` for one that does not exist.
    fn users_with_keys(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<User>>>;

    /// The ids of these users; `None` for one that does not exist. Sorted, without repeats.
    fn user_uuids(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<Uuid>>>;

    /// When these users were deleted, in the order asked; `None` for one who is there or never was.
    fn users_deleted_at(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<Instant>>>;

    /// Whom these ids name. Sorted, without repeats, at most `READ_ROWS_MAX`; `users` = about how many users
    /// the account has, from which the store chooses between a merge with the index and single look-ups.
    fn resolve_uuids(&mut self, account: AccountId, uuids: &[[u8; 16]], users: u64) -> Result<Vec<Subject>>;

    /// Whom these canonical `userName`s name; like [`UserReads::resolve_uuids`], sorted bytewise.
    fn resolve_names(&mut self, account: AccountId, keys: &[&str], users: u64) -> Result<Vec<Subject>>;

    /// Whom these canonical e-mail addresses name; like [`UserReads::resolve_names`], `Ambiguous` when more
    /// than one person has the address.
    fn resolve_emails(&mut self, account: AccountId, keys: &[&str], users: u64) -> Result<Vec<Subject>>;
}

/// Writes of people.
pub trait UserWrites {
    /// Reserves `n` keys and returns the first. Keys rise and are never given twice, also not after deletion.
    fn allocate_users(&mut self, account: AccountId, n: u64) -> Result<UserKey>;

    /// Inserts users under these keys, given by rising `name_key`; their own [`User::key`] is not looked at.
    /// `false` for one whose `name_key` is taken, by a stored user or by an earlier one of the slice; nothing
    /// of that one is written.
    fn insert_users(&mut self, account: AccountId, users: &[(UserKey, &User)]) -> Result<Vec<bool>>;

    /// Inserts users who were deleted under the keys that they had, given by rising `name_key`, with what sources called
    /// them, and forgets that their keys are gone. `false` for one whose `name_key` is taken; nothing of that one is
    /// written. The caller holds the account's lock exclusively, and no user has these keys and ids.
    fn undelete_users(&mut self, account: AccountId, images: &[&Image]) -> Result<Vec<bool>>;

    /// Locks a user's row until the end of the transaction and reads it. In the lock order after groups,
    /// before the job.
    fn lock_user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>>;

    /// Locks many users like [`UserWrites::lock_user`], one after the other in the order of their sorted ids; `None` for
    /// one that does not exist.
    fn lock_users(&mut self, account: AccountId, uuids: &[Uuid]) -> Result<Vec<Option<User>>>;

    /// Overwrites a user, found by key. `was` is the user as locked in this transaction.
    ///
    /// # Errors
    /// `AlreadyExists` when another user has the new `name_key`.
    fn replace_user(&mut self, account: AccountId, was: &User, user: &User) -> Result<()>;

    /// Overwrites users who keep their id, their names and their time of creation, each with how they were as locked in this
    /// transaction; given by rising key, without repeats.
    fn rewrite_users(&mut self, account: AccountId, users: &[(&User, &User)]) -> Result<()>;

    /// Deletes users, in any order, and remembers that their keys are gone. Memberships are the caller's business, who
    /// holds the account's lock exclusively.
    fn delete_users(&mut self, account: AccountId, users: &[&User], now: Instant) -> Result<()>;

    /// Takes the id of a user who is gone out of what is remembered of requests and of keys: the nil UUID stands there
    /// then. Of a user who is there nothing changes.
    fn forget_id(&mut self, account: AccountId, uuid: Uuid) -> Result<()>;
}
