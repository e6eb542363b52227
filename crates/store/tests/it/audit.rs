use std::sync::Arc;

use rusqlite::Connection;
use throng_directory::Error;
use throng_directory::ids::AccountId;
use throng_directory::model::audit::{Chained, Check, Checked, Head, Row, Span, chain, names_digest};
use throng_directory::port::Store;
use throng_store::Settings;

use crate::backend::{conformance, reopen};
use crate::make::{NOW, account, at, read, uuid, write};

conformance!(
    told_numbered_and_read,
    rows_that_commit_late_are_numbered_behind,
    numberers_do_not_get_in_each_others_way,
    spans_and_things,
    names_go_and_old_rows_go,
    what_is_not_locked_is_not_numbered,
);

fn row(n: i64) -> Row {
    let names = (n % 2 == 0).then(|| format!(r#"{{"object":"person {n}"}}"#));
    let salt = names.is_some().then_some([7; 16]);
    let object = format!("thing {}", n % 3);
    Row {
        id: uuid(n),
        at: at(n),
        event: "CREATED".to_owned(),
        kind: "USER".to_owned(),
        body: format!(r#"{{"actor":{{"name":"ada"}},"done":true,"detail":{{"n":{n}}}}}"#),
        names_digest: names_digest(salt.as_ref(), &object, names.as_deref()),
        object,
        names,
        salt,
    }
}

fn tell(store: &dyn Store, account: AccountId, rows: Vec<Row>) {
    write(store, move |tx| tx.append_audit(account, &rows)).unwrap();
}

/// Numbers what waits; how much that was.
fn number(store: &dyn Store, account: AccountId) -> usize {
    write(store, move |tx| {
        let head = tx.lock_audit(account)?;
        let (rows, head) = chain(account, head, tx.audit_inbox(account, 1_000)?);
        tx.number_audit(account, &rows, &head)?;
        Ok(rows.len())
    })
    .unwrap()
}

fn log(store: &dyn Store, account: AccountId) -> (Head, Vec<Chained>) {
    read(store, move |snapshot| Ok((snapshot.audit_head(account)?, snapshot.audit_rows(account, 0, 1_000)?)))
}

fn checked(store: &dyn Store, account: AccountId) -> Checked {
    let (head, rows) = log(store, account);
    let mut check = Check::new(account, head);
    for row in &rows {
        check.row(row);
    }
    check.finish()
}

fn told_numbered_and_read(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let before = AccountId(-1);
    assert_eq!(read(store, move |snapshot| snapshot.audit_waiting(before)), None);
    assert_eq!(read(store, |snapshot| snapshot.audit_unnumbered()), (0, None));
    tell(store, acme, vec![row(3), row(1), row(2)]);
    tell(store, other, vec![row(1)]);
    tell(store, AccountId(0), vec![row(9)]);
    let waiting = read(store, move |snapshot| {
        let first = snapshot.audit_waiting(before)?.unwrap();
        let second = snapshot.audit_waiting(first)?.unwrap();
        Ok((first, second, snapshot.audit_waiting(second)?, snapshot.audit_waiting(other)?))
    });
    assert_eq!(waiting, (AccountId(0), acme, Some(other), None));
    assert_eq!(read(store, |snapshot| snapshot.audit_unnumbered()), (5, Some(at(1))));
    assert_eq!(log(store, acme), (Head::default(), Vec::new()));
    assert_eq!((number(store, acme), number(store, acme)), (3, 0));
    let (head, rows) = log(store, acme);
    assert_eq!(rows.iter().map(|found| found.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rows.into_iter().map(|found| found.row).collect::<Vec<_>>(), [row(1), row(2), row(3)]);
    assert_eq!((head.seq, head.kept_seq), (3, 0));
    assert_eq!(checked(store, acme).findings, [""; 0]);
    // Another account has its own chain, and nothing of this one.
    assert_eq!((number(store, other), log(store, other).1.len()), (1, 1));
    // What is told in a transaction that fails was never told.
    let failed = write(store, move |tx| {
        tx.append_audit(acme, &[row(7)])?;
        Err::<(), _>(Error::internal("no"))
    });
    assert!(failed.is_err());
    assert_eq!(number(store, acme), 0);
}

fn rows_that_commit_late_are_numbered_behind(store: &dyn Store) {
    let acme = account(store, "acme");
    tell(store, acme, vec![row(5), row(6)]);
    number(store, acme);
    // Their ids and times are earlier, but they come later.
    tell(store, acme, vec![row(2), row(1)]);
    number(store, acme);
    let (head, rows) = log(store, acme);
    let order: Vec<i64> = rows.iter().map(|found| found.row.at.micros() - NOW.micros()).collect();
    assert_eq!((head.seq, order), (4, vec![5, 6, 1, 2]));
    assert_eq!(checked(store, acme).findings, [""; 0]);
}

fn numberers_do_not_get_in_each_others_way(store: &dyn Store) {
    let acme = account(store, "acme");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for n in 0..25 {
                    tell(store, acme, vec![row(thread * 100 + n)]);
                    number(store, acme);
                }
            });
        }
    });
    number(store, acme);
    let checked = checked(store, acme);
    assert_eq!((checked.rows, checked.head.seq, checked.findings), (100, 100, Vec::new()));
}

fn spans_and_things(store: &dyn Store) {
    let acme = account(store, "acme");
    tell(store, acme, (0..10).map(row).collect());
    number(store, acme);
    let span = move |from: i64, until: i64, descending, after: Option<(i64, i64)>, limit| {
        let after = after.map(|(micros, seq)| (at(micros), seq));
        let span = Span { from: at(from), until: at(until), descending, after };
        let rows = read(store, move |snapshot| snapshot.audit_span(acme, &span, limit));
        rows.into_iter().map(|found| found.seq).collect::<Vec<_>>()
    };
    assert_eq!(span(2, 5, false, None, 9), [3, 4, 5]);
    assert_eq!(span(2, 5, true, None, 9), [5, 4, 3]);
    assert_eq!(span(0, 10, false, Some((3, 4)), 2), [5, 6]);
    assert_eq!(span(0, 10, true, Some((3, 4)), 2), [3, 2]);
    assert_eq!(span(5, 5, false, None, 9), [0; 0]);
    let about = read(store, move |snapshot| {
        let all = snapshot.audit_about(acme, "thing 0", i64::MAX, 9)?;
        let some = snapshot.audit_about(acme, "thing 0", 7, 1)?;
        Ok([all, some, snapshot.audit_about(acme, "thing 9", i64::MAX, 9)?])
    });
    let numbers = about.map(|rows| rows.into_iter().map(|found| found.seq).collect::<Vec<_>>());
    assert_eq!(numbers, [vec![10, 7, 4, 1], vec![4], vec![]]);
}

fn names_go_and_old_rows_go(store: &dyn Store) {
    let acme = account(store, "acme");
    tell(store, acme, (1..=6).map(row).collect());
    number(store, acme);
    write(store, move |tx| tx.forget_audit_names(acme, &[2])).unwrap();
    let (head, rows) = log(store, acme);
    assert!(rows[1].row.is_forgotten());
    assert_ne!(rows[1].row.names_digest, [0; 32]);
    assert!(rows[3].row.names.is_some());
    assert_eq!(checked(store, acme).findings, [""; 0]);
    let kept = Head { kept_seq: 2, kept_hash: rows[1].hash, ..head };
    write(store, move |tx| {
        tx.lock_audit(acme)?;
        tx.purge_audit(acme, &kept)
    })
    .unwrap();
    assert_eq!((log(store, acme).0, log(store, acme).1.len()), (kept, 4));
    assert_eq!(checked(store, acme).findings, [""; 0]);
    tell(store, acme, vec![row(7)]);
    assert_eq!((number(store, acme), checked(store, acme).rows), (1, 5));
}

fn what_is_not_locked_is_not_numbered(store: &dyn Store) {
    let (acme, other) = (account(store, "acme"), account(store, "other"));
    let (rows, head) = chain(acme, Head::default(), vec![row(1)]);
    let without = write(store, move |tx| tx.number_audit(acme, &rows, &head)).unwrap_err();
    assert!(matches!(without, Error::Internal(_)), "{without:?}");
    let purged = write(store, move |tx| {
        tx.lock_audit(other)?;
        tx.purge_audit(acme, &head)
    });
    assert!(matches!(purged, Err(Error::Internal(_))), "{purged:?}");
}

/// Somebody who can write the file, and knows that a trigger guards the rows.
fn tampered(sql: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    tell(&*store, acme, (1..=6).map(row).collect());
    number(&*store, acme);
    assert_eq!(checked(&*store, acme).findings, [""; 0]);
    drop(store);
    let db = Connection::open(dir.path().join("throng.db")).unwrap();
    db.execute_batch(&format!("drop trigger audit_stays; {sql}")).unwrap();
    drop(db);
    let store: Arc<dyn Store> = reopen(dir.path(), &Settings::default());
    checked(&*store, acme).findings
}

#[test]
fn whatever_is_done_to_the_rows_is_found() {
    for (sql, found) in [
        ("update audit set body = replace(body, 'ada', 'bob') where seq = 3", "row 3 was altered"),
        ("update audit set at = at + 1 where seq = 1", "row 1 was altered"),
        (
            "update audit set names = '{\"object\":\"x\"}' where seq = 2",
            "row 2 was altered: it is about something else",
        ),
        ("update audit set object = 'x' where seq = 3", "row 3 was altered: it is about something else"),
        ("update audit set hash = zeroblob(32) where seq = 6", "row 6 was altered"),
        ("delete from audit where seq = 4", "row 4 is missing"),
        ("delete from audit where seq > 4", "rows 5 to 6 are missing"),
        ("delete from audit", "rows 1 to 6 are missing"),
        (
            "update audit set seq = 99 where seq = 2; update audit set seq = 2 where seq = 3; \
             update audit set seq = 3 where seq = 99",
            "row 2 was altered",
        ),
        (
            "insert into audit select account_id, 7, zeroblob(16), at, event, kind, object, body, names, salt, \
             names_digest, hash from audit where seq = 6",
            "row 7 was inserted",
        ),
        ("delete from audit_heads", "row 1 was inserted"),
        ("update audit_heads set seq = 5", "row 6 was inserted"),
        ("update audit_heads set hash = zeroblob(32)", "row 6 was altered"),
    ] {
        let findings = tampered(sql);
        assert!(findings.iter().any(|finding| finding.contains(found)), "{sql}: {findings:?}");
    }
}

#[test]
fn rows_cannot_be_changed_by_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let store = reopen(dir.path(), &Settings::default());
    let acme = account(&*store, "acme");
    tell(&*store, acme, vec![row(2)]);
    number(&*store, acme);
    drop(store);
    let db = Connection::open(dir.path().join("throng.db")).unwrap();
    for change in ["object = 'x', names = null, salt = null", "seq = 2", "names = 'x'", "hash = zeroblob(32)"]
    {
        let refused = db.execute_batch(&format!("update audit set {change}")).unwrap_err().to_string();
        assert!(refused.contains("stays as it is"), "{change}: {refused}");
    }
    db.execute_batch("update audit set names = null, salt = null, object = ''").unwrap();
}
