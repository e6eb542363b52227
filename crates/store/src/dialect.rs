//! Every difference between the databases, by name.

use std::borrow::Cow;

use crate::conn::Value;

/// How a database wants statements written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite: the repositories' own spelling.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// A query that locks the rows it reads until the end of the transaction. SQLite has one writer at a time,
    /// so there is nothing to lock.
    pub fn locking(self, query: &str) -> Cow<'_, str> {
        match self {
            Self::Sqlite => Cow::Borrowed(query),
            Self::Postgres => Cow::Owned(format!("{query} for update")),
        }
    }

    /// A query that locks the rows it reads, and passes over those that another transaction has locked.
    pub fn locking_free(self, query: &str) -> Cow<'_, str> {
        match self {
            Self::Sqlite => Cow::Borrowed(query),
            Self::Postgres => Cow::Owned(format!("{query} for update skip locked")),
        }
    }
}

/// A statement in PostgreSQL's spelling: `?3` becomes `$3`.
pub fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

/// A statement in PostgreSQL's spelling that takes many rows at once. The first parameters are `common`; behind
/// them comes one array a column of the rows, of these `types`.
///
/// An insert's `values (…)` becomes a `select` from the arrays, in their order; the rows of an update and of a delete are
/// joined; a query runs once for each, and answers with the row's number (from 1) before its own columns, which are null
/// where it found nothing.
pub fn for_rows(sql: &str, common: &[Value<'_>], types: &[&str]) -> String {
    let first = common.len() + 1;
    let arrays: Vec<String> = (first..).zip(types).map(|(at, of)| format!("${at}::{of}[]")).collect();
    let columns: Vec<String> = (first..).zip(types).map(|(at, _)| format!("c{at}")).collect();
    let (arrays, columns) = (arrays.join(", "), columns.join(", "));
    let from = format!("unnest({arrays}) with ordinality r({columns}, n)");
    let sql = parameters(sql, common);
    if sql.starts_with("insert") {
        let (head, rest) = sql.split_once(" values (").unwrap_or((&sql, ""));
        let (values, tail) = rest.split_at(closing(rest));
        let tail = tail.strip_prefix(')').unwrap_or(tail);
        return format!("{head} select {values} from {from} order by r.n{tail}");
    }
    if sql.starts_with("update") {
        return sql.replacen(" where ", &format!(" from {from} where "), 1);
    }
    if sql.starts_with("delete") {
        return sql.replacen(" where ", &format!(" using {from} where "), 1);
    }
    format!("select r.n, t.* from {from} left join lateral ({sql}) t on true order by r.n")
}

/// A query of a block's `data` as one of a stretch of it: behind the block's number, which is the parameter after
/// `common` others, stand the number of its first byte (from 1) and its length.
pub fn stretch(sql: &str, common: usize) -> String {
    let (start, length) = (common + 2, common + 3);
    sql.replacen("select data ", &format!("select substr(data, ?{start}::int, ?{length}::int) "), 1)
}

/// A query in PostgreSQL's spelling that runs for each integer of an array. Its `?1` is the account, `?2` how many
/// rows are wanted in all, `?3` the integer.
pub fn gathering(sql: &str) -> String {
    let sql = sql.replace("?1", "$1::bigint").replace("?2", "$2::bigint").replace("?3", "r.key");
    format!("select t.* from unnest($3::bigint[]) r(key) cross join lateral ({sql}) t limit $2::bigint")
}

/// Where the parenthesis closes that is open at the start of a text.
fn closing(text: &str) -> usize {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    text.len()
}

/// Writes the common parameters as `$1::type` and the others as columns of the rows.
fn parameters(sql: &str, common: &[Value<'_>]) -> String {
    let mut written = String::with_capacity(sql.len() + 32);
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('?') {
        written.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number = &after[..digits];
        match number.parse::<usize>().ok().and_then(|at| common.get(at.wrapping_sub(1))) {
            Some(value) => written.extend(["$", number, cast(value)]),
            None => written.extend(["r.c", number]),
        }
        rest = &after[digits..];
    }
    written.push_str(rest);
    written
}

fn cast(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "",
        Value::Int(_) => "::bigint",
        Value::Text(_) => "::text",
        Value::Blob(_) => "::bytea",
    }
}

#[cfg(test)]
mod tests;
