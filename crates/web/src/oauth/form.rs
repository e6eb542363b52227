//! Forms that clients send, and who they say they are.

use axum::body::Body;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;

use crate::body;
use crate::call::Call;
use crate::headers::{FORM, check_media_type};
use crate::limits::OAUTH_FORM_BYTES_MAX;
use crate::path::decode;
use crate::query::Query;
use crate::refusal::Refusal;

/// A form as clients that upload files send it: one vendor's examples do.
const MULTIPART: &str = "multipart/form-data";

/// The parameters in the body; each at most once. Source: RFC 6749 §3.2.
///
/// # Errors
/// 415, 413, and 400 for a form that is none.
pub(super) async fn read(call: &mut Call) -> Result<Query, Refusal> {
    check_media_type(call.headers(), &[FORM, MULTIPART])?;
    let bytes = body::read(std::mem::take(&mut call.body), OAUTH_FORM_BYTES_MAX).await?;
    let media_type = call.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.to_ascii_lowercase().starts_with(MULTIPART)) {
        return multipart(call.parts.clone(), bytes).await;
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let refused =
        |refusal: Refusal| if refusal.field.is_empty() { malformed() } else { of_the_whole(refusal) };
    Query::parse(Some(text)).map_err(refused)
}

async fn multipart(parts: Parts, bytes: Vec<u8>) -> Result<Query, Refusal> {
    let request = Request::from_parts(parts, Body::from(bytes));
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    let mut form = Query::default();
    while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
        let name = part.name().unwrap_or_default().to_owned();
        form.add(name, part.text().await.map_err(|_| malformed())?).map_err(of_the_whole)?;
    }
    Ok(form)
}

/// Id and secret of the client: in the header or in the form, and not in both. Source: RFC 6749 §2.3.1.
///
/// # Errors
/// 401 without them, 400 for two of them.
pub(super) fn client(headers: &HeaderMap, form: &Query) -> Result<(String, String), Refusal> {
    let in_form = (form.get("client_id"), form.get("client_secret"));
    if !headers.contains_key(AUTHORIZATION) {
        let (Some(id), Some(secret)) = in_form else { return Err(Refusal::unauthenticated()) };
        return Ok((id.to_owned(), secret.to_owned()));
    }
    let (id, secret) = basic(headers).ok_or_else(Refusal::unauthenticated)?;
    if in_form.1.is_some() || in_form.0.is_some_and(|named| named != id) {
        return Err(Refusal::bad("", "the client is named in the header or in the form, not in both"));
    }
    Ok((id, secret))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, encoded) = value.to_str().ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decode(id, true)?.into_owned(), decode(secret, true)?.into_owned()))
}

/// A parameter that stands twice is no wrong value of it: another word of the standard. Source: RFC 6749 §5.2.
fn of_the_whole(refusal: Refusal) -> Refusal {
    Refusal { field: String::new(), ..refusal }
}

fn malformed() -> Refusal {
    Refusal::bad("", "the form is malformed")
}
