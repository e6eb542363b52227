//! Provisioning sources: each calls people and groups by an `externalId` of its own.

use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Error, Role, Settings};
use throng_scim::Registry;

use crate::house::{Answer, Call, House};

/// A key of the client with this name.
async fn key(house: &House, client: &str, source: Option<&str>) -> String {
    let request = KeyRequest {
        client: Some(client.to_owned()),
        source: source.map(str::to_owned),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    house.key(request).await
}

async fn post(house: &House, key: &str, path: &str, body: Value) -> Value {
    house.send(Call::new("POST", path).key(key).json(&body)).await.expect(201).json()
}

async fn get(house: &House, key: &str, path: &str) -> Answer {
    house.send(Call::get(path).key(key)).await.expect(200)
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// The `externalId` that a key sees.
async fn called(house: &House, key: &str, path: &str) -> Value {
    get(house, key, path).await.json().get("externalId").cloned().unwrap_or_default()
}

/// The ids that a filter finds, sorted.
async fn found(house: &House, key: &str, list: &str, filter: &str) -> Vec<String> {
    let encoded: String =
        filter
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
    let listed = get(house, key, &format!("{list}?filter={encoded}")).await.json();
    let resources = listed["Resources"].as_array().unwrap();
    assert_eq!(listed["totalResults"], resources.len());
    let mut ids: Vec<String> = resources.iter().map(id_of).collect();
    ids.sort();
    ids
}

fn replace(path: &str, value: &Value) -> Value {
    json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] })
}

#[tokio::test]
async fn each_source_sees_and_writes_its_own_external_id_of_a_user() {
    let house = House::start().await;
    let (plain, hr, it) = (
        key(&house, "p", None).await,
        key(&house, "h", Some("hr")).await,
        key(&house, "i", Some("it")).await,
    );
    let made = post(&house, &hr, "/scim/v2/Users", json!({ "userName": "ann", "externalId": "7" })).await;
    assert_eq!((&made["externalId"], &made["meta"]["version"]), (&json!("7"), &json!("W/\"1\"")));
    let path = format!("/scim/v2/Users/{}", id_of(&made));
    assert_eq!(get(&house, &hr, &path).await.json(), made);
    for other in [&plain, &it] {
        assert_eq!(called(&house, other, &path).await, Value::Null);
    }

    // The same person is called otherwise by others; each such call is a change.
    let patched =
        house.send(Call::new("PATCH", &path).key(&it).json(&replace("externalId", &json!("x")))).await;
    assert_eq!(patched.header("etag"), "W/\"2\"");
    assert_eq!(patched.expect(200).json()["externalId"], "x");
    let put = json!({ "userName": "ann", "externalId": "default", "displayName": "Ann" });
    let replaced = house.send(Call::new("PUT", &path).key(&plain).json(&put)).await.expect(200);
    assert_eq!((replaced.header("etag"), &replaced.json()["externalId"]), ("W/\"3\"", &json!("default")));
    for (key, name) in [(&plain, "default"), (&hr, "7"), (&it, "x")] {
        assert_eq!(called(&house, key, &path).await, name);
        let listed = get(&house, key, "/scim/v2/Users").await.json();
        assert_eq!(listed["Resources"][0]["externalId"], name);
        let everything = get(&house, key, "/scim/v2").await.json();
        assert_eq!(everything["Resources"][0]["externalId"], name);
        let cursor = get(&house, key, "/scim/v2/Users?cursor=&count=1").await.json();
        assert_eq!(cursor["Resources"][0]["externalId"], name);
        let only = get(&house, key, &format!("{path}?attributes=externalId")).await.json();
        assert_eq!(only["externalId"], name);
    }

    // Writing what is there already changes nothing, whoever writes it.
    let same = house.send(Call::new("PATCH", &path).key(&hr).json(&replace("externalId", &json!("7")))).await;
    assert_eq!(same.expect(200).header("etag"), "W/\"3\"");
    let mut whole = get(&house, &it, &path).await.json();
    let unchanged = house.send(Call::new("PUT", &path).key(&it).json(&whole)).await.expect(200);
    assert_eq!((unchanged.header("etag"), unchanged.json()), ("W/\"3\"", whole.clone()));

    // A PUT without it clears one's own and no other.
    whole.as_object_mut().unwrap().remove("externalId");
    let cleared = house.send(Call::new("PUT", &path).key(&it).json(&whole)).await.expect(200);
    assert_eq!((cleared.header("etag"), cleared.json().get("externalId")), ("W/\"4\"", None));
    for (key, name) in [(&plain, json!("default")), (&hr, json!("7")), (&it, Value::Null)] {
        assert_eq!(called(&house, key, &path).await, name);
    }
    let long = "x".repeat(1_025);
    let too_long = Call::new("PATCH", &path).key(&hr).json(&replace("externalId", &json!(long)));
    house.send(too_long).await.expect(400);

    // A new person of the same name is somebody whom nobody has called anything.
    house.send(Call::new("DELETE", &path).key(&hr)).await.expect(204);
    let again = post(&house, &plain, "/scim/v2/Users", json!({ "userName": "ann" })).await;
    let path = format!("/scim/v2/Users/{}", id_of(&again));
    assert_eq!(called(&house, &hr, &path).await, Value::Null);
    assert!(found(&house, &hr, "/scim/v2/Users", "externalId eq \"7\"").await.is_empty());
    house.stop().await;
}

#[tokio::test]
async fn filters_decide_by_ones_own_external_id() {
    let house = House::start().await;
    let (plain, hr) = (key(&house, "p", None).await, key(&house, "h", Some("hr")).await);
    let user = |name: &str, id: &str| json!({ "userName": name, "externalId": id });
    // The same value for different people.
    let ann = id_of(&post(&house, &hr, "/scim/v2/Users", user("ann", "1")).await);
    let bob = id_of(&post(&house, &plain, "/scim/v2/Users", user("bob", "1")).await);
    let cyd = id_of(&post(&house, &hr, "/scim/v2/Users", json!({ "userName": "cyd" })).await);
    for (filter, of_hr, of_plain) in [
        ("externalId eq \"1\"", vec![&ann], vec![&bob]),
        ("externalId eq \"1\" and userName sw \"a\"", vec![&ann], vec![]),
        ("userName eq \"ann\" and externalId eq \"1\"", vec![&ann], vec![]),
        ("externalId eq \"1\" or userName eq \"cyd\"", vec![&ann, &cyd], vec![&bob, &cyd]),
        ("not (externalId eq \"1\")", vec![&bob, &cyd], vec![&ann, &cyd]),
        ("externalId pr", vec![&ann], vec![&bob]),
        ("externalId sw \"1\" and not (userName eq \"bob\")", vec![&ann], vec![]),
        ("externalId eq \"2\"", vec![], vec![]),
    ] {
        for (key, expected) in [(&hr, of_hr), (&plain, of_plain)] {
            let mut expected: Vec<String> = expected.into_iter().cloned().collect();
            expected.sort();
            let found = found(&house, key, "/scim/v2/Users", filter).await;
            assert_eq!(found, expected, "{filter}");
        }
    }
    // Whether `ne` holds without a value is the evaluator's business, and the same for both.
    let differs = |key| found(&house, key, "/scim/v2/Users", "externalId ne \"1\"");
    assert_eq!(differs(&hr).await.contains(&ann), differs(&plain).await.contains(&bob));
    assert_eq!(differs(&hr).await.contains(&bob), differs(&plain).await.contains(&ann));
    // In the order of one's own: those without come last.
    for (key, expected) in [(&hr, [&ann, &bob, &cyd]), (&plain, [&bob, &ann, &cyd])] {
        let sorted = get(&house, key, "/scim/v2/Users?sortBy=externalId").await.json();
        let ids: Vec<String> = sorted["Resources"].as_array().unwrap().iter().map(id_of).collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected);
    }
    // Over several pages, by cursor.
    let first =
        get(&house, &hr, "/scim/v2/Users?filter=not%20(externalId%20eq%20%221%22)&count=1&cursor=").await;
    let next = first.json()["nextCursor"].as_str().unwrap().to_owned();
    let path = format!("/scim/v2/Users?filter=not%20(externalId%20eq%20%221%22)&count=1&cursor={next}");
    let second = get(&house, &hr, &path).await.json();
    assert_eq!((id_of(&first.json()["Resources"][0]), id_of(&second["Resources"][0])), (bob, cyd));
    house.stop().await;
}

#[tokio::test]
async fn groups_have_an_external_id_for_each_source() {
    let house = House::start().await;
    let (plain, hr, it) = (
        key(&house, "p", None).await,
        key(&house, "h", Some("hr")).await,
        key(&house, "i", Some("it")).await,
    );
    let ann = house.user(&plain, "ann").await;
    let body = json!({ "displayName": "Staff", "externalId": "g", "members": [{ "value": ann }] });
    let made = post(&house, &hr, "/scim/v2/Groups", body).await;
    assert_eq!(made["externalId"], "g");
    let path = format!("/scim/v2/Groups/{}", id_of(&made));
    for other in [&plain, &it] {
        assert_eq!(called(&house, other, &path).await, Value::Null);
        assert!(found(&house, other, "/scim/v2/Groups", "externalId eq \"g\"").await.is_empty());
    }
    let put = json!({ "displayName": "Staff", "externalId": "other" });
    let replaced = house.send(Call::new("PUT", &path).key(&it).json(&put)).await.expect(200);
    assert_eq!(replaced.json()["externalId"], "other");
    assert_ne!(replaced.header("etag"), made["meta"]["version"]);
    // A write of members alone shows one's own, and leaves all of them alone.
    let leave = json!({ "Operations": [{ "op": "remove", "path": format!("members[value eq \"{ann}\"]") }] });
    for (key, name) in [(&hr, json!("g")), (&it, json!("other")), (&plain, Value::Null)] {
        let patched = house.send(Call::new("PATCH", &path).key(key).json(&leave)).await.expect(200).json();
        assert_eq!(patched.get("externalId").cloned().unwrap_or_default(), name);
        let rename = house.send(Call::new("PATCH", &path).key(key).json(&replace("displayName", &name)));
        if name != Value::Null {
            assert_eq!(rename.await.expect(200).json()["externalId"], name);
        }
    }
    // A job that is waited for, and a replay, show one's own as well.
    let many: Vec<Value> = (0..201).map(|n| json!({ "value": format!("nobody {n}") })).collect();
    let large = json!({ "Operations": [{ "op": "add", "path": "members", "value": many }] });
    let large = Call::new("PATCH", &path).key(&hr).json(&large);
    let large = large.header("prefer", "wait=5").header("idempotency-key", "k");
    for _ in 0..2 {
        assert_eq!(house.send(large.clone()).await.expect(200).json()["externalId"], "g");
    }
    for (key, name) in [(&hr, "g"), (&it, "other")] {
        let filter = format!("externalId eq \"{name}\"");
        assert_eq!(found(&house, key, "/scim/v2/Groups", &filter).await, [id_of(&made)]);
        let not = format!("not ({filter})");
        assert!(found(&house, key, "/scim/v2/Groups", &not).await.is_empty());
    }
    house.send(Call::new("DELETE", &path).key(&plain)).await.expect(204);
    assert!(found(&house, &hr, "/scim/v2/Groups", "externalId eq \"g\"").await.is_empty());
    house.stop().await;
}

#[tokio::test]
async fn an_external_id_never_stands_in_the_place_of_an_id() {
    let house = House::start().await;
    let (plain, hr) = (key(&house, "p", None).await, key(&house, "h", Some("hr")).await);
    let victim = house.user(&plain, "victim").await;
    let group = id_of(&post(&house, &plain, "/scim/v2/Groups", json!({ "displayName": "g" })).await);
    let free = "01a20448-a2ec-711e-beee-20011137da58";
    for (number, external_id) in
        [&victim, &group, free, "0", "1", "-1", "1e0", "2", "victim"].into_iter().enumerate()
    {
        for (key, source) in [(&plain, "plain"), (&hr, "hr")] {
            let login = format!("{source}{number}");
            let user = json!({ "userName": login, "externalId": external_id });
            let user = id_of(&post(&house, key, "/scim/v2/Users", user).await);
            let other = json!({ "displayName": login, "externalId": external_id });
            let other = id_of(&post(&house, key, "/scim/v2/Groups", other).await);
            assert!(user != *external_id && other != *external_id);

            let path = format!("/scim/v2/Users/{external_id}");
            let status = if *external_id == victim { 200 } else { 404 };
            let shown = house.send(Call::get(&path).key(key)).await.expect(status).json();
            assert!(status == 404 || shown["userName"] == "victim");
            let path = format!("/scim/v2/Groups/{external_id}");
            let shown = house.send(Call::get(&path).key(key)).await.json();
            assert!(shown["displayName"] != login.as_str(), "{external_id}");

            // Nor in a list of members, nor in what a filter takes for an id.
            let add = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": external_id }] }] });
            let members =
                house.send(Call::new("PATCH", &format!("/scim/v2/Groups/{other}")).key(key).json(&add));
            let members = members.await.expect(200).json();
            let listed = members["members"].as_array().cloned().unwrap_or_default();
            assert!(listed.iter().all(|member| member["value"] == *external_id), "{external_id}: {listed:?}");
            for filter in [format!("id eq \"{external_id}\""), format!("groups.value eq \"{external_id}\"")] {
                let ids = found(&house, key, "/scim/v2/Users", &filter).await;
                assert!(!ids.contains(&user), "{filter}");
            }
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn a_source_belongs_to_the_client_and_survives_its_keys() {
    let house = House::start().await;
    let (hr, plain) = (key(&house, "h", Some("hr")).await, key(&house, "p", None).await);
    let made = post(&house, &hr, "/scim/v2/Users", json!({ "userName": "ann", "externalId": "7" })).await;
    let path = format!("/scim/v2/Users/{}", id_of(&made));
    for source in [None, Some("hr")] {
        let rotated = key(&house, "h", source).await;
        assert_eq!(called(&house, &rotated, &path).await, "7");
    }
    // Two clients of one source share what it calls people; letter case tells sources apart.
    let second = key(&house, "second", Some("hr")).await;
    assert_eq!(called(&house, &second, &path).await, "7");
    let upper = key(&house, "upper", Some("HR")).await;
    assert_eq!(called(&house, &upper, &path).await, Value::Null);
    assert_eq!(called(&house, &plain, &path).await, Value::Null);

    for (client, source) in [("h", "it"), ("p", "hr"), ("new", ""), ("new", "a b"), ("new", "ä")] {
        let request = KeyRequest {
            client: Some(client.to_owned()),
            source: Some(source.to_owned()),
            ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
        };
        let refused = house.directory.create_key(&Caller::operator(), request).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Invalid { field, .. } if field == "source"),
            "{source}: {refused:?}"
        );
    }
    let operators = KeyRequest { source: Some("hr".to_owned()), ..KeyRequest::new(None, Role::Operator) };
    house.directory.create_key(&Caller::operator(), operators).await.unwrap_err();

    let operator = house.key(KeyRequest::new(None, Role::Operator)).await;
    let mint = Call::new("POST", "/api/v1/accounts/ACME/keys").key(&operator);
    let body = json!({ "role": "reader", "source": "hr" }).to_string();
    let made =
        house.send(mint.header("content-type", "application/json").body(body)).await.expect(201).json();
    assert_eq!(called(&house, made["key"].as_str().unwrap(), &path).await, "7");
    house.stop().await;
}

#[tokio::test]
async fn me_is_called_by_the_source_of_the_key() {
    let house = House::start().await;
    let plain = key(&house, "p", None).await;
    house.user(&plain, "ann").await;
    let request = KeyRequest {
        source: Some("hr".to_owned()),
        user: Some("ann".to_owned()),
        ..KeyRequest::new(Some("ACME"), Role::AccountAdministrator)
    };
    let me = house.key(request).await;
    let put = json!({ "userName": "ann", "externalId": "me" });
    let replaced = house.send(Call::new("PUT", "/scim/v2/Me").key(&me).json(&put)).await.expect(200).json();
    assert_eq!(replaced["externalId"], "me");
    let path = format!("/scim/v2/Users/{}", id_of(&replaced));
    assert_eq!(called(&house, &plain, &path).await, Value::Null);
    house.stop().await;
}

#[tokio::test]
async fn resources_of_configured_types_have_one_for_each_source() {
    let mut registry = Registry::standard();
    let devices = include_str!("../../../../examples/scim/devices.json");
    registry.define(serde_json::from_str(devices).unwrap()).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let (plain, hr) = (key(&house, "p", None).await, key(&house, "h", Some("hr")).await);
    let body = json!({ "serialNumber": "A-1", "externalId": "e" });
    let made = post(&house, &hr, "/scim/v2/Devices", body).await;
    let path = format!("/scim/v2/Devices/{}", id_of(&made));
    assert_eq!(
        (called(&house, &hr, &path).await, called(&house, &plain, &path).await),
        (json!("e"), Value::Null)
    );
    let change = Call::new("PATCH", &path).key(&plain).json(&replace("externalId", &json!("f")));
    let patched = house.send(change).await.expect(200);
    assert_eq!((patched.header("etag"), &patched.json()["externalId"]), ("W/\"2\"", &json!("f")));
    for (key, name, other) in [(&hr, "e", "f"), (&plain, "f", "e")] {
        let eq = |name: &str| format!("externalId eq \"{name}\"");
        assert_eq!(found(&house, key, "/scim/v2/Devices", &eq(name)).await, [id_of(&made)]);
        assert!(found(&house, key, "/scim/v2/Devices", &eq(other)).await.is_empty());
        assert_eq!(found(&house, key, "/scim/v2/Devices", &format!("not ({})", eq(other))).await.len(), 1);
        assert_eq!(get(&house, key, "/scim/v2/Devices").await.json()["Resources"][0]["externalId"], name);
    }
    house.send(Call::new("DELETE", &path).key(&plain)).await.expect(204);
    assert!(found(&house, &hr, "/scim/v2/Devices", "externalId eq \"e\"").await.is_empty());
    house.stop().await;
}
