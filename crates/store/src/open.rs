//! Opening a store.

mod postgres;

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use throng_directory::port::Store;
use throng_jobs::Clock;

pub use crate::driver::sqlite::{CommitFault, CommitHook};
use crate::driver::sqlite::{ReaderPool, SqliteStore, WriterHooks, connect_reader, connect_writer};
use crate::migrate::MigrateError;
use crate::migrate::sqlite::migrate;
pub use postgres::{PostgresSettings, open_postgres};

/// The oldest SQLite that the store trusts: earlier ones can lose a commit when the log starts again.
const VERSION_MIN: i32 = 3_051_003;
/// The database's file in the data directory.
const FILE: &str = "throng.db";
/// The lock's file in the data directory.
const LOCK: &str = "lock";

/// How to open a store.
#[derive(Clone)]
pub struct Settings {
    /// Called when the outcome of a commit is unknown. The store writes nothing after it; the process should
    /// end and start again.
    pub on_fatal: Arc<dyn Fn() + Send + Sync>,
    /// Pages of 4 KiB that the database may have; for tests of a full disk.
    pub max_pages: Option<u32>,
    /// Makes commits fail; for tests.
    pub commit_hook: Option<CommitHook>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on_fatal: Arc::new(|| {}), max_pages: None, commit_hook: None }
    }
}

/// Why a store cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has the data directory open.
    Locked(PathBuf),
    /// A file or directory cannot be made or read.
    File(PathBuf, io::Error),
    /// The schema cannot be used; the text says why and what to do.
    Schema(String),
    /// The database cannot be used; the text says why.
    Database(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(dir) => write!(
                f,
                "the data directory {} is in use by another process; one server owns a data directory at a time",
                dir.display()
            ),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Schema(text) | Self::Database(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Locked(_) | Self::Schema(_) | Self::Database(_) => None,
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(format!("the database cannot be opened: {error}"))
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        Self::Schema(error.to_string())
    }
}

/// Opens the store in a data directory, and makes both where there is none. The directory is locked until the
/// store is dropped, so every lease that is found there has lost its holder and is cleared.
pub fn open(dir: &Path, settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
    let version = rusqlite::version_number();
    if version < VERSION_MIN {
        return Err(OpenError::Database(format!("SQLite {} is too old", rusqlite::version())));
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| OpenError::File(dir.to_owned(), error))?;
    let lock = lock(dir)?;
    let path = dir.join(FILE);
    // For its owner alone, also in a directory that others may look into; the log beside it is made like it.
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    file.map_err(|error| OpenError::File(path.clone(), error))?;
    let mut db = connect_writer(&path, settings.max_pages, Arc::clone(&clock))?;
    migrate(&mut db, clock.now())?;
    clear_leases(&db)?;
    // Found here rather than at the first read.
    drop(connect_reader(&path, 0, Arc::clone(&clock))?);
    let hooks =
        WriterHooks { on_fatal: Arc::clone(&settings.on_fatal), commit: settings.commit_hook.clone() };
    let store = SqliteStore::start(db, ReaderPool::new(path, clock), lock, hooks)
        .map_err(|error| OpenError::File(dir.to_owned(), error))?;
    Ok(Arc::new(store))
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| OpenError::File(path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::File(path, error)),
    }
}

/// Forgets who worked the jobs, who was sending them and who held Idempotency-Keys: they were threads of a
/// process that has ended.
fn clear_leases(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "begin immediate;
         -- Index jobs_open.
         update jobs set lease_token = null, lease_until = null
             where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS')
             and lease_token is not null;
         -- Index jobs_receiving.
         update jobs set touched_at = 0 where state = 'RECEIVING';
         -- Index idempotency_held.
         delete from idempotency where holder is not null and status = 0;
         commit",
    )
}
