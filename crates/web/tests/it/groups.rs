//! `/scim/v2/Groups`: attributes, members by jobs, preferences.

use serde_json::{Value, json};
use throng_directory::{Dialect, Role};

use crate::house::{Answer, Call, House};

async fn create(house: &House, key: &str, body: &Value) -> Answer {
    house.send(Call::new("POST", "/scim/v2/Groups").key(key).json(body)).await
}

fn adding(ids: &[&str]) -> Value {
    let values: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    json!({ "Operations": [{ "op": "add", "path": "members", "value": values }] })
}

#[tokio::test]
async fn a_small_write_is_finished_and_names_its_job() {
    let house = House::start().await;
    let key = house.admin().await;
    let (ann, bob) = (house.user(&key, "ann").await, house.user(&key, "bob").await);
    let body = json!({ "displayName": "Group of users", "members": [{ "value": ann }] });
    let created = create(&house, &key, &body).await.expect(201);
    let group = created.json();
    let id = group["id"].as_str().unwrap();
    let job = created.header("throng-job");
    assert_eq!(created.header("link"), format!("</v2/Groups/JobReport/{job}>; rel=\"status\""));
    assert_eq!(created.header("location"), format!("https://throng.example/scim/v2/Groups/{id}"));
    assert_eq!(group["members"][0]["value"], ann.as_str());
    assert_eq!(group["meta"].get("jobId"), None);
    assert_eq!(group.get("urn:throng:scim:1.0:Group"), None);
    assert_eq!(house.finished(&key, job).await["requestType"], "group_create");

    let path = format!("/scim/v2/Groups/{id}");
    let name = format!("{path}?attributes=urn:throng:scim:1.0:Group:name");
    let named = house.send(Call::get(&name).key(&key)).await.expect(200).json();
    assert_eq!(named["urn:throng:scim:1.0:Group"]["name"], "group_of_users");
    let patched =
        house.send(Call::new("PATCH", &path).key(&key).json(&adding(&[&bob, "nobody"]))).await.expect(200);
    assert_eq!(patched.json()["members"].as_array().unwrap().len(), 2);
    let report = house.finished(&key, patched.header("throng-job")).await;
    assert_eq!(report["messages"], "1 user(s) not found");

    let without = format!("{path}?excludedAttributes=members");
    let shown = house.send(Call::get(&without).key(&key)).await.expect(200);
    assert_eq!((shown.json().get("members"), shown.header("throng-members-omitted")), (None, ""));
    let user = house.send(Call::get(&format!("/scim/v2/Users/{ann}")).key(&key)).await.expect(200).json();
    assert_eq!(
        (&user["groups"][0]["value"], &user["groups"][0]["display"]),
        (&json!(id), &json!("Group of users"))
    );

    let kept = json!({ "displayName": "Renamed" });
    let replaced = house.send(Call::new("PUT", &path).key(&key).json(&kept)).await.expect(200);
    assert_eq!(
        (replaced.json()["members"].as_array().unwrap().len(), replaced.header("throng-job")),
        (2, "")
    );
    house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
    house.send(Call::get(&path).key(&key)).await.expect(404);
    house.stop().await;
}

#[tokio::test]
async fn respond_async_is_202_without_a_body() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let id = create(&house, &key, &json!({ "displayName": "g" })).await.expect(201).json()["id"].clone();
    let path = format!("/scim/v2/Groups/{}", id.as_str().unwrap());
    for prefer in ["respond-async", "Respond-Async, wait=2", "foo=\"a,b\", respond-async"] {
        let call = Call::new("PATCH", &path).key(&key).json(&adding(&[&ann])).header("prefer", prefer);
        let answer = house.send(call).await.expect(202);
        let job = answer.header("throng-job");
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("location"), format!("/v2/Groups/JobReport/{job}"));
        assert_eq!(answer.header("preference-applied"), "respond-async");
        assert_eq!(answer.header("set-txn").len(), 36);
        house.finished(&key, job).await;
    }
    let rename = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "h" }] });
    let call = Call::new("PATCH", &path).key(&key).json(&rename).header("prefer", "respond-async");
    let answer = house.send(call).await.expect(200);
    assert_eq!((answer.header("throng-job"), &answer.json()["displayName"]), ("", &json!("h")));
    house.stop().await;
}

#[tokio::test]
async fn the_dialect_speaks_of_the_job_in_the_body() {
    let house = House::start().await;
    let admin = house.admin().await;
    house.user(&admin, "username3").await;
    let key = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Firstup).await;
    let body = json!({ "displayName": "Group of users", "members": [{ "value": "username3" }] });
    let created = create(&house, &key, &body).await.expect(201);
    let group = created.json();
    let job: i64 = created.header("throng-job").parse().unwrap();
    assert_eq!((&group["meta"]["jobId"], &group["name"]), (&json!(job), &json!("group_of_users")));
    assert!(group["id"].is_i64() && group.get("members").is_none());
    assert_eq!(house.finished(&key, &job.to_string()).await["membersCreatedCount"], 1);

    let path = format!("/scim/v2/Groups/{}", group["id"]);
    let standard = json!({
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [{ "op": "remove", "path": "members", "value": [{ "value": "username3" }] }],
    });
    let patched = house.send(Call::new("PATCH", &path).key(&admin).json(&standard)).await.expect(200);
    assert_eq!(patched.json()["meta"]["jobId"].to_string(), patched.header("throng-job"));
    assert_eq!(house.finished(&admin, patched.header("throng-job")).await["membersRemovedCount"], 1);
    house.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_one_job() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let id = create(&house, &key, &json!({ "displayName": "g" })).await.expect(201).json()["id"].clone();
    let path = format!("/scim/v2/Groups/{}", id.as_str().unwrap());
    let call = Call::new("PATCH", &path).key(&key).json(&adding(&[&ann])).header("idempotency-key", "k1");
    let first = house.send(call.clone()).await.expect(200);
    let again = house.send(call).await.expect(200);
    assert_eq!(first.header("throng-job"), again.header("throng-job"));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    let other = Call::new("PATCH", &path).key(&key).json(&adding(&[])).header("idempotency-key", "k1");
    assert_eq!(house.send(other).await.expect(422).json()["status"], "422");
    house.stop().await;
}

#[tokio::test]
async fn a_large_write_is_answered_without_members() {
    let house = House::start().await;
    let key = house.admin().await;
    let id = create(&house, &key, &json!({ "displayName": "g" })).await.expect(201).json()["id"].clone();
    let path = format!("/scim/v2/Groups/{}", id.as_str().unwrap());
    let ann = house.user(&key, "ann").await;
    let unknown: Vec<String> = (0..5_000).map(|n| format!("{n:08}-0000-7000-8000-000000000000")).collect();
    let mut values: Vec<&str> = unknown.iter().map(String::as_str).collect();
    values.push(&ann);
    let answer = house.send(Call::new("PATCH", &path).key(&key).json(&adding(&values))).await.expect(200);
    let running = answer.json();
    assert_eq!(running.get("members"), None);
    assert!(!answer.header("throng-members-omitted").is_empty());
    let report = house.finished(&key, answer.header("throng-job")).await;
    assert_eq!(
        (&report["membersProcessedCount"], &report["membersCreatedCount"]),
        (&json!(5_001), &json!(1))
    );
    assert_eq!(report["messages"], "5000 user(s) not found");
    assert_eq!(report["requestedChanges"], "{\"create\":5001,\"destroy\":0}");
    house.stop().await;
}
