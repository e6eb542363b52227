use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use throng_backends::RealClock;
use throng_directory::Error;
use throng_directory::ids::{AccountId, GroupNumber, JobNumber};
use throng_directory::model::jobs::{Part, PartForm, Target};
use throng_directory::port::Store;
use throng_directory::port::scan::Scan;
use throng_jobs::State;
use throng_store::{CommitFault, CommitHook, OpenError, Settings, open};

use crate::backend::reopen;
use crate::make::{account, group, insert_group, insert_job, job, read, users, write};

#[test]
fn a_full_disk_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings { max_pages: Some(300), ..Settings::default() });
    let acme = account(&*store, "acme");
    let mut staged = job(acme, 1, Target::Users, 0);
    staged.state = State::Receiving;
    insert_job(&*store, &staged);

    let mut stored = 0;
    let full = loop {
        match put(&*store, acme, stored, 40_000) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1_000, "the disk never fills");
    };
    assert_eq!(full, Error::StorageFull);
    // Nothing of the refused transaction is there, and what was answered is.
    let parts = read(&*store, move |snapshot| snapshot.parts(acme, JobNumber(1), false, 0, 1_000));
    assert_eq!(parts.len(), stored as usize);
    // Space comes back: it works again.
    let dropped = write(&*store, move |tx| tx.drop_staged(acme, JobNumber(1), 5)).unwrap();
    assert_eq!(dropped, 5);
    put(&*store, acme, 5_000, 40_000).unwrap();
    users(&*store, acme, &["ann"]);
}

fn put(store: &dyn Store, account: AccountId, first: u32, bytes: usize) -> Result<(), Error> {
    let part = Part { first, items: 1, form: PartForm::Text, data: vec![1; bytes] };
    write(store, move |tx| {
        // Two effects, so that half of them would show.
        tx.touch_staged(account, JobNumber(1))?;
        tx.put_parts(account, JobNumber(1), std::slice::from_ref(&part))
    })
}

#[test]
fn neighbours_of_what_fills_the_disk_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings { max_pages: Some(200), ..Settings::default() });
    let acme = account(&*store, "acme");
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let store = &store;
                scope.spawn(move || {
                    (0..10)
                        .map(|k| {
                            if n == 0 {
                                put(&**store, acme, k, 2_000_000)
                            } else {
                                let number = i64::from(n) * 100 + i64::from(k);
                                write(&**store, move |tx| {
                                    insert_group(tx, acme, &group(number, &format!("g{number}")))
                                })
                            }
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(results[0].iter().all(|result| *result == Err(Error::StorageFull)), "{:?}", results[0]);
    assert!(results[1..].iter().flatten().all(Result::is_ok), "{results:?}");
    assert_eq!(read(&*store, move |snapshot| snapshot.count_groups(acme, &Scan::All)), 70);
}

/// A store whose commits fail when told to, and how often it reported the end.
type Faulty = (Arc<dyn Store>, Arc<Mutex<Option<CommitFault>>>, Arc<AtomicUsize>);

fn faulty(dir: &std::path::Path) -> Faulty {
    let fault = Arc::new(Mutex::new(None));
    let fatal = Arc::new(AtomicUsize::new(0));
    let (asked, told) = (Arc::clone(&fault), Arc::clone(&fatal));
    let hook: CommitHook = Arc::new(move || *asked.lock().unwrap());
    let on_fatal = Arc::new(move || {
        told.fetch_add(1, Ordering::SeqCst);
    });
    let store = reopen(dir, &Settings { on_fatal, commit_hook: Some(hook), ..Settings::default() });
    (store, fault, fatal)
}

#[test]
fn a_failing_commit_is_unknown_and_the_last() {
    for (fault, kept) in [(CommitFault::Before, 0), (CommitFault::After, 1)] {
        let dir = tempfile::tempdir().unwrap();
        let (store, hook, fatal) = faulty(dir.path());
        let acme = account(&*store, "acme");
        *hook.lock().unwrap() = Some(fault);
        let insert =
            move |n| move |tx: &mut dyn throng_directory::port::Tx| insert_group(tx, acme, &group(n, "g"));
        assert_eq!(write(&*store, insert(1)), Err(Error::OutcomeUnknown));
        *hook.lock().unwrap() = None;
        // No further acknowledgement.
        assert!(matches!(write(&*store, insert(2)), Err(Error::Unavailable(_))));
        drop(store);
        assert_eq!(fatal.load(Ordering::SeqCst), 1);
        let store = reopen(dir.path(), &Settings::default());
        assert_eq!(read(&*store, move |snapshot| snapshot.count_groups(acme, &Scan::All)), kept, "{fault:?}");
    }
}

#[test]
fn a_commit_that_finds_the_disk_full_did_not_happen() {
    let dir = tempfile::tempdir().unwrap();
    let (store, hook, fatal) = faulty(dir.path());
    let acme = account(&*store, "acme");
    *hook.lock().unwrap() = Some(CommitFault::Full);
    let insert = |n| write(&*store, move |tx| insert_group(tx, acme, &group(n, &format!("g{n}"))));
    assert_eq!(insert(1), Err(Error::StorageFull));
    *hook.lock().unwrap() = None;
    assert_eq!(insert(2), Ok(()));
    let groups = read(&*store, move |snapshot| {
        Ok((snapshot.group(acme, GroupNumber(1))?.is_some(), snapshot.group(acme, GroupNumber(2))?.is_some()))
    });
    assert_eq!(groups, (false, true));
    assert_eq!(fatal.load(Ordering::SeqCst), 0);
}

#[test]
fn a_directory_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = reopen(&data, &Settings::default());
    let second = open(&data, &Settings::default(), Arc::new(RealClock)).map(drop).unwrap_err();
    assert!(matches!(&second, OpenError::Locked(at) if *at == data), "{second:?}");
    assert!(second.to_string().contains(data.to_str().unwrap()));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&data).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    drop(store);
    reopen(&data, &Settings::default());
}
