//! The repositories' connection on SQLite.

use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, Rows, ffi};
use throng_directory::model::jobs::Stretch;

use super::queue::Queue;
use crate::conn::{Conn, Flow, Lock, Row, Scope, Value, missing};
use crate::dialect::Dialect;
use crate::driver::stopwatch::Stopwatch;
use crate::fault::{Fault, Outcome};
use crate::numbers;

/// Items between two looks at the clock.
const BATCH_ITEMS: usize = 256;

/// A chunk's share of the writer's time.
pub struct Budget<'a> {
    /// Since the chunk began.
    pub watch: Stopwatch,
    /// What it has before it makes room for a waiting client.
    pub at_least: Duration,
    /// What it has when nobody waits.
    pub at_most: Duration,
    /// Whether a client's write of the same turn waits for the commit.
    pub client_in_turn: bool,
    /// Where clients wait.
    pub queue: &'a Queue,
}

/// A connection inside a transaction.
pub struct SqliteConn<'a> {
    /// The connection.
    pub db: &'a Connection,
    /// The budget, for chunks.
    pub budget: Option<Budget<'a>>,
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Defect(error.to_string());
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory => {
                Self::Busy(error.to_string())
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
                Self::Storage(error.to_string())
            }
            ErrorCode::ConstraintViolation
                if matches!(
                    failure.extended_code,
                    ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                ) =>
            {
                Self::Unique(error.to_string())
            }
            _ => Self::Defect(error.to_string()),
        }
    }
}

struct SqliteRow<'a, 's>(&'a rusqlite::Row<'s>);

impl SqliteRow<'_, '_> {
    fn value(&self, column: usize) -> Outcome<ValueRef<'_>> {
        Ok(self.0.get_ref(column)?)
    }
}

fn wrong(column: usize, value: ValueRef<'_>) -> Fault {
    Fault::Defect(format!("column {column} holds a value of type {}", value.data_type()))
}

fn utf8(column: usize, bytes: &[u8]) -> Outcome<&str> {
    std::str::from_utf8(bytes).map_err(|_| Fault::Defect(format!("column {column} is not UTF-8")))
}

impl Row for SqliteRow<'_, '_> {
    fn int(&self, column: usize) -> Outcome<i64> {
        match self.value(column)? {
            ValueRef::Integer(n) => Ok(n),
            other => Err(wrong(column, other)),
        }
    }

    fn opt_int(&self, column: usize) -> Outcome<Option<i64>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n)),
            other => Err(wrong(column, other)),
        }
    }

    fn text(&self, column: usize) -> Outcome<&str> {
        match self.value(column)? {
            ValueRef::Text(bytes) => utf8(column, bytes),
            other => Err(wrong(column, other)),
        }
    }

    fn opt_text(&self, column: usize) -> Outcome<Option<&str>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => utf8(column, bytes).map(Some),
            other => Err(wrong(column, other)),
        }
    }

    fn blob(&self, column: usize) -> Outcome<&[u8]> {
        match self.value(column)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            other => Err(wrong(column, other)),
        }
    }

    fn opt_blob(&self, column: usize) -> Outcome<Option<&[u8]>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            other => Err(wrong(column, other)),
        }
    }
}

/// Binds values behind the first `bound` parameters.
fn bind(statement: &mut CachedStatement<'_>, bound: usize, values: &[Value<'_>]) -> Outcome<()> {
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(bound + at + 1, value)?;
    }
    Ok(())
}

fn next<'r>(rows: &'r mut Rows<'_>) -> Outcome<Option<SqliteRow<'r, 'r>>> {
    Ok(rows.next()?.map(SqliteRow))
}

impl SqliteConn<'_> {
    fn step(&self, sql: &str) -> Outcome<()> {
        Ok(self.db.prepare_cached(sql)?.raw_execute().map(drop)?)
    }
}

impl Conn for SqliteConn<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;

    /// Statements name their account; there is no second wall.
    fn enter(&mut self, _: Scope) {}

    /// One writer at a time holds everything.
    fn lock(&mut self, _: Lock<'_>) -> Outcome<()> {
        Ok(())
    }

    fn mark(&mut self) -> Outcome<()> {
        self.step("savepoint attempt")
    }

    /// Fails where a full or failing storage has rolled the whole transaction back, and the mark with it.
    fn unmark(&mut self, undo: bool) -> Outcome<()> {
        if undo {
            self.step("rollback to attempt")?;
        }
        self.step("release attempt")
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<()> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = next(&mut rows)? {
            if each(&row)? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<u64> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, values)?;
        Ok(statement.raw_execute()? as u64)
    }

    fn for_rows<'v, const N: usize>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
        mut each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, common)?;
        for values in rows {
            bind(&mut statement, common.len(), &values)?;
            let mut returned = statement.raw_query();
            while let Some(row) = next(&mut returned)? {
                each(&row)?;
            }
        }
        Ok(())
    }

    /// By the number of changes: a `returning` clause costs as much as the insert.
    fn insert_new<'v, const N: usize>(
        &mut self,
        sql: &str,
        _key: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Outcome<Vec<bool>> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, common)?;
        let mut new = Vec::new();
        for values in rows {
            bind(&mut statement, common.len(), &values)?;
            new.push(statement.raw_execute()? > 0);
        }
        Ok(new)
    }

    fn look_up<'v>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        keys: impl Iterator<Item = Value<'v>>,
        mut each: impl FnMut(Option<&dyn Row>) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, common)?;
        for key in keys {
            bind(&mut statement, common.len(), &[key])?;
            let mut found = statement.raw_query();
            match next(&mut found)? {
                Some(row) => each(Some(&row))?,
                None => each(None)?,
            }
        }
        Ok(())
    }

    /// A block is read as a whole, once for all its stretches that lie side by side.
    fn stretches(&mut self, sql: &str, common: &[Value<'_>], stretches: &[Stretch]) -> Outcome<Vec<Vec<u8>>> {
        let mut statement = self.db.prepare_cached(sql)?;
        bind(&mut statement, 0, common)?;
        let mut read = Vec::with_capacity(stretches.len());
        for of_block in stretches.chunk_by(|a, b| a.block == b.block) {
            bind(&mut statement, common.len(), &[Value::Int(i64::from(of_block[0].block))])?;
            let mut found = statement.raw_query();
            let row = next(&mut found)?.ok_or_else(|| missing(of_block[0]))?;
            let data = row.blob(0)?;
            for stretch in of_block {
                let start = data.len().min(stretch.start as usize);
                let end = data.len().min(start.saturating_add(stretch.length as usize));
                read.push(data[start..end].to_vec());
            }
        }
        Ok(read)
    }

    fn gather(
        &mut self,
        sql: &str,
        account: i64,
        limit: i64,
        keys: impl Iterator<Item = i64>,
        mut each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut left = limit;
        for key in keys {
            bind(&mut statement, 0, &[Value::Int(account), Value::Int(left), Value::Int(key)])?;
            let mut rows = statement.raw_query();
            while let Some(row) = next(&mut rows)? {
                left -= 1;
                each(&row)?;
            }
            if left <= 0 {
                break;
            }
        }
        Ok(())
    }

    fn take_numbers(&mut self, account: i64, series: &str, n: u64) -> Outcome<i64> {
        // In the transaction that uses them: what is rolled back was never seen.
        numbers::take(self, account, series, n)
    }

    fn shard(&self) -> i64 {
        0
    }

    fn batch_items(&self) -> usize {
        BATCH_ITEMS
    }

    fn should_yield(&mut self) -> bool {
        self.budget.as_ref().is_some_and(|budget| {
            // Whoever reads for a client meanwhile may be waiting for this processor.
            std::thread::yield_now();
            let used = budget.watch.elapsed();
            used > budget.at_most
                || (used > budget.at_least && (budget.client_in_turn || budget.queue.client_waits()))
        })
    }
}
