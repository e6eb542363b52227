//! The database file, opened for reading only.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Params, Row};

use crate::{Read, Unreadable};

/// The file in a data directory.
const FILE: &str = "throng.db";

/// An open database.
pub struct Database(Connection);

impl Database {
    /// Opens the database of a data directory that no server uses.
    pub fn open(dir: &Path) -> Read<Self> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(Unreadable(format!("{} is not there", path.display())));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Self(Connection::open_with_flags(path, flags)?))
    }

    /// All rows of a query.
    pub fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Read<Vec<T>> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?.collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    }
}
