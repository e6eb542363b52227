//! Many rows in one statement, and sorted keys against an index.

use std::cmp::Ordering;

use super::{connector, fresh, run};
use crate::conn::{Conn, Row, Scope, Value};
use crate::driver::postgres::conn::PgConn;
use crate::driver::postgres::connect::Connector;
use crate::driver::postgres::link::{Committed, Kind, Link};
use crate::driver::postgres::numbers::Numbers;
use crate::fault::{Fault, Outcome};
use crate::merge::Walk;

const TABLE: &str = "create table throng.things (account_id bigint, k bigint, t text collate \"C\", b bytea, \
                     n bigint, unique (account_id, k, n)); \
                     create index things_text on throng.things (account_id, t); \
                     grant all on throng.things to throng_app";

/// A transaction on a table for tests.
fn on_things<T>(work: impl FnOnce(&mut PgConn<'_>) -> Outcome<T>) -> Outcome<T> {
    let (database, _) = fresh();
    run(database.admin_url(), TABLE);
    let connector = std::sync::Arc::new(connector(database.url()));
    let numbers = Numbers::new(std::sync::Arc::clone(&connector));
    let mut link = Connector::connect(&connector).unwrap();
    link.begin(Kind::Write);
    let result = work(&mut PgConn { link: &mut link, numbers: &numbers, chunk: None });
    if result.is_ok() {
        commit(&mut link);
    }
    result
}

fn commit(link: &mut Link) {
    assert!(matches!(link.commit(), Committed::Done));
}

const INSERT: &str = "insert into things (account_id, k, t, b, n) values (?1, ?2, ?3, ?4, ?5) \
                      on conflict (account_id, k, n) do nothing returning k";

#[test]
fn rows_go_in_with_all_their_nulls() {
    on_things(|conn| {
        conn.enter(Scope::Account(1));
        let mut given = Vec::new();
        let rows = (0..12_345_i64).map(|k| [Value::Int(k), Value::Null, Value::Null, Value::Int(k % 2)]);
        conn.for_rows(INSERT, &[Value::Int(1)], rows, |row| {
            given.push(row.int(0)?);
            Ok(())
        })?;
        given.sort_unstable();
        assert_eq!(given, (0..12_345).collect::<Vec<_>>());

        let rows = [
            [Value::Int(0), Value::Text("a"), Value::Null, Value::Int(0)],
            [Value::Int(9), Value::Null, Value::Blob(b"b"), Value::Null],
        ];
        let mut given = Vec::new();
        conn.for_rows(INSERT, &[Value::Int(1)], rows.into_iter(), |row| {
            given.push(row.int(0)?);
            Ok(())
        })?;
        assert_eq!(given, [9], "the other exists");
        let nulls = "select count(*) from things where account_id = ?1 and t is null and b is null";
        assert_eq!(conn.number(nulls, &[Value::Int(1)])?, 12_345);

        let delete = "delete from things where account_id = ?1 and k = ?2";
        conn.for_rows(delete, &[Value::Int(1)], (0..12_000).map(|k| [Value::Int(k)]), |_| Ok(()))?;
        assert_eq!(conn.number("select count(*) from things where account_id = ?1", &[Value::Int(1)])?, 345);
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_key_that_is_looked_up_is_answered_in_order() {
    on_things(|conn| {
        let rows = (0..100_i64).map(|k| [Value::Int(k * 2), Value::Text("x"), Value::Null, Value::Int(k)]);
        conn.for_rows(INSERT, &[Value::Int(1)], rows, |_| Ok(()))?;
        let mut found = Vec::new();
        let keys = [8, 3, 8, 198, 200].into_iter().map(Value::Int);
        conn.look_up(
            "select n from things where account_id = ?1 and k = ?2",
            &[Value::Int(1)],
            keys,
            |row| {
                found.push(row.map(|row| row.int(0)).transpose()?);
                Ok(())
            },
        )?;
        assert_eq!(found, [Some(4), None, Some(4), Some(99), None]);
        Ok(())
    })
    .unwrap();
}

/// The hits of a walk: each key's index with the row's `n`.
fn walk<'a>(
    conn: &mut PgConn<'_>,
    sql: &'a str,
    keys: usize,
    key: impl Fn(usize) -> Value<'a>,
    compare: impl Fn(usize, &dyn Row) -> Outcome<Ordering>,
) -> Outcome<Vec<(usize, i64)>> {
    let mut hits = Vec::new();
    let plan = Walk { sql, account: 1, group: None, keys, key, compare };
    conn.find_keys(&plan, |at, row| {
        hits.push((at, row.int(0)?));
        Ok(())
    })?;
    Ok(hits)
}

const BY_K: &str = "select n, k from things where account_id = ?1 and k >= ?2 and k <= ?3 order by k";

#[test]
fn sorted_keys_are_found_however_they_lie() {
    on_things(|conn| {
        // Rows 0, 3, 6, …; every hundredth key has three of them.
        let rows =
            (0..30_000_i64).flat_map(|k| (0..if k % 100 == 0 { 3 } else { 1 }).map(move |n| (k * 3, n)));
        let rows: Vec<(i64, i64)> = rows.collect();
        let inserted = rows.iter().map(|(k, n)| [Value::Int(*k), Value::Null, Value::Null, Value::Int(*n)]);
        conn.for_rows(INSERT, &[Value::Int(1)], inserted, |_| Ok(()))?;
        let all: Vec<i64> = (-500..90_500).collect();
        let close: Vec<i64> = (-300..60_000).map(|k| k * 3).collect();
        let far: Vec<i64> = (0..900).map(|k| k * 100).collect();
        let mixed: Vec<i64> = (0..2_000).chain((20..90).map(|k| k * 1_000)).chain(89_000..90_000).collect();
        let few = vec![0, 1, 300, 89_997, 90_000];
        let none: Vec<i64> = Vec::new();
        for keys in [all, close, far, mixed, few, none] {
            let hits = walk(
                conn,
                BY_K,
                keys.len(),
                |at| Value::Int(keys[at]),
                |at, row| Ok(keys[at].cmp(&row.int(1)?)),
            )?;
            let expected: Vec<(usize, i64)> =
                rows.iter().filter_map(|(k, n)| keys.binary_search(k).ok().map(|at| (at, *n))).collect();
            let (mut hits, mut expected) = (hits, expected);
            assert!(hits.is_sorted_by_key(|hit| hit.0), "in order of the keys");
            hits.sort_unstable();
            expected.sort_unstable();
            assert!(hits == expected, "{} hits of {} for {} keys", hits.len(), expected.len(), keys.len());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_key_with_more_rows_than_a_stretch_is_found_whole() {
    on_things(|conn| {
        let shared = (0..25_000_i64).map(|n| (Value::Text("k050"), n));
        let names: Vec<String> = (0..100).map(|n| format!("k{n:03}")).collect();
        let single = names.iter().map(|name| (Value::Text(name), 0));
        let rows = (0_i64..).zip(shared.chain(single));
        let rows = rows.map(|(k, (t, n))| [Value::Int(k), t, Value::Null, Value::Int(n)]);
        conn.for_rows(INSERT, &[Value::Int(1)], rows, |_| Ok(()))?;
        let sql = "select n, t from things where account_id = ?1 and t >= ?2 and t <= ?3 order by t";
        let hits = walk(
            conn,
            sql,
            names.len(),
            |at| Value::Text(&names[at]),
            |at, row| Ok(names[at].as_str().cmp(row.text(1)?)),
        )?;
        assert_eq!(hits.len(), 25_100);
        assert_eq!(hits.iter().filter(|hit| hit.0 == 50).count(), 25_001);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_refused_row_is_told_by_its_index() {
    let plain = "insert into things (account_id, k, t, b, n) values (?1, ?2, ?3, ?4, ?5)";
    let rows = || [[Value::Int(1), Value::Null, Value::Null, Value::Int(1)]; 2].into_iter();
    let fault = on_things(|conn| conn.for_rows(plain, &[Value::Int(1)], rows(), |_| Ok(()))).unwrap_err();
    assert!(matches!(&fault, Fault::Unique(index) if index == "things_account_id_k_n_key"), "{fault:?}");
}

#[test]
fn a_row_of_another_shape_is_a_defect() {
    for (sql, why) in [
        ("select null::bigint from things where account_id = ?1", "nothing"),
        ("select count(*)::text from things where account_id = ?1", "holds a text"),
        ("select sum(k) from things where account_id = ?1", "numeric"),
        ("select nullif(count(*), 0) from things where account_id = ?1", "holds null"),
        ("select nothing from things where account_id = ?1", "42703"),
    ] {
        let result = on_things(|conn| conn.number(sql, &[Value::Int(1)]));
        let Err(Fault::Defect(text)) = result else { panic!("{sql}: {result:?}") };
        assert!(text.contains(why) || why == "nothing", "{sql}: {text}");
    }
}
