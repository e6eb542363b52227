//! SHA-256 of bodies and files, as headers and JSON have them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use throng_directory::model::uploads::Sha256Sum;

use crate::admin::error::code;
use crate::refusal::Refusal;

/// Source: RFC 9530 §2.
pub(crate) const CONTENT_DIGEST: &str = "content-digest";
/// What it was called before. Source: RFC 3230 §4.3.2.
const DIGEST: &str = "digest";
/// The algorithm, in both.
const SHA_256: &str = "sha-256";

/// What a request says that its body is: `Content-Digest`, else `Digest`. Other algorithms beside it are passed over.
///
/// # Errors
/// 400 where it says nothing, or what cannot be read.
pub(crate) fn of_body(headers: &HeaderMap) -> Result<Sha256Sum, Refusal> {
    let sum = match listed(headers, CONTENT_DIGEST) {
        Some(item) => item.strip_prefix(':').and_then(|item| item.strip_suffix(':')).and_then(from_base64),
        None => match listed(headers, DIGEST) {
            Some(text) => from_base64(text),
            None => return Err(missing()),
        },
    };
    let malformed = "Content-Digest has sha-256=:…: with the SHA-256 of the body in base64";
    sum.ok_or_else(|| Refusal::bad("Content-Digest", malformed))
}

fn missing() -> Refusal {
    let detail = "Content-Digest must be given: sha-256=:…: with the SHA-256 of the body in base64";
    Refusal { code: Some(code::MISSING), ..Refusal::bad("Content-Digest", detail) }
}

/// What a header lists of the algorithm; the last counts. Source: RFC 8941 §3.2.
fn listed<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    let items = lines.flat_map(|line| line.split(',')).filter_map(|item| item.trim().split_once('='));
    let mut sums = items.filter(|(algorithm, _)| algorithm.eq_ignore_ascii_case(SHA_256)).map(|(_, sum)| sum);
    sums.next_back()
}

fn from_base64(text: &str) -> Option<Sha256Sum> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A sum in hexadecimal digits, as `sha256sum` writes it.
pub(crate) fn from_hex(text: &str) -> Option<Sha256Sum> {
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut sum = Sha256Sum::default();
    for (at, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(sum)
}

/// The header that says what a body is.
pub(crate) fn content_digest(sum: &Sha256Sum) -> String {
    format!("{SHA_256}=:{}:", STANDARD.encode(sum))
}

#[cfg(test)]
mod tests;
