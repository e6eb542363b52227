use super::check;
use crate::history::samples::{asks, create, history, listed, made, said};
use crate::history::{Action, Submission};

fn add(key: &str) -> Submission {
    asks(key, "", Action::Add, &["p"])
}

#[test]
fn different_ids_and_repeated_answers_pass() {
    let new_group = Submission { group: None, ..add("") };
    let mut elsewhere = history([(1, 2, made(add(""), 1, true)), (3, 4, create("n", Some("a")))]);
    for operation in &mut elsewhere.operations {
        operation.account = "other".to_owned();
    }
    let mut history = history([
        (1, 2, made(add("k"), 1, false)),
        (3, 4, made(add("k"), 1, true)),
        (5, 6, made(new_group.clone(), 2, true)),
        (7, 8, made(new_group, 3, true)),
        (7, 8, create("n", Some("a"))),
        (9, 10, create("n", None)),
        (9, 10, listed(&[(1, "", 1), (2, "", 1)])),
    ]);
    history.operations.append(&mut elsewhere.operations);
    assert_eq!(said(&check(&history)), []);
}

#[test]
fn a_job_number_that_was_given_twice_is_found() {
    let history = history([
        (1, 2, made(add(""), 1, false)),
        (1, 2, made(add(""), 2, true)),
        (3, 4, made(add("k"), 1, true)),
    ]);
    assert_eq!(said(&check(&history)), [("job number 1 of \"acme\" was given 2 times", &[0, 2][..])]);
}

#[test]
fn a_group_number_that_was_given_twice_is_found() {
    let new_group = || Submission { group: None, ..add("") };
    let mut second = made(new_group(), 2, true);
    if let super::Step::Submit { outcome: super::Outcome::Ok(accepted), .. } = &mut second {
        accepted.group = Some(1);
    }
    let history = history([(1, 2, made(new_group(), 1, true)), (1, 2, second)]);
    assert_eq!(said(&check(&history)), [("group number 1 of \"acme\" was given 2 times", &[0, 1][..])]);
}

#[test]
fn a_user_id_that_was_given_twice_is_found() {
    let history = history([(1, 2, create("n", Some("a"))), (3, 4, create("m", Some("a")))]);
    assert_eq!(said(&check(&history)), [("user id a of \"acme\" was given 2 times", &[0, 1][..])]);
}

#[test]
fn a_job_that_is_listed_twice_is_found() {
    let history = history([(1, 2, listed(&[(1, "", 1), (1, "", 1)]))]);
    assert_eq!(said(&check(&history)), [("job 1 of \"acme\" is listed twice", &[0][..])]);
}
