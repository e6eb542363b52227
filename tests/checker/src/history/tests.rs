use std::io::BufRead;

use super::simulation::{Bug, run};
use super::{Checker, Finding, History, Seen, Verdict, check, falls};

#[test]
fn correct_histories_pass() {
    for seed in 0..300 {
        let history = run(seed, None);
        let findings = check(&history);
        assert!(findings.is_empty(), "seed {seed}: {findings:#?}");
    }
}

#[test]
fn simulated_histories_hold_what_is_to_be_checked() {
    let text = {
        let mut text = Vec::new();
        run(1, None).write(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    for word in [
        "submit",
        "read_job",
        "list_jobs",
        "read_members",
        "create_user",
        "delete_user",
        "rename_user",
        "find_user",
        "read_version",
        "write_version",
        "mismatch",
        "taken",
        "\"unknown\"",
        "\"failed\"",
    ] {
        assert!(text.contains(word), "no {word}");
    }
}

/// A bug, and who must find it.
const BUGS: &[(Bug, Checker)] = &[
    (Bug::LosesJobs, Checker::Queue),
    (Bug::ForgetsJobs, Checker::Queue),
    (Bug::ReopensJobs, Checker::Queue),
    (Bug::WorksOutOfOrder, Checker::Members),
    (Bug::RepeatsJobNumbers, Checker::Ids),
    (Bug::RepeatsUserIds, Checker::Ids),
    (Bug::CountsAgain, Checker::Counters),
    (Bug::CountsWrongly, Checker::Counters),
    (Bug::PlansAgain, Checker::Counters),
    (Bug::LosesMembers, Checker::Members),
    (Bug::RevivesMembers, Checker::Members),
    (Bug::ReadsOldMembers, Checker::Members),
    (Bug::MakesNamesTwice, Checker::Names),
    (Bug::ReadsOldNames, Checker::Names),
    (Bug::IgnoresVersions, Checker::Versions),
    (Bug::ReadsOldVersions, Checker::Versions),
    (Bug::IgnoresKeys, Checker::Keys),
];

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for &(bug, checker) in BUGS {
        let is_found =
            |finding: &Finding| finding.checker == checker && finding.verdict == Verdict::Violation;
        let found = (0..20).filter(|seed| check(&run(*seed, Some(bug))).iter().any(is_found)).count();
        println!("{bug:?} {found}");
        if found < 5 {
            missed.push((bug, found));
        }
    }
    assert!(missed.is_empty(), "found in less than 5 of 20 histories: {missed:?}");
}

#[test]
fn a_history_is_the_same_after_writing_and_reading() {
    let history = run(7, None);
    let mut lines = Vec::new();
    history.write(&mut lines).unwrap();
    assert_eq!(lines.lines().count(), history.operations.len());
    assert_eq!(History::read(lines.as_slice()).unwrap(), history);
    lines.extend_from_slice(b"\n{\"client\":1}\n");
    let error = History::read(lines.as_slice()).unwrap_err();
    let line = history.operations.len() + 2;
    assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
}

#[test]
fn times_that_run_backwards_are_found() {
    let mut history = run(7, None);
    history.operations[3].returned = 0;
    history.operations[3].invoked = 1;
    assert!(check(&history).iter().any(|found| found.checker == Checker::Times && found.operations == [3]));
}

#[test]
fn only_what_does_not_overlap_can_fall() {
    let seen = |operation, invoked, returned, value| Seen { operation, invoked, returned, value };
    let pairs = |all: &[Seen<u64>]| -> Vec<(usize, usize)> {
        falls(all).into_iter().map(|(one, other)| (one.operation, other.operation)).collect()
    };
    assert_eq!(pairs(&[seen(0, 1, 5, 9), seen(1, 5, 7, 3)]), []);
    assert_eq!(pairs(&[seen(0, 1, 5, 9), seen(1, 6, 7, 3)]), [(0, 1)]);
    assert_eq!(pairs(&[seen(1, 6, 7, 3), seen(0, 1, 5, 9), seen(2, 1, 2, 4), seen(3, 8, 9, 9)]), [(0, 1)]);
}
