//! The file of a data directory.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::{Row, Value};
use crate::{Read, Unreadable};

/// The file in a data directory.
const FILE: &str = "throng.db";

/// An open file.
pub struct Sqlite(Connection);

impl Sqlite {
    /// Opens the database of a data directory that no server uses.
    pub fn open(dir: &Path) -> Read<Self> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(Unreadable(format!("{} is not there", path.display())));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Self(Connection::open_with_flags(path, flags)?))
    }

    /// Hands on each row of a query.
    pub fn each(&self, sql: &str, params: &[i64], each: &mut dyn FnMut(&Row) -> Read<()>) -> Read<()> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| value(row.get_ref(column)?)).collect::<Read<_>>()?;
            each(&Row(values))?;
        }
        Ok(())
    }

    /// SQLite's own look at its pages and indexes.
    pub fn damage(&self) -> Read<Vec<String>> {
        let mut lines = Vec::new();
        self.each("pragma integrity_check(20)", &[], &mut |row| {
            lines.push(row.get::<String>(0)?);
            Ok(())
        })?;
        lines.retain(|line| line != "ok");
        Ok(lines)
    }
}

fn value(value: ValueRef<'_>) -> Read<Value> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => match str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(Unreadable("a text is not UTF-8".to_owned())),
        },
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
        ValueRef::Real(number) => Err(Unreadable(format!("{number} is no integer"))),
    }
}
