//! Resource types and extensions from definitions, treated like the built-in ones.

use serde_json::{Value, json};
use throng_directory::{Dialect, Role, Settings};
use throng_scim::Registry;

use crate::house::{Call, House};

const DEVICES: &str = include_str!("../../../../examples/scim/devices.json");
const FIRSTUP: &str = include_str!("../../../../examples/scim/firstup.json");

async fn house() -> House {
    let mut registry = Registry::standard();
    for text in [DEVICES, FIRSTUP] {
        registry.define(serde_json::from_str(text).unwrap()).unwrap();
    }
    House::of(Settings::default(), registry).await
}

async fn post(house: &House, key: &str, path: &str, body: &Value) -> Value {
    house.send(Call::new("POST", path).key(key).json(body)).await.expect(201).json()
}

#[tokio::test]
async fn a_resource_of_a_configured_type_through_its_life() {
    let house = house().await;
    let key = house.admin().await;
    let body = json!({ "serialnumber": "A-1", "model": "Laptop", "unlockCode": "canary", "id": "mine", "unknown": 1,
        "holders": [{ "value": "x", "primary": "True" }], "externalId": "e1" });
    let made = house.send(Call::new("POST", "/scim/v2/Devices").key(&key).json(&body)).await.expect(201);
    assert!(!String::from_utf8_lossy(&made.body).contains("canary"));
    let device = made.json();
    let id = device["id"].as_str().unwrap();
    let path = format!("/scim/v2/Devices/{id}");
    assert_eq!(uuid::Uuid::try_parse(id).unwrap().get_version_num(), 7);
    assert_eq!(made.header("location"), format!("https://throng.example{path}"));
    assert_eq!(device["meta"]["location"], made.header("location"));
    assert_eq!((&device["meta"]["resourceType"], made.header("etag")), (&json!("Device"), "W/\"1\""));
    assert_eq!(device["schemas"], json!(["urn:example:scim:1.0:Device"]));
    assert_eq!(device["holders"], json!([{ "value": "x", "primary": true }]));
    assert_eq!(device.get("unknown"), None);

    let shown = house.send(Call::get(&format!("{path}?attributes=model")).key(&key)).await.expect(200).json();
    assert_eq!(
        (&shown["model"], shown.get("serialNumber"), &shown["id"]),
        (&json!("Laptop"), None, &json!(id))
    );

    // An extension with a required attribute, a unique one, and one that is shown only when asked for.
    let urn = "urn:example:scim:1.0:Device:Warranty";
    let until = json!({ "Operations": [{ "op": "add", "path": format!("{urn}:contract"), "value": "C-9" }] });
    let incomplete = house.send(Call::new("PATCH", &path).key(&key).json(&until)).await.expect(400).json();
    assert_eq!(incomplete["scimType"], "invalidValue", "{incomplete}");
    let whole = json!({ "Operations": [{ "op": "add", "path": urn,
        "value": { "until": "2030-01-01T00:00:00Z", "contract": "C-9" } }] });
    let patched = Call::new("PATCH", &path).key(&key).json(&whole);
    house.send(patched.clone().header("if-match", "W/\"7\"")).await.expect(412);
    let patched = house.send(patched.header("if-match", "W/\"1\"")).await.expect(200);
    assert_eq!(patched.header("etag"), "W/\"2\"");
    let again = house.send(Call::new("PATCH", &path).key(&key).json(&whole)).await.expect(200);
    assert_eq!(again.header("etag"), "W/\"2\"", "a PATCH that changes nothing leaves the version alone");
    let shown = house.send(Call::get(&path).key(&key)).await.expect(200).json();
    assert_eq!(shown[urn], json!({ "until": "2030-01-01T00:00:00Z" }));
    let asked = format!("{path}?attributes={urn}:contract");
    let asked = house.send(Call::get(&asked).key(&key)).await.expect(200).json();
    assert_eq!(asked[urn], json!({ "contract": "C-9" }));

    // What is unique, and what cannot change.
    let second = post(&house, &key, "/scim/v2/Devices", &json!({ "serialNumber": "A-2" })).await;
    let second = format!("/scim/v2/Devices/{}", second["id"].as_str().unwrap());
    let twin = Call::new("POST", "/scim/v2/Devices").key(&key).json(&json!({ "serialNumber": "A-1" }));
    assert_eq!(house.send(twin).await.expect(409).json()["scimType"], "uniqueness");
    let contract = json!({ "Operations": [{ "op": "add", "path": urn,
        "value": { "until": "2031-01-01T00:00:00Z", "contract": "c-9" } }] });
    let taken = house.send(Call::new("PATCH", &second).key(&key).json(&contract)).await.expect(409).json();
    assert_eq!(taken["scimType"], "uniqueness");
    let engraved = json!({ "Operations": [{ "op": "replace", "path": "serialNumber", "value": "B-1" }] });
    let refused = house.send(Call::new("PATCH", &path).key(&key).json(&engraved)).await.expect(400).json();
    assert_eq!(refused["scimType"], "mutability");
    let put = |body: &Value| Call::new("PUT", &path).key(&key).json(body);
    let refused = house.send(put(&json!({ "serialNumber": "B-1" }))).await.expect(400).json();
    assert_eq!(refused["scimType"], "mutability");
    let replaced =
        house.send(put(&json!({ "serialNumber": "A-1", "model": "tablet" }))).await.expect(200).json();
    assert_eq!(
        (&replaced["model"], replaced.get("holders"), replaced.get(urn)),
        (&json!("tablet"), None, None)
    );
    // The contract is free again.
    house.send(Call::new("PATCH", &second).key(&key).json(&contract)).await.expect(200);
    let missing =
        house.send(Call::new("POST", "/scim/v2/Devices").key(&key).json(&json!({ "model": "x" }))).await;
    assert_eq!(missing.expect(400).json()["scimType"], "invalidValue");

    house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
    house.send(Call::get(&path).key(&key)).await.expect(404);
    post(&house, &key, "/scim/v2/Devices", &json!({ "serialNumber": "A-1" })).await;
    house.stop().await;
}

#[tokio::test]
async fn they_are_found_listed_and_described() {
    let house = house().await;
    let key = house.admin().await;
    for n in 1..=5 {
        let body = json!({ "serialNumber": format!("S{n}"), "model": if n % 2 == 0 { "phone" } else { "Laptop" },
            "externalId": "all" });
        post(&house, &key, "/scim/v2/Devices", &body).await;
    }
    house.user(&key, "ann").await;
    let serials = |list: &Value| -> Vec<String> {
        let of = |found: &Value| found["serialNumber"].as_str().unwrap_or("-").to_owned();
        list["Resources"].as_array().unwrap().iter().map(of).collect()
    };
    for (query, want) in [
        ("", vec!["S1", "S2", "S3", "S4", "S5"]),
        ("?startIndex=4", vec!["S4", "S5"]),
        ("?filter=serialNumber%20eq%20%22S3%22", vec!["S3"]),
        ("?filter=serialNumber%20eq%20%22s3%22", vec![]),
        ("?filter=model%20eq%20%22LAPTOP%22", vec!["S1", "S3", "S5"]),
        ("?filter=externalId%20eq%20%22all%22%20and%20model%20sw%20%22P%22", vec!["S2", "S4"]),
        ("?filter=meta.resourceType%20eq%20%22Device%22&count=1", vec!["S1"]),
        ("?filter=holders%5B%24ref%20co%20%22x%22%5D", vec![]),
    ] {
        let list =
            house.send(Call::get(&format!("/scim/v2/Devices{query}")).key(&key)).await.expect(200).json();
        assert_eq!(serials(&list), want, "{query}");
    }
    let first = house.send(Call::get("/scim/v2/Devices?cursor&count=3").key(&key)).await.expect(200).json();
    let next = format!("/scim/v2/Devices?cursor={}", first["nextCursor"].as_str().unwrap());
    let last = house.send(Call::get(&next).key(&key)).await.expect(200).json();
    assert_eq!(
        (serials(&first).len(), serials(&last), last.get("nextCursor")),
        (3, vec!["S4".to_owned(), "S5".to_owned()], None)
    );
    let all = house.send(Call::get("/scim/v2?count=9").key(&key)).await.expect(200).json();
    assert_eq!(
        (serials(&all), &all["totalResults"]),
        (
            vec![
                "-".to_owned(),
                "S1".to_owned(),
                "S2".to_owned(),
                "S3".to_owned(),
                "S4".to_owned(),
                "S5".to_owned()
            ],
            &json!(6)
        )
    );

    // Described like the built-in ones, in the words in which they were defined.
    let types = house.send(Call::get("/scim/v2/ResourceTypes/Device")).await.expect(200).json();
    assert_eq!(
        (&types["endpoint"], &types["schema"]),
        (&json!("/Devices"), &json!("urn:example:scim:1.0:Device"))
    );
    let schema =
        house.send(Call::get("/scim/v2/Schemas/urn:example:scim:1.0:Device")).await.expect(200).json();
    let defined: Value = serde_json::from_str(DEVICES).unwrap();
    let serial = |schema: &Value| schema["attributes"][0].clone();
    for (name, value) in serial(&defined[0]).as_object().unwrap() {
        assert_eq!(&serial(&schema)[name], value, "{name}");
    }
    house.stop().await;
}

#[tokio::test]
async fn an_extension_from_a_definition_belongs_to_the_user() {
    let house = house().await;
    let key = house.admin().await;
    let urn = "urn:SocialChorus:1.0:User";
    let body = json!({ "userName": "ann", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", urn],
        urn: { "customAttributes": [{ "name": "Site", "value": "Berlin" }] } });
    let made = post(&house, &key, "/scim/v2/Users", &body).await;
    assert_eq!(made[urn]["customAttributes"], json!([{ "name": "Site", "value": "Berlin" }]));
    let path = format!("/scim/v2/Users/{}", made["id"].as_str().unwrap());
    // The dialect's colon before the attribute and before the sub-attribute.
    let changes = json!({ "Operations": [
        { "op": "add", "path": format!("{urn}:managerName"), "value": "Bo" },
        { "op": "replace", "path": format!("{urn}:customAttributes[name eq \"Site\"].value"), "value": "Oslo" } ] });
    let patched = house.send(Call::new("PATCH", &path).key(&key).json(&changes)).await.expect(200).json();
    assert_eq!(
        patched[urn],
        json!({ "managerName": "Bo", "customAttributes": [{ "name": "Site", "value": "Oslo" }] })
    );
    assert_eq!(patched["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:User", urn]));
    let filter = "?filter=urn%3ASocialChorus%3A1.0%3AUser%3AcustomAttributes%5Bname%20eq%20%22Site%22%20and%20value%20eq%20%22Oslo%22%5D";
    let found = house.send(Call::get(&format!("/scim/v2/Users{filter}")).key(&key)).await.expect(200).json();
    assert_eq!(found["totalResults"], 1);
    for bad in [json!([{ "name": "Site", "value": 7 }]), json!([{ "name": "Site" }]), json!("Site")] {
        let body = json!({ "userName": "bob", urn: { "customAttributes": bad } });
        let refused = house.send(Call::new("POST", "/scim/v2/Users").key(&key).json(&body)).await.expect(400);
        assert_eq!(refused.json()["scimType"], "invalidValue", "{body}");
    }
    let remove = json!({ "Operations": [{ "op": "remove", "path": urn }] });
    let left = house.send(Call::new("PATCH", &path).key(&key).json(&remove)).await.expect(200).json();
    assert_eq!(
        (left.get(urn), &left["schemas"]),
        (None, &json!(["urn:ietf:params:scim:schemas:core:2.0:User"]))
    );
    house.stop().await;
}

/// A PUT replaces the whole: what leaves out a required extension is refused as a POST without it is.
#[tokio::test]
async fn a_required_extension_can_be_left_out_of_no_write() {
    let mut registry = Registry::standard();
    let urn = "urn:example:scim:1.0:Badge";
    let badge = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": urn, "name": "Badge",
        "description": "A badge", "attributes": [{ "name": "number" }, { "name": "pin", "mutability": "writeOnly" }] });
    let extensions = json!([{ "schema": urn, "required": true }]);
    let types = ["User", "Group"].map(|name| {
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": name,
            "schemaExtensions": extensions })
    });
    registry.define(json!([badge, types[0], types[1]])).unwrap();
    let house = House::of(Settings::default(), registry).await;
    let key = house.admin().await;
    for (endpoint, name) in [("/scim/v2/Users", "userName"), ("/scim/v2/Groups", "displayName")] {
        let made =
            post(&house, &key, endpoint, &json!({ name: "a", urn: { "number": "7", "pin": "1" } })).await;
        let path = format!("{endpoint}/{}", made["id"].as_str().unwrap());
        let remove = json!({ "Operations": [{ "op": "remove", "path": urn }] });
        for (method, path, body, scim_type) in [
            ("POST", endpoint, json!({ name: "b" }), "invalidValue"),
            ("PUT", &path, json!({ name: "b" }), "invalidValue"),
            ("PUT", &path, json!({ name: "b", urn: {} }), "invalidValue"),
            ("PATCH", &path, remove, "mutability"),
        ] {
            let refused = house.send(Call::new(method, path).key(&key).json(&body)).await.expect(400).json();
            assert_eq!(refused["scimType"], scim_type, "{method} {path}: {refused}");
        }
        let shown = house.send(Call::get(&path).key(&key)).await.expect(200).json();
        assert_eq!((&shown[name], &shown[urn]), (&json!("a"), &json!({ "number": "7" })));
    }
    house.stop().await;
}

#[tokio::test]
async fn permissions_accounts_and_methods_hold_for_them_too() {
    let house = house().await;
    let key = house.admin().await;
    post(&house, &key, "/scim/v2/Devices", &json!({ "serialNumber": "S1" })).await;
    let reader = house.key_of(Some("ACME"), Role::Reader, Dialect::Standard).await;
    house.send(Call::get("/scim/v2/Devices").key(&reader)).await.expect(200);
    let forbidden = Call::new("POST", "/scim/v2/Devices").key(&reader).json(&json!({ "serialNumber": "x" }));
    house.send(forbidden).await.expect(403);
    let other = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    let none = house.send(Call::get("/scim/v2/Devices").key(&other)).await.expect(200).json();
    assert_eq!(none["totalResults"], 0);
    house.send(Call::get("/scim/v2/Nothings").key(&key)).await.expect(404);
    house.send(Call::new("DELETE", "/scim/v2/Devices").key(&key)).await.expect(405);
    house.send(Call::new("DELETE", "/scim/v2/Schemas/x").key(&key)).await.expect(405);
    house.stop().await;
}

/// What is never shown cannot be sent back, and stays.
#[tokio::test]
async fn a_replacement_keeps_what_no_client_can_know() {
    let house = house().await;
    let key = house.admin().await;
    let body = json!({ "serialNumber": "S1", "unlockCode": "canary" });
    let made = house.send(Call::new("POST", "/scim/v2/Devices").key(&key).json(&body)).await.expect(201);
    let device = made.json();
    let path = format!("/scim/v2/Devices/{}", device["id"].as_str().unwrap());
    let unchanged =
        house.send(Call::get(&path).key(&key).header("if-none-match", "W/\"1\"")).await.expect(304);
    assert_eq!(unchanged.header("content-location"), made.header("location"));
    let same = house.send(Call::new("PUT", &path).key(&key).json(&device)).await.expect(200);
    assert_eq!(same.header("etag"), "W/\"1\"", "the code that is never shown is still there");
    house.stop().await;
}

/// The devices of the example, with one attribute of the core schema defined otherwise.
fn redefined(attribute: &str, name: &str, value: Value) -> Registry {
    let mut documents: Value = serde_json::from_str(DEVICES).unwrap();
    let attributes = documents[0]["attributes"].as_array_mut().unwrap();
    attributes.iter_mut().find(|found| found["name"] == attribute).unwrap()[name] = value;
    let mut registry = Registry::standard();
    registry.define(documents).unwrap();
    registry
}

#[tokio::test]
async fn other_definitions_hold_for_what_was_there_before() {
    let mut house = house().await;
    let key = house.admin().await;
    let other = house.key_of(Some("OTHER"), Role::AccountAdministrator, Dialect::Standard).await;
    for (key, serial, model) in
        [(&key, "a-1", "phone"), (&key, "A-1", "phone"), (&key, "b-1", "tablet"), (&other, "a-1", "phone")]
    {
        post(&house, key, "/scim/v2/Devices", &json!({ "serialNumber": serial, "model": model })).await;
    }
    let found = async |house: &House, filter: &str| {
        let call =
            Call::get(&format!("/scim/v2/Devices?filter={}", filter.replace(' ', "%20").replace('"', "%22")));
        house.send(call.key(&key)).await.expect(200).json()["totalResults"].clone()
    };
    let twin = json!({ "serialNumber": "B-1" });
    let posted = async |house: &House, body: &Value| {
        house.send(Call::new("POST", "/scim/v2/Devices").key(&key).json(body)).await.status.as_u16()
    };

    // Two serial numbers are the same without regard to case: nothing starts so, and nothing is lost.
    let refused = house.redefine(redefined("serialNumber", "caseExact", json!(false))).await.unwrap_err();
    let text = refused.to_string();
    assert!(["Device", "ACME", "serialNumber"].iter().all(|part| text.contains(part)), "{text}");
    let refused = house.redefine(redefined("model", "uniqueness", json!("server"))).await.unwrap_err();
    assert!(refused.to_string().contains("model"), "{refused}");
    house.redefine(redefined("model", "description", json!("anything"))).await.unwrap();
    assert_eq!(found(&house, "serialNumber eq \"a-1\"").await, 1);
    assert_eq!(found(&house, "serialNumber eq \"B-1\"").await, 0);
    assert_eq!(posted(&house, &json!({ "serialNumber": "A-1" })).await, 409);

    // Without one of the two it does.
    let call = Call::get("/scim/v2/Devices?filter=serialNumber%20eq%20%22A-1%22").key(&key);
    let id = house.send(call).await.expect(200).json()["Resources"][0]["id"].clone();
    let path = format!("/scim/v2/Devices/{}", id.as_str().unwrap());
    house.send(Call::new("DELETE", &path).key(&key)).await.expect(204);
    house.redefine(redefined("serialNumber", "caseExact", json!(false))).await.unwrap();
    assert_eq!(found(&house, "serialNumber eq \"A-1\"").await, 1);
    assert_eq!(posted(&house, &twin).await, 409);

    // And back: what was the same is not any more.
    house.redefine(redefined("serialNumber", "caseExact", json!(true))).await.unwrap();
    assert_eq!(found(&house, "serialNumber eq \"A-1\"").await, 0);
    assert_eq!(found(&house, "serialNumber eq \"a-1\"").await, 1);
    assert_eq!(posted(&house, &twin).await, 201);

    // Composed or not, a text is the same.
    assert_eq!(posted(&house, &json!({ "serialNumber": "\u{e9}" })).await, 201);
    assert_eq!(posted(&house, &json!({ "serialNumber": "e\u{301}" })).await, 409);
    for filter in ["serialNumber eq \"e%CC%81\"", "serialNumber eq \"e%CC%81\" or model eq \"none\""] {
        assert_eq!(found(&house, filter).await, 1, "{filter}");
    }

    // Not unique any more: the index is no longer asked, and values may stand twice.
    house.redefine(redefined("serialNumber", "uniqueness", json!("none"))).await.unwrap();
    assert_eq!(posted(&house, &twin).await, 201);
    assert_eq!(found(&house, "serialNumber eq \"B-1\"").await, 2);
    house.stop().await;
}
