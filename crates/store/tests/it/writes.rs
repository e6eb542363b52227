use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use throng_directory::Error;
use throng_directory::ids::MemberKey;
use throng_directory::port::scan::{Page, Scan};
use throng_directory::port::{Answer, Class, Cost, Durability, Store, StoreExt, Tx};

use crate::backend::{conformance, one_writer};
use crate::make::{NOW, account, delete, group, insert_group, read, user, users, write};

conformance!(
    an_error_takes_back_its_own_closure_only,
    a_panic_takes_back_its_own_closure_only,
    a_failed_transaction_cannot_go_on,
    an_attempt_that_fails_leaves_the_rest,
    a_transaction_sees_its_own_writes,
    a_chunk_is_told_to_end,
    futures_answer_too,
);

one_writer!(a_chunk_makes_room, jobs_keep_their_share, the_queue_is_bounded);

type Closure = Box<dyn Fn(&mut dyn Tx) -> throng_directory::Result<()> + Send>;

/// Holds the writer until the sender is dropped, so that what is queued meanwhile shares a transaction.
fn hold_writer(store: &dyn Store) -> (Answer, Sender<()>) {
    let (release, held) = channel::<()>();
    let (started, starts) = channel();
    let held: Mutex<Receiver<()>> = Mutex::new(held);
    let answer = store.write_dyn(
        Class::Interactive,
        Box::new(move |_| {
            let _ = started.send(());
            let _ = held.lock().unwrap().recv();
            Ok(Box::new(()))
        }),
    );
    starts.recv().unwrap();
    (answer, release)
}

/// Runs closures in one transaction.
fn together(store: &dyn Store, closures: Vec<Closure>) -> Vec<Result<(), Error>> {
    let (held, release) = hold_writer(store);
    let answers: Vec<Answer> = closures
        .into_iter()
        .map(|closure| {
            let closure = move |tx: &mut dyn Tx| closure(tx).map(|()| Box::new(()) as _);
            store.write_dyn(Class::Interactive, Box::new(closure))
        })
        .collect();
    drop(release);
    held.wait().unwrap();
    answers.into_iter().map(|answer| answer.wait().map(drop)).collect()
}

fn an_error_takes_back_its_own_closure_only(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| insert_group(tx, acme, &group(1, "one"))).unwrap();
    let results = together(
        store,
        vec![
            Box::new(move |tx| {
                insert_group(tx, acme, &group(2, "two"))?;
                insert_group(tx, acme, &group(3, "one"))
            }),
            Box::new(move |tx| {
                insert_group(tx, acme, &group(4, "four"))?;
                Err(Error::NotFound("on purpose".to_owned()))
            }),
            Box::new(move |tx| insert_group(tx, acme, &group(5, "five"))),
        ],
    );
    assert!(matches!(results[0], Err(Error::AlreadyExists { field: "displayName", .. })));
    assert_eq!(results[1], Err(Error::NotFound("on purpose".to_owned())));
    assert_eq!(results[2], Ok(()));
    assert_eq!(numbers(store, acme), [1, 5]);
}

fn numbers(store: &dyn Store, account: throng_directory::ids::AccountId) -> Vec<i64> {
    let all = read(store, move |snapshot| snapshot.groups(account, &Scan::All, &Page::first(99)));
    all.iter().map(|group| group.number.0).collect()
}

fn a_panic_takes_back_its_own_closure_only(store: &dyn Store) {
    let acme = account(store, "acme");
    let results = together(
        store,
        vec![
            Box::new(move |tx| insert_group(tx, acme, &group(1, "one"))),
            Box::new(move |tx| {
                insert_group(tx, acme, &group(2, "two"))?;
                panic!("on purpose")
            }),
            Box::new(move |tx| insert_group(tx, acme, &group(3, "three"))),
        ],
    );
    assert!(matches!(&results[1], Err(Error::Internal(text)) if text.contains("on purpose")));
    assert_eq!(numbers(store, acme), [1, 3]);
    let read = store.read_blocking::<(), _>(|_| panic!("reading"));
    assert!(matches!(read, Err(Error::Internal(text)) if text.contains("reading")));
}

fn an_attempt_that_fails_leaves_the_rest(store: &dyn Store) {
    let acme = account(store, "acme");
    let outcomes = write(store, move |tx| {
        let mut outcomes = Vec::new();
        // The third name is taken, and the fourth attempt sees what stays.
        for (number, name) in [(1, "one"), (2, "two"), (3, "one"), (4, "four")] {
            let attempt = tx.attempt(&mut |tx| {
                // Locks are those of the attempt: each may begin with the first again.
                insert_group(tx, acme, &group(number, name))?;
                let count = tx.groups(acme, &Scan::All, &Page::first(99))?.len();
                if number == 2 { Err(Error::NotFound("on purpose".to_owned())) } else { Ok(Box::new(count)) }
            })?;
            outcomes.push(attempt.map(|count| *count.downcast::<usize>().unwrap()));
        }
        Ok(outcomes)
    });
    let outcomes = outcomes.unwrap();
    assert_eq!((&outcomes[0], &outcomes[3]), (&Ok(1), &Ok(2)));
    assert_eq!(outcomes[1], Err(Error::NotFound("on purpose".to_owned())));
    assert!(matches!(outcomes[2], Err(Error::AlreadyExists { field: "displayName", .. })), "{outcomes:?}");
    assert_eq!(numbers(store, acme), [1, 4]);
    // Taken back as a whole, nothing of it is left.
    let swallowed = write(store, move |tx| {
        tx.attempt(&mut |tx| insert_group(tx, acme, &group(5, "five")).map(|()| Box::new(()) as _))?.unwrap();
        let hidden = tx.attempt(&mut |tx| {
            drop(insert_group(tx, acme, &group(6, "one")));
            Ok(Box::new(()))
        })?;
        assert!(matches!(hidden, Err(Error::AlreadyExists { .. })), "an error that was swallowed");
        Err::<(), _>(Error::NotFound("on purpose".to_owned()))
    });
    assert_eq!(swallowed, Err(Error::NotFound("on purpose".to_owned())));
    assert_eq!(numbers(store, acme), [1, 4]);
}

fn a_failed_transaction_cannot_go_on(store: &dyn Store) {
    let acme = account(store, "acme");
    let swallowed = write(store, move |tx| {
        insert_group(tx, acme, &group(1, "one"))?;
        let first = insert_group(tx, acme, &group(2, "one")).unwrap_err();
        assert_eq!(insert_group(tx, acme, &group(3, "three")).unwrap_err(), first);
        assert_eq!(tx.count_groups(acme, &Scan::All).unwrap_err(), first);
        Ok(())
    });
    assert!(matches!(swallowed, Err(Error::AlreadyExists { field: "displayName", .. })), "{swallowed:?}");
    assert!(numbers(store, acme).is_empty());
}

fn a_transaction_sees_its_own_writes(store: &dyn Store) {
    let acme = account(store, "acme");
    write(store, move |tx| {
        let key = tx.allocate_users(acme, 1)?;
        let ann = user(key.0, "ann");
        tx.insert_users(acme, &[(ann.key, &ann)])?;
        assert_eq!(tx.user_by_name(acme, "ann")?.as_ref(), Some(&ann));
        delete(tx, acme, &[&ann])?;
        assert_eq!(tx.missing_members(acme, &[MemberKey::user(key)])?, [MemberKey::user(key)]);
        assert!(!tx.should_yield());
        Ok(())
    })
    .unwrap();
    users(store, acme, &["ann"]);
    assert!(read(store, move |snapshot| snapshot.user_by_name(acme, "ann")).is_some());
}

/// Works until the chunk should end; how often it asked.
fn spin(tx: &mut dyn Tx) -> u64 {
    let mut rounds = 0;
    while !tx.should_yield() {
        rounds += 1;
        assert!(rounds < 1_000_000_000, "a chunk is never told to end");
    }
    rounds
}

/// How long something takes.
#[expect(clippy::disallowed_methods, reason = "measures how the writer's time is shared")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = std::time::Instant::now();
    work();
    start.elapsed()
}

fn a_chunk_is_told_to_end(store: &dyn Store) {
    // Its 20 ms begin a little before the closure does.
    let took = || {
        store
            .write_blocking(Class::Chunk, |tx| {
                Ok(timed(|| {
                    spin(tx);
                }))
            })
            .unwrap()
    };
    assert!((0..20).any(|_| took() >= Duration::from_millis(19)));
}

fn a_chunk_makes_room(store: &dyn Store) {
    // A machine with other work may interrupt the chunk that is alone; not every time.
    let made_room = (0..100).any(|_| {
        let alone = store.write_blocking(Class::Chunk, |tx| Ok(spin(tx))).unwrap();
        let (held, release) = hold_writer(store);
        let chunk = store.write_dyn(Class::Chunk, Box::new(|tx| Ok(Box::new(spin(tx)))));
        drop(release);
        held.wait().unwrap();
        let beside = *chunk.wait().unwrap().downcast::<u64>().unwrap();
        beside > 0 && beside * 4 < alone
    });
    assert!(made_room);
}

fn jobs_keep_their_share(store: &dyn Store) {
    // A quarter, less what the measurement misses at its ends. A machine with other work may spoil a
    // measurement; not every one.
    let shares: Vec<u64> = (0..5).map(|_| share_of_jobs(store)).collect();
    assert!(
        shares.iter().any(|share| (20..=60).contains(share)),
        "jobs had {shares:?} % of the writer's time"
    );
}

/// Percent of the writer's time that chunks get beside more clients than it can serve, each write 1 ms long.
fn share_of_jobs(store: &dyn Store) -> u64 {
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap();
    let clients = Arc::new(AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let jobs = std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let clients = Arc::clone(&clients);
                    let work = move |_: &mut dyn Tx| {
                        let time = timed(|| std::thread::sleep(Duration::from_millis(1)));
                        clients.fetch_add(nanos(time), Ordering::Relaxed);
                        Ok(())
                    };
                    store.write_blocking(Class::Interactive, work).unwrap();
                }
            });
        }
        let mut jobs = 0;
        while clients.load(Ordering::Relaxed) < 150_000_000 {
            let time = store.write_blocking(Class::Chunk, |tx| {
                Ok(timed(|| {
                    spin(tx);
                }))
            });
            jobs += nanos(time.unwrap());
        }
        stop.store(true, Ordering::Relaxed);
        jobs
    });
    let clients = clients.load(Ordering::Relaxed);
    jobs * 100 / (jobs + clients)
}

fn the_queue_is_bounded(store: &dyn Store) {
    let (held, release) = hold_writer(store);
    let answers: Vec<Answer> =
        (0..5_000).map(|_| store.write_dyn(Class::Interactive, Box::new(|_| Ok(Box::new(()))))).collect();
    drop(release);
    held.wait().unwrap();
    let refused = answers.into_iter().map(Answer::wait).filter(Result::is_err);
    let refused: Vec<Error> = refused.map(|answer| answer.unwrap_err()).collect();
    assert!(matches!(refused[0], Error::Unavailable(_)), "{refused:?}");
    assert!((100..4_000).contains(&refused.len()), "{}", refused.len());
}

fn futures_answer_too(store: &dyn Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        store.write(Class::Interactive, |tx| tx.create_account("acme", NOW)).await.unwrap();
        let found = store.read(Cost::Scan, |snapshot| snapshot.account("acme")).await.unwrap();
        assert_eq!(found.unwrap().name, "acme");
        let found = store.read(Cost::Point, |snapshot| snapshot.account("acme")).await.unwrap();
        assert!(found.is_some());
    });
    assert_eq!(store.durability(), Durability::PowerLoss);
}
