//! What gives somebody a right, what takes it, and what does neither.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::ids::ClientId;
use throng_directory::use_cases::redrive::Following;
use throng_directory::use_cases::schedules::ScheduleAsked;
use throng_directory::{Caller, Dialect, Role};

use super::{Scene, id};
use crate::house::Call;

/// The id is taken once, from the path: another one in the body or the query is not looked at, or refused.
#[tokio::test]
async fn s05_the_id_in_the_path_is_the_one_that_is_acted_on() {
    let scene = Scene::start().await;
    let (ann, bob) = (scene.house.user(&scene.key, "ann").await, scene.house.user(&scene.key, "bob").await);
    let (ours, theirs) = (scene.group("ours", &[]).await, scene.group("theirs", &[]).await);
    let before =
        (scene.shown(&format!("/Users/{bob}")).await, scene.shown(&format!("/Groups/{theirs}")).await);
    let (user, group) = (format!("/Users/{ann}"), format!("/Groups/{ours}"));

    let body = json!({ "id": bob, "userName": "ann", "title": "t", "meta": { "location": "/Users/x" } });
    let shown = scene.scim("PUT", &user, &body).await.expect(200).json();
    assert_eq!((id(&shown), &shown["title"]), (ann.clone(), &json!("t")));
    for value in [json!({ "id": bob, "title": "u" }), json!({ "ID": bob, "title": "v" })] {
        let patch = json!({ "Operations": [{ "op": "replace", "value": value }] });
        let answer = scene.scim("PATCH", &user, &patch).await;
        assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.status);
    }
    let person = json!({ "userId": bob, "loginId": "ann", "firstName": "A", "lastName": "B" });
    let path = format!("/api/admin/user/v1/accounts/ACME/users/{ann}");
    let answer = scene.house.send(Call::new("PUT", &path).key(&scene.key).plain(&person)).await;
    assert!(matches!(answer.status.as_u16(), 202 | 400), "{}", answer.status);
    let body = json!({ "id": theirs, "displayName": "ours", "members": [{ "value": ann }] });
    let shown = scene.scim("PUT", &group, &body).await.expect(200).json();
    assert_eq!((id(&shown), shown["members"].as_array().unwrap().len()), (ours.clone(), 1));
    // Nor does a query name anything: on writes it is refused, and a parameter never stands twice.
    for (method, query) in [("DELETE", format!("?id={bob}")), ("PUT", format!("?id={bob}"))] {
        let body = json!({ "userName": "ann" });
        scene.scim(method, &format!("{user}{query}"), &body).await.expect(400);
    }
    assert_eq!(id(&scene.shown(&format!("{user}?id={bob}")).await), ann);
    let twice = format!("/scim/v2{user}?attributes=title&attributes=userName");
    scene.get(&twice).await.expect(400);
    let after =
        (scene.shown(&format!("/Users/{bob}")).await, scene.shown(&format!("/Groups/{theirs}")).await);
    assert_eq!(before, after);
    scene.house.stop_to_check().await;
}

/// A key may do what its client may, and its person nothing besides; it makes no key that may do more.
#[tokio::test]
async fn s10_a_key_has_its_clients_role_whoever_its_person_is() {
    let scene = Scene::start().await;
    let boss = json!({ "userName": "boss", "roles": [{ "value": "account-administrator" }] });
    scene.scim("POST", "/Users", &boss).await.expect(201);
    let strong = scene.key_of("boss", Role::AccountAdministrator).await;
    let weak = scene.key_of("boss", Role::Reader).await;
    let create = |key: &str| Call::new("POST", "/scim/v2/Users").key(key).json(&json!({ "userName": "x" }));
    scene.house.send(create(&weak)).await.expect(403);
    scene.house.send(create(&strong)).await.expect(201);
    let list = "/api/admin/user/v1/accounts/ACME/users";
    scene.house.send(Call::get(list).key(&weak)).await.expect(403);
    scene.house.send(Call::get(list).key(&strong)).await.expect(200);
    for role in Role::ALL {
        let body = json!({ "role": role.as_str() });
        let mint = Call::new("POST", "/api/v1/accounts/ACME/keys").plain(&body);
        scene.house.send(mint.clone().key(&weak)).await.expect(403);
        let status = if role == Role::Operator { 400 } else { 201 };
        for key in [&strong, &scene.key] {
            scene.house.send(mint.clone().key(key)).await.expect(status);
        }
    }
    // Nor does an operator's key reach into an account.
    let operator = scene.house.key_of(None, Role::Operator, Dialect::Standard).await;
    for path in [list, "/scim/v2/Users", "/scim/v2/Me", "/api/v1/accounts/ACME/jobs"] {
        scene.house.send(Call::get(path).key(&operator)).await.expect(403);
    }
    scene.house.stop_to_check().await;
}

/// Groups and roles are data: whatever somebody is in or is called, the key's rights stay what they are.
#[tokio::test]
async fn s12_groups_and_roles_give_nobody_a_right() {
    let scene = Scene::start().await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let key = scene.key_of("ann", Role::GroupManager).await;
    // What a group manager may do, done for oneself: every group with a name that could mean something, nested.
    let call = |method: &str, path: &str, body: &Value| Call::new(method, path).key(&key).json(body);
    let mut inner: Option<String> = None;
    for name in ["account-administrator", "operator", "administrators", "root"] {
        let mut members = vec![json!({ "value": ann })];
        members.extend(inner.map(|group| json!({ "value": group, "type": "Group" })));
        let body = json!({ "displayName": name, "members": members });
        inner = Some(id(&scene.house.send(call("POST", "/scim/v2/Groups", &body)).await.expect(201).json()));
    }
    let roles = json!([{ "value": "account-administrator" }, { "value": "operator", "primary": true }]);
    let entitled = json!({ "Operations": [
        { "op": "add", "path": "roles", "value": roles },
        { "op": "add", "path": "entitlements", "value": [{ "value": "account-administrator" }] }] });
    scene.scim("PATCH", &format!("/Users/{ann}"), &entitled).await.expect(200);
    scene.house.advance(1_000_000);
    let user = json!({ "userName": "x" });
    scene.house.send(call("POST", "/scim/v2/Users", &user)).await.expect(403);
    scene.house.send(call("PATCH", "/scim/v2/Me", &entitled)).await.expect(403);
    let admin = Call::get("/api/admin/user/v1/accounts/ACME/users").key(&key);
    scene.house.send(admin).await.expect(403);
    let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "a", "data": user }] });
    let done = scene.house.send(call("POST", "/scim/v2/Bulk", &bulk)).await.expect(200).json();
    assert_eq!(done["Operations"][0]["status"], "403");
    scene.house.stop_to_check().await;
}

/// A key is bound to a person and not to a name: who has the name or the address afterwards has nothing of it.
#[tokio::test]
async fn s13_who_takes_over_a_name_takes_over_no_key() {
    let scene = Scene::start().await;
    let mail = json!([{ "value": "ann@example.com", "primary": true }]);
    let ann = scene.scim("POST", "/Users", &json!({ "userName": "ann", "emails": mail })).await.expect(201);
    let ann = id(&ann.json());
    let key = scene.key_of("ann", Role::Reader).await;
    let me = Call::get("/scim/v2/Me").key(&key);
    let renamed = json!({ "userName": "anna", "emails": [{ "value": "anna@example.com" }] });
    scene.scim("PUT", &format!("/Users/{ann}"), &renamed).await.expect(200);
    let other = scene.scim("POST", "/Users", &json!({ "userName": "ann", "emails": mail })).await.expect(201);
    assert_ne!(id(&other.json()), ann);
    scene.house.advance(1_000_000);
    let shown = scene.house.send(me.clone()).await.expect(200).json();
    assert_eq!((id(&shown), &shown["userName"]), (ann.clone(), &json!("anna")));
    // And when the person is gone nobody has the key, though the name is there.
    scene.scim("DELETE", &format!("/Users/{ann}"), &json!({})).await.expect(204);
    scene.house.advance(1_000_000);
    scene.house.send(me).await.expect(401);
    scene.house.stop_to_check().await;
}

/// A job goes on as long as its client may: one that nobody stands for any more ends, and nothing is done.
#[tokio::test]
async fn s15_a_job_whose_client_is_no_more_does_nothing() {
    let mut scene = Scene::start().await;
    scene.house.user(&scene.key, "victim").await;
    scene.house.rest().await;
    let caller = scene.house.directory.authenticate(&scene.key, "").await.unwrap();
    // As a client stands in a job that was revoked after its acceptance.
    let caller = Caller { client: ClientId(999_999), ..caller };
    let asked = Following {
        request: "POST /".to_owned(),
        idempotency_key: None,
        schedule: ScheduleAsked::default(),
        dry_run: false,
    };
    let directory = &scene.house.directory;
    let accepted = directory.delete_users(&caller, "userName eq \"victim\"", asked).await.unwrap();
    let path = format!("/api/v1/accounts/ACME/jobs/{}", accepted.job.number.0);
    scene.house.work();
    let mut job = json!({});
    for _ in 0..1_000 {
        job = scene.get(&path).await.expect(200).json();
        if job["endedAt"].is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(job["state"], "FAILED", "{job}");
    assert!(job["message"].as_str().unwrap().starts_with("authority-revoked"), "{job}");
    assert_eq!(scene.shown("/Users?filter=userName%20eq%20%22victim%22").await["totalResults"], 1);
    scene.house.stop_to_check().await;
}

/// Who is made anew under a name is somebody else: without the groups, the keys and the external id of before.
#[tokio::test]
async fn s37_who_is_made_anew_inherits_nothing() {
    let scene = Scene::start().await;
    let body = json!({ "userName": "ann", "externalId": "e" });
    let ann = id(&scene.scim("POST", "/Users", &body).await.expect(201).json());
    let group = scene.group("g", &[&ann]).await;
    let key = scene.key_of("ann", Role::Reader).await;
    scene.scim("DELETE", &format!("/Users/{ann}"), &json!({})).await.expect(204);
    let again = scene.scim("POST", "/Users", &json!({ "userName": "ann" })).await.expect(201).json();
    assert_ne!(id(&again), ann);
    scene.house.advance(1_000_000);
    let shown = scene.shown(&format!("/Users/{}", id(&again))).await;
    assert_eq!((shown.get("groups"), shown.get("externalId")), (None, None), "{shown}");
    assert_eq!(scene.shown(&format!("/Groups/{group}")).await.get("members"), None);
    assert_eq!(scene.shown("/Users?filter=externalId%20eq%20%22e%22").await["totalResults"], 0);
    scene.house.send(Call::get("/scim/v2/Me").key(&key)).await.expect(401);
    // A group as well.
    let members = scene.group("h", &[&id(&again)]).await;
    scene.scim("DELETE", &format!("/Groups/{members}"), &json!({})).await.expect(204);
    let anew = scene.group("h", &[]).await;
    assert_ne!(anew, members);
    assert_eq!(scene.shown(&format!("/Groups/{anew}")).await.get("members"), None);
    assert_eq!(scene.shown(&format!("/Users/{}", id(&again))).await.get("groups"), None);
    scene.house.stop_to_check().await;
}
