use super::with_database;

#[test]
fn the_name_of_the_database_is_replaced() {
    let replaced = |url| with_database(url, "other").unwrap();
    assert_eq!(replaced("postgres://a:b@127.0.0.1:5432/throng"), "postgres://a:b@127.0.0.1:5432/other");
    assert_eq!(replaced("postgres://a@h/throng?sslmode=disable"), "postgres://a@h/other?sslmode=disable");
    assert_eq!(replaced("postgres://a@h?sslmode=disable"), "postgres://a@h/other?sslmode=disable");
    assert_eq!(replaced("postgres://a@h"), "postgres://a@h/other");
    assert!(with_database("host=127.0.0.1", "other").is_err());
}
