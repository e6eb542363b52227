//! The keys and clients of an account, as it manages them.

use std::time::Duration;

use crate::caller::{Caller, FORBIDDEN, KeyView, Scopes};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId};
use crate::limits;
use crate::model::audit::{Event, Kind};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::access::{KeyMade, KeyRequest, account_named, holds, may_manage, no_such_key};
use crate::use_cases::audit::Told;

impl Directory {
    /// The keys of an account, or of the operators (`None`): those that are good, and those that have run out and were not
    /// taken away; the oldest first. All of them: there are at most `KEYS_MAX`.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an operator or manages the keys of this account, `NotFound` for an unknown account.
    pub async fn keys(&self, caller: &Caller, account: Option<&str>) -> Result<Vec<KeyView>> {
        may_manage(caller, account)?;
        let account = account.map(str::to_owned);
        let read = move |snapshot: &mut dyn Snapshot| {
            let account = id_of(snapshot, account.as_deref())?;
            snapshot.keys(account, limits::KEYS_MAX)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Makes a key that may do what this one may, of the same client, which ends after `overlap`, unless it ends before.
    ///
    /// # Errors
    /// Those of [`Directory::create_key`], `NotFound` for a key that there is none of, `Invalid` for an overlap that is too
    /// long, `WrongState` for a key that has ended or that another took the place of.
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        account: Option<&str>,
        key_id: &str,
        (overlap, days): (Option<Duration>, Option<u32>),
    ) -> Result<KeyMade> {
        let overlap = overlap.unwrap_or(limits::KEY_OVERLAP_DEFAULT);
        if overlap > limits::KEY_OVERLAP_MAX {
            let detail = format!("an overlap is at most {} seconds", limits::KEY_OVERLAP_MAX.as_secs());
            return Err(Error::invalid("overlapSeconds", detail));
        }
        let key = self.key_of_account(caller, account, key_id).await?;
        if key.expires_at.is_some_and(|end| end <= self.now()) {
            return Err(Error::WrongState("the key has ended: make a new one".to_owned()));
        }
        let request = KeyRequest {
            account: account.map(str::to_owned),
            client: Some(key.client_name),
            role: key.role,
            dialect: key.dialect,
            user: key.user.map(|user| user.to_string()),
            source: key.source,
            scopes: (key.scopes != Scopes::ALL).then(|| key.scopes.to_string()),
            days,
        };
        let end = self.now().plus(overlap);
        self.make_key(caller, request, Some((key.key_id, end))).await
    }

    /// Takes a key away: it is refused from then on, within the second that a credential is believed. Tokens that were asked
    /// for with it are, too. The client stays.
    ///
    /// # Errors
    /// As [`Directory::keys`], and `NotFound` for a key that there is none of.
    pub async fn delete_key(&self, caller: &Caller, account: Option<&str>, key_id: &str) -> Result<()> {
        self.key_of_account(caller, account, key_id).await?;
        let (account, key_id) = (account.map(str::to_owned), key_id.to_owned());
        let trail = self.trail(caller);
        let delete = move |tx: &mut dyn Tx| {
            let account = id_of(tx, account.as_deref())?;
            if !tx.delete_key(account, &key_id)? {
                return Err(no_such_key());
            }
            trail.in_account(account).tell(tx, Told::new(Event::Deleted, Kind::Key, &key_id))
        };
        self.store.write(Class::Interactive, delete).await
    }

    /// Revokes a client of an account: all its keys and tokens are refused, and its jobs stop.
    ///
    /// # Errors
    /// As [`Directory::keys`], `Forbidden` also for a client that may do what the caller may not, and `NotFound` for a client
    /// that there is none of.
    pub async fn revoke_client(&self, caller: &Caller, account: &str, client: ClientId) -> Result<()> {
        may_manage(caller, Some(account))?;
        let (account, now, trail) = (account.to_owned(), self.now(), self.trail(caller));
        let caller = caller.clone();
        let revoke = move |tx: &mut dyn Tx| {
            let account = account_named(tx, &account)?.id;
            // People are no clients to be revoked: their roles are taken away.
            let found = tx.application(account, client)?.ok_or_else(no_such_client)?;
            must_hold(&caller, Scopes::of(found.role))?;
            tx.revoke_client(account, client, now)?;
            trail.in_account(account).tell(tx, Told::new(Event::Deleted, Kind::Client, &client.0))
        };
        self.store.write(Class::Interactive, revoke).await
    }

    /// A key whose rights the caller has, too: nobody takes away or replaces what they could not have made.
    async fn key_of_account(&self, caller: &Caller, account: Option<&str>, key_id: &str) -> Result<KeyView> {
        let keys = self.keys(caller, account).await?;
        let key = keys.into_iter().find(|key| key.key_id == key_id).ok_or_else(no_such_key)?;
        must_hold(caller, Scopes::of(key.role).and(key.scopes))?;
        Ok(key)
    }
}

fn id_of<S: Snapshot + ?Sized>(snapshot: &mut S, account: Option<&str>) -> Result<AccountId> {
    account.map_or(Ok(AccountId(0)), |name| Ok(account_named(snapshot, name)?.id))
}

pub(crate) fn no_such_client() -> Error {
    Error::NotFound("there is no such client".to_owned())
}

/// Whether the caller holds all that somebody else may do.
pub(crate) fn must_hold(caller: &Caller, scopes: Scopes) -> Result<()> {
    if holds(caller).cover(scopes) {
        return Ok(());
    }
    Err(Error::Forbidden(FORBIDDEN.to_owned()))
}
