//! Turns of files: so many are read at the same time, of one account fewer than of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;

/// The turns of a node.
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    /// Of accounts that have or want one.
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

/// A file's turn, until it is dropped.
pub(super) struct Turn {
    _of_account: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Turns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(limits::UPLOADS_AT_ONCE)), accounts: Mutex::default() }
    }
}

impl Turns {
    /// A turn for a file of this account, waited for as long as this.
    ///
    /// # Errors
    /// `TooMany` after that.
    pub(super) async fn take(&self, account: AccountId, wait: Duration) -> Result<Turn> {
        let (of_account, all) = (self.of(account), Arc::clone(&self.all));
        let take = async {
            // In this order: who waits for the account's own takes nothing from others meanwhile.
            let of_account = of_account.acquire_owned().await?;
            Ok::<_, tokio::sync::AcquireError>(Turn {
                _of_account: of_account,
                _of_all: all.acquire_owned().await?,
            })
        };
        match timeout(wait, take).await {
            Ok(turn) => turn.map_err(|error| Error::internal(error.to_string())),
            Err(_) => Err(Error::TooMany("too many files at once; try again".to_owned())),
        }
    }

    fn of(&self, account: AccountId) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has or wants a turn holds it too.
        accounts.retain(|_, turns| Arc::strong_count(turns) > 1);
        let turns = accounts.entry(account);
        Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(limits::UPLOADS_AT_ONCE_OF_ACCOUNT))))
    }
}
