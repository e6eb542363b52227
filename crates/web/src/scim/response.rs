//! Headers of SCIM answers.

use axum::response::Response;
use http::header::{CONTENT_LOCATION, ETAG, LOCATION};
use http::{HeaderMap, Response as HttpResponse, StatusCode};
use throng_directory::use_cases::writes::Written;

use crate::call::Outcome;
use crate::conditions::{client_has, etag};
use crate::headers::{IDEMPOTENT_REPLAYED, SCIM_JSON, answer, put};
use crate::refusal::Refusal;

/// An answer with a resource. Its address is the `Location` of a creation and else the `Content-Location`.
pub(crate) fn resource(status: StatusCode, body: Vec<u8>, location: &str, version: i64) -> Response {
    let mut response = answer(status, SCIM_JSON, body);
    let headers = response.headers_mut();
    put(headers, ETAG, etag(version));
    if status == StatusCode::CREATED {
        put(headers, LOCATION, location);
    }
    put(headers, CONTENT_LOCATION, location);
    response
}

/// 304 if the client has this version already, with what else would go with the resource. Source: RFC 9110 §15.4.5.
pub(crate) fn not_modified(request: &HeaderMap, location: &str, version: i64) -> Option<Response> {
    if !client_has(request, version) {
        return None;
    }
    let mut response = empty(StatusCode::NOT_MODIFIED);
    put(response.headers_mut(), ETAG, etag(version));
    put(response.headers_mut(), CONTENT_LOCATION, location);
    Some(response)
}

/// The answer to a write: with the resource, or without a body when it was deleted since.
pub(crate) fn written<T>(
    written: &Written<T>,
    location: &str,
    show: impl FnOnce(StatusCode, &T) -> Outcome,
) -> Outcome {
    let status = StatusCode::from_u16(written.status).map_err(|_| Refusal::internal())?;
    let mut response = match &written.view {
        Some(view) => show(status, view)?,
        None => gone(status, location),
    };
    mark_replayed(&mut response, written.replayed);
    Ok(response)
}

/// Where what was made had been.
fn gone(status: StatusCode, location: &str) -> Response {
    let mut response = empty(status);
    if status == StatusCode::CREATED {
        put(response.headers_mut(), LOCATION, location);
    }
    response
}

/// 204.
pub(crate) fn deleted(replayed: bool) -> Response {
    let mut response = empty(StatusCode::NO_CONTENT);
    mark_replayed(&mut response, replayed);
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = HttpResponse::new(axum::body::Body::empty());
    *response.status_mut() = status;
    response
}

/// Says so, if the answer is that of an earlier request.
pub(crate) fn mark_replayed(response: &mut Response, replayed: bool) {
    if replayed {
        put(response.headers_mut(), IDEMPOTENT_REPLAYED, "true");
    }
}
