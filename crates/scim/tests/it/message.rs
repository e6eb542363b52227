use serde_json::{Value, json};
use throng_scim::ScimType;
use throng_scim::message::{ListResponse, SEARCH_REQUEST, SearchRequest};
use throng_scim::projection::Projection;
use throng_scim::sort::SortOrder;

use crate::support::{assert_refused, user_type};

/// RFC 7644 §3.4.3.
#[test]
fn rfc7644_3_4_3_search() {
    let read = SearchRequest::read(json!({
        "schemas": [SEARCH_REQUEST],
        "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\"",
        "startIndex": 1,
        "count": 10,
    }))
    .unwrap();
    assert_eq!(read.filter.unwrap().to_string(), "displayName sw \"smith\"");
    assert_eq!((read.start_index, read.count, read.cursor, read.sort), (Some(1), Some(10), None, None));
    assert_eq!(read.projection, Projection::parse(Some("displayName,userName"), None).unwrap());
}

#[test]
fn every_parameter_is_read_tolerantly() {
    let read = SearchRequest::read(json!({
        "SCHEMAS": [SEARCH_REQUEST.to_uppercase()],
        "excludedattributes": "members, name.givenName",
        "SortBy": "meta.lastModified",
        "sortorder": "DESCENDING",
        "cursor": "",
        "count": -5,
        "startIndex": null,
        "filter": null,
    }))
    .unwrap();
    let sort = read.sort.unwrap();
    assert_eq!((sort.path.to_string().as_str(), sort.order), ("meta.lastModified", SortOrder::Descending));
    assert!(sort.check(user_type()).is_ok());
    assert_eq!((read.cursor.as_deref(), read.count, read.start_index), (Some(""), Some(-5), None));
    assert_eq!(read.projection, Projection::parse(None, Some("members,name.givenName")).unwrap());
}

#[test]
fn wrong_searches_are_refused() {
    let with = |name: &str, value: Value| {
        let mut message = json!({"schemas": [SEARCH_REQUEST]});
        message[name] = value;
        SearchRequest::read(message)
    };
    assert_refused(SearchRequest::read(json!("x")), ScimType::InvalidSyntax, "object");
    assert_refused(SearchRequest::read(json!({})), ScimType::InvalidSyntax, "schemas");
    assert_refused(with("schemas", json!(["urn:x"])), ScimType::InvalidSyntax, "schemas");
    for (name, value, scim_type, mentions) in [
        ("filter", json!(1), ScimType::InvalidValue, "filter"),
        ("filter", json!("userName eq"), ScimType::InvalidFilter, "byte 11"),
        ("count", json!("10"), ScimType::InvalidValue, "count"),
        ("count", json!(1.5), ScimType::InvalidValue, "count"),
        ("startIndex", json!(u64::MAX), ScimType::InvalidValue, "startIndex"),
        ("cursor", json!(1), ScimType::InvalidValue, "cursor"),
        ("attributes", json!([1]), ScimType::InvalidValue, "attributes"),
        ("attributes", json!(["a b"]), ScimType::InvalidPath, "byte"),
        ("sortBy", json!("a b"), ScimType::InvalidPath, "byte"),
    ] {
        assert_refused(with(name, value), scim_type, mentions);
    }
    let both = json!({"schemas": [SEARCH_REQUEST], "attributes": ["a"], "excludedAttributes": ["b"]});
    assert_refused(SearchRequest::read(both), ScimType::InvalidValue, "together");
    let order = json!({"schemas": [SEARCH_REQUEST], "sortBy": "userName", "sortOrder": "down"});
    assert_refused(SearchRequest::read(order), ScimType::InvalidValue, "sortOrder");
}

#[test]
fn lists_say_what_they_know() {
    assert_eq!(
        ListResponse::all(vec![json!({"id": "1"})]).into_json().to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
    );
    let page = ListResponse {
        next_cursor: Some("n".to_owned()),
        previous_cursor: Some("p".to_owned()),
        ..ListResponse::default()
    };
    assert_eq!(
        page.into_json().to_string(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"nextCursor":"n","previousCursor":"p","Resources":[]}"#
    );
}
