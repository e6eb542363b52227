//! What can go wrong with a call.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use throng_api::{Problem, Violation};

/// Why a call did not give what it promises.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The base URL or the credential cannot be used.
    Setup(String),
    /// The request did not arrive, or its answer did not come back whole: whether it was carried out is unknown.
    Transport(reqwest::Error),
    /// The server refused.
    Refused(Box<Refusal>),
    /// The answer is not of the form that the API promises.
    Unreadable {
        /// Method and path of the request.
        request: String,
        /// What the answer holds.
        body: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was waited for did not happen in time.
    TimedOut {
        /// What was waited for.
        awaited: String,
        /// How long.
        after: Duration,
    },
}

/// A refusal: an answer with a status of 400 or more, or one that is no answer at all to such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Method and path of the request.
    pub request: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong, for people: the `detail` of the problem or SCIM error; empty when the body has none.
    pub detail: String,
    /// The SCIM error type. Source: RFC 7644 §3.12.
    pub scim_type: Option<String>,
    /// The fields that are wrong, as the admin API names them.
    pub violations: Vec<Violation>,
    /// The body as it came.
    pub body: String,
}

impl Refusal {
    /// Reads a problem (RFC 9457), a SCIM error or whatever else came.
    pub(crate) fn read(request: String, status: u16, body: String) -> Self {
        let tree: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = |name: &str| tree.get(name).and_then(Value::as_str).map(str::to_owned);
        let (detail, scim_type) = (text("detail").unwrap_or_default(), text("scimType"));
        let violations = serde_json::from_value::<Problem>(tree).map(|problem| problem.violations);
        Self { request, status, detail, scim_type, violations: violations.unwrap_or_default(), body }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was answered {}", self.request, self.status)?;
        let said = if self.detail.is_empty() { self.body.trim() } else { &self.detail };
        if !said.is_empty() {
            write!(f, ": {said}")?;
        }
        for violation in self.violations.iter().filter(|violation| violation.message != self.detail) {
            write!(f, " ({}: {})", violation.field, violation.message)?;
        }
        Ok(())
    }
}

impl Error {
    /// The HTTP status, if the server refused.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(reason) => f.write_str(reason),
            Self::Transport(error) => {
                write!(f, "{error}")?;
                let mut cause = std::error::Error::source(error);
                while let Some(inner) = cause {
                    write!(f, ": {inner}")?;
                    cause = inner.source();
                }
                Ok(())
            }
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unreadable { request, reason, .. } => {
                write!(f, "the answer to {request} cannot be read: {reason}")
            }
            Self::TimedOut { awaited, after } => {
                write!(f, "{awaited} did not happen within {} s", after.as_secs_f64())
            }
        }
    }
}

/// The chain of causes is part of the text, so it is not given a second time as a source.
impl std::error::Error for Error {}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
