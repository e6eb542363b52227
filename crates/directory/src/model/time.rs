//! Times as text.

use jiff::Timestamp;
use throng_jobs::Instant;

/// RFC 3339, UTC, milliseconds: `2024-04-11T12:59:28.043Z`.
pub fn rfc3339_millis(at: Instant) -> String {
    let timestamp = Timestamp::from_microsecond(at.micros()).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

/// Reads RFC 3339, with any offset and any fraction of a second; microseconds are kept.
pub fn parse_rfc3339(text: &str) -> Option<Instant> {
    let timestamp: Timestamp = text.parse().ok()?;
    Some(Instant::from_micros(timestamp.as_microsecond()))
}

#[cfg(test)]
mod tests;
