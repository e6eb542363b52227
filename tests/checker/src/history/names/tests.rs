use super::check;
use crate::history::RenameAnswer::{Done, Missing, Taken};
use crate::history::samples::{create, create_unknown, delete, find, history, rename};
use crate::history::{Finding, Outcome, Step, Verdict};

fn passes(steps: impl IntoIterator<Item = (u64, u64, Step)>) -> bool {
    check(&history(steps)).is_empty()
}

/// The operations that no order can hold.
fn stuck(steps: impl IntoIterator<Item = (u64, u64, Step)>) -> Vec<usize> {
    let findings: Vec<Finding> = check(&history(steps));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].verdict, Verdict::Violation);
    findings[0].operations.clone()
}

#[test]
fn one_after_another() {
    assert!(passes([
        (1, 2, find("n", None)),
        (3, 4, create("n", Some("a"))),
        (5, 6, create("n", None)),
        (7, 8, find("n", Some("a"))),
        (9, 10, rename("a", "m", Done)),
        (11, 12, create("n", Some("b"))),
        (13, 14, rename("b", "m", Taken)),
        (15, 16, rename("b", "n", Done)),
        (17, 18, delete("a", true)),
        (19, 20, delete("a", false)),
        (21, 22, rename("a", "n", Missing)),
        (23, 24, rename("b", "m", Done)),
        (25, 26, find("m", Some("b"))),
    ]));
}

#[test]
fn overlapping_answers_may_come_in_any_order() {
    assert!(passes([(1, 9, create("n", None)), (3, 7, create("n", Some("a"))), (2, 8, find("n", None))]));
    // A conflict needs somebody who has the name.
    assert_eq!(stuck([(1, 2, create("n", None)), (3, 7, create("n", Some("a")))]), [0]);
}

#[test]
fn a_rename_to_the_own_name_is_no_look() {
    // Done last, it takes back what the other has done.
    let back = [
        (1, 2, create("n", Some("a"))),
        (3, 6, rename("a", "m", Done)),
        (4, 7, rename("a", "n", Done)),
        (8, 9, create("n", None)),
    ];
    assert!(passes(back));
}

#[test]
fn a_name_that_two_users_have_is_found() {
    assert_eq!(stuck([(1, 9, create("n", Some("a"))), (3, 7, create("n", Some("b")))]), [0]);
    let renamed = [
        (1, 2, create("n", Some("a"))),
        (1, 2, create("m", Some("b"))),
        (3, 4, rename("a", "m", Done)),
        (5, 6, find("m", Some("a"))),
    ];
    assert_eq!(stuck(renamed), [2]);
}

#[test]
fn a_stale_look_is_found() {
    assert_eq!(stuck([(1, 2, create("n", Some("a"))), (3, 4, find("n", None))]), [1]);
    let deleted = [(1, 2, create("n", Some("a"))), (3, 4, delete("a", true)), (5, 6, find("n", Some("a")))];
    assert_eq!(stuck(deleted), [2]);
    // Another name is none of its business.
    assert!(passes([(1, 2, create("n", Some("a"))), (3, 4, find("m", None))]));
}

#[test]
fn an_unknown_creation_may_come_late_and_once() {
    let late = |last: Step| {
        [
            (1, 2, create_unknown("n")),
            (3, 4, find("n", None)),
            (5, 6, create("n", None)),
            (7, 8, find("n", Some("x"))),
            (9, 10, delete("x", true)),
            (11, 12, last),
        ]
    };
    assert!(passes(late(create("n", Some("a")))));
    assert_eq!(stuck(late(create("n", None))), [5]);
    assert_eq!(stuck(late(find("n", Some("x")))), [5]);
    // Whoever was made has an id of their own.
    let same = [(1, 2, create_unknown("n")), (1, 2, create("m", Some("a"))), (3, 4, find("n", Some("a")))];
    assert_eq!(stuck(same), [2]);
}

#[test]
fn an_unknown_renaming_or_deletion_may_have_happened_or_not() {
    let lost = |after: [Step; 3]| {
        let [one, other, third] = after;
        [
            (1, 2, create("n", Some("a"))),
            (3, 4, Step::RenameUser { id: "a".to_owned(), name: "m".to_owned(), outcome: Outcome::Unknown }),
            (5, 6, one),
            (7, 8, other),
            (9, 10, third),
        ]
    };
    assert!(passes(lost([find("n", Some("a")), find("n", None), find("m", Some("a"))])));
    assert!(passes(lost([find("n", Some("a")), create("m", Some("b")), find("n", Some("a"))])));
    assert_eq!(stuck(lost([find("n", None), find("m", Some("a")), find("n", Some("a"))])), [4]);
    let unknown_deletion = Step::DeleteUser { id: "a".to_owned(), outcome: Outcome::Unknown };
    let gone = [(1, 2, create("n", Some("a"))), (3, 4, unknown_deletion), (5, 6, create("n", Some("b")))];
    assert!(passes(gone));
}

#[test]
fn failed_operations_say_nothing() {
    let failed = Step::CreateUser { name: "n".to_owned(), outcome: Outcome::Failed };
    assert!(passes([(1, 2, failed.clone()), (3, 4, find("n", None))]));
    assert_eq!(stuck([(1, 2, failed), (3, 4, find("n", Some("a")))]), [1]);
}
