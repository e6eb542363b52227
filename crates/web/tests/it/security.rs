//! The requirements of `docs/security.md` that no other test of this binary shows, each by a test named after it.

mod authority;
mod data;

use serde_json::Value;
use throng_directory::Role;
use throng_directory::use_cases::access::KeyRequest;

use crate::house::{Answer, Call, House};

/// A server with an administrator's key.
struct Scene {
    house: House,
    key: String,
}

impl Scene {
    async fn start() -> Self {
        let house = House::start().await;
        let key = house.admin().await;
        Self { house, key }
    }

    async fn scim(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.house.send(Call::new(method, &format!("/scim/v2{path}")).key(&self.key).json(body)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.house.send(Call::get(path).key(&self.key)).await
    }

    /// Whom a path of SCIM shows.
    async fn shown(&self, path: &str) -> Value {
        self.get(&format!("/scim/v2{path}")).await.expect(200).json()
    }

    async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| serde_json::json!({ "value": id })).collect();
        let body = serde_json::json!({ "displayName": name, "members": members });
        id(&self.scim("POST", "/Groups", &body).await.expect(201).json())
    }

    /// A key of a person.
    async fn key_of(&self, person: &str, role: Role) -> String {
        let user = Some(person.to_owned());
        self.house.key(KeyRequest { user, ..KeyRequest::new(Some("ACME"), role) }).await
    }
}

fn id(shown: &Value) -> String {
    shown["id"].as_str().unwrap().to_owned()
}
