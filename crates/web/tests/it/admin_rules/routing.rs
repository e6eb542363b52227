//! A1, A3, A4, A40, A47, A50: paths, and what is not there.

use serde_json::json;
use throng_directory::{Dialect, Role};
use throng_web::{Face, Policy, Route, routes};

use super::{GROUPS, Scene, USERS};
use crate::house::{Answer, Call};

#[tokio::test]
async fn a03_the_doubled_path_leads_to_every_route() {
    let scene = Scene::start().await;
    let group = scene.group("One", &[]).await;
    let doubled = |path: &str| {
        let at = path.find("/v1/").unwrap();
        format!("{}{path}", &path[..at])
    };
    for path in [format!("{USERS}/profiles"), format!("{USERS}/jobs"), format!("{USERS}/users"), group] {
        let single = scene.get(&path).await.expect(200).json();
        assert_eq!(scene.get(&doubled(&path)).await.expect(200).json(), single, "{path}");
    }
    let made = scene.send("POST", &doubled(GROUPS), &json!({ "name": "Two" })).await.expect(201);
    assert!(made.header("location").starts_with(&format!("{GROUPS}/")));
    // Each doubled path of the table finds its route: without a key it is 401 and not 404.
    let is_guarded = |route: &&Route| route.policy() != Policy::Public;
    for route in routes().filter(|route| route.face() == Face::Admin).filter(is_guarded) {
        let call = Call::new(route.verb().as_str(), &doubled(&crate::access::path(route, "ACME")));
        scene.house.send(call).await.expect(401);
    }
    // Not two different ones, and not three.
    for path in [
        "/api/admin/user/api/admin/group/v1/group-types",
        "/api/admin/group/api/admin/group/api/admin/group/v1/group-types",
    ] {
        scene.get(path).await.expect(404);
    }
    scene.stop().await;
}

#[tokio::test]
async fn a50_verbs_stand_behind_a_colon_encoded_or_not() {
    let scene = Scene::start().await;
    let group = scene.group("One", &[]).await;
    let body = json!({ "profileIds": ["AAAAAB"] });
    for colon in [":", "%3A", "%3a"] {
        let path = format!("{USERS}/profiles{colon}listStatuses");
        scene.send("POST", &path, &body).await.expect(200);
        let path = format!("{group}/members{colon}add");
        scene.send("POST", &path, &json!({ "resourceIds": [scene.people[0]] })).await.expect(202);
    }
    for verb in ["members:replace", "members:", "members", "members:add:add"] {
        scene.send("POST", &format!("{group}/{verb}"), &json!({ "resourceIds": [] })).await.expect(404);
    }
    scene.get(&format!("{group}/members:add")).await.expect(405);
    scene.stop().await;
}

#[tokio::test]
async fn a40_what_is_not_there_is_404() {
    let scene = Scene::start().await;
    let user = &scene.people[0];
    for path in [
        format!("{USERS}/users/{user}/addresses"),
        format!("{USERS}/users/{user}/resource-partitions"),
        format!("{USERS}/resource-partitions"),
        format!("{USERS}/ux-profiles"),
        format!("{USERS}/workspaces"),
        format!("{USERS}/features"),
        format!("{GROUPS}/0190163d-8694-739b-aea5-966c26f8ad91"),
        "/api/admin/user/v1/group-types".to_owned(),
        "/api/admin/v1/accounts/ACME/groups".to_owned(),
    ] {
        let answer = scene.get(&path).await.expect(404);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    scene.send("POST", &format!("{USERS}/users/{user}/addresses"), &json!({})).await.expect(404);
    scene.send("POST", &format!("{USERS}/resource-partitions"), &json!({})).await.expect(404);
    scene.stop().await;
}

#[tokio::test]
async fn a48_limits_are_told_and_what_is_over_them_is_429() {
    let scene = Scene::start().await;
    scene.house.set(json!({ "requests_per_minute": 3 })).await;
    let key = scene.house.admin().await;
    let types = "/api/admin/group/v1/group-types";
    let get = |path: &str| Call::get(path).key(&key);
    let told = |answer: &Answer| {
        ["limit", "remaining", "policy"].map(|name| answer.header(&format!("ratelimit-{name}")).to_owned())
    };
    let first = scene.house.send(get(types)).await.expect(200);
    assert_eq!(told(&first), ["3", "2", "3;w=60"]);
    let reset: u64 = first.header("ratelimit-reset").parse().unwrap();
    assert!((1..=20).contains(&reset), "{reset}");
    // What is refused counts, and says what is left.
    assert_eq!(told(&scene.house.send(get("/scim/v2/Users/x")).await.expect(404)), ["3", "1", "3;w=60"]);
    scene.house.send(get(types)).await.expect(200);
    for path in [types, "/scim/v2/Users"] {
        let refused = scene.house.send(get(path)).await.expect(429);
        assert_eq!(told(&refused), ["3", "0", "3;w=60"]);
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        assert_eq!(refused.json()["detail"], "the account may send 3 requests a minute");
    }
    // Each account has its own, and whoever is nobody has none.
    let theirs = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    assert_eq!(
        scene.house.send(Call::get(types).key(&theirs)).await.expect(200).header("ratelimit-limit"),
        "600000"
    );
    assert_eq!(scene.house.send(Call::get(types)).await.expect(401).header("ratelimit-limit"), "");
    scene.stop().await;
}

#[tokio::test]
async fn a47_the_account_is_the_keys_own() {
    let scene = Scene::start().await;
    let group = scene.group("One", &[]).await;
    let theirs = scene.house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    scene.house.send(Call::get(&group).key(&theirs)).await.expect(403);
    let there = group.replace("/ACME/", "/OTHER/");
    scene.house.send(Call::get(&there).key(&theirs)).await.expect(404);
    let manager = scene.house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    scene.house.send(Call::get(&group).key(&manager)).await.expect(403);
    let types = "/api/admin/group/v1/group-types";
    scene.house.send(Call::get(types).key(&manager)).await.expect(403);
    for key in [&scene.key, &theirs] {
        assert_eq!(scene.house.send(Call::get(types).key(key)).await.expect(200).json(), json!(["User"]));
    }
    scene.stop().await;
}
