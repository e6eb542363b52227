//! Small readings and writings of headers.

use std::fmt::Display;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use throng_directory::limits;

use crate::refusal::{Kind, Refusal};

/// The media type of SCIM. Source: RFC 7644 §8.1.
pub(crate) const SCIM_JSON: &str = "application/scim+json";
/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";
/// Changes of a document. Source: RFC 7396.
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
/// A form. Source: the registration of `application/x-www-form-urlencoded`.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// A page. Source: RFC 2854.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
/// The media type of problems. Source: RFC 9457 §6.1.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Bytes of any kind. Source: RFC 2046 §4.5.1.
pub(crate) const OCTETS: &str = "application/octet-stream";
/// CSV. Source: RFC 7111 §3.
pub(crate) const CSV: &str = "text/csv; charset=utf-8";
/// JSON Lines.
pub(crate) const JSON_LINES: &str = "application/jsonl";
/// A workbook. Source: ECMA-376 part 1.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An archive. Source: the registration of `application/zip`.
pub(crate) const ZIP: &str = "application/zip";

/// Server-sent events. Source: HTML, section 9.2.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// The id of a request: of the client's choice, or ours. The audit log has it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Which page a browser sends a request from. Source: Fetch Metadata Request Headers (W3C).
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The number of the job that a write made.
pub(crate) const THRONG_JOB: HeaderName = HeaderName::from_static("throng-job");
/// How many members an answer leaves out.
pub(crate) const MEMBERS_OMITTED: HeaderName = HeaderName::from_static("throng-members-omitted");
/// The answer is that of an earlier request with the same `Idempotency-Key`.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Which preferences were applied. Source: RFC 7240 §3.
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The id of the last event that a client has. Source: HTML, section 9.2.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells a proxy not to gather what it passes on.
pub(crate) const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The transaction that later events name. Source: RFC 9967.
pub(crate) const SET_TXN: HeaderName = HeaderName::from_static("set-txn");

/// Requests that an account may send in a window.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many of them may follow at once.
pub(crate) const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// Seconds until all of them may.
pub(crate) const RATE_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
/// The same limit with its window.
pub(crate) const RATE_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// An answer with a body.
pub(crate) fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Puts a header whose value we made. A value that cannot stand in a header is left out.
pub(crate) fn put(headers: &mut HeaderMap, name: HeaderName, value: impl Display) {
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        headers.insert(name, value);
    }
}

/// Checks that the body is of one of these media types; parameters do not count, and no type at all passes.
///
/// # Errors
/// 415.
pub(crate) fn check_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Refusal> {
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Refusal::new(Kind::UnsupportedMediaType, "encoded bodies are not accepted"));
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or("?").split(';').next().unwrap_or_default().trim();
    if essence.is_empty() || accepted.iter().any(|media_type| media_type.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let detail = format!("the body must be {}", accepted.join(" or "));
    Err(Refusal::new(Kind::UnsupportedMediaType, detail))
}

/// The `Idempotency-Key`, if there is one.
///
/// # Errors
/// 400 for more than one, an empty or a too long one, and for characters that do not print.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    const NAME: &str = "Idempotency-Key";
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let printable = value.as_bytes().iter().all(|b| (b' '..=b'~').contains(b));
    let sized = (1..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&value.len());
    match value.to_str() {
        Ok(key) if printable && sized && values.next().is_none() => Ok(Some(key.to_owned())),
        _ => {
            let max = limits::IDEMPOTENCY_KEY_BYTES_MAX;
            Err(Refusal::bad(
                NAME,
                format!("Idempotency-Key is given once, as 1 to {max} printable characters"),
            ))
        }
    }
}

#[cfg(test)]
mod tests;
