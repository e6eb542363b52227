use std::sync::Barrier;
use std::time::Duration;

use throng_directory::Error;
use throng_directory::ids::{AccountId, GroupNumber, JobNumber};
use throng_directory::model::jobs::{Held, Job, Kind, Target};
use throng_directory::port::{AccountLock, Claim, JobsOfKind, Store};
use throng_jobs::{Outcome, State};
use throng_store::Settings;

use crate::backend::{conformance, reopen};
use crate::make::{NOW, account, at, insert_job, job, read, token, update, write};

conformance!(
    stored_as_given,
    a_name_is_given_once,
    the_sum_law_is_checked,
    an_ended_job_never_changes,
    claimed_in_order_of_acceptance,
    accounts_and_targets_take_turns,
    what_awaits_approval_is_in_no_queue,
    a_lease_runs_out_and_is_lost,
    a_holder_that_cannot_go_on_releases,
    claimants_that_race_share_the_jobs,
    received_is_invisible,
);

const USERS: Target = Target::Users;

/// Long enough for a test never to see it run out.
const LONG: Duration = Duration::from_secs(30);

fn claim(store: &dyn Store, after: Option<AccountId>, n: u8) -> Option<Held> {
    claim_for(store, after, n, LONG)
}

fn claim_for(store: &dyn Store, after: Option<AccountId>, n: u8, lease: Duration) -> Option<Held> {
    let claim = Claim { after, token: token(n), lease, now: NOW };
    write(store, move |tx| tx.claim(&claim)).unwrap()
}

fn give_back(store: &dyn Store, account: AccountId, number: JobNumber) {
    write(store, move |tx| {
        let job = tx.job(account, number)?.unwrap();
        tx.lock_unfinished(account, job.target, 9)?;
        tx.give_back(account, number)
    })
    .unwrap();
}

fn hold(store: &dyn Store, account: AccountId, n: u8, lease: Duration) -> Result<Job, Error> {
    write(store, move |tx| tx.hold(account, JobNumber(1), token(n), lease))
}

fn stored_as_given(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut given = job(acme, 5, Target::Group(GroupNumber(3)), 1);
    given.name = Some("nightly".to_owned());
    insert_job(store, &given);
    insert_job(store, &job(acme, 6, USERS, 1));
    given.tally.add(Outcome::AlreadyMember, 4);
    given.tally.add(Outcome::NotFound, 2);
    given.counts.ignored = 6;
    given.cursor = 1;
    given.planned = true;
    given.message = Some("so far".to_owned());
    (given.started_at, given.attempts) = (Some(at(9)), 2);
    let want = given.clone();
    write(store, move |tx| update(tx, &given)).unwrap();
    read(store, move |snapshot| {
        let got = snapshot.job(acme, JobNumber(5))?;
        assert_eq!(got.as_ref(), Some(&want));
        assert_eq!(snapshot.job_by_uuid(acme, want.uuid)?, got);
        assert_eq!(snapshot.job_by_name(acme, "nightly")?, got);
        assert_eq!(snapshot.job(AccountId(0), JobNumber(5))?, None);
        let listed = snapshot.jobs(acme, JobsOfKind { kind: Kind::Membership, limit: 10 })?;
        assert_eq!(listed.iter().map(|job| job.number.0).collect::<Vec<_>>(), [6, 5]);
        assert_eq!(snapshot.jobs(acme, JobsOfKind { kind: Kind::Import, limit: 10 })?, []);
        assert!(snapshot.is_busy(acme, USERS)?);
        assert!(!snapshot.is_busy(acme, Target::Maintenance)?);
        Ok(())
    });
    let unfinished =
        write(store, move |tx| tx.lock_unfinished(acme, Target::Group(GroupNumber(3)), 10)).unwrap();
    assert_eq!(unfinished.iter().map(|job| job.number.0).collect::<Vec<_>>(), [5]);
    let seq = write(store, move |tx| {
        tx.lock_account(acme, AccountLock::Exclusive)?;
        Ok((tx.next_queue_seq(acme, USERS)?, tx.next_queue_seq(acme, Target::Maintenance)?))
    });
    assert_eq!(seq.unwrap(), (2, 1));
}

fn a_name_is_given_once(store: &dyn Store) {
    let acme = account(store, "acme");
    let beta = account(store, "beta");
    let mut named = job(acme, 1, USERS, 1);
    named.name = Some("n".to_owned());
    insert_job(store, &named);
    let mut elsewhere = named.clone();
    elsewhere.account = beta;
    insert_job(store, &elsewhere);
    insert_job(store, &job(acme, 2, USERS, 2));

    let mut other = job(acme, 3, USERS, 3);
    other.name = Some("n".to_owned());
    let mut staged = other.clone();
    staged.state = State::Receiving;
    let inserted = write(store, move |tx| tx.insert_job(&other)).unwrap_err();
    let mut renamed = job(acme, 2, USERS, 2);
    renamed.name = Some("n".to_owned());
    let updated = write(store, move |tx| update(tx, &renamed)).unwrap_err();
    // What is being received owns no name, and finds out when it is accepted.
    insert_job(store, &staged);
    staged.state = State::Pending;
    let accepted = write(store, move |tx| update(tx, &staged)).unwrap_err();
    for error in [inserted, updated, accepted] {
        assert!(matches!(error, Error::AlreadyExists { field: "jobName", .. }), "{error:?}");
    }
}

fn the_sum_law_is_checked(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut broken = job(acme, 1, USERS, 1);
    broken.counts.created = 11;
    let error = write(store, move |tx| tx.insert_job(&broken)).unwrap_err();
    assert!(matches!(&error, Error::Internal(text) if text.contains("jobs_total")), "{error:?}");

    insert_job(store, &job(acme, 2, USERS, 1));
    let mut early = job(acme, 2, USERS, 1);
    early.state = State::Completed;
    early.counts.created = 9;
    let error = write(store, move |tx| update(tx, &early)).unwrap_err();
    assert!(matches!(&error, Error::Internal(text) if text.contains("jobs_ended")), "{error:?}");
}

fn an_ended_job_never_changes(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut ended = job(acme, 1, USERS, 1);
    (ended.state, ended.counts.created) = (State::Completed, 10);
    insert_job(store, &ended);
    let mut again = ended.clone();
    again.state = State::Aborted;
    let mut recounted = ended.clone();
    (recounted.counts.created, recounted.counts.ignored) = (9, 1);
    for changed in [again, recounted] {
        let error = write(store, move |tx| update(tx, &changed)).unwrap_err();
        assert!(matches!(&error, Error::Internal(text) if text.contains("never changes")), "{error:?}");
    }
    assert_eq!(read(store, move |snapshot| snapshot.job(acme, JobNumber(1))), Some(ended));
}

fn end(store: &dyn Store, held: &Held) {
    let mut job = held.job.clone();
    job.counts.skip_rest();
    job.state = State::Aborted;
    write(store, move |tx| update(tx, &job)).unwrap();
}

fn claimed_in_order_of_acceptance(store: &dyn Store) {
    let acme = account(store, "acme");
    for (number, seq) in [(1, 3), (2, 1), (3, 2)] {
        insert_job(store, &job(acme, number, USERS, seq));
    }
    for number in [2, 3, 1] {
        let held = claim(store, None, 1).unwrap();
        assert_eq!(held.job.number.0, number);
        assert_eq!((held.job.state, held.job.attempts), (State::InProgress, 1));
        assert_eq!(held.job.started_at, Some(NOW));
        // One job of a target at a time.
        assert!(claim(store, None, 2).is_none());
        end(store, &held);
    }
    assert!(claim(store, None, 1).is_none());
}

fn accounts_and_targets_take_turns(store: &dyn Store) {
    let accounts = [account(store, "a"), account(store, "b"), account(store, "c")];
    for account in accounts {
        for group in 1..=3 {
            insert_job(store, &job(account, group, Target::Group(GroupNumber(group)), 1));
        }
    }
    let mut served = Vec::new();
    let mut last = Some(accounts[0]);
    for n in 0..9 {
        let held = claim(store, last, n).unwrap();
        last = Some(held.job.account);
        served.push((held.job.account.0 - accounts[0].0, held.job.number.0));
    }
    assert_eq!(served, [(1, 1), (2, 1), (0, 1), (1, 2), (2, 2), (0, 2), (1, 3), (2, 3), (0, 3)]);
    assert!(claim(store, last, 9).is_none());

    // A job that was given back lets its account's other targets go first.
    let acme = accounts[0];
    write(store, move |tx| {
        for group in 1..=3 {
            tx.lock_unfinished(acme, Target::Group(GroupNumber(group)), 9)?;
            tx.give_back(acme, JobNumber(group))?;
        }
        Ok(())
    })
    .unwrap();
    let first = claim(store, last, 1).unwrap();
    give_back(store, acme, first.job.number);
    let second = claim(store, last, 1).unwrap();
    assert_eq!((first.job.number.0, first.job.attempts), (1, 2));
    assert_eq!(second.job.number.0, 2);
}

fn what_awaits_approval_is_in_no_queue(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut held_back = job(acme, 1, USERS, 1);
    held_back.state = State::AwaitingApproval;
    insert_job(store, &held_back);
    assert!(claim(store, None, 1).is_none());
    insert_job(store, &job(acme, 2, USERS, 2));
    assert_eq!(claim(store, None, 1).unwrap().job.number.0, 2);
}

fn a_lease_runs_out_and_is_lost(store: &dyn Store) {
    let (acme, short) = (account(store, "acme"), Duration::from_millis(300));
    insert_job(store, &job(acme, 1, USERS, 1));
    assert!(claim(store, None, 1).is_some());
    let mut stopping = hold(store, acme, 1, short).unwrap();
    stopping.state = State::AbortInProgress;
    write(store, move |tx| update(tx, &stopping)).unwrap();

    assert!(claim(store, None, 2).is_none());
    std::thread::sleep(short);
    let second = claim(store, None, 2).unwrap();
    assert_eq!((second.job.state, second.job.attempts), (State::AbortInProgress, 2));
    assert_eq!(second.job.started_at, Some(NOW));
    assert_eq!(hold(store, acme, 1, LONG).unwrap_err(), Error::LeaseLost);
    assert!(hold(store, acme, 2, LONG).is_ok());
    give_back(store, acme, JobNumber(1));
    assert_eq!(hold(store, acme, 2, LONG).unwrap_err(), Error::LeaseLost);
    assert!(claim(store, None, 3).is_some());
}

fn a_holder_that_cannot_go_on_releases(store: &dyn Store) {
    let acme = account(store, "acme");
    insert_job(store, &job(acme, 1, USERS, 1));
    assert_eq!(claim(store, None, 1).unwrap().job.attempts, 1);
    // Somebody else's lease is left alone.
    write(store, move |tx| tx.release(acme, JobNumber(1), token(9), true)).unwrap();
    assert!(claim(store, None, 2).is_none());
    write(store, move |tx| tx.release(acme, JobNumber(1), token(1), true)).unwrap();
    assert_eq!(hold(store, acme, 1, LONG).unwrap_err(), Error::LeaseLost);
    assert_eq!(claim(store, None, 2).unwrap().job.attempts, 1);
    // An attempt that failed because of the job counts.
    write(store, move |tx| tx.release(acme, JobNumber(1), token(2), false)).unwrap();
    assert_eq!(claim(store, None, 3).unwrap().job.attempts, 2);
}

/// Each of many claimants gets a job of its own, and nobody gets one that another holds.
fn claimants_that_race_share_the_jobs(store: &dyn Store) {
    let acme = account(store, "acme");
    for group in 1..=40 {
        insert_job(store, &job(acme, group, Target::Group(GroupNumber(group)), 1));
    }
    let barrier = Barrier::new(8);
    let mut claimed: Vec<i64> = std::thread::scope(|scope| {
        let claimants: Vec<_> = (0..8)
            .map(|n| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    let tokens = (0..10).map(|k| 10 * n + k);
                    let held = tokens.filter_map(|n| claim_again(store, n));
                    held.map(|held| held.job.number.0).collect::<Vec<_>>()
                })
            })
            .collect();
        claimants.into_iter().flat_map(|claimant| claimant.join().unwrap()).collect()
    });
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=40).collect::<Vec<_>>());
}

/// Claims until there is an answer: who meets a faster claimant may be told to try again.
fn claim_again(store: &dyn Store, n: u8) -> Option<Held> {
    let claim = Claim { after: None, token: token(n), lease: LONG, now: NOW };
    loop {
        match write(store, move |tx| tx.claim(&claim)) {
            Err(Error::Unavailable(_)) => {}
            answer => return answer.unwrap(),
        }
    }
}

fn received_is_invisible(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut staged = job(acme, 1, USERS, 0);
    staged.state = State::Receiving;
    staged.name = Some("n".to_owned());
    staged.received_at = at(0);
    insert_job(store, &staged);
    read(store, move |snapshot| {
        assert_eq!(snapshot.job(acme, JobNumber(1))?, None);
        assert_eq!(snapshot.job_by_uuid(acme, staged.uuid)?, None);
        assert_eq!(snapshot.job_by_name(acme, "n")?, None);
        assert_eq!(snapshot.jobs(acme, JobsOfKind { kind: Kind::Membership, limit: 9 })?, []);
        assert!(!snapshot.is_busy(acme, USERS)?);
        assert_eq!(snapshot.staged(LONG, 9)?, []);
        Ok(())
    });
    let (moment, pause) = (Duration::from_millis(200), Duration::from_millis(250));
    std::thread::sleep(pause);
    assert_eq!(read(store, move |snapshot| snapshot.staged(moment, 9)), [(acme, JobNumber(1))]);
    assert_eq!(write(store, move |tx| tx.lock_unfinished(acme, USERS, 9)).unwrap(), []);
    assert!(claim(store, None, 1).is_none());
    let touched = write(store, move |tx| {
        Ok((tx.touch_staged(acme, JobNumber(1))?, tx.touch_staged(acme, JobNumber(2))?))
    });
    assert_eq!(touched.unwrap(), (true, false));
    assert_eq!(read(store, move |snapshot| snapshot.staged(moment, 9)), []);
}

#[test]
fn opening_clears_leases() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    insert_job(&*store, &job(acme, 1, USERS, 1));
    assert!(claim(&*store, None, 1).is_some());
    drop(store);
    let store = reopen(dir.path(), &Settings::default());
    assert_eq!(hold(&*store, acme, 1, LONG).unwrap_err(), Error::LeaseLost);
    assert_eq!(claim(&*store, None, 2).unwrap().job.attempts, 2);
}
