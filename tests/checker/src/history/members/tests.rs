use super::check;
use crate::history::Action::{Add, Remove, Replace};
use crate::history::samples::{asks, history, listed, made, members, said, seen, tried};
use crate::history::{Action, Change, Outcome, State, Step};

fn done(job: u64, action: Action, names: &[&str]) -> Step {
    made(asks("", "", action, names), job, true)
}

fn queued(job: u64, action: Action, names: &[&str]) -> Step {
    made(asks("", "", action, names), job, false)
}

fn unknown(marker: &str, action: Action, names: &[&str]) -> Step {
    tried(asks("", marker, action, names), Outcome::Unknown)
}

#[test]
fn what_was_done_is_there() {
    let history = history([
        (1, 2, members(&[])),
        (3, 4, done(1, Add, &["a", "b", "c"])),
        (5, 6, members(&["a", "b", "c"])),
        (7, 8, done(2, Remove, &["a"])),
        (9, 10, done(3, Replace, &["b", "d"])),
        (11, 12, members(&["b", "d"])),
    ]);
    assert_eq!(said(&check(&history)), []);
}

#[test]
fn what_overlaps_or_is_unknown_may_be_there() {
    let either = |names: &[&str]| {
        history([
            (1, 2, done(1, Add, &["a"])),
            (3, 9, done(2, Remove, &["a"])),
            (3, 9, done(3, Add, &["a", "b"])),
            (5, 6, unknown("", Add, &["c"])),
            (7, 8, tried(asks("", "", Add, &["d"]), Outcome::Failed)),
            (10, 11, members(names)),
        ])
    };
    for names in [&["b"][..], &["a", "b"], &["b", "c"]] {
        assert_eq!(said(&check(&either(names))), []);
    }
    let text = "group 1 of \"acme\": [\"d\"] are members and were never added";
    assert_eq!(said(&check(&either(&["b", "d"]))), [(text, &[5][..])]);
}

#[test]
fn a_member_that_is_lost_is_found() {
    let lost = history([(1, 2, done(1, Add, &["a", "b"])), (3, 4, members(&["b"]))]);
    let text = "group 1 of \"acme\": [\"a\"] were added and are lost";
    assert_eq!(said(&check(&lost)), [(text, &[0, 1][..])]);
    // The removal was accepted before, so it is no excuse.
    let excuse = history([
        (1, 2, done(1, Remove, &["a", "b"])),
        (3, 4, queued(2, Add, &["a", "b"])),
        (5, 6, seen(2, State::Completed)),
        (7, 8, members(&["a"])),
    ]);
    let text = "group 1 of \"acme\": [\"b\"] were added and are lost";
    assert_eq!(said(&check(&excuse)), [(text, &[0, 1, 3][..])]);
}

#[test]
fn a_member_that_comes_back_is_found() {
    let back = |outcome: fn(&str, Action, &[&str]) -> Step| {
        history([
            (1, 2, done(1, Add, &["a"])),
            (3, 4, outcome("", Remove, &["a"])),
            (5, 6, done(9, Remove, &["a"])),
            (7, 8, members(&["a"])),
        ])
    };
    let text = "group 1 of \"acme\": [\"a\"] were removed and are members";
    assert_eq!(said(&check(&back(unknown))), [(text, &[0, 1, 2, 3][..])]);
    let replaced = history([
        (1, 2, done(1, Add, &["a", "b"])),
        (3, 4, done(2, Replace, &["b"])),
        (5, 6, members(&["a", "b"])),
    ]);
    assert_eq!(said(&check(&replaced)), [(text, &[0, 1, 2][..])]);
}

#[test]
fn a_job_counts_once_its_end_was_seen() {
    let read = |invoked: u64, names: &[&str]| {
        history([
            (1, 2, queued(1, Add, &["a"])),
            (5, 6, seen(1, State::Finished)),
            (invoked, 9, members(names)),
            (10, 11, seen(1, State::Completed)),
        ])
    };
    assert_eq!(said(&check(&read(6, &[]))), []);
    assert_eq!(said(&check(&read(7, &["a"]))), []);
    let text = "group 1 of \"acme\": [\"a\"] were added and are lost";
    assert_eq!(said(&check(&read(7, &[]))), [(text, &[0, 2][..])]);
    // What was stopped may have done a part.
    let stopped =
        history([(1, 2, queued(1, Add, &["a"])), (5, 6, seen(1, State::Aborted)), (7, 8, members(&[]))]);
    assert_eq!(said(&check(&stopped)), []);
}

#[test]
fn attempts_with_one_key_count_once() {
    let add = || asks("k", "", Add, &["a"]);
    let again = |names: &[&str]| {
        history([
            (1, 2, tried(add(), Outcome::Unknown)),
            (3, 4, made(add(), 1, true)),
            (5, 6, done(2, Remove, &["a"])),
            (7, 8, made(add(), 1, true)),
            (9, 10, members(names)),
        ])
    };
    assert_eq!(said(&check(&again(&[]))), []);
    let text = "group 1 of \"acme\": [\"a\"] were removed and are members";
    assert_eq!(said(&check(&again(&["a"]))), [(text, &[0, 2, 4][..])]);
}

#[test]
fn places_order_what_overlapped_and_markers_find_what_nobody_was_told() {
    let with = |first: u64, second: u64, names: &[&str]| {
        history([
            (1, 9, unknown("m", Add, &["a"])),
            (1, 9, made(asks("", "n", Remove, &["a"]), 2, false)),
            (10, 11, listed(&[(1, "m", first), (2, "n", second)])),
            (12, 13, members(names)),
        ])
    };
    assert_eq!(said(&check(&with(1, 2, &[]))), []);
    assert_eq!(said(&check(&with(2, 1, &["a"]))), []);
    let text = "group 1 of \"acme\": [\"a\"] were removed and are members";
    assert_eq!(said(&check(&with(1, 2, &["a"]))), [(text, &[0, 1, 3][..])]);
    let text = "group 1 of \"acme\": [\"a\"] were added and are lost";
    assert_eq!(said(&check(&with(2, 1, &[]))), [(text, &[0, 1, 3][..])]);
}

#[test]
fn the_last_word_of_a_request_decides() {
    let mut request = asks("", "", Replace, &["a", "b"]);
    request.changes.push(Change { action: Remove, members: vec!["b".to_owned()] });
    request.changes.push(Change { action: Add, members: vec!["c".to_owned()] });
    let history = |names: &[&str]| {
        history([
            (1, 2, done(1, Add, &["x"])),
            (3, 4, made(request.clone(), 2, true)),
            (5, 6, members(names)),
        ])
    };
    assert_eq!(said(&check(&history(&["a", "c"]))), []);
    assert_eq!(check(&history(&["a", "b", "c"])).len(), 1);
    assert_eq!(check(&history(&["a", "c", "x"])).len(), 1);
    assert_eq!(check(&history(&["a"])).len(), 1);
}
