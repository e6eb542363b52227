//! Where the servers of a run keep their data: a directory, or a database of a PostgreSQL of the test's own.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use throng_checker::Source;
use throng_cluster::{Cluster, Installation, Options};
use throng_directory::ids::JobNumber;
use throng_directory::model::jobs::Target;
use throng_directory::port::{Class, StoreExt, Tx};
use throng_jobs::Clock;

use crate::crash::process::BINARY;

/// The sessions of a dead server may still be at their last statement, which the database stops by then.
const SESSIONS_MAX: Duration = Duration::from_secs(40);
/// For so long the key of a request is held that fell silent: `limits::IDEMPOTENCY_LEASE`.
const KEY_SECONDS: u32 = 30;
/// The number of the last job of a place whose jobs are made older.
const JOBS_MAX: i64 = 9;
/// After so long an upload that fell silent is dropped: `limits::STAGING_IDLE_MAX`.
const UPLOAD_SECONDS: u32 = 600;

/// On what the places of a test are made.
pub enum Ground {
    Directories,
    Postgres(Box<Cluster>),
}

/// The data of one run, with the log of all servers that ran on it.
pub struct Place<'a> {
    dir: TempDir,
    database: Option<Database<'a>>,
}

struct Database<'a> {
    cluster: &'a Cluster,
    name: String,
    url: String,
    admin_url: String,
}

impl Ground {
    /// A PostgreSQL of its own, so that the checker can read as its superuser.
    pub fn postgres() -> Self {
        let installation = Installation::for_tests().unwrap();
        Self::Postgres(Box::new(Cluster::start(&installation, &Options::default()).unwrap()))
    }

    /// A place without data.
    pub fn place(&self) -> Place<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let database = match self {
            Self::Directories => None,
            Self::Postgres(cluster) => {
                let name = format!("run_{}", NEXT.fetch_add(1, Ordering::Relaxed));
                cluster.sql("postgres", &format!("create database {name} owner throng")).unwrap();
                let (url, admin_url) = (cluster.url(&name), cluster.admin_url(&name));
                Some(Database { cluster, name, url, admin_url })
            }
        };
        Place { dir: tempfile::tempdir().unwrap(), database }
    }

    /// Whether servers share the data, so that one must wait until the lease of a dead one has run out.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl Place<'_> {
    /// Whether servers share the data.
    pub const fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    /// The option of every command that works here.
    pub fn arguments(&self) -> [String; 2] {
        match &self.database {
            None => ["--data".to_owned(), self.data().display().to_string()],
            Some(database) => ["--database".to_owned(), database.url.clone()],
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Calls the checker with what it reads, once nothing of a dead server is under way any more: the database may
    /// still be at a statement that the server sent before it died, and that may be a commit.
    pub fn read<T>(&self, read: impl FnOnce(Source<'_>) -> T) -> T {
        let Some(database) = &self.database else { return read(Source::Directory(&self.data())) };
        let sessions = format!(
            "select count(*) from pg_stat_activity where datname = '{}' and usename = 'throng'",
            database.name
        );
        let since = Instant::now();
        while database.sql(&sessions) != "0" {
            assert!(since.elapsed() < SESSIONS_MAX, "sessions of a dead server stay");
            thread::sleep(Duration::from_millis(5));
        }
        read(Source::Postgres(&database.admin_url))
    }

    /// Lets the time pass for which the key of a request whose server died is held. A server on a directory knows at
    /// its start that nobody holds a key.
    pub fn let_keys_lapse(&self) {
        let Some(database) = &self.database else { panic!("the key of a dead server's request is held") };
        database.sql(&format!(
            "update throng.idempotency set until_at = until_at - {KEY_SECONDS} * 1000000 where job is null"
        ));
    }

    /// Lets the time pass after which uploads are dropped whose server died.
    pub fn let_uploads_lapse(&self) {
        if let Some(database) = &self.database {
            database.sql(&format!(
                "update throng.jobs set touched_at = touched_at - {UPLOAD_SECONDS} * 1000000 \
                 where state = 'RECEIVING'"
            ));
        }
    }

    /// Lets the jobs of an account have ended, and have been thrown away, so long ago, and nobody have looked at the clock
    /// since.
    pub fn let_time_pass(&self, account: &'static str, age: Duration) {
        if let Some(database) = &self.database {
            let micros = age.as_micros();
            database.sql(&format!(
                "update throng.jobs set touched_at = touched_at - {micros}, \
                 purged_at = purged_at - {micros} where ended_at is not null; \
                 update throng.clock_marks set seen_at = seen_at - {micros}"
            ));
            return;
        }
        let clock = Arc::new(Late(age));
        let store = throng_store::open(&self.data(), &throng_store::Settings::default(), clock).unwrap();
        let touch = move |tx: &mut dyn Tx| {
            tx.trust_clock()?;
            let account = tx.account(account)?.unwrap().id;
            tx.lock_unfinished(account, Target::Maintenance, 1)?;
            for number in 1..=JOBS_MAX {
                match tx.job(account, JobNumber(number))? {
                    Some(job) if job.purged_at.is_some() => tx.mark_purged(account, job.number)?,
                    Some(job) if job.ended_at.is_some() => tx.update_job(&job)?,
                    _ => {}
                }
            }
            Ok(())
        };
        store.write_blocking(Class::Interactive, touch).unwrap();
    }

    /// Makes an account with an administrator's key and returns the key.
    pub fn create_account(&self, account: &str) -> String {
        self.command(&["account", "create", account]);
        self.command(&["key", "create", account, "--role", "account-administrator"])
    }

    /// Runs a command of the program here; what it prints.
    pub fn command(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        let output = command.args(arguments).args(self.arguments()).env_clear().output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The last lines of the log.
    pub fn log_end(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// The log, to be written on.
    pub fn open_log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.log()).unwrap()
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }
}

/// The system's clock, so much too late.
struct Late(Duration);

impl Clock for Late {
    fn now(&self) -> throng_jobs::Instant {
        throng_backends::RealClock.now().minus(self.0)
    }
}

impl Database<'_> {
    fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql).unwrap()
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // What stays is removed with the cluster.
        let _ = self.cluster.sql("postgres", &format!("drop database {} with (force)", self.name));
    }
}
