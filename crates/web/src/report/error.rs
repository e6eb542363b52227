//! Refusals in the shape of the job report: as SCIM's, but `status` is an integer and the texts are fixed.

use axum::response::Response;
use throng_api::ReportError;
use throng_scim::message;

use crate::headers::{JSON, answer};
use crate::refusal::{Kind, Refusal};

/// The refusal as the report's error.
pub(crate) fn response(refusal: &Refusal) -> Response {
    let detail = match refusal.kind {
        Kind::Unauthenticated => "Authentication failure",
        Kind::Forbidden => "Operation is not permitted",
        Kind::NotFound => "The requested resource was not found.",
        _ => &refusal.detail,
    };
    let status = refusal.status();
    let error = ReportError {
        schemas: vec![message::ERROR.to_owned()],
        detail: detail.to_owned(),
        status: status.as_u16(),
    };
    answer(status, JSON, serde_json::to_string(&error).unwrap_or_default())
}
