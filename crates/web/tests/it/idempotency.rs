//! `Idempotency-Key` on writes of one resource. What makes jobs is in `groups`, `imports` and `jobs`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Role, Settings, limits};
use throng_scim::Registry;

use crate::house::{Answer, Call, House};

const USERS: &str = "/scim/v2/Users";
const GROUPS: &str = "/scim/v2/Groups";
const DEVICES: &str = "/scim/v2/Devices";

async fn house() -> (House, String) {
    let mut registry = Registry::standard();
    let devices = include_str!("../../../../examples/scim/devices.json");
    registry.define(serde_json::from_str(devices).unwrap()).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    (house, key)
}

/// A request with the key `k`.
fn keyed(method: &str, path: &str, key: &str, body: &Value) -> Call {
    let call = Call::new(method, path).key(key).header("idempotency-key", "k");
    if body.is_null() { call } else { call.json(body) }
}

fn adding(path: &str, value: &Value) -> Value {
    json!({ "Operations": [{ "op": "add", "path": path, "value": value }] })
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == "true"
}

/// Path of what an answer shows.
fn path_of(answer: &Answer) -> String {
    answer.header("content-location").strip_prefix("https://throng.example").unwrap().to_owned()
}

async fn total(house: &House, key: &str, list: &str) -> Value {
    house.send(Call::get(list).key(key)).await.expect(200).json()["totalResults"].clone()
}

/// Bodies that make one resource of each kind.
fn bodies() -> [(&'static str, Value); 3] {
    [
        (USERS, json!({ "userName": "ann" })),
        (DEVICES, json!({ "serialNumber": "A-1" })),
        (GROUPS, json!({ "displayName": "g" })),
    ]
}

#[tokio::test]
async fn a_create_is_done_once_and_shown_as_it_is_now() {
    let (house, key) = house().await;
    for (list, body) in bodies() {
        let create = keyed("POST", list, &key, &body);
        let first = house.send(create.clone()).await.expect(201);
        let again = house.send(create.clone()).await.expect(201);
        assert_eq!((is_replay(&first), is_replay(&again)), (false, true), "{list}");
        assert_eq!((&first.body, first.header("location")), (&again.body, again.header("location")));
        assert_eq!(total(&house, &key, list).await, 1, "{list}");
        let change = adding("externalId", &json!("e"));
        house.send(Call::new("PATCH", &path_of(&first)).key(&key).json(&change)).await.expect(200);
        let now = house.send(create).await.expect(201);
        assert_eq!((now.header("etag"), &now.json()["externalId"]), ("W/\"2\"", &json!("e")), "{list}");
        assert_eq!(now.header("location"), first.header("location"));
    }
    house.stop().await;
}

#[tokio::test]
async fn duplicates_at_once_have_one_effect() {
    let (house, key) = house().await;
    for (list, body) in bodies() {
        let sent = (0..20).map(|_| house.send(keyed("POST", list, &key, &body)));
        let answers = join_all(sent).await;
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(done.iter().filter(|answer| !is_replay(answer)).count(), 1, "{list}");
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409), "{list}");
        assert!(done.iter().all(|answer| answer.json()["id"] == done[0].json()["id"]), "{list}");
        assert_eq!(total(&house, &key, list).await, 1, "{list}");

        let path = path_of(done[0]);
        let change = adding("externalId", &json!("e"));
        let patches = join_all((0..20).map(|_| house.send(keyed("PATCH", &path, &key, &change)))).await;
        assert_eq!(patches.iter().filter(|answer| answer.status == 200 && !is_replay(answer)).count(), 1);
        let now = house.send(Call::get(&path).key(&key)).await.expect(200);
        assert_eq!(now.header("etag"), "W/\"2\"", "{list}");

        let gone = join_all((0..20).map(|_| house.send(keyed("DELETE", &path, &key, &Value::Null)))).await;
        assert!(gone.iter().all(|answer| answer.status == 204), "{list}");
        assert_eq!(gone.iter().filter(|answer| !is_replay(answer)).count(), 1, "{list}");
    }
    house.stop().await;
}

#[tokio::test]
async fn another_body_is_refused_and_another_request_is_not() {
    let (house, key) = house().await;
    let first = house.send(keyed("POST", USERS, &key, &json!({ "userName": "ann" }))).await.expect(201);
    let refused = house.send(keyed("POST", USERS, &key, &json!({ "userName": "bob" }))).await.expect(422);
    assert_eq!(refused.json()["status"], "422");
    assert_eq!(total(&house, &key, USERS).await, 1);
    let path = path_of(&first);
    let put = house.send(keyed("PUT", &path, &key, &json!({ "userName": "ann" }))).await.expect(200);
    assert!(!is_replay(&put));
    house.send(keyed("PUT", &path, &key, &json!({ "userName": "bob" }))).await.expect(422);
    let other = Call::new("POST", USERS).key(&key).header("idempotency-key", "K");
    house.send(other.json(&json!({ "userName": "bob" }))).await.expect(201);
    let bad = Call::new("DELETE", &path).key(&key).header("idempotency-key", "");
    house.send(bad).await.expect(400);
    house.send(Call::get(&path).key(&key)).await.expect(200);
    house.stop().await;
}

#[tokio::test]
async fn what_failed_is_not_remembered() {
    let (house, key) = house().await;
    for (list, body) in bodies() {
        let taken = house.send(Call::new("POST", list).key(&key).json(&body)).await.expect(201);
        let create = keyed("POST", list, &key, &body);
        house.send(create.clone()).await.expect(409);
        let path = path_of(&taken);
        let stale = keyed("DELETE", &path, &key, &Value::Null);
        house.send(stale.clone().header("if-match", "W/\"9\"")).await.expect(412);
        assert!(!is_replay(&house.send(stale).await.expect(204)), "{list}");
        house.send(keyed("PATCH", &path, &key, &adding("externalId", &json!("e")))).await.expect(404);
        assert!(!is_replay(&house.send(create).await.expect(201)), "{list}");
    }
    house.stop().await;
}

#[tokio::test]
async fn a_patch_is_applied_once() {
    let (house, key) = house().await;
    let ann = house.user(&key, "ann").await;
    let place = format!("{USERS}/{ann}");
    let patch = keyed("PATCH", &place, &key, &adding("emails", &json!([{ "value": "a@example.com" }])));
    let patch = patch.header("if-match", "W/\"1\"");
    let first = house.send(patch.clone()).await.expect(200);
    assert_eq!((first.header("etag"), first.json()["emails"].as_array().unwrap().len()), ("W/\"2\"", 1));
    // Taken out again by somebody else, it does not come back; and the condition was met when it counted.
    let remove = json!({ "Operations": [{ "op": "remove", "path": "emails" }] });
    house.send(Call::new("PATCH", &place).key(&key).json(&remove)).await.expect(200);
    let again = house.send(patch).await.expect(200);
    assert!(is_replay(&again));
    assert_eq!((again.header("etag"), again.json().get("emails")), ("W/\"3\"", None));
    assert_eq!(again.header("location"), "");
    house.stop().await;
}

#[tokio::test]
async fn a_delete_is_answered_again() {
    let (house, key) = house().await;
    for (list, body) in bodies() {
        let made = house.send(Call::new("POST", list).key(&key).json(&body)).await.expect(201);
        let delete = keyed("DELETE", &path_of(&made), &key, &Value::Null);
        assert!(!is_replay(&house.send(delete.clone()).await.expect(204)), "{list}");
        let again = house.send(delete).await.expect(204);
        assert!(is_replay(&again) && again.body.is_empty(), "{list}");
        house.send(Call::new("DELETE", &path_of(&made)).key(&key)).await.expect(404);
    }
    house.stop().await;
}

#[tokio::test]
async fn of_what_was_deleted_since_only_the_status_is_left() {
    let (house, key) = house().await;
    for (list, body) in bodies() {
        let create = keyed("POST", list, &key, &body);
        let made = house.send(create.clone()).await.expect(201);
        let place = path_of(&made);
        let patch = keyed("PATCH", &place, &key, &adding("externalId", &json!("e")));
        house.send(patch.clone()).await.expect(200);
        house.send(Call::new("DELETE", &place).key(&key)).await.expect(204);
        let again = house.send(create).await.expect(201);
        assert!(is_replay(&again) && again.body.is_empty(), "{list}");
        // The number of a group that is gone is in no record.
        let expected = if list == GROUPS { "" } else { made.header("location") };
        assert_eq!(again.header("location"), expected);
        let again = house.send(patch).await.expect(200);
        assert!(is_replay(&again) && again.body.is_empty(), "{list}");
        assert_eq!(total(&house, &key, list).await, 0, "{list}");
    }
    house.stop().await;
}

#[tokio::test]
async fn attributes_of_a_group_are_changed_once() {
    let (house, key) = house().await;
    let create = keyed("POST", GROUPS, &key, &json!({ "displayName": "g" }));
    let path = path_of(&house.send(create.header("prefer", "respond-async")).await.expect(201));
    for (method, body) in [
        ("PATCH", json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "h" }] })),
        ("PUT", json!({ "displayName": "i" })),
    ] {
        let write = keyed(method, &path, &key, &body).header("prefer", "respond-async");
        let first = house.send(write.clone()).await.expect(200);
        let back = Call::new("PUT", &path).key(&key).json(&json!({ "displayName": "g" }));
        let back = house.send(back).await.expect(200);
        let again = house.send(write).await.expect(200);
        assert_eq!((is_replay(&first), is_replay(&again)), (false, true), "{method}");
        assert_eq!((again.header("throng-job"), &again.json()["displayName"]), ("", &json!("g")));
        assert_eq!(again.header("etag"), back.header("etag"));
        let other =
            json!({ "displayName": "j", "Operations": adding("externalId", &json!("e"))["Operations"] });
        house.send(keyed(method, &path, &key, &other)).await.expect(422);
    }
    house.stop().await;
}

#[tokio::test]
async fn another_clients_key_is_another_key() {
    let (house, key) = house().await;
    let request = KeyRequest {
        client: Some("other".to_owned()),
        source: Some("hr".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let other = house.key(request).await;
    let theirs = house.key_of(Some("OTHER"), Role::AccountAdministrator, throng_directory::Dialect::Standard);
    let theirs = theirs.await;
    let body = |name: &str| json!({ "userName": name, "externalId": name });
    for (key, name) in [(&key, "ann"), (&other, "bob"), (&theirs, "cyd")] {
        assert!(!is_replay(&house.send(keyed("POST", USERS, key, &body(name))).await.expect(201)), "{name}");
        let again = house.send(keyed("POST", USERS, key, &body(name))).await.expect(201);
        // As the client's provisioning source sees it.
        assert_eq!((is_replay(&again), &again.json()["externalId"]), (true, &json!(name)));
    }
    assert_eq!(total(&house, &key, USERS).await, 2);
    house.stop().await;
}

#[tokio::test]
async fn a_key_is_forgotten_in_the_end() {
    // By the store's clock, which is the test's here.
    let house = House::timed(Settings::default()).await;
    let key = house.admin().await;
    let kept = i64::try_from(limits::IDEMPOTENCY_KEPT.as_micros()).unwrap();
    let path = format!("{USERS}/{}", house.user(&key, "ann").await);
    let delete = keyed("DELETE", &path, &key, &Value::Null);
    house.send(delete.clone()).await.expect(204);
    house.advance(kept - 60_000_000);
    assert!(is_replay(&house.send(delete.clone()).await.expect(204)));
    house.advance(60_000_000);
    house.send(delete).await.expect(404);
    house.stop().await;
}

#[tokio::test]
async fn me_is_a_path_of_its_own() {
    let (house, key) = house().await;
    let ann = house.user(&key, "ann").await;
    let request =
        KeyRequest { user: Some(ann.clone()), ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator) };
    let hers = house.key(request).await;
    let me = "/scim/v2/Me";
    let patch = keyed("PATCH", me, &hers, &adding("displayName", &json!("Ann")));
    house.send(patch.clone()).await.expect(200);
    let again = house.send(patch).await.expect(200);
    assert_eq!((is_replay(&again), again.header("etag")), (true, "W/\"2\""));
    let put = keyed("PUT", me, &hers, &json!({ "userName": "ann" }));
    house.send(put.clone()).await.expect(200);
    assert!(is_replay(&house.send(put).await.expect(200)));
    let by_id = keyed("PUT", &format!("{USERS}/{ann}"), &hers, &json!({ "userName": "ann" }));
    assert!(!is_replay(&house.send(by_id).await.expect(200)));
    house.stop().await;
}

#[tokio::test]
async fn a_bulk_request_has_no_key() {
    let (house, key) = house().await;
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "ann" } }],
    });
    for status in ["201", "409"] {
        let answer = house.send(keyed("POST", "/scim/v2/Bulk", &key, &bulk)).await.expect(200);
        assert_eq!(answer.json()["Operations"][0]["status"], status);
        assert!(!is_replay(&answer));
    }
    house.stop().await;
}
