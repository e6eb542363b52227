//! Profiles: A2, A5 to A9, A12, A14, A15, A24, A38, A41, A43, A54, A55 where they are about these.

use serde_json::{Value, json};

use super::{GROUPS, Scene, USERS, names, violation, violations};
use crate::house::Call;

/// A new profile; its path.
async fn made(scene: &Scene, name: &str) -> String {
    let body = json!({ "profileName": name });
    let made = scene.send("POST", &format!("{USERS}/profiles"), &body).await.expect(202).json();
    made["url"].as_str().unwrap().to_owned()
}

async fn listed(scene: &Scene, query: &str) -> Vec<String> {
    let list = scene.get(&format!("{USERS}/profiles{query}")).await.expect(200).json();
    names(&list, "profiles", "profileName")
}

#[tokio::test]
async fn a37_a_profile_is_there_when_it_is_answered() {
    let scene = Scene::start().await;
    let (one, two) = (scene.group("One", &[]).await, scene.group("Two", &[]).await);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let body = json!({
        "profileName": "Agents", "description": "Who answers", "roles": ["Agent", "Supervisor", "Agent"],
        "memberOfGroups": [id(&two), id(&one), id(&two)], "uxProfileId": "passed over",
    });
    let answer = scene.send("POST", &format!("{USERS}/profiles"), &body).await.expect(202);
    let profile = answer.json();
    assert_eq!(profile["profileId"], "AAAAAB");
    assert_eq!(profile["url"], format!("{USERS}/profiles/AAAAAB"));
    assert_eq!(answer.header("location"), format!("{USERS}/profiles/AAAAAB"));
    assert_eq!(profile["roles"], json!(["Agent", "Supervisor"]));
    assert_eq!(profile["memberOfGroups"], json!([id(&one), id(&two)]));
    assert_eq!(answer.header("etag"), "W/\"1\"");
    let path = format!("{USERS}/profiles/AAAAAB");
    let shown = scene.get(&path).await.expect(200);
    assert_eq!((shown.json(), shown.header("etag")), (profile, "W/\"1\""));
    // A group that is gone is left out.
    scene.delete(&two).await.expect(204);
    assert_eq!(scene.get(&path).await.expect(200).json()["memberOfGroups"], json!([id(&one)]));
    scene.delete(&path).await.expect(204);
    scene.delete(&path).await.expect(404);
    scene.get(&path).await.expect(404);
    for other in ["aaaaab", "AAAAAAB", "1", "00000000-0000-0000-0000-000000000001"] {
        scene.get(&format!("{USERS}/profiles/{other}")).await.expect(404);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a37_statuses_are_completed() {
    let scene = Scene::start().await;
    let body = json!({ "profileName": "Agents", "roles": ["Agent"] });
    scene.send("POST", &format!("{USERS}/profiles"), &body).await.expect(202);
    let path = format!("{USERS}/profiles:listStatuses");
    let asked = json!({ "profileIds": ["AAAAAZ", "AAAAAB", "nobody"] });
    let statuses = scene.send("POST", &path, &asked).await.expect(200).json();
    let role = json!({ "role": "Agent", "action": "ADD", "status": "COMPLETED" });
    assert_eq!(statuses, json!([{ "profileId": "AAAAAB", "status": "COMPLETED", "roles": [role] }]));
    let none = scene.send("POST", &path, &json!({})).await.expect(400);
    assert_eq!(violations(&none), [violation("profileIds", "20002")]);
    let many: Vec<&str> = std::iter::repeat_n("AAAAAB", 51).collect();
    let many = scene.send("POST", &path, &json!({ "profileIds": many })).await.expect(400);
    assert_eq!(violations(&many), [violation("profileIds", "20007")]);
    scene.stop().await;
}

#[tokio::test]
async fn a02_pages_of_profiles_have_any_size_up_to_fifty() {
    let scene = Scene::start().await;
    for n in 0..11 {
        made(&scene, &format!("P{n:02}")).await;
    }
    let list = scene.get(&format!("{USERS}/profiles")).await.expect(200).json();
    assert_eq!(list["pagination"], json!({ "pageNumber": 1, "pageSize": 10, "total": 11 }));
    assert_eq!(list["links"]["next"], format!("{USERS}/profiles?pageNumber=2&pageSize=10"));
    for (query, count) in [("?pageSize=1", 1), ("?pageSize=7", 7), ("?pageSize=50", 11)] {
        assert_eq!(listed(&scene, query).await.len(), count);
    }
    for query in ["?pageSize=51", "?pageSize=0", "?pageSize=x"] {
        let refused = scene.get(&format!("{USERS}/profiles{query}")).await.expect(400);
        assert_eq!(violations(&refused)[0].0, "pageSize");
    }
    // Behind the end.
    let list = scene.get(&format!("{USERS}/profiles?pageNumber=9&pageSize=5")).await.expect(200).json();
    assert_eq!((&list["profiles"], &list["pagination"]["total"]), (&json!([]), &json!(11)));
    assert_eq!(list["links"]["prev"], format!("{USERS}/profiles?pageNumber=3&pageSize=5"));
    scene.stop().await;
}

#[tokio::test]
async fn a05_links_of_profiles_keep_filter_and_order_in_an_object() {
    let scene = Scene::start().await;
    for name in ["a&b 1", "a&b 2"] {
        made(&scene, name).await;
    }
    let query = "?pageSize=1&filter=profileName:A%26b&orderBy=profileName%20desc";
    let list = scene.get(&format!("{USERS}/profiles{query}")).await.expect(200).json();
    assert_eq!(names(&list, "profiles", "profileName"), ["a&b 2"]);
    let next = "pageNumber=2&pageSize=1&filter=profileName%3AA%26b&orderBy=profileName%20desc";
    assert_eq!(list["links"], json!({ "prev": "", "next": format!("{USERS}/profiles?{next}") }));
    let next = scene.get(list["links"]["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(names(&next, "profiles", "profileName"), ["a&b 1"]);
    assert_eq!(next["links"]["next"], "");
    scene.stop().await;
}

#[tokio::test]
async fn a09_a_bare_colon_is_contains_in_profiles() {
    let scene = Scene::start().await;
    for name in ["Sales Agents", "Agents", "Team *", "\u{c4}rzte"] {
        made(&scene, name).await;
    }
    for (filter, found) in [
        ("profileName:agent", vec!["Agents", "Sales Agents"]),
        ("profileName=agents", vec!["Agents"]),
        ("profileName=agent", vec![]),
        ("profileName:agent*", vec!["Agents"]),
        ("profileName:*AGENTS", vec!["Agents", "Sales Agents"]),
        ("profileName:s*t*s", vec!["Sales Agents"]),
        ("profileName=Team%20*", vec!["Team *"]),
        ("profileName:%5C*", vec!["Team *"]),
        ("profileName:%C3%A4R", vec!["\u{c4}rzte"]),
        ("profileName:*", vec!["Agents", "Sales Agents", "Team *", "\u{c4}rzte"]),
    ] {
        assert_eq!(listed(&scene, &format!("?filter={filter}")).await, found, "{filter}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a14_unknown_fields_of_profiles_are_named() {
    let scene = Scene::start().await;
    for (query, field) in [
        ("?filter=description:x", "filter"),
        ("?filter=profilename:x", "filter"),
        ("?filter=x", "filter"),
        ("?orderBy=description", "orderBy"),
        ("?orderBy=profileName%20up", "orderBy"),
    ] {
        let refused = scene.get(&format!("{USERS}/profiles{query}")).await.expect(400);
        assert_eq!(violations(&refused), [violation(field, "20006")]);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a38_put_clears_what_a_profile_lacks_and_knows_versions() {
    let scene = Scene::start().await;
    let body = json!({ "profileName": "Agents", "description": "d", "roles": ["Agent"] });
    let first = scene.send("POST", &format!("{USERS}/profiles"), &body).await.expect(202).json();
    let path = first["url"].as_str().unwrap();
    // What was read can be sent back as it is, and changes nothing.
    let same = scene.send("PUT", path, &first).await.expect(202);
    assert_eq!((same.json(), same.header("etag")), (first.clone(), "W/\"1\""));
    let put = |tag: &str, body: &Value| {
        let call = Call::new("PUT", path).key(&scene.key).plain(body).header("if-match", tag);
        scene.house.send(call)
    };
    let renamed = json!({ "profileName": "agents" });
    put("W/\"7\"", &renamed).await.expect(412);
    let replaced = put("W/\"1\"", &renamed).await.expect(202);
    assert_eq!(replaced.header("etag"), "W/\"2\"");
    let shown = json!({
        "profileId": "AAAAAB", "profileName": "agents", "roles": [], "memberOfGroups": [], "url": path,
    });
    assert_eq!(replaced.json(), shown);
    let unchanged = Call::get(path).key(&scene.key).header("if-none-match", "W/\"2\"");
    assert_eq!(scene.house.send(unchanged).await.expect(304).header("etag"), "W/\"2\"");
    scene.send("PUT", &format!("{USERS}/profiles/AAAAZZ"), &renamed).await.expect(404);
    scene.stop().await;
}

#[tokio::test]
async fn a54_every_fault_of_a_profile_is_told_with_a_code() {
    let scene = Scene::start().await;
    let path = format!("{USERS}/profiles");
    let long = "x".repeat(1_025);
    let roles: Vec<String> = (0..51).map(|n| format!("r{n}")).collect();
    let body = json!({ "description": long, "roles": roles, "memberOfGroups": ["7"] });
    let refused = scene.send("POST", &path, &body).await.expect(400);
    assert_eq!(
        violations(&refused),
        [
            violation("profileName", "20002"),
            violation("description", "20006"),
            violation("roles", "20007"),
            violation("memberOfGroups[0]", "20006"),
        ]
    );
    let body = json!({
        "profileName": "\u{200b}", "roles": ["", "x".repeat(41)],
    });
    let refused = scene.send("POST", &path, &body).await.expect(400);
    assert_eq!(violations(&refused).len(), 3);
    let nobody = "0190163d-8694-739b-aea5-966c26f8ad91";
    let body = json!({ "profileName": "A", "memberOfGroups": [nobody] });
    let refused = scene.send("POST", &path, &body).await.expect(400);
    assert_eq!(violations(&refused), [violation("memberOfGroups[0]", "20006")]);
    assert_eq!(listed(&scene, "").await, Vec::<String>::new());
    scene.stop().await;
}

#[tokio::test]
async fn a43_names_of_profiles_have_one_character_or_more() {
    let scene = Scene::start().await;
    made(&scene, "x").await;
    made(&scene, &"y".repeat(255)).await;
    let body = json!({ "profileName": "y".repeat(256) });
    scene.send("POST", &format!("{USERS}/profiles"), &body).await.expect(400);
    scene.stop().await;
}

#[tokio::test]
async fn a24_a_taken_profile_name_is_409_with_whose_it_is() {
    let scene = Scene::start().await;
    let (path, other) = (made(&scene, "Agents").await, made(&scene, "Leads").await);
    for (method, at) in [("POST", format!("{USERS}/profiles")), ("PUT", other)] {
        let taken = scene.send(method, &at, &json!({ "profileName": " AGENTS " })).await.expect(409);
        assert_eq!(taken.json()["existingId"], path.rsplit('/').next().unwrap());
        assert_eq!(violations(&taken), [violation("profileName", "20009")]);
    }
    // The same name is free in a group and in another account.
    scene.send("POST", GROUPS, &json!({ "name": "Agents" })).await.expect(201);
    scene.send("PUT", &path, &json!({ "profileName": "AGENTS" })).await.expect(202);
    scene.stop().await;
}

#[tokio::test]
async fn a24_profiles_are_made_once_by_a_key() {
    let scene = Scene::start().await;
    let call = Call::new("POST", &format!("{USERS}/profiles"))
        .key(&scene.key)
        .plain(&json!({ "profileName": "Agents" }))
        .header("idempotency-key", "k");
    let first = scene.house.send(call.clone()).await.expect(202);
    let again = scene.house.send(call.clone()).await.expect(202);
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    let path = first.json()["url"].as_str().unwrap().to_owned();
    let delete = Call::new("DELETE", &path).key(&scene.key).header("idempotency-key", "d");
    scene.house.send(delete.clone()).await.expect(204);
    assert_eq!(scene.house.send(delete).await.expect(204).header("idempotent-replayed"), "true");
    assert!(scene.house.send(call).await.expect(202).body.is_empty());
    scene.stop().await;
}
