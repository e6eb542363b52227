//! `/scim/v2/Me`: the person whom a key belongs to.

use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Dialect, Error, Role};

use crate::house::{Answer, Call, House};

const ME: &str = "/scim/v2/Me";

/// A key of ACME for this person.
async fn key_for(house: &House, user: &str, role: Role) -> String {
    house.key(KeyRequest { user: Some(user.to_owned()), ..KeyRequest::new(Some("ACME"), role) }).await
}

#[track_caller]
fn assert_at(answer: &Answer, id: &str) {
    let address = format!("https://throng.example/scim/v2/Users/{id}");
    assert_eq!(answer.header("location"), address);
    if answer.status == 200 {
        assert_eq!(answer.header("content-location"), address);
        assert_eq!(answer.json()["meta"]["location"], address);
        assert_eq!(answer.json()["id"], id);
    }
}

#[tokio::test]
async fn me_is_the_user_at_the_permanent_address() {
    let house = House::start().await;
    let admin = house.admin().await;
    let (ann, bob) = (house.user(&admin, "ann").await, house.user(&admin, "bob").await);
    let key = key_for(&house, "ANN", Role::AccountAdministrator).await;
    let by_id = key_for(&house, &bob, Role::Reader).await;
    assert_at(&house.send(Call::get(ME).key(&by_id)).await.expect(200), &bob);

    let shown = house.send(Call::get(ME).key(&key)).await.expect(200);
    assert_at(&shown, &ann);
    let direct = house.send(Call::get(&format!("/scim/v2/Users/{ann}")).key(&admin)).await.expect(200);
    assert_eq!((&shown.body, shown.header("etag")), (&direct.body, direct.header("etag")));
    let tag = shown.header("etag");
    let unchanged = house.send(Call::get(ME).key(&key).header("if-none-match", tag)).await.expect(304);
    assert_at(&unchanged, &ann);
    let one = house.send(Call::get(&format!("{ME}?attributes=userName")).key(&key)).await.expect(200).json();
    assert_eq!((&one["userName"], one.get("meta")), (&json!("ann"), None));
    house.send(Call::new("HEAD", ME).key(&key)).await.expect(200);

    let rename = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "Ann" }] });
    let patch = Call::new("PATCH", ME).key(&key).json(&rename);
    house.send(patch.clone().header("if-match", "W/\"7\"")).await.expect(412);
    let patched = house.send(patch.header("if-match", tag)).await.expect(200);
    assert_at(&patched, &ann);
    assert_eq!(patched.json()["displayName"], "Ann");
    let put = |body: &Value| Call::new("PUT", ME).key(&key).json(body);
    house.send(put(&json!({ "userName": "bob" }))).await.expect(409);
    let replaced = house.send(put(&json!({ "userName": "anna" }))).await.expect(200);
    assert_at(&replaced, &ann);
    assert_eq!((&replaced.json()["userName"], replaced.json().get("displayName")), (&json!("anna"), None));
    house.send(Call::new("PUT", &format!("{ME}?dryRun=true")).key(&key).json(&json!({}))).await.expect(400);

    house.send(Call::new("POST", ME).key(&key).json(&json!({ "userName": "new" }))).await.expect(501);
    let stale = Call::new("DELETE", ME).key(&key).header("if-match", tag);
    house.send(stale).await.expect(412);
    assert_at(&house.send(Call::new("DELETE", ME).key(&key)).await.expect(204), &ann);
    house.send(Call::get(ME).key(&key)).await.expect(404);
    // A key that was looked up is believed for a second.
    house.advance(1_000_000);
    for path in [ME, "/scim/v2/Users"] {
        house.send(Call::get(path).key(&key)).await.expect(401);
    }
    // A new person of the same name is somebody else.
    house.user(&admin, "anna").await;
    house.send(Call::get(ME).key(&key)).await.expect(401);
    house.stop().await;
}

#[tokio::test]
async fn a_key_of_an_inactive_person_is_not_good() {
    let house = House::start().await;
    let admin = house.admin().await;
    let ann = house.user(&admin, "ann").await;
    let key = key_for(&house, "ann", Role::AccountAdministrator).await;
    for (active, status) in [("true", 200), ("false", 401), ("true", 200)] {
        let patch = json!({ "Operations": [{ "op": "replace", "path": "active", "value": active }] });
        let user = format!("/scim/v2/Users/{ann}");
        house.send(Call::new("PATCH", &user).key(&admin).json(&patch)).await.expect(200);
        house.advance(1_000_000);
        house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(status);
    }
    house.stop().await;
}

#[tokio::test]
async fn roles_count_at_me_as_elsewhere() {
    let house = House::start().await;
    let admin = house.admin().await;
    house.user(&admin, "ann").await;
    for role in [Role::Reader, Role::GroupManager] {
        let key = key_for(&house, "ann", role).await;
        house.send(Call::get(ME).key(&key)).await.expect(200);
        for method in ["PUT", "PATCH", "DELETE", "POST"] {
            house.send(Call::new(method, ME).key(&key).json(&json!({ "userName": "x" }))).await.expect(403);
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn a_key_without_a_person_is_told_how_to_make_one() {
    let house = House::start().await;
    let key = house.admin().await;
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let call = Call::new(method, ME).key(&key).json(&json!({ "userName": "ann" }));
        let error = house.send(call).await.expect(404).json();
        assert!(error["detail"].as_str().unwrap().contains("--user"), "{error}");
    }
    assert_eq!(house.send(Call::get("/scim/v2/Users").key(&key)).await.json()["totalResults"], 0);
    house.stop().await;
}

#[tokio::test]
async fn a_key_is_made_for_somebody_who_is_there() {
    let house = House::start().await;
    let admin = house.admin().await;
    let ann = house.user(&admin, "ann").await;
    let gone = house.user(&admin, "gone").await;
    house.send(Call::new("DELETE", &format!("/scim/v2/Users/{gone}")).key(&admin)).await.expect(204);
    // What looks like an id is one, whoever is called so.
    house.user(&admin, &gone).await;
    let theirs = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let other = house.user(&theirs, "other").await;
    for user in ["nobody", "gone", gone.as_str(), other.as_str(), "other", "", "a b"] {
        let request =
            KeyRequest { user: Some(user.to_owned()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
        let refused = house.directory.create_key(&Caller::operator(), request).await.unwrap_err();
        assert!(matches!(&refused, Error::Invalid { field, .. } if field == "user"), "{user}: {refused:?}");
    }
    let operators = KeyRequest { user: Some("ann".to_owned()), ..KeyRequest::new(None, Role::Operator) };
    house.directory.create_key(&Caller::operator(), operators).await.unwrap_err();

    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let mint = Call::new("POST", "/api/v1/accounts/ACME/keys").key(&operator);
    let body = json!({ "role": "reader", "user": "ann" }).to_string();
    let made =
        house.send(mint.header("content-type", "application/json").body(body)).await.expect(201).json();
    let me = house.send(Call::get(ME).key(made["key"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(me["id"], ann.as_str());
    house.stop().await;
}
