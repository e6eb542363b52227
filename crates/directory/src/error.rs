//! What can go wrong in the directory. HTTP translates it; nothing else does.

use std::fmt;

use throng_scim as scim;

use crate::model::faults::Faults;

/// A failed use case.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// There is no such thing in the caller's account.
    NotFound(String),
    /// There was such a thing, and it is not kept any more.
    Gone(String),
    /// Something with this unique value exists.
    AlreadyExists {
        /// The attribute whose value is taken, as the API spells it.
        field: &'static str,
        /// What to tell the client.
        detail: String,
        /// The id, as the admin API has it, of what has the value; none where nobody looked.
        existing: Option<String>,
    },
    /// `If-Match` named another version.
    VersionMismatch(String),
    /// The request breaks a rule of the API.
    Invalid {
        /// The field or parameter, as the API spells it; empty for the request as a whole.
        field: String,
        /// What is wrong and what to do.
        detail: String,
    },
    /// The request breaks rules in these fields.
    Faults(Faults),
    /// A rule of SCIM is broken; carries the standard's own error.
    Scim(scim::error::Error),
    /// No credential, or none that is known.
    Unauthenticated(String),
    /// The caller's role does not allow this.
    Forbidden(String),
    /// A body, file or list is larger than its limit.
    TooLarge(String),
    /// Too much at once; try again later.
    TooMany(String),
    /// Too much waits to be done; nothing of it begins before so long has passed.
    TooManyWaiting {
        /// What there is too much of.
        detail: String,
        /// For so long nothing will become less by itself.
        at_least: std::time::Duration,
    },
    /// The same `Idempotency-Key` is being worked on, or was used for another request.
    Idempotency(IdempotencyFault),
    /// The worker's lease belongs to somebody else.
    LeaseLost,
    /// A job is not in the state for this.
    WrongState(String),
    /// The store cannot do it now. Nothing happened.
    Unavailable(String),
    /// The store is full. Nothing happened.
    StorageFull,
    /// The commit's outcome is unknown: retry with the same `Idempotency-Key`.
    OutcomeUnknown,
    /// A defect on our side. The text is for the log, never for the client.
    Internal(String),
}

/// Why an `Idempotency-Key` cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdempotencyFault {
    /// The first request with this key is still running.
    InFlight,
    /// The key was used for a request with another body.
    OtherRequest,
}

impl Error {
    /// A broken rule, named by field.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), detail: detail.into() }
    }

    /// A unique value that something else has.
    pub fn taken(field: &'static str, detail: impl Into<String>) -> Self {
        Self::AlreadyExists { field, detail: detail.into(), existing: None }
    }

    /// A defect.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::Internal(detail.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(detail)
            | Self::Gone(detail)
            | Self::VersionMismatch(detail)
            | Self::Unauthenticated(detail)
            | Self::Forbidden(detail)
            | Self::TooLarge(detail)
            | Self::TooMany(detail)
            | Self::TooManyWaiting { detail, .. }
            | Self::Unavailable(detail)
            | Self::Internal(detail)
            | Self::WrongState(detail)
            | Self::AlreadyExists { detail, .. }
            | Self::Invalid { detail, .. } => f.write_str(detail),
            Self::Faults(faults) => faults.fmt(f),
            Self::Scim(error) => f.write_str(&error.detail),
            Self::Idempotency(IdempotencyFault::InFlight) => {
                f.write_str("the first request with this Idempotency-Key is still running")
            }
            Self::Idempotency(IdempotencyFault::OtherRequest) => {
                f.write_str("this Idempotency-Key was used for another request")
            }
            Self::LeaseLost => f.write_str("the job is worked by somebody else"),
            Self::StorageFull => f.write_str("the storage is full"),
            Self::OutcomeUnknown => f.write_str("the outcome of the commit is unknown"),
        }
    }
}

impl std::error::Error for Error {}

impl From<scim::error::Error> for Error {
    fn from(error: scim::error::Error) -> Self {
        Self::Scim(error)
    }
}

/// The result of a use case or of the port.
pub type Result<T, E = Error> = std::result::Result<T, E>;
