//! Passwords of people, one by one, and what an account asks of them.

use std::sync::Arc;

use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, UserKey};
use crate::model::audit::{Event, Kind};
use crate::model::passwords::{Beside, Hash, Policy, SALT_BYTES, Secret, USED_BEFORE};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::Told;

/// The field, in both APIs.
const FIELD: &str = "password";

/// A password that was found to meet the policy, and hashed, before the transaction that writes it.
pub(crate) struct NewPassword {
    clear: Secret,
    policy: Policy,
    /// None in a rehearsal, which keeps nothing, and for the one that the user has.
    hash: Option<Hash>,
    /// Whether it was a hash when it came, of which no policy can tell anything.
    is_ready: bool,
}

impl NewPassword {
    /// Writes it beside its user, whom the transaction has locked or made.
    ///
    /// # Errors
    /// `Invalid` when it is the login.
    pub(crate) fn put(
        &self,
        tx: &mut dyn Tx,
        account: AccountId,
        (user, name_key): (UserKey, &str),
        now: Instant,
    ) -> Result<()> {
        if !self.is_ready {
            self.policy.meets_login(&self.clear, name_key).map_err(refused)?;
        }
        match &self.hash {
            Some(hash) => tx.put_passwords(account, &[(user, hash)], self.policy.password_history, now),
            None => Ok(()),
        }
    }
}

fn refused(why: String) -> Error {
    Error::invalid(FIELD, why)
}

impl Directory {
    /// What the account asks of passwords.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn password_policy(&self, caller: &Caller) -> Result<Policy> {
        caller.require(Permission::AdminRead)?;
        let account = caller.account;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.password_policy(account);
        self.store.read(Cost::Point, read).await
    }

    /// Sets what the account asks of passwords from now on. Those that there are stay good.
    ///
    /// # Errors
    /// `Faults` for numbers out of range.
    pub async fn set_password_policy(&self, caller: &Caller, policy: Policy) -> Result<Policy> {
        caller.require(Permission::AdminWrite)?;
        policy.check()?;
        let (account, trail) = (caller.account, self.trail(caller));
        let write = move |tx: &mut dyn Tx| {
            tx.put_password_policy(account, &policy)?;
            trail.tell(tx, Told::new(Event::Updated, Kind::PasswordPolicy, ""))?;
            Ok(policy.clone())
        };
        self.store.write(Class::Interactive, write).await
    }

    /// Checks a password that was given and hashes it, off the threads that answer, at most `HASHES_AT_ONCE` at a time. A
    /// ready hash is taken as it is. `user` is who has others, if anybody.
    ///
    /// # Errors
    /// `Invalid` (`password`) for one that the policy refuses, and for a ready hash that cannot be taken.
    pub(crate) async fn new_password(
        &self,
        account: AccountId,
        user: Option<Uuid>,
        given: Option<Secret>,
    ) -> Result<Option<NewPassword>> {
        let Some(clear) = given else { return Ok(None) };
        let ready = Hash::ready(clear.reveal()).map_err(refused)?;
        let read = move |snapshot: &mut dyn Snapshot| {
            let policy = snapshot.password_policy(account)?;
            let had = match user.map(|user| snapshot.user(account, user)).transpose()?.flatten() {
                Some(user) if policy.password_history > 0 => snapshot.passwords(account, user.key)?,
                _ => Vec::new(),
            };
            Ok((policy, had))
        };
        let (policy, had) = self.store.read(Cost::Point, read).await?;
        let is_ready = ready.is_some();
        if !is_ready {
            policy.meets(&clear).map_err(refused)?;
        }
        let hash = match ready {
            Some(hash) => Some(hash).filter(|_| !self.is_trial),
            None => self.hash(clear.clone(), had).await?,
        };
        Ok(Some(NewPassword { clear, policy, hash, is_ready }))
    }

    /// None for the last of those that somebody had.
    async fn hash(&self, password: Secret, had: Vec<Hash>) -> Result<Option<Hash>> {
        let mut salt = [0; SALT_BYTES];
        self.ids.fill(&mut salt);
        let is_trial = self.is_trial;
        let hash = move || match Beside::of(&password, &had) {
            Beside::New if is_trial => Ok(None),
            Beside::New => Hash::of(&password, salt).map(Some),
            Beside::Same => Ok(None),
            Beside::Earlier => Err(refused(USED_BEFORE.to_owned())),
        };
        self.hashing(hash).await?
    }

    /// Does what takes as long as hashing a password off the threads that answer, at most `HASHES_AT_ONCE` at a time.
    ///
    /// # Errors
    /// `Internal` when it panics.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let internal = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
        let turn = Arc::clone(&self.hashes).acquire_owned().await.map_err(|error| internal(&error))?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))
    }
}
