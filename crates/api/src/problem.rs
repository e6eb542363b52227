//! Errors of the admin and native APIs. Source: RFC 9457.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An `application/problem+json` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI that names the kind of problem and does not change.
    #[serde(rename = "type")]
    #[schema(example = "urn:throng:problem:constraint-violation")]
    pub kind: String,
    /// The kind of problem, for people.
    #[schema(example = "Constraint Violation")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// What was wrong with this request.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// Where a value is taken: the id of what has it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "0190163d-8694-739b-aea5-966c26f8ad91")]
    pub existing_id: Option<String>,
    /// The fields that are wrong; absent when the problem is not about fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// The field or parameter.
    #[schema(example = "pageSize")]
    pub field: String,
    /// What is wrong and what is allowed; may change.
    pub message: String,
    /// The rule that is broken; stable. `20002` missing, `20006` not of the form asked for, `20007` too many,
    /// `20009` taken by another.
    #[schema(example = "20006")]
    pub code: String,
}
