use rusqlite::Connection;
use throng_jobs::Instant;

use super::migrate;
use crate::migrate::{MIGRATIONS, MigrateError, VERSION, checksum};

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

#[test]
fn groups_that_were_there_keep_their_names_for_themselves() {
    let mut db = Connection::open_in_memory().unwrap();
    for migration in &MIGRATIONS[..2] {
        db.execute_batch(migration.sqlite).unwrap();
    }
    db.execute_batch(
        "create table migrations (version integer primary key, name text not null, checksum blob not null, \
            min_reader integer not null, applied_at integer not null);
         insert into groups values (1, 1, zeroblob(16), 1, 1, 1, 'Red', 'red', null, 0, '{}');",
    )
    .unwrap();
    for migration in &MIGRATIONS[..2] {
        let values = (migration.version, migration.name, checksum(migration.sqlite), migration.min_reader);
        db.execute("insert into migrations values (?1, ?2, ?3, ?4, 0)", values).unwrap();
    }
    migrate(&mut db, Instant::default()).unwrap();
    let named = "select count(*) from groups where unique_name = name_key";
    assert_eq!(db.query_row(named, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}
