//! Ids of another account in the place of one's own, wherever a request can name something: path, query, body, header.

use throng_web::{Policy, Route};

use super::matrix::in_order;
use super::samples::{named, reads, samples};
use super::{Scene, guarded, sample_of, tenant};
use crate::house::Answer;
use throng_directory::Role;

/// What an answer says but for ids, numbers and times: these differ by themselves. `names` are taken out as well.
pub fn told(answer: &Answer, names: &[&str]) -> String {
    // Masked first: a number that is taken out may stand in an id of another thing by chance.
    let mut body = masked(&String::from_utf8_lossy(&answer.body));
    for name in names {
        body = body.replace(&masked(name), "#");
    }
    let mut headers: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
    headers.sort_unstable();
    format!("{} {headers:?} {body}", answer.status.as_u16())
}

/// The text with every UUID, every digest and every row of digits replaced by a mark, but for statuses of what is told inside.
fn masked(text: &str) -> String {
    const STATUS: [&str; 2] = ["\"status\":\"", "\"status\":"];
    let mut masked = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let is_status = digits == 3 && STATUS.iter().any(|before| masked.ends_with(before));
        let length = match rest.get(..36) {
            Some(id) if is_uuid(id) => 36,
            Some(digest) if digest.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len())
            }
            _ => digits.max(c.len_utf8()),
        };
        let (piece, behind) = rest.split_at(length);
        masked.push_str(if is_status || digits == 0 && length < 36 { piece } else { "#" });
        rest = behind;
    }
    masked
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// What has the form of this and is nothing's.
fn nobodys(value: &str) -> String {
    if is_uuid(value) {
        return "0192f3c4-5b6a-7c8d-8e9f-0a1b2c3d4e5f".to_owned();
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return "4503599627370496".to_owned();
    }
    // Of the same length and alphabet: what is sealed is broken by it.
    value.chars().rev().collect()
}

/// Each request of each route, with one thing of the other account, is answered as with a thing that does not exist:
/// by who may do everything in their own account.
#[tokio::test]
async fn s06_what_belongs_to_another_account_is_as_if_it_were_not_there() {
    let scene = Scene::start().await;
    let mut crossed = 0;
    for sample in guarded().flat_map(samples) {
        let key = scene.key_for(sample.route);
        for (&thing, foreign) in scene.theirs.iter().filter(|(thing, _)| **thing != "account") {
            if !sample.names(thing) {
                continue;
            }
            crossed += 1;
            let nobodys = nobodys(foreign);
            let mut answers = Vec::new();
            for value in [foreign, &nobodys] {
                let mut things = scene.ours.clone();
                things.insert(thing, value.clone());
                let answer = scene.send(&sample, &things, Some(key)).await;
                let what = format!("{} with {thing} {value}", named(sample.route));
                assert!(answer.status.as_u16() < 500, "{what}: {}", answer.status);
                if sample.path.contains(&format!("<{thing}>")) {
                    assert_eq!(answer.status, 404, "{what}");
                }
                answers.push(told(&answer, &[value.as_str()]));
            }
            assert_eq!(answers[0], answers[1], "{} with {thing} of another account", named(sample.route));
        }
    }
    assert!(crossed > 80, "only {crossed} places where a request names something");
    scene.end().await;
}

fn is_operators(route: &Route) -> bool {
    route.policy() == Policy::Guarded(throng_web::Guard::Operator)
}

/// An `Idempotency-Key` is its client's own: another client of the account is never shown what it was the answer to.
#[tokio::test]
async fn s17_an_idempotency_key_of_another_principal_replays_nothing() {
    let scene = Scene::start().await;
    let role = Role::AccountAdministrator;
    let other = tenant::key_of(&scene.house, "ACME", "other", role, None).await;
    let mut replayed = 0;
    let keyed = |route: &&Route| reads(route, "Idempotency-Key") && !route.path().ends_with("/Me");
    for route in in_order().into_iter().filter(keyed) {
        assert!(!is_operators(route), "{}: of which account?", named(route));
        let sample = sample_of(route);
        let call = sample.call(&scene.ours, scene.fresh()).header("idempotency-key", "shared");
        let first = scene.house.send(call.clone().key(&scene.admin)).await;
        if !first.status.is_success() {
            // Gone by an earlier request: there is nothing to be replayed.
            continue;
        }
        let again = scene.house.send(call.clone().key(&scene.admin)).await;
        assert_eq!(again.header("idempotent-replayed"), "true", "{}", named(route));
        replayed += 1;
        let theirs = scene.house.send(call.key(&other)).await;
        assert_eq!(theirs.header("idempotent-replayed"), "", "{}", named(route));
    }
    assert!(replayed > 15, "only {replayed} routes remember a key");
    scene.end().await;
}

#[test]
fn ids_and_numbers_are_masked() {
    let id = "0192f3c4-5b6a-7c8d-8e9f-0a1b2c3d4e5f";
    assert_eq!(masked(&format!("é{id} W/\"17\" a1b")), "é# W/\"#\" a#b");
    assert_eq!(masked("{\"status\":\"404\",\"id\":404}"), "{\"status\":\"404\",\"id\":#}");
}
