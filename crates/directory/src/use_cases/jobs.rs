//! Jobs as their submitters see them.

use std::cmp::Reverse;
use std::time::Duration;

use throng_jobs::{Instant, State};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId, JobNumber, parse_number, parse_uuid};
use crate::limits;
use crate::model::audit::Event;
use crate::model::jobs::{Job, JobsChosen, Kind, Spec, Target};
use crate::port::scan::Place;
use crate::port::{AccountLock, Class, Cost, Glimpse, JobsOfKind, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::group_writes::LOOK_EVERY;
use crate::use_cases::groups::not_found;
use crate::use_cases::guards;
use crate::use_cases::lists::cursor::Binding;

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
        let is_shown = |job: &Job| job.spec.kind() == Kind::Membership && job.purged_at.is_none();
        job.filter(is_shown).ok_or_else(not_found)
    }

    /// A job of any kind, by its number or its UUID.
    ///
    /// # Errors
    /// `NotFound` for a job that does not exist, is another account's, or may not be seen by the caller; `Gone` for one
    /// that is not kept any more, because it ended long ago or was thrown away.
    pub async fn any_job(&self, caller: &Caller, id: &str) -> Result<Job> {
        caller.require(Permission::JobReportRead)?;
        let id = JobId::parse(id).ok_or_else(not_found)?;
        let account = caller.account;
        let job = self.store.read(Cost::Point, move |snapshot| id.find(snapshot, account)).await?;
        let job = job.filter(|job| may_see(caller, Seen::from(job))).ok_or_else(not_found)?;
        if job.purged_at.is_some() {
            return Err(Error::Gone("the job is not kept any more".to_owned()));
        }
        Ok(job)
    }

    /// What is known of a job beside itself.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn job_view(&self, job: Job) -> Result<JobView> {
        let now = self.now();
        self.store.read(Cost::Point, move |snapshot| JobView::of(snapshot, job.clone(), now)).await
    }

    /// Waits until a job has ended (one that waits for approval has not) or `is_news` says that this is what one waits for: at most `wait` and `WAIT_MAX`, and
    /// not while the server stops. The job as it is then.
    ///
    /// # Errors
    /// `NotFound` when the job was removed meanwhile.
    pub async fn watch_job(
        &self,
        mut job: Job,
        wait: Duration,
        is_news: impl Fn(&Job) -> bool,
    ) -> Result<Job> {
        let (account, number) = (job.account, job.number);
        let mut endings = self.bell.endings();
        let deadline = self.now().plus(wait.min(limits::WAIT_MAX));
        loop {
            let left = deadline.since(self.now());
            if job.state.is_terminal() || left.is_zero() || self.bell.is_closed() || is_news(&job) {
                return Ok(job);
            }
            // A signal or the next look, whichever comes first.
            let _ = tokio::time::timeout(left.min(LOOK_EVERY), endings.changed()).await;
            let read = move |snapshot: &mut dyn Snapshot| snapshot.job(account, number);
            job = self.store.read(Cost::Point, read).await?.ok_or_else(not_found)?;
        }
    }

    /// The account's jobs, the latest first, a page of them.
    ///
    /// # Errors
    /// `Scim` `invalidCursor`, `expiredCursor`.
    pub async fn jobs(&self, caller: &Caller, query: &JobsQuery) -> Result<JobsPage> {
        caller.require(Permission::JobReportRead)?;
        let chosen = format!("{:?}", query.chosen);
        let binding = Binding::new(caller, &["jobs", &chosen]);
        let (place, count) = match &query.cursor {
            None => (Place::Start, query.count.unwrap_or(limits::COUNT_DEFAULT)),
            Some(cursor) => self.open_place(&binding, cursor, query.count).await?,
        };
        let before = match place {
            Place::Key(key) => Some(JobNumber(key)),
            _ => None,
        };
        let mut chosen = query.chosen.clone();
        if chosen.kinds.is_empty() {
            chosen.kinds = Kind::ALL.to_vec();
        }
        let of = |sight| {
            chosen.kinds.iter().copied().filter(|kind| sees(caller, *kind) == sight).collect::<Vec<_>>()
        };
        (chosen.own, chosen.held, chosen.kinds) =
            (Some((caller.client, of(Sight::Own))), of(Sight::Held), of(Sight::All));
        let (account, limit, now) = (caller.account, count.min(limits::COUNT_MAX), self.now());
        let read = move |snapshot: &mut dyn Snapshot| {
            let mut jobs = snapshot.jobs_before(account, &chosen, before, limit + 1)?;
            let more = jobs.len() > limit;
            jobs.truncate(limit);
            let next = jobs.last().filter(|_| more).map(|job| job.number);
            let views = jobs.into_iter().map(|job| JobView::of(snapshot, job, now));
            Ok((views.collect::<Result<Vec<_>>>()?, next))
        };
        let (jobs, next) = self.store.read(Cost::Scan, read).await?;
        let next = match next {
            Some(job) => Some(self.seal_place(&binding, Place::Key(job.0), count).await?),
            None => None,
        };
        Ok(JobsPage { jobs, next })
    }

    /// Stops a job: at once if it has not begun, else after at most one more chunk. What it did stays done, the rest
    /// reads as skipped. Durable when answered; a job that was stopped before is shown as it is.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Forbidden` for who may not make such a job, `WrongState` for a job that has ended
    /// by itself, and for one that clears away what is left of somebody who is gone.
    pub async fn abort_job(&self, caller: &Caller, id: &str) -> Result<JobView> {
        let job = self.any_job(caller, id).await?;
        match job.spec.kind() {
            Kind::Membership | Kind::Plan => caller.require(Permission::GroupsWrite)?,
            Kind::Import
            | Kind::ImportPlan
            | Kind::Deletion
            | Kind::DeletionPlan
            | Kind::Restore
            | Kind::RestorePlan
            | Kind::Export => caller.require(Permission::AdminWrite)?,
            // It ended with its answer.
            Kind::Bulk | Kind::BulkPlan => {}
            Kind::Forget | Kind::ClearGroup | Kind::ClearUser | Kind::ClearNestedGroup => {
                return Err(Error::WrongState(
                    "a job that clears away what is gone is not stopped".to_owned(),
                ));
            }
        }
        let (account, number, now, trail) = (caller.account, job.number, self.now(), self.trail(caller));
        let abort = move |tx: &mut dyn Tx| {
            let unfinished = lock_target(tx, account, job.target)?;
            let Some(mut job) = unfinished.into_iter().find(|job| job.number == number) else {
                let job = tx.job(account, number)?.ok_or_else(not_found)?;
                if job.state == State::Aborted {
                    return JobView::of(tx, job, now);
                }
                let state = job.state.as_str();
                return Err(Error::WrongState(format!("the job has ended by itself: {state}")));
            };
            match job.state {
                State::AbortInProgress => {}
                State::InProgress => {
                    job.state = State::AbortInProgress;
                    audit::jobs::update(tx, &job)?;
                    audit::jobs::tell(tx, Some(&trail), (Event::Stopped, &job), now)?;
                }
                _ => {
                    job.message = job.message.map(|message| message.replacen(guards::WAITS, "refused", 1));
                    audit::jobs::tell(tx, Some(&trail), (Event::Stopped, &job), now)?;
                    job.end(State::Aborted, now);
                    audit::jobs::update(tx, &job)?;
                    tx.give_back(account, number)?;
                }
            }
            JobView::of(tx, job, now)
        };
        let view = self.store.write(Class::Interactive, abort).await?;
        self.bell.job_ended();
        self.bell.job_queued();
        Ok(view)
    }

    /// An import or an export.
    ///
    /// # Errors
    /// `NotFound` for a job that does not exist, is another account's, or is neither.
    pub async fn import_job(&self, caller: &Caller, uuid: &str) -> Result<Job> {
        caller.require(Permission::AdminRead)?;
        let (account, uuid) = (caller.account, parse_uuid(uuid).ok_or_else(not_found)?);
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job_by_uuid(account, uuid);
        let job = self.store.read(Cost::Point, read).await?;
        job.filter(is_administrators).ok_or_else(not_found)
    }

    /// The account's imports and exports, the latest first, at most `JOBS_LISTED_MAX`.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn import_jobs(&self, caller: &Caller) -> Result<Vec<Job>> {
        caller.require(Permission::AdminRead)?;
        let account = caller.account;
        let of = |kind| JobsOfKind { kind, limit: limits::JOBS_LISTED_MAX };
        let read = move |snapshot: &mut dyn Snapshot| {
            let mut jobs = snapshot.jobs(account, of(Kind::Import))?;
            jobs.append(&mut snapshot.jobs(account, of(Kind::Export))?);
            jobs.sort_by_key(|job| Reverse((job.received_at, job.number)));
            jobs.truncate(limits::JOBS_LISTED_MAX);
            Ok(jobs)
        };
        self.store.read(Cost::Scan, read).await
    }
}

/// Whether it is one of the jobs of the admin API that are kept.
pub(crate) fn is_administrators(job: &Job) -> bool {
    matches!(job.spec.kind(), Kind::Import | Kind::Export) && job.purged_at.is_none()
}

/// Locks a target's queue, and reads its jobs that have not ended.
pub(crate) fn lock_target(tx: &mut dyn Tx, account: AccountId, target: Target) -> Result<Vec<Job>> {
    match target {
        Target::Group(group) => {
            tx.lock_account(account, AccountLock::Shared)?;
            tx.lock_group(account, group)?;
        }
        Target::Users | Target::Maintenance => tx.lock_account(account, AccountLock::Exclusive)?,
        Target::Nothing(_) => {}
    }
    tx.lock_unfinished(account, target, limits::READ_ROWS_MAX)
}

/// What a path calls a job by.
enum JobId {
    Number(JobNumber),
    Uuid(Uuid),
}

impl JobId {
    fn parse(text: &str) -> Option<Self> {
        let number = parse_number(text).map(|number| Self::Number(JobNumber(number)));
        number.or_else(|| parse_uuid(text).map(Self::Uuid))
    }

    fn find(&self, snapshot: &mut dyn Snapshot, account: AccountId) -> Result<Option<Job>> {
        match self {
            Self::Number(number) => snapshot.job(account, *number),
            Self::Uuid(uuid) => snapshot.job_by_uuid(account, *uuid),
        }
    }
}

/// Which jobs of a kind somebody may see.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    All,
    /// Those that the same client submitted.
    Own,
    /// Those that have waited for approval.
    Held,
    Nothing,
}

/// What names people is the administrators', but for deletions and for files that have waited for approval, which approvers
/// see, too, and for what became of bulk requests, which is also theirs who sent them.
const fn sees(caller: &Caller, kind: Kind) -> Sight {
    if caller.may(Permission::AdminRead) {
        return Sight::All;
    }
    match kind {
        // Who approves deletions has to see whom they delete.
        Kind::Deletion if caller.may(Permission::JobsApprove) => Sight::All,
        // And what is in the file that they let pass.
        Kind::Import if caller.may(Permission::JobsApprove) => Sight::Held,
        Kind::Bulk | Kind::BulkPlan => Sight::Own,
        Kind::Import
        | Kind::ImportPlan
        | Kind::Deletion
        | Kind::DeletionPlan
        | Kind::Restore
        | Kind::RestorePlan
        | Kind::Export => Sight::Nothing,
        Kind::Membership
        | Kind::Plan
        | Kind::Forget
        | Kind::ClearGroup
        | Kind::ClearUser
        | Kind::ClearNestedGroup => Sight::All,
    }
}

/// What decides who sees a job.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    kind: Kind,
    /// The client that submitted it.
    client: ClientId,
    /// Whether it has waited for approval.
    was_held: bool,
}

impl From<&Job> for Seen {
    fn from(job: &Job) -> Self {
        Self { kind: job.spec.kind(), client: job.client, was_held: job.held_at.is_some() }
    }
}

impl From<&Glimpse> for Seen {
    fn from(job: &Glimpse) -> Self {
        Self { kind: job.kind, client: job.client, was_held: job.was_held }
    }
}

/// Whether the caller may see a job.
pub(crate) fn may_see(caller: &Caller, job: Seen) -> bool {
    match sees(caller, job.kind) {
        Sight::All => true,
        Sight::Own => job.client == caller.client,
        Sight::Held => job.was_held,
        Sight::Nothing => false,
    }
}

/// What a list of jobs asks.
#[derive(Clone, Debug, Default)]
pub struct JobsQuery {
    /// Which jobs.
    pub chosen: JobsChosen,
    /// Where the page begins: [`JobsPage::next`] of the page before; at the latest job when none.
    pub cursor: Option<String>,
    /// At most so many, and at most `COUNT_MAX`; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
}

/// A page of jobs.
#[derive(Clone, Debug)]
pub struct JobsPage {
    /// The jobs.
    pub jobs: Vec<JobView>,
    /// The cursor of the next page; none after the last.
    pub next: Option<String>,
}

/// A job with what is known of it beside its row.
#[derive(Clone, Debug)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// The client that submitted it; none once it is gone.
    pub client: Option<String>,
    /// The client that approved it.
    pub approver: Option<String>,
    /// How many jobs of its target come before it, if it waits in a queue.
    pub ahead: Option<u64>,
    /// How long the account keeps jobs after their end.
    pub retention: Duration,
    /// When it was looked at.
    pub now: Instant,
}

impl JobView {
    pub(crate) fn of<S: Snapshot + ?Sized>(snapshot: &mut S, job: Job, now: Instant) -> Result<Self> {
        let client = snapshot.client_name(job.account, job.client)?;
        let approver = match job.approved_by {
            Some(approver) => snapshot.client_name(job.account, approver)?,
            None => None,
        };
        let waits = job.state == State::Pending;
        let ahead =
            if waits { Some(snapshot.jobs_ahead(job.account, job.target, job.queue_seq)?) } else { None };
        let retention = snapshot.settings(job.account)?.retention();
        Ok(Self { job, client, approver, ahead, retention, now })
    }

    /// Until when it is kept, with its items; none before its end.
    pub fn expires_at(&self) -> Option<Instant> {
        Some(self.job.ended_at?.plus(self.retention))
    }

    /// Items settled a second since it was begun, or between its beginning and its end.
    pub fn rate(&self) -> Option<u64> {
        let until = self.job.ended_at.unwrap_or(self.now);
        let micros = u64::try_from(until.since(self.job.started_at?).as_micros()).ok()?;
        let settled = self.job.counts.processed() - self.job.counts.skipped;
        settled.saturating_mul(1_000_000).checked_div(micros)
    }

    /// Seconds until everything is settled, if it goes on as it did.
    pub fn seconds_left(&self) -> Option<u64> {
        let rate = self.rate().filter(|_| self.job.state == State::InProgress)?;
        self.job.counts.pending().checked_div(rate)
    }

    /// How a job that has ended came out. One that changed nothing succeeded.
    pub const fn outcome(&self) -> Option<&'static str> {
        let counts = &self.job.counts;
        match self.job.state {
            State::Completed | State::NoChange => Some("succeeded"),
            State::Failed if counts.processed() > counts.failed + counts.skipped => Some("partial"),
            State::Failed => Some("failed"),
            State::Aborted => Some("aborted"),
            _ => None,
        }
    }
}

impl Job {
    /// What is different whenever a report of the job is.
    pub fn mark(&self) -> String {
        let mark = format!("{}-{}-{}", self.state.as_str(), self.counts.processed(), self.counts.total);
        // It says what was seen when it was held back last, and whether that was approved.
        match self.held_at {
            Some(held_at) => format!("{mark}-{}", held_at.micros()),
            None => mark,
        }
    }

    /// Rows of an import, and those that an export has written; 0 for other jobs.
    pub fn rows(&self) -> u64 {
        match &self.spec {
            Spec::Import(import) => import.rows,
            Spec::Export(_) => self.cursor,
            _ => 0,
        }
    }

    /// Whether an item that is not settled will still be.
    pub fn is_alive(&self) -> bool {
        !self.state.is_terminal() && self.state != State::AbortInProgress
    }
}
