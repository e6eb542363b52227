//! The pool of connections that read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use throng_directory::port::{Cost, Erased, ReadFn};
use throng_directory::{Error, Result};
use throng_jobs::Clock;

use super::conn::SqliteConn;
use super::connect::connect_reader;
use crate::driver::panic_error;
use crate::fault::Fault;
use crate::session::Session;

/// Point reads at the same time; each is microseconds long and runs on its caller's thread.
const POINTS_MAX: usize = 16;
/// Scans at the same time. Apart, so that scans never keep point reads waiting.
const SCANS_MAX: usize = 8;
/// KiB of page cache of a connection for point reads: measured, 8 MiB cost a third of their speed.
const POINT_CACHE_KIB: i64 = 24 << 10;
/// KiB of page cache of a connection for scans, which come by each page once.
const SCAN_CACHE_KIB: i64 = 4 << 10;

/// Connections that read, opened when first needed and kept.
pub struct Readers {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    points: Pool,
    scans: Pool,
}

struct Pool {
    state: Mutex<State>,
    freed: Condvar,
    max: usize,
    cache_kib: i64,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    open: usize,
}

impl Readers {
    /// Readers of the database in this file.
    pub fn new(path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            path,
            clock,
            points: Pool::new(POINTS_MAX, POINT_CACHE_KIB),
            scans: Pool::new(SCANS_MAX, SCAN_CACHE_KIB),
        }
    }

    /// Runs a closure over a snapshot, on this thread.
    pub fn read(&self, cost: Cost, closure: &ReadFn) -> Result<Erased> {
        let pool = match cost {
            Cost::Point => &self.points,
            Cost::Scan | Cost::Blocking => &self.scans,
        };
        let db = match pool.take() {
            Some(db) => db,
            None => connect_reader(&self.path, pool.cache_kib, Arc::clone(&self.clock)).map_err(|error| {
                pool.lost();
                Error::from(Fault::from(error))
            })?,
        };
        let (result, usable) = run(&db, closure);
        if usable {
            pool.give_back(db);
        } else {
            pool.lost();
        }
        result
    }
}

/// The closure's result, and whether the connection can be used again.
fn run(db: &Connection, closure: &ReadFn) -> (Result<Erased>, bool) {
    if let Err(error) = step(db, "begin") {
        return (Err(Fault::from(error).into()), false);
    }
    let mut session = Session::new(SqliteConn { db, budget: None });
    let result = catch_unwind(AssertUnwindSafe(|| closure(&mut session)));
    let result = result.unwrap_or_else(|panic| Err(panic_error(panic.as_ref())));
    (result, step(db, "commit").is_ok())
}

fn step(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.raw_execute().map(drop)
}

impl Pool {
    fn new(max: usize, cache_kib: i64) -> Self {
        Self { state: Mutex::default(), freed: Condvar::new(), max, cache_kib }
    }

    /// An idle connection; `None` = the caller opens one, and says when that fails.
    fn take(&self) -> Option<Connection> {
        let mut state = self.lock();
        loop {
            if let Some(db) = state.idle.pop() {
                return Some(db);
            }
            if state.open < self.max {
                state.open += 1;
                return None;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, db: Connection) {
        self.lock().idle.push(db);
        self.freed.notify_one();
    }

    fn lost(&self) {
        self.lock().open -= 1;
        self.freed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
