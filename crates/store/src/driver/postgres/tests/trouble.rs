//! What others do to the database while a server works on it.

use std::time::Duration;

use throng_directory::Error;
use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::{Job, Spec, Target};
use throng_directory::port::{Claim, Class, StoreExt};
use throng_jobs::{Counts, State, Tally, Token};
use uuid::Uuid;

use super::{NOW, create, exists, fresh, opened, plain, run};
use crate::open::open_postgres;

#[test]
fn a_server_stops_when_a_newer_one_changes_the_schema() {
    let (database, store) = opened();
    create(&*store, "before").unwrap();
    run(database.admin_url(), "insert into throng.migrations values (999, 'later', '', 999, 0)");
    let refused = (0..200).find_map(|n: u32| {
        std::thread::sleep(Duration::from_millis(50));
        let name: &'static str = Box::leak(format!("n{n}").into_boxed_str());
        create(&*store, name).err()
    });
    let Some(Error::Unavailable(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("newer release"), "{why}");
    let read = store.read_blocking(|snapshot| snapshot.account("before").map(drop));
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
}

#[test]
fn too_few_connections_slow_down_and_refuse_nothing() {
    let (database, mut settings) = fresh();
    (settings.readers, settings.writers) = (8, 8);
    let store = open_postgres(&settings).unwrap();
    create(&*store, "first").unwrap();
    assert!(exists(&*store, "first"));
    // The reader, the writer, the listener and the numbers have theirs; there is room for one more.
    let (_, name) = database.url().rsplit_once('/').unwrap();
    run(database.admin_url(), &format!("alter database {name} connection limit 5"));
    std::thread::scope(|scope| {
        for n in 0..24 {
            let store = &store;
            scope.spawn(move || {
                let name: &'static str = Box::leak(format!("a{n}").into_boxed_str());
                create(&**store, name).unwrap();
                assert!(exists(&**store, name));
            });
        }
    });
}

fn job(number: i64) -> Job {
    Job {
        account: AccountId(1),
        number: JobNumber(number),
        uuid: Uuid::from_u128(number.unsigned_abs().into()),
        spec: Spec::ClearGroup,
        target: Target::from_code(number),
        queue_seq: 1,
        name: None,
        state: State::Pending,
        counts: Counts::default(),
        tally: Tally::default(),
        asked_create: 0,
        asked_destroy: 0,
        planned: false,
        cursor: 0,
        attempts: 0,
        digest: [0; 32],
        client: ClientId(1),
        received_at: NOW,
        started_at: None,
        ended_at: None,
        message: None,
        schedule: throng_directory::model::schedule::Schedule::default(),
        held_at: None,
        held_removals: None,
        approved_by: None,
        payload: None,
        purged_at: None,
    }
}

#[test]
fn a_job_that_somebody_locked_holds_up_no_other() {
    let (database, store) = opened();
    create(&*store, "acme").unwrap();
    store.write_blocking(Class::Interactive, |tx| (1..=3).try_for_each(|n| tx.insert_job(&job(n)))).unwrap();
    let mut other = plain(database.admin_url());
    other.batch("begin; select 1 from throng.jobs where number = 1 for update").unwrap();
    let claim = |n: u8| {
        let lease = Duration::from_secs(30);
        let claim = Claim { after: None, token: Token::from_bytes([n; 16]), lease, now: NOW };
        let held = store.write_blocking(Class::Chunk, move |tx| tx.claim(&claim)).unwrap();
        held.map(|held| held.job.number.0)
    };
    assert_eq!([claim(1), claim(2), claim(3)], [Some(2), Some(3), None]);
    other.batch("rollback").unwrap();
    assert_eq!(claim(4), Some(1));
}
