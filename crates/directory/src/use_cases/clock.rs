//! The clock by which things are thrown away, and that may be wrong.

use std::sync::atomic::Ordering;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::port::{Class, StoreExt, Tx};

impl Directory {
    /// Takes the store's clock as right after it has gone on by more than `CLOCK_JUMP_MAX`, so that what has been kept
    /// long enough is thrown away again.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn trust_clock(&self, caller: &Caller) -> Result<()> {
        caller.require(Permission::Operate)?;
        self.store.write(Class::Interactive, |tx: &mut dyn Tx| tx.trust_clock()).await?;
        self.clock_jumped.store(false, Ordering::Relaxed);
        Ok(())
    }
}
