use http::HeaderMap;
use throng_directory::Error;
use throng_directory::error::IdempotencyFault;

use super::{Kind, Refusal};

fn headers(refusal: &Refusal) -> HeaderMap {
    let mut headers = HeaderMap::new();
    refusal.headers(&mut headers);
    headers
}

#[test]
fn every_error_has_its_status() {
    let text = || "x".to_owned();
    let cases = [
        (Error::NotFound(text()), 404),
        (Error::AlreadyExists { field: "userName", detail: text() }, 409),
        (Error::VersionMismatch(text()), 412),
        (Error::invalid("a", "b"), 400),
        (Error::Scim(throng_scim::Error::new(403, None, "x")), 403),
        (Error::Unauthenticated(text()), 401),
        (Error::Forbidden(text()), 403),
        (Error::TooLarge(text()), 413),
        (Error::TooMany(text()), 429),
        (Error::Idempotency(IdempotencyFault::InFlight), 409),
        (Error::Idempotency(IdempotencyFault::OtherRequest), 422),
        (Error::LeaseLost, 503),
        (Error::Unavailable(text()), 503),
        (Error::StorageFull, 503),
        (Error::OutcomeUnknown, 503),
        (Error::Internal(text()), 500),
    ];
    for (error, status) in cases {
        let refusal = Refusal::from(error.clone());
        assert_eq!(refusal.status().as_u16(), status, "{error:?}");
        let again = matches!(status, 429 | 503) || refusal.kind == Kind::IdempotencyInFlight;
        assert_eq!(headers(&refusal).contains_key("retry-after"), again, "{error:?}");
    }
}

#[test]
fn our_inside_stays_inside() {
    for error in [Error::internal("canary"), Error::Unavailable("canary".to_owned())] {
        assert!(!Refusal::from(error).detail.contains("canary"));
    }
}

#[test]
fn headers_of_401_and_405() {
    assert_eq!(headers(&Refusal::unauthenticated())["www-authenticate"], "Bearer realm=\"throng\"");
    assert_eq!(headers(&Refusal::method_not_allowed("GET, HEAD".to_owned()))["allow"], "GET, HEAD");
}
