use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

/// SHA-256 of nothing.
const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const BASE64: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn headers(lines: &[(&'static str, String)]) -> HeaderMap {
    let line = |(name, value): &(&'static str, String)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    lines.iter().map(line).collect()
}

#[test]
fn both_headers_are_read() {
    let sum = from_hex(HEX).unwrap();
    assert_eq!(content_digest(&sum), format!("sha-256=:{BASE64}:"));
    for lines in [
        vec![("content-digest", format!("sha-256=:{BASE64}:"))],
        vec![("content-digest", format!("sha-512=:AAAA:, sha-256=:{BASE64}:"))],
        vec![("digest", format!("SHA-256={BASE64}"))],
        vec![("digest", "SHA-256=AAAA".to_owned()), ("content-digest", format!("sha-256=:{BASE64}:"))],
    ] {
        assert_eq!(of_body(&headers(&lines)).unwrap(), sum, "{lines:?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for lines in [
        vec![],
        vec![("content-digest", "sha-512=:AAAA:".to_owned())],
        vec![("content-digest", format!("sha-256={BASE64}"))],
        vec![("content-digest", "sha-256=:AAAA:".to_owned())],
        vec![("digest", format!("sha-256=:{BASE64}:"))],
    ] {
        let refusal = of_body(&headers(&lines)).unwrap_err();
        assert_eq!((refusal.status().as_u16(), refusal.field.as_str()), (400, "Content-Digest"), "{lines:?}");
    }
    for text in ["", "e3", &HEX[1..], &format!("{HEX}0"), &HEX.replace('e', "+")] {
        assert_eq!(from_hex(text), None, "{text}");
    }
}
