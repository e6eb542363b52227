use std::collections::HashSet;

use serde_json::{Value, json};
use throng_directory::Permission;

use super::fields::answer;
use super::{Face, Guard, Policy, Verb, openapi, routes};
use crate::headers;

#[test]
fn the_description_has_every_route_and_no_other() {
    let described = openapi();
    let paths = described["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, routes().count());
    for route in routes() {
        let operation = &paths[route.path()][route.verb().as_str().to_lowercase()];
        assert_eq!(operation["summary"], route.summary(), "{}", route.path());
        let public = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(public, route.policy() == Policy::Public, "{}", route.path());
    }
    assert_eq!(described["openapi"], "3.1.0");
}

/// Every `$ref` under a value.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let described = openapi();
    let mut found = Vec::new();
    references(&described, &mut found);
    for name in ["JobReport", "Violation", "ScimError", "ReportError", "Problem"] {
        assert!(found.contains(&format!("#/components/schemas/{name}").as_str()), "{name}");
    }
    for reference in found {
        assert!(described.pointer(&reference[1..]).is_some_and(Value::is_object), "{reference}");
    }
}

/// The operations of the description, each with its path and verb.
fn operations(described: &Value) -> Vec<(String, &Value)> {
    let paths = described["paths"].as_object().unwrap();
    let verbs = |(path, item): (&String, _)| {
        let verbs: Vec<_> =
            Value::as_object(item).unwrap().iter().map(|(v, op)| (format!("{v} {path}"), op)).collect();
        verbs
    };
    paths.iter().flat_map(verbs).collect()
}

#[test]
fn every_parameter_of_a_path_is_declared_and_no_other() {
    for (place, operation) in operations(&openapi()) {
        let expected: Vec<&str> =
            place.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
        let mut seen = HashSet::new();
        let mut declared = Vec::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let (name, kind) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            assert!(seen.insert((name, kind)), "{place} {name}");
            assert_eq!(parameter["required"], kind == "path", "{place} {name}");
            assert!(parameter["schema"]["type"].is_string(), "{place} {name}");
            if kind == "path" {
                declared.push(name);
            }
        }
        assert_eq!(declared, expected, "{place}");
    }
}

#[test]
fn every_response_has_a_description_and_stands_once() {
    for route in routes() {
        let mut seen = HashSet::new();
        let statuses = route.gives.iter().map(|answer| answer.status).chain(route.refuses.iter().copied());
        for status in statuses {
            assert!(seen.insert(status), "{} {status}", route.path());
        }
    }
    for (place, operation) in operations(&openapi()) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("default"), "{place}");
        for (status, response) in responses {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{place} {status}");
        }
    }
}

fn codes(operation: &Value) -> Vec<&str> {
    let mut codes: Vec<&str> =
        operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn the_report_is_described_as_the_seed_does() {
    let described = openapi();
    let report = &described["paths"]["/v2/Groups/JobReport/{jobId}"]["get"];
    let schema = json!({ "type": "integer", "format": "int64", "minimum": 1 });
    // Ours beside the seed's: headers for those who ask again and again, and an end of asking too often.
    let (headers, parameters): (Vec<&Value>, Vec<&Value>) =
        report["parameters"].as_array().unwrap().iter().partition(|parameter| parameter["in"] == "header");
    assert_eq!(parameters.len(), 1);
    assert_eq!((&parameters[0]["name"], &parameters[0]["schema"]), (&json!("jobId"), &schema));
    assert!(headers.iter().all(|header| header["required"] != true), "{headers:?}");
    assert_eq!(codes(report), ["200", "304", "400", "401", "403", "404", "429", "default"]);
    for status in ["400", "401", "403", "404"] {
        let schema = &report["responses"][status]["content"]["application/json"]["schema"];
        assert_eq!(schema["$ref"], "#/components/schemas/ReportError");
    }
    assert_eq!(described["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[test]
fn answers_are_described_by_their_codes_and_headers() {
    let described = openapi();
    let paths = &described["paths"];
    let upload = &paths["/api/admin/user/v1/accounts/{accountId}/users:bulkAdd"]["post"];
    let expected = [
        "202", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500", "503", "default",
    ];
    assert_eq!(codes(upload), expected);
    let problem = &upload["responses"]["413"]["content"]["application/problem+json"]["schema"];
    assert_eq!(problem["$ref"], "#/components/schemas/Problem");
    let group = &paths["/scim/v2/Groups/{id}"]["patch"]["responses"];
    assert!(group["202"]["content"].is_null());
    let mut headers: Vec<&String> = group["202"]["headers"].as_object().unwrap().keys().collect();
    headers.sort_unstable();
    let expected =
        ["ETag", "Idempotent-Replayed", "Link", "Location", "Preference-Applied", "Set-Txn", "Throng-Job"];
    assert_eq!(headers, expected);
    assert!(group["200"]["headers"]["Throng-Members-Omitted"].is_object());
    let error = &group["412"]["content"]["application/scim+json"]["schema"]["$ref"];
    assert_eq!(error, "#/components/schemas/ScimError");
    let stub = codes(&paths["/scim/v2/Me"]["post"]);
    assert_eq!(stub, ["400", "401", "403", "429", "500", "501", "503", "default"]);
}

#[test]
fn limits_of_parameters_are_those_that_are_enforced() {
    let described = openapi();
    let schema = |path: &str, name: &str| {
        let parameters = described["paths"][path]["get"]["parameters"].as_array().unwrap();
        parameters.iter().find(|parameter| parameter["name"] == name).unwrap()["schema"].clone()
    };
    let jobs = "/api/admin/user/v1/accounts/{accountId}/jobs";
    let users = "/api/admin/user/v1/accounts/{accountId}/jobs/{jobId}/users";
    let size = json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": 50, "default": 10 });
    assert_eq!(schema(jobs, "pageSize"), size);
    assert_eq!(schema(users, "pageSize")["maximum"], 1_000);
    assert_eq!(schema(users, "pageNumber")["default"], 1);
    assert_eq!(schema(users, "filter")["maxLength"], 255);
    assert_eq!(schema(users, "appkey")["type"], "string");
    let count =
        json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": 1_000, "default": 100 });
    assert_eq!(schema("/scim/v2/Users", "count"), count);
}

#[test]
fn header_names_are_those_that_are_sent() {
    let pairs = [
        (answer::THRONG_JOB, headers::THRONG_JOB),
        (answer::MEMBERS_OMITTED, headers::MEMBERS_OMITTED),
        (answer::IDEMPOTENT_REPLAYED, headers::IDEMPOTENT_REPLAYED),
        (answer::PREFERENCE_APPLIED, headers::PREFERENCE_APPLIED),
        (answer::SET_TXN, headers::SET_TXN),
    ];
    for (field, name) in pairs {
        assert_eq!(field.name.to_lowercase(), name.as_str());
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
        routes().filter(|route| route.policy() == Policy::Public).map(super::Route::path).collect();
    let expected = [
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/Schemas",
        "/scim/v2/Schemas/{id}",
        "/scim/v2/ResourceTypes",
        "/scim/v2/ResourceTypes/{id}",
        "/api/v1/limits",
        "/health",
        "/openapi.json",
        // They authenticate clients by themselves.
        "/oauth/token",
        "/api/auth/v1/{accountId}/protocol/openid-connect/token",
        // People, by what they know.
        "/oauth/authorize",
        "/oauth/authorize",
        "/oauth/introspect",
        "/oauth/revoke",
        // What everybody may know.
        "/oauth/jwks",
        "/.well-known/oauth-authorization-server",
    ];
    assert_eq!(public, expected);
}

#[test]
fn policies_follow_the_faces() {
    for route in routes() {
        match (route.face(), route.policy()) {
            // The one path of the description that names no account.
            (Face::Admin, policy) if route.path() == "/api/admin/group/v1/group-types" => {
                assert_eq!(policy, Policy::Guarded(Guard::Permission(Permission::AdminRead)));
            }
            // A client shows who it is in the form.
            (Face::Admin, Policy::Public) if route.path().starts_with("/api/auth/v1/") => {}
            (Face::Admin, policy) => {
                let asks = [Permission::AdminRead, Permission::AdminWrite, Permission::AuditRead];
                let guards = asks.map(|permission| Policy::Guarded(Guard::AccountPath(permission)));
                assert!(guards.contains(&policy), "{}", route.path());
                let is_read = policy != Policy::Guarded(Guard::AccountPath(Permission::AdminWrite));
                // What is looked for in a body is read, too.
                let by_body =
                    [":search", ":listStatuses", ":export"].iter().any(|verb| route.path().ends_with(verb));
                assert_eq!(is_read, route.verb() == Verb::Get || by_body, "{}", route.path());
                assert!(route.path().contains("/{accountId}/"), "{}", route.path());
            }
            (Face::Report, policy) => {
                assert_eq!(policy, Policy::Guarded(Guard::Permission(Permission::JobReportRead)));
                assert_eq!(route.verb(), Verb::Get);
            }
            (Face::Scim, Policy::Guarded(guard)) => {
                assert!(matches!(guard, Guard::Permission(_)), "{}", route.path());
                let writes = [Permission::UsersWrite, Permission::GroupsWrite, Permission::ResourcesWrite];
                let stub = route.summary() == "Not implemented";
                // A search only reads, and what a bulk request writes is authorised operation by operation.
                let by_body = route.path().ends_with("/.search") || route.path().ends_with("/Bulk");
                let expected = route.verb() != Verb::Get && !stub && !by_body;
                let is_write = writes.into_iter().any(|permission| guard == Guard::Permission(permission));
                assert_eq!(is_write, expected, "{}", route.path());
            }
            _ => {}
        }
    }
}
