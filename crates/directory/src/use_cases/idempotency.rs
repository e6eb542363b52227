//! `Idempotency-Key`: the same request sent again makes no second job.
//!
//! Scope: account, client, method and path. A key is held while its request runs (30 s, renewed by each
//! staged batch), and remembered once the request made a job; a failed request forgets it.

use sha2::{Digest, Sha256};
use throng_jobs::{Instant, Token};

use crate::caller::Caller;
use crate::error::{Error, IdempotencyFault, Result};
use crate::ids::{AccountId, ClientId, JobNumber};
use crate::limits;
use crate::model::jobs::IdempotencyRecord;
use crate::port::Tx;

/// A request's use of a key.
#[derive(Clone, Debug)]
pub(crate) struct Idempotency {
    account: AccountId,
    client: ClientId,
    request: String,
    key: String,
    holder: Token,
}

/// What an earlier request with the same key made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// Its job.
    pub job: JobNumber,
    /// The status of its answer.
    pub status: u16,
    /// The fingerprint of what it sent.
    pub fingerprint: [u8; 32],
}

/// The fingerprint of what was sent, given the digest of its body.
pub(crate) fn fingerprint(request: &str, digest: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update((request.len() as u64).to_le_bytes());
    hasher.update(request.as_bytes());
    hasher.update(digest);
    hasher.finalize().into()
}

impl Idempotency {
    /// The use of `key` by this request.
    ///
    /// # Errors
    /// `Invalid` for a key that is empty, too long or not printable ASCII.
    pub(crate) fn new(caller: &Caller, request: &str, key: String, holder: [u8; 16]) -> Result<Self> {
        let printable = key.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX || !printable {
            let max = limits::IDEMPOTENCY_KEY_BYTES_MAX;
            let detail = format!("Idempotency-Key must be 1 to {max} printable ASCII characters");
            return Err(Error::invalid("Idempotency-Key", detail));
        }
        Ok(Self {
            account: caller.account,
            client: caller.client,
            request: request.to_owned(),
            key,
            holder: Token::from_bytes(holder),
        })
    }

    /// Takes or renews the key, or finds what an earlier request with it made.
    ///
    /// # Errors
    /// `Idempotency(InFlight)` while another request holds it.
    pub(crate) fn hold(&self, tx: &mut dyn Tx, now: Instant) -> Result<Option<Earlier>> {
        let known = tx.lock_idempotency(self.account, self.client, &self.request, &self.key)?;
        if let Some(record) = known.filter(|record| record.until > now) {
            if let (Some(job), Some(fingerprint)) = (record.job, record.fingerprint) {
                return Ok(Some(Earlier { job, status: record.status, fingerprint }));
            }
            if record.holder != Some(self.holder) {
                return Err(Error::Idempotency(IdempotencyFault::InFlight));
            }
        }
        let record = self.record(None, None, 0, now.plus(limits::IDEMPOTENCY_LEASE));
        tx.put_idempotency(self.account, &record)?;
        Ok(None)
    }

    /// Remembers what the request made. Call in the transaction that accepts the job.
    pub(crate) fn settle(
        &self,
        tx: &mut dyn Tx,
        fingerprint: [u8; 32],
        job: JobNumber,
        status: u16,
        now: Instant,
    ) -> Result<()> {
        let until = now.plus(limits::IDEMPOTENCY_KEPT);
        let record = self.record(Some(fingerprint), Some(job), status, until);
        tx.put_idempotency(self.account, &record)
    }

    /// Forgets the key, if this request still holds it.
    pub(crate) fn release(&self, tx: &mut dyn Tx) -> Result<()> {
        let known = tx.lock_idempotency(self.account, self.client, &self.request, &self.key)?;
        if known.is_some_and(|record| record.job.is_none() && record.holder == Some(self.holder)) {
            tx.delete_idempotency(self.account, self.client, &self.request, &self.key)?;
        }
        Ok(())
    }

    fn record(
        &self,
        fingerprint: Option<[u8; 32]>,
        job: Option<JobNumber>,
        status: u16,
        until: Instant,
    ) -> IdempotencyRecord {
        IdempotencyRecord {
            client: self.client,
            route: self.request.clone(),
            key: self.key.clone(),
            fingerprint,
            holder: job.is_none().then_some(self.holder),
            job,
            status,
            until,
        }
    }
}

impl Earlier {
    /// Fails unless the present request sent the same.
    pub(crate) fn check(&self, fingerprint: &[u8; 32]) -> Result<()> {
        if self.fingerprint == *fingerprint {
            return Ok(());
        }
        Err(Error::Idempotency(IdempotencyFault::OtherRequest))
    }
}
