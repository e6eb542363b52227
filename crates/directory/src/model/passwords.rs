//! Passwords: what an account asks of them, and what is kept of them.
//!
//! A password in clear text is a [`Secret`] and goes nowhere but into a [`Hash`], which nobody is shown.

mod hash;
mod policy;

use std::fmt;

use zeroize::Zeroizing;

pub use hash::{Hash, SALT_BYTES};
pub use policy::{Policy, unmet};

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

#[cfg(test)]
mod tests;
