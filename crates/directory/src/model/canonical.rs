//! Keys by which names are compared. One version, stored with the data; compared bytewise, on every database.
//!
//! Each function is idempotent: the key of a key is the key.

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::{Nickname, UsernameCaseMapped};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};
use crate::limits;

/// The version of these rules. A change of any rule is a new version and a migration that looks for
/// collisions.
pub const VERSION: i64 = 1;

/// The key of a `userName` or loginId: PRECIS `UsernameCaseMapped` (RFC 8265 §3.3), 1 to 255 characters.
///
/// # Errors
/// `Invalid` when the profile refuses the name: empty, spaces, control or invisible characters, a mix of
/// directions.
pub fn login_key(field: &'static str, name: &str) -> Result<String> {
    if name.is_empty() {
        return Err(Error::invalid(field, format!("{field} must not be empty")));
    }
    if name.len() > limits::IDENTIFIER_BYTES_MAX || name.chars().count() > 255 {
        return Err(Error::invalid(field, format!("{field} is longer than 255 characters")));
    }
    if let Some(key) = ascii_key(name) {
        return Ok(key);
    }
    let refused = |why: &str| Error::invalid(field, format!("{field} {why}"));
    let key = UsernameCaseMapped::enforce(name).map_err(|error| refused(&refusal(&error)))?.into_owned();
    // Casing and composing can feed each other: a name whose key is not its own key is refused.
    match UsernameCaseMapped::enforce(key.as_str()) {
        Ok(again) if again == key => Ok(key),
        _ => Err(refused("has characters that change each other when their case is folded")),
    }
}

/// What a login has that the profile refuses. The characters themselves are not repeated: some cannot be seen.
fn refusal(error: &precis_core::Error) -> String {
    match error {
        precis_core::Error::BadCodepoint(found) => format!(
            "has the character U+{:04X}, which a login may not have: letters, digits and the signs of ASCII may stand \
             in one, spaces, symbols, ligatures and what cannot be seen may not",
            found.cp
        ),
        _ => "mixes writing directions, or has signs where they may not stand".to_owned(),
    }
}

/// The key of printable ASCII without spaces, for which PRECIS comes to lower-casing.
fn ascii_key(name: &str) -> Option<String> {
    name.bytes().all(|b| b.is_ascii_graphic()).then(|| name.to_ascii_lowercase())
}

/// Whether a text is certainly the key of itself.
pub fn is_ascii_key(text: &str) -> bool {
    let is_kept = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    (1..=255).contains(&text.len()) && text.bytes().all(is_kept)
}

/// What a login that [`login_key`] refuses is ordered and found by: the text, lower-cased.
pub fn refused_login_key(name: &str) -> String {
    name.to_lowercase()
}

/// The key of an e-mail address: like a login where that is allowed, lower-cased otherwise.
pub fn email_key(address: &str) -> String {
    match ascii_key(address) {
        Some(key) => key,
        None => UsernameCaseMapped::enforce(address)
            .map_or_else(|_| address.to_lowercase(), std::borrow::Cow::into_owned),
    }
}

/// Whether an index of every database can hold a text: 1 to `IDENTIFIER_BYTES_MAX` bytes, no control characters.
pub fn is_indexable(text: &str) -> bool {
    (1..=limits::IDENTIFIER_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// An `externalId` as it is indexed.
///
/// # Errors
/// `Invalid` for one that no index can hold.
pub fn external_id(text: Option<&str>) -> Result<Option<String>> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) if !is_indexable(text) => Err(not_indexable("externalId")),
        text => Ok(text.map(str::to_owned)),
    }
}

/// The refusal of a value that no index can hold.
pub fn not_indexable(field: &'static str) -> Error {
    let max = limits::IDENTIFIER_BYTES_MAX;
    Error::invalid(field, format!("{field} must be at most {max} bytes without control characters"))
}

/// The key of a group's `displayName`: PRECIS Nickname (RFC 8266), lower-cased.
///
/// # Errors
/// `Invalid` when nothing visible is left, or the profile refuses it.
pub fn group_name_key(name: &str) -> Result<String> {
    nickname_key("displayName", name)
}

fn nickname_key(field: &'static str, name: &str) -> Result<String> {
    if name.chars().count() > 255 {
        return Err(Error::invalid(field, format!("{field} is longer than 255 characters")));
    }
    if name.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        let words: Vec<&str> = name.split_ascii_whitespace().collect();
        if !words.is_empty() {
            return Ok(words.join(" ").to_ascii_lowercase());
        }
    }
    let refused =
        || Error::invalid(field, format!("{field} must hold visible text without control characters"));
    let enforced = Nickname::enforce(name).map_err(|_| refused())?;
    let key = enforced.to_lowercase();
    if key.is_empty() { Err(refused()) } else { Ok(key) }
}

/// The key of a profile's name, made as that of a group's.
///
/// # Errors
/// As [`group_name_key`], about `profileName`.
pub fn profile_name_key(name: &str) -> Result<String> {
    nickname_key("profileName", name)
}

/// What a person's name is ordered and filtered by: lower-cased, composed (NFC).
pub fn person_name_key(name: &str) -> String {
    if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase().nfc().collect() }
}

/// A text in its composed form (NFC).
pub fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Whether a character shows nothing or turns the text around: control, zero-width, bidirectional.
pub fn is_invisible(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    c.is_control() || turns || c == '\u{feff}'
}

#[cfg(test)]
mod tests;
