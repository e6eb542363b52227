//! The audit log: what leaves rows in it, how it is searched, exported and read, and that nothing else is.

mod every_write;
mod jobs;
mod refusals;
mod searches;
mod tampering;

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Role, Settings};

use crate::house::{Answer, Call, House};

const USERS: &str = "/api/admin/user/v1/accounts/ACME";
const GROUPS: &str = "/api/admin/group/v1/accounts/ACME";
const NATIVE: &str = "/api/v1/accounts/ACME";

/// A server with an administrator's key, whose client has the name `ada`.
struct Scene {
    house: House,
    key: String,
}

impl Scene {
    async fn start() -> Self {
        Self::of(House::with(Settings::default()).await).await
    }

    async fn of(house: House) -> Self {
        let request = KeyRequest {
            client: Some("ada".to_owned()),
            ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
        };
        let key = house.key(request).await;
        Self { house, key }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).plain(body)).await
    }

    async fn scim(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, path).key(&self.key).json(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.house.send(Call::new("DELETE", path).key(&self.key)).await
    }

    /// All rows of ACME, the latest first.
    async fn rows(&self) -> Vec<Value> {
        let list = self.get(&format!("{NATIVE}/audit?count=1000")).await.expect(200).json();
        list["rows"].as_array().unwrap().clone()
    }

    /// Event and type of all rows but those about reads of the log, the earliest first.
    async fn told(&self) -> Vec<String> {
        let mut rows = self.rows().await;
        rows.reverse();
        let text = |row: &Value| format!("{} {}", row["event"], row["type"]).replace('"', "");
        rows.iter().map(text).filter(|text| text != "READ AUDIT").collect()
    }

    /// Waits until a job has ended.
    async fn ended(&self, id: &str) {
        self.until(id, &["COMPLETED", "FAILED", "ABORTED", "NO_CHANGE"]).await;
    }

    /// Waits until a job is in one of these states.
    async fn until(&self, id: &str, states: &[&str]) {
        let mut job = Value::Null;
        for _ in 0..1_000 {
            job = self.get(&format!("{NATIVE}/jobs/{id}")).await.expect(200).json();
            if states.contains(&job["state"].as_str().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("job {id} does not come to {states:?}: {job}");
    }
}

#[tokio::test]
async fn a_row_says_who_did_what_to_what_and_from_where() {
    let scene = Scene::start().await;
    let call = Call::new("POST", "/scim/v2/Users").key(&scene.key).header("x-request-id", "of-the-client");
    let made =
        scene.house.send(call.json(&json!({ "userName": "Ida", "title": "secret" }))).await.expect(201);
    assert_eq!(made.header("x-request-id"), "of-the-client");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let patch = json!({ "Operations": [{ "op": "replace", "value": { "title": "other", "password": "Geh3im-47x1-gAn!z" } }] });
    let patched = scene.scim("PATCH", &format!("/scim/v2/Users/{id}"), &patch).await.expect(200);
    let rows = scene.rows().await;
    let rows: Vec<&Value> = rows.iter().filter(|row| row["type"] == "USER").collect();
    let [changed, created] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(created["event"], "CREATED");
    assert_eq!((&created["object"], &created["name"]), (&json!(id), &json!("ida")));
    assert_eq!((&created["actor"], &created["role"]), (&json!("ada"), &json!("account-administrator")));
    assert_eq!((&created["request"], &created["result"]), (&json!("of-the-client"), &json!("SUCCESS")));
    assert_eq!(scene.key.split('_').nth(2), created["key"].as_str());
    assert_eq!(changed["request"], patched.header("x-request-id"));
    assert_eq!(changed["detail"]["fields"], json!(["title", "password"]));
    assert!(!format!("{rows:?}").contains("47x1"), "no password stands in it");
    assert!(!format!("{rows:?}").contains("other"), "no value stands in it");
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_row_and_what_is_repeated_none_either() {
    let scene = Scene::start().await;
    let before = scene.told().await;
    let call = Call::new("POST", "/scim/v2/Users").key(&scene.key).header("idempotency-key", "k");
    let call = call.json(&json!({ "userName": "ida" }));
    let id = scene.house.send(call.clone()).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    scene.house.send(call).await.expect(201);
    let same = json!({ "userName": "ida" });
    scene.scim("PUT", &format!("/scim/v2/Users/{id}"), &same).await.expect(200);
    scene.scim("POST", "/scim/v2/Users", &same).await.expect(409);
    assert_eq!(scene.told().await[before.len()..], ["CREATED USER"]);
    scene.house.stop_to_check().await;
}

#[tokio::test]
async fn what_operators_do_stands_in_the_log_of_the_account() {
    let scene = Scene::start().await;
    let operator = scene.house.key_of(None, Role::Operator, throng_directory::Dialect::Standard).await;
    let change = Call::new("PATCH", "/api/v1/accounts/ACME/settings").key(&operator);
    scene.house.send(change.plain(&json!({ "job_weight": 3 }))).await.expect(200);
    let rows = scene.rows().await;
    let change = rows.iter().find(|row| row["event"] == "UPDATED" && row["type"] == "ACCOUNT").unwrap();
    assert_eq!(change["detail"]["settings"], json!({ "job_weight": 3 }));
    assert_eq!(change["role"], "operator");
    let first = rows.last().unwrap();
    assert_eq!(
        (&first["event"], &first["type"], &first["actor"]),
        (&json!("CREATED"), &json!("ACCOUNT"), &json!("operator"))
    );
    let key = rows.iter().find(|row| row["type"] == "KEY").unwrap();
    assert_eq!(key["detail"]["client"], "ada");
    assert!(scene.key.contains(key["object"].as_str().unwrap()), "the public part alone");
    assert!(!format!("{rows:?}").contains(scene.key.rsplit('_').next().unwrap()));
    scene.house.stop_to_check().await;
}
