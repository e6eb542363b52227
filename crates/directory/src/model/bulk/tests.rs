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
