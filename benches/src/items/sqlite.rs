//! Blocks of jobs in a database file.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, params};

use super::{Stored, Table};
use crate::Outcome;

/// A database file, read beside the server.
pub struct Blocks {
    db: Connection,
    account: i64,
}

impl Blocks {
    /// Opens the database of a data directory.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(data: &Path) -> Outcome<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(data.join("throng.db"), flags)?;
        db.execute_batch("pragma cache_size = -65536; pragma mmap_size = 0")?;
        let account = db.query_row("select account_id from users limit 1", [], |row| row.get(0))?;
        Ok(Self { db, account })
    }
}

impl Stored for Blocks {
    fn numbers(&self, table: Table, job: i64) -> Outcome<Vec<i64>> {
        let mut statement = self.db.prepare_cached(table.numbers())?;
        let numbers = statement.query_map([self.account, job], |row| row.get(0))?;
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    fn read(&self, table: Table, job: i64, numbers: &[i64]) -> Outcome<usize> {
        let mut statement = self.db.prepare_cached(table.sql())?;
        let mut bytes = 0;
        for number in numbers {
            let mut rows = statement.query(params![self.account, job, number])?;
            while let Some(row) = rows.next()? {
                bytes += row.get_ref(0)?.as_bytes()?.len();
            }
        }
        Ok(bytes)
    }
}
