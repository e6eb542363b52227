//! The rules for what the description of the admin API's family leaves open, a test for each.

mod files;
mod filters;
mod groups;
mod jobs;
mod profiles;
mod routing;

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::Settings;

use crate::house::{Answer, Call, House};

const USERS: &str = "/api/admin/user/v1/accounts/ACME";
const GROUPS: &str = "/api/admin/group/v1/accounts/ACME/groups";

/// A server with an administrator's key and some people.
struct Scene {
    house: House,
    key: String,
    /// The ids of `user0`, `user1` …
    people: Vec<String>,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        Self::in_house(House::with(settings).await).await
    }

    async fn in_house(house: House) -> Self {
        let key = house.admin().await;
        let mut people = Vec::new();
        for n in 0..4 {
            people.push(house.user(&key, &format!("user{n}")).await);
        }
        Self { house, key, people }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).plain(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.house.send(Call::new("DELETE", path).key(&self.key)).await
    }

    async fn scim(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await
    }

    fn ids(&self, which: &[usize]) -> Vec<&str> {
        which.iter().map(|n| self.people[*n].as_str()).collect()
    }

    /// A new group with these people; its path.
    async fn group(&self, name: &str, which: &[usize]) -> String {
        let body = json!({ "name": name, "resources": [{ "type": "User", "resourceIds": self.ids(which) }] });
        let made = self.send("POST", GROUPS, &body).await.expect(201).json();
        format!("{GROUPS}/{}", made["groupId"].as_str().unwrap())
    }

    /// Who is in a group, as places among the people.
    async fn inside(&self, path: &str) -> Vec<usize> {
        let group = self.get(path).await.expect(200).json();
        let lists = group["resources"].as_array().cloned().unwrap_or_default();
        let ids = lists.iter().flat_map(|list| list["resourceIds"].as_array().unwrap().clone());
        let place = |id: Value| self.people.iter().position(|known| id == known.as_str()).unwrap();
        let mut inside: Vec<usize> = ids.map(place).collect();
        inside.sort_unstable();
        inside
    }

    /// Sends a file with this name.
    async fn upload(&self, verb: &str, name: &str, file: &[u8]) -> Answer {
        let call = Call::new("POST", &format!("{USERS}/users:{verb}")).key(&self.key);
        self.house.send(call.file(name, file)).await
    }

    /// Sends a file of CSV that is accepted; the path of its job.
    async fn file(&self, verb: &str, file: &str) -> String {
        let accepted = self.upload(verb, "people.csv", file.as_bytes()).await.expect(202).json();
        accepted["url"].as_str().unwrap().to_owned()
    }

    /// The same, when the job has ended.
    async fn done(&self, verb: &str, file: &str) -> (String, Value) {
        let job = self.file(verb, file).await;
        let shown = self.ended(&job).await;
        (job, shown)
    }

    /// A job when it has ended.
    async fn ended(&self, job: &str) -> Value {
        for _ in 0..1_000 {
            let shown = self.get(job).await.expect(200).json();
            if shown.get("endTime").is_some() {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{job} does not end");
    }

    /// A page of the rows of a job.
    async fn rows(&self, job: &str, query: &str) -> Value {
        self.get(&format!("{job}/users{query}")).await.expect(200).json()
    }

    /// The number by which SCIM knows a group.
    async fn number(&self, name: &str) -> String {
        let path = format!("/scim/v2/Groups?filter=displayName%20eq%20%22{name}%22");
        let found = self.get(&path).await.expect(200).json();
        found["Resources"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn stop(self) {
        self.house.stop_to_check().await;
    }
}

/// The fields of the violations, with their codes.
fn violations(answer: &Answer) -> Vec<(String, String)> {
    let violations = answer.json()["violations"].as_array().cloned().unwrap_or_default();
    let text = |violation: &Value, name: &str| violation[name].as_str().unwrap().to_owned();
    violations.iter().map(|violation| (text(violation, "field"), text(violation, "code"))).collect()
}

fn violation(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

/// What a list names.
fn names(list: &Value, of: &str, name: &str) -> Vec<String> {
    let items = list[of].as_array().unwrap();
    items.iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

/// A text as a value in a query.
fn encoded(text: &str) -> String {
    let piece = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(piece).collect()
}
