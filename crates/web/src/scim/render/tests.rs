use std::sync::Arc;

use serde_json::{Value, json};
use throng_directory::Dialect;
use throng_directory::Instant;
use throng_directory::ids::{GroupNumber, UserKey};
use throng_directory::model::groups::{Group, GroupRef, Member, MemberId, UserGroup};
use throng_directory::model::users::User;
use throng_directory::use_cases::groups::GroupView;
use throng_directory::use_cases::users::UserView;
use throng_scim::Registry;
use throng_scim::projection::Projection;
use uuid::Uuid;

use super::Renderer;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn renderer(attributes: Option<&str>, dialect: Dialect) -> Renderer {
    let projection = Projection::parse(attributes, None).unwrap();
    let registry = Arc::new(Registry::standard());
    Renderer::of("https://x.example/scim/v2".to_owned(), dialect, projection, registry)
}

fn user(doc: &str, groups: Vec<UserGroup>) -> UserView {
    let at = Instant::from_micros(1_712_840_368_043_000);
    let user = User {
        key: UserKey(1),
        uuid: Uuid::parse_str(ID).unwrap(),
        version: 3,
        created_at: at,
        modified_at: at,
        name_key: String::new(),
        external_id: None,
        email_keys: Vec::new(),
        doc: doc.to_owned(),
    };
    UserView { user, groups }
}

fn group(members: Option<Vec<Member>>) -> GroupView {
    let at = Instant::from_micros(1_712_840_368_043_000);
    let doc = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "urn:throng:scim:1.0:Group"],
        "displayName": "Group of users",
        "urn:throng:scim:1.0:Group": { "description": "Everybody" },
    });
    let group = Group {
        number: GroupNumber(115),
        uuid: Uuid::nil(),
        version: 2,
        created_at: at,
        modified_at: at,
        display_name: "Group of users".to_owned(),
        name_key: "group of users".to_owned(),
        external_id: None,
        members: 1,
        doc: doc.to_string(),
    };
    GroupView { group, members }
}

fn parse(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

#[test]
fn a_user_is_spliced() {
    let of = |number, name: &str, is_direct| {
        let group =
            GroupRef { number: GroupNumber(number), uuid: Uuid::nil(), display_name: name.to_owned() };
        UserGroup { group, is_direct }
    };
    let groups = vec![of(7, "A \"b\"", true), of(8, "ü", false)];
    let mut out = Vec::new();
    renderer(None, Dialect::Standard)
        .user(&user(r#"{"schemas":["s"],"userName":"ann"}"#, groups), &mut out)
        .unwrap();
    let expected = json!({
        "schemas": ["s"],
        "userName": "ann",
        "id": ID,
        "groups": [
            { "value": "7", "$ref": "https://x.example/scim/v2/Groups/7", "display": "A \"b\"", "type": "direct" },
            { "value": "8", "$ref": "https://x.example/scim/v2/Groups/8", "display": "ü", "type": "indirect" },
        ],
        "meta": {
            "resourceType": "User",
            "created": "2024-04-11T12:59:28.043Z",
            "lastModified": "2024-04-11T12:59:28.043Z",
            "location": format!("https://x.example/scim/v2/Users/{ID}"),
            "version": "W/\"3\"",
        },
    });
    assert_eq!(parse(&out), expected);
}

#[test]
fn an_empty_document_is_still_json() {
    let mut out = Vec::new();
    renderer(None, Dialect::Standard).user(&user("{}", Vec::new()), &mut out).unwrap();
    assert_eq!(parse(&out)["id"], ID);
}

#[test]
fn a_projection_keeps_what_is_asked_for_and_what_is_always_there() {
    let view = user(
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","displayName":"Ann"}"#,
        Vec::new(),
    );
    let mut out = Vec::new();
    renderer(Some("userName"), Dialect::Standard).user(&view, &mut out).unwrap();
    let shown = parse(&out);
    assert_eq!((&shown["userName"], &shown["id"]), (&json!("ann"), &json!(ID)));
    assert_eq!((shown.get("displayName"), shown.get("meta")), (None, None));
}

#[test]
fn a_group_with_members_and_job() {
    let mut out = Vec::new();
    let members = vec![
        Member { id: MemberId::Group(GroupNumber(7)), display: Some("A \"b\"".to_owned()) },
        Member { id: MemberId::User(Uuid::parse_str(ID).unwrap()), display: None },
    ];
    renderer(None, Dialect::Standard).group(&group(Some(members)), Some(9), &mut out).unwrap();
    let shown = parse(&out);
    assert_eq!(shown["id"], "115");
    assert_eq!(shown["members"].as_array().unwrap().len(), 2);
    let expected =
        json!({ "value": ID, "$ref": format!("https://x.example/scim/v2/Users/{ID}"), "type": "User" });
    assert_eq!(shown["members"][1], expected);
    let (place, kind) = ("https://x.example/scim/v2/Groups/7", "Group");
    let expected = json!({ "value": "7", "$ref": place, "type": kind, "display": "A \"b\"" });
    assert_eq!(shown["members"][0], expected);
    assert_eq!(shown["meta"]["jobId"], 9);
    assert_eq!(shown["urn:throng:scim:1.0:Group"], json!({ "description": "Everybody" }));
    assert_eq!(shown.get("name"), None);
}

#[test]
fn the_short_name_is_shown_on_request() {
    let show = |attributes| {
        let mut out = Vec::new();
        renderer(Some(attributes), Dialect::Standard).group(&group(None), None, &mut out).unwrap();
        parse(&out)["urn:throng:scim:1.0:Group"].clone()
    };
    assert_eq!(show("urn:throng:scim:1.0:Group:name"), json!({ "name": "group_of_users" }));
    assert_eq!(show("name"), json!({ "name": "group_of_users" }));
    assert_eq!(show("displayName"), Value::Null);

    let mut out = Vec::new();
    renderer(Some("displayName"), Dialect::Firstup).group(&group(None), None, &mut out).unwrap();
    assert_eq!(parse(&out)["name"], "group_of_users");
}

#[test]
fn the_dialect_has_integer_ids_and_its_attributes_at_the_top() {
    let mut out = Vec::new();
    renderer(None, Dialect::Firstup).group(&group(None), Some(9), &mut out).unwrap();
    let shown = parse(&out);
    assert_eq!((&shown["id"], &shown["name"]), (&json!(115), &json!("group_of_users")));
    assert_eq!(shown["description"], "Everybody");
    assert_eq!(
        shown["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:Group", "SocialChorus:1.0:Group"])
    );
    assert_eq!(shown.get("urn:throng:scim:1.0:Group"), None);
    assert_eq!(shown["meta"]["jobId"], 9);
}

#[test]
fn without_a_job_meta_has_no_job_id() {
    let mut out = Vec::new();
    renderer(None, Dialect::Standard).group(&group(None), None, &mut out).unwrap();
    let shown = parse(&out);
    assert_eq!((shown["meta"].get("jobId"), shown.get("members")), (None, None));
}

#[test]
fn what_was_fetched_and_is_left_out_is_not_written() {
    let leaving_out = |excluded: &str| {
        let projection = Projection::parse(None, Some(excluded)).unwrap();
        let registry = Arc::new(Registry::standard());
        Renderer::of("https://x.example/scim/v2".to_owned(), Dialect::Standard, projection, registry)
    };
    let of = GroupRef { number: GroupNumber(7), uuid: Uuid::nil(), display_name: "A".to_owned() };
    let view = user(r#"{"userName":"ann"}"#, vec![UserGroup { group: of, is_direct: true }]);
    let members = || Some(vec![Member { id: MemberId::User(Uuid::nil()), display: None }]);
    for (excluded, shown) in [("groups", false), ("members", true)] {
        let (mut out, mut bare) = (Vec::new(), Vec::new());
        leaving_out(excluded).user(&view, &mut out).unwrap();
        let out = parse(&out);
        assert_eq!((out.get("groups").is_some(), &out["userName"]), (shown, &json!("ann")), "{excluded}");
        leaving_out(excluded).group(&group(members()), None, &mut bare).unwrap();
        let bare = parse(&bare);
        assert_eq!((bare.get("members").is_some(), &bare["id"]), (!shown, &json!("115")), "{excluded}");
    }
}
