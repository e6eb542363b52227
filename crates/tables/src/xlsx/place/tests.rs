use super::{parse, parse_row, show};

#[test]
fn the_first_place_that_is_none_beyond_each_bound() {
    for (text, place) in [
        ("A1", Some((1, 1))),
        ("A0", None),
        ("A1048576", Some((1_048_576, 1))),
        ("A1048577", None),
        ("xfd1", Some((1, 16_384))),
        ("xfe1", None),
        ("AAA0000001", Some((1, 703))),
        ("AAAA1", None),
        ("A00000001", None),
        ("A", None),
        ("1", None),
        ("", None),
        ("A1:B2", None),
        ("$A$1", None),
        ("Ä1", None),
    ] {
        assert_eq!(parse(text), place, "{text}");
    }
    assert_eq!((parse_row("7"), parse_row("0"), parse_row(""), parse_row("+1")), (Some(7), None, None, None));
}

#[test]
fn what_is_shown_is_read_again() {
    for column in 1..=16_384 {
        assert_eq!(parse(&show(9, column)), Some((9, column)));
    }
    assert_eq!(show(5, 28), "AB5");
}
