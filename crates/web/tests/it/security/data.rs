//! What clients send is data: it names no attribute that is not theirs, no statement, no host.

use futures_util::future::join_all;
use serde_json::{Value, json};
use throng_directory::use_cases::access::KeyRequest;
use throng_directory::{Caller, Dialect, Role};

use super::{Scene, id};
use crate::house::Call;

/// One gate for every operation, whatever the spelling: what only the server sets stays as it is.
#[tokio::test]
async fn s11_what_is_the_servers_is_set_by_no_spelling() {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let scene = Scene::start().await;
    let ann = scene.house.user(&scene.key, "ann").await;
    let group = scene.group("g", &[]).await;
    let path = format!("/Users/{ann}");
    // What the server says of itself and is not moved by writes of clients.
    let kept = |shown: &Value| {
        let meta = &shown["meta"];
        let fixed =
            [&shown["id"], &meta["resourceType"], &meta["created"], &meta["location"]].map(Value::clone);
        let boss = shown[ENTERPRISE]["manager"].get("displayName").cloned();
        (fixed, shown.get("groups").cloned(), shown.get("password").cloned(), boss)
    };
    let before = kept(&scene.shown(&path).await);
    let values = [
        ("id", json!("0192f3c4-5b6a-7c8d-8e9f-0a1b2c3d4e5f")),
        ("meta", json!({ "created": "2000-01-01T00:00:00Z", "resourceType": "Group", "location": "x" })),
        ("meta.created", json!("2000-01-01T00:00:00Z")),
        ("meta.resourceType", json!("Group")),
        ("groups", json!([{ "value": group }])),
        ("manager", json!({ "value": ann, "displayName": "Boss" })),
        ("manager.displayName", json!("Boss")),
        ("groups[value eq \"1\"].value", json!(group)),
    ];
    let mut tried = 0;
    for (name, value) in &values {
        let swapped: String = name
            .chars()
            .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let spellings = [(*name).to_owned(), name.to_uppercase(), swapped];
        let urns = spellings.clone().map(|name| format!("{CORE}:{name}"));
        let enterprise = spellings.clone().map(|name| format!("{ENTERPRISE}:{name}"));
        let urns_in_capitals = urns.clone().map(|name| name.to_uppercase());
        for spelling in spellings.iter().chain(&urns).chain(&enterprise).chain(&urns_in_capitals) {
            let patches = ["add", "replace", "Replace", "remove"].map(|op| {
                let with_path = json!({ "op": op, "path": spelling, "value": value });
                let without = json!({ "op": op, "value": { spelling.as_str(): value } });
                [with_path, without]
            });
            for operation in patches.into_iter().flatten() {
                let change = json!({ "Operations": [operation] });
                let answer = scene.scim("PATCH", &path, &change).await;
                assert!(matches!(answer.status.as_u16(), 200 | 400), "{change}: {}", answer.status);
                assert_eq!(kept(&scene.shown(&path).await), before, "{change}");
                let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                    "Operations": [{ "method": "PATCH", "path": path, "data": change }] });
                scene.scim("POST", "/Bulk", &bulk).await.expect(200);
                assert_eq!(kept(&scene.shown(&path).await), before, "{bulk}");
                tried += 2;
            }
            let whole = match spelling.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':')) {
                Some(name) => json!({ "userName": "ann", ENTERPRISE: { name: value } }),
                None => json!({ "userName": "ann", spelling.as_str(): value }),
            };
            let answer = scene.scim("PUT", &path, &whole).await;
            assert!(matches!(answer.status.as_u16(), 200 | 400), "{whole}: {}", answer.status);
            tried += 1;
            assert_eq!(kept(&scene.shown(&path).await), before, "{spelling}");
        }
    }
    assert!(tried > 500, "{tried}");
    assert_eq!(scene.shown(&format!("/Groups/{group}")).await.get("members"), None);
    scene.house.stop_to_check().await;
}

/// What might be more than a text to somebody.
const TEXTS: &[&str] = &[
    "%",
    "_nn",
    "a%",
    "*",
    "' or '1'='1",
    "'; drop table users; --",
    "x' union select name from accounts --",
    "ann' --",
    "$1",
    "?1",
    "\\' or 1=1 --",
    "\\\" or 1=1 --",
    "ann\\u0027 or 1=1",
    "') or ('1'='1",
    "{}",
    "null",
    "a\u{0}",
    "ann/**/",
];

/// What filters look for, on the list where it is.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("Users", "userName"),
    ("Users", "externalId"),
    ("Users", "emails.value"),
    ("Users", "id"),
    ("Users", "groups.value"),
    ("Users", "title"),
    ("Groups", "displayName"),
    ("Groups", "members.value"),
    ("Groups", "externalId"),
];

/// How many users and groups there are.
async fn totals(scene: &Scene) -> (Value, Value) {
    let (users, groups) = (scene.shown("/Users").await, scene.shown("/Groups").await);
    (users["totalResults"].clone(), groups["totalResults"].clone())
}

/// A filter is compiled to bound values: no text in it is ever a part of a statement, or a wildcard of one.
#[tokio::test]
async fn s18_no_text_of_a_filter_is_a_statement() {
    let scene = Scene::start().await;
    for name in ["ann", "bob"] {
        scene.house.user(&scene.key, name).await;
    }
    scene.group("staff", &[]).await;
    assert_eq!(totals(&scene).await, (json!(2), json!(1)));
    for (list, attribute) in ATTRIBUTES {
        for text in TEXTS {
            for operator in ["eq", "sw", "co", "ew", "ge"] {
                let filter = format!("{attribute} {operator} {}", json!(text));
                let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
                let answer = scene.scim("POST", &format!("/{list}/.search"), &search).await;
                match answer.status.as_u16() {
                    // What comes behind a text in order may be somebody; what begins with it or is it is nobody.
                    200 if operator == "ge" => (),
                    200 => assert_eq!(answer.json()["totalResults"], 0, "{filter}"),
                    status => assert_eq!(status, 400, "{filter}"),
                }
            }
        }
        for path in ["userName; drop table users", "(select 1)", "1", "userName desc", "meta.created, id"] {
            let sorted =
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": path });
            scene.scim("POST", &format!("/{list}/.search"), &sorted).await.expect(400);
        }
    }
    let search = "/api/admin/user/v1/accounts/ACME/users:search";
    for text in TEXTS.iter().filter(|text| !text.contains('\u{0}') && !text.contains(['*', '%'])) {
        let condition = json!({ "filter": [{ "key": "loginId", "operator": "equals", "value": text }] });
        let answer = scene.house.send(Call::new("POST", search).key(&scene.key).plain(&condition)).await;
        assert!(matches!(answer.status.as_u16(), 200 | 400), "{text}: {}", answer.status);
    }
    // Nor where a name is looked up by itself.
    for name in ["%", "_nn", "a%"] {
        let request =
            KeyRequest { user: Some(name.to_owned()), ..KeyRequest::new(Some("ACME"), Role::Reader) };
        let refused = scene.house.directory.create_key(&Caller::operator(), request).await.unwrap_err();
        assert!(matches!(refused, throng_directory::Error::Invalid { .. }), "{name}: {refused:?}");
    }
    assert_eq!(totals(&scene).await, (json!(2), json!(1)));
    scene.house.stop_to_check().await;
}

/// A name is given once, decided by the database and not by a look before.
#[tokio::test]
async fn s19_of_many_at_once_one_gets_the_name() {
    let scene = Scene::start().await;
    for (list, attribute) in [("/Users", "userName"), ("/Groups", "displayName")] {
        let spellings = ["same", "SAME", "Same", "ｓａｍｅ"];
        let bodies: Vec<Value> =
            (0..60).map(|n| json!({ attribute: spellings[n % spellings.len()] })).collect();
        let answers = join_all(bodies.iter().map(|body| scene.scim("POST", list, body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 59][..]), "{list}");
        assert_eq!(scene.shown(list).await["totalResults"], 1, "{list}");
    }
    scene.house.stop_to_check().await;
}

/// A key has 256 bits of chance, is shown once, and stands nowhere.
#[tokio::test]
async fn s38_of_a_key_only_its_hash_is_stored() {
    let scene = Scene::start().await;
    let mut secrets = Vec::new();
    for _ in 0..50 {
        let key = scene.key_of_reader().await;
        let pieces: Vec<&str> = key.split('_').collect();
        let [_, _, id, secret] = pieces[..] else { panic!("{key}") };
        assert!(secret.len() >= 40 && id.len() >= 16 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
        scene.house.send(Call::get("/scim/v2/Users").key(&key)).await.expect(200);
        secrets.push(secret.as_bytes().to_vec());
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 50);
    let found =
        scene.house.stop_to_look(move |source| throng_checker::traces(source, &secrets).unwrap()).await;
    assert_eq!(found, [""; 0]);
}

impl Scene {
    async fn key_of_reader(&self) -> String {
        self.house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await
    }
}

/// Addresses in answers are made of the configured one: no header of a request says where this server is.
#[tokio::test]
async fn s51_no_header_says_where_this_server_is() {
    let scene = Scene::start().await;
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "evil"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.example"),
        ("x-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=http;for=evil.example"),
    ];
    for (number, (name, value)) in headers.into_iter().enumerate() {
        let user = json!({ "userName": format!("u{number}") });
        let call = Call::new("POST", "/scim/v2/Users").key(&scene.key).json(&user).header(name, value);
        let made = scene.house.send(call).await.expect(201);
        let location = format!("https://throng.example/scim/v2/Users/{}", id(&made.json()));
        assert_eq!(made.header("location"), location, "{name}");
        assert_eq!(made.json()["meta"]["location"], location.as_str(), "{name}");
        for path in ["/scim/v2/Users", "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas", "/openapi.json"]
        {
            let answer =
                scene.house.send(Call::get(path).key(&scene.key).header(name, value)).await.expect(200);
            let text = String::from_utf8_lossy(&answer.body).into_owned() + &format!("{:?}", answer.headers);
            assert!(!text.contains("evil"), "{path} with {name}");
        }
    }
    // Nor does one say from where a request comes: the log has the address of the connection.
    let rows = scene.get("/api/v1/accounts/ACME/audit?count=1000").await.expect(200);
    assert!(!String::from_utf8_lossy(&rows.body).contains("evil"));
    scene.house.stop_to_check().await;
}
