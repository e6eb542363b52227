use super::check;
use crate::history::samples::{asks, history, listed, made, said, tried};
use crate::history::{Action, Outcome, Submission};

fn add(key: &str, marker: &str) -> Submission {
    asks(key, marker, Action::Add, &["p"])
}

#[test]
fn one_job_for_each_request_passes() {
    let history = history([
        (1, 2, tried(add("k", "m"), Outcome::Unknown)),
        (1, 2, made(add("k", "m"), 1, false)),
        (3, 4, made(add("k", "m"), 1, true)),
        (3, 4, tried(add("", "n"), Outcome::Unknown)),
        (3, 4, tried(add("", "n"), Outcome::Unknown)),
        (3, 4, tried(add("", "o"), Outcome::Failed)),
        (3, 4, tried(add("j", "q"), Outcome::Failed)),
        (3, 4, tried(add("j", "q"), Outcome::Unknown)),
        (5, 6, listed(&[(1, "m", 1), (2, "n", 2), (3, "n", 3), (4, "q", 4)])),
        (7, 8, listed(&[(1, "m", 1), (2, "n", 2), (3, "n", 3), (4, "q", 4)])),
    ]);
    assert_eq!(said(&check(&history)), []);
}

#[test]
fn two_jobs_for_a_key_are_found() {
    let answers = history([(1, 2, made(add("k", "m"), 1, false)), (1, 2, made(add("k", "m"), 2, false))]);
    let text = "key \"k\" of \"acme\" was answered with 2 jobs or groups";
    assert_eq!(said(&check(&answers)), [(text, &[0, 1][..])]);
    // Nobody was told of the second.
    let listed = history([
        (1, 2, tried(add("k", "m"), Outcome::Unknown)),
        (1, 2, made(add("k", "m"), 2, false)),
        (5, 6, listed(&[(1, "m", 1), (2, "m", 2)])),
    ]);
    let text = "request \"m\" of \"acme\" made the jobs [1, 2]";
    assert_eq!(said(&check(&listed)), [(text, &[0, 1, 2, 2][..])]);
}

#[test]
fn a_key_for_two_requests_is_found() {
    let history = history([(1, 2, made(add("k", "m"), 1, false)), (3, 4, made(add("k", "n"), 1, false))]);
    let text = "key \"k\" of \"acme\" was answered for two different requests";
    assert_eq!(said(&check(&history)), [(text, &[0, 1][..])]);
}

#[test]
fn a_request_that_failed_and_made_a_job_is_found() {
    let history = history([(1, 2, tried(add("", "m"), Outcome::Failed)), (5, 6, listed(&[(4, "m", 1)]))]);
    let text = "request \"m\" of \"acme\" has failed, and job 4 was made by it";
    assert_eq!(said(&check(&history)), [(text, &[0, 1][..])]);
}

#[test]
fn a_job_of_somebody_else_is_found() {
    let history = history([
        (1, 2, made(add("", "m"), 1, false)),
        (1, 2, made(add("", "n"), 2, false)),
        (5, 6, listed(&[(1, "n", 1), (2, "m", 1)])),
    ]);
    let texts = [
        "job 1 of \"acme\" belongs to \"m\" and is listed as \"n\"",
        "job 2 of \"acme\" belongs to \"n\" and is listed as \"m\"",
    ];
    assert_eq!(said(&check(&history)), [(texts[0], &[0, 2][..]), (texts[1], &[1, 2][..])]);
}
