//! Accounts.

use throng_jobs::Instant;

use crate::error::{Error, Result};
use crate::ids::AccountId;

/// A tenant: everything in the directory belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its key in the store.
    pub id: AccountId,
    /// Its name, as in the admin API's paths.
    pub name: String,
    /// When it was made.
    pub created_at: Instant,
}

/// Checks an account's name: `[A-Za-z][A-Za-z0-9-]{0,62}`.
///
/// # Errors
/// `Invalid` with what is allowed.
pub fn check_account_name(name: &str) -> Result<()> {
    let bytes = name.as_bytes();
    let well_formed = (1..=63).contains(&bytes.len())
        && bytes[0].is_ascii_alphabetic()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    if well_formed {
        return Ok(());
    }
    Err(Error::invalid(
        "account",
        "an account's name is a letter followed by up to 62 letters, digits and hyphens",
    ))
}
