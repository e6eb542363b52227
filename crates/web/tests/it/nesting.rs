//! Groups as members of groups, over HTTP.

use serde_json::{Value, json};

use crate::house::{Answer, Call, House};

const BASE: &str = "https://throng.example/scim/v2";

async fn group(house: &House, key: &str, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": name, "members": members });
    let created = house.send(Call::new("POST", "/scim/v2/Groups").key(key).json(&body)).await.expect(201);
    created.json()["id"].as_str().unwrap().to_owned()
}

async fn patch(house: &House, key: &str, group: &str, op: &str, value: &Value) -> Answer {
    let body = json!({ "Operations": [{ "op": op, "path": "members", "value": value }] });
    let path = format!("/scim/v2/Groups/{group}");
    house.send(Call::new("PATCH", &path).key(key).json(&body)).await.expect(200)
}

async fn get(house: &House, key: &str, path: &str) -> Value {
    house.send(Call::get(&format!("/scim/v2/{path}")).key(key)).await.expect(200).json()
}

fn values(list: &Value) -> Vec<&str> {
    list.as_array().map_or(Vec::new(), |all| all.iter().map(|one| one["value"].as_str().unwrap()).collect())
}

/// The ids that a filter finds.
async fn found(house: &House, key: &str, endpoint: &str, filter: &str) -> Vec<String> {
    let filter = filter.replace(' ', "%20").replace('"', "%22");
    let listed = get(house, key, &format!("{endpoint}?filter={filter}")).await;
    let all = listed["Resources"].as_array().cloned().unwrap_or_default();
    assert_eq!(listed["totalResults"], all.len());
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_group_is_a_member_like_a_user() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let inner = group(&house, &key, "Inner", &[&ann]).await;
    let outer = group(&house, &key, "Outer", &[&inner, &ann, "999"]).await;
    let path = format!("Groups/{outer}");
    let shown = get(&house, &key, &path).await;
    assert_eq!(
        shown["members"],
        json!([
            { "value": ann, "$ref": format!("{BASE}/Users/{ann}"), "type": "User" },
            { "value": inner, "$ref": format!("{BASE}/Groups/{inner}"), "type": "Group" },
        ])
    );

    let again =
        patch(&house, &key, &outer, "add", &json!([{ "value": inner, "type": "Group" }, "12345", "0"])).await;
    let report = house.finished(&key, again.header("throng-job")).await;
    assert_eq!(report["messages"], "1 user(s) not added (already members?); 2 user(s) not found");
    assert_eq!(again.header("etag"), shown["meta"]["version"].as_str().unwrap(), "nothing changed");

    let removed = patch(&house, &key, &outer, "remove", &json!([{ "value": inner }])).await;
    assert_eq!(values(&removed.json()["members"]), [ann.as_str()]);
    let number: i64 = inner.parse().unwrap();
    let added = patch(&house, &key, &outer, "add", &json!({ "value": number })).await;
    assert_eq!(values(&added.json()["members"]), [ann.as_str(), inner.as_str()]);
    let chosen =
        json!({ "Operations": [{ "op": "remove", "path": format!("members[value eq \"{inner}\"]") }] });
    let call = Call::new("PATCH", &format!("/scim/v2/{path}")).key(&key).json(&chosen);
    assert_eq!(values(&house.send(call).await.expect(200).json()["members"]), [ann.as_str()]);
    let replaced = patch(&house, &key, &outer, "replace", &json!([{ "value": inner }])).await;
    assert_eq!(values(&replaced.json()["members"]), [inner.as_str()]);
    let cleared = json!({ "displayName": "Outer", "members": [] });
    let call = Call::new("PUT", &format!("/scim/v2/{path}")).key(&key).json(&cleared);
    assert_eq!(house.send(call).await.expect(200).json().get("members"), None);
    house.stop().await;
}

#[tokio::test]
async fn groups_are_named_only_where_members_are_named_by_id() {
    let house = House::start().await;
    let key = house.admin().await;
    let inner = group(&house, &key, "Inner", &[]).await;
    let outer = group(&house, &key, "Outer", &[]).await;
    let body = json!({
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [{ "op": "add", "path": "members", "value": [{ "value": inner, "type": "Group" }] }],
    });
    let call = Call::new("PATCH", &format!("/scim/v2/Groups/{outer}")).key(&key).json(&body);
    let answer = house.send(call.clone()).await.expect(200);
    let report = house.finished(&key, answer.header("throng-job")).await;
    assert_eq!(report["messages"], "1 user(s) not found");
    // Whoever is called like the number is meant.
    let named = house.user(&key, &inner).await;
    assert_eq!(values(&house.send(call).await.expect(200).json()["members"]), [named.as_str()]);
    house.stop().await;
}

#[tokio::test]
async fn a_user_shows_direct_and_indirect_groups() {
    let house = House::start().await;
    let key = house.admin().await;
    let (ann, bob) = (house.user(&key, "ann").await, house.user(&key, "bob").await);
    let inner = group(&house, &key, "Inner", &[&ann]).await;
    let middle = group(&house, &key, "Middle", &[&inner, &bob]).await;
    let outer = group(&house, &key, "Outer", &[&middle, &ann]).await;
    let entry = |id: &str, name: &str, kind: &str| json!({ "value": id, "$ref": format!("{BASE}/Groups/{id}"), "display": name, "type": kind });
    let want = json!([
        entry(&inner, "Inner", "direct"),
        entry(&outer, "Outer", "direct"),
        entry(&middle, "Middle", "indirect"),
    ]);
    let user = get(&house, &key, &format!("Users/{ann}")).await;
    assert_eq!(user["groups"], want);
    // A circle, and a group in itself: each once, and a user's version does not move.
    patch(&house, &key, &inner, "add", &json!([{ "value": outer }, { "value": inner }])).await;
    let again = get(&house, &key, &format!("Users/{ann}")).await;
    assert_eq!((&again["groups"], &again["meta"]["version"]), (&want, &user["meta"]["version"]));
    assert_eq!(
        values(&get(&house, &key, &format!("Groups/{inner}")).await["members"]),
        [ann.as_str(), inner.as_str(), outer.as_str()]
    );
    let bobs = get(&house, &key, &format!("Users/{bob}")).await;
    assert_eq!(
        values(&bobs["groups"]),
        [middle.as_str(), outer.as_str(), inner.as_str()],
        "the nearest first"
    );
    house.stop().await;
}

#[tokio::test]
async fn filters_follow_nesting_for_users_and_not_for_groups() {
    let house = House::start().await;
    let key = house.admin().await;
    let (ann, bob, cat) =
        (house.user(&key, "ann").await, house.user(&key, "bob").await, house.user(&key, "cat").await);
    let inner = group(&house, &key, "Inner", &[&cat, &ann]).await;
    let outer = group(&house, &key, "Outer", &[&inner, &bob, &ann]).await;
    let users = async |filter: String| found(&house, &key, "Users", &filter).await;
    assert_eq!(users(format!("groups.value eq \"{inner}\"")).await, [ann.clone(), cat.clone()]);
    let all = [ann.clone(), bob.clone(), cat.clone()];
    assert_eq!(users(format!("groups.value eq \"{outer}\"")).await, all);
    assert_eq!(users(format!("groups eq \"{outer}\" and userName sw \"c\"")).await, [cat.as_str()]);
    assert_eq!(users(format!("groups[value eq \"{outer}\" and type eq \"indirect\"]")).await, [cat.as_str()]);
    assert_eq!(users("groups.value eq \"999\"".to_owned()).await, Vec::<String>::new());
    let groups = async |filter: String| found(&house, &key, "Groups", &filter).await;
    assert_eq!(groups(format!("members.value eq \"{cat}\"")).await, [inner.as_str()]);
    assert_eq!(groups(format!("members.value eq \"{inner}\"")).await, [outer.as_str()]);
    assert_eq!(
        groups(format!("members eq \"{inner}\" and displayName eq \"x\"")).await,
        Vec::<String>::new()
    );
    house.stop().await;
}

#[tokio::test]
async fn a_nested_group_that_is_deleted_leaves_no_trace() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = house.user(&key, "ann").await;
    let inner = group(&house, &key, "Inner", &[&ann]).await;
    let outer = group(&house, &key, "Outer", &[&inner, &ann]).await;
    let over = group(&house, &key, "Over", &[&inner]).await;
    patch(&house, &key, &inner, "add", &json!([{ "value": outer }, { "value": inner }])).await;
    let before = get(&house, &key, &format!("Groups/{outer}")).await;
    house.send(Call::new("DELETE", &format!("/scim/v2/Groups/{inner}")).key(&key)).await.expect(204);
    let after = get(&house, &key, &format!("Groups/{outer}")).await;
    assert_eq!(values(&after["members"]), [ann.as_str()]);
    assert_ne!(before["meta"]["version"], after["meta"]["version"]);
    assert_eq!(get(&house, &key, &format!("Groups/{over}")).await.get("members"), None);
    let user = get(&house, &key, &format!("Users/{ann}")).await;
    assert_eq!(values(&user["groups"]), [outer.as_str()]);
    assert_eq!(
        found(&house, &key, "Users", &format!("groups.value eq \"{over}\"")).await,
        Vec::<String>::new()
    );
    // Its number names nobody.
    let answer = patch(&house, &key, &outer, "add", &json!([{ "value": inner }])).await;
    let report = house.finished(&key, answer.header("throng-job")).await;
    assert_eq!(report["messages"], "1 user(s) not found");
    house.stop().await;
}

#[tokio::test]
async fn users_and_groups_count_together_towards_a_group_that_is_shown_without_members() {
    let house = House::start().await;
    let key = house.admin().await;
    let mut members = Vec::new();
    for n in 0..998 {
        members.push(house.user(&key, &format!("u{n}")).await);
    }
    for n in 0..2 {
        members.push(group(&house, &key, &format!("g{n}"), &[]).await);
    }
    let listed: Vec<&str> = members.iter().map(String::as_str).collect();
    let body = json!({ "displayName": "full", "members": listed });
    let call = Call::new("POST", "/scim/v2/Groups").key(&key).json(&body).header("prefer", "wait=30");
    let created = house.send(call).await.expect(201);
    let full = created.json();
    let id = full["id"].as_str().unwrap();
    assert_eq!(values(&get(&house, &key, &format!("Groups/{id}")).await["members"]), listed);
    let one_more = group(&house, &key, "g3", &[]).await;
    patch(&house, &key, id, "add", &json!([{ "value": one_more }])).await;
    let shown = house.send(Call::get(&format!("/scim/v2/Groups/{id}")).key(&key)).await.expect(200);
    assert_eq!((shown.json().get("members"), shown.header("throng-members-omitted")), (None, "1001"));
    house.stop().await;
}
