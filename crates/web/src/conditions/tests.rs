use http::{HeaderMap, HeaderValue};
use throng_directory::use_cases::versions::Precondition;

use super::{client_has, etag, if_match};

fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn if_match_reads_our_tags_and_leaves_others_out() {
    let read = |values: &[&'static str]| if_match(&headers("if-match", values));
    assert_eq!(read(&[]), Precondition::None);
    assert_eq!(read(&["*"]), Precondition::Exists);
    assert_eq!(read(&["W/\"3\""]), Precondition::OneOf(vec![3]));
    assert_eq!(read(&["\"3\", W/\"4\"", "\"other\""]), Precondition::OneOf(vec![3, 4]));
    for foreign in ["3", "\"03\"", "\"-3\"", "\"\"", "W/3", "w/\"3\"", "\"99999999999999999999\""] {
        assert_eq!(read(&[foreign]), Precondition::OneOf(vec![]), "{foreign}");
    }
}

#[test]
fn if_none_match_compares_weakly() {
    let has = |value| client_has(&headers("if-none-match", &[value]), 3);
    assert!(has("W/\"3\"") && has("\"3\"") && has("\"2\", \"3\"") && has("*"));
    assert!(!has("W/\"4\"") && !has("3") && !has(""));
    assert!(!client_has(&HeaderMap::new(), 3));
}

#[test]
fn tags_are_weak() {
    assert_eq!(etag(12), "W/\"12\"");
}
