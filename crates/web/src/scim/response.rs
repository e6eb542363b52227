//! Headers of SCIM answers.

use axum::response::Response;
use http::header::{CONTENT_LOCATION, ETAG, LOCATION};
use http::{HeaderMap, Response as HttpResponse, StatusCode};

use crate::conditions::{client_has, etag};
use crate::headers::{SCIM_JSON, answer, put};

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
    let mut response = HttpResponse::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    put(response.headers_mut(), ETAG, etag(version));
    put(response.headers_mut(), CONTENT_LOCATION, location);
    Some(response)
}

/// 204.
pub(crate) fn no_content() -> Response {
    let mut response = HttpResponse::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
