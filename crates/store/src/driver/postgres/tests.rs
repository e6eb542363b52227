//! What only PostgreSQL can do, against a server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use throng_backends::Database;
use throng_directory::Error;
use throng_directory::caller::NewClient;
use throng_directory::port::{Class, Durability, Series, Store, StoreExt};
use throng_jobs::Instant;

use super::connect::Connector;
use super::link::{Kind, Link};
use super::url::Target;
use super::value::{Param, PgRow};
use crate::conn::{Flow, Row, Value};
use crate::open::{CommitFault, PostgresSettings, open_postgres};

mod rows;
mod schema;
mod tls;
mod trouble;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn settings(database: &Database) -> PostgresSettings {
    let url = database.url().to_owned();
    PostgresSettings { url, readers: 2, writers: 2, chunk_writers: 1, ..PostgresSettings::default() }
}

fn fresh() -> (Database, PostgresSettings) {
    let database = throng_backends::fresh_database().unwrap();
    let settings = settings(&database);
    (database, settings)
}

fn opened() -> (Database, Arc<dyn Store>) {
    let (database, settings) = fresh();
    let store = open_postgres(&settings).unwrap();
    (database, store)
}

fn connector(url: &str) -> Connector {
    Connector::new(Target::parse(url, None).unwrap(), false, &[]).unwrap()
}

/// A connection of an administrator.
fn plain(url: &str) -> Link {
    connector(url).connect_plain().unwrap()
}

fn run(url: &str, sql: &str) {
    plain(url).batch(sql).unwrap();
}

fn number(url: &str, sql: &str) -> i64 {
    let mut link = plain(url);
    let mut found = None;
    link.run(sql, &[], |row| {
        found = Some(PgRow::from(&row, 0).int(0)?);
        Ok(Flow::More)
    })
    .unwrap();
    found.unwrap()
}

fn create(store: &dyn Store, name: &'static str) -> Result<(), Error> {
    store.write_blocking(Class::Interactive, move |tx| tx.create_account(name, NOW).map(drop))
}

fn exists(store: &dyn Store, name: &'static str) -> bool {
    store.read_blocking(move |snapshot| snapshot.account(name)).unwrap().is_some()
}

#[test]
fn lost_connections_are_replaced() {
    let (database, store) = opened();
    create(&*store, "before").unwrap();
    assert!(exists(&*store, "before"));
    let others = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                  where datname = current_database() and pid <> pg_backend_pid()";
    assert!(number(database.admin_url(), others) >= 3, "readers, writers and the listener are connected");
    create(&*store, "after").unwrap();
    assert!(exists(&*store, "after"));
}

#[test]
fn who_asks_again_at_once_needs_no_further_connection() {
    let (database, store) = opened();
    let connections = "select count(*) from pg_stat_activity where datname = current_database()";
    assert!(!exists(&*store, "nobody"));
    let before = number(database.admin_url(), connections);
    for _ in 0..300 {
        assert!(!exists(&*store, "nobody"));
    }
    assert_eq!(number(database.admin_url(), connections), before);
}

#[test]
fn statements_outlive_a_change_of_the_schema() {
    let (database, store) = opened();
    create(&*store, "before").unwrap();
    assert!(exists(&*store, "before"));
    // As a later release may do while this one runs: the prepared statement would give another type.
    run(database.admin_url(), "alter table throng.accounts alter column account_id type integer");
    assert!(exists(&*store, "before"));
    create(&*store, "after").unwrap();
}

#[test]
fn closures_that_deadlock_run_again() {
    let (_database, store) = opened();
    let both = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU64::new(0));
    let racer = |names: [&'static str; 2]| {
        let (store, both, runs) = (Arc::clone(&store), Arc::clone(&both), Arc::clone(&runs));
        std::thread::spawn(move || {
            let first = AtomicBool::new(true);
            store.write_blocking(Class::Interactive, move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                tx.create_account(names[0], NOW)?;
                if first.swap(false, Ordering::Relaxed) {
                    both.wait();
                }
                tx.create_account(names[1], NOW).map(drop)
            })
        })
    };
    let racers = [racer(["one", "two"]), racer(["two", "one"])];
    let results = racers.map(|racer| racer.join().unwrap());
    assert_eq!(runs.load(Ordering::Relaxed), 3, "one of them met the other");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(
        results.iter().any(|result| matches!(result, Err(Error::AlreadyExists { .. }))),
        "who ran again found the other's: {results:?}"
    );
}

#[test]
fn a_commit_that_breaks_is_told_as_it_is() {
    for (fault, error, happened) in [
        (CommitFault::Before, Error::OutcomeUnknown, false),
        (CommitFault::After, Error::OutcomeUnknown, true),
        (CommitFault::Full, Error::StorageFull, false),
    ] {
        let (_database, mut settings) = fresh();
        let armed = Arc::new(AtomicBool::new(true));
        let hook = Arc::clone(&armed);
        settings.commit_hook = Some(Arc::new(move || hook.load(Ordering::Relaxed).then_some(fault)));
        let store = open_postgres(&settings).unwrap();
        assert_eq!(create(&*store, "acme"), Err(error));
        assert_eq!(exists(&*store, "acme"), happened, "{fault:?}");
        armed.store(false, Ordering::Relaxed);
        create(&*store, "next").unwrap();
    }
}

#[test]
fn a_session_that_stands_still_loses_its_transaction_and_runs_again() {
    let (_database, mut settings) = fresh();
    settings.session = vec![("idle_in_transaction_session_timeout".to_owned(), "100ms".to_owned())];
    let store = open_postgres(&settings).unwrap();
    let runs = AtomicU64::new(0);
    store
        .write_blocking(Class::Interactive, move |tx| {
            tx.create_account("acme", NOW)?;
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_millis(400));
            }
            tx.account("acme").map(drop)
        })
        .unwrap();
    assert!(exists(&*store, "acme"));
}

#[test]
fn a_weaker_database_than_required_is_not_written() {
    let (_database, mut settings) = fresh();
    settings.require = Some(Durability::NodeLoss);
    let store = open_postgres(&settings).unwrap();
    assert!(store.durability() < Durability::NodeLoss, "the test server has no standby");
    let Err(Error::Unavailable(why)) = create(&*store, "acme") else { panic!("written") };
    assert!(why.contains("below the required node-loss"), "{why}");
    assert!(!exists(&*store, "acme"), "reads go on");
}

#[test]
fn other_nodes_are_heard() {
    let (database, store) = opened();
    let (sender, receiver) = mpsc::channel();
    store.on_queued(Box::new(move || {
        let _gone = sender.send(());
    }));
    // It may still be connecting.
    for _ in 0..100 {
        run(database.admin_url(), "notify throng_jobs");
        if receiver.recv_timeout(Duration::from_millis(100)).is_ok() {
            return;
        }
    }
    panic!("nothing was heard");
}

#[test]
fn numbers_rise_when_the_database_was_promoted() {
    let (database, settings) = fresh();
    let store = open_postgres(&settings).unwrap();
    create(&*store, "acme").unwrap();
    let take = |store: &dyn Store| {
        store
            .write_blocking(Class::Interactive, |tx| {
                let account = tx.account("acme")?.ok_or_else(|| Error::internal("no account"))?;
                tx.allocate_number(account.id, Series::Groups)
            })
            .unwrap()
    };
    assert_eq!([take(&*store), take(&*store)], [1, 2]);
    drop(store);
    let store = open_postgres(&settings).unwrap();
    assert_eq!(take(&*store), 1_001, "the rest of the block is never used");
    drop(store);

    // As if it had been written on another server.
    run(database.admin_url(), "update throng.cluster set system_identifier = '1'");
    let store = open_postgres(&settings).unwrap();
    assert_eq!(take(&*store), 1_002_001);
    drop(store);
    assert_eq!(take(&*open_postgres(&settings).unwrap()), 1_003_001, "once");
}

#[test]
fn an_older_timeline_is_refused() {
    let (database, settings) = fresh();
    drop(open_postgres(&settings).unwrap());
    run(database.admin_url(), "update throng.cluster set timeline = timeline + 1");
    let error = open_postgres(&settings).err().unwrap().to_string();
    assert!(error.contains("former primary"), "{error}");
}

#[test]
fn behind_a_pooler_nothing_outlives_a_transaction() {
    let (_database, mut settings) = fresh();
    settings.pooler = true;
    let store = open_postgres(&settings).unwrap();
    create(&*store, "acme").unwrap();
    assert!(exists(&*store, "acme"));
    let client = store.write_blocking(Class::Interactive, |tx| {
        let account = tx.account("acme")?.ok_or_else(|| Error::internal("no account"))?;
        tx.create_client(
            account.id,
            &NewClient { name: "c", role: throng_directory::Role::Reader, source: None },
            NOW,
        )?;
        tx.client(account.id, "c")
    });
    assert!(client.unwrap().is_some());
    let found = store.read_blocking(|snapshot| {
        let account = snapshot.account("acme")?.ok_or_else(|| Error::internal("no account"))?;
        snapshot.client(account.id, "c")
    });
    assert!(found.unwrap().is_some());
}

#[test]
fn the_second_wall_stands_behind_a_statement_that_forgets_the_account() {
    let (database, store) = opened();
    create(&*store, "acme").unwrap();
    run(
        database.admin_url(),
        "insert into throng.clients values (1, 1, 'a', 'r', 0, null), (2, 1, 'b', 'r', 0, null)",
    );
    let mut link = connector(database.url()).connect().unwrap();
    let mut names = |scope| {
        link.begin(Kind::Read);
        if let Some(account) = scope {
            link.enter(crate::conn::Scope::Account(account));
        }
        let mut found = Vec::new();
        link.run("select name from clients where client_id = ?1", &[Param::One(Value::Int(1))], |row| {
            found.push(PgRow::from(&row, 0).text(0)?.to_owned());
            Ok(Flow::More)
        })
        .unwrap();
        link.end_read();
        found
    };
    assert_eq!(names(Some(1)), ["a"]);
    assert_eq!(names(Some(2)), ["b"]);
    assert_eq!(names(None), [""; 0], "the last transaction's account is forgotten");
}
