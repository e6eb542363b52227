//! What a SCIM request can be refused with. Source: RFC 7644 §3.12.

use std::fmt;

use serde_json::{Value, json};

use crate::message;

/// The detail error keyword of RFC 7644 §3.12, table 9, and RFC 9865 §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// The query would yield, or cost, more than the server is willing to give.
    TooMany,
    /// A value is taken already.
    Uniqueness,
    /// The attribute may not be changed so.
    Mutability,
    /// The body is not what the request's schema asks for.
    InvalidSyntax,
    /// The path of a PATCH operation is malformed or names no attribute.
    InvalidPath,
    /// The path of a PATCH operation is missing or matches nothing.
    NoTarget,
    /// A value is missing or does not fit the attribute's type.
    InvalidValue,
    /// The requested protocol version is not served.
    InvalidVers,
    /// The request carries sensitive data in its URI.
    Sensitive,
    /// The cursor is none of the server's, or not of this query. Source: RFC 9865 §2.1.
    InvalidCursor,
    /// The cursor is no longer good. Source: RFC 9865 §2.1.
    ExpiredCursor,
    /// The count is not the one the cursor was made for. Source: RFC 9865 §2.1.
    InvalidCount,
}

impl ScimType {
    /// The keyword as it stands in `scimType`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// A refusal, ready to be put on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// HTTP status, 400–599.
    pub status: u16,
    /// The keyword, where RFC 7644 has one for the case.
    pub scim_type: Option<ScimType>,
    /// What was wrong, for a human: names the attribute or the position.
    pub detail: String,
}

impl Error {
    /// An error with a status of its own and, if there is one, a keyword.
    pub fn new(status: u16, scim_type: Option<ScimType>, detail: impl Into<String>) -> Self {
        Self { status, scim_type, detail: detail.into() }
    }

    fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, Some(scim_type), detail)
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidFilter, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidPath, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::NoTarget, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::Mutability, detail)
    }

    /// 400 `tooMany`.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::TooMany, detail)
    }

    /// 400 `invalidVers`.
    pub fn invalid_vers(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidVers, detail)
    }

    /// 400 `invalidCursor`.
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidCursor, detail)
    }

    /// 400 `expiredCursor`.
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::ExpiredCursor, detail)
    }

    /// 400 `invalidCount`.
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidCount, detail)
    }

    /// 409 `uniqueness`. Source: RFC 7644 §3.3.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self::new(409, Some(ScimType::Uniqueness), detail)
    }

    /// 403 `sensitive`.
    pub fn sensitive(detail: impl Into<String>) -> Self {
        Self::new(403, Some(ScimType::Sensitive), detail)
    }

    /// 401, no keyword.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, None, detail)
    }

    /// 403, no keyword.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, None, detail)
    }

    /// 404, no keyword.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, None, detail)
    }

    /// 412, no keyword.
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(412, None, detail)
    }

    /// 413, no keyword.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(413, None, detail)
    }

    /// The error resource. `status` is a string there. Source: RFC 7644 §3.12.
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [message::ERROR], "status": self.status.to_string() });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        body["detail"] = self.detail.as_str().into();
        body
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scim_type {
            Some(scim_type) => write!(f, "{} {}: {}", self.status, scim_type.as_str(), self.detail),
            None => write!(f, "{}: {}", self.status, self.detail),
        }
    }
}

impl std::error::Error for Error {}
