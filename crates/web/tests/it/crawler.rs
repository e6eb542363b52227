//! Who may not, does not: every route of the table is asked by everybody who must be refused, in every spelling of its
//! path and with the ids of another account, and whoever may is let in.
//!
//! Routes are those of the table, so a new one is asked at once. What an allowed caller sends stands in `samples.rs`.
//! The tests are named after the requirements of `docs/security.md`.

mod credentials;
mod crossed;
mod matrix;
mod mutations;
mod samples;
mod tenant;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use throng_directory::{Dialect, Role, Settings};
use throng_scim::Registry;
use throng_web::{Guard, Policy, Route, routes};

use crate::house::{Answer, Call, House};
use samples::{Sample, Things};

/// Two accounts with one of everything in each: ACME asks, OTHER must not notice.
struct Scene {
    house: House,
    /// An administrator's key of ACME.
    admin: String,
    operator: String,
    ours: Things,
    theirs: Things,
    /// What was stored of OTHER before anybody asked.
    before: BTreeMap<String, String>,
    asked: AtomicUsize,
}

/// The routes that not everybody may call.
fn guarded() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.policy() != Policy::Public)
}

impl Scene {
    async fn start() -> Self {
        samples::check_rows();
        let mut registry = Registry::standard();
        let devices = include_str!("../../../../examples/scim/devices.json");
        registry.define(serde_json::from_str(devices).unwrap()).unwrap();
        let house = House::of(Settings::default(), registry).await;
        tenant::pass_numbers(&house, "OTHER").await;
        let their_admin = tenant::key_of(&house, "OTHER", "main", Role::AccountAdministrator, None).await;
        let theirs = tenant::furnish(&house, "OTHER", &their_admin).await;
        let admin = tenant::key_of(&house, "ACME", "main", Role::AccountAdministrator, None).await;
        let ours = tenant::furnish(&house, "ACME", &admin).await;
        let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
        house.directory.number_audit().await.unwrap();
        let before = house.digest("OTHER").await;
        Self { house, admin, operator, ours, theirs, before, asked: AtomicUsize::new(0) }
    }

    /// A number that no other request of this test has.
    fn fresh(&self) -> usize {
        self.asked.fetch_add(1, Ordering::SeqCst)
    }

    /// Whose key is good for a route.
    fn key_for(&self, route: &Route) -> &str {
        if route.policy() == Policy::Guarded(Guard::Operator) { &self.operator } else { &self.admin }
    }

    /// Sends a sample with these things.
    async fn send(&self, sample: &Sample, things: &Things, key: Option<&str>) -> Answer {
        let call = sample.call(things, self.fresh());
        let call = match key {
            Some(key) => call.key(key),
            None => call,
        };
        self.house.send(call).await
    }

    /// Nothing of the other account has changed, and nothing contradicts anything else.
    async fn end(self) {
        let after = self.house.digest("OTHER").await;
        assert_eq!(after, self.before, "what is stored of the other account has changed");
        self.house.stop_to_check().await;
    }
}

/// The first sample of a route.
fn sample_of(route: &'static Route) -> Sample {
    samples::samples(route).swap_remove(0)
}

/// A refusal has this status, and its cause is not the server.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, what: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.as_u16(), status, "{what}: {body}");
}

/// A path has one reading: none of its spellings leads to somebody who asks for no credential, or for another one.
#[tokio::test]
async fn s02_no_spelling_of_a_path_leads_past_its_policy() {
    let scene = Scene::start().await;
    let reader = tenant::key_of(&scene.house, "ACME", "reads", Role::Reader, None).await;
    for route in guarded() {
        let sample = sample_of(route);
        let path = sample.path_with(&scene.ours);
        // Who may call nothing of this kind: an operator inside an account, a reader outside of it and where is written.
        let stranger = if matrix::may(Role::Reader, route) { &scene.operator } else { &reader };
        let mut sent = 0;
        for spelling in mutations::of(&path) {
            for key in [None, Some(stranger)] {
                let Some(call) = Call::try_new(route.verb().as_str(), &spelling) else { continue };
                let call = key.map_or_else(|| call.clone(), |key| call.clone().key(key));
                let answer = scene.house.open(call).await;
                let status = answer.status().as_u16();
                let shown: String = spelling.chars().take(200).collect();
                let who = if key.is_none() { "nobody" } else { "a stranger" };
                let what = format!("{} by {who} as {shown}: {status}", samples::named(route));
                assert!((400..500).contains(&status), "{what}");
                assert!(status == 400 || !mutations::is_ambiguous(&spelling), "{what}");
                sent += 1;
            }
        }
        assert!(sent > 200, "{}: only {sent} spellings", samples::named(route));
    }
    scene.end().await;
}

/// What the others rely on: the digest of an account moves with it, and with no other.
#[tokio::test]
async fn what_changes_in_an_account_is_noticed_and_nothing_else() {
    let scene = Scene::start().await;
    scene.house.user(&scene.admin, "ours").await;
    assert_eq!(scene.house.digest("OTHER").await, scene.before);
    let theirs = tenant::key_of(&scene.house, "OTHER", "again", Role::AccountAdministrator, None).await;
    scene.house.user(&theirs, "theirs").await;
    let after = scene.house.digest("OTHER").await;
    for table in ["users", "clients", "api_keys"] {
        assert_ne!(after[table], scene.before[table], "{table}");
    }
    assert_eq!(after["memberships"], scene.before["memberships"]);
    scene.house.stop_to_check().await;
}
