use super::check;
use crate::history::samples::{history, read, write, write_with};
use crate::history::{Finding, Outcome, Step, Verdict};

fn findings(steps: impl IntoIterator<Item = (u64, u64, Step)>) -> Vec<Finding> {
    check(&history(steps))
}

fn unknown(expected: &str, value: &str) -> Step {
    write_with(expected, value, Outcome::Unknown)
}

/// The operations that no order can hold.
fn stuck(steps: impl IntoIterator<Item = (u64, u64, Step)>) -> Vec<usize> {
    let findings = findings(steps);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].verdict, Verdict::Violation);
    assert!(findings[0].text.starts_with("no order"), "{findings:?}");
    findings[0].operations.clone()
}

#[test]
fn one_of_two_writers_wins() {
    let steps = [
        (1, 2, read("v1", "a")),
        (3, 9, write("v1", "b", Some("v2"))),
        (3, 9, write("v1", "c", None)),
        (4, 8, read("v1", "a")),
        (5, 8, read("v2", "b")),
        (10, 11, write("", "d", Some("v3"))),
        (12, 13, read("v3", "d")),
    ];
    assert_eq!(findings(steps), []);
}

#[test]
fn a_lost_update_is_found() {
    let steps =
        [(1, 2, read("v1", "a")), (3, 9, write("v1", "b", Some("v2"))), (3, 8, write("v1", "c", Some("v3")))];
    assert_eq!(stuck(steps), [1]);
    let refused = [(1, 2, read("v1", "a")), (3, 4, write("v1", "b", None))];
    assert_eq!(stuck(refused), [1]);
}

#[test]
fn a_stale_read_is_found() {
    let steps = [(1, 2, read("v1", "a")), (3, 4, write("v1", "b", Some("v2"))), (5, 6, read("v1", "a"))];
    assert_eq!(stuck(steps), [2]);
}

#[test]
fn an_unknown_write_may_take_effect_once() {
    let lost = |answer: Option<&'static str>, last: Step| {
        [
            (1, 2, read("v1", "a")),
            (3, 4, unknown("v1", "b")),
            (5, 6, read("v1", "a")),
            (7, 8, write("v1", "c", answer)),
            (9, 10, last),
        ]
    };
    assert_eq!(findings(lost(None, read("v2", "b"))), []);
    assert_eq!(findings(lost(Some("v2"), read("v2", "c"))), []);
    // The unknown write was from v1, which is over.
    assert_eq!(stuck(lost(Some("v2"), read("v3", "b"))), [4]);
    assert_eq!(stuck(lost(None, read("v1", "a"))), [4]);
}

#[test]
fn a_version_that_names_two_things_is_found() {
    let values = findings([(1, 2, write("", "a", Some("v1"))), (3, 4, read("v1", "b"))]);
    assert_eq!(values[0].text, "version \"v1\" of \"r\" of \"acme\" names \"a\" and \"b\"");
    assert_eq!(values[0].operations, [0, 1]);
    let given = findings([
        (1, 2, write("", "a", Some("v1"))),
        (3, 4, write("", "b", Some("v2"))),
        (5, 6, write("", "a", Some("v1"))),
    ]);
    assert_eq!(given[0].text, "version \"v1\" of \"r\" of \"acme\" was given to two writes");
    assert_eq!(given[0].operations, [0, 2]);
}

#[test]
fn a_search_that_is_too_large_is_undecided() {
    // 30 writes that may each have happened at any time, and a value that nobody wrote.
    let lost = (0u64..30).map(|at| (1, 2, unknown("", &format!("value {at}"))));
    let steps = lost.chain([(3, 4, read("v1", "a")), (5, 6, read("v2", "nobody's"))]);
    let findings = findings(steps);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].verdict, Verdict::Undecided);
}
