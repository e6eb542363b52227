//! The clock by which things are thrown away, and that may be wrong.

use std::sync::atomic::Ordering;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::model::audit::{Event, Kind};
use crate::port::{Class, StoreExt, Tx};
use crate::use_cases::audit::Told;

impl Directory {
    /// Takes the store's clock as right after it has gone on by more than `CLOCK_JUMP_MAX`, so that what has been kept
    /// long enough is thrown away again.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn trust_clock(&self, caller: &Caller) -> Result<()> {
        caller.require(Permission::Operate)?;
        let trail = self.trail(caller);
        let trust = move |tx: &mut dyn Tx| {
            tx.trust_clock()?;
            trail.tell(tx, Told::new(Event::Updated, Kind::Clock, ""))
        };
        self.store.write(Class::Interactive, trust).await?;
        self.clock_jumped.store(false, Ordering::Relaxed);
        Ok(())
    }
}
