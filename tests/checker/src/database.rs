//! The database, opened for reading only. Both kinds have the same tables and columns.

mod postgres;
mod sqlite;

use std::path::Path;

use crate::{Read, Unreadable};
use postgres::Postgres;
use sqlite::Sqlite;

/// Where the data lies.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A data directory that no server uses.
    Directory(&'a Path),
    /// The URL of a PostgreSQL database, for a role that row-level security does not hold. It is read as it
    /// stands at one instant, so servers may go on working on it. Without TLS, and not from async code.
    Postgres(&'a str),
}

impl<'a> From<&'a Path> for Source<'a> {
    fn from(dir: &'a Path) -> Self {
        Self::Directory(dir)
    }
}

/// An open database.
pub enum Database {
    /// The file in a data directory.
    Sqlite(Sqlite),
    /// A database on a server.
    Postgres(Postgres),
}

impl Database {
    /// Opens a database.
    pub fn open(source: Source<'_>) -> Read<Self> {
        match source {
            Source::Directory(dir) => Sqlite::open(dir).map(Self::Sqlite),
            Source::Postgres(url) => Postgres::open(url).map(Self::Postgres),
        }
    }

    /// All rows of a query. Its parameters are `?1`, `?2`, ….
    pub fn all<T>(&self, sql: &str, params: &[i64], mut read: impl FnMut(&Row) -> Read<T>) -> Read<Vec<T>> {
        let mut found = Vec::new();
        let mut each = |row: &Row| {
            found.push(read(row)?);
            Ok(())
        };
        match self {
            Self::Sqlite(file) => file.each(sql, params, &mut each)?,
            Self::Postgres(server) => server.each(sql, params, &mut each)?,
        }
        Ok(found)
    }

    /// What the database says about its own pages and indexes, as far as it can be asked while reading.
    pub fn damage(&self) -> Read<Vec<String>> {
        match self {
            Self::Sqlite(file) => file.damage(),
            Self::Postgres(_) => Ok(Vec::new()),
        }
    }
}

/// A row of an answer.
#[derive(Debug)]
pub struct Row(Vec<Value>);

impl Row {
    /// The value of a column, from 0.
    pub fn get<T: FromValue>(&self, column: usize) -> Read<T> {
        let value = self.0.get(column).cloned().unwrap_or(Value::Null);
        T::from_value(value)
            .ok_or_else(|| Unreadable(format!("column {column} of {self:?} is of another type")))
    }
}

/// What may stand in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// What a column can be read as; `None` = not this.
pub trait FromValue: Sized {
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl FromValue for [u8; 16] {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
