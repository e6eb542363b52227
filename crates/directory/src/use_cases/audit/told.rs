//! What is told although it writes nothing: refused requests, and reads that say much about people. Neither can fill the
//! disk: the same is told once in `AUDIT_TOLD_EVERY`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use throng_jobs::Instant;

use super::Told as Row;
use crate::caller::{Caller, Origin};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, ClientId};
use crate::limits;
use crate::model::audit::{Actor, Event, Kind};
use crate::port::{Class, StoreExt, Tx};

/// What this node has told of late.
#[derive(Debug, Default)]
pub(crate) struct Told {
    refused: HashMap<Source, Window>,
    read: HashMap<(AccountId, ClientId, Kind, String), Instant>,
}

/// Whose refused requests are told together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Source {
    /// The account that a refused credential names; none for a good one that may not do this.
    account: Option<String>,
    /// Of a good credential, whose it is.
    caller: Option<(AccountId, ClientId)>,
    address: Option<IpAddr>,
    /// Whether it is all the sources that are not told apart.
    others: bool,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    /// Refused behind the one that was told.
    more: u64,
    actor: Actor,
}

/// A request that was refused.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    /// Who it was, if that is known.
    pub caller: Option<&'a Caller>,
    /// The account that the credential names, if it is not known who it was.
    pub account: Option<&'a str>,
    /// Where it comes from.
    pub origin: Origin,
    /// What was asked for: method and pattern of the path.
    pub route: String,
    /// The status of the answer.
    pub status: u16,
}

impl Directory {
    /// An id for a request that came without one.
    pub fn request_id(&self) -> Arc<str> {
        self.ids.uuid(self.now()).to_string().into()
    }

    /// Tells of a refused request, unless enough was told of its source. What cannot be stored is logged: the request is
    /// refused all the same.
    pub async fn tell_refused(&self, refused: Refused<'_>) {
        let (source, actor) = source_of(&refused);
        let now = self.now();
        let Some((source, before)) = self.is_told(source, &actor, now) else { return };
        let row = Row::new(Event::Refused, Kind::Request, "")
            .refused()
            .with("route", refused.route)
            .with("status", refused.status);
        let row = if before > 0 { row.with("before", before) } else { row };
        let done = self.tell_of(source, actor, refused.origin, row).await;
        if let Err(error) = done {
            tracing::warn!(%error, "a refused request could not be told in the audit log");
        }
    }

    /// Tells of a read of something by somebody, unless the same was told just now.
    ///
    /// # Errors
    /// What the store fails with: what cannot be told is not shown.
    pub async fn tell_read(&self, caller: &Caller, kind: Kind, object: &str, route: &str) -> Result<()> {
        let now = self.now();
        let is_fresh = |since: &Instant| *since <= now && now.since(*since) < limits::AUDIT_TOLD_EVERY;
        let key = (caller.account, caller.client, kind, object.to_owned());
        let told = || self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told().read.get(&key).is_some_and(is_fresh) {
            return Ok(());
        }
        let (trail, row) = (self.trail(caller), Row::new(Event::Read, kind, object).with("route", route));
        self.store.write(Class::Interactive, move |tx: &mut dyn Tx| trail.tell(tx, row.clone())).await?;
        let mut told = told();
        told.read.retain(|_, since| is_fresh(since));
        if told.read.len() >= limits::AUDIT_SOURCES_MAX {
            told.read.clear();
        }
        told.read.insert(key, now);
        Ok(())
    }

    /// Tells how many refused requests there were behind those that were told, of the minutes that are over.
    ///
    /// # Errors
    /// What the store fails with.
    pub(crate) async fn tell_more_refused(&self) -> Result<()> {
        let now = self.now();
        let over: Vec<(Source, Window)> = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let is_over = |window: &mut Window| {
                window.since > now || now.since(window.since) >= limits::AUDIT_TOLD_EVERY
            };
            told.refused.extract_if(|_, window| is_over(window)).collect()
        };
        for (source, window) in over.into_iter().filter(|(_, window)| window.more > 0) {
            let row = Row::new(Event::Refused, Kind::Request, "").refused().with("more", window.more);
            let origin = Origin { address: source.address, request: None };
            self.tell_of(source, window.actor, origin, row).await?;
        }
        Ok(())
    }

    /// The source as it is told, with how many of it were not told before; none when nothing more is told of it now.
    fn is_told(&self, mut source: Source, actor: &Actor, now: Instant) -> Option<(Source, u64)> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.refused.len() >= limits::AUDIT_SOURCES_MAX {
            // Where nobody tells what is over, it makes room for others.
            told.refused
                .retain(|_, window| window.more > 0 || now.since(window.since) < limits::AUDIT_TOLD_EVERY);
        }
        if !told.refused.contains_key(&source) && told.refused.len() >= limits::AUDIT_SOURCES_MAX {
            source = Source { others: true, ..Source::default() };
        }
        match told.refused.get_mut(&source) {
            Some(window) if now.since(window.since) < limits::AUDIT_TOLD_EVERY => {
                window.more += 1;
                None
            }
            Some(window) => {
                window.since = now;
                Some((source, std::mem::take(&mut window.more)))
            }
            None => {
                told.refused.insert(source.clone(), Window { since: now, more: 0, actor: actor.clone() });
                Some((source, 0))
            }
        }
    }

    /// Tells in the log of the account that the source is about, if there is one, else in the operator's.
    async fn tell_of(&self, source: Source, actor: Actor, origin: Origin, row: Row) -> Result<()> {
        let known = source.caller.map(|(account, _)| account);
        let trail = self.trail_of(known.unwrap_or(AccountId(0)), actor, origin);
        let row = match &source.account {
            Some(account) => row.with("account", account.as_str()),
            None => row.with("others", source.others),
        };
        let write = move |tx: &mut dyn Tx| {
            let named = source.account.as_deref().filter(|name| !name.is_empty());
            let account = named.map(|name| tx.account(name)).transpose()?.flatten();
            match account {
                Some(account) => trail.in_account(account.id).tell(tx, row.clone()),
                None => trail.tell(tx, row.clone()),
            }
        };
        self.store.write(Class::Interactive, write).await
    }
}

fn source_of(refused: &Refused<'_>) -> (Source, Actor) {
    let address = refused.origin.address;
    if let Some(caller) = refused.caller {
        let actor = Actor {
            name: caller.client_name.as_ref().to_owned(),
            client: Some(caller.client.0),
            key: Some(caller.key.as_ref().to_owned()),
            role: Some(caller.role.as_str().to_owned()),
        };
        let caller = Some((caller.account, caller.client));
        return (Source { caller, address, ..Source::default() }, actor);
    }
    let account = refused.account.unwrap_or_default().chars().take(limits::AUDIT_TEXT_CHARS_MAX).collect();
    (Source { account: Some(account), address, ..Source::default() }, Actor::default())
}
