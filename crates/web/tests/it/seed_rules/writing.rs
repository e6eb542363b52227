//! F19, F26, F27, F29, F30, F33 and F38: what is sent.

use serde_json::json;

use super::Scene;
use crate::house::Call;

#[tokio::test]
async fn f19_create_is_201_patch_is_200_and_202_is_asked_for() {
    let scene = Scene::start().await;
    let body = json!({ "displayName": "g", "members": scene.members(&[0]) });
    let created = scene.send("POST", "/scim/v2/Groups", &body).await.expect(201);
    let path = format!("/scim/v2/Groups/{}", created.json()["id"].as_str().unwrap());
    let add = json!({ "Operations": [{ "op": "add", "path": "members", "value": scene.members(&[1]) }] });
    let patched = scene.send("PATCH", &path, &add).await.expect(200);
    for answer in [&created, &patched] {
        let link = format!("</v2/Groups/JobReport/{}>; rel=\"status\"", answer.header("throng-job"));
        assert_eq!(answer.header("link"), link);
    }
    let call = Call::new("PATCH", &path).key(&scene.key).json(&add).header("prefer", "respond-async");
    let accepted = scene.house.send(call).await.expect(202);
    let report = format!("/v2/Groups/JobReport/{}", accepted.header("throng-job"));
    assert_eq!((accepted.header("location"), accepted.body.len()), (report.as_str(), 0));
    scene.stop().await;
}

#[tokio::test]
async fn f26_a_colon_stands_for_the_dot_in_paths() {
    let scene = Scene::start().await;
    let path = format!("/scim/v2/Users/{}", scene.people[0]);
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let operations = json!([
        { "op": "add", "path": "name:givenName", "value": "Ann" },
        { "op": "add", "path": "name.familyName", "value": "Archer" },
        { "op": "add", "path": format!("{enterprise}:department"), "value": "Press" },
        { "op": "add", "path": format!("{enterprise}:manager:value"), "value": "m-1" },
        { "op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:name:middleName", "value": "B" },
    ]);
    let user = scene.patch(&path, operations).await.expect(200).json();
    assert_eq!(user["name"], json!({ "familyName": "Archer", "givenName": "Ann", "middleName": "B" }));
    assert_eq!(user[enterprise]["department"], "Press");
    assert_eq!(user[enterprise]["manager"]["value"], "m-1");
    scene.stop().await;
}

#[tokio::test]
async fn f27_patch_is_read_tolerantly() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[0]).await;
    let (one, two, three) = (&scene.people[1], &scene.people[2], &scene.people[3]);
    for (operation, inside) in [
        (json!({ "op": "Add", "path": "members", "value": { "value": one } }), vec![0, 1]),
        (json!({ "op": "ADD", "value": { "members": [{ "value": two, "$ref": null }] } }), vec![0, 1, 2]),
        (json!({ "op": "Remove", "path": format!("members[value eq \"{one}\"]") }), vec![0, 2]),
        (
            json!({ "op": "add", "path": "members", "value": { "members": [{ "value": three }] } }),
            vec![0, 2, 3],
        ),
        (
            json!({ "op": "remove", "path": format!("members[value eq \"{two}\" or value eq \"{three}\"]") }),
            vec![0],
        ),
        (json!({ "op": "add", "path": "members", "value": [one, two, two] }), vec![0, 1, 2]),
        (json!({ "op": "remove", "path": "members", "value": [{ "value": two }] }), vec![0, 1]),
        (json!({ "op": "Replace", "path": "members", "value": one }), vec![1]),
        (json!({ "op": "remove", "path": "members" }), vec![]),
    ] {
        scene.patch(&path, json!([operation])).await.expect(200);
        assert_eq!(scene.inside(&path).await, inside, "{operation}");
    }

    let user = format!("/scim/v2/Users/{}", scene.people[0]);
    for (value, active) in [(json!("False"), false), (json!("true"), true), (json!(false), false)] {
        let by_path = json!([{ "op": "Replace", "path": "active", "value": value }]);
        assert_eq!(scene.patch(&user, by_path).await.expect(200).json()["active"], active);
        let pathless = json!([{ "op": "replace", "value": { "active": value } }]);
        assert_eq!(scene.patch(&user, pathless).await.expect(200).json()["active"], active);
    }
    let one_email = json!([{ "op": "add", "path": "emails", "value": { "value": "a@x.example" } }]);
    let emails = scene.patch(&user, one_email).await.expect(200).json()["emails"].clone();
    assert_eq!(emails, json!([{ "value": "a@x.example" }]));
    scene.stop().await;
}

#[tokio::test]
async fn f29_names_are_optional() {
    let scene = Scene::start().await;
    for body in [json!({ "userName": "a" }), json!({ "userName": "b", "name": { "givenName": "B" } })] {
        let made = scene.send("POST", "/scim/v2/Users", &body).await.expect(201).json();
        assert_eq!(made.get("name"), body.get("name"));
    }
    scene.stop().await;
}

#[tokio::test]
async fn f30_roles_are_strings_or_objects_and_shown_as_objects() {
    let scene = Scene::start().await;
    for roles in [json!(["publisher"]), json!([{ "value": "publisher" }])] {
        let path = format!("/scim/v2/Users/{}", scene.people[0]);
        let body = json!({ "userName": "user0", "roles": roles });
        let user = scene.send("PUT", &path, &body).await.expect(200).json();
        assert_eq!(user["roles"], json!([{ "value": "publisher" }]));
    }
    scene.stop().await;
}

/// What a client cannot have known of: changes of others, which `If-Match` protects, and members of a large group, which
/// it was not shown. Attributes of its own that it leaves out are cleared.
#[tokio::test]
async fn f33_a_put_overwrites_nothing_unseen() {
    let scene = Scene::start().await;
    let path = format!("/scim/v2/Users/{}", scene.people[0]);
    let seen = scene.get(&path).await.expect(200);
    let add = json!([{ "op": "add", "path": "nickName", "value": "Babs" }]);
    scene.patch(&path, add).await.expect(200);
    let put = Call::new("PUT", &path).key(&scene.key).json(&json!({ "userName": "user0" }));
    scene.house.send(put.clone().header("if-match", seen.header("etag"))).await.expect(412);
    let current = scene.get(&path).await.expect(200);
    assert_eq!(current.json()["nickName"], "Babs");
    let replaced = scene.house.send(put.header("if-match", current.header("etag"))).await.expect(200).json();
    assert_eq!(replaced.get("nickName"), None);

    let group = scene.group("g", &[0, 1]).await;
    scene.send("PUT", &group, &json!({ "displayName": "h" })).await.expect(200);
    assert_eq!(scene.inside(&group).await, [0, 1]);
    scene.stop().await;
}

#[tokio::test]
async fn f38_who_is_deactivated_keeps_roles_and_groups() {
    let scene = Scene::start().await;
    let path = format!("/scim/v2/Users/{}", scene.people[0]);
    let group = scene.group("g", &[0]).await;
    scene.patch(&path, json!([{ "op": "add", "path": "roles", "value": ["publisher"] }])).await.expect(200);
    for active in [false, true] {
        let change = json!([{ "op": "replace", "path": "active", "value": active }]);
        let user = scene.patch(&path, change).await.expect(200).json();
        assert_eq!((&user["active"], &user["roles"]), (&json!(active), &json!([{ "value": "publisher" }])));
        assert_eq!(scene.inside(&group).await, [0]);
    }
    scene.stop().await;
}
