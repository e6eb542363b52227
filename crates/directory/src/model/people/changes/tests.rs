use serde_json::json;
use throng_scim::Registry;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn set(text: &str) -> Given<String> {
    Given::Set(text.to_owned())
}

fn applied(changes: &Changes, to: Value) -> Value {
    Value::Object(changes.applied(object(to), Registry::standard().user()))
}

#[test]
fn somebody_new() {
    let group = Uuid::from_u128(7);
    let changes = Changes {
        login: Some("anna".to_owned()),
        first_name: set("Anna"),
        last_name: set("Berg"),
        email: set("anna@example.com"),
        roles: Given::Set(vec!["Agent".to_owned(), "Agent".to_owned()]),
        node: set("North"),
        owned_groups: Given::Set(vec![group]),
        ..Changes::default()
    };
    let shown = applied(&changes, json!({ "active": true }));
    assert_eq!(shown["name"], json!({ "familyName": "Berg", "givenName": "Anna" }));
    assert_eq!(shown["emails"], json!([{ "value": "anna@example.com", "primary": true }]));
    assert_eq!(shown["roles"], json!([{ "value": "Agent" }]));
    assert_eq!(
        shown[THRONG_USER_URN],
        json!({ "organizationNodeId": "North", "ownedGroups": [group.to_string()] })
    );
    assert_eq!(shown["schemas"].as_array().unwrap().len(), 2);
    assert_eq!(shown["displayName"], Value::Null);
}

#[test]
fn what_is_not_said_stays_and_what_others_wrote() {
    let was = json!({
        "userName": "anna",
        "name": { "familyName": "Berg", "givenName": "Anna", "middleName": "M" },
        "title": "Dr",
        "emails": [{ "value": "home@example.com" }, { "value": "a@example.com", "primary": true, "type": "work" }],
        "roles": [{ "value": "Agent", "display": "An agent" }],
    });
    let nothing = applied(&Changes::default(), was.clone());
    for attribute in ["userName", "name", "title", "emails", "roles"] {
        assert_eq!(nothing[attribute], was[attribute], "{attribute}");
    }
    let changes = Changes {
        first_name: set("Ann"),
        email: set("b@example.com"),
        roles: Given::Set(vec!["Agent".to_owned(), "Supervisor".to_owned()]),
        ..Changes::default()
    };
    let shown = applied(&changes, was);
    assert_eq!(shown["name"], json!({ "familyName": "Berg", "middleName": "M", "givenName": "Ann" }));
    assert_eq!(
        shown["emails"],
        json!([{ "value": "home@example.com" }, { "value": "b@example.com", "primary": true, "type": "work" }])
    );
    assert_eq!(
        shown["roles"],
        json!([{ "value": "Agent", "display": "An agent" }, { "value": "Supervisor" }])
    );
    assert_eq!(shown["title"], "Dr");
}

#[test]
fn what_is_emptied_is_gone() {
    let was = json!({
        "userName": "anna",
        "displayName": "Anna",
        "emails": [{ "value": "a@example.com", "primary": true }],
        "roles": [{ "value": "Agent" }],
        THRONG_USER_URN: { "organizationNodeId": "North", "ownedGroups": ["x"] },
    });
    let changes = Changes {
        display_name: Given::Cleared,
        email: Given::Cleared,
        roles: Given::Cleared,
        node: Given::Cleared,
        owned_groups: Given::Cleared,
        ..Changes::default()
    };
    let shown = applied(&changes, was);
    for attribute in ["displayName", "emails", "roles", THRONG_USER_URN] {
        assert_eq!(shown[attribute], Value::Null, "{attribute}");
    }
    assert_eq!(shown["userName"], "anna");
}

#[test]
fn an_address_that_is_there_already_is_not_there_twice() {
    let was =
        json!({ "emails": [{ "value": "b@example.com" }, { "value": "a@example.com", "primary": true }] });
    let changes = Changes { email: set("b@example.com"), ..Changes::default() };
    assert_eq!(applied(&changes, was)["emails"], json!([{ "value": "b@example.com", "primary": true }]));
}
