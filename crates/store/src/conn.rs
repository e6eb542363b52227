//! What the repositories ask of a connection.
//!
//! One SQL text serves every database: parameters are `?1`, `?2` …, values are bound, never spliced. A
//! statement is prepared once a connection and kept.

use std::cmp::Ordering;

use throng_directory::limits::PAGE_BYTES_MAX;
use throng_directory::model::jobs::Stretch;

use crate::dialect::Dialect;
use crate::fault::{Fault, Outcome};
use crate::merge::{self, Walk};

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

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Null, Self::Blob)
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

/// Whose rows a transaction may touch from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One account's.
    Account(i64),
    /// Of all accounts what the engine needs to find its work: jobs, chunks and idempotency records.
    Everywhere,
}

/// What is locked that is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock<'a> {
    /// An account, alone or with others who share it.
    Account {
        /// The account.
        account: i64,
        /// Whether others may share it.
        shared: bool,
    },
    /// A name that there may be no row for yet: its parts.
    Name(&'a [&'a str]),
}

/// A connection inside a transaction.
pub trait Conn {
    /// How its database wants statements written.
    const DIALECT: Dialect;

    /// Says whose rows come next. A database that enforces it refuses others'.
    fn enter(&mut self, scope: Scope);

    /// Takes a lock that ends with the transaction.
    fn lock(&mut self, lock: Lock<'_>) -> Outcome<()>;

    /// Marks a place in the transaction; one at a time.
    fn mark(&mut self) -> Outcome<()>;

    /// Forgets the mark. `undo`: and everything since it, also what failed.
    fn unmark(&mut self, undo: bool) -> Outcome<()>;

    /// Runs a query and shows its rows, in order, to `each` until it has enough.
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<()>;

    /// Runs a statement; how many rows it changed.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<u64>;

    /// Runs a statement that inserts (`insert into … values (…) …`), changes (`update … set … where …`) or deletes
    /// (`delete from … where …`) for each row of values, in order, and shows what it returns, in any order. `common` are the statement's
    /// first parameters and the same for all rows; each row has the next `N`. A column of the rows holds
    /// values of one type, or nulls.
    fn for_rows<'v, const N: usize>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
        each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()>;

    /// Inserts rows (`insert into … values (…) on conflict … do nothing`) like [`Conn::for_rows`], and says of each
    /// whether it was new. The first value of a row is the integer in the column `key`.
    fn insert_new<'v, const N: usize>(
        &mut self,
        sql: &str,
        key: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Outcome<Vec<bool>>;

    /// Runs a query of at most one row for each of the keys, in order, and shows what it found. `?1` is the
    /// first of `common`, the key comes behind them. The first column that it selects is never null.
    fn look_up<'v>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        keys: impl Iterator<Item = Value<'v>>,
        each: impl FnMut(Option<&dyn Row>) -> Outcome<()>,
    ) -> Outcome<()>;

    /// Stretches of stored blocks, in order, cut off where a block ends; a block that is not there is a defect. `sql` selects
    /// `data` of one block by its number, which is its parameter behind those of `common`, and nothing else.
    fn stretches(&mut self, sql: &str, common: &[Value<'_>], stretches: &[Stretch]) -> Outcome<Vec<Vec<u8>>>;

    /// Runs a query for each of these integers, in order, and shows its rows, at most `limit` (≥ 0) in all. In
    /// the query `?1` is the account, `?2` the limit, which it applies to its own rows, and `?3` the integer.
    fn gather(
        &mut self,
        sql: &str,
        account: i64,
        limit: i64,
        keys: impl Iterator<Item = i64>,
        each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()>;

    /// Calls `hit` with the key's index for every row whose key is among sorted keys, in order; see
    /// [`merge`].
    fn find_keys<'a, K, C>(
        &mut self,
        walk: &Walk<'a, K, C>,
        hit: impl FnMut(usize, &dyn Row) -> Outcome<()>,
    ) -> Outcome<()>
    where
        Self: Sized,
        K: Fn(usize) -> Value<'a>,
        C: Fn(usize, &dyn Row) -> Outcome<Ordering>,
    {
        merge::walk(self, walk, hit)
    }

    /// Takes `n` numbers (≥ 1) of an account's series and returns the first. A number that was seen is never
    /// given again, whatever becomes of the transaction that took it.
    fn take_numbers(&mut self, account: i64, series: &str, n: u64) -> Outcome<i64>;

    /// Which of a counter's rows this connection keeps, so that writers do not wait for each other.
    fn shard(&self) -> i64;

    /// How many items one statement takes best.
    fn batch_items(&self) -> usize;

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

    /// The rows of a query up to the one with which they come to `PAGE_BYTES_MAX` bytes; `bytes` says how many a row has.
    fn some<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Outcome<T>,
        bytes: impl Fn(&T) -> usize,
    ) -> Outcome<Vec<T>> {
        let (mut found, mut held) = (Vec::new(), 0);
        self.query(sql, values, |row| {
            let one = read(row)?;
            held += bytes(&one);
            found.push(one);
            Ok(if held < PAGE_BYTES_MAX { Flow::More } else { Flow::Enough })
        })?;
        Ok(found)
    }

    /// The one number that a query answers with.
    fn number(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<i64> {
        self.first(sql, values, |row| row.int(0))?
            .ok_or_else(|| Fault::Defect("a query that always answers gave no row".to_owned()))
    }
}

/// That there is no block of which a stretch is wanted.
pub fn missing(stretch: Stretch) -> Fault {
    Fault::Defect(format!("block {} is missing", stretch.block))
}
