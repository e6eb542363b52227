use serde_json::{Value, json};
use throng_scim::patch::{apply, parse_patch};
use throng_scim::resource::{self, ReadUser};
use throng_scim::{Error, ScimType};

use crate::support::{assert_refused, fixtures, user_type};

fn read_user(body: Value) -> Result<ReadUser, Error> {
    resource::read_user(body, user_type())
}

/// Compares the text, so that the order of names counts.
fn check(fixture: &Value) {
    let read = read_user(fixture["body"].clone()).unwrap();
    assert_eq!(Value::Object(read.attributes.clone()).to_string(), fixture["attributes"].to_string());
    assert_eq!(read.password.as_deref(), fixture["password"].as_str());
    let again = read_user(Value::Object(read.attributes.clone())).unwrap();
    assert_eq!(again.attributes, read.attributes);
}

fixtures!("user", check, rfc7643_8_2_full_user_parts, okta_create, entra_create, tolerated_forms);

#[test]
fn wrong_types_name_the_attribute() {
    for (body, mentions) in [
        (json!({"userName": 5}), "userName"),
        (json!({"userName": "u", "active": "maybe"}), "active"),
        (json!({"userName": "u", "name": "x"}), "name"),
        (json!({"userName": "u", "name": {"givenName": ["x"]}}), "name.givenName"),
        (json!({"userName": "u", "emails": [{"value": {}}]}), "emails.value"),
        (json!({"userName": "u", "emails": [5]}), "emails"),
        (json!({"userName": "u", "x509Certificates": [{"value": "ä"}]}), "x509Certificates.value"),
        (
            json!({"userName": "u", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": []}),
            "enterprise",
        ),
        (
            json!({"userName": "u", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": 1}}),
            "User:department",
        ),
        (json!({"userName": "u", "schemas": [1]}), "schemas"),
        (json!({"userName": "u", "password": 1}), "password"),
        (
            json!({"userName": "u", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            "primary",
        ),
        (json!({}), "userName is required"),
        (json!({"userName": ""}), "userName is required"),
        (json!({"userName": null}), "userName is required"),
    ] {
        assert_refused(read_user(body), ScimType::InvalidValue, mentions);
    }
    assert_refused(read_user(json!([])), ScimType::InvalidSyntax, "object");
}

#[test]
fn equal_resources_serialise_equally() {
    let one =
        read_user(json!({"userName": "u", "title": "t", "name": {"givenName": "g", "familyName": "f"}}))
            .unwrap();
    let other = read_user(
        json!({"name": {"familyName": "f", "givenName": "g"}, "TITLE": "t", "emails": [], "userName": "u"}),
    )
    .unwrap();
    assert_eq!(
        serde_json::to_string(&one.attributes).unwrap(),
        serde_json::to_string(&other.attributes).unwrap()
    );
}

#[test]
fn what_no_bytes_come_to_is_no_base64() {
    let read = |value: &str| read_user(json!({"userName": "u", "x509Certificates": [{"value": value}]}));
    for good in ["QQ==", "QQ", "QUI=", "QUJD", "QUJD\nQQ==\n", "_-8"] {
        assert!(read(good).is_ok(), "{good:?}");
    }
    for bad in ["Q", "QUJDQ", "QQ=", "QUJD=", "Q===", "QQ=Q", "!!"] {
        assert_refused(read(bad), ScimType::InvalidValue, "x509Certificates.value must be base64");
    }
}

#[test]
fn an_empty_value_says_nothing() {
    let emails = |emails: Value| read_user(json!({"userName": "u", "emails": emails})).unwrap().attributes;
    assert_eq!(emails(json!([{"value": ""}])).get("emails"), None);
    assert_eq!(
        emails(json!([{"value": "", "type": "work"}, {"value": "a"}]))["emails"],
        json!([{"value": "a"}])
    );
    let user =
        read_user(json!({"userName": "u", "emails": [{"value": "a", "type": "work"}, {"value": "b"}]}))
            .unwrap();
    for path in ["emails[type eq \"work\"].value", "emails[type eq \"work\"]"] {
        let value = if path.ends_with(']') { json!({"value": ""}) } else { json!("") };
        let operations =
            parse_patch(json!({"Operations": [{"op": "replace", "path": path, "value": value}]})).unwrap();
        let patched = apply(&user.attributes, &operations, user_type()).unwrap();
        assert_eq!(patched.attributes["emails"], json!([{"value": "b"}]), "{path}");
    }
}
