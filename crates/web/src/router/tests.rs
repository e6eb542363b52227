use std::collections::HashSet;

use throng_directory::Permission;

use super::{Face, Guard, Policy, Verb, openapi, routes};

#[test]
fn the_description_has_every_route_and_no_other() {
    let described = openapi();
    let paths = described["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, routes().len());
    for route in routes() {
        let operation = &paths[route.path()][route.verb().as_str().to_lowercase()];
        assert_eq!(operation["summary"], route.summary(), "{}", route.path());
        let public = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(public, route.policy() == Policy::Public, "{}", route.path());
    }
    assert_eq!(described["openapi"], "3.1.0");
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let described = openapi();
    let schemas = described["components"]["schemas"].as_object().unwrap();
    let text = described.to_string();
    let references: HashSet<&str> =
        text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.contains("JobReport") && references.contains("Violation"));
    for reference in references {
        assert!(schemas.contains_key(reference), "{reference}");
    }
}

#[test]
fn operation_ids_are_unique() {
    let described = openapi();
    let mut seen = HashSet::new();
    for path in described["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            assert!(seen.insert(operation["operationId"].to_string()), "{operation}");
        }
    }
}

#[test]
fn only_these_routes_are_public() {
    let public: Vec<&str> =
        routes().iter().filter(|route| route.policy() == Policy::Public).map(super::Route::path).collect();
    let expected = [
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/Schemas",
        "/scim/v2/Schemas/{id}",
        "/scim/v2/ResourceTypes",
        "/scim/v2/ResourceTypes/{id}",
        "/api/v1/limits",
        "/health",
        "/openapi.json",
    ];
    assert_eq!(public, expected);
}

#[test]
fn policies_follow_the_faces() {
    for route in routes() {
        match (route.face(), route.policy()) {
            (Face::Admin, policy) => {
                assert_eq!(
                    policy,
                    Policy::Guarded(Guard::AccountPath(Permission::Administer)),
                    "{}",
                    route.path()
                );
                assert!(route.path().contains("/{accountId}/"), "{}", route.path());
            }
            (Face::Report, policy) => {
                assert_eq!(policy, Policy::Guarded(Guard::Permission(Permission::JobReportRead)));
                assert_eq!(route.verb(), Verb::Get);
            }
            (Face::Scim, Policy::Guarded(guard)) => {
                assert!(matches!(guard, Guard::Permission(_)), "{}", route.path());
                let writes =
                    [Guard::Permission(Permission::UsersWrite), Guard::Permission(Permission::GroupsWrite)];
                let stub = route.summary() == "Not implemented";
                assert_eq!(writes.contains(&guard), route.verb() != Verb::Get && !stub, "{}", route.path());
            }
            _ => {}
        }
    }
}
