//! F13 to F16, F20, F28 and F32: names, numbers and what the dialect `firstup` changes.

use serde_json::json;

use super::Scene;
use crate::house::Call;

/// Overturned: paths take numbers, and the key's dialect decides how they are written.
#[tokio::test]
async fn f13_ids_are_strings_and_in_the_dialect_integers() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[]).await;
    let number: i64 = path.rsplit_once('/').unwrap().1.parse().unwrap();
    assert_eq!(scene.get(&path).await.expect(200).json()["id"], number.to_string());
    let shown = scene.house.send(Call::get(&path).key(&scene.firstup)).await.expect(200).json();
    assert_eq!(shown["id"], number);
    let job = scene.patch(&path, json!([{ "op": "remove", "path": "members" }])).await;
    let report = scene.report(&job).await;
    assert_eq!((&report["groupId"], report["id"].is_i64()), (&json!(number), true));
    for bad in ["01", "+1", "1.0", "0"] {
        scene.get(&format!("/scim/v2/Groups/{bad}")).await.expect(404);
    }
    scene.stop().await;
}

#[tokio::test]
async fn f14_the_identifier_object_is_read_with_and_without_urn() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[]).await;
    for (n, name) in ["SocialChorus:1.0:Group", "urn:SocialChorus:1.0:Group"].into_iter().enumerate() {
        let body = json!({
            name: { "identifierField": "userName" },
            "Operations": [{ "op": "add", "path": "members", "value": [{ "value": format!("user{n}") }] }],
        });
        let answer = scene.send("PATCH", &path, &body).await.expect(200);
        assert_eq!(scene.report(&answer).await["membersCreatedCount"], 1, "{name}");
    }
    let shown = scene.house.send(Call::get(&path).key(&scene.firstup)).await.expect(200).json();
    assert_eq!(
        shown["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:Group", "SocialChorus:1.0:Group"])
    );
    scene.stop().await;
}

/// Overturned: members are named by `id` unless the object says otherwise, so what was read can be written back; and a
/// replace that finds none of the listed removes nobody.
#[tokio::test]
async fn f15_get_and_put_lose_nobody() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[0, 1]).await;
    let group = scene.get(&path).await.expect(200).json();
    let answer = scene.send("PUT", &path, &group).await.expect(200);
    assert_eq!(scene.report(&answer).await["membersRemovedCount"], 0);
    assert_eq!(scene.inside(&path).await, [0, 1]);

    // The same body under a key that implies userName: ids name nobody.
    let put = Call::new("PUT", &path).key(&scene.firstup).json(&group);
    let answer = scene.house.send(put).await.expect(200);
    assert_eq!(
        scene.report(&answer).await["messages"],
        "2 user(s) not found; nobody was replaced (none of the listed users was found)"
    );
    assert_eq!(scene.inside(&path).await, [0, 1]);
    scene.stop().await;
}

#[tokio::test]
async fn f16_an_address_of_two_people_names_nobody() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[]).await;
    for (login, emails) in [
        ("ann", json!([{ "value": "ann@x.example" }, { "value": "team@x.example" }])),
        ("bob", json!([{ "value": "team@x.example" }])),
    ] {
        let body = json!({ "userName": login, "emails": emails });
        scene.send("POST", "/scim/v2/Users", &body).await.expect(201);
    }
    let body = json!({
        "SocialChorus:1.0:Group": { "identifierField": "email" },
        "Operations": [{ "op": "add", "path": "members",
            "value": [{ "value": "team@x.example" }, { "value": "ann@x.example" }] }],
    });
    let report = scene.report(&scene.send("PATCH", &path, &body).await.expect(200)).await;
    assert_eq!(report["messages"], "1 user(s) matched more than one person");
    assert_eq!((&report["membersCreatedCount"], &report["membersProcessedCount"]), (&json!(1), &json!(2)));
    scene.stop().await;
}

/// Overturned: always in a header, and in `meta` only for those who speak the dialect.
#[tokio::test]
async fn f20_the_job_is_named_in_a_header_and_for_the_dialect_in_meta() {
    let scene = Scene::start().await;
    let path = scene.group("g", &[]).await;
    let add = json!({ "op": "add", "path": "members", "value": scene.members(&[0]) });
    let plain = scene.patch(&path, json!([add])).await.expect(200);
    assert!(!plain.header("throng-job").is_empty());
    assert_eq!(plain.json()["meta"].get("jobId"), None);
    let body = json!({ "SocialChorus:1.0:Group": { "identifierField": "id" }, "Operations": [add] });
    let with_object = scene.send("PATCH", &path, &body).await.expect(200);
    let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": "user1" }] }] });
    let with_key = Call::new("PATCH", &path).key(&scene.firstup).json(&body);
    for answer in [with_object, scene.house.send(with_key).await.expect(200)] {
        let job: i64 = answer.header("throng-job").parse().unwrap();
        assert_eq!(answer.json()["meta"]["jobId"], job);
    }
    scene.stop().await;
}

/// Overturned: only for keys of the dialect. Others give a person as many roles as they like.
#[tokio::test]
async fn f28_a_person_has_one_role_in_the_dialect() {
    let scene = Scene::start().await;
    let roles = json!([{ "value": "member" }, { "value": "publisher" }]);
    let path = format!("/scim/v2/Users/{}", scene.people[0]);
    let two = json!({ "userName": "two", "roles": roles });
    let as_firstup = |method: &str, path: &str, body| Call::new(method, path).key(&scene.firstup).json(body);
    let replace = json!({ "Operations": [{ "op": "replace", "path": "roles", "value": roles }] });
    for call in [
        as_firstup("POST", "/scim/v2/Users", &two),
        as_firstup("PUT", &path, &two),
        as_firstup("PATCH", &path, &replace),
    ] {
        let refused = scene.house.send(call).await.expect(400).json();
        assert_eq!(refused["scimType"], "invalidValue");
    }
    let one = json!({ "userName": "one", "roles": ["publisher"] });
    scene.house.send(as_firstup("POST", "/scim/v2/Users", &one)).await.expect(201);

    let patched = scene.send("PATCH", &path, &replace).await.expect(200).json();
    assert_eq!(patched["roles"], roles);
    // What others gave is no reason to refuse another change.
    let nick = json!({ "Operations": [{ "op": "replace", "path": "nickName", "value": "Babs" }] });
    let kept = scene.house.send(as_firstup("PATCH", &path, &nick)).await.expect(200).json();
    assert_eq!(kept["roles"], roles);
    scene.stop().await;
}

/// Overturned: a group's name is unique as well, so its short name needs no suffix.
#[tokio::test]
async fn f32_a_taken_name_is_409() {
    let scene = Scene::start().await;
    scene.group("Group of users", &[]).await;
    for (path, body) in [
        ("/scim/v2/Users", json!({ "userName": "USER0" })),
        ("/scim/v2/Groups", json!({ "displayName": "group of  USERS" })),
    ] {
        let taken = scene.send("POST", path, &body).await.expect(409).json();
        assert_eq!((&taken["status"], &taken["scimType"]), (&json!("409"), &json!("uniqueness")));
    }
    scene.stop().await;
}
