//! The writer: one thread, one connection, group commit.
//!
//! A turn is one transaction: the waiting writes of clients, at most one chunk of a job (none if clients wait and jobs had
//! their share), and the clients' that came meanwhile, each in a savepoint; then the commit; then the answers, also those
//! that are errors, because an answer may rest on what a neighbour wrote; then, now and then, a checkpoint.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, ffi};
use throng_directory::port::{Class, Erased};
use throng_directory::{Error, Result};
use throng_jobs::failpoint;

use super::conn::{Budget, SqliteConn};
use super::queue::{Queue, Task};
use crate::driver::panic_error;
use crate::driver::stopwatch::Stopwatch;
use crate::fault::Fault;
use crate::session::Session;

/// Clients' writes of one half of a turn.
const BATCH_MAX: usize = 256;
/// How long one half of a turn takes in further clients' writes.
const BATCH_TIME: Duration = Duration::from_millis(10);
/// What a chunk has at least before it makes room, and at most.
const CHUNK_TIME: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
/// The most while clients write: what a chunk has written they wait for, because it is in their commit.
const CHUNK_TIME_BUSY: Duration = Duration::from_millis(4);
/// So long after a client's write another one is expected.
const CLIENTS_COME_BACK: Duration = Duration::from_millis(100);
/// Under load jobs get one part of the writer's time, clients this many.
const CLIENTS_SHARE: u32 = 3;

/// Frames of the log after which it is moved into the database file: 4 MB cost the least in all.
const CHECKPOINT_FRAMES: i32 = 1_000;
/// The same while clients write: whoever comes meanwhile waits until it is done.
const CHECKPOINT_FRAMES_BUSY: i32 = 250;

/// A job whose next chunk is queued within this time of its last is working without a pause.
const COMES_BACK: Duration = Duration::from_millis(50);

/// How a test makes a commit fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// The storage fails before anything was written.
    Before,
    /// Everything is durable, and then the storage fails.
    After,
    /// The storage is full, and nothing was written.
    Full,
}

/// Asked at each commit.
pub type CommitHook = Arc<dyn Fn() -> Option<CommitFault> + Send + Sync>;

/// What the writer calls.
#[derive(Clone)]
pub struct WriterHooks {
    /// Called once when the outcome of a commit is unknown; nothing is written after it.
    pub on_fatal: Arc<dyn Fn() + Send + Sync>,
    /// For tests.
    pub commit: Option<CommitHook>,
}

/// The writer's state.
pub struct Writer {
    db: Connection,
    queue: Arc<Queue>,
    hooks: WriterHooks,
    /// Since the last chunk ended.
    chunk_ended: Stopwatch,
    /// How long it took.
    chunk_took: Duration,
    /// What clients had of the writer's time since then, without what the chunk's commit and checkpoint took.
    clients_had: Duration,
    /// Whether this turn has a chunk.
    has_chunk: bool,
    /// Since the last write of a client; none before the first.
    client_ended: Option<Stopwatch>,
    /// Frames of the log as the last commit left it; 0 since a checkpoint.
    log_frames: Arc<AtomicI32>,
}

/// What a chunk may take of the writer's time.
#[derive(Clone, Copy)]
struct Share {
    at_least: Duration,
    at_most: Duration,
    client_in_turn: bool,
}

/// A closure that has run, with what it will be answered when the commit succeeds.
type Done = (Task, Result<Erased>);

/// A commit that failed.
enum Failed {
    /// Nothing happened.
    Undone(Error),
    /// Nobody knows.
    Unknown,
}

/// The transaction was rolled back under a closure.
struct Lost;

/// The writer must not go on.
struct Fatal;

impl Writer {
    /// A writer on this connection.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn new(mut db: Connection, queue: Arc<Queue>, hooks: WriterHooks) -> rusqlite::Result<Self> {
        let log_frames = Arc::<AtomicI32>::default();
        let noted = Arc::clone(&log_frames);
        // In the place of the hook by which SQLite would checkpoint within the commit, before anybody is answered.
        db.wal_hook(Some(move |_: &mut Wal, frames| {
            noted.store(frames, Ordering::Relaxed);
            Ok(())
        }))?;
        let (chunk_ended, clients_had) = (Stopwatch::start(), Duration::ZERO);
        Ok(Self {
            db,
            queue,
            hooks,
            chunk_ended,
            chunk_took: Duration::ZERO,
            clients_had,
            has_chunk: false,
            client_ended: None,
            log_frames,
        })
    }

    /// Works until the queue is closed and empty, or the outcome of a commit is unknown.
    pub fn run(mut self) {
        while self.queue.wait() {
            let (turn, had_before) = (Stopwatch::start(), self.clients_had);
            if let Err(Fatal) = self.turn() {
                self.queue.abandon();
                tracing::error!("the outcome of a commit is unknown; the store takes no more writes");
                (self.hooks.on_fatal)();
                return;
            }
            self.checkpoint();
            if !std::mem::take(&mut self.has_chunk) {
                self.clients_had = had_before + turn.elapsed();
            }
        }
    }

    /// Moves a long log into the database file, as far as nobody reads what is older. What fails is tried again after
    /// the next commit; what was committed stands in the log until then.
    fn checkpoint(&self) {
        let most = if self.clients_write() { CHECKPOINT_FRAMES_BUSY } else { CHECKPOINT_FRAMES };
        if self.log_frames.load(Ordering::Relaxed) < most {
            return;
        }
        self.log_frames.store(0, Ordering::Relaxed);
        if let Err(error) = self.db.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            tracing::warn!(%error, "the log could not be moved into the database file");
        }
    }

    fn turn(&mut self) -> Result<(), Fatal> {
        if let Err(error) = self.step("begin immediate") {
            self.refuse_waiting(&Fault::from(error).into());
            return Ok(());
        }
        let mut done = Vec::new();
        match self.batch(&mut done) {
            Ok(()) => self.commit_all(done),
            Err(Lost) => self.one_by_one(done),
        }
    }

    fn refuse_waiting(&self, error: &Error) {
        tracing::error!(%error, "a transaction cannot begin");
        while let Some(task) = self.queue.pop_client().or_else(|| self.queue.pop_chunk()) {
            task.answer(Err(error.clone()));
        }
    }

    fn batch(&mut self, done: &mut Vec<Done>) -> Result<(), Lost> {
        self.clients(done)?;
        let client_in_turn = !done.is_empty();
        let Some(queued) = self.queue.chunk_queued() else { return Ok(()) };
        let earned = self.jobs_waited(queued) / CLIENTS_SHARE;
        // Who came while a chunk was committed does not wait for the next one, too, unless that one took little.
        if client_in_turn && earned < self.chunk_took.min(CHUNK_TIME.0) {
            return Ok(());
        }
        if let Some(task) = self.queue.pop_chunk() {
            let at_least = earned.clamp(CHUNK_TIME.0, CHUNK_TIME.1);
            let at_most = if self.clients_write() { CHUNK_TIME_BUSY.max(at_least) } else { CHUNK_TIME.1 };
            self.has_chunk = true;
            let watch = Stopwatch::start();
            let ran = self.savepoint(task, Some(Share { at_least, at_most, client_in_turn }), done);
            self.chunk_took = watch.elapsed();
            (self.chunk_ended, self.clients_had) = (Stopwatch::start(), Duration::ZERO);
            ran?;
            self.clients(done)?;
        }
        Ok(())
    }

    /// Whether another write of a client is expected soon.
    fn clients_write(&self) -> bool {
        self.client_ended.is_some_and(|watch| watch.elapsed() < CLIENTS_COME_BACK)
    }

    /// How long clients have kept jobs from the writer. A job that comes back soon after its last chunk has been
    /// waiting all the time: its answer came with the commit.
    fn jobs_waited(&self, queued: Stopwatch) -> Duration {
        let (since_last, queued) = (self.chunk_ended.elapsed(), queued.elapsed());
        if since_last.saturating_sub(queued) < COMES_BACK { self.clients_had } else { queued }
    }

    fn clients(&mut self, done: &mut Vec<Done>) -> Result<(), Lost> {
        let watch = Stopwatch::start();
        let mut ran = Ok(());
        for _ in 0..BATCH_MAX {
            let Some(task) = self.queue.pop_client() else { break };
            self.client_ended = Some(Stopwatch::start());
            ran = self.savepoint(task, None, done);
            if ran.is_err() || watch.elapsed() > BATCH_TIME {
                break;
            }
        }
        self.clients_had += watch.elapsed();
        ran
    }

    /// Runs a closure in a savepoint. A savepoint is no wall: a full or failing storage rolls the whole
    /// transaction back, and what ran next would commit by itself.
    fn savepoint(&self, task: Task, share: Option<Share>, done: &mut Vec<Done>) -> Result<(), Lost> {
        let result = match self.step("savepoint closure") {
            Ok(()) => self.closure(&task, share),
            Err(error) => Err(Fault::from(error).into()),
        };
        let result = if self.db.is_autocommit() { result } else { self.end_savepoint(result) };
        done.push((task, result));
        if self.db.is_autocommit() { Err(Lost) } else { Ok(()) }
    }

    fn end_savepoint(&self, result: Result<Erased>) -> Result<Erased> {
        let ended = match &result {
            Ok(_) => self.step("release closure"),
            Err(_) => self.step("rollback to closure").and_then(|()| self.step("release closure")),
        };
        match (result, ended) {
            (result, Ok(())) => result,
            (Err(error), Err(_)) => Err(error),
            (Ok(_), Err(error)) => Err(Fault::from(error).into()),
        }
    }

    fn closure(&self, task: &Task, share: Option<Share>) -> Result<Erased> {
        let budget = share.map(|share| Budget {
            watch: Stopwatch::start(),
            at_least: share.at_least,
            at_most: share.at_most,
            client_in_turn: share.client_in_turn,
            queue: &self.queue,
        });
        let mut session = Session::new(SqliteConn { db: &self.db, budget });
        match catch_unwind(AssertUnwindSafe(|| (task.closure)(&mut session))) {
            Ok(result) => session.verdict(result),
            Err(panic) => Err(panic_error(panic.as_ref())),
        }
    }

    fn commit_all(&self, done: Vec<Done>) -> Result<(), Fatal> {
        match self.commit() {
            Ok(()) => {
                for (task, result) in done {
                    task.answer(result);
                }
                Ok(())
            }
            Err(Failed::Undone(error)) => {
                for (task, _) in done {
                    task.answer(Err(error.clone()));
                }
                Ok(())
            }
            Err(Failed::Unknown) => {
                for (task, _) in done {
                    task.answer(Err(Error::OutcomeUnknown));
                }
                Err(Fatal)
            }
        }
    }

    /// Runs the closures of a lost transaction again, each in its own.
    fn one_by_one(&self, lost: Vec<Done>) -> Result<(), Fatal> {
        let mut lost = lost.into_iter();
        for (task, _) in lost.by_ref() {
            if self.alone(task).is_err() {
                // Their effects were rolled back before this commit: nothing of them happened.
                let stopped = || Error::Unavailable("the store has stopped".to_owned());
                lost.for_each(|(task, _)| task.answer(Err(stopped())));
                return Err(Fatal);
            }
        }
        Ok(())
    }

    fn alone(&self, task: Task) -> Result<(), Fatal> {
        if let Err(error) = self.step("begin immediate") {
            task.answer(Err(Fault::from(error).into()));
            return Ok(());
        }
        let share = Share { at_least: CHUNK_TIME.0, at_most: CHUNK_TIME.1, client_in_turn: true };
        let result = self.closure(&task, (task.class == Class::Chunk).then_some(share));
        if result.is_ok() && !self.db.is_autocommit() {
            return self.commit_all(vec![(task, result)]);
        }
        self.roll_back();
        task.answer(result.and_then(|_| Err(Error::StorageFull)));
        Ok(())
    }

    fn commit(&self) -> Result<(), Failed> {
        failpoint::pass("writer.before_commit");
        let injected = self.hooks.commit.as_ref().and_then(|hook| hook());
        let committed = match injected {
            None => self.step("commit"),
            Some(CommitFault::Before) => Err(failure(ffi::SQLITE_IOERR_FSYNC)),
            Some(CommitFault::After) => self.step("commit").and(Err(failure(ffi::SQLITE_IOERR_FSYNC))),
            Some(CommitFault::Full) => Err(failure(ffi::SQLITE_FULL)),
        };
        failpoint::pass("writer.after_commit");
        match committed {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                let undone = matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                );
                if !undone {
                    return Err(Failed::Unknown);
                }
                self.roll_back();
                Err(Failed::Undone(Fault::from(error).into()))
            }
        }
    }

    fn roll_back(&self) {
        if !self.db.is_autocommit()
            && let Err(error) = self.step("rollback")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn step(&self, sql: &str) -> rusqlite::Result<()> {
        self.db.prepare_cached(sql)?.raw_execute().map(drop)
    }
}

/// A failure as the database reports it.
fn failure(code: std::ffi::c_int) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
}
