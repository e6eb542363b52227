//! Entity tags and conditional requests. Source: RFC 9110 §8.8.3, §13.1; RFC 7644 §3.14.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use throng_directory::use_cases::versions::{Precondition, Versions};

/// The weak tag of a version, as in `ETag` and `meta.version`.
pub(crate) fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// What a write asks of the version. Tags that are none of ours match nothing.
pub(crate) fn precondition(headers: &HeaderMap) -> Precondition {
    Precondition { one_of: versions(headers, &IF_MATCH), none_of: versions(headers, &IF_NONE_MATCH) }
}

/// Whether `If-None-Match` of a GET says that the client has this version.
pub(crate) fn client_has(headers: &HeaderMap, version: i64) -> bool {
    versions(headers, &IF_NONE_MATCH).is_some_and(|versions| versions.has(version))
}

fn versions(headers: &HeaderMap, name: &HeaderName) -> Option<Versions> {
    if !headers.contains_key(name) {
        return None;
    }
    let mut versions = Vec::new();
    for value in headers.get_all(name) {
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            if tag == "*" {
                return Some(Versions::Any);
            }
            versions.extend(version(tag));
        }
    }
    Some(Versions::Listed(versions))
}

/// The version of one of our tags, weak or not: comparison is weak everywhere.
fn version(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let ours = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if ours { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
