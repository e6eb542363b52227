use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throng_scim::ScimType;
use throng_scim::patch::{self, Patched, parse_patch};
use throng_scim::resource;

use crate::support::{assert_refused, fixtures, group_type, object, user_type};

/// Compares the text, so that the order of names counts.
fn check(fixture: &Value) {
    let operations = parse_patch(fixture["patch"].clone()).unwrap();
    let patched = patch::apply(&object(fixture["resource"].clone()), &operations, user_type()).unwrap();
    assert_eq!(Value::Object(patched.attributes.clone()).to_string(), fixture["result"].to_string());
    assert_eq!(fixture["changed"], patched.changed);
    // What IdPs send again after a timeout must change nothing more.
    let again = patch::apply(&patched.attributes, &operations, user_type()).unwrap();
    assert_eq!(again.attributes, patched.attributes);
}

fixtures!(
    "user_patch",
    check,
    rfc7644_3_5_2_1_add_without_path,
    rfc7644_3_5_2_1_add_value_already_there,
    rfc7644_3_5_2_2_remove_complex_by_filters,
    rfc7644_3_5_2_2_remove_all_of_an_attribute,
    rfc7644_3_5_2_3_replace_all_values,
    rfc7644_3_5_2_3_replace_work_address,
    rfc7644_3_5_2_3_replace_one_sub_attribute,
    rfc7644_3_5_2_3_replace_without_path,
    rfc7644_3_5_2_new_primary_flips_the_others,
    rfc7644_3_5_2_operations_see_earlier_ones,
    replace_merges_a_complex_attribute,
    entra_disable_with_string_boolean,
    entra_disable_with_flag,
    entra_work_email_created_by_add,
    entra_work_email_created_by_replace,
    entra_manager_as_bare_string,
    entra_manager_cleared_by_empty_string,
    entra_flag_value_names_are_paths,
    entra_roles_with_string_primary,
    entra_unknown_extension_is_passed_over,
    entra_last_extension_attribute_removed,
    okta_deactivate_without_path,
    okta_id_in_value_is_ignored,
    keycloak_string_boolean_without_path,
    firstup_colon_paths,
    firstup_bare_object_for_one_email,
    firstup_filter_on_boolean,
    whole_extension_as_value_and_as_path,
    no_change_is_seen,
    remove_with_values_removes_those,
    new_manager_forgets_the_old_reference,
    entra_one_operation_per_attribute,
    entra_remove_one_attribute_after_the_other,
    entra_user_name_and_active_in_one_request,
    okta_reactivate_without_path,
    postman_extra_names_in_the_body,
    manager_as_an_object_and_by_sub_attribute,
    remove_of_what_is_not_there_changes_nothing,
    null_and_empty_lists_unassign_under_replace,
    add_of_a_second_primary_flips_the_first,
);

fn user() -> Map<String, Value> {
    object(
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u", "name": {"givenName": "g"},
        "emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "work"}]}),
    )
}

fn apply(operations: &Value) -> Result<Patched, throng_scim::Error> {
    patch::apply(&user(), &parse_patch(json!({ "Operations": operations }))?, user_type())
}

#[test]
fn refusals_carry_their_keyword() {
    for (operation, scim_type, mentions) in [
        (json!({"op": "remove"}), ScimType::NoTarget, "path"),
        (
            json!({"op": "replace", "path": "emails[type ne \"work\"].value", "value": "x"}),
            ScimType::NoTarget,
            "emails",
        ),
        (json!({"op": "add", "path": "nickName"}), ScimType::InvalidValue, "value"),
        (json!({"op": "add", "value": "x"}), ScimType::InvalidValue, "object"),
        (json!({"op": "increment", "path": "title", "value": "x"}), ScimType::InvalidSyntax, "op"),
        (json!({"path": "title", "value": "x"}), ScimType::InvalidSyntax, "op"),
        (json!({"op": "add", "path": "shoeSize", "value": 44}), ScimType::InvalidPath, "shoeSize"),
        (json!({"op": "add", "path": "title[value eq \"x\"]", "value": "x"}), ScimType::InvalidPath, "title"),
        (json!({"op": "add", "path": "a b", "value": "x"}), ScimType::InvalidPath, "byte 1"),
        (json!({"op": "add", "path": 5, "value": "x"}), ScimType::InvalidPath, "string"),
        (json!({"op": "add", "path": "emails[type eq]", "value": "x"}), ScimType::InvalidFilter, "byte"),
        (
            json!({"op": "add", "path": "emails[colour eq \"x\"]", "value": {}}),
            ScimType::InvalidFilter,
            "colour",
        ),
        (json!({"op": "replace", "path": "id", "value": "x"}), ScimType::Mutability, "id"),
        (json!({"op": "add", "path": "groups", "value": [{"value": "1"}]}), ScimType::Mutability, "groups"),
        (json!({"op": "replace", "path": "meta.version", "value": "x"}), ScimType::Mutability, "meta"),
        (json!({"op": "remove", "path": "userName"}), ScimType::Mutability, "userName"),
        (json!({"op": "replace", "path": "userName", "value": ""}), ScimType::InvalidValue, "userName"),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), ScimType::InvalidValue, "active"),
        (
            json!({"op": "replace", "path": "name.givenName", "value": 1}),
            ScimType::InvalidValue,
            "name.givenName",
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].primary", "value": true}),
            ScimType::InvalidValue,
            "primary",
        ),
        (json!({"op": "replace", "value": {"emails[type eq": "x"}}), ScimType::InvalidFilter, "byte"),
    ] {
        assert_refused(apply(&json!([operation])), scim_type, mentions);
    }
    for body in [json!({}), json!({"Operations": []}), json!({"Operations": {}})] {
        assert_refused(parse_patch(body), ScimType::InvalidValue, "Operations");
    }
    assert_refused(parse_patch(json!([])), ScimType::InvalidSyntax, "object");
    assert_refused(parse_patch(json!({"Operations": ["x"]})), ScimType::InvalidSyntax, "object");
}

#[test]
fn an_error_leaves_the_resource_alone() {
    let before = user();
    let operations = parse_patch(json!({"Operations": [{"op": "replace", "path": "userName", "value": "v"}, {"op": "remove", "path": "id"}]})).unwrap();
    assert!(patch::apply(&before, &operations, user_type()).is_err());
    assert_eq!(before, user());
}

#[test]
fn a_password_is_taken_out() {
    let patched = apply(&json!([{"op": "replace", "value": {"password": "secret"}}])).unwrap();
    assert_eq!(patched.password.as_deref(), Some("secret"));
    assert!(!patched.changed);
    assert!(!patched.attributes.contains_key("password"));
}

#[test]
fn null_unassigns_under_replace_only() {
    let patched = apply(&json!([{"op": "replace", "path": "name", "value": {"givenName": null}}, {"op": "add", "path": "emails", "value": []}])).unwrap();
    assert_eq!(patched.attributes.get("name"), None);
    assert_eq!(patched.attributes["emails"].as_array().unwrap().len(), 2);
    let patched = apply(&json!([{"op": "replace", "path": "emails", "value": null}])).unwrap();
    assert_eq!(patched.attributes.get("emails"), None);
}

#[test]
fn what_the_server_keeps_beside_stays() {
    let mut resource = user();
    resource.insert("meta".into(), json!({"resourceType": "User"}));
    resource.insert("id".into(), "1".into());
    let operations =
        parse_patch(json!({"Operations": [{"op": "add", "path": "title", "value": "t"}]})).unwrap();
    let patched = patch::apply(&resource, &operations, user_type()).unwrap();
    assert_eq!(patched.attributes["meta"], json!({"resourceType": "User"}));
    assert_eq!(patched.attributes["id"], "1");
}

#[test]
fn group_attributes() {
    let group =
        object(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "a"}));
    let patch = |operation: Value| {
        patch::apply(&group, &parse_patch(json!({"Operations": [operation]})).unwrap(), group_type())
    };
    let described = patch(json!({"op": "add", "path": "description", "value": "d"})).unwrap();
    assert_eq!(
        Value::Object(described.attributes).to_string(),
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","urn:throng:scim:1.0:Group"],"displayName":"a","urn:throng:scim:1.0:Group":{"description":"d"}}"#
    );
    assert_refused(
        patch(json!({"op": "replace", "path": "urn:throng:scim:1.0:Group:name", "value": "x"})),
        ScimType::Mutability,
        "name",
    );
    assert_refused(
        patch(json!({"op": "remove", "path": "displayName"})),
        ScimType::Mutability,
        "displayName",
    );
    assert!(!patch(json!({"op": "replace", "value": {"id": "7", "displayName": "a"}})).unwrap().changed);
}

#[test]
fn many_operations_and_many_values_are_refused() {
    let many = |n: usize| {
        parse_patch(json!({"Operations": vec![json!({"op": "remove", "path": "title"}); n]}))
            .map_err(|e| e.status)
    };
    assert_eq!(many(1_000).unwrap().len(), 1_000);
    assert_eq!(many(1_001), Err(413));
    let roles = |range: std::ops::Range<u32>| json!([{"op": "add", "path": "roles", "value": range.map(|n| n.to_string()).collect::<Vec<_>>()}]);
    let full = apply(&roles(0..2_000)).unwrap();
    assert_refused(apply(&roles(0..2_001)), ScimType::InvalidValue, "roles has more than 2000");
    let one_more = parse_patch(json!({"Operations": roles(2_000..2_001)})).unwrap();
    assert_refused(
        patch::apply(&full.attributes, &one_more, user_type()),
        ScimType::InvalidValue,
        "roles has more than 2000",
    );
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "replace", "Remove"]);
    let path = prop::sample::select(vec![
        None,
        Some("title"),
        Some("active"),
        Some("name"),
        Some("name.givenName"),
        Some("emails"),
        Some("emails.type"),
        Some("emails[type eq \"work\"]"),
        Some("emails[value sw \"a\"].primary"),
        Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"),
        Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"),
        Some("id"),
    ]);
    let value = prop::sample::select(vec![
        Value::Null,
        json!("a"),
        json!(true),
        json!("False"),
        json!([]),
        json!({"givenName": null, "familyName": "f"}),
        json!({"value": "a", "type": "work", "primary": true}),
        json!([{"value": "b", "primary": "True"}, "c"]),
        json!({"department": "d", "manager": "7"}),
        json!({"title": "x", "emails[type eq \"home\"].value": "h", "password": "p"}),
    ]);
    (op, path, value).prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
}

proptest! {
    /// What a PATCH leaves is a regular resource, it says truly whether it changed something, and an operation that
    /// fails takes all others with it.
    #[test]
    fn patched_resources_are_regular(operations in prop::collection::vec(operation(), 1..5)) {
        let before = resource::read(Value::Object(user()), user_type()).unwrap();
        let Ok(parsed) = parse_patch(json!({"Operations": operations})) else { return Ok(()) };
        if let Ok(patched) = patch::apply(&before, &parsed, user_type()) {
            let again = resource::read(Value::Object(patched.attributes.clone()), user_type()).unwrap();
            prop_assert_eq!(Value::Object(again).to_string(), Value::Object(patched.attributes.clone()).to_string());
            prop_assert_eq!(patched.changed, patched.attributes != before);
            prop_assert!(!patched.attributes.contains_key("password"));
        } else {
            let failing = (1..=parsed.len()).find(|count| patch::apply(&before, &parsed[..*count], user_type()).is_err());
            prop_assert!(failing.is_some());
            let more = [parsed.clone(), parse_patch(json!({"Operations": [{"op": "add", "path": "title", "value": "t"}]})).unwrap()].concat();
            prop_assert!(patch::apply(&before, &more, user_type()).is_err());
        }
    }
}
