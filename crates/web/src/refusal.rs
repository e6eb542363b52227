//! Why a request is not served: one value between the directory's errors and the three shapes on the wire.

use http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use throng_directory::Error;
use throng_directory::error::IdempotencyFault;
use throng_directory::model::faults::{Fault, Faults};
use throng_scim::error::ScimType;

use crate::limits;

/// The kinds of refusal. Each has one status and one stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    Gone,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    IdempotencyInFlight,
    IdempotencyReused,
    TooMany,
    Internal,
    NotImplemented,
    Unavailable,
    StorageFull,
    OutcomeUnknown,
}

impl Kind {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::IdempotencyInFlight => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable | Self::StorageFull | Self::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name of the cases that a client may want to tell apart from others with the same status.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::BadRequest => "constraint-violation",
            Self::Unauthenticated => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Timeout => "request-timeout",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition-failed",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::IdempotencyInFlight => "idempotency-key-in-flight",
            Self::IdempotencyReused => "idempotency-key-reused",
            Self::TooMany => "too-many-requests",
            Self::Internal => "internal",
            Self::NotImplemented => "not-implemented",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage-full",
            Self::OutcomeUnknown => "commit-outcome-unknown",
        }
    }

    /// The kind of a SCIM error, which brings its own status.
    fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            413 => Self::TooLarge,
            501 => Self::NotImplemented,
            _ => Self::BadRequest,
        }
    }
}

/// What only some refusals say.
#[derive(Debug)]
pub(crate) enum Further {
    /// What is wrong, field by field.
    Faults(Vec<Fault>),
    /// The id of what has the value that is taken.
    Existing(String),
}

/// A refusal, not yet in the shape of any face.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What kind.
    pub(crate) kind: Kind,
    /// SCIM's keyword, where the directory or the standard has one.
    pub(crate) scim_type: Option<ScimType>,
    /// The field or parameter that is wrong; empty for the request as a whole.
    pub(crate) field: String,
    /// For people. Holds nothing of our inside.
    pub(crate) detail: String,
    /// The code of the violation, where the kind does not say it.
    pub(crate) code: Option<&'static str>,
    /// What else there is to say; boxed, because most refusals have nothing.
    pub(crate) further: Option<Box<Further>>,
    /// The methods that the path has, for `Allow`.
    pub(crate) allow: Option<String>,
    /// Seconds before which it is no use to try again, for `Retry-After`.
    pub(crate) wait_seconds: u64,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            scim_type: None,
            field: String::new(),
            detail: detail.into(),
            code: None,
            further: None,
            allow: None,
            wait_seconds: limits::RETRY_AFTER_SECONDS,
        }
    }

    /// 400 about one field or parameter.
    pub(crate) fn bad(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::new(Kind::BadRequest, detail) }
    }

    /// The same about a body that calls this field otherwise.
    #[must_use]
    pub(crate) fn renamed(mut self, names: &[(&str, &str)]) -> Self {
        if let Some((from, to)) = names.iter().find(|(from, _)| *from == self.field) {
            self.detail = self.detail.replace(from, to);
            self.field = (*to).to_owned();
        }
        self
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "The requested resource was not found.")
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, "Authentication failure")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(Kind::Forbidden, throng_directory::caller::FORBIDDEN)
    }

    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let detail = format!("this path allows {allow}");
        Self { allow: Some(allow), ..Self::new(Kind::MethodNotAllowed, detail) }
    }

    /// A defect. The caller has logged it.
    pub(crate) fn internal() -> Self {
        Self::new(Kind::Internal, "an error on our side; it has been logged")
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The headers that go with it, whatever the face.
    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        let mut put = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        match self.kind {
            Kind::Unauthenticated => put(WWW_AUTHENTICATE, "Bearer realm=\"throng\""),
            Kind::MethodNotAllowed => put(ALLOW, self.allow.as_deref().unwrap_or_default()),
            Kind::TooMany
            | Kind::Unavailable
            | Kind::StorageFull
            | Kind::OutcomeUnknown
            | Kind::IdempotencyInFlight => put(RETRY_AFTER, &self.wait_seconds.to_string()),
            _ => {}
        }
    }
}

impl From<throng_scim::Error> for Refusal {
    fn from(error: throng_scim::Error) -> Self {
        let kind = Kind::of_status(error.status);
        Self { scim_type: error.scim_type, ..Self::new(kind, error.detail) }
    }
}

impl From<Faults> for Refusal {
    fn from(faults: Faults) -> Self {
        let detail = faults.to_string();
        let faults = faults.into_list();
        let field = faults.first().map(|fault| fault.field.clone()).unwrap_or_default();
        let further = Some(Box::new(Further::Faults(faults)));
        Self { scim_type: Some(ScimType::InvalidValue), further, ..Self::bad(field, detail) }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let kind = match error {
            Error::Scim(error) => return error.into(),
            Error::Invalid { field, detail } => {
                return Self { scim_type: Some(ScimType::InvalidValue), ..Self::bad(field, detail) };
            }
            Error::Faults(faults) => return faults.into(),
            Error::AlreadyExists { field, detail, existing } => {
                let field = field.to_owned();
                return Self {
                    field,
                    further: existing.map(|id| Box::new(Further::Existing(id))),
                    scim_type: Some(ScimType::Uniqueness),
                    ..Self::new(Kind::Conflict, detail)
                };
            }
            Error::Internal(detail) => {
                tracing::error!(%detail, "a request failed");
                return Self::internal();
            }
            Error::TooManyWaiting { at_least, .. } => {
                // Rounded up: a moment too early would be refused again.
                let seconds = at_least.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX);
                let wait_seconds = limits::RETRY_AFTER_SECONDS.max(seconds);
                return Self { wait_seconds, ..Self::new(Kind::TooMany, text) };
            }
            Error::NotFound(_) => Kind::NotFound,
            Error::Gone(_) => Kind::Gone,
            Error::VersionMismatch(_) => Kind::PreconditionFailed,
            Error::WrongState(_) => Kind::Conflict,
            Error::Unauthenticated(_) => Kind::Unauthenticated,
            Error::Forbidden(_) => Kind::Forbidden,
            Error::TooLarge(_) => Kind::TooLarge,
            Error::TooMany(_) => Kind::TooMany,
            Error::Idempotency(IdempotencyFault::InFlight) => Kind::IdempotencyInFlight,
            Error::Idempotency(IdempotencyFault::OtherRequest) => Kind::IdempotencyReused,
            Error::Unavailable(detail) => {
                tracing::warn!(%detail, "a request could not be served");
                return Self::new(
                    Kind::Unavailable,
                    "the store cannot do this now; nothing happened, try again",
                );
            }
            Error::LeaseLost => Kind::Unavailable,
            Error::StorageFull => Kind::StorageFull,
            Error::OutcomeUnknown => Kind::OutcomeUnknown,
        };
        Self::new(kind, text)
    }
}

#[cfg(test)]
mod tests;
