use proptest::prelude::*;
use serde_json::{Value, json};
use throng_scim::group_write::{
    GroupDocument, GroupOperation, GroupPatch, IdentifierKind, MemberAction, MemberSink, Members, read_group,
    read_group_patch, read_listed,
};
use throng_scim::json::JsonLimits;
use throng_scim::{Error, ScimType};

use crate::support::{assert_refused, fixtures, group_type};

#[derive(Debug, Default)]
struct Seen(Vec<String>);

impl MemberSink for Seen {
    fn member(&mut self, value: &str) -> Result<(), Error> {
        self.0.push(value.to_owned());
        Ok(())
    }
}

fn patch(body: &str) -> Result<(GroupPatch, Vec<String>), Error> {
    let mut seen = Seen::default();
    read_group_patch(body.as_bytes(), &mut seen, &JsonLimits::default(), group_type())
        .map(|patch| (patch, seen.0))
}

fn group(body: &str) -> Result<(GroupDocument, Vec<String>), Error> {
    let mut seen = Seen::default();
    read_group(body.as_bytes(), &mut seen, &JsonLimits::default(), group_type()).map(|group| (group, seen.0))
}

/// `add 0..1`, or `attributes path=value`.
fn describe(operation: &GroupOperation) -> String {
    match operation {
        GroupOperation::Members { action, range } => {
            let action = match action {
                MemberAction::Add => "add",
                MemberAction::Remove => "remove",
                MemberAction::Replace => "replace",
                MemberAction::RemoveAll => "removeAll",
            };
            format!("{action} {range:?}")
        }
        GroupOperation::Attributes(operation) => {
            let path = operation.path.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("attributes {path}={}", operation.value.as_ref().unwrap_or(&Value::Null))
        }
    }
}

fn check(fixture: &Value) {
    let (patch, values) = patch(&fixture["patch"].to_string()).unwrap();
    assert_eq!(json!(values), fixture["values"]);
    assert_eq!(json!(patch.operations.iter().map(describe).collect::<Vec<_>>()), fixture["operations"]);
    let identifier = patch.identifier.map(|kind| match kind {
        IdentifierKind::Id => "id",
        IdentifierKind::UserName => "userName",
        IdentifierKind::Email => "email",
    });
    assert_eq!(json!(identifier), fixture["identifier"]);
    assert_eq!(patch.dialect_object, identifier.is_some());
}

fixtures!(
    "group_patch",
    check,
    rfc7644_3_5_2_1_add_member,
    entra_remove_with_flag,
    op_in_any_case_and_path_in_any_case,
    one_member_as_an_object,
    unknown_sub_attributes_are_ignored,
    postman_extra_names_in_the_body,
    keycloak_resends_all_members,
    null_members_and_empty_members,
    rfc7644_3_5_2_2_remove_member,
    rfc7644_3_5_2_2_remove_all_members,
    rfc7644_3_5_2_2_remove_and_add,
    rfc7644_3_5_2_3_replace_all_members,
    entra_add_with_null_reference,
    entra_remove_with_values,
    entra_remove_with_an_empty_list_removes_nobody,
    entra_rename,
    okta_mixed_add_and_remove,
    okta_rename_without_path,
    okta_full_push,
    jumpcloud_remove_by_value,
    salesforce_path_and_wrapped_value,
    wso2_without_path,
    postman_bare_string,
    array_of_strings_and_numbers,
    several_or_terms,
    value_before_path_and_op,
    qualified_path,
    firstup_identifier_user_name,
    firstup_object_without_field,
    firstup_identifier_email,
);

#[test]
fn a_group_is_read_with_its_members() {
    let (read, values) = group(
        r#"{"members":[{"value":"u1","display":"x"},"u\u0032"],"SocialChorus:1.0:Group":{"identifierField":"id"},"externalId":"e",
            "DISPLAYNAME":"Tour Guides","description":"d","name":"slug","id":7,"meta":{"location":[{}]},"schemas":["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]}"#,
    )
    .unwrap();
    assert_eq!(values, ["u1", "u2"]);
    assert_eq!(
        (read.members, read.identifier, read.dialect_object),
        (Members::Listed(2), Some(IdentifierKind::Id), true)
    );
    assert_eq!(
        Value::Object(read.attributes).to_string(),
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","urn:throng:scim:1.0:Group"],"externalId":"e","displayName":"Tour Guides","urn:throng:scim:1.0:Group":{"description":"d"}}"#
    );
}

#[test]
fn absent_and_cleared_members_are_told_apart() {
    for (body, members) in [
        (r#"{"displayName":"g"}"#, Members::Absent),
        (r#"{"displayName":"g","members":null}"#, Members::Cleared),
        (r#"{"displayName":"g","Members":[]}"#, Members::Cleared),
        (r#"{"displayName":"g","members":{"value":"u"}}"#, Members::Listed(1)),
    ] {
        let (read, _) = group(body).unwrap();
        assert_eq!((read.members, read.identifier, read.dialect_object), (members, None, false), "{body}");
    }
}

#[test]
fn qualified_description_wins() {
    let (read, _) =
        group(r#"{"displayName":"g","description":"a","urn:throng:scim:1.0:Group":{"description":"b"}}"#)
            .unwrap();
    assert_eq!(read.attributes["urn:throng:scim:1.0:Group"], json!({"description": "b"}));
}

#[test]
fn bad_groups_are_refused() {
    for (body, scim_type, mentions) in [
        ("[]", ScimType::InvalidSyntax, "object"),
        ("", ScimType::InvalidSyntax, "ends early"),
        (r#"{"members":[]}"#, ScimType::InvalidValue, "displayName"),
        (r#"{"displayName":5}"#, ScimType::InvalidValue, "displayName"),
        (r#"{"displayName":"g","members":[{}]}"#, ScimType::InvalidValue, "no value"),
        (r#"{"displayName":"g","members":[{"value":""}]}"#, ScimType::InvalidValue, "empty"),
        (r#"{"displayName":"g","members":[{"value":null}]}"#, ScimType::InvalidValue, "not null"),
        (r#"{"displayName":"g","members":[null]}"#, ScimType::InvalidValue, "not null"),
        (r#"{"displayName":"g","members":[[]]}"#, ScimType::InvalidValue, "not an array"),
        (r#"{"displayName":"g","members":true}"#, ScimType::InvalidValue, "not a boolean"),
        (r#"{"displayName":"g","members":[1.5]}"#, ScimType::InvalidValue, "fraction"),
        (r#"{"displayName":"g","members":[{"value":"a","VALUE":"b"}]}"#, ScimType::InvalidSyntax, "twice"),
        (
            r#"{"displayName":"g","members":[{"value":"a","x":{"y":1,"Y":2}}]}"#,
            ScimType::InvalidSyntax,
            "twice",
        ),
        (r#"{"displayName":"g","members":["a"],"Members":[]}"#, ScimType::InvalidSyntax, "twice"),
        (r#"{"displayName":"g","members":["a\u0000"]}"#, ScimType::InvalidValue, "U+0000"),
        (
            r#"{"displayName":"g","SocialChorus:1.0:Group":{"identifierField":"phone"}}"#,
            ScimType::InvalidValue,
            "identifierField",
        ),
        (r#"{"displayName":"g","SocialChorus:1.0:Group":"id"}"#, ScimType::InvalidValue, "object"),
        (
            r#"{"displayName":"g","SocialChorus:1.0:Group":{},"urn:SocialChorus:1.0:Group":{}}"#,
            ScimType::InvalidSyntax,
            "twice",
        ),
        (r#"{"displayName":"g"} x"#, ScimType::InvalidSyntax, "follows"),
    ] {
        assert_refused(group(body), scim_type, mentions);
    }
    let deep = format!(r#"{{"displayName":"g","x":{}"#, "[".repeat(1_000_000));
    assert_refused(group(&deep), ScimType::InvalidSyntax, "deeper");
    assert_refused(
        group(&format!(r#"{{"displayName":"g","members":["{}"]}}"#, "x".repeat(1_025))),
        ScimType::InvalidValue,
        "1024",
    );
    assert!(group(&format!(r#"{{"displayName":"g","members":["{}"]}}"#, "x".repeat(1_024))).is_ok());
}

#[test]
fn bad_patches_are_refused() {
    let one = |operation: &str| patch(&format!(r#"{{"Operations":[{operation}]}}"#));
    for (operation, scim_type, mentions) in [
        (r#"{"op":"add","path":"members"}"#, ScimType::InvalidValue, "value"),
        (r#"{"op":"replace","path":"members"}"#, ScimType::InvalidValue, "value"),
        (r#"{"path":"members","value":["a"]}"#, ScimType::InvalidSyntax, "op"),
        (r#"{"op":"move","path":"members","value":["a"]}"#, ScimType::InvalidSyntax, "op"),
        (r#"{"op":5,"path":"members","value":["a"]}"#, ScimType::InvalidSyntax, "op"),
        (r#"{"op":"add","path":["members"],"value":["a"]}"#, ScimType::InvalidPath, "string"),
        (r#"{"op":"remove","value":{"members":["a"]}}"#, ScimType::NoTarget, "path"),
        (r#"{"op":"remove"}"#, ScimType::NoTarget, "path"),
        (r#"{"op":"add","value":["a"]}"#, ScimType::InvalidValue, "object"),
        (r#"{"op":"add"}"#, ScimType::InvalidValue, "value"),
        (
            r#"{"op":"replace","path":"members[value eq \"a\"].display","value":"x"}"#,
            ScimType::Mutability,
            "members",
        ),
        (r#"{"op":"replace","path":"members[value eq \"a\"]","value":{}}"#, ScimType::Mutability, "members"),
        // Not `members`: it must not empty the group.
        (r#"{"op":"remove","path":"members.value"}"#, ScimType::Mutability, "members"),
        (r#"{"op":"Remove","path":"members.display"}"#, ScimType::Mutability, "members"),
        (r#"{"op":"add","path":"members.display","value":"x"}"#, ScimType::Mutability, "members"),
        (r#"{"op":"add","path":"members.colour","value":"x"}"#, ScimType::Mutability, "members"),
        (r#"{"op":"remove","path":"members[type eq \"User\"]"}"#, ScimType::InvalidFilter, "value eq"),
        (
            r#"{"op":"remove","path":"members[value eq \"a\" and value eq \"b\"]"}"#,
            ScimType::InvalidFilter,
            "value eq",
        ),
        (r#"{"op":"remove","path":"members[value eq"}"#, ScimType::InvalidFilter, "byte"),
        (
            r#"{"op":"add","path":"members","value":{"members":{"members":["a"]}}}"#,
            ScimType::InvalidValue,
            "no value",
        ),
        (r#"{"op":"add","path":"members","value":{"x":1}}"#, ScimType::InvalidValue, "no value"),
        (r#"{"op":"add","op":"remove","path":"members"}"#, ScimType::InvalidSyntax, "twice"),
        (
            r#"{"value":[{"value":"a","a":1,"A":2}],"op":"add","path":"members"}"#,
            ScimType::InvalidSyntax,
            "twice",
        ),
        (r#""x""#, ScimType::InvalidSyntax, "object"),
    ] {
        assert_refused(one(operation), scim_type, mentions);
    }
    for body in ["{}", r#"{"Operations":[]}"#, r#"{"Operations":{}}"#, r#"{"operations":null}"#] {
        assert_refused(patch(body), ScimType::InvalidValue, "Operations");
    }
}

#[test]
fn limits_are_413() {
    let limits =
        JsonLimits { members_max: 2, operations_max: 3, attribute_bytes_max: 20, ..JsonLimits::default() };
    let read = |body: &str| {
        read_group_patch(body.as_bytes(), &mut Seen::default(), &limits, group_type()).map_err(|e| e.status)
    };
    assert!(read(r#"{"Operations":[{"op":"add","path":"members","value":["a","b"]}]}"#).is_ok());
    assert_eq!(read(r#"{"Operations":[{"op":"add","path":"members","value":["a","b","c"]}]}"#), Err(413));
    assert_eq!(
        read(
            r#"{"Operations":[{"op":"add","path":"members","value":["a","b"]},{"op":"remove","path":"members[value eq \"c\"]"}]}"#
        ),
        Err(413)
    );
    assert_eq!(
        read(
            r#"{"Operations":[{"op":"add","path":"displayName","value":"0123456789"},{"op":"add","path":"displayName","value":"0123456789"}]}"#
        ),
        Err(413)
    );
    let remove = r#"{"op":"remove","path":"members"}"#;
    assert!(read(&format!(r#"{{"Operations":[{}]}}"#, [remove; 3].join(","))).is_ok());
    assert_eq!(read(&format!(r#"{{"Operations":[{}]}}"#, [remove; 4].join(","))), Err(413));
}

#[test]
fn a_list_by_itself_has_texts_and_nothing_beside_it() {
    let read = |body: &str, max: u32| {
        let (mut seen, limits) = (Seen::default(), JsonLimits { members_max: max, ..JsonLimits::default() });
        read_listed(body.as_bytes(), "ids", &mut seen, &limits).map(|count| (count, seen.0))
    };
    let listed = read(r#"{"ids":["a","b","a"]}"#, 3).unwrap();
    assert_eq!(listed, (Some(3), ["a", "b", "a"].map(str::to_owned).to_vec()));
    assert_eq!(read(r#"{"ids":[]}"#, 3).unwrap(), (Some(0), Vec::new()));
    for absent in [r"{}", r#"{"ids":null}"#] {
        assert_eq!(read(absent, 3).unwrap(), (None, Vec::new()));
    }
    for (body, status) in [
        (r#"{"ids":["a","b","c","d"]}"#, 413),
        (r#"{"ids":[1]}"#, 400),
        (r#"{"ids":[""]}"#, 400),
        (r#"{"ids":[{"value":"a"}]}"#, 400),
        (r#"{"ids":"a"}"#, 400),
        (r#"{"ids":["a"],"ids":["b"]}"#, 400),
        (r#"{"IDS":["a"]}"#, 400),
        (r#"{"ids":["a"],"more":1}"#, 400),
        (r#"["a"]"#, 400),
        (r#"{"ids":["a"]} x"#, 400),
    ] {
        assert_eq!(read(body, 3).unwrap_err().status, status, "{body}");
    }
}

#[test]
fn what_the_sink_refuses_is_the_answer() {
    struct Full;
    impl MemberSink for Full {
        fn member(&mut self, _: &str) -> Result<(), Error> {
            Err(Error::too_large("full"))
        }
    }
    let read = read_group(
        br#"{"displayName":"g","members":["a"]}"#,
        &mut Full,
        &JsonLimits::default(),
        group_type(),
    );
    assert_eq!(read.unwrap_err(), Error::too_large("full"));
}

/// One way to write a list of members.
fn listed(values: &[String], form: u8) -> Value {
    match (form, values) {
        (0, _) => values.iter().map(|v| json!({ "value": v })).collect(),
        (1, _) => json!(values),
        (2, _) => json!({ "members": values }),
        (3, [one]) => json!(one),
        (4, [one]) => json!({"$ref": null, "value": one, "type": "User"}),
        _ => values.iter().map(|v| json!({"display": [{"x": 1}], "VALUE": v})).collect(),
    }
}

proptest! {
    #[test]
    fn every_form_says_the_same(
        operations in prop::collection::vec((0..3u8, prop::collection::vec("[^\0]{1,12}", 1..5), 0..6u8, 0..6usize), 1..6)
    ) {
        let mut expected = Vec::new();
        let mut all = Vec::new();
        let mut written = Vec::new();
        for (op, values, form, order) in &operations {
            let (name, action) = [("Add", MemberAction::Add), ("REMOVE", MemberAction::Remove), ("replace", MemberAction::Replace)][usize::from(*op)];
            let start = u32::try_from(all.len()).unwrap();
            expected.extend(values.iter().map(|value| (action, value.clone())));
            all.extend(values.clone());
            prop_assert!(start < u32::try_from(all.len()).unwrap());
            let mut parts = vec![("op", json!(name)), ("path", json!("members")), ("value", listed(values, *form))];
            parts.rotate_left(order % 3);
            if *order > 2 { parts.swap(0, 1); }
            written.push(Value::Object(parts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()));
        }
        let (read, values) = patch(&json!({ "Operations": written }).to_string()).unwrap();
        prop_assert_eq!(&values, &all);
        let told: Vec<_> = read.operations.iter().flat_map(|operation| match operation {
            GroupOperation::Members { action, range } => range.clone().map(|i| (*action, values[i as usize].clone())).collect::<Vec<_>>(),
            GroupOperation::Attributes(_) => Vec::new(),
        }).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn damaged_bodies_never_panic(at in 0..150usize, byte in any::<u8>(), cut in 0..150usize) {
        let mut body = br#"{"Operations":[{"op":"add","value":{"members":[{"value":"u1","x":[1]}],"displayName":"d"}},{"path":"members[value eq \"x\"]","op":"remove"}]}"#.to_vec();
        let length = body.len();
        body[at % length] = byte;
        let limits = JsonLimits::default();
        let _ = read_group_patch(&body, &mut Seen::default(), &limits, group_type());
        let _ = read_group(&body, &mut Seen::default(), &limits, group_type());
        prop_assert!(read_group_patch(&body[..cut % length], &mut Seen::default(), &limits, group_type()).is_err());
    }
}
