use http::{HeaderMap, HeaderValue};

use super::bearer;

fn headers(values: &[&'static str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("authorization", HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn one_bearer_token_is_taken() {
    assert_eq!(bearer(&headers(&["Bearer thr_a_b_c"])).unwrap(), "thr_a_b_c");
    assert_eq!(bearer(&headers(&["bearer  thr_a_b_c "])).unwrap(), "thr_a_b_c");
}

#[test]
fn anything_else_is_401() {
    let cases: [&[&'static str]; 6] = [
        &[],
        &["thr_a_b_c"],
        &["Basic YTpi"],
        &["Bearer"],
        &["Bearer a", "Bearer b"],
        &["Bearer a", "Basic b"],
    ];
    for case in cases {
        assert_eq!(bearer(&headers(case)).unwrap_err().status().as_u16(), 401, "{case:?}");
    }
}
