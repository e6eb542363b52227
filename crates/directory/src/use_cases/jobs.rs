//! Jobs as their submitters see them.

use throng_jobs::State;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{JobNumber, parse_number, parse_uuid};
use crate::limits;
use crate::model::jobs::{Job, Kind, Spec};
use crate::port::{Cost, JobsOfKind, Snapshot, StoreExt};
use crate::use_cases::groups::not_found;

impl Directory {
    /// A membership job, for its report.
    ///
    /// # Errors
    /// `Invalid` for an id that is no number, `NotFound` for a job that does not exist, is another account's,
    /// or is not about a group's members.
    pub async fn job_report(&self, caller: &Caller, id: &str) -> Result<Job> {
        caller.require(Permission::JobReportRead)?;
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid("jobId", "jobId must be a whole number"));
        }
        let (account, number) = (caller.account, JobNumber(parse_number(id).ok_or_else(not_found)?));
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job(account, number);
        let job = self.store.read(Cost::Point, read).await?;
        job.filter(|job| matches!(job.spec, Spec::Membership(_))).ok_or_else(not_found)
    }

    /// An import job.
    ///
    /// # Errors
    /// `NotFound` for a job that does not exist, is another account's, or is no import.
    pub async fn import_job(&self, caller: &Caller, uuid: &str) -> Result<Job> {
        caller.require(Permission::Administer)?;
        let (account, uuid) = (caller.account, parse_uuid(uuid).ok_or_else(not_found)?);
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job_by_uuid(account, uuid);
        let job = self.store.read(Cost::Point, read).await?;
        job.filter(|job| matches!(job.spec, Spec::Import(_))).ok_or_else(not_found)
    }

    /// The account's import jobs, the latest first, at most `JOBS_LISTED_MAX`.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn import_jobs(&self, caller: &Caller) -> Result<Vec<Job>> {
        caller.require(Permission::Administer)?;
        let account = caller.account;
        let which = JobsOfKind { kind: Kind::Import, limit: limits::JOBS_LISTED_MAX };
        self.store.read(Cost::Scan, move |snapshot| snapshot.jobs(account, which)).await
    }
}

impl Job {
    /// Rows of an import; 0 for other jobs.
    pub fn rows(&self) -> u64 {
        match &self.spec {
            Spec::Import(import) => import.rows,
            _ => 0,
        }
    }

    /// Whether an item that is not settled will still be.
    pub fn is_alive(&self) -> bool {
        !self.state.is_terminal() && self.state != State::AbortInProgress
    }
}
