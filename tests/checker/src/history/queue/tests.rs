use super::check;
use crate::history::samples::{asks, gone, history, listed, made, said, seen};
use crate::history::{Action, State, Submission};

fn add() -> Submission {
    asks("", "", Action::Add, &["p"])
}

#[test]
fn a_job_that_is_worked_and_ends_passes() {
    let history = history([
        (1, 3, made(add(), 1, false)),
        (2, 5, gone(1)),
        (4, 6, seen(1, State::Pending)),
        (5, 9, seen(1, State::Completed)),
        (8, 9, seen(1, State::InProgress)),
        (10, 11, seen(1, State::Finished)),
        (12, 13, listed(&[(1, "", 1)])),
    ]);
    assert_eq!(said(&check(&history)), []);
}

#[test]
fn a_job_that_is_lost_is_found() {
    let by_read = history([(1, 3, made(add(), 1, true)), (4, 5, gone(1)), (6, 7, seen(1, State::Completed))]);
    assert_eq!(said(&check(&by_read)), [("job 1 of \"acme\" was there and is not found", &[0, 1][..])]);
    let by_list =
        history([(1, 3, made(add(), 1, true)), (2, 3, seen(1, State::Completed)), (4, 5, listed(&[]))]);
    assert_eq!(said(&check(&by_list)), [("job 1 of \"acme\" is missing in a list of all jobs", &[0, 2][..])]);
    let unasked = history([(1, 3, seen(4, State::Aborted)), (4, 5, gone(4))]);
    assert_eq!(said(&check(&unasked)), [("job 4 of \"acme\" was there and is not found", &[0, 1][..])]);
}

#[test]
fn a_job_that_does_not_end_is_found() {
    let never_seen = history([(1, 3, made(add(), 1, true))]);
    let text = "job 1 of \"acme\" was acknowledged and nobody looked at it";
    assert_eq!(said(&check(&never_seen)), [(text, &[0][..])]);
    let unfinished = history([(1, 3, made(add(), 1, false)), (4, 5, seen(1, State::InProgress))]);
    assert_eq!(
        said(&check(&unfinished)),
        [("job 1 of \"acme\" has not ended: it is InProgress", &[0, 1][..])]
    );
}

#[test]
fn an_end_that_changes_is_found() {
    let other = history([
        (1, 3, made(add(), 1, false)),
        (4, 5, seen(1, State::Aborted)),
        (4, 5, seen(1, State::Finished)),
        (6, 7, seen(1, State::Completed)),
    ]);
    assert_eq!(said(&check(&other)), [("job 1 of \"acme\" has ended in different states", &[1, 2, 3][..])]);
    let reopened = history([
        (1, 3, made(add(), 1, false)),
        (4, 5, seen(1, State::Completed)),
        (6, 7, seen(1, State::Pending)),
        (8, 9, seen(1, State::Completed)),
    ]);
    assert_eq!(said(&check(&reopened)), [("job 1 of \"acme\" had ended and is Pending", &[1, 2][..])]);
}

#[test]
fn a_job_that_was_answered_as_done_and_is_not_is_found() {
    let history = history([
        (1, 3, made(add(), 1, true)),
        (4, 5, seen(1, State::Pending)),
        (6, 7, seen(1, State::Completed)),
    ]);
    assert_eq!(
        said(&check(&history)),
        [("job 1 of \"acme\" was answered as done and is Pending", &[0, 1][..])]
    );
}

#[test]
fn places_follow_acknowledgements() {
    let jobs = |second: u64| {
        history([
            (1, 3, made(add(), 2001, false)),
            (second, 8, made(add(), 7, false)),
            (9, 10, listed(&[(7, "", 1), (2001, "", 2)])),
        ])
    };
    assert_eq!(said(&check(&jobs(3))), []);
    let text = "group 1 of \"acme\": a job was accepted at place 1 after another at place 2";
    assert_eq!(said(&check(&jobs(4))), [(text, &[0, 1][..])]);
}
