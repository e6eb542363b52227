//! Exports: whoever is there, as a file. Asked for here, made by a worker, downloaded by `job_downloads`.

use sha2::{Digest, Sha256};
use throng_jobs::State;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::JobNumber;
use crate::limits;
use crate::model::exports::{ExportFilter, ExportSpec};
use crate::model::jobs::{Job, Spec, Target};
use crate::port::{AccountLock, Class, Series, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::groups::not_found;
use crate::use_cases::idempotency::{Done, Made, fingerprint};
use crate::use_cases::imports::{free_name, name_taken};
use crate::use_cases::lists::everybody::Everybody;
use crate::use_cases::redrive::Followed;
use crate::use_cases::schedules::ScheduleAsked;

/// An export as it was asked for.
#[derive(Clone, Debug)]
pub struct ExportAsked {
    /// The job's name; made up when absent.
    pub job_name: Option<String>,
    /// Whom it is about; everybody when none.
    pub filter: Option<ExportFilter>,
    /// The attribute by which they come.
    pub order: String,
    /// The order is turned round.
    pub descending: bool,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Method and path, as received.
    pub request: String,
    /// When its job may begin.
    pub schedule: ScheduleAsked,
}

impl Directory {
    /// Makes a job that writes people down as they are when it comes to them. It waits for no other job.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a bad name; `Scim` for a filter and an order that people do not have; `AlreadyExists` for
    /// a name that is taken; `TooMany`, `Idempotency`.
    pub async fn export_users(&self, caller: &Caller, asked: ExportAsked) -> Result<Followed> {
        caller.require(Permission::AdminWrite)?;
        let ExportAsked { job_name, filter, order, descending, idempotency_key, request, schedule } = asked;
        if let Some(name) = &job_name {
            self.check_job_name(caller, name, idempotency_key.is_some()).await?;
        }
        let page_items = u32::try_from(limits::ROW_PAGE_ITEMS).unwrap_or(u32::MAX);
        let spec = ExportSpec { filter, order, descending, page_items, ..ExportSpec::default() };
        Everybody::of(self, caller.account, spec.asked()?)?;
        // There is no body: the query says what is asked.
        let digest = Sha256::digest(format!("{spec:?}")).into();
        let fingerprint = fingerprint(&request, &digest);
        let key = self.idempotency(caller, &request, idempotency_key)?;
        let (account, now, quota) = (caller.account, self.now(), caller.settings.quota());
        let mut job = Job::pending(account, self.ids.uuid(now), Spec::Export(spec), Target::Maintenance, now);
        job.client = caller.client;
        job.digest = digest;
        job.schedule = self.schedule(caller, schedule).await?;
        let trail = self.trail(caller);
        let accept = move |tx: &mut dyn Tx| {
            if let Some(key) = &key
                && let Some(earlier) = key.hold(tx)?
            {
                earlier.check(&fingerprint)?;
                let job = tx.job(account, earlier.made.job()?)?.ok_or_else(not_found)?;
                return Ok(Followed { job, replayed: true });
            }
            let mut job = job.clone();
            tx.lock_account(account, AccountLock::Exclusive)?;
            tx.waiting(account)?.check(&quota, 0)?;
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            // It changes nobody, so it waits for nobody and nobody waits for it.
            job.target = Target::Nothing(job.number);
            let name = match &job_name {
                Some(name) => name.clone(),
                None => free_name(tx, &job)?,
            };
            if let Some(other) = tx.job_by_name(account, &name)? {
                return Err(name_taken(&other));
            }
            job.name = Some(name);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.state = State::Pending;
            tx.insert_job(&job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            if let Some(key) = &key {
                key.settle(tx, &Done { made: Made::Job(job.number), status: 202, fingerprint })?;
            }
            Ok(Followed { job, replayed: false })
        };
        let made = self.store.write(Class::Interactive, accept).await?;
        self.bell.job_queued();
        Ok(made)
    }
}
