//! Finding a sorted list of keys in an index.

use std::cmp::Ordering;

use throng_directory::ids::{AccountId, UserKey};

use crate::conn::{Conn, Flow, Row, Value};
use crate::fault::Outcome;

/// Index rows to pass by, at most, before the index is entered anew at the next key: entering costs about as
/// much as passing ten to twenty rows.
const PATIENCE_MAX: u32 = 32;

/// Which index, and what is asked of it.
pub struct Walk<'a, K, C> {
    /// A query over one index: `?1` is the account, `?2` the first key, `?3` the last, both included, `?4` the
    /// group if there is one; rows by rising key.
    pub sql: &'a str,
    /// The account.
    pub account: i64,
    /// The group, where the query has a `?4`.
    pub group: Option<i64>,
    /// How many keys there are.
    pub keys: usize,
    /// The key with this index, which rises with the index.
    pub key: K,
    /// How a key stands to a row's.
    pub compare: C,
}

/// Calls `hit` with the key's index for every row whose key is among the keys, in order.
///
/// Walks the index beside the keys. Where rows that nobody asked for lie between two keys, it passes a few of
/// them by and then enters the index anew; how many depends on whether that paid lately. So keys that lie
/// close together cost one range scan, and keys far apart one look-up each.
pub fn walk<'a, D, K, C>(
    conn: &mut D,
    walk: &Walk<'a, K, C>,
    mut hit: impl FnMut(usize, &dyn Row) -> Outcome<()>,
) -> Outcome<()>
where
    D: Conn,
    K: Fn(usize) -> Value<'a>,
    C: Fn(usize, &dyn Row) -> Outcome<Ordering>,
{
    let mut at = 0;
    let mut patience = 4;
    let mut values = [Value::Int(walk.account), Value::Null, Value::Null, walk.group.into()];
    let used = if walk.group.is_some() { 4 } else { 3 };
    while at < walk.keys {
        let mut passed = 0;
        let mut exhausted = true;
        values[1] = (walk.key)(at);
        values[2] = (walk.key)(walk.keys - 1);
        conn.query(walk.sql, &values[..used], |row| {
            loop {
                if at == walk.keys {
                    return Ok(Flow::Enough);
                }
                match (walk.compare)(at, row)? {
                    Ordering::Less => at += 1,
                    Ordering::Equal => {
                        if passed > 0 {
                            patience = (patience * 2).min(PATIENCE_MAX);
                            passed = 0;
                        }
                        hit(at, row)?;
                        return Ok(Flow::More);
                    }
                    Ordering::Greater => {
                        passed += 1;
                        if passed <= patience {
                            return Ok(Flow::More);
                        }
                        patience = (patience / 2).max(1);
                        exhausted = false;
                        return Ok(Flow::Enough);
                    }
                }
            }
        })?;
        if exhausted {
            return Ok(());
        }
    }
    Ok(())
}

/// What the rows about each of these users say, given by rising key. `sql` is one of [`Walk::sql`] whose rows begin with
/// the user's key; `take` reads one row, and may leave it out.
pub fn of_users<C: Conn, T: Clone + Default>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    users: &[UserKey],
    take: impl Fn(&mut T, &dyn Row) -> Outcome<()>,
) -> Outcome<Vec<T>> {
    let plan = Walk {
        sql,
        account: account.0,
        group: None,
        keys: users.len(),
        key: |at: usize| Value::Int(users[at].0),
        compare: |at: usize, row: &dyn Row| Ok(users[at].0.cmp(&row.int(0)?)),
    };
    let mut found = vec![T::default(); users.len()];
    conn.find_keys(&plan, |at, row| take(&mut found[at], row))?;
    Ok(found)
}
