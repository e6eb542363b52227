//! Finding a sorted list of keys in an index that is at the other end of a wire.
//!
//! Where keys lie close together in the index, a stretch of it is read and compared here; where they lie far
//! apart, the server looks each of them up. Which of the two pays is seen from the last stretch.

use std::cmp::Ordering;

use tokio_postgres::Row as PgDataRow;

use super::conn::{in_pieces, name};
use super::link::Link;
use super::value::{Column, Param, PgRow, kind};
use crate::conn::{Flow, Row, Value};
use crate::fault::Outcome;
use crate::merge::Walk;

/// Keys that are looked up at once, since a stretch would not pay.
const FEW: usize = 64;
/// Rows of a stretch at most.
const STRETCH_MAX: usize = 20_000;
/// Rows of a stretch for each key that is left.
const ROWS_PER_KEY: usize = 2;
/// A stretch pays while at least one of this many rows is hit: a look-up costs about as much as this many rows.
const ROWS_PER_HIT: usize = 4;

/// Calls `hit` with the key's index for every row whose key is among the keys, in order of the keys.
pub fn walk<'a, K, C>(
    link: &mut Link,
    walk: &Walk<'a, K, C>,
    mut hit: impl FnMut(usize, &dyn Row) -> Outcome<()>,
) -> Outcome<()>
where
    K: Fn(usize) -> Value<'a>,
    C: Fn(usize, &dyn Row) -> Outcome<Ordering>,
{
    let mut at = 0;
    let mut least = FEW;
    while walk.keys - at > FEW {
        let max = (ROWS_PER_KEY * (walk.keys - at)).clamp(least, STRETCH_MAX.max(least));
        let mut stretch = Stretch { walk, at, held: Vec::new(), seen: 0, hits: 0 };
        stretch.read(link, max, &mut hit)?;
        if stretch.seen < max {
            return stretch.give(&mut hit);
        }
        // More rows may follow with the last row's key, so that key comes again.
        least = if stretch.held.len() == max { max * 2 } else { FEW };
        let (hits, next) = (stretch.hits, stretch.at);
        if hits * ROWS_PER_HIT < max && least == FEW {
            return look_up(link, walk, next, &mut hit);
        }
        at = next;
    }
    look_up(link, walk, at, &mut hit)
}

/// A piece of the index that is compared with the keys.
struct Stretch<'w, 'a, K, C> {
    walk: &'w Walk<'a, K, C>,
    /// The key that the next row is compared with first.
    at: usize,
    /// The rows of this key: they are given when no further one can come.
    held: Vec<PgDataRow>,
    seen: usize,
    hits: usize,
}

impl<'a, K, C> Stretch<'_, 'a, K, C>
where
    K: Fn(usize) -> Value<'a>,
    C: Fn(usize, &dyn Row) -> Outcome<Ordering>,
{
    fn read(
        &mut self,
        link: &mut Link,
        max: usize,
        hit: &mut impl FnMut(usize, &dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        let (walk, limit) = (self.walk, i64::try_from(max).unwrap_or(i64::MAX));
        let used = if walk.group.is_some() { 4 } else { 3 };
        let sql = format!("{} limit ?{}", walk.sql, used + 1);
        let values =
            [Value::Int(walk.account), (walk.key)(self.at), (walk.key)(walk.keys - 1), walk.group.into()];
        let mut params: Vec<Param<'_>> = values.into_iter().take(used).map(Param::One).collect();
        params.push(Param::One(Value::Int(limit)));
        link.run(&sql, &params, |row| self.meet(row, hit))?;
        Ok(())
    }

    fn meet(
        &mut self,
        row: PgDataRow,
        hit: &mut impl FnMut(usize, &dyn Row) -> Outcome<()>,
    ) -> Outcome<Flow> {
        self.seen += 1;
        while self.at < self.walk.keys {
            match (self.walk.compare)(self.at, &PgRow::from(&row, 0))? {
                Ordering::Less => {
                    self.give(hit)?;
                    self.at += 1;
                }
                Ordering::Equal => {
                    self.hits += 1;
                    self.held.push(row);
                    break;
                }
                Ordering::Greater => break,
            }
        }
        Ok(Flow::More)
    }

    /// Gives the rows of the current key.
    fn give(&mut self, hit: &mut impl FnMut(usize, &dyn Row) -> Outcome<()>) -> Outcome<()> {
        self.held.drain(..).try_for_each(|row| hit(self.at, &PgRow::from(&row, 0)))
    }
}

/// Lets the server look up the keys from `first` on, one by one.
fn look_up<'a, K, C>(
    link: &mut Link,
    walk: &Walk<'a, K, C>,
    first: usize,
    hit: &mut impl FnMut(usize, &dyn Row) -> Outcome<()>,
) -> Outcome<()>
where
    K: Fn(usize) -> Value<'a>,
{
    let mut done = first;
    in_pieces((first..walk.keys).map(|at| [(walk.key)(at)]), |keys| {
        let Some(of) = keys.first().and_then(kind) else { return Ok(()) };
        let sql = one_by_one(walk.sql, name(&of));
        let mut params = vec![
            Param::One(Value::Int(walk.account)),
            Param::Column(Column { rows: keys, width: 1, at: 0, of }),
        ];
        params.extend(walk.group.map(|group| Param::One(Value::Int(group))));
        link.run(&sql, &params, |row| {
            let number = usize::try_from(PgRow::from(&row, 0).int(0)?).unwrap_or(0);
            // Numbers begin at 1.
            hit(done + number - 1, &PgRow::from(&row, 1)).map(|()| Flow::More)
        })?;
        done += keys.len();
        Ok(())
    })
}

/// A range query as a query for each of many keys, each a range of one key: `?1` is the account, `?2` the keys,
/// `?3` the group if there is one.
fn one_by_one(sql: &str, of: &str) -> String {
    let mut pieces = sql.split('?');
    let mut written = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_at_checked(1).unwrap_or((piece, ""));
        written.push_str(match number {
            "1" => "?1::bigint",
            "4" => "?3::bigint",
            _ => "r.key",
        });
        written.push_str(rest);
    }
    format!(
        "select r.n, t.* from unnest(?2::{of}[]) with ordinality r(key, n) cross join lateral ({written}) t \
         order by r.n"
    )
}

#[cfg(test)]
mod tests;
