//! The audit log: every write tells of itself in its own transaction. Source: ADR 19.

pub mod check;
pub(crate) mod jobs;
mod numbering;
pub mod pages;
pub mod search;
pub mod told;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{Caller, Origin, Role};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, Ids};
use crate::model::audit::{Actor, Body, Event, Kind, Names, Row, names_digest};
use crate::model::document;
use crate::port::Tx;

/// Who asks, for the rows that a request leaves. Cheap to clone into a closure.
#[derive(Clone)]
pub(crate) struct Trail {
    account: AccountId,
    actor: Arc<Actor>,
    origin: Origin,
    now: Instant,
    ids: Arc<Ids>,
}

/// What a row tells.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    event: Event,
    kind: Kind,
    object: String,
    names: Names,
    done: bool,
    detail: Map<String, Value>,
}

impl Told {
    /// That this happened to the thing with this id.
    pub(crate) fn new(event: Event, kind: Kind, object: &(impl ToString + ?Sized)) -> Self {
        let object = object.to_string();
        Self { event, kind, object, names: Names::default(), done: true, detail: Map::new() }
    }

    /// What the thing is called: of a person the login, and nothing else.
    pub(crate) fn named(mut self, name: impl Into<String>) -> Self {
        self.names.object = Some(name.into());
        self
    }

    /// Whom the thing was made for.
    pub(crate) fn for_user(mut self, user: Option<Uuid>) -> Self {
        self.names.user = user.map(|user| user.to_string());
        self
    }

    /// What else there is to say: never a secret, and of people nothing but ids.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// That it was refused.
    pub(crate) const fn refused(mut self) -> Self {
        self.done = false;
        self
    }
}

impl Directory {
    /// The trail of a caller.
    pub(crate) fn trail(&self, caller: &Caller) -> Trail {
        let is_known = !caller.key.is_empty();
        let actor = Actor {
            name: caller.client_name.as_ref().to_owned(),
            client: is_known.then_some(caller.client.0),
            key: is_known.then(|| caller.key.as_ref().to_owned()),
            role: Some(caller.role.as_str().to_owned()),
        };
        let account = if caller.role == Role::Operator { AccountId(0) } else { caller.account };
        self.trail_of(account, actor, caller.origin.clone())
    }

    /// The trail of somebody who may not be known.
    pub(crate) fn trail_of(&self, account: AccountId, actor: Actor, origin: Origin) -> Trail {
        Trail { account, actor: Arc::new(actor), origin, now: self.now(), ids: Arc::clone(&self.ids) }
    }
}

impl Trail {
    /// The same in another account's log: what an operator does to an account stands there.
    pub(crate) fn in_account(&self, account: AccountId) -> Self {
        Self { account, ..self.clone() }
    }

    /// Tells of what this transaction does, in it.
    ///
    /// # Errors
    /// What the store fails with.
    pub(crate) fn tell(&self, tx: &mut dyn Tx, told: Told) -> Result<()> {
        let is_named = told.names.texts().next().is_some();
        let salt = is_named.then(|| {
            let mut salt = [0; 16];
            self.ids.fill(&mut salt);
            salt
        });
        let names = is_named.then(|| written(&told.names)).transpose()?;
        let row = Row {
            id: self.ids.uuid(self.now),
            at: self.now,
            event: told.event.as_str().to_owned(),
            kind: told.kind.as_str().to_owned(),
            names_digest: names_digest(salt.as_ref(), &told.object, names.as_deref()),
            object: told.object,
            body: self.body(told.done, told.detail)?,
            names,
            salt,
        };
        tx.append_audit(self.account, &[row])
    }

    fn body(&self, done: bool, detail: Map<String, Value>) -> Result<String> {
        written(&Body {
            actor: self.actor.as_ref().clone(),
            address: self.origin.address.map(|address| address.to_string()),
            request: self.origin.request.as_deref().map(str::to_owned),
            done,
            detail,
        })
    }
}

/// As the log stores it.
fn written<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(format!("a row of the audit log: {error}")))
}

/// The attributes that differ between two documents.
///
/// # Errors
/// `Internal` for a document that is damaged.
pub(crate) fn changed(was: &str, becomes: &str) -> Result<Vec<Value>> {
    let (was, becomes) = (document::read(was)?, document::read(becomes)?);
    let names: BTreeSet<&String> = was.keys().chain(becomes.keys()).collect();
    let differ = names.into_iter().filter(|name| was.get(*name) != becomes.get(*name));
    Ok(differ.map(|name| Value::String(name.clone())).collect())
}
