use std::thread;

use throng_cluster::{Installation, Options};

use crate::start;

#[test]
fn a_synchronous_standby_that_is_promoted_has_what_was_acknowledged() {
    let mut primary = start(&Options { tls: primary_has_tls(), ..Options::default() });
    let mut standby = primary.standby("second").unwrap();
    assert_ne!(standby.port(), primary.port());
    assert_eq!(standby.sql("postgres", "select pg_is_in_recovery()"), Ok("t".to_owned()));
    primary.make_synchronous("second").unwrap();
    let state = "select application_name, sync_state from pg_stat_replication";
    assert_eq!(primary.sql("postgres", state), Ok("second|sync".to_owned()));
    primary.sql("postgres", "create table t (n int)").unwrap();
    for n in 0..20 {
        primary.sql("postgres", &format!("insert into t values ({n})")).unwrap();
    }
    primary.kill().unwrap();
    standby.promote().unwrap();
    assert_eq!(standby.sql("postgres", "select count(*), sum(n) from t"), Ok("20|190".to_owned()));
    // It waits for no standby of its own.
    standby.sql("postgres", "insert into t values (20)").unwrap();
    assert_eq!(standby.ca(), primary.ca());
    standby.restart().unwrap();
    assert_eq!(standby.sql("postgres", "select count(*) from t"), Ok("21".to_owned()));
}

/// The standby of a server with TLS has its certificate.
fn primary_has_tls() -> bool {
    Installation::for_tests().unwrap().has_tls()
}

#[test]
fn a_commit_waits_for_the_standby_until_nobody_asks_it_to() {
    let primary = start(&Options::default());
    let standby = primary.standby("only").unwrap();
    primary.sql("postgres", "create table t (n int)").unwrap();
    primary.make_synchronous("FIRST 1 (only)").unwrap();
    standby.pause().unwrap();
    let waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
    thread::scope(|scope| {
        let commit = scope.spawn(|| primary.sql("postgres", "insert into t values (1)"));
        while primary.sql("postgres", waiting).unwrap() != "1" {
            assert!(!commit.is_finished());
        }
        standby.resume().unwrap();
        assert_eq!(commit.join().unwrap(), Ok(String::new()));
    });
    drop(standby);
    primary.make_synchronous("").unwrap();
    assert_eq!(
        primary.sql("postgres", "insert into t values (2); select count(*) from t"),
        Ok("2".to_owned())
    );
}
