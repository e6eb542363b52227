use std::collections::BTreeMap;
use std::time::Duration;

use throng_directory::ids::{AccountId, GroupNumber, JobNumber};
use throng_directory::model::jobs::{
    About, BulkSpec, DeletionSpec, DryRun, ImportSpec, Job, JobsChosen, Kind, Spec, Target,
};
use throng_directory::model::schedule::{Priority, Schedule, Waiting};
use throng_directory::port::{AccountLock, Claim, Glimpse, Snapshot, Store, StoreExt};
use throng_jobs::{Instant, State};

use crate::backend::conformance;
use crate::make::{NOW, account, at, insert_job, job, read, token, write};

conformance!(
    what_is_not_due_is_in_no_queue,
    urgent_heads_of_queues_come_first,
    what_waits_and_what_was_removed_is_counted,
    ended_jobs_are_purged_by_their_age,
    a_clock_that_jumps_is_not_believed_until_it_is_trusted,
    lists_find_jobs_by_what_they_are_about,
    watchers_find_what_has_not_ended_and_what_has_ended_since,
);

/// A moment that neither a test's clock nor a database's has reached.
fn far() -> Instant {
    at(300 * 366 * 86_400_000_000)
}

fn of_group(account: AccountId, number: i64, group: i64, seq: i64) -> Job {
    job(account, number, Target::Group(GroupNumber(group)), seq)
}

fn scheduled(mut job: Job, schedule: Schedule) -> Job {
    job.schedule = schedule;
    job
}

fn ended(mut job: Job, at: Instant) -> Job {
    job.counts.removed = 4;
    job.end(State::Completed, at);
    job
}

/// Claims what there is and leaves it claimed; the numbers.
fn claimed(store: &dyn Store) -> Vec<i64> {
    let mut numbers = Vec::new();
    for n in 0..20 {
        let claim = Claim { after: None, token: token(n), lease: Duration::from_mins(1), now: NOW };
        match write(store, move |tx| tx.claim(&claim)).unwrap() {
            Some(held) => numbers.push(held.job.number.0),
            None => break,
        }
    }
    numbers
}

fn what_is_not_due_is_in_no_queue(store: &dyn Store) {
    let acme = account(store, "acme");
    let until = |not_before| Schedule { not_before: Some(not_before), ..Schedule::default() };
    let after = |job| Schedule { after: Some(JobNumber(job)), ..Schedule::default() };
    insert_job(store, &scheduled(of_group(acme, 1, 1, 1), until(far())));
    insert_job(store, &scheduled(of_group(acme, 2, 2, 1), after(1)));
    insert_job(store, &ended(of_group(acme, 3, 3, 1), NOW));
    insert_job(store, &scheduled(of_group(acme, 4, 3, 2), after(3)));
    insert_job(store, &scheduled(of_group(acme, 5, 4, 1), after(999)));
    read(store, move |snapshot| {
        let busy = |group| Target::Group(GroupNumber(group));
        assert_eq!(
            [1, 2, 3, 4].map(|group| snapshot.is_busy(acme, busy(group)).unwrap()),
            [false, false, true, true]
        );
        assert_eq!(snapshot.jobs_ahead(acme, busy(1), 9)?, 0);
        assert_eq!(snapshot.jobs_ahead(acme, busy(3), 9)?, 1);
        Ok(())
    });
    // The next of the queue passes what is not due.
    insert_job(store, &of_group(acme, 6, 1, 2));
    insert_job(store, &scheduled(of_group(acme, 7, 5, 1), until(NOW)));
    let mut numbers = claimed(store);
    numbers.sort_unstable();
    assert_eq!(numbers, [4, 5, 6, 7]);
    // What is planned is stopped like any other.
    let unfinished =
        write(store, move |tx| tx.lock_unfinished(acme, Target::Group(GroupNumber(1)), 9)).unwrap();
    assert_eq!(unfinished.iter().map(|job| job.number.0).collect::<Vec<_>>(), [1, 6]);
    assert_eq!(unfinished[0].schedule, until(far()));
}

fn urgent_heads_of_queues_come_first(store: &dyn Store) {
    let acme = account(store, "acme");
    let of = |priority| Schedule { priority, ..Schedule::default() };
    insert_job(store, &scheduled(of_group(acme, 1, 1, 1), of(Priority::Low)));
    // Its queue is not urgent before its first job is.
    insert_job(store, &scheduled(of_group(acme, 2, 1, 2), of(Priority::High)));
    insert_job(store, &of_group(acme, 3, 2, 1));
    insert_job(store, &scheduled(of_group(acme, 4, 3, 1), of(Priority::High)));
    insert_job(store, &of_group(acme, 5, 4, 1));
    insert_job(store, &scheduled(of_group(acme, 6, 5, 1), of(Priority::High)));
    assert_eq!(claimed(store), [4, 6, 3, 5, 1]);
}

fn what_waits_and_what_was_removed_is_counted(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let none = Waiting { jobs: 0, items: 0, rests_for: Duration::ZERO };
    read(store, move |snapshot| {
        assert_eq!(snapshot.waiting(acme)?, none);
        assert_eq!(snapshot.removed_since(acme, NOW, JobNumber(0))?, 0);
        Ok(())
    });
    for number in 1..=2 {
        insert_job(store, &ended(of_group(acme, number, number, 1), at(number)));
    }
    // A file that takes people away counts like them, what it would take away does not.
    for (number, is_dry, target) in [(3, false, Target::Users), (6, true, Target::Nothing(JobNumber(6)))] {
        let spec = Spec::Import(ImportSpec { is_dry, ..ImportSpec::default() });
        insert_job(store, &ended(Job { target, spec, ..of_group(acme, number, 1, 1) }, at(3)));
    }
    let mut running = of_group(acme, 4, 4, 1);
    (running.state, running.counts.removed) = (State::InProgress, 3);
    insert_job(store, &running);
    let mut held = of_group(acme, 5, 5, 1);
    (held.state, held.held_at) = (State::AwaitingApproval, Some(at(7)));
    insert_job(store, &held);
    read(store, move |snapshot| {
        assert_eq!(snapshot.waiting(acme)?, Waiting { jobs: 2, items: 17, ..none });
        assert_eq!(snapshot.waiting(other)?, none);
        let removed = |since, but| snapshot.removed_since(acme, at(since), JobNumber(but)).unwrap();
        let mut removed = removed;
        assert_eq!(
            [removed(0, 0), removed(2, 0), removed(2, 2), removed(9, 0), removed(9, 4)],
            [15, 11, 7, 3, 0]
        );
        let open = snapshot.open_jobs()?.into_iter().map(|(state, jobs, _)| (state, jobs));
        let open: BTreeMap<_, _> = open.collect();
        assert_eq!(open, BTreeMap::from([(State::InProgress, 1), (State::AwaitingApproval, 1)]));
        assert_eq!(snapshot.held_before(at(7), 9)?, []);
        assert_eq!(snapshot.held_before(at(8), 9)?, [(acme, JobNumber(5))]);
        Ok(())
    });
}

fn ended_jobs_are_purged_by_their_age(store: &dyn Store) {
    let acme = account(store, "acme");
    let now = move || read(store, move |snapshot| snapshot.store_now(acme));
    let begun = now();
    // Their own clocks said that they ended long ago, or that they will in a long time.
    for (number, ended_at) in [(1, at(1)), (2, far()), (3, at(3))] {
        insert_job(store, &ended(of_group(acme, number, number, 1), ended_at));
    }
    insert_job(store, &of_group(acme, 4, 4, 1));
    let later = now().plus(Duration::from_secs(1));
    let old = move |before, limit| read(store, move |snapshot| snapshot.ended_before(acme, before, limit));
    assert_eq!(old(begun, 9), []);
    assert_eq!(old(later, 2), [JobNumber(1), JobNumber(2)]);
    // What has not ended, and what still has its items, stays whatever is asked.
    write(store, move |tx| {
        tx.delete_purged(acme, JobNumber(1))?;
        tx.hide_job(acme, JobNumber(4))?;
        tx.mark_purged(acme, JobNumber(4))?;
        tx.hide_job(acme, JobNumber(2))
    })
    .unwrap();
    // What is hidden is not shown, and not forgotten before its items are gone.
    read(store, move |snapshot| {
        assert_eq!(snapshot.half_purged(9)?, [(acme, JobNumber(2))]);
        assert_eq!(snapshot.purged_before(later, 9)?, []);
        assert!(snapshot.job(acme, JobNumber(2))?.unwrap().purged_at.is_some());
        Ok(())
    });
    write(store, move |tx| tx.mark_purged(acme, JobNumber(2))).unwrap();
    assert_eq!(read(store, |snapshot| snapshot.half_purged(9)), []);
    assert_eq!(old(later, 9), [JobNumber(1), JobNumber(3)]);
    read(store, move |snapshot| {
        assert_eq!(snapshot.purged_before(later, 9)?, [(acme, JobNumber(2))]);
        assert_eq!(snapshot.purged_before(begun, 9)?, []);
        assert!(snapshot.job(acme, JobNumber(2))?.unwrap().purged_at >= Some(begun));
        assert_eq!(snapshot.job(acme, JobNumber(4))?.unwrap().purged_at, None);
        Ok(())
    });
    write(store, move |tx| tx.delete_purged(acme, JobNumber(2))).unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.job(acme, JobNumber(2))?, None);
        assert!(snapshot.job(acme, JobNumber(1))?.is_some());
        Ok(())
    });
}

fn a_clock_that_jumps_is_not_believed_until_it_is_trusted(store: &dyn Store) {
    let note = |jump_max| write(store, move |tx| tx.note_clock(jump_max)).unwrap();
    let first = note(Duration::ZERO).unwrap();
    std::thread::sleep(Duration::from_millis(2));
    // It has gone on by more than nothing, however often one looks.
    assert_eq!((note(Duration::ZERO), note(Duration::ZERO)), (None, None));
    let second = note(Duration::from_hours(1)).unwrap();
    assert!(second > first);
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(note(Duration::from_millis(1)), None);
    write(store, |tx| tx.trust_clock()).unwrap();
    assert!(note(Duration::from_hours(1)).unwrap() > second);
}

fn watchers_find_what_has_not_ended_and_what_has_ended_since(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let begun = read(store, move |snapshot| snapshot.store_now(acme));
    for number in 1..=4 {
        insert_job(store, &of_group(acme, number, number, 1));
    }
    insert_job(store, &of_group(other, 9, 1, 1));
    let mut staged = of_group(acme, 5, 5, 0);
    staged.state = State::Receiving;
    insert_job(store, &staged);
    // One that is there and has ended, at whatever time its own clock said.
    insert_job(store, &ended(of_group(acme, 6, 6, 1), at(-1)));
    let numbers = |jobs: Vec<Glimpse>| jobs.iter().map(|job| job.number.0).collect::<Vec<_>>();
    let unfinished =
        move |after, limit| read(store, move |snapshot| snapshot.unfinished(acme, JobNumber(after), limit));
    assert_eq!(numbers(unfinished(0, 9)), [1, 2, 3, 4]);
    assert_eq!((numbers(unfinished(0, 2)), numbers(unfinished(2, 2))), (vec![1, 2], vec![3, 4]));
    let first = unfinished(0, 1)[0];
    assert_eq!((first.state, first.processed, first.total), (State::Pending, 0, 10));

    // They end in another order than they began, and one is thrown away.
    for number in [3, 1, 2] {
        write(store, move |tx| {
            let target = Target::Group(GroupNumber(number));
            tx.lock_account(acme, AccountLock::Shared)?;
            tx.lock_group(acme, GroupNumber(number))?;
            let mut job = tx.lock_unfinished(acme, target, 9)?.remove(0);
            job.end(State::Aborted, at(number));
            tx.update_job(&job)
        })
        .unwrap();
    }
    write(store, move |tx| {
        tx.hide_job(acme, JobNumber(1))?;
        tx.mark_purged(acme, JobNumber(1))
    })
    .unwrap();
    assert_eq!(numbers(unfinished(0, 9)), [4]);
    let ended = move |after, limit| read(store, move |snapshot| snapshot.ended_after(acme, after, limit));
    let all = ended((begun, JobNumber(0)), 9);
    assert_eq!(numbers(all.clone()), [6, 3, 2]);
    assert!(all.iter().all(|job| job.state.is_terminal() && job.touched_at >= begun));
    let place = (all[0].touched_at, all[0].number);
    assert_eq!(numbers(ended(place, 1)), [3]);
    let now = read(store, move |snapshot| snapshot.store_now(acme));
    assert!(all.iter().all(|job| job.touched_at <= now));
    assert_eq!(ended((now.plus(Duration::from_secs(1)), JobNumber(0)), 9), []);
}

fn lists_find_jobs_by_what_they_are_about(store: &dyn Store) {
    let acme = account(store, "acme");
    insert_job(store, &of_group(acme, 1, 7, 1));
    for (number, group) in [(2, 7), (3, 77), (4, 0)] {
        let mut dry = of_group(acme, number, 7, 1);
        dry.target = Target::Nothing(JobNumber(number));
        if let Spec::Membership(spec) = &mut dry.spec {
            spec.dry_run = Some(DryRun { group, changes: Vec::new() });
        }
        insert_job(store, &dry);
    }
    for (number, spec) in [
        (5, Spec::Bulk(BulkSpec { origin: None, source: None, is_dry: true })),
        (6, Spec::Bulk(BulkSpec { origin: None, source: None, is_dry: false })),
        (7, Spec::Deletion(DeletionSpec { filter: None, as_made: false, origin: None, is_dry: true })),
    ] {
        let target = Target::Nothing(JobNumber(number));
        insert_job(store, &Job { target, spec, ..of_group(acme, number, 7, 1) });
    }
    let found = |about: Option<About>| {
        let chosen = JobsChosen { kinds: Kind::ALL.to_vec(), about, ..JobsChosen::default() };
        let read = move |snapshot: &mut dyn Snapshot| snapshot.jobs_before(acme, &chosen, None, 9);
        let jobs = store.read_blocking(read).unwrap();
        jobs.iter().map(|job| job.number.0).collect::<Vec<_>>()
    };
    let about = |target: Target| found(Some(About::Queue(target)));
    assert_eq!(about(Target::Group(GroupNumber(7))), [2, 1]);
    assert_eq!(about(Target::Group(GroupNumber(77))), [3]);
    assert_eq!(about(Target::Users), [7]);
    assert_eq!(about(Target::Maintenance), [0i64; 0]);
    assert_eq!(found(Some(About::Account)), [6, 5]);
    assert_eq!(found(Some(About::Nothing)), [7, 5, 4, 3, 2]);
    assert_eq!(found(None), [7, 6, 5, 4, 3, 2, 1]);
}
