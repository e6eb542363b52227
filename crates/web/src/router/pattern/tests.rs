use std::borrow::Cow;

use super::{Found, Pattern, find};
use crate::path::segments;
use crate::router::{Face, Verb};

fn found(path: &str, verb: Verb) -> Result<(&'static str, String), (Face, String)> {
    let segments: Vec<Cow<'_, str>> = segments(path).unwrap();
    match find(&segments, Some(verb)) {
        Found::Route(route, params) => {
            let names = ["id", "jobId", "accountId", "account"];
            let values: Vec<&str> =
                names.iter().map(|name| params.get(name)).filter(|v| !v.is_empty()).collect();
            Ok((route.path(), values.join(" ")))
        }
        Found::OtherMethods(face, allow) => Err((face, allow)),
        Found::Nothing(face) => Err((face, String::new())),
    }
}

#[test]
fn routes_are_found_with_their_parameters() {
    assert_eq!(found("/scim/v2/Users/7", Verb::Get), Ok(("/scim/v2/Users/{id}", "7".to_owned())));
    let report = "/v2/Groups/JobReport/{jobId}";
    assert_eq!(found("/v2/Groups/JobReport/127", Verb::Get), Ok((report, "127".to_owned())));
    let report = "/scim/v2/Groups/JobReport/{jobId}";
    assert_eq!(found("/scim/v2/Groups/JobReport/127", Verb::Get), Ok((report, "127".to_owned())));
    let add = "/api/admin/user/v1/accounts/{accountId}/users:bulkAdd";
    for spelling in ["users:bulkAdd", "users%3AbulkAdd", "users%3abulkAdd"] {
        let path = format!("/api/admin/user/v1/accounts/ACME/{spelling}");
        assert_eq!(found(&path, Verb::Post), Ok((add, "ACME".to_owned())));
    }
    assert_eq!(found("/scim/v2/Users/.search", Verb::Post), Ok(("/scim/v2/Users/.search", String::new())));
}

#[test]
fn the_doubled_base_leads_to_the_same_routes() {
    let path = "/api/admin/user/api/admin/user/v1/accounts/ACME/jobs/5/users";
    let pattern = "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}/users";
    assert_eq!(found(path, Verb::Get), Ok((pattern, "5 ACME".to_owned())));
    assert!(found("/api/admin/user/api/admin/user/api/admin/user/v1/accounts/A/jobs", Verb::Get).is_err());
}

#[test]
fn case_and_length_are_exact() {
    let configured = found("/scim/v2/users", Verb::Get).unwrap();
    assert_eq!(configured.0, "/scim/v2/{type}", "not the users");
    for path in [
        "/SCIM/v2/Users",
        "/scim/v2/Users/1/2",
        "/v2/Groups/1",
        "/v2/Users",
        "/v2/groups/JobReport/1",
        "/scim/v2/Groups/JobReport/1/2",
    ] {
        assert_eq!(found(path, Verb::Get).unwrap_err().1, "", "{path}");
    }
}

#[test]
fn a_slash_at_the_end_leads_to_the_same_route() {
    for (path, pattern) in [
        ("/scim/v2/", "/scim/v2"),
        ("/scim/v2/Users/", "/scim/v2/Users"),
        ("/scim/v2/Users/7/", "/scim/v2/Users/{id}"),
        ("/scim/v2/Groups/7/members/", "/scim/v2/Groups/{id}/members"),
        ("/health/", "/health"),
    ] {
        assert_eq!(found(path, Verb::Get).unwrap().0, pattern, "{path}");
    }
    // An id that was left out names nothing that could be changed.
    assert_eq!(found("/scim/v2/Users/", Verb::Delete), Err((Face::Scim, "GET, HEAD, POST".to_owned())));
}

#[test]
fn other_methods_are_listed() {
    assert_eq!(found("/scim/v2/Schemas", Verb::Post), Err((Face::Scim, "GET, HEAD".to_owned())));
    let all = "GET, HEAD, PUT, PATCH, DELETE";
    assert_eq!(found("/scim/v2/Users/7", Verb::Post), Err((Face::Scim, all.to_owned())));
    assert_eq!(found("/v2/Groups/JobReport/1", Verb::Delete), Err((Face::Report, "GET, HEAD".to_owned())));
}

/// What stands in the table as a text is never taken for the parameter of a later path.
#[test]
fn a_path_keeps_to_the_first_pattern_that_it_fits() {
    for (path, verb, allow) in [
        ("/scim/v2/Users/.search", Verb::Get, "POST"),
        ("/scim/v2/Bulk", Verb::Get, "POST"),
        ("/scim/v2/Roles", Verb::Delete, "GET, HEAD"),
        ("/scim/v2/ResourceTypes/User", Verb::Patch, "GET, HEAD"),
    ] {
        assert_eq!(found(path, verb), Err((Face::Scim, allow.to_owned())), "{path}");
    }
    assert_eq!(found("/scim/v2/Devices/.search", Verb::Post).unwrap().0, "/scim/v2/{type}/.search");
    assert_eq!(found("/scim/v2/Devices/7", Verb::Put), Ok(("/scim/v2/{type}/{id}", "7".to_owned())));
}

#[test]
fn nothing_has_the_face_of_its_neighbourhood() {
    for (path, face) in [
        ("/scim/v3", Face::Scim),
        ("/scim/v2/Users/1/2/3", Face::Scim),
        ("/scim/v2/Groups/JobReport/1/2", Face::Report),
        ("/v2/Nothing", Face::Report),
        ("/api/admin/user/v1/nothing", Face::Admin),
        ("/api/v1/nothing", Face::Native),
        ("/", Face::Public),
    ] {
        assert_eq!(found(path, Verb::Get), Err((face, String::new())), "{path}");
    }
}

#[test]
fn a_verb_behind_a_parameter_is_split_off_at_the_last_colon() {
    let pattern = Pattern::parse("/jobs/{jobId}:stop");
    let params =
        |path: &str| pattern.matches(&segments(path).unwrap()).map(|params| params.get("jobId").to_owned());
    assert_eq!(params("/jobs/5:stop"), Some("5".to_owned()));
    assert_eq!(params("/jobs/a:b%3Astop"), Some("a:b".to_owned()));
    assert_eq!((params("/jobs/5"), params("/jobs/:stop"), params("/jobs/5:Stop")), (None, None, None));
}
