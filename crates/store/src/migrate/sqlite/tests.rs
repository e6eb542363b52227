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

/// A database after the first migrations, with what was in it then, brought up to date.
fn grown(from: usize, then: &str) -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "create table migrations (version integer primary key, name text not null, checksum blob not null, \
            min_reader integer not null, applied_at integer not null)",
    )
    .unwrap();
    for migration in &MIGRATIONS[..from] {
        db.execute_batch(migration.sqlite).unwrap();
        let values = (migration.version, migration.name, checksum(migration.sqlite), migration.min_reader);
        db.execute("insert into migrations values (?1, ?2, ?3, ?4, 0)", values).unwrap();
    }
    db.execute_batch(then).unwrap();
    migrate(&mut db, Instant::default()).unwrap();
    db
}

#[test]
fn groups_that_were_there_keep_their_names_for_themselves() {
    let db = grown(2, "insert into groups values (1, 1, zeroblob(16), 1, 1, 1, 'Red', 'red', null, 0, '{}')");
    let named = "select count(*) from groups where unique_name = name_key";
    assert_eq!(db.query_row(named, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn jobs_that_were_there_are_found_by_what_they_are_about() {
    let job = |number: i64, kind: &str, target: i64, spec: &str| {
        format!(
            "insert into jobs (account_id, number, uuid, kind, target, queue_seq, state, total, created, updated, \
                removed, ignored, failed, skipped, processed, pending, reasons, asked_create, asked_destroy, planned, \
                cursor, attempts, digest, client_id, received_at, ended_at, touched_at) \
                values (1, {number}, randomblob(16), '{kind}', {target}, 0, 'COMPLETED', 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, \
                0, 1, 0, 0, zeroblob(32), 1, 1, 1, 1); \
             insert into job_specs (account_id, job, spec) values (1, {number}, '{spec}');"
        )
    };
    let plan = |group: i64| format!(r#"{{"kind":"membership","dry_run":{{"group":{group}}}}}"#);
    let jobs = [
        job(1, "membership", 7, r#"{"kind":"membership"}"#),
        job(2, "plan", -3, &plan(7)),
        job(3, "plan", -4, &plan(0)),
        job(4, "import_plan", -5, r#"{"kind":"import"}"#),
        job(5, "clear_user", -1, r#"{"kind":"clear_user","user":1}"#),
    ];
    let db = grown(7, &jobs.concat());
    let mut about = db.prepare("select about from jobs order by number").unwrap();
    let about: Vec<Option<i64>> =
        about.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(about, [Some(7), Some(7), None, Some(0), Some(-1)]);
}

/// Accounts share no row: every table says whose it is, first of all in its keys.
#[test]
fn s04_every_key_begins_with_the_account() {
    /// The one list of all accounts, and keys that are the row's own.
    const OWN: [&str; 2] = ["accounts.name_key", "users.user_key"];
    let db = migrated();
    let all = |sql: &str, of: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([of], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let tables = all("select name from sqlite_schema where type = 'table' and name not like ?1", "sqlite_%");
    assert!(tables.len() > 25, "{tables:?}");
    for table in tables.iter().filter(|table| *table != "migrations") {
        let columns = all("select name from pragma_table_info(?1)", table);
        assert!(columns.iter().any(|column| column == "account_id"), "{table} says nothing of the account");
        let mut keys = all("select name from pragma_table_info(?1) where pk = 1", table);
        for index in all("select name from pragma_index_list(?1) where \"unique\" = 1", table) {
            keys.extend(all("select name from pragma_index_info(?1) where seqno = 0", &index));
        }
        for key in keys {
            let is_own = OWN.contains(&format!("{table}.{key}").as_str());
            assert!(key == "account_id" || is_own, "a key of {table} begins with {key}");
        }
    }
}

/// On PostgreSQL a statement that forgets the account finds nothing.
#[test]
fn s04_every_table_has_its_second_wall() {
    /// What holds nothing of a customer but the account's name (ADR 12).
    const WITHOUT: [&str; 4] = ["accounts", "numbers", "turns", "cluster"];
    const WALLS: [&str; 3] = [
        "alter table NAME enable row level security",
        "alter table NAME force row level security",
        "create policy own on NAME using (account_id = (select throng_account()))",
    ];
    let mut tables = 0;
    for migration in &MIGRATIONS {
        let text = migration.postgres;
        let made = text.split("create table ").skip(1).filter_map(|rest| rest.split([' ', '(', '\n']).next());
        for table in made.filter(|table| !WITHOUT.contains(table)) {
            tables += 1;
            // Many at once are named in a list.
            let is_listed = text.contains(&format!("'{table}'"));
            for wall in WALLS {
                let own = text.contains(&wall.replace("NAME", table));
                let is_there = own || is_listed && text.contains(&wall.replace("NAME", "%I"));
                assert!(is_there, "{table} lacks: {wall}");
            }
        }
    }
    assert!(tables > 20, "{tables}");
}
