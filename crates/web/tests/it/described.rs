//! Whether what is answered is what the description says: every answer of these tests is held against it.

use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

use crate::house::Answer;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(throng_web::openapi);

/// Headers that any answer may have.
const COMMON: [&str; 12] = [
    "x-content-type-options",
    "content-security-policy",
    "referrer-policy",
    "cache-control",
    "strict-transport-security",
    "content-type",
    "content-length",
    "x-request-id",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-policy",
];

/// Status, media type and headers must be described. Paths without a route and other methods are not.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let path = &path.replace("%3A", ":").replace("%3a", ":");
    let method = if method == Method::HEAD { Method::GET } else { method.clone() };
    let verb = method.as_str().to_lowercase();
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let mut fitting: Vec<&str> =
        paths.keys().map(String::as_str).filter(|pattern| fits(pattern, path)).collect();
    // A text counts before a parameter, also one behind a parameter.
    fitting.sort_by_key(|pattern| (pattern.matches('{').count(), !pattern.contains("}:")));
    let Some(operation) = fitting.first().map(|pattern| &paths[*pattern][&verb]) else { return };
    if operation.is_null() {
        return;
    }
    let place = format!("{method} {path}: {}", answer.status);
    let described = &operation["responses"][answer.status.as_str()];
    assert!(described.is_object(), "{place} is not described");
    let media_type = answer.header("content-type");
    // Of what is gone nothing is shown to who asks again.
    let is_gone = answer.body.is_empty() && !answer.header("idempotent-replayed").is_empty();
    match described["content"].as_object().filter(|_| !is_gone) {
        None => assert_eq!(media_type, "", "{place}"),
        Some(content) => assert!(content.contains_key(media_type), "{place} {media_type}"),
    }
    for name in answer.headers.keys().map(http::HeaderName::as_str).filter(|name| !COMMON.contains(name)) {
        let mut names = described["headers"].as_object().into_iter().flat_map(|headers| headers.keys());
        assert!(names.any(|described| described.eq_ignore_ascii_case(name)), "{place} has {name}");
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pieces, texts) = (pattern.split('/'), path.split('/'));
    let same_length = pieces.clone().count() == texts.clone().count();
    same_length
        && pieces.zip(texts).all(|(piece, text)| match piece.split_once("}:") {
            Some((_, verb)) => text.rsplit_once(':').is_some_and(|(_, found)| found == verb),
            None => piece == text || (piece.starts_with('{') && !text.is_empty()),
        })
}

#[test]
fn patterns_fit_paths() {
    assert!(fits("/scim/v2/Users/{id}", "/scim/v2/Users/7"));
    assert!(!fits("/scim/v2/Users/{id}", "/scim/v2/Users/"));
    assert!(!fits("/scim/v2/Users/{id}", "/scim/v2/Groups/7"));
    assert!(!fits("/scim/v2/Users", "/scim/v2/Users/7"));
    assert!(fits("/jobs/{id}:stop", "/jobs/7:stop") && !fits("/jobs/{id}:stop", "/jobs/7"));
}
