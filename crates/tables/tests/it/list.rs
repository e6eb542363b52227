use throng_tables::{Cell, column_key, split_list};

#[test]
fn lists_in_brackets() {
    let cases: [(&str, &[&str]); 9] = [
        ("", &[]),
        ("  ", &[]),
        ("[]", &[]),
        ("a", &["a"]),
        ("a, b", &["a, b"]),
        (" [ a , b b,,] ", &["a", "b b"]),
        ("[\"x, y\", z]", &["x, y", "z"]),
        ("[\"say \"\"hi\"\"\" ,\"[b]\"]", &["say \"hi\"", "[b]"]),
        ("[Müller,山田]", &["Müller", "山田"]),
    ];
    for (cell, expected) in cases {
        assert_eq!(split_list(cell).unwrap(), expected, "{cell:?}");
        assert_eq!(Cell::Text(cell.to_owned()).list().unwrap().as_ref(), expected);
    }
}

#[test]
fn lists_that_are_not_well_formed() {
    let cases = [
        ("[a, b", "a list opened with '[' is not closed with ']'"),
        ("[", "a list opened with '[' is not closed with ']'"),
        ("[\"a, b]", "a quote inside a list is not closed"),
        ("[\"a\" b]", "text stands after a quoted item of a list"),
        ("[a], [b]", "a bracket inside a list must stand in double quotes"),
    ];
    for (cell, expected) in cases {
        assert_eq!(split_list(cell).unwrap_err().message, expected, "{cell:?}");
    }
}

#[test]
fn keys_of_column_names() {
    for name in ["Login Id", "loginId", "login_id", " LOGIN-ID\u{a0}", "\u{feff}Login Id"] {
        assert_eq!(column_key(name), "loginid", "{name:?}");
    }
    assert_eq!(column_key("ÄRZTE"), "ärzte");
}
