//! Fresh stores for tests, on every database.
//!
//! On PostgreSQL each store has a database of its own, cloned from one that is migrated once a process. The
//! server is the one that `THRONG_TEST_POSTGRES_URL` names: `cargo xtask test` starts it. Without it a test
//! fails, since a test that was not run has shown nothing.

mod postgres;

use std::sync::Arc;

use tempfile::TempDir;
use throng_directory::port::Store;
use throng_jobs::{Clock, Instant};

pub use postgres::{Database, admin_url, fresh_database, server_url};

/// A store on a fresh database.
pub struct Fresh {
    /// The store.
    pub store: Arc<dyn Store>,
    /// What it lies in, to be dropped after it.
    pub home: Home,
}

/// What a store lies in, gone when it is dropped.
pub enum Home {
    /// A directory.
    Directory(TempDir),
    /// A database.
    Database(Database),
}

/// A failure to make a store: the test cannot go on.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A store in a directory.
///
/// # Errors
/// A directory or store that cannot be made.
pub fn sqlite(clock: Arc<dyn Clock>) -> Result<Fresh, Failure> {
    let home = tempfile::tempdir()?;
    let store = throng_store::open(home.path(), &throng_store::Settings::default(), clock)?;
    Ok(Fresh { store, home: Home::Directory(home) })
}

/// A store in a database.
///
/// # Errors
/// No server to test on, or a store that cannot be made.
pub fn postgres() -> Result<Fresh, Failure> {
    let database = fresh_database()?;
    let store = throng_store::open_postgres(&settings(database.url()))?;
    Ok(Fresh { store, home: Home::Database(database) })
}

/// A store on the database that `THRONG_TEST_STORE` names: `postgres`, else SQLite.
///
/// # Errors
/// As [`sqlite`] and [`postgres`].
pub fn chosen(clock: Arc<dyn Clock>) -> Result<Fresh, Failure> {
    match postgres::variable("THRONG_TEST_STORE").as_deref() {
        Some("postgres") => postgres(),
        None | Some("sqlite") => sqlite(clock),
        Some(other) => Err(format!("THRONG_TEST_STORE is {other}: neither sqlite nor postgres").into()),
    }
}

/// Few connections, since many tests run at a time.
#[must_use]
pub fn settings(url: &str) -> throng_store::PostgresSettings {
    throng_store::PostgresSettings {
        url: url.to_owned(),
        readers: 3,
        writers: 3,
        chunk_writers: 3,
        ..throng_store::PostgresSettings::default()
    }
}

/// The system's clock, for tests in which time passes.
pub struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "a test's clock")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
