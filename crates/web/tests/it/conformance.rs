//! What RFC 7643 and RFC 7644 demand of the whole server. `docs/scim-conformance.md` names these tests.

use serde_json::{Value, json};
use throng_directory::Settings;
use throng_scim::Registry;

use crate::house::{Answer, Call, House};

const SCIM: &str = "application/scim+json";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const NOTES: &str = "urn:acme:1.0:Notes";

/// Sends a body, or none if it is null.
async fn send(house: &House, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let call = Call::new(method, &format!("/scim/v2{path}")).key(key);
    house.send(if body.is_null() { call } else { call.json(body) }).await
}

async fn post(house: &House, key: &str, path: &str, body: &Value) -> Value {
    send(house, key, "POST", path, body).await.expect(201).json()
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// Asserts that an answer is the resource of the standard for errors.
#[track_caller]
fn assert_error(answer: &Answer, status: u16, scim_type: Option<&str>) {
    assert_eq!(answer.status.as_u16(), status, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), SCIM);
    let error = answer.json();
    assert_eq!((&error["schemas"], &error["status"]), (&json!([ERROR]), &json!(status.to_string())));
    assert_eq!(error.get("scimType").and_then(Value::as_str), scim_type, "{error}");
    assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
}

/// Users and groups may carry notes, which are shown on request, and there are doors.
async fn with_notes() -> House {
    let mut registry = Registry::standard();
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Schema";
    let resource_type = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    registry
        .define(json!([
            { "schemas": [schema], "id": NOTES, "attributes": [{ "name": "text", "returned": "request" }] },
            { "schemas": [schema], "id": "urn:acme:1.0:Door", "attributes": [{ "name": "number" }] },
            { "schemas": [resource_type], "name": "User", "schemaExtensions": [{ "schema": NOTES }] },
            { "schemas": [resource_type], "name": "Group", "schemaExtensions": [{ "schema": NOTES }] },
            { "schemas": [resource_type], "name": "Door", "endpoint": "/Doors", "schema": "urn:acme:1.0:Door",
                "schemaExtensions": [{ "schema": NOTES }] },
        ]))
        .unwrap();
    House::of(Settings::default(), registry).await
}

#[tokio::test]
async fn media_types_in_and_out() {
    let house = House::start().await;
    let key = house.admin().await;
    for (number, accept) in ["", SCIM, "application/json", "*/*", "application/scim+json;q=0.5, text/html"]
        .into_iter()
        .enumerate()
    {
        for (kind, content_type) in
            ["", SCIM, "application/json", "application/scim+json; charset=utf-8"].into_iter().enumerate()
        {
            let mut call = Call::new("POST", "/scim/v2/Users").key(&key);
            for (name, value) in [("accept", accept), ("content-type", content_type)] {
                if !value.is_empty() {
                    call = call.header(name, value);
                }
            }
            let body = json!({ "userName": format!("zoë{number}{kind}") }).to_string();
            let made = house.send(call.body(body)).await.expect(201);
            assert_eq!(made.header("content-type"), SCIM, "{accept} {content_type}");
            assert_eq!(made.json()["userName"], format!("zoë{number}{kind}"));
            assert!(made.headers.get("set-cookie").is_none());
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn no_other_version_is_served() {
    let house = House::start().await;
    let key = house.admin().await;
    for path in ["/scim/v99/Users", "/scim/v1/Users", "/scim/Users", "/scim/v2.1/Users"] {
        assert_error(&house.send(Call::get(path).key(&key)).await, 404, None);
    }
    house.stop().await;
}

#[tokio::test]
async fn ids_are_the_servers_and_differ() {
    let house = with_notes().await;
    let key = house.admin().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        for (path, mut body) in [
            ("/Users", json!({ "userName": format!("u{number}") })),
            ("/Groups", json!({ "displayName": format!("g{number}") })),
            ("/Doors", json!({ "number": "1" })),
        ] {
            body["id"] = json!("mine");
            let made = post(&house, &key, path, &body).await;
            let path = format!("{path}/{}", id(&made));
            assert_eq!(send(&house, &key, "PUT", &path, &body).await.expect(200).json()["id"], made["id"]);
            ids.push(id(&made));
        }
    }
    assert!(ids.iter().all(|id| !id.is_empty() && id != "mine" && !id.contains("bulkId")), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9);
    house.stop().await;
}

#[tokio::test]
async fn meta_is_the_servers_and_true() {
    let house = with_notes().await;
    let key = house.admin().await;
    let meta =
        json!({ "resourceType": "X", "created": "2001-01-01T00:00:00Z", "location": "x", "version": "x" });
    for (endpoint, kind, name) in
        [("/Users", "User", "userName"), ("/Groups", "Group", "displayName"), ("/Doors", "Door", "number")]
    {
        let body = json!({ (name): "a", "meta": meta });
        let made = send(&house, &key, "POST", endpoint, &body).await.expect(201);
        let first = made.json();
        let path = format!("{endpoint}/{}", id(&first));
        let check = |answer: &Answer| {
            let (shown, location) =
                (answer.json()["meta"].clone(), format!("https://throng.example/scim/v2{path}"));
            assert_eq!((&shown["resourceType"], &shown["location"]), (&json!(kind), &json!(location)));
            assert_eq!(answer.header("content-location"), location);
            assert_eq!(shown["version"], answer.header("etag"));
            shown
        };
        let first_meta = check(&made);
        assert_eq!(made.header("location"), first_meta["location"]);
        assert_eq!(first_meta["created"], first_meta["lastModified"]);
        // What changes nothing leaves the moment and the version alone.
        let same = patch(&json!([{ "op": "replace", "path": name, "value": "a" }]));
        for (method, body) in [("PUT", &body), ("PATCH", &same)] {
            let unchanged = send(&house, &key, method, &path, body).await.expect(200);
            assert_eq!(check(&unchanged), first_meta, "{method}");
        }
        let other = patch(&json!([{ "op": "replace", "path": name, "value": "b" }]));
        let changed = check(&send(&house, &key, "PATCH", &path, &other).await.expect(200));
        assert_eq!(changed["created"], first_meta["created"]);
        assert!(changed["lastModified"].as_str() > first_meta["lastModified"].as_str(), "{changed}");
        assert_ne!(changed["version"], first_meta["version"]);
        assert_eq!(check(&send(&house, &key, "GET", &path, &Value::Null).await.expect(200)), changed);
    }
    house.stop().await;
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (endpoint, body) in [
        ("/Users", json!({ "userName": "ann", "externalId": "e" })),
        ("/Groups", json!({ "displayName": "ann", "externalId": "e" })),
        ("/Doors", json!({ "number": "ann", "externalId": "e" })),
    ] {
        let made = post(&house, &key, endpoint, &body).await;
        let path = format!("{endpoint}/{}", id(&made));
        let there = send(&house, &key, "GET", &path, &Value::Null).await.expect(200);
        assert_eq!((there.header("content-type"), there.json()), (SCIM, made.clone()));
        let deleted = send(&house, &key, "DELETE", &path, &Value::Null).await.expect(204);
        assert!(deleted.body.is_empty());
        let change = patch(&json!([{ "op": "add", "path": "externalId", "value": "f" }]));
        for (method, body) in
            [("GET", &Value::Null), ("PUT", &body), ("PATCH", &change), ("DELETE", &Value::Null)]
        {
            let gone = send(&house, &key, method, &path, body).await;
            assert_error(&gone, 404, None);
            let text = String::from_utf8_lossy(&gone.body);
            assert!(!text.contains("ann") && !gone.headers.contains_key("etag"), "{text}");
        }
        for query in [endpoint, "", &format!("{endpoint}?filter=externalId%20eq%20%22e%22")] {
            let list = send(&house, &key, "GET", query, &Value::Null).await.expect(200).json();
            assert_eq!(list["totalResults"], 0, "{query}");
        }
        // It does not block a new one, which is another.
        let again = post(&house, &key, endpoint, &body).await;
        assert_ne!(again["id"], made["id"]);
        send(&house, &key, "DELETE", &format!("{endpoint}/{}", id(&again)), &Value::Null).await.expect(204);
    }
    house.stop().await;
}

#[tokio::test]
async fn a_put_makes_nothing() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (path, body) in [
        ("/Users/01890a5d-ac96-774b-bcce-b302099a8057", json!({ "userName": "ann" })),
        ("/Groups/77", json!({ "displayName": "g" })),
        ("/Doors/01890a5d-ac96-774b-bcce-b302099a8057", json!({ "number": "1" })),
    ] {
        let refused = send(&house, &key, "PUT", path, &body).await;
        assert_error(&refused, 404, None);
        assert!(!refused.headers.contains_key("location"));
        assert_error(&send(&house, &key, "GET", path, &Value::Null).await, 404, None);
    }
    let all = send(&house, &key, "GET", "", &Value::Null).await.expect(200).json();
    assert_eq!((&all["totalResults"], &all["Resources"]), (&json!(0), &json!([])));
    house.stop().await;
}

/// What a PUT does not name is cleared; what only the server sets stays, whatever it says.
#[tokio::test]
async fn a_put_is_the_whole_resource() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName"), ("/Doors", "number")] {
        let made =
            post(&house, &key, endpoint, &json!({ (name): "a", "externalId": "e", NOTES: { "text": "n" } }))
                .await;
        let path = format!("{endpoint}/{}", id(&made));
        let body = json!({ (name): "b", "id": "7", "meta": { "created": "2001-01-01T00:00:00Z" } });
        let put = send(&house, &key, "PUT", &path, &body).await.expect(200);
        assert_eq!(put.header("content-type"), SCIM);
        let put = put.json();
        assert_eq!((&put[name], put.get("externalId"), put.get(NOTES)), (&json!("b"), None, None));
        assert_eq!((&put["id"], &put["meta"]["created"]), (&made["id"], &made["meta"]["created"]));
        let whole = format!("{path}?attributes={NOTES}:text,{name},externalId,meta");
        let shown = send(&house, &key, "GET", &whole, &Value::Null).await.expect(200).json();
        assert_eq!((&shown[name], shown.get("externalId"), shown.get(NOTES)), (&json!("b"), None, None));
        if endpoint != "/Doors" {
            assert_error(&send(&house, &key, "PUT", &path, &json!({})).await, 400, Some("invalidValue"));
        }
    }
    let user = post(&house, &key, "/Users", &json!({ "userName": "c" })).await;
    let group = json!({ "displayName": "c", "members": [{ "value": user["id"] }] });
    post(&house, &key, "/Groups", &group).await;
    let body = json!({ "userName": "d", "groups": [] });
    let put = send(&house, &key, "PUT", &format!("/Users/{}", id(&user)), &body).await.expect(200).json();
    assert_eq!((&put["userName"], &put["groups"][0]["display"]), (&json!("d"), &json!("c")));
    house.stop().await;
}

#[tokio::test]
async fn attributes_count_wherever_a_resource_is_shown() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName"), ("/Doors", "number")] {
        let body = |value: &str| json!({ (name): value, "externalId": "e" });
        let keys = |shown: &Value| -> Vec<String> { shown.as_object().unwrap().keys().cloned().collect() };
        for (number, (query, want)) in [
            ("?attributes=externalId", vec!["schemas", "externalId", "id"]),
            ("?excludedAttributes=meta,schemas,id", vec!["schemas", "externalId", name, "id"]),
        ]
        .into_iter()
        .enumerate()
        {
            let mut want: Vec<&str> = want;
            want.sort_unstable();
            let check = |shown: &Value| {
                let mut found = keys(shown);
                found.sort_unstable();
                assert_eq!(found, want, "{endpoint}{query}");
            };
            let made = post(&house, &key, &format!("{endpoint}{query}"), &body(&format!("a{number}"))).await;
            check(&made);
            let path = format!("{endpoint}/{}{query}", id(&made));
            let change = patch(&json!([{ "op": "replace", "path": name, "value": format!("c{number}") }]));
            for (method, body) in
                [("PUT", &body(&format!("b{number}"))), ("PATCH", &change), ("GET", &Value::Null)]
            {
                check(&send(&house, &key, method, &path, body).await.expect(200).json());
            }
            let list = format!("{endpoint}{query}&filter=externalId%20eq%20%22e%22");
            let list = send(&house, &key, "GET", &list, &Value::Null).await.expect(200).json();
            list["Resources"].as_array().unwrap().iter().for_each(check);
            let both = format!("{endpoint}/{}?attributes=id&excludedAttributes=meta", id(&made));
            for (method, body) in [("GET", &Value::Null), ("PUT", &body("x")), ("PATCH", &change)] {
                assert_error(&send(&house, &key, method, &both, body).await, 400, Some("invalidValue"));
            }
        }
        let both = format!("{endpoint}?attributes=id&excludedAttributes=meta");
        assert_error(&send(&house, &key, "POST", &both, &body("y")).await, 400, Some("invalidValue"));
        assert_error(&send(&house, &key, "GET", &both, &Value::Null).await, 400, Some("invalidValue"));
    }
    house.stop().await;
}

#[tokio::test]
async fn what_is_shown_on_request_is_shown_to_who_gave_it() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName"), ("/Doors", "number")] {
        let body = json!({ (name): "a", NOTES: { "text": "n" } });
        let made = post(&house, &key, endpoint, &body).await;
        assert_eq!(made[NOTES], json!({ "text": "n" }), "{endpoint}");
        let path = format!("{endpoint}/{}", id(&made));
        let given = patch(&json!([{ "op": "add", "path": format!("{NOTES}:text"), "value": "m" }]));
        let other = patch(&json!([{ "op": "replace", "path": name, "value": "b" }]));
        for (method, body, want) in [
            ("GET", &Value::Null, None),
            ("PUT", &body, Some("n")),
            ("PATCH", &other, None),
            ("PATCH", &given, Some("m")),
        ] {
            let shown = send(&house, &key, method, &path, body).await.expect(200).json();
            assert_eq!(shown[NOTES]["text"].as_str(), want, "{endpoint} {method}");
        }
        let asked = format!("{path}?attributes={NOTES}:text");
        let asked = send(&house, &key, "GET", &asked, &Value::Null).await.expect(200).json();
        assert_eq!(asked[NOTES]["text"], "m");
    }
    house.stop().await;
}

#[tokio::test]
async fn what_only_the_server_sets_is_passed_over() {
    let house = House::start().await;
    let key = house.admin().await;
    let group = id(&post(&house, &key, "/Groups", &json!({ "displayName": "g" })).await);
    let body = json!({ "userName": "ann", "groups": [{ "value": group }], "id": "7", "meta": { "version": "9" },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": { "displayName": "Boss" } } });
    let made = post(&house, &key, "/Users", &body).await;
    let path = format!("/Users/{}", id(&made));
    for shown in [made, send(&house, &key, "PUT", &path, &body).await.expect(200).json()] {
        assert_eq!((shown.get("groups"), &shown["meta"]["version"]), (None, &json!("W/\"1\"")), "{shown}");
        assert_eq!(shown["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
    }
    for path_of in ["id", "groups", "meta.created"] {
        let change = patch(&json!([{ "op": "replace", "path": path_of, "value": "x" }]));
        assert_error(&send(&house, &key, "PATCH", &path, &change).await, 400, Some("mutability"));
    }
    house.stop().await;
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_in_every_write() {
    let house = House::start().await;
    let key = house.admin().await;
    for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName")] {
        post(&house, &key, endpoint, &json!({ (name): "taken" })).await;
        let own =
            format!("{endpoint}/{}", id(&post(&house, &key, endpoint, &json!({ (name): "own" })).await));
        let body = json!({ (name): "TAKEN" });
        let change = patch(&json!([{ "op": "replace", "path": name, "value": "Taken" }]));
        for (method, path, body) in
            [("POST", endpoint, &body), ("PUT", own.as_str(), &body), ("PATCH", own.as_str(), &change)]
        {
            assert_error(&send(&house, &key, method, path, body).await, 409, Some("uniqueness"));
        }
        // The same externalId, and the other letter case of the own name, are nobody's conflict.
        for name_of in ["Own", "own"] {
            let body = json!({ (name): name_of, "externalId": "same" });
            assert_eq!(send(&house, &key, "PUT", &own, &body).await.expect(200).json()[name], name_of);
        }
        post(&house, &key, endpoint, &json!({ (name): "third", "externalId": "same" })).await;
    }
    house.stop().await;
}

#[tokio::test]
async fn a_patch_is_applied_whole_or_not_at_all() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = id(&post(&house, &key, "/Users", &json!({ "userName": "ann", "title": "t" })).await);
    let path = format!("/Users/{ann}");
    let before = send(&house, &key, "GET", &path, &Value::Null).await.expect(200).body;
    let change =
        json!([{ "op": "replace", "path": "title", "value": "u" }, { "op": "remove", "path": "userName" }]);
    assert_error(&send(&house, &key, "PATCH", &path, &patch(&change)).await, 400, Some("mutability"));
    assert_eq!(send(&house, &key, "GET", &path, &Value::Null).await.expect(200).body, before);
    let group = post(&house, &key, "/Groups", &json!({ "displayName": "g" })).await;
    let path = format!("/Groups/{}", id(&group));
    for last in [
        json!({ "op": "remove", "path": "displayName" }),
        json!({ "op": "replace", "path": "displayName", "value": "taken" }),
    ] {
        post(&house, &key, "/Groups", &json!({ "displayName": last["op"] })).await;
        let taken = json!({ "displayName": "taken" });
        send(&house, &key, "POST", "/Groups", &taken).await;
        let change = json!([{ "op": "add", "path": "members", "value": [{ "value": ann }] },
            { "op": "add", "path": "externalId", "value": "e" }, last]);
        let refused = send(&house, &key, "PATCH", &path, &patch(&change)).await;
        assert!(matches!(refused.status.as_u16(), 400 | 409));
        let after = send(&house, &key, "GET", &path, &Value::Null).await.expect(200).json();
        assert_eq!((after.get("members"), &after["meta"]), (None, &group["meta"]));
    }
    house.stop().await;
}

#[tokio::test]
async fn conditions_of_writes_and_reads() {
    let house = with_notes().await;
    let key = house.admin().await;
    for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName"), ("/Doors", "number")] {
        let made = post(&house, &key, endpoint, &json!({ (name): "a" })).await;
        let path = format!("/scim/v2{endpoint}/{}", id(&made));
        let tag = made["meta"]["version"].as_str().unwrap();
        assert!(tag.starts_with("W/\""), "{tag}");
        for value in [tag, "*"] {
            let same =
                house.send(Call::get(&path).key(&key).header("if-none-match", value)).await.expect(304);
            assert!(same.body.is_empty() && same.header("etag") == tag);
            assert!(!same.headers.contains_key("content-type"));
            assert_eq!(same.header("content-location"), made["meta"]["location"].as_str().unwrap());
        }
        house.send(Call::get(&path).key(&key).header("if-none-match", "W/\"77\"")).await.expect(200);
        let change = |to: &str| patch(&json!([{ "op": "replace", "path": name, "value": to }]));
        for (method, body) in [("PUT", json!({ (name): "b" })), ("PATCH", change("b")), ("DELETE", json!({}))]
        {
            let call = Call::new(method, &path).key(&key).json(&body).header("if-match", "W/\"77\"");
            assert_error(&house.send(call).await, 412, None);
        }
        // A write that is only for what is not there, or not so.
        for (method, body) in [("PUT", json!({ (name): "b" })), ("PATCH", change("b")), ("DELETE", json!({}))]
        {
            for value in [tag, "*"] {
                let call = Call::new(method, &path).key(&key).json(&body).header("if-none-match", value);
                assert_error(&house.send(call).await, 412, None);
            }
        }
        let call = Call::new("PATCH", &path).key(&key).json(&change("a")).header("if-none-match", "W/\"77\"");
        house.send(call).await.expect(200);
        let call = Call::new("PATCH", &path).key(&key).json(&change("b")).header("if-match", tag);
        house.send(call).await.expect(200);
        let call = Call::new("PATCH", &path).key(&key).json(&change("c")).header("if-match", "*");
        house.send(call).await.expect(200);
        house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
        assert_error(
            &house.send(Call::new("DELETE", &path).key(&key).header("if-match", "*")).await,
            404,
            None,
        );
    }
    house.stop().await;
}

#[tokio::test]
async fn discovery_is_read_only_and_whole() {
    let house = House::start().await;
    for path in [
        "/ServiceProviderConfig",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group",
        "/ResourceTypes",
        "/ResourceTypes/User",
    ] {
        let whole = house.send(Call::get(&format!("/scim/v2{path}"))).await.expect(200);
        assert_eq!(whole.header("content-type"), SCIM);
        let query = "?startIndex=2&count=1&sortBy=id&sortOrder=descending";
        let again = house.send(Call::get(&format!("/scim/v2{path}{query}"))).await.expect(200);
        assert_eq!(again.body, whole.body, "{path}");
        let filtered = house.send(Call::get(&format!("/scim/v2{path}?filter=id%20pr"))).await;
        assert_error(&filtered, 403, None);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let refused = house.send(Call::new(method, &format!("/scim/v2{path}"))).await;
            assert_error(&refused, 405, None);
            assert_eq!(refused.header("allow"), "GET, HEAD");
        }
    }
    house.stop().await;
}

#[tokio::test]
async fn every_refusal_is_an_error_of_the_standard() {
    let house = House::start().await;
    let key = house.admin().await;
    let ann = format!("/scim/v2/Users/{}", house.user(&key, "ann").await);
    let body = json!({ "userName": "ann" });
    let call = |method: &str, path: &str| Call::new(method, path).key(&key);
    let post = |body: &str| call("POST", "/scim/v2/Users").header("content-type", SCIM).body(body);
    let list = |query: &str| call("GET", &format!("/scim/v2/Users?{query}"));
    let patch = |operation: Value| call("PATCH", &ann).json(&patch(&json!([operation])));
    for (call, status, scim_type) in [
        (post("{"), 400, Some("invalidSyntax")),
        (post("\u{feff}[]"), 400, Some("invalidSyntax")),
        (post("{}"), 400, Some("invalidValue")),
        (post("{\"userName\":5}"), 400, Some("invalidValue")),
        (post("{\"userName\":\"a b\"}"), 400, Some("invalidValue")),
        (call("POST", "/scim/v2/Users").json(&body), 409, Some("uniqueness")),
        (list("filter=userName%20is%20%22a%22"), 400, Some("invalidFilter")),
        (list("filter=shoeSize%20pr"), 400, Some("invalidFilter")),
        (list("filter=active%20gt%20true"), 400, Some("invalidFilter")),
        (list("sortBy=shoeSize"), 400, Some("invalidPath")),
        (list("sortBy=title&startIndex=10000"), 400, Some("tooMany")),
        (list("count=x"), 400, Some("invalidValue")),
        (list("cursor=x"), 400, Some("invalidCursor")),
        (patch(json!({ "op": "remove" })), 400, Some("noTarget")),
        (patch(json!({ "op": "add", "path": "a b", "value": 1 })), 400, Some("invalidPath")),
        (patch(json!({ "op": "replace", "path": "id", "value": "1" })), 400, Some("mutability")),
        (Call::get("/scim/v2/Users"), 401, None),
        (call("GET", "/scim/v2/Users/nobody"), 404, None),
        (call("GET", "/scim/v2/Nothings"), 404, None),
        (call("GET", "/scim/v2/a/b/c/d"), 404, None),
        (call("PUT", "/scim/v2/Users"), 405, None),
        (call("DELETE", &ann).header("if-match", "\"x\""), 412, None),
        (post(&" ".repeat((1 << 20) + 1)), 413, None),
        (call("POST", "/scim/v2/Users").header("content-type", "text/csv").body("a"), 415, None),
        (call("POST", "/scim/v2/Me"), 501, None),
    ] {
        assert_error(&house.send(call).await, status, scim_type);
    }
    house.stop().await;
}

/// A list ends when it has looked for too long: refused by index, and continued from where it stands by cursor.
#[tokio::test]
async fn a_list_that_costs_too_much_is_refused() {
    let house = House::start().await;
    let key = house.admin().await;
    house.user(&key, "ann").await;
    post(&house, &key, "/Groups", &json!({ "displayName": "ann" })).await;
    // Users and groups are looked through one after the other, and nothing here is in an index.
    let nobody = "?filter=externalId%20co%20%22x%22";
    let (ann, by_cursor) = ("?filter=meta%20pr", "?filter=meta%20pr&cursor");
    let list = async |query: &str| send(&house, &key, "GET", query, &Value::Null).await;
    house.slow_down(3_000_000);
    for query in [nobody, ann, &format!("{nobody}&cursor"), "?sortBy=displayName"] {
        assert_error(&list(query).await, 400, Some("tooMany"));
    }
    let first = list(by_cursor).await.expect(200).json();
    assert_eq!(first["Resources"][0]["userName"], "ann");
    assert!(first["nextCursor"].is_string(), "{first}");
    house.slow_down(1_000);
    assert_eq!(list(nobody).await.expect(200).json()["totalResults"], 0);
    house.stop().await;
}
