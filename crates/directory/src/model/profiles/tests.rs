use super::ProfileNumber;
use crate::ids::NUMBER_MAX;

#[test]
fn ids_are_letters_and_read_back() {
    for (number, id) in
        [(1, "AAAAAB"), (25, "AAAAAZ"), (26, "AAAABA"), (308_915_775, "ZZZZZZ"), (308_915_776, "BAAAAAA")]
    {
        let number = ProfileNumber(number);
        assert_eq!(number.to_string(), id);
        assert_eq!(ProfileNumber::parse(id), Some(number));
        assert_eq!(ProfileNumber::from_uuid(number.as_uuid()), number);
    }
    let last = ProfileNumber(NUMBER_MAX);
    assert_eq!(ProfileNumber::parse(&last.to_string()), Some(last));
}

#[test]
fn there_is_one_spelling() {
    for other in ["", "AAAAB", "AAAAAAB", "aaaaab", "AAAAA1", "AAAAA\u{c4}", "ZZZZZZZZZZZZZZZ", "7"] {
        assert_eq!(ProfileNumber::parse(other), None, "{other}");
    }
}
