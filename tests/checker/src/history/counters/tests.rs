use super::check;
use crate::history::samples::{counted, history, said};
use crate::history::{Class, History, Outcome, State, Step};

use State::{Completed, InProgress, Pending};

#[test]
fn counters_that_grow_pass() {
    let history = history([
        (1, 2, counted(Pending, 4, [0, 0, 0])),
        // What the plan of a replace adds.
        (3, 9, counted(InProgress, 5, [0, 0, 0])),
        (3, 9, counted(InProgress, 3, [2, 0, 0])),
        (4, 7, counted(InProgress, 4, [1, 0, 0])),
        (4, 20, counted(Completed, 0, [2, 1, 2])),
        (9, 12, counted(InProgress, 0, [2, 1, 2])),
        (21, 22, counted(Completed, 0, [2, 1, 2])),
    ]);
    assert_eq!(said(&check(&history)), []);
}

fn with(change: impl FnOnce(&mut crate::history::Counts)) -> History {
    let mut history = history([(1, 2, counted(InProgress, 2, [3, 0, 1]))]);
    if let Step::ReadJob { outcome: Outcome::Ok(Some(sight)), .. } = &mut history.operations[0].step {
        change(sight.counts.as_mut().unwrap());
    }
    history
}

#[test]
fn a_broken_sum_is_found() {
    let history = with(|counts| counts.total = 7);
    assert_eq!(
        said(&check(&history)),
        [("job 1 of \"acme\": processed 4 + pending 2 is not total 7", &[0][..])]
    );
    let history = with(|counts| *counts.classes.get_mut(&Class::Failed).unwrap() = 1);
    let text = "job 1 of \"acme\": its classes sum up to Some(5), processed is 4";
    assert_eq!(said(&check(&history)), [(text, &[0][..])]);
    // A face that does not show all classes shows no more than there are.
    let history = with(|counts| counts.classes.retain(|class, _| *class == Class::Ignored));
    assert_eq!(said(&check(&history)), []);
    let history = with(|counts| counts.classes = [(Class::Ignored, 5)].into());
    let text = "job 1 of \"acme\": its classes sum up to Some(5), processed is 4";
    assert_eq!(said(&check(&history)), [(text, &[0][..])]);
}

#[test]
fn an_end_with_pending_items_is_found() {
    let history = history([(1, 2, counted(Completed, 1, [1, 0, 0]))]);
    assert_eq!(said(&check(&history)), [("job 1 of \"acme\": it has ended with 1 pending", &[0][..])]);
}

#[test]
fn a_counter_that_falls_is_found() {
    let fell = |invoked| {
        history([(1, 3, counted(InProgress, 2, [2, 0, 1])), (invoked, 6, counted(InProgress, 3, [1, 0, 1]))])
    };
    assert_eq!(said(&check(&fell(3))), []);
    assert_eq!(
        said(&check(&fell(4))),
        [
            ("job 1 of \"acme\": processed fell from 3 to 2", &[0, 1][..]),
            ("job 1 of \"acme\": Created fell from 2 to 1", &[0, 1][..]),
        ]
    );
}

#[test]
fn reads_that_do_not_lie_on_one_line_are_found() {
    let more =
        history([(1, 9, counted(InProgress, 2, [2, 0, 0])), (1, 9, counted(InProgress, 1, [1, 0, 2]))]);
    let text = "job 1 of \"acme\": Created is 2 with 2 processed, and 1 with 3";
    assert_eq!(said(&check(&more)), [(text, &[0, 1][..])]);
    let ends = history([(1, 9, counted(Completed, 0, [2, 0, 1])), (1, 9, counted(Completed, 0, [3, 0, 0]))]);
    assert_eq!(
        said(&check(&ends)),
        [
            ("job 1 of \"acme\": Created is 2 with 3 processed, and 3 with 3", &[0, 1][..]),
            ("job 1 of \"acme\": Ignored is 1 with 3 processed, and 0 with 3", &[0, 1][..]),
        ]
    );
}

#[test]
fn a_total_that_changes_is_found() {
    let history = history([
        (1, 2, counted(InProgress, 2, [2, 0, 0])),
        (3, 4, counted(InProgress, 3, [3, 0, 0])),
        (1, 9, counted(Pending, 7, [0, 0, 0])),
    ]);
    assert_eq!(
        said(&check(&history)),
        [
            ("job 1 of \"acme\": its total is 4 and 6", &[0, 1][..]),
            ("job 1 of \"acme\": its total is 4 and 7", &[0, 2][..]),
        ]
    );
}
