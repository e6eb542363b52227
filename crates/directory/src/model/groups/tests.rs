use throng_jobs::Instant;
use uuid::Uuid;

use super::Group;
use crate::ids::GroupNumber;
use crate::model::canonical;

fn short_name(display_name: &str) -> String {
    let at = Instant::from_micros(0);
    let group = Group {
        number: GroupNumber(1),
        uuid: Uuid::nil(),
        version: 1,
        created_at: at,
        modified_at: at,
        display_name: display_name.to_owned(),
        name_key: canonical::group_name_key(display_name).unwrap(),
        external_id: None,
        members: 0,
        doc: String::new(),
    };
    group.short_name()
}

#[test]
fn a_short_name_is_letters_digits_and_single_underscores() {
    for (display_name, expected) in [
        ("Group of users", "group_of_users"),
        ("Tour -- Guides (2026)", "tour_guides_2026"),
        ("Ärzte & Pfleger", "ärzte_pfleger"),
        ("!!!", ""),
    ] {
        assert_eq!(short_name(display_name), expected);
    }
}
