use serde_json::{Value, json};
use throng_scim::patch::parse_patch;
use throng_scim::projection::{Projection, Supplied};
use throng_scim::schema::{RESOURCE_TYPE_URN, SCHEMA_URN};
use throng_scim::{Registry, ScimType, resource};

use crate::support::{assert_refused, group_type, object, user_type};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn shown(attributes: Option<&str>, excluded: Option<&str>) -> String {
    let mut user = object(
        json!({"schemas": ["s"], "id": "1", "userName": "u", "password": "x", "name": {"familyName": "f", "givenName": "g"},
        "emails": [{"value": "a", "type": "work"}], ENTERPRISE: {"department": "d", "manager": {"value": "m"}}, "meta": {"version": "v", "created": "c"}}),
    );
    Projection::parse(attributes, excluded).unwrap().apply(&mut user, user_type());
    Value::Object(user).to_string().replace(ENTERPRISE, "E")
}

#[test]
fn attributes_name_what_is_shown() {
    assert_eq!(shown(Some("userName"), None), r#"{"schemas":["s"],"id":"1","userName":"u"}"#);
    assert_eq!(
        shown(Some(" NAME.familyname , emails.value,meta.created"), None),
        r#"{"schemas":["s"],"id":"1","name":{"familyName":"f"},"emails":[{"value":"a"}],"meta":{"created":"c"}}"#
    );
    assert_eq!(
        shown(Some(&format!("{ENTERPRISE}:department")), None),
        r#"{"schemas":["s"],"id":"1","E":{"department":"d"}}"#
    );
    assert_eq!(
        shown(Some(ENTERPRISE), None),
        r#"{"schemas":["s"],"id":"1","E":{"department":"d","manager":{"value":"m"}}}"#
    );
    assert_eq!(shown(Some("password,shoeSize"), None), r#"{"schemas":["s"],"id":"1"}"#);
}

#[test]
fn excluded_attributes_are_not_shown() {
    let all = r#"{"schemas":["s"],"id":"1","userName":"u","name":{"familyName":"f","givenName":"g"},"emails":[{"value":"a","type":"work"}],"E":{"department":"d","manager":{"value":"m"}},"meta":{"version":"v","created":"c"}}"#;
    assert_eq!(shown(None, None), all);
    assert_eq!(shown(None, Some("id,schemas,,")), all);
    assert_eq!(
        shown(None, Some(&format!("meta,name.givenName,{ENTERPRISE},emails.type"))),
        r#"{"schemas":["s"],"id":"1","userName":"u","name":{"familyName":"f"},"emails":[{"value":"a"}]}"#
    );
}

#[test]
fn a_server_sees_what_it_need_not_fetch() {
    let wants = |attributes, excluded| {
        Projection::parse(attributes, excluded).unwrap().wants("members", group_type())
    };
    assert!(wants(None, None));
    assert!(!wants(None, Some("Members")));
    assert!(!wants(None, Some("urn:ietf:params:scim:schemas:core:2.0:Group:members")));
    assert!(wants(None, Some("members.display")));
    assert!(!wants(Some("displayName"), None));
    assert!(wants(Some("displayName,members.value"), None));
    let mut group = object(json!({"id": "1", "displayName": "g", "members": [{"value": "u"}]}));
    Projection::parse(None, Some("members")).unwrap().apply(&mut group, group_type());
    assert_eq!(Value::Object(group).to_string(), r#"{"id":"1","displayName":"g"}"#);
}

#[test]
fn a_server_sees_that_nothing_else_is_left_out() {
    let only = |attributes, excluded| {
        Projection::parse(attributes, excluded).unwrap().leaves_out_at_most("members", group_type())
    };
    assert!(only(None, None) && only(None, Some("MEMBERS")));
    for excluded in ["members.display", "members,displayName", "nobodys", "meta"] {
        assert!(!only(None, Some(excluded)), "{excluded}");
    }
    assert!(!only(Some("members"), None));
}

#[test]
fn both_lists_are_refused() {
    assert_refused(Projection::parse(Some("a"), Some("b")), ScimType::InvalidValue, "together");
    assert_refused(Projection::parse(Some("a b"), None), ScimType::InvalidPath, "byte 1");
    assert!(Projection::parse(Some(""), Some("members")).is_ok());
}

/// A device with a part that only its maker knows, and one that is shown on request.
fn devices() -> Registry {
    let mut registry = Registry::standard();
    let parts = json!([{"name": "row", "type": "integer"}, {"name": "code", "mutability": "writeOnly"},
        {"name": "note", "returned": "request"}]);
    registry
        .define(json!([
            {"schemas": [SCHEMA_URN], "id": "urn:acme:1.0:Device", "attributes": [
                {"name": "serial"}, {"name": "history", "returned": "request"},
                {"name": "rack", "type": "complex", "subAttributes": parts},
                {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": parts}]},
            {"schemas": [SCHEMA_URN], "id": "urn:acme:1.0:Lease", "attributes": [
                {"name": "until"}, {"name": "terms", "returned": "request"}]},
            {"schemas": [RESOURCE_TYPE_URN], "name": "Device", "endpoint": "/Devices", "schema": "urn:acme:1.0:Device",
                "schemaExtensions": [{"schema": "urn:acme:1.0:Lease"}]},
        ]))
        .unwrap();
    registry
}

fn device() -> Value {
    json!({"id": "1", "serial": "s", "history": "h", "rack": {"row": 1, "code": "c", "note": "n"},
        "ports": [{"row": 2, "code": "d", "note": "m"}, {"code": "e"}],
        "urn:acme:1.0:Lease": {"until": "u", "terms": "t"}})
}

#[test]
fn sub_attributes_are_shown_as_they_are_returned() {
    let registry = devices();
    let shown = |attributes: Option<&str>| {
        let mut found = object(device());
        Projection::parse(attributes, None)
            .unwrap()
            .apply(&mut found, registry.resource_type("Device").unwrap());
        found.remove("urn:acme:1.0:Lease");
        Value::Object(found).to_string()
    };
    assert_eq!(shown(None), r#"{"id":"1","serial":"s","rack":{"row":1},"ports":[{"row":2}]}"#);
    assert_eq!(shown(Some("rack")), r#"{"id":"1","rack":{"row":1}}"#);
    assert_eq!(shown(Some("rack.note,rack.code")), r#"{"id":"1","rack":{"note":"n"}}"#);
    assert_eq!(shown(Some("rack,rack.note")), r#"{"id":"1","rack":{"row":1,"note":"n"}}"#);
    assert_eq!(shown(Some("rack.code")), r#"{"id":"1"}"#);
}

/// RFC 7643 §7: what is returned on request is also in the answer to a write that gave it.
#[test]
fn what_a_client_gave_is_in_the_answer() {
    let registry = devices();
    let resource_type = registry.resource_type("Device").unwrap();
    let shown = |excluded: Option<&str>, supplied: Supplied| {
        let mut found = object(device());
        let projection = Projection::parse(None, excluded).unwrap().with_supplied(supplied);
        projection.apply(&mut found, resource_type);
        Value::Object(found).to_string().replace("urn:acme:1.0:Lease", "L")
    };
    let plain = r#"{"id":"1","serial":"s","rack":{"row":1},"ports":[{"row":2}],"L":{"until":"u"}}"#;
    let whole = r#"{"id":"1","serial":"s","history":"h","rack":{"row":1,"note":"n"},"ports":[{"row":2,"note":"m"}],"L":{"until":"u","terms":"t"}}"#;
    let body =
        |body: Value| Supplied::of_resource(&resource::read(body, resource_type).unwrap(), resource_type);
    assert_eq!(shown(None, body(json!({"serial": "s", "rack": {"row": 1}}))), plain);
    assert_eq!(shown(None, body(device())), whole);
    assert_eq!(
        shown(Some("history,rack,ports"), body(device())),
        r#"{"id":"1","serial":"s","L":{"until":"u","terms":"t"}}"#
    );
    let patch = |operations: Value| {
        let operations = parse_patch(json!({"Operations": operations})).unwrap();
        Supplied::of_patch(&operations, resource_type)
    };
    assert_eq!(shown(None, patch(json!([{"op": "replace", "path": "serial", "value": "x"}]))), plain);
    for all in [
        json!([{"op": "add", "path": "History", "value": "h"}, {"op": "add", "path": "rack", "value": {"NOTE": "n"}},
            {"op": "add", "path": "ports[row eq 2].note", "value": "m"},
            {"op": "add", "path": "urn:acme:1.0:Lease:terms", "value": "t"}]),
        json!([{"op": "replace", "value": {"history": "h", "rack.note": "n", "ports": [{"note": "m"}],
            "urn:acme:1.0:Lease": {"terms": "t"}}}]),
    ] {
        assert_eq!(shown(None, patch(all)), whole);
    }
}
