//! Accounts, clients and keys.

use throng_jobs::Instant;

use crate::caller::{Client, KeyRecord, NewClient};
use crate::error::Result;
use crate::ids::{AccountId, ClientId};
use crate::model::access::{Account, AccountSettings};

/// Reads of accounts and keys.
pub trait AccessReads {
    /// The account with exactly this name.
    fn account(&mut self, name: &str) -> Result<Option<Account>>;

    /// The settings of the account with this id; the defaults for one that does not exist.
    fn settings(&mut self, account: AccountId) -> Result<AccountSettings>;

    /// Ids and names of the accounts behind one, by id.
    fn accounts(&mut self, after: AccountId, limit: usize) -> Result<Vec<(AccountId, String)>>;

    /// The key with this id in this account (`""` = the operator's), with its client's role. A key whose
    /// client was revoked reads as revoked.
    fn key(&mut self, account: &str, key_id: &str) -> Result<Option<KeyRecord>>;

    /// The client with this name, unless it was revoked or is a person.
    fn client(&mut self, account: AccountId, name: &str) -> Result<Option<Client>>;

    /// The name of the client with this id, revoked or not.
    fn client_name(&mut self, account: AccountId, client: ClientId) -> Result<Option<String>>;

    /// Whether the client exists and is not revoked: a job runs only with an authority that stands.
    fn client_stands(&mut self, account: AccountId, client: ClientId) -> Result<bool>;

    /// The account's secret of this name; none before somebody made it.
    fn secret(&mut self, account: AccountId, name: &str) -> Result<Option<[u8; 32]>>;
}

/// Writes of accounts and keys.
pub trait AccessWrites {
    /// Makes an account. Names are unique without regard to letter case.
    ///
    /// # Errors
    /// `AlreadyExists`.
    fn create_account(&mut self, name: &str, now: Instant) -> Result<AccountId>;

    /// Stores an account's settings, and brings what follows from them in line. The caller holds the account's
    /// lock exclusively.
    ///
    /// # Errors
    /// `AlreadyExists` when groups are to have names of their own and two have the same.
    fn set_account_settings(&mut self, account: AccountId, settings: &AccountSettings) -> Result<()>;

    /// Makes a client.
    ///
    /// # Errors
    /// `AlreadyExists` when the account has a client of this name.
    fn create_client(&mut self, account: AccountId, client: &NewClient<'_>, now: Instant)
    -> Result<ClientId>;

    /// Stores a key; its account, client and hash are in the record.
    fn create_key(&mut self, key: &KeyRecord, now: Instant) -> Result<()>;

    /// Stores a secret unless there is one of this name.
    fn create_secret(&mut self, account: AccountId, name: &str, secret: &[u8; 32]) -> Result<()>;

    /// Locks an account until the end of the transaction. First in the lock order: account, group, user, job.
    fn lock_account(&mut self, account: AccountId, how: AccountLock) -> Result<()>;
}

/// Who else may hold an account's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountLock {
    /// Others that share it. While it is held no user and no group is deleted from the account, so that a
    /// membership that is written has a member behind it when the transaction commits; and whether names of
    /// groups are unique stays as it is.
    Shared,
    /// Nobody. Held where a user or a group is deleted, where the queue of the account's users gets its next job,
    /// and where the account's settings change.
    Exclusive,
}
