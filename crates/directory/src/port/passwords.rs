//! Passwords.

use throng_jobs::Instant;

use crate::error::Result;
use crate::ids::{AccountId, UserKey};
use crate::model::passwords::{Hash, Policy};

/// Reads of passwords.
pub trait PasswordReads {
    /// The hash of a user's password; none for a user without one. Nobody is shown it.
    fn password(&mut self, account: AccountId, user: UserKey) -> Result<Option<Hash>>;

    /// What the account asks of passwords; the defaults where nothing was said.
    fn password_policy(&mut self, account: AccountId) -> Result<Policy>;
}

/// Writes of passwords. Deleting users deletes theirs.
pub trait PasswordWrites {
    /// Stores the hashes of the passwords of users, by rising key and without repeats, in the place of those that they had.
    /// The users are locked, or made in this transaction.
    fn put_passwords(
        &mut self,
        account: AccountId,
        passwords: &[(UserKey, &Hash)],
        now: Instant,
    ) -> Result<()>;

    /// Takes the password of a locked user away, if there is one.
    fn delete_password(&mut self, account: AccountId, user: UserKey) -> Result<()>;

    /// Stores what the account asks of passwords from now on.
    fn put_password_policy(&mut self, account: AccountId, policy: &Policy) -> Result<()>;
}
