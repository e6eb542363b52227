//! What is kept of a password.

use argon2::{Argon2, PasswordHasher};

use super::Secret;
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
    pub fn ready(text: &Secret) -> std::result::Result<Option<Self>, String> {
        let wrong = || "Password is a hash that is damaged, or costs more than is taken".to_owned();
        let text = text.reveal();
        if REFUSED.iter().any(|prefix| text.starts_with(prefix)) {
            return Err("Password is a hash of a kind that is not taken".to_owned());
        }
        if !KNOWN.iter().any(|prefix| text.starts_with(prefix)) {
            return Ok(None);
        }
        if text.len() > BYTES_MAX || is_well_formed(text).is_none() {
            return Err(wrong());
        }
        Ok(Some(Self::stored(text.to_owned())))
    }

    /// A hash as it was stored.
    pub fn stored(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// The text, for the store and for whoever checks a password.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// `None` for a hash that breaks its form or costs too much.
fn is_well_formed(text: &str) -> Option<()> {
    let mut fields = text.strip_prefix('$')?.split('$');
    let kind = fields.next()?;
    let fields: Vec<&str> = fields.collect();
    match kind {
        "argon2id" | "argon2i" => argon2(&fields),
        "2a" | "2b" | "2y" => bcrypt(&fields),
        "scrypt" => scrypt(&fields),
        _ => pbkdf2(&fields),
    }
}

/// `[v=19$]m=19456,t=2,p=1$salt$hash`; memory in KiB, at most 1 GiB. Source: the PHC string format.
fn argon2(fields: &[&str]) -> Option<()> {
    let is_versioned = matches!(fields, ["v=16" | "v=19", ..]);
    let [costs, salt, hash] = fields[usize::from(is_versioned)..] else { return None };
    costs_within(costs, &[("m", 8, 1 << 20), ("t", 1, 64), ("p", 1, 64)])?;
    salt_and_hash(salt, hash)
}

/// `10$` and 53 characters: a cost from 4 to 20, 22 of salt, 31 of hash.
fn bcrypt(fields: &[&str]) -> Option<()> {
    let [cost, rest] = fields else { return None };
    let is_cost = cost.len() == 2 && within(cost, 4, 20);
    let is_rest = rest.len() == 53 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"./".contains(&b));
    (is_cost && is_rest).then_some(())
}

/// `ln=17,r=8,p=1$salt$hash`.
fn scrypt(fields: &[&str]) -> Option<()> {
    let [costs, salt, hash] = fields else { return None };
    costs_within(costs, &[("ln", 1, 20), ("r", 1, 32), ("p", 1, 16)])?;
    salt_and_hash(salt, hash)
}

/// `29000$salt$hash`, or `i=29000,l=32$salt$hash` with or without the length.
fn pbkdf2(fields: &[&str]) -> Option<()> {
    const ROUNDS_MAX: u32 = 10_000_000;
    let [costs, salt, hash] = fields else { return None };
    if !within(costs, 1, ROUNDS_MAX) {
        let rounds = ("i", 1, ROUNDS_MAX);
        costs_within(costs, &[rounds]).or_else(|| costs_within(costs, &[rounds, ("l", 10, 64)]))?;
    }
    salt_and_hash(salt, hash)
}

/// Whether costs are these, in this order, each from its least to its largest.
fn costs_within(costs: &str, known: &[(&str, u32, u32)]) -> Option<()> {
    let given: Vec<(&str, &str)> =
        costs.split(',').map(|cost| cost.split_once('=')).collect::<Option<_>>()?;
    let fits = |((name, value), (known, min, max)): (&(&str, &str), &(&str, u32, u32))| {
        name == known && within(value, *min, *max)
    };
    (given.len() == known.len() && given.iter().zip(known).all(fits)).then_some(())
}

/// Whether a text is a whole number without leading zeros (but for two digits) within bounds.
fn within(text: &str, min: u32, max: u32) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse().is_ok_and(|n: u32| (min..=max).contains(&n))
}

/// Base64 without padding, also with `.` for `+`: a salt of at least 4 bytes, a hash of at least 10.
fn salt_and_hash(salt: &str, hash: &str) -> Option<()> {
    let is_text = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/.-_".contains(&b)) && text.len() % 4 != 1
    };
    (salt.len() >= 6 && hash.len() >= 14 && is_text(salt) && is_text(hash)).then_some(())
}
