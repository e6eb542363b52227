//! What the operator of an account chose.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};

use crate::house::{Answer, Call, House};
use crate::imports::{part, upload};

const PATH: &str = "/api/v1/accounts/ACME/settings";

fn change(key: &str, body: &Value) -> Call {
    Call::new("PATCH", PATH).key(key).header("content-type", "application/json").body(body.to_string())
}

async fn operator(house: &House) -> String {
    house.key_of(None, Role::Operator, Dialect::Standard).await
}

/// A group with these members: its path.
async fn group(house: &House, key: &str, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": name, "members": members });
    let made = house.send(Call::new("POST", "/scim/v2/Groups").key(key).json(&body)).await.expect(201);
    format!("/scim/v2/Groups/{}", made.json()["id"].as_str().unwrap())
}

fn patch(op: &str, members: &[String]) -> Value {
    let values: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "Operations": [
        { "op": "replace", "path": "displayName", "value": format!("{op} was here") },
        { "op": op, "path": "members", "value": values },
    ] })
}

/// Values that name nobody.
fn strangers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("stranger-{n}")).collect()
}

async fn get(house: &House, key: &str, path: &str) -> Answer {
    house.send(Call::get(path).key(key)).await.expect(200)
}

/// A house in which jobs wait for ever.
async fn idle_house() -> House {
    let mut settings = Settings { inline_wait: Duration::ZERO, ..Settings::default() };
    settings.runner.slots = 0;
    House::with(settings).await
}

#[tokio::test]
async fn settings_are_shown_and_changed_by_operators() {
    let house = House::start().await;
    let key = operator(&house).await;
    let defaults = json!({ "status": "active", "unknown_members": "report", "large_group_writes": "job", "group_names": "unique",
            "guard_count": null, "guard_percent": null, "job_weight": 1, "jobs_waiting_max": 1_000,
            "items_waiting_max": 50_000_000, "job_retention_days": 30,
            "import_rows_max": 10_000_000, "upload_bytes_max": 4_294_967_296_u64,
            "requests_per_minute": 600_000, "audit_retention_days": 400 });
    assert_eq!(get(&house, &key, PATH).await.json(), defaults);
    let changed = house.send(change(&key, &json!({ "unknown_members": "reject" }))).await.expect(200).json();
    assert_eq!(changed["unknown_members"], "reject");
    assert_eq!(changed["group_names"], "unique");
    assert_eq!(get(&house, &key, PATH).await.json(), changed);
    assert_eq!(house.send(change(&key, &json!({}))).await.expect(200).json(), changed);

    let refused = [
        (json!({ "unknown": "reject" }), ["`unknown_members`", "`large_group_writes`", "`group_names`"]),
        (json!({ "unknown_members": "ignore" }), ["unknown_members: ", "`report`", "`reject`"]),
        (json!({ "large_group_writes": "reject" }), ["large_group_writes: ", "`job`", "`refuse`"]),
        (json!({ "group_names": "" }), ["group_names: ", "`unique`", "`free`"]),
        (json!({ "guard_percent": 101 }), ["guard_percent", "0", "100"]),
        (json!({ "guard_count": -1 }), ["guard_count is", "0", "or off"]),
        (json!({ "job_weight": 1.5 }), ["job_weight is", "1", "100"]),
        (json!({ "job_weight": 0 }), ["job_weight", "1", "100"]),
        (json!({ "job_retention_days": "never" }), ["job_retention_days is", "1", "3650"]),
        (json!({ "import_rows_max": 0 }), ["import_rows_max is", "1", "10000000"]),
        (json!({ "upload_bytes_max": 1_u64 << 33 }), ["upload_bytes_max is", "1", "4294967296"]),
        (json!({ "jobs_waiting_max": "off" }), ["jobs_waiting_max is", "whole number", "1"]),
    ];
    for (body, named) in refused {
        let detail = house.send(change(&key, &body)).await.expect(400).json()["detail"].to_string();
        assert!(named.iter().all(|name| detail.contains(name)), "{body}: {detail}");
    }
    house.send(change(&key, &json!({ "group_names": 7 }))).await.expect(400);
    house.send(change(&key, &json!({ "group_names": "free", "unknown_members": "x" }))).await.expect(400);
    assert_eq!(get(&house, &key, PATH).await.json(), changed, "all or nothing");

    let numbers = json!({ "guard_count": "100", "guard_percent": 5, "job_weight": "3" });
    let changed = house.send(change(&key, &numbers)).await.expect(200).json();
    let read =
        |changed: &Value| ["guard_count", "guard_percent", "job_weight"].map(|name| changed[name].clone());
    assert_eq!(read(&changed), [json!(100), json!(5), json!(3)]);
    let off = json!({ "guard_count": "off", "guard_percent": "off" });
    let changed = house.send(change(&key, &off)).await.expect(200).json();
    assert_eq!(read(&changed), [Value::Null, Value::Null, json!(3)]);

    let nowhere = "/api/v1/accounts/Nobody/settings";
    house.send(Call::get(nowhere).key(&key)).await.expect(404);
    house.send(Call::get(PATH).key(&house.admin().await)).await.expect(403);
    house.stop().await;
}

#[tokio::test]
async fn unknown_members_are_reported_or_rejected_as_a_whole() {
    let house = House::start().await;
    let key = house.admin().await;
    let (ann, bob) = (house.user(&key, "ann").await, house.user(&key, "bob").await);
    let path = group(&house, &key, "g", std::slice::from_ref(&ann)).await;
    house.set(json!({ "unknown_members": "reject" })).await;
    let before = get(&house, &key, &path).await.body;

    let mut listed = strangers(7);
    listed.insert(3, bob.clone());
    for op in ["add", "remove", "replace"] {
        let refused = house.send(Call::new("PATCH", &path).key(&key).json(&patch(op, &listed))).await;
        let error = refused.expect(400).json();
        assert_eq!(error["scimType"], "invalidValue");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("7 of the listed") && detail.contains("\"stranger-4\""), "{detail}");
        assert!(!detail.contains("stranger-5") && !detail.contains(&bob), "{detail}");
        assert_eq!(get(&house, &key, &path).await.body, before, "{op} left everything as it was");
    }
    let body = json!({ "displayName": "new", "members": [{ "value": "stranger" }] });
    house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&body)).await.expect(400);
    let asynchronous = Call::new("PUT", &path).key(&key).json(&body).header("prefer", "respond-async");
    house.send(asynchronous).await.expect(400);
    let groups = get(&house, &key, "/scim/v2/Groups").await.json();
    assert_eq!(groups["totalResults"], 1);

    // An address that two people have names nobody for certain.
    for login in ["cyd", "dan"] {
        let body = json!({ "userName": login, "emails": [{ "value": "both@x.example" }] });
        house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&body)).await.expect(201);
    }
    let mut by_email = patch("add", &["both@x.example".to_owned()]);
    by_email["SocialChorus:1.0:Group"] = json!({ "identifierField": "email" });
    house.send(Call::new("PATCH", &path).key(&key).json(&by_email)).await.expect(400);

    // Somebody who is known but no member is no stranger.
    house.send(Call::new("PATCH", &path).key(&key).json(&patch("remove", &[bob]))).await.expect(200);
    // What is queued reports as always.
    let queued = house
        .send(Call::new("PATCH", &path).key(&key).json(&patch("add", &strangers(201))))
        .await
        .expect(200);
    let report = house.finished(&key, queued.header("throng-job")).await;
    assert_eq!(report["messages"], "201 user(s) not found");

    house.set(json!({ "unknown_members": "report" })).await;
    house.send(Call::new("PATCH", &path).key(&key).json(&patch("add", &strangers(1)))).await.expect(200);
    house.stop().await;
}

#[tokio::test]
async fn what_waits_behind_a_job_reports_strangers() {
    let house = idle_house().await;
    let key = house.admin().await;
    let path = group(&house, &key, "g", &[]).await;
    house.set(json!({ "unknown_members": "reject" })).await;
    house.send(Call::new("PATCH", &path).key(&key).json(&patch("add", &strangers(1)))).await.expect(400);
    house.send(Call::new("PATCH", &path).key(&key).json(&patch("add", &strangers(201)))).await.expect(200);
    house.send(Call::new("PATCH", &path).key(&key).json(&patch("add", &strangers(1)))).await.expect(200);
    house.stop().await;
}

#[tokio::test]
async fn large_group_writes_can_be_refused() {
    let house = House::start().await;
    let key = house.admin().await;
    let mut people = Vec::new();
    for n in 0..150 {
        people.push(house.user(&key, &format!("p{n}")).await);
    }
    let path = group(&house, &key, "g", &people).await;
    let outsider = house.user(&key, "outsider").await;
    let many: Vec<String> = people.iter().chain(&strangers(51)).cloned().collect();
    let long: Vec<String> = (0..1_200).map(|n| format!("{n}-{}", "x".repeat(1_000))).collect();
    let only = |listed: usize| [vec![outsider.clone()], strangers(listed - 1)].concat();
    let request =
        |op: &str, members: &[String]| Call::new("PATCH", &path).key(&key).json(&patch(op, members));
    let earlier = request("remove", &long).header("idempotency-key", "earlier");
    let accepted = house.send(earlier.clone()).await.expect(200);
    house.finished(&key, accepted.header("throng-job")).await;

    house.set(json!({ "large_group_writes": "refuse" })).await;
    let before = get(&house, &key, &path).await.body;
    for call in [
        request("add", &many),
        request("remove", &long),
        // 51 listed, and 150 removals that follow from them.
        request("replace", &only(51)),
        request("add", &many).header("prefer", "wait=5"),
    ] {
        let detail = house.send(call).await.expect(413).json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("200") && detail.contains("large_group_writes"), "{detail}");
        assert_eq!(get(&house, &key, &path).await.body, before);
    }
    let body = json!({ "displayName": "new", "members": patch("add", &many)["Operations"][1]["value"] });
    house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&body)).await.expect(413);
    assert_eq!(get(&house, &key, "/scim/v2/Groups").await.json()["totalResults"], 1);

    let replayed = house.send(earlier).await.expect(200);
    assert_eq!(replayed.header("throng-job"), accepted.header("throng-job"));
    let asked = house.send(request("add", &many).header("prefer", "respond-async")).await.expect(202);
    house.finished(&key, asked.header("throng-job")).await;
    let only_one = house.send(request("replace", &only(50))).await.expect(200).json();
    assert_eq!(only_one["members"].as_array().unwrap().len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn what_waits_behind_a_job_is_measured_by_the_members_of_now() {
    let house = idle_house().await;
    let key = house.admin().await;
    let mut people = Vec::new();
    for n in 0..200 {
        people.push(house.user(&key, &format!("p{n}")).await);
    }
    let path = group(&house, &key, "g", &people).await;
    let outsider = house.user(&key, "outsider").await;
    house.set(json!({ "large_group_writes": "refuse" })).await;
    let request =
        |op: &str, members: &[String]| Call::new("PATCH", &path).key(&key).json(&patch(op, members));
    let job = request("add", &strangers(201)).header("prefer", "respond-async");
    house.send(job).await.expect(202);
    let before = get(&house, &key, &path).await.body;
    house.send(request("replace", std::slice::from_ref(&outsider))).await.expect(413);
    assert_eq!(get(&house, &key, &path).await.body, before);
    house.send(request("add", &[outsider])).await.expect(200);
    house.stop().await;
}

#[tokio::test]
async fn group_names_can_be_shared() {
    let house = House::start().await;
    let (key, operator) = (house.admin().await, operator(&house).await);
    let create =
        |name: &str| Call::new("POST", "/scim/v2/Groups").key(&key).json(&json!({ "displayName": name }));
    house.send(create("Staff")).await.expect(201);
    house.send(create("Trainers")).await.expect(201);
    house.send(create("staff")).await.expect(409);
    house.set(json!({ "group_names": "free" })).await;
    let twin = house.send(create("staff")).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let found = get(&house, &key, "/scim/v2/Groups?filter=displayName+eq+%22STAFF%22").await.json();
    assert_eq!(found["totalResults"], 2);
    let twin = format!("/scim/v2/Groups/{twin}");
    let rename = |name: &str| {
        let body = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": name }] });
        Call::new("PATCH", &twin).key(&key).json(&body)
    };
    house.send(rename("trainers")).await.expect(200);
    house.send(rename("STAFF")).await.expect(200);

    // A name that several groups have names none of them.
    let csv = "Login Id,Last Name,First Name,Member Of\n\
               ann@example.com,Smith,Ann,Staff\n\
               bob@example.com,Jones,Bob,Trainers\n";
    let body = format!("{}--XX--\r\n", part("file", csv));
    let accepted = house.send(upload(&key, "", &body)).await.expect(202).json();
    let url = accepted["url"].as_str().unwrap().to_owned();
    let mut tries = 0;
    while get(&house, &key, &url).await.json().get("endTime").is_none() {
        tries += 1;
        assert!(tries < 500, "the import does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let rows = get(&house, &key, &format!("{url}/users")).await.json();
    assert_eq!(rows["users"][0]["message"], "Invalid member of group provided (row 2 of the file)");
    assert_eq!(rows["users"][1]["status"], "COMPLETED");

    let refused = house.send(change(&operator, &json!({ "group_names": "unique" }))).await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().to_lowercase().contains("\"staff\""), "{refused}");
    house.send(create("staff")).await.expect(201);
    house.send(rename("Others")).await.expect(200);
    house.send(change(&operator, &json!({ "group_names": "unique" }))).await.expect(409);
    house.send(Call::new("DELETE", "/scim/v2/Groups/1").key(&key)).await.expect(204);
    house.send(change(&operator, &json!({ "group_names": "unique" }))).await.expect(200);
    house.advance(1_000_000);
    house.send(create("STAFF")).await.expect(409);
    house.send(rename("STAFF")).await.expect(409);
    house.stop().await;
}
