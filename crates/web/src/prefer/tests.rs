use http::{HeaderMap, HeaderValue};
use throng_directory::use_cases::group_writes::Wait;

use super::Prefer;

fn read(values: &[&'static str]) -> Prefer {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("Prefer", HeaderValue::from_static(value));
    }
    Prefer::read(&headers)
}

#[test]
fn preferences_in_every_spelling() {
    let both = Prefer { respond_async: true, wait: Some(5) };
    for case in [
        &["respond-async, wait=5"] as &[&'static str],
        &["RESPOND-ASYNC", "Wait=5"],
        &["return=minimal, respond-async;foo=1 ,wait=\"5\""],
        &["handling=\"a, wait=9\", wait = 5, wait=7, respond-async"],
        &["x=\"a\\\"b, c\"; y=\",\", respond-async, , wait=5;z"],
    ] {
        assert_eq!(read(case), both, "{case:?}");
    }
}

#[test]
fn what_is_malformed_or_unknown_is_ignored() {
    for case in ["", "wait", "wait=", "wait=-1", "wait=soon", "wait=1.5", "respond-async=no", "respond"] {
        assert_eq!(read(&[case]), Prefer::default(), "{case}");
    }
}

#[test]
fn waiting() {
    assert_eq!(read(&[]).waits(), Wait::Default);
    assert_eq!(read(&["respond-async"]).waits(), Wait::Async(0));
    assert_eq!(read(&["wait=3"]).waits(), Wait::Seconds(3));
    assert_eq!(read(&["respond-async, wait=2"]).waits(), Wait::Async(2));
}
