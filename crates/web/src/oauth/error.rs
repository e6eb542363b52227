//! Refusals of OAuth 2.0. Source: RFC 6749 §5.2.

use axum::response::Response;
use http::header::WWW_AUTHENTICATE;
use throng_api::OAuthError;

use crate::headers::{JSON, answer, put};
use crate::refusal::{Kind, Refusal};

/// The refusal as a client of OAuth reads it.
pub(crate) fn response(refusal: &Refusal) -> Response {
    let error = match (refusal.kind, refusal.field.as_str()) {
        (Kind::Unauthenticated, _) => "invalid_client",
        (Kind::Forbidden, _) => "unauthorized_client",
        (Kind::BadRequest, "grant_type") => "unsupported_grant_type",
        (Kind::BadRequest, "code" | "refresh_token") => "invalid_grant",
        (Kind::BadRequest, "scope") => "invalid_scope",
        (Kind::BadRequest, "resource") => "invalid_target",
        (Kind::Unavailable | Kind::StorageFull | Kind::OutcomeUnknown | Kind::TooMany, _) => {
            "temporarily_unavailable"
        }
        (Kind::Internal, _) => "server_error",
        _ => "invalid_request",
    };
    // The standard's statuses are 400, and 401 for a client that is not known.
    let status = if refusal.kind == Kind::Forbidden { Kind::BadRequest.status() } else { refusal.status() };
    let body = OAuthError { error: error.to_owned(), error_description: describable(&refusal.detail) };
    answer(status, JSON, serde_json::to_string(&body).unwrap_or_default())
}

/// What stands in front of the others in [`Refusal::headers`]: a client is asked for what it can send.
pub(crate) fn challenge(refusal: &Refusal, response: &mut Response) {
    if refusal.kind == Kind::Unauthenticated {
        put(response.headers_mut(), WWW_AUTHENTICATE, "Basic realm=\"throng\"");
    }
}

/// Without what a description must not have: `%x20-21 / %x23-5B / %x5D-7E`.
fn describable(text: &str) -> String {
    let replaced = |c: char| match c {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => c,
        _ => '?',
    };
    text.chars().map(replaced).collect()
}
