use http::{HeaderMap, HeaderValue};

use super::{JSON, SCIM_JSON, check_media_type, idempotency_key};

fn with(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    headers
}

#[test]
fn media_types_are_compared_without_parameters() {
    let accepted = [SCIM_JSON, JSON];
    assert!(check_media_type(&HeaderMap::new(), &accepted).is_ok());
    for good in ["application/json", "application/scim+json; charset=utf-8", "Application/JSON ;x=1", ""] {
        assert!(check_media_type(&with("content-type", good), &accepted).is_ok(), "{good}");
    }
    for bad in ["text/plain", "application/jsonx", "application/xml; a=application/json", "\u{fc}"] {
        let refusal = check_media_type(&with("content-type", bad), &accepted).unwrap_err();
        assert_eq!(refusal.status().as_u16(), 415, "{bad}");
    }
    assert!(check_media_type(&with("content-encoding", "gzip"), &accepted).is_err());
    assert!(check_media_type(&with("content-encoding", "identity"), &accepted).is_ok());
}

#[test]
fn idempotency_keys() {
    let read = |value: &str| idempotency_key(&with("idempotency-key", value));
    assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    assert_eq!(read("8e03978e-40d5").unwrap().as_deref(), Some("8e03978e-40d5"));
    assert_eq!(read(&"x".repeat(255)).unwrap().unwrap().len(), 255);
    for bad in [String::new(), "x".repeat(256), "a\tb".to_owned(), "ü".to_owned()] {
        assert_eq!(read(&bad).unwrap_err().field, "Idempotency-Key", "{bad}");
    }
    let mut twice = with("idempotency-key", "a");
    twice.append("idempotency-key", HeaderValue::from_static("a"));
    assert!(idempotency_key(&twice).is_err());
}
