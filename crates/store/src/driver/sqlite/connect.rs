//! Opening connections with the right settings.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use throng_jobs::Clock;

/// Prepared statements that a connection keeps; more than the repositories have.
const STATEMENTS_MAX: usize = 160;
/// KiB of page cache of the writer.
const WRITER_CACHE_KIB: i64 = 64 << 10;
/// How long a connection waits for a lock: only readers that open while the log starts again ever meet one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the log that are kept for reuse when it starts again after a long read let it grow.
const LOG_BYTES_KEPT: i64 = 64 << 20;

fn connect(path: &Path, flags: OpenFlags, clock: Arc<dyn Clock>) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Plans must not depend on bound values: else binding a new value may prepare the statement anew, which
    // costs more than most of the queries.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "foreign_keys", false)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "mmap_size", 0)?;
    db.create_scalar_function("throng_now", 0, FunctionFlags::SQLITE_UTF8, move |_| {
        Ok(clock.now().micros())
    })?;
    Ok(db)
}

/// The only connection that writes. `max_pages` bounds the file, in pages of 4 KiB.
pub fn connect_writer(
    path: &Path,
    max_pages: Option<u32>,
    clock: Arc<dyn Clock>,
) -> rusqlite::Result<Connection> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, clock)?;
    db.pragma_update(None, "page_size", 4096)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    db.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |row| row.get::<_, i64>(0))?;
    if let Some(pages) = max_pages {
        db.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))?;
    }
    Ok(db)
}

/// A connection that can only read, with this much page cache.
pub fn connect_reader(path: &Path, cache_kib: i64, clock: Arc<dyn Clock>) -> rusqlite::Result<Connection> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, clock)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", -cache_kib)?;
    Ok(db)
}
