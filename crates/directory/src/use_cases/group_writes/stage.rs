//! Staging: what does not fit into the accepting transaction is stored first, under a job that nobody sees.

use std::sync::Arc;

use throng_jobs::{State, failpoint};

use super::{Acceptance, Accepted, accept};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::access::LargeGroupWrites;
use crate::model::jobs::{Job, Part};
use crate::port::{Class, Series, StoreExt, Tx};
use crate::use_cases::idempotency::Idempotency;
use crate::use_cases::membership_jobs::MemberChange;

/// What staging needs to know of a request.
pub(crate) struct Staging {
    /// The job as it will be accepted.
    pub job: Job,
    /// `Idempotency-Key`, which each batch renews.
    pub idempotency: Option<Idempotency>,
    /// What was sent.
    pub fingerprint: [u8; 32],
}

impl Directory {
    /// Accepts a request: in one transaction, after staging what does not fit into one.
    pub(super) async fn accept(&self, mut acceptance: Acceptance) -> Result<Accepted> {
        let bytes =
            |change: &MemberChange| change.parts.list.iter().map(|part| part.data.len()).sum::<usize>();
        let refuses_large = acceptance.large_writes == LargeGroupWrites::Refuse;
        // So many bytes are more items than a refusing account takes: then there is nothing to stage.
        let staged = acceptance.parsed.members.as_mut();
        let staged = staged.filter(|c| !refuses_large && bytes(c) > limits::PART_BYTES_MAX);
        if let Some(change) = staged {
            let parts = Arc::new(std::mem::take(&mut change.parts.list));
            let staging = Staging {
                job: acceptance.job.clone(),
                idempotency: acceptance.idempotency.clone(),
                fingerprint: acceptance.fingerprint,
            };
            acceptance.job.number = self.stage(staging, parts).await?;
            acceptance.staged = true;
        }
        let acceptance = Arc::new(acceptance);
        let shared = Arc::clone(&acceptance);
        let result = self.store.write(Class::Interactive, move |tx| accept::run(tx, &shared)).await;
        if acceptance.staged {
            let dropped = result.as_ref().map_or(true, |accepted| accepted.replayed_status.is_some());
            if dropped {
                self.drop_staged(acceptance.account, acceptance.job.number).await;
                self.release(acceptance.idempotency.as_ref()).await;
            }
        }
        result
    }

    /// Stores parts under a job that nobody sees yet, at most `STORED_BYTES_AT_ONCE` a transaction.
    pub(crate) async fn stage(&self, staging: Staging, parts: Arc<Vec<Part>>) -> Result<JobNumber> {
        let Staging { mut job, idempotency, fingerprint } = staging;
        let account = job.account;
        job.state = State::Receiving;
        let (mut number, mut start) = (None, 0);
        while start < parts.len() {
            failpoint::pass("accept.before_stage");
            let end = piece_end(&parts, start);
            let (shared, job, idempotency) = (Arc::clone(&parts), job.clone(), idempotency.clone());
            let write = move |tx: &mut dyn Tx| {
                if let Some(earlier) = idempotency.as_ref().map(|key| key.hold(tx)).transpose()?.flatten() {
                    earlier.check(&fingerprint)?;
                }
                let number = if let Some(number) = number {
                    number
                } else {
                    let mut job = job.clone();
                    job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
                    tx.insert_job(&job)?;
                    job.number
                };
                if !tx.touch_staged(account, number)? {
                    return Err(Error::Unavailable("the upload took too long; send it again".to_owned()));
                }
                tx.put_parts(account, number, &shared[start..end])?;
                Ok(number)
            };
            number = Some(self.store.write(Class::Interactive, write).await?);
            start = end;
        }
        number.ok_or_else(|| Error::internal("nothing was staged"))
    }

    /// Sweeps what a failed request staged; what is left after a failure here is swept at the next start.
    pub(crate) async fn drop_staged(&self, account: AccountId, job: JobNumber) {
        let sweep = move |tx: &mut dyn Tx| tx.drop_staged(account, job, limits::SWEEP_ROWS);
        while let Ok(1..) = self.store.write(Class::Chunk, sweep).await {}
    }

    /// Forgets the key of a failed request.
    pub(crate) async fn release(&self, idempotency: Option<&Idempotency>) {
        if let Some(key) = idempotency.cloned() {
            let released = self.store.write(Class::Interactive, move |tx| key.release(tx)).await;
            if let Err(error) = released {
                tracing::warn!(%error, "an idempotency key stays held until its lease ends");
            }
        }
    }
}

fn piece_end(parts: &[Part], start: usize) -> usize {
    let mut bytes = 0;
    let fits = |part: &&Part| {
        bytes += part.data.len();
        bytes <= limits::STORED_BYTES_AT_ONCE
    };
    start + parts[start..].iter().take_while(fits).count().max(1)
}
