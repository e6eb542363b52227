use std::time::Duration;

use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::{
    Chunk, IdempotencyRecord, Job, Part, PartForm, PartPlace, ResultCounts, ResultPage, RowPage, Stretch,
    Target,
};
use throng_directory::port::{Store, StoreExt, Tx};
use throng_jobs::State;
use throng_store::Settings;

use crate::backend::{conformance, reopen};
use crate::make::{account, insert_job, job, put_key, read, token, write};

conformance!(parts, chunks, row_pages, result_pages, staged_rows_are_dropped, idempotency_records);

const JOB: JobNumber = JobNumber(4);
const DAY: Duration = Duration::from_hours(24);

fn part(first: u32, form: PartForm) -> Part {
    Part { first, items: 2, form, data: vec![u8::try_from(first).unwrap(); 3] }
}

fn stretch(block: u32, start: u32, length: u32) -> Stretch {
    Stretch { block, start, length }
}

fn parts(store: &dyn Store) {
    let acme = account(store, "acme");
    let all = [0, 2, 4].map(|first| part(first, PartForm::Text));
    let keys = [0, 2].map(|first| part(first, PartForm::Keys));
    let (a, k) = (all.clone(), keys.clone());
    write(store, move |tx| {
        tx.put_parts(acme, JOB, &a)?;
        tx.put_parts(acme, JOB, &k)
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.parts(acme, JOB, false, 0, 9)?, all);
        assert_eq!(snapshot.parts(acme, JOB, false, 1, 1)?, all[1..2]);
        assert_eq!(snapshot.parts(acme, JOB, true, 0, 9)?, keys);
        assert_eq!(snapshot.parts(acme, JobNumber(5), false, 0, 9)?, []);
        let place = |first, form| PartPlace { first, items: 2, form };
        let listed = [0, 2, 4].map(|first| place(first, PartForm::Text));
        assert_eq!(snapshot.part_places(acme, JOB, false)?, listed);
        assert_eq!(snapshot.part_places(acme, JOB, true)?, [0, 2].map(|first| place(first, PartForm::Keys)));
        let stretches = [stretch(4, 0, 1), stretch(4, 1, 9), stretch(0, 2, 1), stretch(4, 9, 1)];
        let read = snapshot.part_stretches(acme, JOB, false, &stretches)?;
        assert_eq!(read, [vec![4], vec![4, 4], vec![0], vec![]]);
        assert_eq!(snapshot.part_stretches(acme, JOB, true, &[stretch(2, 0, 3)])?, [keys[1].data.clone()]);
        Ok(())
    });
    let missing = [stretch(0, 0, 1), stretch(3, 0, 1)];
    store.read_blocking(move |snapshot| snapshot.part_stretches(acme, JOB, false, &missing)).unwrap_err();
    write(store, move |tx| tx.delete_parts(acme, JOB, PartForm::Keys)).unwrap();
    let left = read(store, move |snapshot| {
        Ok((snapshot.parts(acme, JOB, true, 0, 9)?.len(), snapshot.parts(acme, JOB, false, 0, 9)?.len()))
    });
    assert_eq!(left, (0, 3));
}

fn chunks(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut ended = job(acme, 4, Target::Users, 1);
    ended.state = State::Aborted;
    ended.counts.skip_rest();
    insert_job(store, &ended);
    insert_job(store, &job(acme, 9, Target::Users, 1));
    write(store, move |tx| {
        tx.put_chunk(acme, JobNumber(9), &Chunk { seq: 0, items: 1, entries: vec![1] })?;
        (0..5).try_for_each(|seq| tx.put_chunk(acme, JOB, &Chunk { seq, items: 3, entries: vec![8; 9] }))
    })
    .unwrap();
    assert_eq!(read(store, |snapshot| snapshot.ended_with_chunks(9)), [(acme, JOB)]);
    assert_eq!(read(store, |snapshot| snapshot.ended_with_chunks(0)), []);
    let got = read(store, move |snapshot| snapshot.chunks(acme, JOB, 3, 9));
    assert_eq!(got, [3, 4].map(|seq| Chunk { seq, items: 3, entries: vec![8; 9] }));
    let delete = || write(store, move |tx| tx.delete_chunks(acme, JOB, 3)).unwrap();
    assert_eq!((delete(), delete(), delete()), (3, 2, 0));
    assert_eq!(read(store, |snapshot| snapshot.ended_with_chunks(9)), []);
}

fn row_pages(store: &dyn Store) {
    let acme = account(store, "acme");
    let page = |run, page| RowPage { run, page, items: 1, data: vec![1, 2] };
    write(store, move |tx| tx.put_row_pages(acme, JOB, &[page(0, 0), page(0, 1), page(0, 2), page(1, 0)]))
        .unwrap();
    let pages = move |run, first, limit| {
        read(store, move |snapshot| snapshot.row_pages(acme, JOB, run, first, limit))
    };
    assert_eq!(pages(0, 1, 9), [page(0, 1), page(0, 2)]);
    let some = read(store, move |snapshot| snapshot.row_pages_at(acme, JOB, 0, &[2, 7, 0]));
    assert_eq!(some, [page(0, 2), page(0, 0)]);
    let deleted = write(store, move |tx| tx.delete_row_pages(acme, JOB, 0, 2)).unwrap();
    assert_eq!(deleted, 2);
    assert_eq!(pages(0, 0, 9), [page(0, 2)]);
    assert_eq!(pages(1, 0, 9), [page(1, 0)]);
}

fn result_pages(store: &dyn Store) {
    let acme = account(store, "acme");
    let page = |page, failed| ResultPage {
        page,
        items: 9,
        effective: 3,
        ignored: 1,
        failed,
        data: (0..12).collect(),
    };
    write(store, move |tx| {
        tx.put_result_pages(acme, JOB, &[page(0, 0), page(1, 0)])?;
        tx.put_result_pages(acme, JOB, &[page(1, 5)])
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.result_pages(acme, JOB, 0, 9)?, [page(0, 0), page(1, 5)]);
        assert_eq!(snapshot.result_pages_at(acme, JOB, &[1, 2, 0])?, [page(1, 5), page(0, 0)]);
        let mut outcomes = page(1, 5);
        outcomes.data.truncate(outcomes.items as usize);
        assert_eq!(snapshot.outcome_pages_at(acme, JOB, &[2, 1])?, [outcomes]);
        let stretches = [stretch(1, 9, 2), stretch(0, 11, 9), stretch(1, 0, 1)];
        let read = snapshot.result_stretches(acme, JOB, &stretches)?;
        assert_eq!(read, [vec![9, 10], vec![11], vec![0]]);
        let counts = ResultCounts { page: 1, items: 9, effective: 3, ignored: 1, failed: 5 };
        assert_eq!(snapshot.result_counts(acme, JOB, 1, 9)?, [counts]);
        Ok(())
    });
}

fn staged_rows_are_dropped(store: &dyn Store) {
    let acme = account(store, "acme");
    let mut staged = job(acme, 4, Target::Users, 0);
    staged.state = State::Receiving;
    insert_job(store, &staged);
    insert_job(store, &job(acme, 5, Target::Users, 1));
    write(store, move |tx| {
        for job in [JOB, JobNumber(5)] {
            tx.put_parts(acme, job, &[part(0, PartForm::Uuids), part(2, PartForm::Uuids)])?;
            tx.put_row_pages(acme, job, &[RowPage { run: 0, page: 0, items: 1, data: vec![] }])?;
        }
        Ok(())
    })
    .unwrap();
    let drop_staged = |job, limit| write(store, move |tx| tx.drop_staged(acme, job, limit)).unwrap();
    assert_eq!(drop_staged(JOB, 2), 2);
    assert_eq!(silent(store), [(acme, JOB)]);
    assert_eq!(drop_staged(JOB, 2), 1);
    assert_eq!(silent(store), []);
    // What is being swept cannot be accepted any more.
    let again = job(acme, 6, Target::Users, 0);
    insert_job(store, &Job { state: State::Receiving, ..again });
    write(store, move |tx| {
        tx.put_parts(acme, JobNumber(6), &[part(0, PartForm::Uuids), part(2, PartForm::Uuids)])
    })
    .unwrap();
    let touched = |job| write(store, move |tx| tx.touch_staged(acme, job)).unwrap();
    assert!(touched(JobNumber(6)));
    assert_eq!(drop_staged(JobNumber(6), 1), 1);
    assert!(!touched(JobNumber(6)));
    assert_eq!(drop_staged(JobNumber(6), 9), 1);
    // An accepted job is safe.
    assert_eq!(drop_staged(JobNumber(5), 9), 0);
    let kept = read(store, move |snapshot| snapshot.parts(acme, JobNumber(5), false, 0, 9));
    assert_eq!(kept.len(), 2);
}

/// What is being received, and has been silent for a moment.
fn silent(store: &dyn Store) -> Vec<(AccountId, JobNumber)> {
    std::thread::sleep(Duration::from_millis(2));
    read(store, |snapshot| snapshot.staged(Duration::from_millis(1), 9))
}

fn record(key: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        client: ClientId(3),
        route: "PATCH /v2/Groups/{id}".to_owned(),
        key: key.to_owned(),
        fingerprint: None,
        job: None,
        resource: None,
        status: 0,
        holder: Some(token(1)),
        lasts: DAY,
    }
}

/// As it was stored, if it lasts for about as long still.
fn find(store: &dyn Store, account: AccountId, of: &IdempotencyRecord) -> Option<IdempotencyRecord> {
    let of = of.clone();
    let found = write(store, move |tx| tx.lock_idempotency(account, of.client, &of.route, &of.key));
    found.unwrap().map(|found| {
        assert!(found.lasts < DAY && found.lasts > DAY / 2, "{found:?}");
        IdempotencyRecord { lasts: DAY, ..found }
    })
}

fn idempotency_records(store: &dyn Store) {
    let acme = account(store, "acme");
    let running = record("k");
    let mut done = running.clone();
    (done.fingerprint, done.job, done.status, done.holder) = (Some([6; 32]), Some(JOB), 202, None);
    let mut changed = done.clone();
    (changed.job, changed.resource, changed.status) = (None, Some(crate::make::uuid(7)), 200);
    for stored in [running.clone(), changed, done.clone()] {
        let given = stored.clone();
        write(store, move |tx| put_key(tx, acme, &given)).unwrap();
        assert_eq!(find(store, acme, &running), Some(stored));
    }
    assert_eq!(find(store, acme, &record("K")), None);
    assert_eq!(find(store, AccountId(0), &running), None);
    let purged = |after: Duration| {
        let purge = move |tx: &mut dyn Tx| {
            let before = tx.store_now(acme)?.plus(after);
            tx.purge_idempotency(before, before.plus(DAY), 10)
        };
        write(store, purge).unwrap()
    };
    assert_eq!(purged(DAY / 2), 0);
    assert_eq!(purged(2 * DAY), 1);
    assert_eq!(find(store, acme, &running), None);
    let again = done.clone();
    write(store, move |tx| put_key(tx, acme, &again)).unwrap();
    write(store, move |tx| {
        tx.lock_idempotency(acme, done.client, &done.route, &done.key)?;
        tx.delete_idempotency(acme, done.client, &done.route, &done.key)
    })
    .unwrap();
    assert_eq!(find(store, acme, &running), None);
}

#[test]
fn opening_forgets_who_holds_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    let mut done = record("done");
    (done.status, done.holder) = (201, None);
    let all = [record("running"), done.clone()];
    write(&*store, move |tx| all.iter().try_for_each(|record| put_key(tx, acme, record))).unwrap();
    drop(store);
    let store = reopen(dir.path(), &Settings::default());
    assert_eq!(find(&*store, acme, &record("running")), None);
    assert_eq!(find(&*store, acme, &done), Some(done));
}
