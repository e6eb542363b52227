use super::one_by_one;

#[test]
fn a_range_becomes_a_look_up_for_each_key() {
    let sql = "select k, g from t where a = ?1 and g = ?4 and k >= ?2 and k <= ?3 order by k";
    assert_eq!(
        one_by_one(sql, "bigint"),
        "select r.n, t.* from unnest(?2::bigint[]) with ordinality r(key, n) cross join lateral (select k, g from \
         t where a = ?1::bigint and g = ?3::bigint and k >= r.key and k <= r.key order by k) t order by r.n"
    );
    assert_eq!(
        one_by_one("select k from t where a = ?1 and k >= ?2 and k <= ?3 order by k", "bytea"),
        "select r.n, t.* from unnest(?2::bytea[]) with ordinality r(key, n) cross join lateral (select k from t \
         where a = ?1::bigint and k >= r.key and k <= r.key order by k) t order by r.n"
    );
}
