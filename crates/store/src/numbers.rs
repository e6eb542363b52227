//! Numbers that are given once.

use crate::conn::Conn;
use crate::fault::{Outcome, stored};

/// Takes `n` numbers (≥ 1) of a series and returns the first. A series begins at 1. The mark behind the last
/// is written in the same transaction that uses the numbers, so a number that was seen is never given again.
pub fn take<C: Conn>(conn: &mut C, account: i64, series: &str, n: u64) -> Outcome<i64> {
    // The primary key of numbers.
    let sql = "insert into numbers (account_id, series, next) values (?1, ?2, ?3 + 1) \
               on conflict (account_id, series) do update set next = numbers.next + ?3 \
               returning next - ?3";
    conn.number(sql, &[account.into(), series.into(), stored(n)?.into()])
}
