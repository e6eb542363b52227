use super::{for_rows, numbered};
use crate::conn::Value;

#[test]
fn parameters_are_numbered() {
    assert_eq!(
        numbered("select a from t where b = ?12 and c = ?1"),
        "select a from t where b = $12 and c = $1"
    );
}

#[test]
fn an_insert_selects_from_arrays() {
    let sql = "insert into t (a, b, c) values (?1, abs(?2), ?3 + 1) on conflict (a) do nothing returning b";
    let written = for_rows(sql, &[Value::Int(7)], &["bigint", "text"]);
    assert_eq!(
        written,
        "insert into t (a, b, c) select $1::bigint, abs(r.c2), r.c3 + 1 from unnest($2::bigint[], \
         $3::text[]) with ordinality r(c2, c3, n) order by r.n on conflict (a) do nothing returning b"
    );
}

#[test]
fn a_delete_joins_the_arrays() {
    let written = for_rows("delete from t where a = ?1 and b = ?2", &[Value::Int(7)], &["bytea"]);
    assert_eq!(
        written,
        "delete from t using unnest($2::bytea[]) with ordinality r(c2, n) where a = $1::bigint and b = r.c2"
    );
}

#[test]
fn an_update_joins_the_arrays() {
    let sql = "update t set c = ?3 where a = ?1 and b = ?2";
    let written = for_rows(sql, &[Value::Int(7)], &["bigint", "text"]);
    assert_eq!(
        written,
        "update t set c = r.c3 from unnest($2::bigint[], $3::text[]) with ordinality r(c2, c3, n) where \
         a = $1::bigint and b = r.c2"
    );
}

#[test]
fn a_query_answers_for_each_row() {
    let written = for_rows("select x from t where a = ?1 and b = ?2", &[Value::Text("k")], &["bigint"]);
    assert_eq!(
        written,
        "select r.n, t.* from unnest($2::bigint[]) with ordinality r(c2, n) left join lateral (select x from t \
         where a = $1::text and b = r.c2) t on true order by r.n"
    );
}
