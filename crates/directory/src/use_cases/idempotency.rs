//! `Idempotency-Key`: the same request sent again does nothing a second time.
//!
//! Scope: account, client, method and path. A key is held while its request runs (30 s, renewed by each
//! staged batch), and remembered in the transaction that does what it asks; a failed request forgets it.

use std::time::Duration;

use sha2::{Digest, Sha256};
use throng_jobs::Token;
use uuid::Uuid;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, IdempotencyFault, Result};
use crate::ids::{AccountId, ClientId, JobNumber, hex};
use crate::limits;
use crate::model::jobs::{IdempotencyRecord, NO_DIGEST};
use crate::port::Tx;

/// A request's use of a key.
#[derive(Clone, Debug)]
pub(crate) struct Idempotency {
    account: AccountId,
    client: ClientId,
    /// See [`IdempotencyRecord::route`].
    route: String,
    key: String,
    holder: Token,
}

/// What a request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// What it was about.
    pub made: Made,
    /// The status of its answer.
    pub status: u16,
    /// The fingerprint of what it sent.
    pub fingerprint: [u8; 32],
}

/// What a request was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A job that it made.
    Job(JobNumber),
    /// A resource that it made, changed or deleted without a job.
    Resource(Uuid),
}

impl Made {
    /// The job.
    ///
    /// # Errors
    /// `Internal` for what is none.
    pub(crate) fn job(self) -> Result<JobNumber> {
        match self {
            Self::Job(job) => Ok(job),
            Self::Resource(_) => Err(Error::internal("an Idempotency-Key names a resource and no job")),
        }
    }

    /// The resource.
    ///
    /// # Errors
    /// `Internal` for what is none.
    pub(crate) fn resource(self) -> Result<Uuid> {
        match self {
            Self::Resource(uuid) => Ok(uuid),
            Self::Job(_) => Err(Error::internal("an Idempotency-Key names a job and no resource")),
        }
    }
}

/// The fingerprint of what was sent, given the digest of its body.
pub(crate) fn fingerprint(request: &str, digest: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update((request.len() as u64).to_le_bytes());
    hasher.update(request.as_bytes());
    hasher.update(digest);
    hasher.finalize().into()
}

impl Directory {
    /// The digest of what may have passwords, as it is kept to compare with: where there is a key, whoever has the database
    /// alone cannot try passwords against it.
    pub(crate) fn kept_digest(&self, account: AccountId, digest: &[u8; 32]) -> [u8; 32] {
        self.sealing.as_ref().map_or(*digest, |key| key.digest(account, digest))
    }

    /// The same as a job keeps and shows it: none without a key.
    pub(crate) fn shown_digest(&self, account: AccountId, digest: &[u8; 32]) -> [u8; 32] {
        self.sealing.as_ref().map_or(NO_DIGEST, |key| key.digest(account, digest))
    }

    /// The use of a key, if there is one, by this request.
    ///
    /// # Errors
    /// `Invalid` for a key that is empty, too long or not printable ASCII.
    pub(crate) fn idempotency(
        &self,
        caller: &Caller,
        request: &str,
        key: Option<String>,
    ) -> Result<Option<Idempotency>> {
        let Some(key) = key else { return Ok(None) };
        let mut holder = [0u8; 16];
        self.ids.fill(&mut holder);
        Idempotency::new(caller, request, key, holder).map(Some)
    }
}

impl Idempotency {
    fn new(caller: &Caller, request: &str, key: String, holder: [u8; 16]) -> Result<Self> {
        let printable = key.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX || !printable {
            let max = limits::IDEMPOTENCY_KEY_BYTES_MAX;
            let detail = format!("Idempotency-Key must be 1 to {max} printable ASCII characters");
            return Err(Error::invalid("Idempotency-Key", detail));
        }
        Ok(Self {
            account: caller.account,
            client: caller.client,
            route: hex(&Sha256::digest(request)),
            key,
            holder: Token::from_bytes(holder),
        })
    }

    /// Takes or renews the key, or finds what an earlier request with it did.
    ///
    /// # Errors
    /// `Idempotency(InFlight)` while another request holds it.
    pub(crate) fn hold(&self, tx: &mut dyn Tx) -> Result<Option<Done>> {
        let known = tx.lock_idempotency(self.account, self.client, &self.route, &self.key)?;
        let known = known.map(|record| self.is_kept(tx, &record).map(|kept| kept.then_some(record)));
        if let Some(record) = known.transpose()?.flatten() {
            if is_settled(&record) {
                return Done::of(&record).map(Some);
            }
            if record.holder != Some(self.holder) {
                return Err(Error::Idempotency(IdempotencyFault::InFlight));
            }
        }
        let record = self.record(None, limits::IDEMPOTENCY_LEASE);
        tx.put_idempotency(self.account, &record)?;
        Ok(None)
    }

    /// Whether a record still counts: for its time, and as long as the job is shown that its request made.
    fn is_kept(&self, tx: &mut dyn Tx, record: &IdempotencyRecord) -> Result<bool> {
        match record.job {
            _ if !record.lasts.is_zero() => Ok(true),
            Some(job) => Ok(tx.job(self.account, job)?.is_some_and(|job| job.purged_at.is_none())),
            None => Ok(false),
        }
    }

    /// Remembers what the request did. Call in the transaction that does it.
    pub(crate) fn settle(&self, tx: &mut dyn Tx, done: &Done) -> Result<()> {
        let record = self.record(Some(done), limits::IDEMPOTENCY_KEPT);
        tx.put_idempotency(self.account, &record)
    }

    /// Forgets the key, if this request still holds it.
    pub(crate) fn release(&self, tx: &mut dyn Tx) -> Result<()> {
        let known = tx.lock_idempotency(self.account, self.client, &self.route, &self.key)?;
        if known.is_some_and(|record| !is_settled(&record) && record.holder == Some(self.holder)) {
            tx.delete_idempotency(self.account, self.client, &self.route, &self.key)?;
        }
        Ok(())
    }

    fn record(&self, done: Option<&Done>, lasts: Duration) -> IdempotencyRecord {
        let (job, resource) = match done.map(|done| done.made) {
            None => (None, None),
            Some(Made::Job(job)) => (Some(job), None),
            Some(Made::Resource(uuid)) => (None, Some(uuid)),
        };
        IdempotencyRecord {
            client: self.client,
            route: self.route.clone(),
            key: self.key.clone(),
            fingerprint: done.map(|done| done.fingerprint),
            holder: done.is_none().then_some(self.holder),
            job,
            resource,
            status: done.map_or(0, |done| done.status),
            lasts,
        }
    }
}

/// Whether the request of a record is through.
const fn is_settled(record: &IdempotencyRecord) -> bool {
    record.status != 0
}

impl Done {
    fn of(record: &IdempotencyRecord) -> Result<Self> {
        let made = record.job.map(Made::Job).or(record.resource.map(Made::Resource));
        match (made, record.fingerprint) {
            (Some(made), Some(fingerprint)) => Ok(Self { made, status: record.status, fingerprint }),
            _ => Err(Error::internal("an Idempotency-Key names nothing")),
        }
    }

    /// Fails unless the present request sent the same.
    pub(crate) fn check(&self, fingerprint: &[u8; 32]) -> Result<()> {
        if self.fingerprint == *fingerprint {
            return Ok(());
        }
        Err(Error::Idempotency(IdempotencyFault::OtherRequest))
    }
}
