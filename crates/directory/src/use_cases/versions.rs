//! Conditional requests.

use crate::error::{Error, Result};

/// What a client asks of the version before it writes. Source: RFC 9110 §13.1.1, §13.1.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// `If-Match`: the version is among these.
    pub one_of: Option<Versions>,
    /// `If-None-Match`: it is not.
    pub none_of: Option<Versions>,
}

/// Versions of a resource that a header names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// `*`: whichever there is.
    Any,
    /// These. A tag that is none of ours is left out, so the list may be empty.
    Listed(Vec<i64>),
}

impl Versions {
    /// Whether this one is among them.
    pub fn has(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(versions) => versions.contains(&version),
        }
    }
}

impl Precondition {
    /// Compares with the version as it is.
    ///
    /// # Errors
    /// `VersionMismatch`.
    pub fn check(&self, version: i64) -> Result<()> {
        let is_met = self.one_of.as_ref().is_none_or(|versions| versions.has(version))
            && !self.none_of.as_ref().is_some_and(|versions| versions.has(version));
        if is_met {
            return Ok(());
        }
        Err(Error::VersionMismatch(format!(
            "the resource is at version {version}; read it again and repeat the change"
        )))
    }

    /// Whether the version must be a certain one.
    pub const fn names_versions(&self) -> bool {
        matches!(self.one_of, Some(Versions::Listed(_)))
    }
}
