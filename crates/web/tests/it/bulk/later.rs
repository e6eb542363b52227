//! What a dry run of a bulk request says of members that a job would change, and what its `apply` makes of them.

use serde_json::{Value, json};
use throng_directory::Settings;
use throng_scim::Registry;

use super::dry_run::{apply, dry, job, reasons, statuses};
use super::get;
use super::told::{JOBS, group, listed, people};
use crate::house::{Call, House};

/// A change of members by their logins.
fn by_name(group: &str, op: &str, names: &[String]) -> Value {
    json!({ "Operations": [{ "method": "PATCH", "path": format!("/Groups/{group}"), "data": {
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [{ "op": op, "path": "members", "value": listed(names) }] } }] })
}

async fn rename(house: &House, key: &str, id: &str, name: &str) {
    let change = json!({ "Operations": [{ "op": "replace", "path": "userName", "value": name }] });
    let call = Call::new("PATCH", &format!("/scim/v2/Users/{id}")).key(key).json(&change);
    house.send(call).await.expect(200);
}

/// The text with which an application is refused.
async fn refused(house: &House, key: &str, plan: &Value) -> String {
    let refused = apply(house, key, &plan["jobId"], "k").await.expect(409).json();
    refused["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whom_a_job_would_look_up_by_name_is_nobody_to_apply() {
    let house = House::start().await;
    let key = house.admin().await;
    let ids = people(&house, &key, 4).await;
    let names: Vec<String> = (0..201).map(|n| format!("p{n}")).collect();
    let (crew, few) = (group(&house, &key, "crew", &[]).await, group(&house, &key, "few", &ids).await);
    let many = dry(&house, &key, &by_name(&crew, "add", &names)).await;
    assert_eq!(many["Operations"][0]["members"]["state"], "PENDING");
    house.set(json!({ "guard_count": 2 })).await;
    let held = dry(&house, &key, &by_name(&few, "remove", &names[..3])).await;
    assert_eq!(held["Operations"][0]["members"]["state"], "AWAITING_APPROVAL");
    for plan in [&many, &held] {
        let text = refused(&house, &key, plan).await;
        assert!(text.starts_with("a job would find out after the answer whom names"), "{text}");
    }
    // What need not wait any more is done at once: for whom it was seen, or for nobody.
    house.set(json!({ "guard_count": 1000 })).await;
    rename(&house, &key, &ids[0], "other").await;
    rename(&house, &key, &ids[3], "p0").await;
    let text = refused(&house, &key, &held).await;
    assert!(text.starts_with("names of members name others than in the dry run"), "{text}");
    rename(&house, &key, &ids[3], "p3").await;
    rename(&house, &key, &ids[0], "p0").await;
    let applied = apply(&house, &key, &held["jobId"], "k").await.expect(202).json();
    let (_, items) = job(&house, &key, &applied["number"]).await;
    assert_eq!(items[0]["message"], "0 added, 3 removed, 0 without effect");
    house.stop().await;
}

#[tokio::test]
async fn who_is_too_many_to_be_looked_at_is_counted() {
    let settings = Settings { rehearsed_items_max: 5, ..Settings::default() };
    let house = House::of(settings, Registry::standard()).await;
    let key = house.admin().await;
    let ids = people(&house, &key, 201).await;
    let mut groups = Vec::new();
    for name in ["one", "other"] {
        let group = group(&house, &key, name, &ids[..200]).await;
        let rest =
            json!({ "Operations": [{ "op": "add", "path": "members", "value": listed(&ids[200..]) }] });
        let call = Call::new("PATCH", &format!("/scim/v2/Groups/{group}")).key(&key).json(&rest);
        house.send(call).await.expect(200);
        groups.push(group);
    }
    let message = json!({ "Operations": [
        { "method": "PUT", "path": format!("/Groups/{}", groups[0]), "data": { "displayName": "one", "members": [] } },
        { "method": "PATCH", "path": format!("/Groups/{}", groups[1]), "data": [{ "op": "remove", "path": "members" }] },
    ]});
    house.set(json!({ "guard_count": 5 })).await;
    let said = dry(&house, &key, &message).await;
    assert_eq!(statuses(&said), ["202", "202"], "{said}");
    for index in 0..2 {
        let members = &said["Operations"][index]["members"];
        assert_eq!(members["state"], "AWAITING_APPROVAL");
        let text = members["message"].as_str().unwrap();
        assert!(text.starts_with("waits for approval: it removes 201 of 201"), "{text}");
    }
    let (plan, _) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(plan["message"], "if it were done, members of 2 operations would wait for approval");

    house.set(json!({ "guard_count": 1000 })).await;
    let said = dry(&house, &key, &message).await;
    let (_, items) = job(&house, &key, &said["jobId"]).await;
    assert_eq!(reasons(&items), ["updated"; 2]);
    for (index, item) in items.iter().enumerate() {
        let members = &said["Operations"][index]["members"];
        assert_eq!(
            (&members["state"], &members["counts"]["total"], &members["counts"]["pending"]),
            (&json!("PENDING"), &json!(201), &json!(201))
        );
        assert_eq!(item["message"], "201 members wait for a job");
    }
    let applied = apply(&house, &key, &said["jobId"], "k").await.expect(202).json();
    assert_eq!(applied["state"], "COMPLETED");
    let (_, items) = job(&house, &key, &applied["number"]).await;
    assert_eq!(reasons(&items), ["updated"; 2]);
    for item in items {
        let text = item["message"].as_str().unwrap();
        let number = text.strip_prefix("its members wait for job ").unwrap();
        house.finished(&key, number).await;
        assert_eq!(get(&house, &key, &format!("{JOBS}/{number}")).await["counts"]["removed"], 201);
    }
    house.stop().await;
}
