//! F12, F17, F18, F22 to F25, F31 and F40: paths, lists, errors.

use serde_json::{Value, json};

use super::Scene;
use crate::house::Call;

/// Overturned: there is one spelling of a path.
#[tokio::test]
async fn f12_paths_are_matched_in_exact_case() {
    let scene = Scene::start().await;
    scene.get("/scim/v2/Users").await.expect(200);
    for path in ["/scim/v2/users", "/SCIM/v2/Users", "/scim/v2/groups", "/scim/V2/Groups"] {
        scene.get(path).await.expect(404);
    }
    scene.stop().await;
}

/// Refused: a name never stands in the place of an id.
#[tokio::test]
async fn f17_only_an_id_stands_in_a_path() {
    let scene = Scene::start().await;
    let body = json!({ "userName": "ann", "externalId": "e-1", "emails": [{ "value": "ann@x.example" }] });
    let id = scene.send("POST", "/scim/v2/Users", &body).await.expect(201).json()["id"].clone();
    scene.get(&format!("/scim/v2/Users/{}", id.as_str().unwrap())).await.expect(200);
    for name in ["ann", "e-1", "ann@x.example", "ann%40x.example"] {
        scene.get(&format!("/scim/v2/Users/{name}")).await.expect(404);
    }
    scene.stop().await;
}

/// Refused, and nothing happens to whoever has the name.
#[tokio::test]
async fn f18_nobody_is_changed_or_deleted_by_name() {
    let scene = Scene::start().await;
    let path = "/scim/v2/Users/user0";
    scene.send("PUT", path, &json!({ "userName": "other" })).await.expect(404);
    scene.patch(path, json!([{ "op": "replace", "path": "userName", "value": "other" }])).await.expect(404);
    scene.house.send(Call::new("DELETE", path).key(&scene.key)).await.expect(404);
    let kept = scene.get(&format!("/scim/v2/Users/{}", scene.people[0])).await.expect(200);
    assert_eq!((kept.header("etag"), &kept.json()["userName"]), ("W/\"1\"", &json!("user0")));
    scene.stop().await;
}

#[tokio::test]
async fn f22_lists_have_their_numbers() {
    let scene = Scene::start().await;
    for (path, total) in [("/scim/v2/Users", 4), ("/scim/v2/Groups", 0), ("/scim/v2/Users?count=0", 4)] {
        for key in [&scene.key, &scene.firstup] {
            let list = scene.house.send(Call::get(path).key(key)).await.expect(200).json();
            for name in ["totalResults", "itemsPerPage", "startIndex"] {
                assert!(list[name].is_u64(), "{path} {name}");
            }
            assert_eq!(list["totalResults"], total, "{path}");
        }
    }
    scene.stop().await;
}

#[tokio::test]
async fn f23_start_index_counts_resources() {
    let scene = Scene::start().await;
    for (query, start, names) in [
        ("startIndex=2&count=2", 2, vec!["user1", "user2"]),
        ("startIndex=0&count=1", 1, vec!["user0"]),
        ("startIndex=-3&count=1", 1, vec!["user0"]),
        ("startIndex=4&count=2", 4, vec!["user3"]),
        ("startIndex=1&count=-1", 1, vec![]),
    ] {
        let list = scene.get(&format!("/scim/v2/Users?{query}")).await.expect(200).json();
        let found: Vec<&str> = list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["userName"].as_str().unwrap())
            .collect();
        assert_eq!((found, &list["startIndex"]), (names, &json!(start)), "{query}");
    }
    scene.stop().await;
}

/// Members come in one order, in the same one each time, and not at all where they are not wanted. Pages of members
/// are told about in the contract.
#[tokio::test]
async fn f24_members_can_be_left_out_and_come_in_a_steady_order() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[2, 0, 1]).await;
    let members = |group: &Value| group["members"].as_array().cloned();
    let first = members(&scene.get(&path).await.expect(200).json());
    scene.patch(&path, json!([{ "op": "add", "path": "members", "value": scene.members(&[3]) }])).await;
    scene.patch(&path, json!([{ "op": "remove", "path": "members", "value": scene.members(&[3]) }])).await;
    assert_eq!(members(&scene.get(&path).await.expect(200).json()), first);
    assert_eq!(first.unwrap().len(), 3);
    for path in
        [format!("{path}?excludedAttributes=members"), "/scim/v2/Groups?excludedAttributes=members".into()]
    {
        let shown = scene.get(&path).await.expect(200);
        assert!(!String::from_utf8(shown.body).unwrap().contains("\"members\""));
    }
    scene.stop().await;
}

#[tokio::test]
async fn f25_references_are_called_ref() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[0]).await;
    let group = scene.get(&path).await.expect(200);
    let reference = format!("https://throng.example/scim/v2/Users/{}", scene.people[0]);
    assert_eq!(group.json()["members"][0]["$ref"], reference.as_str());
    assert!(!String::from_utf8(group.body).unwrap().contains("_$ref"));
    scene.stop().await;
}

#[tokio::test]
async fn f31_errors_have_the_status_of_their_face() {
    let scene = Scene::start().await;
    let report = scene.get("/v2/Groups/JobReport/999").await.expect(404);
    assert_eq!(report.header("content-type"), "application/json");
    assert_eq!(
        report.json(),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "The requested resource was not found.",
            "status": 404,
        })
    );
    let scim = scene.send("POST", "/scim/v2/Users", &json!({ "userName": "user0" })).await.expect(409);
    assert_eq!(scim.header("content-type"), "application/scim+json");
    assert_eq!((&scim.json()["status"], &scim.json()["scimType"]), (&json!("409"), &json!("uniqueness")));
    scene.stop().await;
}

#[tokio::test]
async fn f40_one_base_url_for_everything() {
    let scene = Scene::start().await;
    let base = "https://throng.example/scim/v2";
    let config = scene.get("/scim/v2/ServiceProviderConfig").await.expect(200).json();
    assert_eq!(config["meta"]["location"], format!("{base}/ServiceProviderConfig"));
    let types = scene.get("/scim/v2/ResourceTypes").await.expect(200).json();
    for found in types["Resources"].as_array().unwrap() {
        let location = found["meta"]["location"].as_str().unwrap();
        assert!(location.starts_with(base), "{location}");
        scene.get(&format!("/scim/v2{}", found["endpoint"].as_str().unwrap())).await.expect(200);
    }
    scene.stop().await;
}
