use super::*;

#[test]
fn logins_fold_case_and_width() {
    let key = |name| login_key("userName", name).unwrap();
    assert_eq!(key("Anna@Example.COM"), "anna@example.com");
    assert_eq!(key("Müller@example.com"), "müller@example.com");
    assert_eq!(key("ＡＢＣ"), "abc");
    assert_eq!(key("Mu\u{308}ller"), key("Müller"));
}

#[test]
fn logins_with_invisible_or_empty_text_are_refused() {
    for bad in ["", " ", "a b", "a\u{0}b", "zero\u{200b}width", "tab\there", "\u{202e}abc"] {
        assert!(login_key("userName", bad).is_err(), "{bad:?}");
    }
}

#[test]
fn keys_are_idempotent_over_every_character() {
    for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
        let name = format!("a{c}b");
        let key = login_key("userName", &name);
        if is_ascii_key(&name) {
            assert_eq!(key.as_ref(), Ok(&name));
        }
        if let Ok(key) = key {
            assert_eq!(login_key("userName", &key).as_ref(), Ok(&key), "U+{:04X}", c as u32);
        }
    }
}

#[test]
fn group_names_fold_spaces_and_case() {
    assert_eq!(group_name_key("  All   Staff ").unwrap(), "all staff");
    assert_eq!(group_name_key("ÉQUIPE").unwrap(), "équipe");
    assert!(group_name_key("   ").is_err());
    assert!(group_name_key("a\u{7}b").is_err());
}

#[test]
fn names_compare_without_case_and_composition() {
    assert_eq!(person_name_key("ZOE\u{308}"), person_name_key("zo\u{eb}"));
    assert_eq!(person_name_key("Anna"), "anna");
}

#[test]
fn a_refused_login_is_told_why() {
    let why = |name| login_key("userName", name).unwrap_err().to_string();
    for (name, told) in [
        ("a b", "U+0020"),
        ("\u{fb01}", "U+FB01"),
        ("①", "U+2460"),
        ("\u{ffff}", "U+FFFF"),
        ("a\u{200b}", "U+200B"),
    ] {
        assert!(why(name).contains(told), "{}", why(name));
    }
    assert!(why("a\u{5d0}").contains("directions"), "{}", why("a\u{5d0}"));
}
