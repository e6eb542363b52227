//! Every role at every route.

use std::fmt::Write as _;
use std::fs;

use throng_directory::{Dialect, Role};
use throng_web::{Route, Verb};

use super::samples::named;
use super::{Scene, guarded, sample_of, tenant};

/// Who may call what, as somebody has read it and found it right.
const REVIEWED: &str = include_str!("matrix.txt");

/// Whether a role may call a route.
pub fn may(role: Role, route: &Route) -> bool {
    let name = format!("{}:", named(route));
    let line = REVIEWED.lines().find_map(|line| line.strip_prefix(name.as_str()));
    let line = line.unwrap_or_else(|| panic!("matrix.txt has no {name} see the test of the matrix"));
    line.split_whitespace().any(|may| may == role.as_str())
}

/// What leaves something behind for the others comes first, and what takes the caller away last.
pub fn in_order() -> Vec<&'static Route> {
    let mut all: Vec<&Route> = guarded().collect();
    all.sort_by_key(|route| (route.verb() == Verb::Delete, route.path().ends_with("/Me")));
    all
}

#[tokio::test]
async fn s09_each_role_may_call_what_was_reviewed_and_nothing_else() {
    let scene = Scene::start().await;
    let mut keys = Vec::new();
    for role in Role::ALL {
        if role == Role::Operator {
            keys.push((role, scene.house.key_of(None, role, Dialect::Standard).await));
            continue;
        }
        scene.house.user(&scene.admin, role.as_str()).await;
        let client = format!("client of {}", role.as_str());
        let person = Some(role.as_str());
        keys.push((role, tenant::key_of(&scene.house, "ACME", &client, role, person).await));
    }
    let (mut lines, mut never) = (Vec::new(), Vec::new());
    for route in in_order() {
        let sample = sample_of(route);
        let (mut line, mut statuses, mut said) = (format!("{}:", named(route)), Vec::new(), Vec::new());
        for (role, key) in &keys {
            let answer = scene.send(&sample, &scene.ours, Some(key)).await;
            let status = answer.status.as_u16();
            // Nobody can make themselves: 501 is what whoever may ask is told.
            assert!(status < 500 || status == 501, "{} by {}: {status}", named(route), role.as_str());
            statuses.push(status);
            said = if matches!(status, 401 | 403) { said } else { answer.body };
            if !matches!(status, 401 | 403) {
                write!(line, " {}", role.as_str()).unwrap();
            }
        }
        lines.push(line);
        let is_done = |status: u16| (200..300).contains(&status) || status == 501;
        if !statuses.iter().copied().any(is_done) {
            never.push(format!("{}: {statuses:?} {}", named(route), String::from_utf8_lossy(&said)));
        }
    }
    assert!(never.is_empty(), "nobody is let in, so a refusal shows nothing: {}", never.join("\n"));
    lines.sort_unstable();
    let found = lines.join("\n") + "\n";
    let file = format!("{}/matrix.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&file, &found).unwrap();
    let differing: Vec<&String> =
        lines.iter().filter(|line| !REVIEWED.lines().any(|reviewed| reviewed == line.as_str())).collect();
    assert!(
        found == REVIEWED,
        "who may call what is not what was reviewed: {differing:#?}\nif it is meant, read {file} and put it in the place \
         of crates/web/tests/it/crawler/matrix.txt"
    );
    scene.end().await;
}
