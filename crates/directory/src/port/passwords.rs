//! Passwords.

use throng_jobs::Instant;

use crate::error::Result;
use crate::ids::{AccountId, JobNumber, UserKey};
use crate::model::passwords::{Hash, Policy, SecretPage};

/// Reads of passwords.
pub trait PasswordReads {
    /// The hash of a user's password and those of earlier ones, as far as they are kept, the last first; none for a user
    /// without one. Nobody is shown them.
    fn passwords(&mut self, account: AccountId, user: UserKey) -> Result<Vec<Hash>>;

    /// What the account asks of passwords; the defaults where nothing was said.
    fn password_policy(&mut self, account: AccountId) -> Result<Policy>;
}

/// Sealed passwords of the rows of an import.
pub trait RowSecretReads {
    /// Those of the pages from `page` on.
    fn row_secrets(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<SecretPage>>;
}

/// The same. What is left of them goes when their job ends or is dropped.
pub trait RowSecretWrites {
    /// Stores pages of them, replacing earlier ones of the same number.
    fn put_row_secrets(&mut self, account: AccountId, job: JobNumber, pages: &[SecretPage]) -> Result<()>;

    /// Takes those of one page away, whose rows are settled.
    fn delete_row_secrets(&mut self, account: AccountId, job: JobNumber, page: u32) -> Result<()>;
}

/// Writes of passwords. Deleting users deletes theirs.
pub trait PasswordWrites {
    /// Stores the hashes of the passwords of users, by rising key and without repeats, in the place of those that they had;
    /// of these so many are kept, the last ones. The users are locked, or made in this transaction.
    fn put_passwords(
        &mut self,
        account: AccountId,
        passwords: &[(UserKey, &Hash)],
        kept: u32,
        now: Instant,
    ) -> Result<()>;

    /// The same of users who were made in this transaction and have none yet: it costs a third of that.
    fn put_first_passwords(
        &mut self,
        account: AccountId,
        passwords: &[(UserKey, &Hash)],
        now: Instant,
    ) -> Result<()>;

    /// Takes the password of a locked user away, if there is one, and the earlier ones.
    fn delete_password(&mut self, account: AccountId, user: UserKey) -> Result<()>;

    /// Stores what the account asks of passwords from now on.
    fn put_password_policy(&mut self, account: AccountId, policy: &Policy) -> Result<()>;
}
