use serde_json::{Value, json};
use throng_scim::ScimType;
use throng_scim::projection::Projection;

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
fn both_lists_are_refused() {
    assert_refused(Projection::parse(Some("a"), Some("b")), ScimType::InvalidValue, "together");
    assert_refused(Projection::parse(Some("a b"), None), ScimType::InvalidPath, "byte 1");
    assert!(Projection::parse(Some(""), Some("members")).is_ok());
}
