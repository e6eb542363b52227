//! Keys as their account manages them.

use std::time::Duration;

use serde_json::{Value, json};
use throng_directory::model::time::rfc3339_millis;
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Dialect, Role};

use crate::house::{Call, House};

const KEYS: &str = "/api/v1/accounts/ACME/keys";

async fn listed(house: &House, key: &str) -> Vec<Value> {
    let told = house.send(Call::get(KEYS).key(key)).await.expect(200).json();
    told["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_administrator_makes_lists_and_takes_away_keys() {
    let house = House::start().await;
    let admin = house.admin().await;
    let asked = json!({ "role": "group-manager", "client": "hr", "scopes": "groups.read", "days": 30 });
    let answer = house.send(Call::new("POST", KEYS).key(&admin).plain(&asked)).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    let (key, id) = (made["key"].as_str().unwrap(), made["keyId"].as_str().unwrap());
    house.send(Call::get("/scim/v2/Groups").key(key)).await.expect(200);
    house.send(Call::get("/scim/v2/Users").key(key)).await.expect(403);

    let text = house.send(Call::get(KEYS).key(&admin)).await.expect(200);
    let secret = key.rsplit('_').next().unwrap();
    assert!(!String::from_utf8_lossy(&text.body).contains(secret), "the secret is shown once");
    let keys = listed(&house, &admin).await;
    let shown = keys.iter().find(|shown| shown["keyId"] == id).unwrap();
    assert_eq!((&shown["client"], &shown["role"]), (&json!("hr"), &json!("group-manager")));
    assert_eq!((&shown["scopes"], &shown["clientId"]), (&json!("groups.read"), &made["clientId"]));
    assert!(shown["lastUsedAt"].is_string() && shown["expiresAt"].is_string(), "{shown}");

    let path = format!("{KEYS}/{id}");
    house.send(Call::new("DELETE", &path).key(&admin)).await.expect(204);
    house.send(Call::new("DELETE", &path).key(&admin)).await.expect(404);
    house.pass(Duration::from_secs(2));
    house.send(Call::get("/scim/v2/Groups").key(key)).await.expect(401);
    house.stop().await;
}

#[tokio::test]
async fn a_key_ends_when_it_was_said_to() {
    let house = House::start().await;
    let request = KeyRequest { days: Some(1), ..KeyRequest::new(Some("ACME"), Role::Reader) };
    let key = house.key(request).await;
    house.pass(Duration::from_hours(23));
    house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(200);
    house.pass(Duration::from_hours(1));
    house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(401);
    house.stop().await;
}

/// Nor does it make a key that outlives it, itself or by way of a token.
#[tokio::test]
async fn what_a_key_makes_ends_with_it() {
    let house = House::start().await;
    let request = KeyRequest { days: Some(1), ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator) };
    let made = house.made(request).await;
    let form =
        format!("grant_type=client_credentials&client_id={}&client_secret={}", made.client_id, made.token);
    let token = Call::new("POST", "/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    let token = house.send(token.body(form)).await.expect(200).json();
    for bearer in [made.token.as_str(), token["access_token"].as_str().unwrap()] {
        for days in [json!(null), json!(3_000)] {
            let asked = json!({ "role": "reader", "days": days });
            let key = house.send(Call::new("POST", KEYS).key(bearer).plain(&asked)).await.expect(201).json();
            assert_eq!(key["expiresAt"], rfc3339_millis(made.expires_at.unwrap()));
        }
    }
    let rotate = format!("{KEYS}/{}/rotate", made.key_id);
    let key =
        house.send(Call::new("POST", &rotate).key(&made.token).plain(&json!({}))).await.expect(201).json();
    assert_eq!(key["expiresAt"], rfc3339_millis(made.expires_at.unwrap()));
    house.stop().await;
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_a_while_beside_the_new_one() {
    let house = House::start().await;
    let admin = house.admin().await;
    let request =
        KeyRequest { scopes: Some("users.read".to_owned()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
    let old = house.made(request).await;
    let path = format!("{KEYS}/{}/rotate", old.key_id);
    let asked = json!({ "overlapSeconds": 60 });
    let made = house.send(Call::new("POST", &path).key(&admin).plain(&asked)).await.expect(201).json();
    assert_eq!(made["clientId"], old.client_id.as_str());
    let new = made["key"].as_str().unwrap();
    for key in [old.token.as_str(), new] {
        house.send(Call::get("/scim/v2/Users").key(key)).await.expect(200);
        house.send(Call::get("/scim/v2/Groups").key(key)).await.expect(403);
    }
    house.pass(Duration::from_mins(1));
    house.send(Call::get("/scim/v2/Users").key(&old.token)).await.expect(401);
    house.send(Call::get("/scim/v2/Users").key(new)).await.expect(200);
    let far = json!({ "overlapSeconds": 90 * 24 * 3_600 + 1 });
    let path = format!("{KEYS}/{}/rotate", made["keyId"].as_str().unwrap());
    house.send(Call::new("POST", &path).key(&admin).plain(&far)).await.expect(400);
    house.stop().await;
}

/// `security.md` 9 and 10 of the checklist.
#[tokio::test]
async fn s09_nobody_makes_or_takes_away_a_key_that_may_do_what_they_may_not() {
    let house = House::start().await;
    let admin = house.made(KeyRequest::new(Some("ACME"), Role::AccountAdministrator)).await;
    let scopes = Some("keys.manage users.read groups.read jobs.read resources.read".to_owned());
    let request = KeyRequest { scopes, ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator) };
    let minter = house.key(request).await;
    let create = |body: &Value| Call::new("POST", KEYS).key(&minter).plain(body);
    house.send(create(&json!({ "role": "reader" }))).await.expect(201);
    for more in [
        json!({ "role": "account-administrator" }),
        json!({ "role": "group-manager" }),
        json!({ "role": "account-administrator", "scopes": "users.write" }),
        json!({ "role": "account-administrator", "scopes": "audit.read" }),
    ] {
        house.send(create(&more)).await.expect(403);
    }
    // Nor one that speaks for a client that may do more.
    let boss = KeyRequest {
        client: Some("boss".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    house.key(boss).await;
    let weak = json!({ "role": "account-administrator", "client": "boss", "scopes": "users.read" });
    house.send(create(&weak)).await.expect(403);
    for wrong in [
        json!({ "role": "operator" }),
        json!({ "role": "reader", "scopes": "users.write" }),
        json!({ "role": "reader", "scopes": "operate" }),
        json!({ "role": "reader", "scopes": "" }),
        json!({ "role": "reader", "days": 0 }),
        json!({ "role": "reader", "days": 4_000 }),
    ] {
        house.send(create(&wrong)).await.expect(400);
    }
    let path = format!("{KEYS}/{}", admin.key_id);
    house.send(Call::new("DELETE", &path).key(&minter)).await.expect(403);
    let rotate = Call::new("POST", &format!("{path}/rotate")).key(&minter).plain(&json!({}));
    house.send(rotate).await.expect(403);
    // Nor the client itself, when it has no key left.
    let other = house.admin().await;
    house.send(Call::new("DELETE", &path).key(&other)).await.expect(204);
    let client = format!("/api/v1/accounts/ACME/clients/{}", admin.client_id);
    house.send(Call::new("DELETE", &client).key(&minter)).await.expect(403);
    house.stop().await;
}

#[tokio::test]
async fn s15_a_client_that_is_revoked_is_refused_with_all_its_keys() {
    let house = House::start().await;
    let admin = house.admin().await;
    let request = |client: &str| KeyRequest {
        client: Some(client.to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::Reader)
    };
    let (one, two) = (house.made(request("hr")).await, house.made(request("hr")).await);
    assert_eq!(one.client_id, two.client_id);
    let path = format!("/api/v1/accounts/ACME/clients/{}", one.client_id);
    house.send(Call::new("DELETE", &path).key(&admin)).await.expect(204);
    house.send(Call::new("DELETE", &path).key(&admin)).await.expect(404);
    house.pass(Duration::from_secs(2));
    for key in [&one.token, &two.token] {
        house.send(Call::get("/scim/v2/Users").key(key)).await.expect(401);
    }
    assert!(listed(&house, &admin).await.iter().all(|key| key["client"] != "hr"));
    for id in ["ACME_x", "ACME_", "OTHER_1", "1", "ACME_99999"] {
        let path = format!("/api/v1/accounts/ACME/clients/{id}");
        house.send(Call::new("DELETE", &path).key(&admin)).await.expect(404);
    }
    house.stop().await;
}

#[tokio::test]
async fn keys_are_managed_by_the_account_and_by_operators_and_nobody_else() {
    let house = House::start().await;
    let operator = house.key_of(None, Role::Operator, Dialect::Standard).await;
    let other = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let manager = house.key_of(Some("ACME"), Role::GroupManager, Dialect::Standard).await;
    house.send(Call::get(KEYS).key(&operator)).await.expect(200);
    for key in [&other, &manager] {
        house.send(Call::get(KEYS).key(key)).await.expect(403);
        house.send(Call::new("POST", KEYS).key(key).plain(&json!({ "role": "reader" }))).await.expect(403);
    }
    house.send(Call::get("/api/v1/accounts/None/keys").key(&operator)).await.expect(404);
    house.stop().await;
}

/// The audit log calls the machine `operator` and the server `system`, and shows names as they are.
#[tokio::test]
async fn a_client_has_no_name_that_could_be_taken_for_another() {
    let house = House::start().await;
    let admin = house.admin().await;
    let long = "a".repeat(201);
    for name in ["operator", "System", "person x", "", " a ", "a\u{200b}b", "\u{202e}live", &long] {
        let asked = json!({ "role": "reader", "client": name });
        let refused = house.send(Call::new("POST", KEYS).key(&admin).plain(&asked)).await.expect(400);
        assert_eq!(refused.json()["violations"][0]["field"], "client", "{name:?}");
    }
    house.stop().await;
}

/// Who sends a rotation again because its answer was lost does not leave keys behind that nobody has.
#[tokio::test]
async fn one_key_takes_the_place_of_another() {
    let house = House::start().await;
    let admin = house.admin().await;
    let made = house.made(KeyRequest::new(Some("ACME"), Role::Reader)).await;
    let rotate = |id: &str| {
        let call = Call::new("POST", &format!("{KEYS}/{id}/rotate")).key(&admin);
        call.plain(&json!({ "overlapSeconds": 60 }))
    };
    let all = futures_util::future::join_all((0..8).map(|_| house.send(rotate(&made.key_id)))).await;
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    let next = all.iter().find(|answer| answer.status == 201).unwrap().json();
    let next = next["keyId"].as_str().unwrap();
    house.pass(Duration::from_secs(61));
    house.send(rotate(&made.key_id)).await.expect(409);
    house.send(rotate(next)).await.expect(201);
    house.stop().await;
}
