//! Jobs that administrators stop, and throw away when they have ended.

use throng_jobs::{Instant, failpoint};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber, parse_uuid};
use crate::limits;
use crate::model::audit::Event;
use crate::model::faults::Faults;
use crate::model::jobs::Job;
use crate::port::{Class, StoreExt, Tx};
use crate::use_cases::audit::{self, Trail};
use crate::use_cases::jobs::is_administrators;

impl Directory {
    /// Stops a user job; one that has ended stays as it is.
    ///
    /// # Errors
    /// Like [`Directory::import_job`].
    pub async fn stop_import(&self, caller: &Caller, uuid: &str) -> Result<Job> {
        let job = self.import_job(caller, uuid).await?;
        if job.state.is_terminal() {
            return Ok(job);
        }
        match self.abort_job(caller, uuid).await {
            // It ended in between.
            Err(Error::WrongState(_)) => self.import_job(caller, uuid).await,
            stopped => stopped.map(|view| view.job),
        }
    }

    /// Throws away user jobs that have ended: nobody sees them any more, and their names are free. All of them or none.
    ///
    /// # Errors
    /// `Faults` (`jobIds[n]`) for each that is not there or has not ended, and for more than `JOBS_DELETED_MAX`.
    pub async fn delete_imports(&self, caller: &Caller, ids: &[String]) -> Result<()> {
        caller.require(Permission::AdminWrite)?;
        if ids.len() > limits::JOBS_DELETED_MAX {
            let mut faults = Faults::default();
            faults.too_many("jobIds", limits::JOBS_DELETED_MAX);
            return faults.refuse();
        }
        let (account, now, trail) = (caller.account, self.now(), self.trail(caller));
        let ids: Vec<(String, Option<Uuid>)> = ids.iter().map(|id| (id.clone(), parse_uuid(id))).collect();
        let delete = move |tx: &mut dyn Tx| {
            let mut faults = Faults::default();
            let mut going = Vec::with_capacity(ids.len());
            for (at, (id, uuid)) in ids.iter().enumerate() {
                let found = uuid.map(|uuid| tx.job_by_uuid(account, uuid)).transpose()?.flatten();
                match found.filter(is_administrators) {
                    Some(job) if job.state.is_terminal() => going.push(job.number),
                    Some(job) => faults.form(
                        format!("jobIds[{at}]"),
                        format!(
                            "the job {id} is {}: stop it first, and wait for its end",
                            job.state.as_str()
                        ),
                    ),
                    None => faults.form(format!("jobIds[{at}]"), format!("there is no job {id}")),
                }
            }
            faults.refuse()?;
            failpoint::pass("purge.before_mark");
            going.into_iter().try_for_each(|job| hide(tx, (account, job), Some(&trail), now))
        };
        self.store.write(Class::Interactive, delete).await?;
        failpoint::pass("purge.after_mark");
        Ok(())
    }
}

/// Without a trail its time is over. Lets nobody see a job any more that has ended, and takes away what it was told; its items are thrown away later.
///
/// # Errors
/// What the store fails with.
pub(crate) fn hide(
    tx: &mut dyn Tx,
    (account, number): (AccountId, JobNumber),
    trail: Option<&Trail>,
    now: Instant,
) -> Result<()> {
    if let Some(job) = tx.job(account, number)? {
        if let Some(spec) = job.spec.forgetting(&|_| true) {
            tx.put_spec(account, number, &spec)?;
        }
        if job.purged_at.is_none() {
            audit::jobs::tell(tx, trail, (Event::Purged, &job), now)?;
        }
    }
    tx.hide_job(account, number)
}
