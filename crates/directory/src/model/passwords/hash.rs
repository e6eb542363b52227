//! What is kept of a password.

use argon2::{Argon2, PasswordHasher};

use super::Secret;
use super::form::Form;
use crate::error::{Error, Result};

/// Bytes of a ready hash.
const BYTES_MAX: usize = 512;
/// Bytes of the salt of a hash that is made here. Source: RFC 9106 §3.1.
pub const SALT_BYTES: usize = 16;

/// What ready hashes begin with that whoever checks passwords knows.
const KNOWN: [&str; 8] =
    ["$argon2id$", "$argon2i$", "$2a$", "$2b$", "$2y$", "$scrypt$", "$pbkdf2-sha256$", "$pbkdf2-sha512$"];
/// What hashes begin with that are too weak or not known: not taken for passwords.
const REFUSED: [&str; 9] = ["$argon2d$", "$1$", "$5$", "$6$", "$7$", "$2x$", "$pbkdf2$", "$y$", "$apr1$"];

/// A hash in PHC or modular form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash(Secret);

impl Hash {
    /// Hashes a password with argon2id: 19 MiB and some ten milliseconds.
    ///
    /// # Errors
    /// `Internal` without the memory for it.
    pub fn of(password: &Secret, salt: [u8; SALT_BYTES]) -> Result<Self> {
        let hash = Argon2::default()
            .hash_password_with_salt(password.reveal().as_bytes(), &salt)
            .map_err(|error| Error::internal(format!("a password could not be hashed: {error}")))?;
        Ok(Self(Secret::new(hash.to_string())))
    }

    /// A hash that was made elsewhere, where the text has the form of one; none where it is a password.
    ///
    /// # Errors
    /// What is wrong with a hash that cannot be taken, in words that do not show it.
    pub fn ready(text: &str) -> std::result::Result<Option<Self>, String> {
        Ok(Self::is_ready(text)?.then(|| Self::stored(text.to_owned())))
    }

    /// Whether the text has the form of a hash that was made elsewhere.
    ///
    /// # Errors
    /// As [`Hash::ready`].
    pub fn is_ready(text: &str) -> std::result::Result<bool, String> {
        if !text.starts_with('$') {
            return Ok(false);
        }
        if REFUSED.iter().any(|prefix| text.starts_with(prefix)) {
            return Err("Password is a hash of a kind that is not taken".to_owned());
        }
        if !KNOWN.iter().any(|prefix| text.starts_with(prefix)) {
            return Ok(false);
        }
        if text.len() > BYTES_MAX || Form::read(text).is_none() {
            return Err("Password is a hash that is damaged, or costs more than is taken".to_owned());
        }
        Ok(true)
    }

    /// A hash as it was stored.
    pub fn stored(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// Whether it is one of this password. What is damaged is one of none.
    pub fn is_of(&self, password: &Secret) -> bool {
        Form::read(self.reveal()).is_some_and(|form| form.is_of(password.reveal().as_bytes()))
    }

    /// The text, for the store.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}
