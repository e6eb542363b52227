//! Conditional requests.

use crate::error::{Error, Result};

/// What `If-Match` asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// `*`: the resource exists.
    Exists,
    /// One of these versions. A tag that is none of ours is left out, so the list may be empty: never met.
    OneOf(Vec<i64>),
}

impl Precondition {
    /// Compares with the version as it is.
    ///
    /// # Errors
    /// `VersionMismatch`.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(Error::VersionMismatch(format!(
                "the resource is at version {version}; read it again and repeat the change"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether there is a condition on the version.
    pub const fn names_versions(&self) -> bool {
        matches!(self, Self::OneOf(_))
    }
}
