//! Making the schema, and who may.

use throng_backends::Database;

use super::{fresh, number, run};
use crate::migrate;
use crate::open::{PostgresSettings, open_postgres};

/// A database without a schema.
fn empty() -> (Database, PostgresSettings) {
    let (database, settings) = fresh();
    run(database.admin_url(), "drop schema throng cascade");
    (database, settings)
}

/// The URL of a database for another role.
fn as_role(database: &Database, role: &str) -> String {
    let (_, rest) = database.url().split_once('@').unwrap();
    format!("postgres://{role}:pw@{rest}")
}

/// A role that may log in and nothing else; named by the test, removed if it is there.
fn login(database: &Database, name: &str) -> String {
    let name = format!("{name}_{}", std::process::id());
    run(database.admin_url(), &format!("create role {name} login password 'pw'"));
    name
}

fn drop_role(database: &Database, name: &str) {
    run(database.admin_url(), &format!("drop owned by {name} cascade; drop role {name}"));
}

#[test]
fn nodes_that_start_at_once_migrate_once() {
    let (database, settings) = empty();
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let settings = settings.clone();
            std::thread::spawn(move || open_postgres(&settings).map(drop).map_err(|error| error.to_string()))
        })
        .collect();
    for node in nodes {
        assert_eq!(node.join().unwrap(), Ok(()));
    }
    let newest = "select max(version) from throng.migrations having count(*) = max(version)";
    assert_eq!(number(database.admin_url(), newest), migrate::VERSION);
}

#[test]
fn a_login_without_rights_is_told_what_is_missing() {
    let (database, settings) = empty();
    let role = login(&database, "nobody");
    let url = as_role(&database, &role);
    let error = open_postgres(&PostgresSettings { url, ..settings }).err().unwrap().to_string();
    assert!(error.contains("grant throng_app to") && error.contains("grant create on database"), "{error}");
    drop_role(&database, &role);
}

#[test]
fn a_login_with_rights_makes_everything_and_works_restricted() {
    let (database, settings) = empty();
    let role = login(&database, "owner");
    run(
        database.admin_url(),
        &format!(
            "grant throng_app to {role}; do $$ begin execute \
             format('grant create on database %I to {role}', current_database()); end $$"
        ),
    );
    let url = as_role(&database, &role);
    drop(open_postgres(&PostgresSettings { url: url.clone(), ..settings.clone() }).unwrap());
    let owned =
        format!("select count(*) from pg_tables where schemaname = 'throng' and tableowner = '{role}'");
    assert!(number(database.admin_url(), &owned) > 10);

    // One that may only use what is there is enough from then on.
    let user = login(&database, "user");
    run(database.admin_url(), &format!("grant throng_app to {user}"));
    drop(open_postgres(&PostgresSettings { url: as_role(&database, &user), ..settings }).unwrap());
    drop_role(&database, &user);
    drop_role(&database, &role);
}

#[test]
fn a_schema_of_a_newer_or_other_build_is_refused() {
    let (database, settings) = fresh();
    run(database.admin_url(), "update throng.migrations set checksum = '' where version = 1");
    let error = open_postgres(&settings).err().unwrap().to_string();
    assert!(error.contains("another build"), "{error}");

    let (database, settings) = fresh();
    let later = "insert into throng.migrations values (999, 'later', '', 998, 0)";
    run(database.admin_url(), later);
    let error = open_postgres(&settings).err().unwrap().to_string();
    assert!(error.contains("newer release"), "{error}");
    run(database.admin_url(), "update throng.migrations set min_reader = 1 where version = 999");
    drop(open_postgres(&settings).unwrap());
}
