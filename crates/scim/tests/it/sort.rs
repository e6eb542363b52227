use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throng_scim::schema::{RESOURCE_TYPE_URN, ResourceType, SCHEMA_URN};
use throng_scim::sort::{KEY_TEXT_BYTES_MAX, SortBy, SortKey, SortOrder};
use throng_scim::{Registry, ScimType};

use crate::support::{assert_refused, object, user_type};

fn by(text: &str, order: &str) -> SortBy {
    SortBy::parse(Some(text), Some(order)).unwrap().unwrap()
}

fn key(sort: &SortBy, resource: &Map<String, Value>, resource_type: &ResourceType) -> SortKey {
    SortKey::of(sort, resource, resource_type, &|_, _| None)
}

/// The ids of resources in the order of the list.
fn sorted(resources: &[Value], text: &str, order: &str, resource_type: &ResourceType) -> String {
    let sort = by(text, order);
    let mut keyed: Vec<(SortKey, String)> = resources
        .iter()
        .map(|resource| {
            let resource = object(resource.clone());
            (key(&sort, &resource, resource_type), resource["id"].as_str().unwrap().to_owned())
        })
        .collect();
    for (key, _) in &keyed {
        assert_eq!(SortKey::from_bytes(&key.to_bytes()).as_ref(), Some(key));
    }
    keyed.sort();
    keyed.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn rfc7644_3_4_2_3_missing_values_last_and_primary_first() {
    let users = [
        json!({"id": "a", "userName": "Zoe", "emails": [{"value": "z@x", "type": "home"}, {"value": "b@x", "primary": true}]}),
        json!({"id": "b", "userName": "adam", "emails": [{"value": "C@x", "type": "work"}], "active": true}),
        json!({"id": "c", "userName": "Bob", "emails": [{"value": "a@x"}, {"value": "0@x"}], "active": false}),
        json!({"id": "d", "userName": "émile", "emails": []}),
    ];
    for (text, ascending, descending) in [
        ("userName", "bcad", "dacb"),
        ("emails", "cabd", "dbac"),
        ("emails.value", "cabd", "dbac"),
        // Of the primary value, or the first: a has none.
        ("emails.type", "bacd", "acdb"),
        ("active", "cbad", "adbc"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "bcad", "dacb"),
    ] {
        assert_eq!(sorted(&users, text, "ascending", user_type()), ascending, "{text}");
        // Equal ones are told apart by the id, which the list turns round or not.
        if text != "emails.type" && text != "active" {
            assert_eq!(sorted(&users, text, "descending", user_type()), descending, "{text}");
        }
    }
    let missing_first = sorted(&users, "active", "descending", user_type());
    assert_eq!(&missing_first[2..], "bc");
}

#[test]
fn moments_and_numbers_are_compared_as_such() {
    let users = [
        json!({"id": "a", "meta": {"created": "2011-05-13T04:42:34Z"}}),
        json!({"id": "b", "meta": {"created": "2011-05-13T05:42:33+01:00"}}),
        json!({"id": "c", "meta": {"created": "2011-05-13T04:42:34.001Z"}}),
        json!({"id": "d", "meta": {"created": "1969-12-31T23:59:59Z"}}),
    ];
    assert_eq!(sorted(&users, "meta.created", "ascending", user_type()), "dbac");
    let mut registry = Registry::standard();
    registry
        .define(json!([
            {"schemas": [SCHEMA_URN], "id": "urn:acme:1.0:Device", "attributes": [
                {"name": "rank", "type": "integer"}, {"name": "weight", "type": "decimal"},
                {"name": "code", "caseExact": true}, {"name": "pin", "mutability": "writeOnly"}]},
            {"schemas": [RESOURCE_TYPE_URN], "name": "Device", "endpoint": "/Devices", "schema": "urn:acme:1.0:Device"},
        ]))
        .unwrap();
    let device = registry.resource_type("Device").unwrap();
    let devices = [
        json!({"id": "a", "rank": 10, "weight": -1.5, "code": "b"}),
        json!({"id": "b", "rank": 9, "weight": 0, "code": "B"}),
        json!({"id": "c", "rank": -1, "weight": 1e300, "code": "a"}),
        json!({"id": "d", "rank": i64::MAX, "weight": -2}),
    ];
    assert_eq!(sorted(&devices, "rank", "ascending", device), "cbad");
    assert_eq!(sorted(&devices, "weight", "ascending", device), "dabc");
    assert_eq!(sorted(&devices, "weight", "descending", device), "cbad");
    assert_eq!(sorted(&devices, "code", "ascending", device), "bcad");
    assert_refused(by("pin", "").check(device), ScimType::InvalidPath, "never shown");
}

#[test]
fn a_canonical_key_is_sorted_by_where_there_is_one() {
    let fold = |name: &str, text: &str| (name == "emails.value").then(|| text.chars().rev().collect());
    let user = |email: &str| object(json!({"emails": [{"value": email}]}));
    let key = |email: &str| SortKey::of(&by("emails", ""), &user(email), user_type(), &fold);
    assert!(key("az") > key("zb"));
}

#[test]
fn what_cannot_be_sorted_by_is_refused() {
    assert_eq!(SortBy::parse(None, Some("descending")).unwrap(), None);
    assert_eq!(SortBy::parse(Some(" "), Some("what")).unwrap(), None);
    assert_eq!(by("userName", " Descending ").order, SortOrder::Descending);
    assert_eq!(by("userName", "").order, SortOrder::Ascending);
    assert_refused(SortBy::parse(Some("userName"), Some("up")), ScimType::InvalidValue, "sortOrder");
    assert_refused(SortBy::parse(Some("a b"), None), ScimType::InvalidPath, "byte 1");
    for (text, mentions) in [
        ("shoeSize", "shoeSize"),
        ("name", "complex"),
        ("addresses", "complex"),
        ("meta", "complex"),
        ("password", "never shown"),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "no attribute"),
    ] {
        assert_refused(by(text, "").check(user_type()), ScimType::InvalidPath, mentions);
    }
    for text in
        ["name.familyName", "emails", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"]
    {
        assert!(by(text, "").check(user_type()).is_ok(), "{text}");
    }
    // Some other type has it: here nothing has a value.
    let lost = key(&by("shoeSize", ""), &object(json!({"userName": "u"})), user_type());
    assert_eq!(lost, key(&by("userName", ""), &Map::new(), user_type()));
}

#[test]
fn long_texts_and_foreign_bytes() {
    let user = |name: String| object(json!({"userName": name}));
    let long = key(&by("userName", ""), &user("ä".repeat(10_000)), user_type());
    assert!(long.to_bytes().len() <= KEY_TEXT_BYTES_MAX + 2);
    assert_eq!(SortKey::from_bytes(&long.to_bytes()), Some(long));
    for bytes in [
        &b""[..],
        b"a",
        b"x-",
        b"az",
        b"a-x",
        b"ab",
        b"ab\x02",
        b"ai1234567",
        b"at\xff",
        b"am",
        b"an123456789",
    ] {
        assert_eq!(SortKey::from_bytes(bytes), None, "{bytes:?}");
    }
    let mut too_long = vec![b'a', b't'];
    too_long.extend(vec![b'x'; KEY_TEXT_BYTES_MAX + 1]);
    assert_eq!(SortKey::from_bytes(&too_long), None);
}

proptest! {
    #[test]
    fn bytes_never_panic_and_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some(key) = SortKey::from_bytes(&bytes) {
            prop_assert_eq!(key.to_bytes(), bytes);
        }
    }
}
