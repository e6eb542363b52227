//! The repositories' connection on PostgreSQL.

use std::cmp::Ordering;
use std::time::Duration;

use sha2::{Digest, Sha256};
use throng_directory::model::jobs::Stretch;
use tokio_postgres::types::Type;

use super::link::Link;
use super::merge;
use super::numbers::Numbers;
use super::value::{Column, Param, PgRow, column_kind, kind};
use crate::conn::{Conn, Flow, Lock, Row, Scope, Value, missing};
use crate::dialect::{self, Dialect};
use crate::driver::stopwatch::Stopwatch;
use crate::fault::{Fault, Outcome};
use crate::merge::Walk;

/// The longest that a chunk works before it commits: long enough that its commit costs little, short enough
/// that what waits for its locks is not kept long.
const CHUNK_MAX: Duration = Duration::from_millis(100);
/// Items that one statement takes best: a round trip is small beside them.
const BATCH_ITEMS: usize = 5_000;
/// Rows that one statement takes at most.
const ROWS_MAX: usize = 10_000;
/// Bytes of rows that one statement takes at most, but for a single row.
const ROW_BYTES_MAX: usize = 8 << 20;
/// Rows of a counter over which the connections are spread.
const SHARDS: i64 = 64;

/// A connection inside a transaction.
pub struct PgConn<'a> {
    /// The connection.
    pub link: &'a mut Link,
    /// Where numbers come from.
    pub numbers: &'a Numbers,
    /// Since the chunk began, for chunks.
    pub chunk: Option<Stopwatch>,
}

impl PgConn<'_> {
    /// Runs a statement with values.
    fn run(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<u64> {
        let params: Vec<Param<'_>> = values.iter().copied().map(Param::One).collect();
        self.link.run(sql, &params, |row| each(&PgRow::from(&row, 0)))
    }

    /// Runs a statement once for many rows of values, which lie one behind the other, `width` each.
    fn run_rows(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        (rows, width): (&[Value<'_>], usize),
        mut each: impl FnMut(&tokio_postgres::Row) -> Outcome<()>,
    ) -> Outcome<()> {
        let kinds = self.kinds(sql, common.len(), (rows, width))?;
        let names: Vec<&str> = kinds.iter().map(name).collect();
        let text = dialect::for_rows(sql, common, &names);
        let columns =
            kinds.into_iter().enumerate().map(|(at, of)| Param::Column(Column { rows, width, at, of }));
        let params: Vec<Param<'_>> = common.iter().copied().map(Param::One).chain(columns).collect();
        self.link.run(&text, &params, |row| each(&row).map(|()| Flow::More))?;
        Ok(())
    }

    /// The types of the columns of rows. A column of nulls has the type that the statement wants there.
    fn kinds(
        &mut self,
        sql: &str,
        common: usize,
        (rows, width): (&[Value<'_>], usize),
    ) -> Outcome<Vec<Type>> {
        let found: Vec<Option<Type>> =
            (0..width).map(|at| rows.iter().skip(at).step_by(width).find_map(kind)).collect();
        if found.iter().all(Option::is_some) {
            return Ok(found.into_iter().flatten().collect());
        }
        let wanted = self.link.parameter_types(sql)?;
        let wanted = |at: usize| wanted.get(common + at).map_or(Type::TEXT, column_kind);
        Ok(found.into_iter().enumerate().map(|(at, found)| found.unwrap_or_else(|| wanted(at))).collect())
    }
}

/// The type's name in a statement.
pub fn name(kind: &Type) -> &'static str {
    match *kind {
        Type::INT8 => "bigint",
        Type::BYTEA => "bytea",
        _ => "text",
    }
}

/// Gathers rows of values and gives them away in pieces that one statement can take.
pub fn in_pieces<'v, const N: usize>(
    rows: impl Iterator<Item = [Value<'v>; N]>,
    mut piece: impl FnMut(&[Value<'v>]) -> Outcome<()>,
) -> Outcome<()> {
    let mut gathered = Vec::new();
    let mut bytes = 0;
    for row in rows {
        gathered.extend_from_slice(&row);
        bytes += row.iter().map(size).sum::<usize>();
        if gathered.len() >= ROWS_MAX * N || bytes >= ROW_BYTES_MAX {
            piece(&gathered)?;
            gathered.clear();
            bytes = 0;
        }
    }
    if gathered.is_empty() { Ok(()) } else { piece(&gathered) }
}

const fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Null => 4,
        Value::Int(_) => 12,
        Value::Text(text) => 4 + text.len(),
        Value::Blob(bytes) => 4 + bytes.len(),
    }
}

/// The number under which the database knows a lock.
fn lock_key(lock: &Lock<'_>) -> i64 {
    let mut hash = Sha256::new();
    match lock {
        Lock::Account { account, .. } => {
            hash.update(b"account");
            hash.update(account.to_be_bytes());
        }
        Lock::Name(parts) => {
            hash.update(b"name");
            for part in *parts {
                hash.update(part.len().to_be_bytes());
                hash.update(part);
            }
        }
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

impl Conn for PgConn<'_> {
    const DIALECT: Dialect = Dialect::Postgres;

    fn enter(&mut self, scope: Scope) {
        self.link.enter(scope);
    }

    fn lock(&mut self, lock: Lock<'_>) -> Outcome<()> {
        let sql = match lock {
            Lock::Account { shared: true, .. } => "select pg_advisory_xact_lock_shared(?1)",
            _ => "select pg_advisory_xact_lock(?1)",
        };
        self.execute(sql, &[Value::Int(lock_key(&lock))]).map(drop)
    }

    fn mark(&mut self) -> Outcome<()> {
        self.execute("savepoint attempt", &[]).map(drop)
    }

    fn unmark(&mut self, undo: bool) -> Outcome<()> {
        if undo {
            self.link.recover()?;
            self.execute("rollback to savepoint attempt", &[])?;
            self.link.recovered();
        }
        self.execute("release savepoint attempt", &[]).map(drop)
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: impl FnMut(&dyn Row) -> Outcome<Flow>,
    ) -> Outcome<()> {
        self.run(sql, values, each).map(drop)
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Outcome<u64> {
        self.run(sql, values, |_| Ok(Flow::More))
    }

    fn for_rows<'v, const N: usize>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
        mut each: impl FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        in_pieces(rows, |rows| self.run_rows(sql, common, (rows, N), |row| each(&PgRow::from(row, 0))))
    }

    fn insert_new<'v, const N: usize>(
        &mut self,
        sql: &str,
        key: &str,
        common: &[Value<'_>],
        rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Outcome<Vec<bool>> {
        let sql = format!("{sql} returning {key}");
        let mut new = Vec::new();
        in_pieces(rows, |rows| {
            let mut keys = Vec::with_capacity(rows.len() / N);
            self.run_rows(&sql, common, (rows, N), |row| {
                keys.push(PgRow::from(row, 0).int(0)?);
                Ok(())
            })?;
            keys.sort_unstable();
            let is_new = |row: &[Value<'v>]| match row.first() {
                Some(Value::Int(key)) => keys.binary_search(key).is_ok(),
                _ => false,
            };
            new.extend(rows.chunks(N).map(is_new));
            Ok(())
        })?;
        Ok(new)
    }

    fn look_up<'v>(
        &mut self,
        sql: &str,
        common: &[Value<'_>],
        keys: impl Iterator<Item = Value<'v>>,
        mut each: impl FnMut(Option<&dyn Row>) -> Outcome<()>,
    ) -> Outcome<()> {
        in_pieces(keys.map(|key| [key]), |keys| {
            let mut answered = 0;
            self.run_rows(sql, common, (keys, 1), |row| {
                answered += 1;
                // The key's number comes first; what the query finds is never null in its first column.
                let found = PgRow::from(row, 1);
                if found.is_null(0) { each(None) } else { each(Some(&found)) }
            })?;
            if answered == keys.len() {
                return Ok(());
            }
            Err(Fault::Defect(format!("{answered} rows answered a look-up of {} keys", keys.len())))
        })
    }

    /// What is stored aside and not compressed, the server reads no more of than it has to.
    fn stretches(&mut self, sql: &str, common: &[Value<'_>], stretches: &[Stretch]) -> Outcome<Vec<Vec<u8>>> {
        let sql = dialect::stretch(sql, common.len());
        let rows = stretches.iter().map(|stretch| {
            // The first byte of a block is number 1 there.
            [i64::from(stretch.block), i64::from(stretch.start) + 1, i64::from(stretch.length)]
                .map(Value::Int)
        });
        let mut read = Vec::with_capacity(stretches.len());
        in_pieces(rows, |rows| {
            self.run_rows(&sql, common, (rows, 3), |row| {
                let row = PgRow::from(row, 1);
                if row.is_null(0) {
                    return Err(missing(stretches[read.len()]));
                }
                read.push(row.blob(0)?.to_vec());
                Ok(())
            })
        })?;
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
        let text = dialect::gathering(sql);
        let mut left = limit;
        in_pieces(keys.map(|key| [Value::Int(key)]), |keys| {
            let params = [
                Param::One(Value::Int(account)),
                Param::One(Value::Int(left)),
                Param::Column(Column { rows: keys, width: 1, at: 0, of: Type::INT8 }),
            ];
            self.link.run(&text, &params, |row| {
                left -= 1;
                each(&PgRow::from(&row, 0)).map(|()| Flow::More)
            })?;
            Ok(())
        })
    }

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
        merge::walk(self.link, walk, hit)
    }

    fn take_numbers(&mut self, account: i64, series: &str, n: u64) -> Outcome<i64> {
        self.numbers.take(account, series, n)
    }

    fn shard(&self) -> i64 {
        self.link.process.rem_euclid(SHARDS)
    }

    fn batch_items(&self) -> usize {
        BATCH_ITEMS
    }

    fn should_yield(&mut self) -> bool {
        self.chunk.is_some_and(|watch| watch.elapsed() > CHUNK_MAX)
    }
}

#[cfg(test)]
mod tests;
