//! Exports that are as they must be, and others.

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{INSERT_JOB, build, login, report, rows_page, uuid};

/// Job 7: p1, p2 and somebody who was deleted meanwhile.
fn with_export() -> (TempDir, Connection) {
    let (dir, db) = build();
    let values = params![
        7,
        [7u8; 16],
        "export",
        -8,
        1,
        "COMPLETED",
        3,
        0,
        0,
        3,
        0,
        3,
        0,
        "13:1,20:2",
        0,
        0,
        1,
        3,
        2,
        3
    ];
    db.execute(INSERT_JOB, values).unwrap();
    let spec = r#"{"kind":"export","order":"userName","page_items":256,"found":3}"#;
    db.execute("insert into job_specs (account_id, job, spec) values (1, 7, ?1)", [spec]).unwrap();
    db.execute("insert into job_parts values (1, 7, 1, 0, 3, 3, ?1)", [keys([1, 2, 10])]).unwrap();
    let rows = rows_page(&[(&login(1), None), (&login(2), None), ("", None)]);
    db.execute("insert into job_rows values (1, 7, 1, 0, 3, ?1)", [rows]).unwrap();
    db.execute("insert into job_results values (1, 7, 0, 3, 0, 3, 0, ?1)", [results(20, 2)]).unwrap();
    db.execute("update numbers set next = 8 where series = 'jobs'", []).unwrap();
    (dir, db)
}

fn keys(keys: [i64; 3]) -> Vec<u8> {
    keys.into_iter().flat_map(i64::to_be_bytes).collect()
}

/// What became of the rows: the first with this code, the second about this person.
fn results(first: u8, second: i64) -> Vec<u8> {
    let mut results = vec![first, 20, 13];
    for user in [uuid(1), uuid(second), [0; 16]] {
        results.extend_from_slice(&user);
    }
    results
}

#[test]
fn an_export_that_is_whole_is_no_violation() {
    let (dir, _db) = with_export();
    assert_eq!(report(&dir).violations, Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_an_export_is_found() {
    let parts = "update job_parts set data = ?1 where job = 7";
    let outcomes = "update job_results set data = ?1 where job = 7";
    for (sql, data, expected) in [
        (parts, keys([1, 1, 10]), "it notes somebody twice"),
        ("delete from job_parts where job = 7 and ?1 is not null", Vec::new(), "notes 0 people, total is 3"),
        ("delete from job_rows where job = 7 and ?1 is not null", Vec::new(), "settled items differ"),
        ("delete from job_results where job = 7 and ?1 is not null", Vec::new(), "settled items differ"),
        (outcomes, results(1, 2), "has the code 1"),
        (outcomes, results(20, 1), "somebody who was written before"),
        (outcomes, results(13, 2), "has the code 13"),
    ] {
        let (dir, db) = with_export();
        db.execute(sql, [data]).unwrap();
        let violations = report(&dir).violations;
        assert!(violations.iter().any(|found| found.contains(expected)), "{expected}: {violations:#?}");
    }
}
