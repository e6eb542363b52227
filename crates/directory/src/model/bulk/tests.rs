use serde_json::json;

use super::*;

#[test]
fn somebody_is_found_wherever_an_operation_names_them() {
    let patch = |path: &str, value: Value| BulkItem {
        method: "PATCH".to_owned(),
        path: "/Groups/7".to_owned(),
        data: json!({ "Operations": [{ "op": "remove", "path": path, "value": value }] }),
        ..BulkItem::default()
    };
    let is_one = |text: &str| text == "ann";
    for item in [
        patch("members", json!([{ "value": "ann" }])),
        patch("members[value eq \"ann\"]", Value::Null),
        patch("members[value eq \"bob\" or value eq \"ann\"]", Value::Null),
        patch("members[display eq \"b\\\"b\" or value eq \"ann\"]", Value::Null),
        patch("members", json!([{ "value": "bulkId:ann" }])),
        BulkItem { path: "/Users/ann".to_owned(), ..BulkItem::default() },
    ] {
        let left = item.forgetting(&is_one).unwrap();
        assert!(left.is_forgotten && !left.text().unwrap().contains("ann"), "{left:?}");
    }
    for item in [patch("members[value eq \"anna\"]", Value::Null), patch("ann eq \"\"", json!("Ann"))] {
        assert_eq!(item.forgetting(&is_one), None);
    }
}

#[test]
fn passwords_are_kept_nowhere_and_operations_stay_in_their_places() {
    let secret = "Canary-1234";
    let kept = |data: Value| {
        let item =
            BulkItem { method: "POST".to_owned(), path: "/Users".to_owned(), data, ..BulkItem::default() };
        let text = item.text().unwrap();
        assert!(!text.contains(secret), "{text}");
        BulkItem::read(&text).unwrap().data
    };
    assert_eq!(kept(json!({ "userName": "ann", "PASSWORD": secret })), json!({ "userName": "ann" }));
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User:password";
    for path in ["password", " Password", urn] {
        let data = json!({ "Operations": [
            { "op": "replace", "Path": path, "value": secret },
            { "op": "replace", "value": { "password": secret, "title": "Dr" } },
        ] });
        let left = kept(data);
        assert_eq!(left["Operations"][0]["value"], "");
        assert_eq!(left["Operations"][1]["value"], json!({ "title": "Dr" }));
    }
    let group =
        BulkItem { path: "/Groups".to_owned(), data: json!({ "password": "x" }), ..BulkItem::default() };
    assert!(group.text().unwrap().contains("password"));
}
