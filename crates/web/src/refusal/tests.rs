use http::HeaderMap;
use throng_directory::Error;
use throng_directory::error::IdempotencyFault;
use throng_scim::error::ScimType;

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
        (Error::taken("userName", text()), 409),
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
        let seconds =
            headers(&refusal).get("retry-after").map(|value| value.to_str().unwrap().parse::<u32>());
        assert_eq!(matches!(seconds, Some(Ok(1..))), again, "{error:?}: {seconds:?}");
        assert_eq!(seconds.is_some(), again, "{error:?}");
        let keyword = match status {
            400 => Some(ScimType::InvalidValue),
            409 if refusal.kind == Kind::Conflict => Some(ScimType::Uniqueness),
            _ => None,
        };
        assert_eq!(refusal.scim_type, keyword, "{error:?}");
    }
}

#[test]
fn our_inside_stays_inside() {
    for (error, status) in [(Error::internal("canary"), 500), (Error::Unavailable("canary".to_owned()), 503)]
    {
        let refusal = Refusal::from(error);
        assert_eq!((refusal.status().as_u16(), refusal.scim_type), (status, None));
        assert!(!refusal.detail.is_empty() && !format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }
}

#[test]
fn headers_of_401_and_405() {
    assert_eq!(headers(&Refusal::unauthenticated())["www-authenticate"], "Bearer realm=\"throng\"");
    assert_eq!(headers(&Refusal::method_not_allowed("GET, HEAD".to_owned()))["allow"], "GET, HEAD");
}
