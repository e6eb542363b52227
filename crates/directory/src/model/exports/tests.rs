use serde_json::json;
use throng_jobs::Instant;
use uuid::Uuid;

use super::{Called, ExportFilter, ExportSpec, GROUPS_MAX, is_sayable, row_of};
use crate::ids::UserKey;
use crate::model::users::User;

fn user(doc: &serde_json::Value) -> User {
    User {
        key: UserKey(1),
        uuid: Uuid::from_u128(1),
        version: 1,
        created_at: Instant::from_micros(0),
        modified_at: Instant::from_micros(0),
        name_key: "ann".to_owned(),
        external_id: None,
        email_keys: Vec::new(),
        doc: doc.to_string(),
    }
}

#[test]
fn a_cell_says_what_is_read_back_as_it_was() {
    for text in ["", "a", "=1+1", "'=x", "[]", "[a", "_x0041_", "a\u{a0}b", "💥", &"x".repeat(32_000)] {
        assert!(is_sayable(text), "{text:?}");
    }
    for text in [" a", "a ", "a\tb", "a\nb", "[Clear]", "\u{0}", "\u{ffff}", "\u{a0}", &"x".repeat(32_001)] {
        assert!(!is_sayable(text), "{text:?}");
    }
}

#[test]
fn a_list_is_said_whole_or_not_at_all() {
    let ann = user(&json!({ "userName": "Ann", "roles": [{ "value": "a" }, { "value": "a", "type": "x" }] }));
    let named = |names: &[&str]| names.iter().map(|name| Called::By((*name).to_owned())).collect::<Vec<_>>();
    let row = |member_of| row_of(&ann, member_of, |_| Ok(Called::Gone)).unwrap();
    let some = row(named(&["x", "y"]));
    assert_eq!(
        (&some.row.login[..], &some.row.member_of[..]),
        ("Ann", &["x".to_owned(), "y".to_owned()][..])
    );
    assert_eq!((some.left_blank, some.row.roles.len()), (vec!["Roles"], 0));
    let unclear = row([named(&["x"]), vec![Called::Unclear]].concat());
    assert_eq!((unclear.left_blank, unclear.row.member_of.len()), (vec!["Roles", "Member Of"], 0));
    let many: Vec<String> = (0..=GROUPS_MAX).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(row(named(&many)).left_blank, ["Roles", "Member Of"]);
    assert_eq!(row(named(&many[1..])).left_blank, ["Roles"]);
}

#[test]
fn who_is_forgotten_stands_in_no_export() {
    let filter = ExportFilter {
        attribute: "userName".to_owned(),
        pieces: vec!["ann".to_owned(), String::new()],
        or_absent: false,
    };
    let mut spec =
        ExportSpec { filter: Some(filter), behind: Some("ann".to_owned()), ..ExportSpec::default() };
    assert!(!spec.forget(&|text| text == "bob"));
    assert!(spec.forget(&|text| text == "ann"));
    assert_eq!(spec.filter.unwrap().pieces, ["forgotten", ""]);
    assert_eq!(spec.behind.unwrap(), "forgotten");
}
