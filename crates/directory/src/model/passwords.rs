//! Passwords: what an account asks of them, and what is kept of them.
//!
//! A password in clear text is a [`Secret`] and goes nowhere but into a [`Hash`], which nobody is shown; one of a file waits
//! sealed for that.

mod hash;
mod policy;
pub(crate) mod seal;

use std::fmt;

use zeroize::Zeroizing;

pub use hash::{Hash, SALT_BYTES};
pub use policy::{Policy, unmet};
pub use seal::SealingKey;

/// A text that nobody is shown: a password, or the hash of one. Wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for whoever hashes or seals it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// Sealed passwords of a page of rows of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPage {
    /// The page's number.
    pub page: u32,
    /// They, encoded by [`seal`].
    pub data: Vec<u8>,
}

#[cfg(test)]
mod tests;
