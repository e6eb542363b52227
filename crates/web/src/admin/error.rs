//! Refusals of the admin and native APIs. Source: RFC 9457.

use axum::response::Response;
use throng_api::{Problem, Violation};
use throng_directory::model::faults::{Fault, Rule};

use crate::headers::{PROBLEM_JSON, answer};
use crate::refusal::{Further, Kind, Refusal};

/// The codes of violations: stable, three of them the vendor's.
pub(crate) mod code {
    /// Must be given.
    pub(crate) const MISSING: &str = "20002";
    /// Not of the form asked for.
    pub(crate) const FORM: &str = "20006";
    /// Too many records, or too large.
    pub(crate) const TOO_MANY: &str = "20007";
    /// Taken by another.
    pub(crate) const TAKEN: &str = "20009";
}

/// The refusal as a problem about the resource at `path`.
pub(crate) fn response(refusal: &Refusal, path: &str) -> Response {
    let status = refusal.status();
    let problem = Problem {
        kind: format!("urn:throng:problem:{}", refusal.kind.slug()),
        title: title(refusal.kind).to_owned(),
        status: status.as_u16(),
        detail: refusal.detail.clone(),
        instance: path.to_owned(),
        existing_id: match refusal.further.as_deref() {
            Some(Further::Existing(id)) => Some(id.clone()),
            _ => None,
        },
        violations: violations(refusal),
    };
    answer(status, PROBLEM_JSON, serde_json::to_string(&problem).unwrap_or_default())
}

fn violations(refusal: &Refusal) -> Vec<Violation> {
    if let Some(Further::Faults(faults)) = refusal.further.as_deref() {
        let violation = |fault: &Fault| Violation {
            field: fault.field.clone(),
            message: fault.detail.clone(),
            code: code_of(fault.rule).to_owned(),
        };
        return faults.iter().map(violation).collect();
    }
    let code = match refusal.kind {
        _ if refusal.field.is_empty() => return Vec::new(),
        Kind::Conflict => code::TAKEN,
        Kind::TooLarge => code::TOO_MANY,
        _ => refusal.code.unwrap_or(code::FORM),
    };
    let (field, message) = (refusal.field.clone(), refusal.detail.clone());
    vec![Violation { field, message, code: code.to_owned() }]
}

const fn code_of(rule: Rule) -> &'static str {
    match rule {
        Rule::Missing => code::MISSING,
        Rule::Form => code::FORM,
        Rule::TooMany => code::TOO_MANY,
    }
}

const fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::BadRequest => "Constraint Violation",
        Kind::Unauthenticated => "Unauthorized",
        Kind::Forbidden => "Forbidden",
        Kind::NotFound => "Resource Not Found",
        Kind::MethodNotAllowed => "Method Not Allowed",
        Kind::Timeout => "Request Timeout",
        Kind::Conflict | Kind::IdempotencyInFlight => "Conflict",
        Kind::Gone => "Gone",
        Kind::PreconditionFailed => "Precondition Failed",
        Kind::TooLarge => "Payload Too Large",
        Kind::UnsupportedMediaType => "Unsupported Media Type",
        Kind::IdempotencyReused => "Idempotency Key Reused",
        Kind::TooMany => "Too Many Requests",
        Kind::Internal => "Server Error",
        Kind::NotImplemented => "Not Implemented",
        Kind::Unavailable | Kind::StorageFull | Kind::OutcomeUnknown => "Service Unavailable",
    }
}

#[cfg(test)]
mod tests;
