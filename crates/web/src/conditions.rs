//! Entity tags and conditional requests. Source: RFC 9110 §8.8.3, §13.1; RFC 7644 §3.14.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use throng_directory::use_cases::versions::Precondition;

/// The weak tag of a version, as in `ETag` and `meta.version`.
pub(crate) fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// What `If-Match` asks. Tags that are none of ours match nothing.
pub(crate) fn if_match(headers: &HeaderMap) -> Precondition {
    match tags(headers, &IF_MATCH) {
        None => Precondition::None,
        Some(Tags::Any) => Precondition::Exists,
        Some(Tags::Versions(versions)) => Precondition::OneOf(versions),
    }
}

/// Whether `If-None-Match` says that the client has this version.
pub(crate) fn client_has(headers: &HeaderMap, version: i64) -> bool {
    match tags(headers, &IF_NONE_MATCH) {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::Versions(versions)) => versions.contains(&version),
    }
}

enum Tags {
    Any,
    Versions(Vec<i64>),
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    if !headers.contains_key(name) {
        return None;
    }
    let mut versions = Vec::new();
    for value in headers.get_all(name) {
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            if tag == "*" {
                return Some(Tags::Any);
            }
            versions.extend(version(tag));
        }
    }
    Some(Tags::Versions(versions))
}

/// The version of one of our tags, weak or not: comparison is weak everywhere.
fn version(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let ours = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if ours { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
