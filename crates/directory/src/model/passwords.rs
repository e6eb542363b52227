//! Passwords: what an account asks of them, and what is kept of them.
//!
//! A password in clear text is a [`Secret`] and goes nowhere but into a [`Hash`], which nobody is shown; one of a file waits
//! sealed for that.

mod form;
mod hash;
mod policy;
pub(crate) mod ready;
pub(crate) mod seal;

use std::fmt;

use zeroize::Zeroizing;

pub use hash::{Hash, SALT_BYTES};
pub use policy::{Policy, USED_BEFORE, unmet};
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

/// What a password is beside those that somebody has and had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// None of them.
    New,
    /// The one that he has.
    Same,
    /// One that he had.
    Earlier,
}

impl Beside {
    /// Looks at hashes, the last first, each of which costs as much as making one.
    pub(crate) fn of(password: &Secret, had: &[Hash]) -> Self {
        match had.iter().position(|hash| hash.is_of(password)) {
            None => Self::New,
            Some(0) => Self::Same,
            Some(_) => Self::Earlier,
        }
    }
}

/// Sealed passwords of an import: those of a page of rows, or ready hashes ([`ready`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPage {
    /// The page's number.
    pub page: u32,
    /// They, encoded by [`seal`] or [`ready`].
    pub data: Vec<u8>,
}

#[cfg(test)]
mod tests;
