//! What the repositories ask of a connection.
//!
//! One SQL text serves every database: parameters are `?1`, `?2` …, values are bound, never spliced. A
//! statement is prepared once a connection and kept.

use crate::fault::{Fault, Outcome};

/// A value to bind. Borrows, so binding allocates nothing.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// SQL null.
    Null,
    /// An integer.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(n: Option<i64>) -> Self {
        n.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

/// A row while it is being looked at. Columns count from 0.
pub trait Row {
    /// An integer; null is a defect.
    fn int(&self, column: usize) -> Outcome<i64>;
    /// An integer or null.
    fn opt_int(&self, column: usize) -> Outcome<Option<i64>>;
    /// A text; null is a defect.
    fn text(&self, column: usize) -> Outcome<&str>;
    /// A text or null.
    fn opt_text(&self, column: usize) -> Outcome<Option<&str>>;
    /// Bytes; null is a defect.
    fn blob(&self, column: usize) -> Outcome<&[u8]>;
    /// Bytes or null.
    fn opt_blob(&self, column: usize) -> Outcome<Option<&[u8]>>;
}

/// Whether to look at the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Yes.
    More,
    /// No: the rest is not wanted.
    Enough,
}

/// A connection inside a transaction.
pub trait Conn {
    /// Runs a query and shows its rows, in order, to `each` until it has enough.
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<()>;

    /// Runs a statement; how many rows it changed.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<u64>;

    /// Runs a statement once for each row of values, in order, and tells `each` how many rows it changed.
    fn execute_rows<'v, const N: usize>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = [Value<'v>; N]>,
        each: impl FnMut(u64),
    ) -> Outcome<()>;

    /// Runs a query of at most one row once for each row of values, in order, and shows what it found.
    fn look_up<'v, const N: usize>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = [Value<'v>; N]>,
        each: impl FnMut(Option<&dyn Row>) -> Outcome<()>,
    ) -> Outcome<()>;

    /// Whether a chunk should end; see the port.
    fn should_yield(&mut self) -> bool;

    /// The first row of a query.
    fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Outcome<T>,
    ) -> Outcome<Option<T>> {
        let mut found = None;
        self.query(sql, values, |row| {
            found = Some(read(row)?);
            Ok(Flow::Enough)
        })?;
        Ok(found)
    }

    /// All rows of a query.
    fn all<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Outcome<T>,
    ) -> Outcome<Vec<T>> {
        let mut found = Vec::new();
        self.query(sql, values, |row| {
            found.push(read(row)?);
            Ok(Flow::More)
        })?;
        Ok(found)
    }

    /// The one number that a query answers with.
    fn number(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<i64> {
        self.first(sql, values, |row| row.int(0))?
            .ok_or_else(|| Fault::Defect("a query that always answers gave no row".to_owned()))
    }
}
