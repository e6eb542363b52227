//! The one reading of a path: decoded once, and routing and authorisation see the same pieces.

use std::borrow::Cow;

use crate::refusal::Refusal;

/// The decoded pieces between the slashes. One slash at the end is passed over.
///
/// # Errors
/// 400 for what two readers could read differently: `//`, `;`, encoded slashes, backslashes, control characters,
/// `.` and `..`, broken escapes, bytes that are not UTF-8.
pub(crate) fn segments(raw: &str) -> Result<Vec<Cow<'_, str>>, Refusal> {
    let Some(rest) = raw.strip_prefix('/') else { return Err(refused()) };
    if raw.contains("//") {
        return Err(refused());
    }
    rest.strip_suffix('/').unwrap_or(rest).split('/').map(segment).collect()
}

fn segment(raw: &str) -> Result<Cow<'_, str>, Refusal> {
    let text = decode(raw, false).ok_or_else(refused)?;
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ';');
    if text == "." || text == ".." || text.contains(forbidden) {
        return Err(refused());
    }
    Ok(text)
}

fn refused() -> Refusal {
    Refusal::bad("", "the path is malformed")
}

/// Undoes percent encoding; with `plus`, `+` is a space. `None` for broken escapes and for what is not UTF-8.
pub(crate) fn decode(raw: &str, plus: bool) -> Option<Cow<'_, str>> {
    if !raw.bytes().any(|b| b == b'%' || (plus && b == b'+')) {
        return Some(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => bytes.push(hex(rest.next()?)? << 4 | hex(rest.next()?)?),
            b'+' if plus => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Percent-encodes everything but the unreserved characters. Source: RFC 3986 §2.3.
pub(crate) fn encode(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
