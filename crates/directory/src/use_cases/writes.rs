//! Writes of one resource that need no job: what a request says beside the attributes, and that it is done once.

use sha2::{Digest, Sha256};
use throng_jobs::failpoint;
use uuid::Uuid;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::idempotency::{Done, Idempotency, Made, fingerprint};
use crate::use_cases::versions::Precondition;

/// What a write says beside the attributes.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `If-Match` and `If-None-Match`.
    pub precondition: Precondition,
    /// `Idempotency-Key`.
    pub keyed: Option<Keyed>,
}

/// An `Idempotency-Key` with the request that it came with.
#[derive(Clone, Debug)]
pub struct Keyed {
    key: String,
    request: String,
    fingerprint: [u8; 32],
}

impl Keyed {
    /// A key, with method and path as received, and the body.
    pub fn new(key: String, request: String, body: &[u8]) -> Self {
        let fingerprint = fingerprint(&request, &Sha256::digest(body).into());
        Self { key, request, fingerprint }
    }
}

/// A write that was done, now or by an earlier request with the same `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// The resource's UUID.
    pub uuid: Uuid,
    /// The resource as it is now; `None` when it was deleted since.
    pub view: Option<T>,
    /// The status of the answer.
    pub status: u16,
    /// Whether an earlier request did it.
    pub replayed: bool,
}

/// The answer of a write, and its `Idempotency-Key` if it has one.
pub(crate) struct Once {
    key: Option<(Idempotency, [u8; 32])>,
    status: u16,
}

impl Directory {
    /// A write that is answered with this status.
    ///
    /// # Errors
    /// `Invalid` for a key that is none.
    pub(crate) fn once(&self, caller: &Caller, asked: &Asked, status: u16) -> Result<Once> {
        let key = match &asked.keyed {
            Some(Keyed { key, request, fingerprint }) => {
                let idempotency = self.idempotency(caller, request, Some(key.clone()))?;
                idempotency.map(|idempotency| (idempotency, self.kept_digest(caller.account, fingerprint)))
            }
            None => None,
        };
        Ok(Once { key, status })
    }

    /// A refusal of a value that is taken says by whom, if that can still be found.
    pub(crate) async fn or_existing<T>(
        &self,
        done: Result<T>,
        find: impl Fn(&mut dyn Snapshot) -> Result<Option<String>> + Send + 'static,
    ) -> Result<T> {
        let Err(Error::AlreadyExists { field, detail, existing: None }) = done else { return done };
        let existing = self.store.read(Cost::Point, find).await.ok().flatten();
        Err(Error::AlreadyExists { field, detail, existing })
    }

    /// Does it in a transaction.
    ///
    /// # Errors
    /// Those of `write`, and what the store fails with.
    pub(crate) async fn write_once<T, F>(&self, write: F) -> Result<Written<T>>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<Written<T>> + Send + 'static,
    {
        let written = self.store.write(Class::Interactive, write).await?;
        failpoint::pass("write.after_commit");
        Ok(written)
    }
}

impl Once {
    /// Does a write and remembers it, or shows what an earlier request with the key was about: all of a transaction.
    ///
    /// # Errors
    /// Those of `write`, and `Idempotency`.
    pub(crate) fn run<T>(
        &self,
        tx: &mut dyn Tx,
        write: impl FnOnce(&mut dyn Tx) -> Result<(Uuid, T)>,
        show: impl FnOnce(&mut dyn Tx, Uuid) -> Result<Option<T>>,
    ) -> Result<Written<T>> {
        let Some((key, fingerprint)) = &self.key else {
            return write(tx).map(|made| self.written(made));
        };
        if let Some(earlier) = key.hold(tx)? {
            earlier.check(fingerprint)?;
            let uuid = earlier.made.resource()?;
            return Ok(Written { uuid, view: show(tx, uuid)?, status: earlier.status, replayed: true });
        }
        let made = write(tx)?;
        failpoint::pass("write.before_key");
        let done = Done { made: Made::Resource(made.0), status: self.status, fingerprint: *fingerprint };
        key.settle(tx, &done)?;
        failpoint::pass("write.after_key");
        Ok(self.written(made))
    }

    fn written<T>(&self, (uuid, view): (Uuid, T)) -> Written<T> {
        Written { uuid, view: Some(view), status: self.status, replayed: false }
    }
}
