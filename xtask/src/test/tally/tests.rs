use super::*;

#[test]
fn closing_lines_are_counted() {
    let line =
        "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 7 filtered out; finished in 0.02s";
    assert_eq!(Tally::of_line(line), Tally { passed: 12, failed: 3, ignored: 4, on_postgres: 0 });
    assert_eq!(Tally::of_line("test filter::parse ... ok"), Tally::default());
    assert_eq!(Tally::of_line("running 3 tests"), Tally::default());
    let mut sum = Tally { passed: 1, on_postgres: 1, ..Tally::default() };
    sum += Tally::of_line(line);
    let summary =
        "xtask test: FAILED: 13 passed, 3 failed, 4 ignored, 9 s; the store's suite on PostgreSQL: 1 passed";
    assert_eq!(sum.summary(false, 9), summary);
}

#[test]
fn tests_on_postgresql_are_counted_when_they_pass() {
    assert_eq!(Tally::of_line("test users::postgres::create ... ok").on_postgres, 1);
    assert_eq!(Tally::of_line("test postgres::users::create ... ok").on_postgres, 1);
    for line in [
        "test users::postgres::create ... FAILED",
        "test users::postgres::create ... ignored",
        "test users::sqlite::create ... ok",
        "users::postgres::create ... ok",
    ] {
        assert_eq!(Tally::of_line(line), Tally::default(), "{line}");
    }
}
