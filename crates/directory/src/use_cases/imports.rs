//! Imports: a file of people becomes a job.
//!
//! While the file arrives its rows are checked, cut into runs, sorted by login and staged, compressed, under a
//! job that nobody sees. When the last row is in, the runs are merged into one sequence of pages in login
//! order, equal logins are marked, and one commit makes the job PENDING.

mod again;
pub(crate) mod columns;
mod digesting;
mod parts;
mod passwords;
mod runs;
pub(crate) mod turns;
mod whole;

use std::io::{self, Read};
use std::sync::Arc;

use throng_jobs::{Counts, State, failpoint};
use throng_tables as tables;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, IdempotencyFault, Result};
use crate::ids::{GroupNumber, JobNumber};
use crate::limits;
use crate::model::canonical;
use crate::model::jobs::{ImportMode, ImportSpec, Job, Origin, Spec, Target};
use crate::model::schedule::Schedule;
use crate::port::{AccountLock, Class, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::groups::not_found;
use crate::use_cases::idempotency::{Done, Idempotency, Made};
use crate::use_cases::schedules::ScheduleAsked;
use crate::use_cases::uploads;

pub use columns::NAMES as TEMPLATE_COLUMNS;

pub(crate) use again::Again;

use columns::Columns;
use digesting::Digesting;
use passwords::Gate;
use runs::Stage;

/// An import as it was asked for.
#[derive(Clone, Debug)]
pub struct ImportAsked {
    /// What becomes of those whom the file names.
    pub mode: ImportMode,
    /// Of which group the file is the whole truth, by its UUID: only for [`ImportMode::Sync`].
    pub group: Option<String>,
    /// The job's name; made up when absent.
    pub job_name: Option<String>,
    /// Which sheet of a workbook it is; the one that is read by default when absent.
    pub sheet: Option<String>,
    /// The file's name, if the client sent one.
    pub file_name: Option<String>,
    /// The file's media type, if the client sent one.
    pub content_type: Option<String>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Method and path, as received.
    pub request: String,
    /// When its job may begin.
    pub schedule: ScheduleAsked,
    /// Whether it only says what it would do.
    pub dry_run: bool,
}

/// An import that was accepted.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its job.
    pub job: Job,
    /// Whether an earlier request with the same `Idempotency-Key` made it.
    pub replayed: bool,
    /// Columns of the file that nobody knows and that were passed over; not told of a replay.
    pub unknown_columns: Vec<String>,
}

impl Directory {
    /// Reads a file of people and accepts its import. Runs until the whole file is staged.
    ///
    /// # Errors
    /// `Invalid` for a file that cannot be read, lacks a column or has no rows, `TooLarge`, `AlreadyExists`
    /// for a job name that is taken, `TooMany` where it does not get its turn, `Idempotency`. No job is left behind.
    pub async fn import(
        self: &Arc<Self>,
        caller: &Caller,
        asked: ImportAsked,
        file: Box<dyn Read + Send>,
    ) -> Result<Imported> {
        caller.require(Permission::AdminWrite)?;
        if let Some(name) = &asked.job_name {
            self.check_job_name(caller, name, asked.idempotency_key.is_some()).await?;
        }
        self.stage_rows(caller, asked, Source::File(file)).await
    }

    /// The same of a file that was uploaded in parts. The upload is gone with the acceptance of its job; a dry run, and
    /// what is refused, leaves it.
    ///
    /// # Errors
    /// Like [`Directory::import`]; `NotFound`; `Invalid` (field `uploadId`) where parts are missing, or are not the file
    /// that was to come; `WrongState` where they changed meanwhile.
    pub async fn import_upload(
        self: &Arc<Self>,
        caller: &Caller,
        asked: ImportAsked,
        upload: &str,
    ) -> Result<Imported> {
        caller.require(Permission::AdminWrite)?;
        let upload = uploads::parse_upload(upload)?;
        if let Some(name) = &asked.job_name {
            self.check_job_name(caller, name, asked.idempotency_key.is_some()).await?;
        }
        self.stage_rows(caller, asked, Source::Upload(upload)).await
    }

    /// Makes a new import of rows of one that has ended.
    ///
    /// # Errors
    /// Like [`Directory::import`]; `WrongState` when it has no such rows.
    pub(crate) async fn import_again(
        self: &Arc<Self>,
        caller: &Caller,
        asked: ImportAsked,
        again: Again,
    ) -> Result<Imported> {
        caller.require(Permission::AdminWrite)?;
        self.stage_rows(caller, asked, Source::Job(Box::new(again))).await
    }

    async fn stage_rows(
        self: &Arc<Self>,
        caller: &Caller,
        mut asked: ImportAsked,
        source: Source,
    ) -> Result<Imported> {
        if asked.dry_run {
            // With a key of its own, since it makes something else.
            asked.request.push_str("?dryRun=true");
        }
        if let Some(group) = &asked.group {
            asked.request.push_str("?groupId=");
            asked.request.push_str(group);
        }
        let schedule = self.schedule(caller, asked.schedule.clone()).await?;
        let turn = self.uploads.take(caller.account, self.settings.file_turn).await?;
        let idempotency = self.idempotency(caller, &asked.request, asked.idempotency_key.clone())?;
        let (directory, caller) = (Arc::clone(self), caller.clone());
        let import = move || {
            let _turn = turn;
            let import =
                Import { directory: &directory, caller: &caller, asked: &asked, idempotency, schedule };
            import.run(source)
        };
        tokio::task::spawn_blocking(import).await.map_err(|error| Error::internal(error.to_string()))?
    }

    /// Refuses a bad or taken name before the file is read. With an `Idempotency-Key` a taken name may be the
    /// earlier request's own, so the accepting transaction decides.
    pub(crate) async fn check_job_name(&self, caller: &Caller, name: &str, keyed: bool) -> Result<()> {
        let length = name.chars().count();
        let visible = name.trim() == name && !name.chars().any(canonical::is_invisible);
        if !(1..=limits::JOB_NAME_CHARS_MAX).contains(&length) || !visible {
            let max = limits::JOB_NAME_CHARS_MAX;
            let detail = format!(
                "jobName must be 1 to {max} characters, without control or invisible characters and without \
                 spaces at its ends"
            );
            return Err(Error::invalid("jobName", detail));
        }
        let (account, name) = (caller.account, name.to_owned());
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job_by_name(account, &name);
        match self.store.read(Cost::Point, read).await? {
            Some(job) if !keyed => return Err(name_taken(&job)),
            _ => {}
        }
        Ok(())
    }
}

pub(crate) fn name_taken(by: &Job) -> Error {
    let detail = "A job with this name already exists".to_owned();
    Error::AlreadyExists { field: "jobName", detail, existing: Some(by.uuid.to_string()) }
}

struct Import<'a> {
    directory: &'a Directory,
    caller: &'a Caller,
    asked: &'a ImportAsked,
    idempotency: Option<Idempotency>,
    schedule: Schedule,
}

/// Where the rows of an import come from.
enum Source {
    File(Box<dyn Read + Send>),
    Upload(Uuid),
    Job(Box<Again>),
}

/// What a file is called.
#[derive(Clone, Copy)]
struct FileNames<'a> {
    file_name: Option<&'a str>,
    content_type: Option<&'a str>,
}

/// What is known when all rows are staged.
struct Staged {
    /// The group of which the file is the whole truth.
    group: Option<GroupNumber>,
    unknown_columns: Vec<String>,
}

/// Where the rows of a job come from, and about whom they are.
#[derive(Clone, Copy)]
struct Whence {
    origin: Option<Origin>,
    /// The group of which the file is the whole truth.
    group: Option<GroupNumber>,
    upload: Option<Uuid>,
}

impl Import<'_> {
    fn run(&self, source: Source) -> Result<Imported> {
        let (mut again, mut upload) = (None, None);
        // What identifies the request: the file itself, or what stands for it.
        let file: Box<dyn Read + Send> = match source {
            Source::File(file) => file,
            Source::Upload(uuid) => Box::new(io::Cursor::new(upload.insert(uuid).into_bytes())),
            Source::Job(job) => Box::new(io::Cursor::new(again.insert(job).digested())),
        };
        let digest = Digesting::new(file);
        if let Some(earlier) = self.hold_key()? {
            let sent = self.fingerprint(&digest.finish()?);
            earlier.check(&sent)?;
            return self.replay(earlier);
        }
        let mut stage = Stage::new(self.directory, self.caller, self.idempotency.clone());
        let read = match (&again, upload) {
            (Some(again), _) => again.read_rows(self.directory, &mut stage),
            (None, Some(upload)) => self.read_upload(upload, &mut stage),
            (None, None) => self.read_rows(&digest, self.file_names(), &mut stage),
        };
        let origin = again.map(|again| again.origin);
        let accepted = read.and_then(|staged| {
            let job = self.accept(&digest, &mut stage, Whence { origin, group: staged.group, upload })?;
            Ok(Imported { job, replayed: false, unknown_columns: staged.unknown_columns })
        });
        if accepted.is_err() {
            stage.drop_staged();
            self.forget_key();
        }
        accepted
    }

    fn hold_key(&self) -> Result<Option<Done>> {
        let Some(key) = self.idempotency.clone() else { return Ok(None) };
        self.directory.store.write_blocking(Class::Interactive, move |tx| key.hold(tx))
    }

    fn forget_key(&self) {
        if let Some(key) = self.idempotency.clone()
            && let Err(error) =
                self.directory.store.write_blocking(Class::Interactive, move |tx| key.release(tx))
        {
            tracing::warn!(%error, "an idempotency key stays held until its lease ends");
        }
    }

    fn replay(&self, earlier: Done) -> Result<Imported> {
        let (account, number) = (self.caller.account, earlier.made.job()?);
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job(account, number);
        let job = self.directory.store.read_blocking(read)?.ok_or_else(not_found)?;
        Ok(Imported { job, replayed: true, unknown_columns: Vec::new() })
    }

    fn file_names(&self) -> FileNames<'_> {
        FileNames {
            file_name: self.asked.file_name.as_deref(),
            content_type: self.asked.content_type.as_deref(),
        }
    }

    /// Stages the rows of a file; the group of which it is the whole truth, if it is one's, and the columns that are passed
    /// over.
    fn read_rows(&self, file: &Digesting, names: FileNames<'_>, stage: &mut Stage<'_>) -> Result<Staged> {
        let asked = self.asked;
        let group = asked.group.as_deref().map(|uuid| self.whole_group(uuid)).transpose()?;
        let upload = tables::Upload {
            input: Box::new(file.clone()),
            file_name: names.file_name,
            content_type: names.content_type,
        };
        let rows_max = self.caller.settings.import_rows_max;
        let limits = tables::Limits { rows_max, sheet: asked.sheet.clone(), ..tables::Limits::default() };
        let mut rows =
            tables::open_upload(upload, columns::NAMES, limits).map_err(|error| refused(&error))?;
        let columns = Columns::find(rows.headers(), asked.mode)?;
        let gate = Gate::of(self.directory, self.caller.account, asked.dry_run)?;
        let mut row = tables::Row::default();
        while rows.next_row(&mut row).map_err(|error| refused(&error))? {
            let read = columns.row(&row);
            if asked.mode == ImportMode::Sync && read.login.is_empty() {
                // Whoever the row is about would be taken away.
                let detail = format!(
                    "row {} has no Login Id that can be read: a file that is the whole truth names everybody",
                    row.number
                );
                return Err(Error::invalid("file", detail));
            }
            gate.push(stage, read, columns.password(&row))?;
        }
        if stage.rows() == 0 {
            return Err(Error::invalid("file", "the file has no rows"));
        }
        let everybody = self.everybody(group, stage)?;
        stage.finish(everybody)?;
        Ok(Staged { group, unknown_columns: columns::unknown(rows.unknown_columns()) })
    }

    /// The accepting transaction: name, place in the queue, idempotency record.
    fn accept(&self, file: &Digesting, stage: &mut Stage<'_>, whence: Whence) -> Result<Job> {
        let Whence { origin, group, upload } = whence;
        let digest = file.finish()?;
        let account = self.caller.account;
        let is_dry = self.asked.dry_run;
        let spec = Spec::Import(ImportSpec {
            rows: stage.rows(),
            page_items: stage.page_items(),
            origin,
            is_dry,
            mode: self.asked.mode,
            group: group.map(|group| group.0),
            removals: stage.removals(),
            passwords: stage.passwords(),
            ready_run_items: stage.ready_run_items(),
        });
        let number = stage.job().ok_or_else(|| Error::internal("nothing was staged"))?;
        let target = if is_dry { Target::Nothing(number) } else { Target::Users };
        let mut job = Job::pending(account, stage.uuid(), spec, target, stage.received_at());
        job.number = number;
        job.client = self.caller.client;
        job.digest = self.directory.shown_digest(account, &digest);
        job.payload = Some(stage.payload());
        job.planned = true;
        let goes = if self.asked.mode == ImportMode::Delete { stage.rows() } else { stage.removals() };
        (job.asked_create, job.asked_destroy) = (stage.rows() - goes, goes);
        job.counts = Counts::of_total(stage.rows());
        job.schedule = self.schedule;
        let quota = self.caller.settings.quota();
        let (key, name) = (self.idempotency.clone(), self.asked.job_name.clone());
        let fingerprint = self.fingerprint(&digest);
        let trail = self.directory.trail(self.caller);
        failpoint::pass("accept.after_stage");
        let accept = move |tx: &mut dyn Tx| {
            let mut job = job.clone();
            // Another request may hold the key by now, if this one fell silent for too long.
            if let Some(key) = &key
                && key.hold(tx)?.is_some()
            {
                return Err(Error::Idempotency(IdempotencyFault::InFlight));
            }
            tx.lock_account(account, AccountLock::Exclusive)?;
            if let Some(upload) = upload.filter(|_| !is_dry) {
                uploads::close(tx, account, upload)?;
            }
            tx.waiting(account)?.check(&quota, job.counts.total)?;
            let name = match &name {
                Some(name) => name.clone(),
                None => free_name(tx, &job)?,
            };
            if let Some(other) = tx.job_by_name(account, &name)? {
                return Err(name_taken(&other));
            }
            // A dry run takes no name from the import that is to come.
            job.name = (!is_dry).then_some(name);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.state = State::Pending;
            if !tx.touch_staged(account, job.number)? {
                return Err(Error::Unavailable("the upload took too long; send it again".to_owned()));
            }
            audit::jobs::update(tx, &job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            if let Some(key) = &key {
                key.settle(tx, &Done { made: Made::Job(job.number), status: 202, fingerprint })?;
            }
            Ok(job)
        };
        let job = self.directory.store.write_blocking(Class::Interactive, accept)?;
        self.directory.bell.job_queued();
        Ok(job)
    }
}

/// A name for a job that came without one.
pub(crate) fn free_name(tx: &mut dyn Tx, job: &Job) -> Result<String> {
    let verb = job.verb().ok_or_else(|| Error::internal("a job without rows has no name"))?;
    let name = format!("{verb}-{}", job.number);
    let is_free = tx.job_by_name(job.account, &name)?.is_none();
    Ok(if is_free { name } else { format!("{verb}-{}", job.uuid) })
}

fn refused(error: &tables::Error) -> Error {
    let detail = error.to_string();
    match error {
        tables::Error::TooLarge { .. } => Error::TooLarge(detail),
        tables::Error::Disk(error) => kept_badly(error),
        _ => Error::invalid("file", detail),
    }
}

/// What the disk failed with while a workbook was kept on it.
fn kept_badly(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::StorageFull,
        _ => {
            Error::internal(format!("a workbook could not be kept in the folder of temporary files: {error}"))
        }
    }
}

/// Allocates the number of a job and inserts it as received.
fn receive(tx: &mut dyn Tx, job: &Job) -> Result<JobNumber> {
    let mut job = job.clone();
    job.number = JobNumber(tx.allocate_number(job.account, Series::Jobs)?);
    tx.insert_job(&job)?;
    Ok(job.number)
}
