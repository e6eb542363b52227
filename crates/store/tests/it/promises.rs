//! What `docs/promises.md` promises of the rows of jobs, each by a test named after it, on the database inside.

use std::path::Path;

use rusqlite::Connection;
use throng_directory::ids::JobNumber;
use throng_directory::model::jobs::Target;
use throng_jobs::State;
use throng_store::Settings;

use crate::backend::reopen;
use crate::make::{account, insert_job, job, read, update, write};

/// What the database itself says to a statement, whoever sends it.
fn refusal(dir: &Path, sql: &str) -> String {
    let db = Connection::open(dir.join("throng.db")).unwrap();
    db.execute(sql, []).unwrap_err().to_string()
}

/// A job whose counters do not add up cannot be stored.
#[test]
fn g08_the_database_refuses_counters_that_do_not_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    insert_job(&*store, &job(acme, 1, Target::Users, 1));
    let mut broken = job(acme, 1, Target::Users, 1);
    broken.counts.created = 11;
    write(&*store, move |tx| update(tx, &broken)).unwrap_err();
    drop(store);
    for (change, rule) in [
        ("created = 1", "jobs_sum"),
        ("processed = 1", "jobs_sum"),
        ("total = 11", "jobs_total"),
        ("pending = 9", "jobs_total"),
        ("state = 'COMPLETED'", "jobs_ended"),
        ("ignored = -1, created = 1", "ignored >= 0"),
    ] {
        let refused = refusal(dir.path(), &format!("update jobs set {change}"));
        assert!(refused.contains(rule), "{change}: {refused}");
    }
    let store = reopen(dir.path(), &Settings::default());
    let kept = read(&*store, move |snapshot| snapshot.job(acme, JobNumber(1))).unwrap();
    assert_eq!(kept.counts, job(acme, 1, Target::Users, 1).counts);
}

/// Nobody changes a job that has ended: not the store, and not a hand at the database.
#[test]
fn g13_a_job_that_has_ended_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    let states = [State::Completed, State::Failed, State::NoChange, State::Aborted];
    for (number, state) in (1..).zip(states) {
        let mut ended = job(acme, number, Target::Users, number);
        (ended.state, ended.counts.created) = (state, 10);
        insert_job(&*store, &ended);
        for other in State::ALL.into_iter().filter(|other| *other != state) {
            let mut changed = ended.clone();
            changed.state = other;
            write(&*store, move |tx| update(tx, &changed)).unwrap_err();
        }
        let mut recounted = ended.clone();
        (recounted.counts.created, recounted.counts.ignored) = (9, 1);
        write(&*store, move |tx| update(tx, &recounted)).unwrap_err();
        assert_eq!(read(&*store, move |snapshot| snapshot.job(acme, JobNumber(number))), Some(ended));
    }
    drop(store);
    for change in
        ["state = 'IN_PROGRESS'", "created = 9, ignored = 1", "total = 9, created = 9, processed = 9"]
    {
        let refused = refusal(dir.path(), &format!("update jobs set {change}"));
        assert!(refused.contains("never changes"), "{change}: {refused}");
    }
}
