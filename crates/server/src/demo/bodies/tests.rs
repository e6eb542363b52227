use serde_json::{Value, json};

use super::{empty_group, group, patch};

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn a_group_names_its_members_by_user_name() {
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "displayName": "A \"quoted\" name",
        "members": [{ "value": "müller@x" }, { "value": "b\"c" }],
    });
    assert_eq!(read(&group("A \"quoted\" name", ["müller@x", "b\"c"].into_iter())), expected);
    let empty = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff" });
    assert_eq!(read(&empty_group("Staff")), empty);
}

#[test]
fn a_patch_adds_and_removes() {
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "SocialChorus:1.0:Group": { "identifierField": "userName" },
        "Operations": [
            { "op": "add", "path": "members", "value": [{ "value": "a" }] },
            { "op": "remove", "path": "members", "value": [{ "value": "b" }, { "value": "c" }] },
        ],
    });
    assert_eq!(read(&patch(["a"].into_iter(), ["b", "c"].into_iter())), expected);
}

#[test]
fn a_patch_that_removes_nobody_has_one_operation() {
    let body = read(&patch(["a", "b"].into_iter(), std::iter::empty()));
    assert_eq!(body["Operations"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["Operations"][0]["value"], json!([{ "value": "a" }, { "value": "b" }]));
}
