use rusqlite::Connection;
use throng_jobs::Instant;

use super::migrate;
use crate::migrate::{MigrateError, VERSION};

fn migrated() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    migrate(&mut db, Instant::from_micros(5)).unwrap();
    db
}

#[test]
fn every_change_is_applied_once() {
    let mut db = migrated();
    migrate(&mut db, Instant::from_micros(6)).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let sql = "select version, applied_at from migrations order by version desc limit 1";
    assert_eq!(db.query_row(sql, [], read).unwrap(), (VERSION, 5));
    assert_eq!(db.query_row("select count(*) from accounts", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn a_changed_migration_is_refused() {
    let mut db = migrated();
    db.execute("update migrations set checksum = zeroblob(32) where version = 1", []).unwrap();
    let error = migrate(&mut db, Instant::default()).unwrap_err();
    assert!(matches!(error, MigrateError::Changed { version: 1 }), "{error}");
}

#[test]
fn a_newer_schema_is_refused_only_when_it_says_so() {
    let insert = "insert into migrations values (?1, 'later', zeroblob(32), ?2, 0)";
    let mut db = migrated();
    db.execute(insert, [VERSION + 1, VERSION]).unwrap();
    migrate(&mut db, Instant::default()).unwrap();

    db.execute(insert, [VERSION + 2, VERSION + 2]).unwrap();
    let error = migrate(&mut db, Instant::default()).unwrap_err();
    assert!(matches!(&error, MigrateError::TooNew { .. }), "{error}");
    assert!(error.to_string().contains(&format!("version {}", VERSION + 2)), "{error}");
}
