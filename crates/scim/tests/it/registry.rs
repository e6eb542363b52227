//! Schemas and resource types from documents.

use serde_json::{Value, json};
use throng_scim::filter::{Filter, matches};
use throng_scim::path::AttrPath;
use throng_scim::projection::Projection;
use throng_scim::schema::{DefinitionError, RESOURCE_TYPE_URN, ResourceType, SCHEMA_URN, limits};
use throng_scim::{Registry, ScimType, discovery, patch, resource};

use crate::support::{assert_refused, object};

const DEVICE: &str = "urn:acme:1.0:Device";
const LEASE: &str = "urn:acme:1.0:Device:lease";
const BADGE: &str = "urn:acme:1.0:User";

fn schema(id: &str, attributes: &Value) -> Value {
    json!({"schemas": [SCHEMA_URN], "id": id, "name": "x", "description": "y", "attributes": attributes})
}

fn resource_type(name: &str, endpoint: &str, core: &str, extensions: &Value) -> Value {
    json!({"schemas": [RESOURCE_TYPE_URN], "id": name, "name": name, "endpoint": endpoint, "schema": core,
        "schemaExtensions": extensions})
}

/// Devices with an optional lease, and users that must have a badge.
fn acme() -> Registry {
    let mut registry = Registry::standard();
    let document = json!([
        resource_type("Device", "/Devices", DEVICE, &json!([{"schema": LEASE, "required": false}])),
        {"schemas": [RESOURCE_TYPE_URN], "name": "User", "schemaExtensions": [{"schema": BADGE, "required": true}]},
        schema(DEVICE, &json!([
            {"name": "serial", "required": true, "caseExact": true, "mutability": "immutable", "uniqueness": "server"},
            {"name": "label"},
            {"name": "rack", "type": "complex", "subAttributes": [
                {"name": "row", "type": "integer", "required": true},
                {"name": "site", "mutability": "immutable"}]},
            {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value"}, {"name": "mac", "mutability": "immutable"}, {"name": "note"}]},
            {"name": "pin", "mutability": "writeOnly"},
            {"name": "history", "returned": "request"},
            {"name": "seen", "type": "dateTime", "mutability": "readOnly"},
        ])),
        schema(LEASE, &json!([{"name": "until", "type": "dateTime", "required": true}, {"name": "terms", "type": "complex",
            "subAttributes": [{"name": "rate", "type": "decimal"}]}])),
        schema(BADGE, &json!([{"name": "number", "required": true}, {"name": "colour"}])),
    ]);
    registry.define(document).unwrap();
    registry
}

fn device(registry: &Registry) -> &ResourceType {
    registry.by_endpoint("/Devices").unwrap()
}

#[test]
fn what_is_shown_can_be_read_again() {
    let registry = acme();
    assert_eq!(
        registry.resource_types().map(|found| found.name.as_str()).collect::<Vec<_>>(),
        ["User", "Group", "Device"]
    );
    assert_eq!(registry.schema("URN:acme:1.0:device").unwrap().id, DEVICE);
    let schemas = discovery::schemas(&registry, "https://x");
    let own: Vec<Value> = schemas["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|schema| schema["id"].as_str().unwrap().starts_with("urn:acme"))
        .cloned()
        .collect();
    let mut again = Registry::standard();
    again.define(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 3, "Resources": own})).unwrap();
    again.define(discovery::resource_types(&registry, "https://x")).unwrap();
    assert_eq!(again, registry);
}

#[test]
fn a_failed_definition_changes_nothing() {
    let mut registry = Registry::standard();
    let document = json!([schema(DEVICE, &json!([{"name": "a"}])), schema(DEVICE, &json!([{"name": "b"}]))]);
    assert!(registry.define(document).is_err());
    assert_eq!(registry, Registry::standard());
}

#[test]
fn urns_of_ones_own_are_understood_in_paths() {
    let registry = acme();
    let canonical = |text: &str, found: &ResourceType| AttrPath::parse(text).unwrap().canonical(found);
    for (text, name) in [
        ("urn:acme:1.0:Device:serial", "serial"),
        ("URN:ACME:1.0:device:Serial", "serial"),
        ("urn:acme:1.0:Device:rack.row", "rack.row"),
        ("urn:acme:1.0:Device:rack:row", "rack.row"),
        ("urn:acme:1.0:Device:meta.version", "meta.version"),
        // The longest URN wins.
        ("urn:acme:1.0:Device:lease:until", "urn:acme:1.0:Device:lease:until"),
        ("urn:acme:1.0:Device:lease:terms.rate", "urn:acme:1.0:Device:lease:terms.rate"),
        ("urn:acme:1.0:Device:LEASE:terms:rate", "urn:acme:1.0:Device:lease:terms.rate"),
    ] {
        assert_eq!(canonical(text, device(&registry)).as_deref(), Some(name), "{text}");
    }
    for text in [
        DEVICE,
        LEASE,
        "urn:acme:1.0:Device:lease:terms:rate:x",
        "urn:acme:1.0:Device:lease:rate",
        "urn:acme:1.0:User:number",
        "urn:acme:1.0",
        "urn:acme:1.0:Device:1x",
        "until",
    ] {
        assert_eq!(canonical(text, device(&registry)), None, "{text}");
    }
    let user = registry.user();
    assert_eq!(canonical("urn:acme:1.0:User:number", user).as_deref(), Some("urn:acme:1.0:User:number"));
    let filter = |text: &str| Filter::parse(text).unwrap();
    let leased =
        object(json!({"serial": "1", LEASE: {"until": "2030-01-01T00:00:00Z", "terms": {"rate": 2.5}}}));
    for text in [
        "urn:acme:1.0:Device:lease pr",
        "urn:acme:1.0:Device:lease:terms.rate gt 2",
        "urn:acme:1.0:Device:lease:terms:rate eq 2.5",
        "urn:acme:1.0:Device:lease:until lt \"2031-01-01T00:00:00Z\"",
        "URN:acme:1.0:device:serial eq \"1\"",
    ] {
        filter(text).check(device(&registry)).unwrap();
        assert!(matches(&filter(text), &leased, device(&registry)), "{text}");
        assert_eq!(filter(&filter(text).to_string()), filter(text));
    }
}

#[test]
fn resources_of_ones_own_are_read_by_the_same_rules() {
    let registry = acme();
    let read = |body: Value| resource::read(body, device(&registry));
    let regular = read(
        json!({"SERIAL": "a", "rack": {"ROW": 3}, "ports": "p1", "seen": "2011-05-13T04:42:34Z", "pin": "7",
        LEASE.to_uppercase(): {"until": "2030-01-01T00:00:00Z"}}),
    )
    .unwrap();
    assert_eq!(
        Value::Object(regular).to_string(),
        r#"{"schemas":["urn:acme:1.0:Device","urn:acme:1.0:Device:lease"],"serial":"a","rack":{"row":3},"ports":[{"value":"p1"}],"pin":"7","urn:acme:1.0:Device:lease":{"until":"2030-01-01T00:00:00Z"}}"#
    );
    for (body, mentions) in [
        (json!({}), "serial is required"),
        (json!({"serial": "a", "rack": {"site": "x"}}), "rack.row is required"),
        (json!({"serial": "a", LEASE: {"terms": {"rate": 1}}}), "lease:until is required"),
        (json!({"serial": "a", "rack": {"row": 1.5}}), "rack.row must be an integer"),
        (json!({"serial": "a", LEASE: {"until": "soon"}}), "lease:until must be a date"),
    ] {
        assert_refused(read(body), ScimType::InvalidValue, mentions);
    }
    let user = |body: Value| resource::read_user(body, registry.user());
    assert_refused(user(json!({"userName": "u"})), ScimType::InvalidValue, "urn:acme:1.0:User is required");
    assert_refused(
        user(json!({"userName": "u", BADGE: {"colour": "red"}})),
        ScimType::InvalidValue,
        "number",
    );
    assert!(user(json!({"userName": "u", BADGE: {"number": "1"}})).is_ok());
}

#[test]
fn a_put_keeps_what_no_client_can_give() {
    let registry = acme();
    let old = object(
        json!({"schemas": [DEVICE], "serial": "A1", "label": "l", "rack": {"row": 1, "site": "hq"},
        "ports": [{"value": "p1", "mac": "00:01", "note": "n"}], "pin": "7", "seen": "2011-05-13T04:42:34Z"}),
    );
    let replace = |body: Value| resource::replace(&old, object(body), device(&registry));
    let new = replace(json!({"serial": "A1", "rack": {"row": 2}, "ports": [{"value": "p2", "mac": "00:02"}, {"value": "p1"}]})).unwrap();
    assert_eq!(
        Value::Object(new).to_string(),
        r#"{"schemas":["urn:acme:1.0:Device"],"serial":"A1","rack":{"row":2,"site":"hq"},"ports":[{"value":"p2","mac":"00:02"},{"value":"p1"}],"pin":"7","seen":"2011-05-13T04:42:34Z"}"#
    );
    assert_eq!(replace(json!({"pin": "8"})).unwrap()["serial"], "A1");
    assert_eq!(replace(json!({"pin": "8"})).unwrap()["pin"], "8");
    // serial is caseExact.
    assert_refused(replace(json!({"serial": "a1"})), ScimType::Mutability, "serial");
    assert_refused(replace(json!({"rack": {"row": 1, "site": "x"}})), ScimType::Mutability, "rack.site");
    assert!(replace(json!({"rack": {"row": 1, "site": "HQ"}})).is_ok());
    assert!(replace(json!({"ports": [{"value": "p1", "mac": "x"}]})).is_ok());

    // Nothing is left of an extension that is not named but its hidden part, and that is not whole.
    let mut registry = Registry::standard();
    let attributes = json!([{"name": "until", "required": true}, {"name": "pin", "mutability": "writeOnly"}]);
    let extended =
        resource_type("Door", "/Doors", "urn:acme:1.0:Door", &json!([{"schema": LEASE, "required": false}]));
    let door = schema("urn:acme:1.0:Door", &json!([{"name": "label"}]));
    registry.define(json!([extended, door, schema(LEASE, &attributes)])).unwrap();
    let door = registry.by_endpoint("/Doors").unwrap();
    let old = object(json!({"label": "l", LEASE: {"until": "u", "pin": "7"}}));
    let without = resource::replace(&old, object(json!({"label": "m"})), door);
    assert_refused(without, ScimType::InvalidValue, "until is required");
    let hidden = json!([{"name": "code", "required": true, "mutability": "writeOnly"}, {"name": "label", "required": true}]);
    let mut safes = Registry::standard();
    let safe = resource_type("Safe", "/Safes", "urn:acme:1.0:Safe", &json!([]));
    safes.define(json!([safe, schema("urn:acme:1.0:Safe", &hidden)])).unwrap();
    let safe = safes.by_endpoint("/Safes").unwrap();
    assert_refused(resource::read(json!({"label": "l"}), safe), ScimType::InvalidValue, "code is required");
    let given = resource::read_replacement(json!({"label": "m"}), safe).unwrap();
    let kept = resource::replace(&object(json!({"code": "c", "label": "l"})), given.clone(), safe).unwrap();
    assert_eq!((&kept["code"], &kept["label"]), (&json!("c"), &json!("m")));
    assert_refused(
        resource::replace(&object(json!({"label": "l"})), given, safe),
        ScimType::InvalidValue,
        "code",
    );
    assert_refused(resource::read_replacement(json!({"code": "d"}), safe), ScimType::InvalidValue, "label");

    let with = resource::replace(&old, object(json!({LEASE: {"until": "v"}})), door).unwrap();
    assert_eq!(with[LEASE], json!({"until": "v", "pin": "7"}));
}

#[test]
fn a_patch_honours_immutable_and_required() {
    let registry = acme();
    let old = object(json!({"schemas": [DEVICE], "serial": "A1", "rack": {"row": 1, "site": "hq"},
        "ports": [{"value": "p1", "mac": "00:01"}]}));
    let apply = |path: &str, op: &str, value: Value| {
        let operations =
            patch::parse_patch(json!({"Operations": [{"op": op, "path": path, "value": value}]}))?;
        patch::apply(&old, &operations, device(&registry))
    };
    for (path, op, value, mentions) in [
        ("serial", "replace", json!("B"), "serial"),
        ("serial", "remove", Value::Null, "serial"),
        ("rack.site", "replace", json!("x"), "rack.site"),
        ("rack.site", "remove", Value::Null, "rack.site"),
        ("rack", "replace", json!({"site": "x"}), "rack.site"),
        ("ports[value eq \"p1\"].mac", "replace", json!("x"), "ports.mac"),
        ("ports[value eq \"p1\"].mac", "remove", Value::Null, "ports.mac"),
        ("ports[value eq \"p1\"]", "replace", json!({"value": "p1", "mac": "x"}), "ports.mac"),
        ("rack.row", "remove", Value::Null, "rack.row is required"),
        ("rack.row", "replace", Value::Null, "rack.row is required"),
    ] {
        assert_refused(apply(path, op, value), ScimType::Mutability, mentions);
    }
    assert!(!apply("serial", "add", json!("A1")).unwrap().changed);
    assert!(!apply("rack.site", "replace", json!("hq")).unwrap().changed);
    assert!(apply("rack", "remove", Value::Null).unwrap().changed);
    assert!(apply("ports", "replace", json!([{"value": "p2", "mac": "x"}])).unwrap().changed);
    // Another value, not the same one changed.
    let added =
        apply("ports", "add", json!([{"value": "p1", "mac": "x"}, {"value": "p1", "mac": "00:01"}])).unwrap();
    assert_eq!(
        added.attributes["ports"],
        json!([{"value": "p1", "mac": "00:01"}, {"value": "p1", "mac": "x"}])
    );
    // What is not given of a value that is replaced stays, if it is immutable.
    let renamed = apply("ports[value eq \"p1\"]", "replace", json!({"value": "p2", "note": "n"})).unwrap();
    assert_eq!(renamed.attributes["ports"], json!([{"value": "p2", "mac": "00:01", "note": "n"}]));
    assert_refused(apply(&format!("{LEASE}:terms.rate"), "add", json!(1)), ScimType::InvalidValue, "until");
    assert_refused(apply("rack.site[x pr]", "add", json!(1)), ScimType::InvalidPath, "byte");
    let colons = "urn:acme:1.0:Device:ports:mac[value eq \"p1\"]";
    assert_refused(apply(colons, "replace", json!("x")), ScimType::InvalidPath, "ports.mac");

    let user = object(json!({"schemas": [BADGE], "userName": "u", BADGE: {"number": "1"}}));
    let operations =
        |path: &str| patch::parse_patch(json!({"Operations": [{"op": "remove", "path": path}]})).unwrap();
    let removed = patch::apply(&user, &operations(BADGE), registry.user());
    assert_refused(removed, ScimType::Mutability, BADGE);
    // Who was there before the badge became required can still be changed otherwise.
    let before = object(json!({"userName": "u", "title": "t"}));
    assert!(patch::apply(&before, &operations("title"), registry.user()).unwrap().changed);
}

#[test]
fn what_is_never_or_seldom_shown_is_not_shown() {
    let registry = acme();
    let shown = |attributes: Option<&str>| {
        let mut found = object(json!({"id": "1", "serial": "a", "pin": "7", "history": "h"}));
        Projection::parse(attributes, None).unwrap().apply(&mut found, device(&registry));
        Value::Object(found).to_string()
    };
    assert_eq!(shown(None), r#"{"id":"1","serial":"a"}"#);
    assert_eq!(shown(Some("history,pin")), r#"{"id":"1","history":"h"}"#);
    assert!(!device(&registry).shows_all());
    assert!(registry.user().shows_all() && registry.group().shows_all());
}

/// Only users' passwords are kept apart; what another type calls so is an attribute like any other, and hidden.
#[test]
fn a_password_of_another_type_is_kept_and_not_shown() {
    let mut registry = Registry::standard();
    let attributes = json!([{"name": "password", "mutability": "writeOnly"}, {"name": "label"}]);
    let types = resource_type("Door", "/Doors", "urn:acme:1.0:Door", &json!([]));
    registry.define(json!([schema("urn:acme:1.0:Door", &attributes), types])).unwrap();
    let door = registry.resource_type("Door").unwrap();
    assert!(!door.shows_all());
    let mut stored = resource::read(json!({"password": "a", "label": "l"}), door).unwrap();
    let operations =
        patch::parse_patch(json!({"Operations": [{"op": "replace", "path": "password", "value": "b"}]}))
            .unwrap();
    let patched = patch::apply(&stored, &operations, door).unwrap();
    assert_eq!(
        (&patched.attributes["password"], patched.password, patched.changed),
        (&json!("b"), None, true)
    );
    Projection::default().apply(&mut stored, door);
    assert_eq!(Value::Object(stored).to_string(), r#"{"schemas":["urn:acme:1.0:Door"],"label":"l"}"#);
}

/// RFC 7643 §2.2: what a schema does not say.
#[test]
fn a_schema_that_says_nothing_means_the_defaults() {
    let mut registry = Registry::standard();
    registry.define(schema("urn:acme:1.0:Plain", &json!([{"name": "a"}]))).unwrap();
    let found = &registry.schema("urn:acme:1.0:Plain").unwrap().attributes[0];
    assert_eq!(
        found.to_json(),
        json!({"name": "a", "type": "string", "multiValued": false, "description": "", "required": false,
            "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none"})
    );
}

fn refusal(document: &Value) -> DefinitionError {
    let mut registry = acme();
    let before = registry.clone();
    let error = registry.define(document.clone()).expect_err(&document.to_string());
    assert_eq!(registry, before);
    error
}

#[test]
fn attributes_that_cannot_work_are_refused() {
    let sub = json!([{"name": "value"}]);
    for (attributes, mentions) in [
        (json!([]), "at least one attribute"),
        (json!([1]), "JSON object"),
        (json!([{"type": "string"}]), "name is missing"),
        (json!([{"name": "a b"}]), "a name is a letter"),
        (json!([{"name": "$a"}]), "a name is a letter"),
        (json!([{"name": "1a"}]), "a name is a letter"),
        (json!([{"name": "x".repeat(65)}]), "at most 64 bytes"),
        (json!([{"name": "a"}, {"name": "A"}]), "two attributes of this name"),
        (json!([{"name": "ID"}]), "every resource has this attribute"),
        (
            json!([{"name": "meta", "type": "complex", "subAttributes": sub}]),
            "every resource has this attribute",
        ),
        (json!([{"name": "a", "type": "text"}]), "type must be one of string, boolean"),
        (json!([{"name": "a", "type": "String"}]), "type must be one of string"),
        (json!([{"name": "a", "mutability": "readonly"}]), "mutability must be one of readOnly"),
        (json!([{"name": "a", "returned": 1}]), "returned must be one of always"),
        (json!([{"name": "a", "uniqueness": "yes"}]), "uniqueness must be one of none"),
        (json!([{"name": "a", "required": "true"}]), "true or false, without quotes"),
        (json!([{"name": "a", "mutablity": "readOnly"}]), "\"mutablity\" is not known here"),
        (json!([{"name": "a", "type": "complex"}]), "needs subAttributes"),
        (json!([{"name": "a", "subAttributes": sub}]), "only an attribute of type complex"),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex", "subAttributes": sub}]}]),
            "cannot be complex itself",
        ),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]}]),
            "two sub-attributes",
        ),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "multiValued": true}]}]),
            "a sub-attribute has one value",
        ),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "primary"}]}]),
            "primary must be a boolean",
        ),
        (json!([{"name": "a", "required": true, "mutability": "readOnly"}]), "required and readOnly"),
        (json!([{"name": "a", "mutability": "writeOnly", "returned": "default"}]), "returned to never"),
        (json!([{"name": "a", "multiValued": true, "uniqueness": "server"}]), "attributes with one value"),
        (
            json!([{"name": "a", "type": "complex", "multiValued": true, "subAttributes": [{"name": "b", "uniqueness": "server"}]}]),
            "attributes with one value",
        ),
        (
            json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "uniqueness": "server"}]}]),
            "not for sub-attributes",
        ),
        (json!([{"name": "a", "type": "boolean", "uniqueness": "server"}]), "not for complex or boolean"),
        (json!([{"name": "a", "type": "integer", "canonicalValues": ["1"]}]), "of type string"),
        (json!([{"name": "a", "canonicalValues": ["x", "x"]}]), "twice"),
        (json!([{"name": "a", "canonicalValues": [1]}]), "array of strings"),
        (json!([{"name": "a", "referenceTypes": ["User"]}]), "of type reference"),
        (json!(vec![json!({"name": "a"}); limits::ATTRIBUTES_MAX + 1]), "at most 256 entries"),
    ] {
        let error = refusal(&schema("urn:acme:1.0:Other", &attributes));
        assert!(error.to_string().contains(mentions), "{error} does not mention {mentions:?}");
        assert!(error.place.starts_with("schema urn:acme:1.0:Other"), "{error}");
    }
}

#[test]
fn schemas_and_resource_types_that_cannot_work_are_refused() {
    let attributes = json!([{"name": "a"}]);
    let list = json!([]);
    for (document, mentions) in [
        (json!(1), "JSON object"),
        (json!({"id": "urn:a:b"}), "say what it is"),
        (json!({"schemas": [SCHEMA_URN, RESOURCE_TYPE_URN]}), "say what it is"),
        (json!([[]]), "entry 1"),
        (json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}), "array Resources"),
        (schema(DEVICE, &attributes), "already"),
        (schema("URN:ietf:params:scim:schemas:core:2.0:user", &attributes), "already"),
        (schema("acme:Device", &attributes), "must be a URN"),
        (schema("urn:acme", &attributes), "must be a URN"),
        (schema("urn:acme:a b", &attributes), "must be a URN"),
        (schema("urn::acme:x", &attributes), "must be a URN"),
        (schema("urn:ietf:params:scim:api:messages:2.0:Mine", &attributes), "messages"),
        (schema("urn:SocialChorus:1.0:Group", &attributes), "meaning of its own"),
        (json!({"schemas": [SCHEMA_URN], "attributes": attributes}), "id is missing"),
        (resource_type("phone", "/Phones", DEVICE, &list), "capital letter"),
        (resource_type("Phone", "/phones", DEVICE, &list), "capital letter"),
        (resource_type("Phone", "Phones", DEVICE, &list), "slash"),
        (resource_type("Phone", "/Pho/nes", DEVICE, &list), "slash"),
        (resource_type("Phone", "/Schemas", DEVICE, &list), "taken"),
        (resource_type("Phone", "/Devices", DEVICE, &list), "taken"),
        (resource_type("Device", "/Phones", DEVICE, &list), "already"),
        (resource_type("Role", "/Phones", DEVICE, &list), "already"),
        (resource_type("Phone", "/Phones", DEVICE, &list), "belongs to the resource type Device"),
        (resource_type("Phone", "/Phones", LEASE, &list), "belongs to the resource type Device"),
        (
            resource_type("Phone", "/Phones", "urn:acme:1.0:Phone", &list),
            "there is no schema urn:acme:1.0:Phone",
        ),
        (json!({"schemas": [RESOURCE_TYPE_URN], "name": "Phone", "schema": DEVICE}), "endpoint is missing"),
        (
            json!({"schemas": [RESOURCE_TYPE_URN], "name": "Phone", "endpoint": "/Phones"}),
            "schema is missing",
        ),
        (json!({"schemas": [RESOURCE_TYPE_URN], "name": "Phone", "id": "x"}), "id must be the name"),
        (json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "endpoint": "/People"}), "built in"),
        (json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "schema": DEVICE}), "built in"),
        (
            json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "schemaExtensions": [{"schema": "urn:x:y"}]}),
            "no schema urn:x:y",
        ),
        (
            json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "schemaExtensions": [{"schema": DEVICE}]}),
            "is the core schema",
        ),
        (
            json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "schemaExtensions": [DEVICE]}),
            "object with schema",
        ),
        (json!({"schemas": [RESOURCE_TYPE_URN], "name": "User", "extensions": []}), "not known here"),
        (
            json!([
                schema("urn:acme:1.0:Payroll", &json!([{"name": "account", "uniqueness": "server"}])),
                {"schemas": [RESOURCE_TYPE_URN], "name": "User",
                    "schemaExtensions": [{"schema": "urn:acme:1.0:Payroll"}]},
            ]),
            "account: uniqueness is not for extensions of User",
        ),
    ] {
        let error = refusal(&document);
        assert!(error.to_string().contains(mentions), "{error} does not mention {mentions:?}");
    }
}

#[test]
fn a_server_does_not_know_endlessly_many_schemas() {
    let mut registry = Registry::standard();
    let room = limits::SCHEMAS_MAX - registry.schemas().len();
    let nth = |n: usize| schema(&format!("urn:acme:1.0:N{n}"), &json!([{"name": "a"}]));
    registry.define((0..room).map(nth).collect()).unwrap();
    assert!(registry.define(nth(room)).unwrap_err().problem.contains("at most 128 schemas"));
    let types = limits::RESOURCE_TYPES_MAX - 2;
    let nth = |n: usize| {
        resource_type(&format!("N{n}"), &format!("/N{n}"), &format!("urn:acme:1.0:N{n}"), &json!([]))
    };
    registry.define((0..types).map(nth).collect()).unwrap();
    assert!(registry.define(nth(types)).unwrap_err().problem.contains("at most 64 resource types"));
}

/// Values that differ in what only their own schema knows are different values.
#[test]
fn values_are_told_apart_by_all_they_have() {
    let registry = acme();
    let ports =
        json!([{"value": "1", "note": "a"}, {"value": "1", "note": "b"}, {"value": "1", "note": "a"}]);
    let read = resource::read(json!({"serial": "s", "ports": ports}), device(&registry)).unwrap();
    assert_eq!(read["ports"], json!([{"value": "1", "note": "a"}, {"value": "1", "note": "b"}]));
    // Two thousand of them are replaced without being compared each with each.
    let many = |from: u32| {
        object(
            json!({"serial": "s", "ports": (from..from + 2_000).map(|n| json!({"value": n.to_string()})).collect::<Vec<_>>()}),
        )
    };
    assert!(resource::replace(&many(0), many(1_000), device(&registry)).is_ok());
}
