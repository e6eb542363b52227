//! Refusals in the shape of SCIM: `status` is a string. Source: RFC 7644 §3.12.

use axum::response::Response;

use crate::headers::{SCIM_JSON, answer};
use crate::refusal::{Kind, Refusal};

/// The refusal as a SCIM error.
pub(crate) fn response(refusal: &Refusal) -> Response {
    let status = refusal.status();
    let detail = match refusal.kind {
        Kind::OutcomeUnknown | Kind::StorageFull => format!("{}: {}", refusal.kind.slug(), refusal.detail),
        _ => refusal.detail.clone(),
    };
    let error = throng_scim::Error::new(status.as_u16(), refusal.scim_type, detail);
    answer(status, SCIM_JSON, error.to_json().to_string())
}
