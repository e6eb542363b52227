//! What is malformed is 4xx, in the shape of its face: never 500.

use http::Request;
use serde_json::json;
use throng_directory::Settings;
use throng_scim::Registry;

use crate::house::{Call, House};

const DEVICES: &str = include_str!("../../../../examples/scim/devices.json");

#[tokio::test]
async fn malformed_bodies_are_400() {
    let house = House::start().await;
    let key = house.admin().await;
    let user = house.user(&key, "ann").await;
    let group = json!({ "displayName": "g" });
    let group =
        house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&group)).await.expect(201).json();
    let (user, group) =
        (format!("/scim/v2/Users/{user}"), format!("/scim/v2/Groups/{}", group["id"].as_str().unwrap()));
    let deep = "[".repeat(5_000);
    let bodies: Vec<Vec<u8>> = vec![
        b"".into(),
        b"{".into(),
        b"[]".into(),
        b"null".into(),
        b"\"x\"".into(),
        b"{} {}".into(),
        b"{\"userName\":\"a\",\"userName\":\"b\",\"displayName\":\"x\"}".into(),
        b"{\"userName\":\"a\",\"displayName\":\"x\",\"x\":{\"a\":1,\"\\u0061\":2}}".into(),
        b"{\"userName\":{\"a\":1},\"displayName\":{\"a\":1},\"Operations\":{}}".into(),
        b"{\"userName\":\"\\u0000\",\"displayName\":\"\\u0000\",\"Operations\":[1]}".into(),
        b"{\"userName\":\"\\ud800\",\"displayName\":\"\\ud800\"}".into(),
        b"{\"userName\":\"\xff\",\"displayName\":\"\xff\"}".into(),
        b"{\"userName\":1e999,\"displayName\":1e999}".into(),
        b"{\"userName\":NaN}".into(),
        b"{\"Operations\":[{\"op\":\"move\"}],\"userName\":\"\",\"displayName\":\"\"}".into(),
        b"{\"Operations\":[],\"userName\":null,\"displayName\":null}".into(),
        format!("{{\"userName\":{deep}").into_bytes(),
        format!("{{\"Operations\":{deep},\"userName\":\"a\",\"displayName\":\"b\"}}").into_bytes(),
    ];
    let targets = [
        ("POST", "/scim/v2/Users"),
        ("PUT", &user),
        ("PATCH", &user),
        ("POST", "/scim/v2/Groups"),
        ("PUT", &group),
        ("PATCH", &group),
    ];
    for (method, path) in targets {
        for body in &bodies {
            let call = Call::new(method, path)
                .key(&key)
                .header("content-type", "application/json")
                .body(body.clone());
            let answer = house.send(call).await;
            let text = String::from_utf8_lossy(body);
            let shown: String = text.chars().take(60).collect();
            assert_eq!(answer.status.as_u16(), 400, "{method} {path} {shown}");
            assert_eq!(answer.header("content-type"), "application/scim+json");
            assert_eq!(answer.json()["status"], "400");
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn media_types_sizes_and_parameters() {
    let house = House::start().await;
    let key = house.admin().await;
    let post = |path: &str| Call::new("POST", path).key(&key);
    let body = "{\"userName\":\"ann\",\"displayName\":\"g\"}";
    for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
        house.send(post(path).header("content-type", "text/plain").body(body)).await.expect(415);
        house.send(post(path).header("content-encoding", "gzip").body(body)).await.expect(415);
        let refused = house.send(post(&format!("{path}?dryrun=true")).body(body)).await.expect(400);
        assert!(refused.json()["detail"].as_str().unwrap().contains("dryrun"));
        house.send(post(path).body(body)).await.expect(201);
    }
    let large = format!("{{\"userName\":\"{}\"}}", "x".repeat(1 << 20));
    house.send(post("/scim/v2/Users").body(large)).await.expect(413);
    for name in ["a\tb", &"x".repeat(300)] {
        house.send(post("/scim/v2/Groups").header("idempotency-key", name).body(body)).await.expect(400);
    }
    house.stop().await;
}

#[tokio::test]
async fn paths_that_could_be_read_twice_lead_nowhere() {
    let house = House::start().await;
    let key = house.admin().await;
    let id = house.user(&key, "ann").await;
    let good = format!("/scim/v2/Users/{id}");
    house.send(Call::get(&good).key(&key)).await.expect(200);
    for bad in [
        format!("/scim/v2//Users/{id}"),
        format!("//scim/v2/Users/{id}"),
        format!("/scim/v2/x/../Users/{id}"),
        format!("/scim/v2/x/%2e%2E/Users/{id}"),
        format!("/scim/v2/./Users/{id}"),
        format!("/scim/v2/Users%2F{id}"),
        format!("/scim/v2/Users/{id}%00"),
        format!("/scim/v2/Users/{id};a=b"),
        format!("/scim/v2/Users/{id}%3Ba"),
        format!("/scim/v2/Users/{id}//"),
        format!("/scim/v2/users/{id}"),
        format!("/Scim/v2/Users/{id}"),
        format!("/scim/v2/Users/{}", id.to_uppercase()),
        format!("/scim/v2/Users/{id}%ff"),
        format!("/scim/v2/Users/{}", id.replace('-', "")),
        "/scim/v2/Users/ann".to_owned(),
    ] {
        let answer = house.send(Call::get(&bad).key(&key)).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{bad}: {}", answer.status);
    }
    let request = Request::get("/scim/v2/Users?a=%ff").header("authorization", format!("Bearer {key}"));
    house.send_request(request.body(axum::body::Body::empty()).unwrap()).await.expect(400);
    house.stop().await;
}

/// What the databases' indexes cannot hold: very long keys, and what separates keys. (U+0000 is no text at all.)
#[tokio::test]
async fn what_no_index_holds_is_400_or_finds_nobody() {
    let house = House::start().await;
    let key = house.admin().await;
    house.user(&key, "ann").await;
    let long = "x".repeat(5_000);
    for bad in ["a\u{1f}b", &long] {
        let email = json!([{ "value": format!("{bad}@example.org") }]);
        for body in [
            json!({ "userName": "bob", "externalId": bad }),
            json!({ "userName": "bob", "emails": email }),
            json!({ "displayName": "g", "externalId": bad }),
        ] {
            let path = if body.get("userName").is_some() { "/scim/v2/Users" } else { "/scim/v2/Groups" };
            let answer = house.send(Call::new("POST", path).key(&key).json(&body)).await.expect(400).json();
            assert_eq!(answer["scimType"], "invalidValue", "{answer}");
        }
        let value = json!(bad).to_string();
        for (path, attribute) in [
            ("Users", "externalId"),
            ("Users", "emails.value"),
            ("Users", "userName"),
            ("Groups", "externalId"),
            ("Groups", "displayName"),
        ] {
            let filter = format!("{attribute} eq {value}").replace(' ', "%20").replace('"', "%22");
            let filter = filter.replace('\\', "%5C");
            let path = format!("/scim/v2/{path}?filter={filter}");
            let listed = house.send(Call::get(&path).key(&key)).await.expect(200).json();
            assert_eq!(listed["totalResults"], 0, "{path}");
        }
    }
    for field in ["email", "userName", "id"] {
        let group = json!({
            "displayName": field,
            "SocialChorus:1.0:Group": { "identifierField": field },
            "members": [{ "value": "a\u{1f}b" }],
        });
        let made = house.send(Call::new("POST", "/scim/v2/Groups").key(&key).json(&group)).await.expect(201);
        let report = house.finished(&key, made.header("throng-job")).await;
        assert_eq!(report["messages"], "1 user(s) not found");
    }
}

#[tokio::test]
async fn no_resource_grows_without_end() {
    let mut registry = Registry::standard();
    registry.define(serde_json::from_str(DEVICES).unwrap()).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    // Each value fits into a body, two of them do not fit into a resource.
    let half = "x".repeat(600 << 10);
    for (path, made, (one, other)) in [
        ("/scim/v2/Users", json!({ "userName": "ann" }), ("nickName", "title")),
        ("/scim/v2/Devices", json!({ "serialNumber": "s" }), ("model", "unlockCode")),
    ] {
        let made = house.send(Call::new("POST", path).key(&key).json(&made)).await.expect(201).json();
        let path = format!("{path}/{}", made["id"].as_str().unwrap());
        let set = |name: &str| {
            let change = json!({ "Operations": [{ "op": "replace", "path": name, "value": half }] });
            Call::new("PATCH", &path).key(&key).json(&change)
        };
        let grown = house.send(set(one)).await.expect(200);
        let refused = house.send(set(other)).await.expect(400).json();
        assert_eq!(refused["scimType"], "invalidValue", "{path}");
        let unchanged = house.send(Call::get(&path).key(&key)).await.expect(200);
        assert_eq!(unchanged.header("etag"), grown.header("etag"), "{path}");
    }
    house.stop().await;
}
