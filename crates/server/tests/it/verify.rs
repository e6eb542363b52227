//! `throng verify`, as an auditor runs it.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use throng_backends::RealClock;
use throng_directory::ids::AccountId;
use throng_directory::model::audit::{Chained, Head};
use throng_directory::port::{Class, StoreExt, Tx};

const BINARY: &str = env!("CARGO_BIN_EXE_throng");

fn throng(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(dir).env_clear().output().unwrap()
}

fn verify(dir: &Path) -> (Option<i32>, String) {
    let output = throng(dir, &["verify"]);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Does something to the log of ACME past every server.
fn tamper(dir: &Path, by: impl Fn(&mut dyn Tx, AccountId, Head, Chained) + Send + 'static) {
    let store = throng_store::open(dir, &throng_store::Settings::default(), Arc::new(RealClock)).unwrap();
    let write = move |tx: &mut dyn Tx| {
        let account = tx.account("ACME")?.unwrap().id;
        let head = tx.lock_audit(account)?;
        let last = tx.audit_rows(account, head.seq - 1, 1)?.pop().unwrap();
        by(tx, account, head, last);
        Ok(())
    };
    store.write_blocking(Class::Interactive, write).unwrap();
}

#[test]
fn verify_tells_whether_the_log_is_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let (status, _) = verify(&dir);
    assert_eq!((status, dir.exists()), (Some(1), false), "nothing is made");
    assert!(throng(&dir, &["account", "create", "ACME"]).status.success());
    assert!(throng(&dir, &["key", "create", "ACME", "--role", "reader"]).status.success());
    assert!(throng(&dir, &["account", "set", "ACME", "job_weight=2"]).status.success());
    let (status, said) = verify(&dir);
    assert_eq!(status, Some(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("(operator): 0 rows, 1 to 0, "), "{said}");
    assert!(lines[1].starts_with("ACME: 3 rows, 1 to 3, "), "{said}");
    assert_eq!(verify(&dir), (Some(0), said), "looking changes nothing");

    // A row put in, its number and hash made up.
    tamper(&dir, |tx, account, head, last| {
        let forged = Chained { seq: head.seq + 1, hash: [7; 32], ..last };
        tx.number_audit(account, &[forged], &head).unwrap();
    });
    let (status, said) = verify(&dir);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("ACME: row 4 was inserted: the log ends with row 3"), "{said}");

    // And made to be the end.
    tamper(&dir, |tx, account, head, _| {
        let further = Head { seq: head.seq + 1, hash: [7; 32], ..head };
        tx.number_audit(account, &[], &further).unwrap();
    });
    let (status, said) = verify(&dir);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("ACME: row 4 was altered, or does not follow row 3"), "{said}");

    // The older half taken away.
    tamper(&dir, |tx, account, head, last| {
        tx.purge_audit(account, &Head { kept_seq: 2, kept_hash: last.hash, ..head }).unwrap();
    });
    let (status, said) = verify(&dir);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("ACME: row 3 was altered, or does not follow row 2"), "{said}");
}
