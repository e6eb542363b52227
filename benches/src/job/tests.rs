use serde_json::{Value, json};
use uuid::Uuid;

use super::{by_id, by_name};

#[test]
fn bodies_are_json_that_lists_everybody() {
    let body: Value = serde_json::from_slice(&by_name("add", ["a@x", "b@x"].into_iter())).unwrap();
    let operation =
        json!({ "op": "add", "path": "members", "value": [{ "value": "a@x" }, { "value": "b@x" }] });
    assert_eq!(body["Operations"], json!([operation]));
    assert_eq!(body["SocialChorus:1.0:Group"]["identifierField"], "userName");
    let body: Value = serde_json::from_slice(&by_id("remove", [Uuid::from_u128(1)].into_iter())).unwrap();
    let id = "00000000-0000-0000-0000-000000000001";
    assert_eq!(
        body["Operations"],
        json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }])
    );
    assert_eq!(body.get("SocialChorus:1.0:Group"), None);
}
