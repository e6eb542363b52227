//! The rules for what the description of the job report's API family leaves open, a test for each. Those that are
//! decided in words alone stand in `docs/contract.md`.

mod dialect;
mod reading;
mod reports;
mod writing;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};

use crate::house::{Answer, Call, House};

/// A server with its keys and some people.
struct Scene {
    house: House,
    /// An administrator's key that speaks plain SCIM.
    key: String,
    /// A group manager's that speaks the dialect.
    firstup: String,
    /// The ids of `user0`, `user1` …
    people: Vec<String>,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    /// One in which a job takes its time: each chunk has one item.
    async fn slow() -> Self {
        Self::with(Settings { chunk_items: 1, ..Settings::default() }).await
    }

    async fn with(settings: Settings) -> Self {
        let house = House::with(settings).await;
        let key = house.admin().await;
        let firstup = house.key_of(Some("ACME"), Role::AccountAdministrator, Dialect::Firstup).await;
        let mut people = Vec::new();
        for n in 0..4 {
            people.push(house.user(&key, &format!("user{n}")).await);
        }
        Self { house, key, firstup, people }
    }

    fn members(&self, which: &[usize]) -> Vec<Value> {
        which.iter().map(|n| json!({ "value": self.people[*n] })).collect()
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    /// A new group with these people; its path.
    async fn group(&self, name: &str, which: &[usize]) -> String {
        let body = json!({ "displayName": name, "members": self.members(which) });
        let group = self.send("POST", "/scim/v2/Groups", &body).await.expect(201).json();
        format!("/scim/v2/Groups/{}", group["id"].as_str().unwrap())
    }

    async fn patch(&self, path: &str, operations: Value) -> Answer {
        self.send("PATCH", path, &json!({ "Operations": operations })).await
    }

    /// The report of the job that an answer names.
    async fn report(&self, answer: &Answer) -> Value {
        self.house.finished(&self.key, answer.header("throng-job")).await
    }

    /// Who is in the group, as places among the people.
    async fn inside(&self, path: &str) -> Vec<usize> {
        let group = self.get(path).await.expect(200).json();
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let place =
            |member: &Value| self.people.iter().position(|id| member["value"] == id.as_str()).unwrap();
        let mut inside: Vec<usize> = members.iter().map(place).collect();
        inside.sort_unstable();
        inside
    }

    async fn stop(self) {
        self.house.stop().await;
    }
}

/// Each of F1 to F40 is a test here or a line of the contract.
#[test]
fn every_rule_has_a_test_or_a_line() {
    let tests = [
        include_str!("seed_rules/dialect.rs"),
        include_str!("seed_rules/reading.rs"),
        include_str!("seed_rules/reports.rs"),
        include_str!("seed_rules/writing.rs"),
        include_str!("oauth.rs"),
    ];
    let contract = include_str!("../../../../docs/contract.md");
    for rule in 1..=40 {
        let test = format!("async fn f{rule:02}_");
        let line = format!("\n- F{rule}: ");
        let tested = tests.iter().any(|text| text.contains(&test));
        assert!(tested || contract.contains(&line), "F{rule} has neither a test nor a line");
    }
}
