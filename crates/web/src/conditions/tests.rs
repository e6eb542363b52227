use http::{HeaderMap, HeaderValue};
use throng_directory::use_cases::versions::Versions;

use super::{client_has, etag, precondition};

fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn if_match_reads_our_tags_and_leaves_others_out() {
    let read = |values: &[&'static str]| precondition(&headers("if-match", values)).one_of;
    let listed = |versions: &[i64]| Some(Versions::Listed(versions.to_vec()));
    assert_eq!(read(&[]), None);
    assert_eq!(read(&["*"]), Some(Versions::Any));
    assert_eq!(read(&["W/\"3\""]), listed(&[3]));
    assert_eq!(read(&["\"3\", W/\"4\"", "\"other\""]), listed(&[3, 4]));
    for foreign in ["3", "\"03\"", "\"-3\"", "\"\"", "W/3", "w/\"3\"", "\"99999999999999999999\""] {
        assert_eq!(read(&[foreign]), listed(&[]), "{foreign}");
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
fn a_write_may_ask_for_both() {
    let mut both = headers("if-match", &["\"3\", \"4\""]);
    both.append("if-none-match", HeaderValue::from_static("\"4\""));
    let met = |version| precondition(&both).check(version).is_ok();
    assert!(met(3) && !met(4) && !met(5));
    assert!(precondition(&headers("if-none-match", &["*"])).check(1).is_err());
    assert!(precondition(&headers("if-none-match", &["\"2\""])).check(1).is_ok());
}

#[test]
fn tags_are_weak() {
    assert_eq!(etag(12), "W/\"12\"");
}
