//! Passwords of the rows of a file: checked when a row is read, then sealed.

use super::runs::Stage;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::AccountId;
use crate::model::passwords::{Hash, Policy, Secret};
use crate::model::rows::{Fault, Row, RowPassword};
use crate::port::{Snapshot, StoreExt};

/// What passwords have to pass.
pub(super) struct Gate {
    policy: Policy,
    /// Without a key to seal them with they are dropped.
    can_seal: bool,
    is_dry: bool,
}

impl Gate {
    /// The gate of an account, as it stands now.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn of(directory: &Directory, account: AccountId, is_dry: bool) -> Result<Self> {
        let read = move |snapshot: &mut dyn Snapshot| snapshot.password_policy(account);
        let policy = directory.store.read_blocking(read)?;
        Ok(Self { policy, can_seal: directory.sealing.is_some(), is_dry })
    }

    /// Stages a row with the password that it gives. One that is refused fails its row.
    ///
    /// # Errors
    /// Those of [`Stage::push`].
    pub(super) fn push(&self, stage: &mut Stage<'_>, mut row: Row, given: Option<Secret>) -> Result<()> {
        let Some(password) = given.filter(|_| row.fault.is_none()) else { return stage.push(row) };
        if !self.can_seal {
            row.password = RowPassword::Dropped;
            return stage.push(row);
        }
        let is_ready = match self.check(&password, &row.key) {
            Ok(is_ready) => is_ready,
            Err(why) => {
                row.fault = Some(Fault::Invalid(why));
                return stage.push(row);
            }
        };
        if self.is_dry {
            // Nothing of it is kept, and nothing would be said of it.
            row.password = RowPassword::Apart;
            return stage.push(row);
        }
        stage.push_sealed(row, &password, is_ready)
    }

    /// Whether it is a ready hash; what is wrong with it.
    fn check(&self, password: &Secret, login_key: &str) -> std::result::Result<bool, String> {
        if Hash::ready(password)?.is_some() {
            return Ok(true);
        }
        self.policy.meets(password)?;
        self.policy.meets_login(password, login_key)?;
        Ok(false)
    }
}
