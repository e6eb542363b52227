//! The OpenAPI 3.1 description, made from the table of routes and the wire types.

mod schemas;

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::headers::{JSON, PROBLEM_JSON, SCIM_JSON};
use crate::router::declared::{Answer, Content, Field, Kind};
use crate::router::fields::{answer, query, request};
use crate::router::{Face, Policy, Route, routes};

/// What holds of every route is said once.
const ABOUT: &str = "A SCIM 2.0 directory with durable bulk jobs. Every answer to who has a key of an account tells of the \
                     requests that it may still send: RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, \
                     RateLimit-Policy.";

/// The description of every route.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for route in routes() {
        let path = paths.entry(route.path()).or_insert_with(|| json!({}));
        path[route.verb().as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Throng",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas::schemas(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "A key of an account, a token that was asked for with one, or an operator's key" },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary(),
        "parameters": parameters(route),
        "responses": responses(route),
        "security": match route.policy() {
            Policy::Public => json!([]),
            Policy::Guarded(_) => json!([{ "bearer": [] }]),
        },
    });
    if let Some((media_types, schema)) = route.takes {
        let content = media_types.iter().map(|media_type| ((*media_type).to_owned(), reference(schema)));
        // Who names an upload sends no body.
        let is_required = !route.query.iter().any(|field| field.name == query::UPLOAD_ID.name);
        operation["requestBody"] =
            json!({ "required": is_required, "content": content.collect::<Map<_, _>>() });
    }
    operation
}

/// `get_scim_v2_Users_id`: unique, as method and path are.
fn operation_id(route: &Route) -> String {
    let words = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let path: String = route.path().chars().filter(|c| !matches!(c, '{' | '}')).map(words).collect();
    format!("{}{path}", route.verb().as_str().to_lowercase())
}

fn parameters(route: &Route) -> Vec<Value> {
    let places = [("path", route.in_path), ("query", route.query), ("header", route.headers)];
    let parameters = places.into_iter().flat_map(|(place, fields)| {
        fields.iter().map(move |field| {
            json!({
                "name": field.name,
                "in": place,
                "required": place == "path",
                "description": field.about,
                "schema": schema_of(field.kind),
            })
        })
    });
    parameters.collect()
}

fn schema_of(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Sized { min, max } => json!({ "type": "string", "minLength": min, "maxLength": max }),
        Kind::Matching { pattern, max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern })
        }
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Word(word) => json!({ "type": "string", "const": word }),
        Kind::Integer { min, max, default } => {
            let mut schema = json!({ "type": "integer", "format": "int64", "minimum": min });
            if let Some(max) = max {
                schema["maximum"] = json!(max);
            }
            if let Some(default) = default {
                schema["default"] = json!(default);
            }
            schema
        }
    }
}

fn responses(route: &Route) -> Map<String, Value> {
    let mut responses = Map::new();
    for answer in route.gives {
        responses.insert(answer.status.to_string(), response(answer));
    }
    let error = error_of(route.face());
    for status in refusals(route) {
        let refusal = Answer {
            status,
            about: StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Refused"),
            body: Some(error),
            or: &[],
            headers: refusal_headers(status),
        };
        match responses.get_mut(&status.to_string()) {
            // A page and a refusal.
            Some(given) => add_content(given, &response(&refusal)),
            None => drop(responses.insert(status.to_string(), response(&refusal))),
        }
    }
    let about = "Refused for another reason";
    let other = Answer { status: 0, about, body: Some(error), or: &[], headers: &[] };
    responses.insert("default".to_owned(), response(&other));
    responses
}

/// Adds to an answer what one of the same status may have for a body instead.
fn add_content(answer: &mut Value, other: &Value) {
    if let Value::Object(contents) = &other["content"] {
        contents.iter().for_each(|(media_type, schema)| answer["content"][media_type] = schema.clone());
    }
}

/// The statuses of refusals: those that follow from what the route declares, and those that it adds.
fn refusals(route: &Route) -> BTreeSet<u16> {
    let reads = |field: Field| route.headers.iter().any(|read| read.name == field.name);
    let causes: [(bool, &[u16]); 7] = [
        // A malformed query is refused everywhere.
        (true, &[400]),
        (route.policy() != Policy::Public, &[401, 403, 429]),
        (!route.in_path.is_empty(), &[404]),
        (route.takes.is_some(), &[408, 413, 415]),
        (reads(request::IF_MATCH), &[412]),
        (reads(request::IDEMPOTENCY_KEY), &[409, 422]),
        // The report's description names neither.
        (route.policy() != Policy::Public && route.face() != Face::Report, &[500, 503]),
    ];
    let follow = causes.into_iter().filter(|(holds, _)| *holds).flat_map(|(_, statuses)| statuses);
    follow.chain(route.refuses).copied().collect()
}

/// The headers of a refusal. See [`crate::refusal::Refusal::headers`].
const fn refusal_headers(status: u16) -> &'static [Field] {
    match status {
        401 => &[answer::WWW_AUTHENTICATE],
        409 | 429 | 503 => &[answer::RETRY_AFTER],
        _ => &[],
    }
}

fn response(answer: &Answer) -> Value {
    let mut response = json!({ "description": answer.about });
    if let Some(Content { media_type, schema }) = answer.body {
        let media_types = std::iter::once(&media_type).chain(answer.or);
        let content = media_types.map(|media_type| ((*media_type).to_owned(), reference(schema)));
        response["content"] = Value::Object(content.collect());
    }
    if !answer.headers.is_empty() {
        let headers = answer.headers.iter().map(|field| (field.name.to_owned(), header(field)));
        response["headers"] = Value::Object(headers.collect());
    }
    response
}

fn header(field: &Field) -> Value {
    json!({ "description": field.about, "schema": schema_of(field.kind) })
}

fn reference(schema: &str) -> Value {
    json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } })
}

const fn error_of(face: Face) -> Content {
    match face {
        Face::Scim => Content { media_type: SCIM_JSON, schema: "ScimError" },
        Face::Report => Content { media_type: JSON, schema: "ReportError" },
        Face::OAuth => Content { media_type: JSON, schema: "OAuthError" },
        Face::Admin | Face::Native | Face::Public => Content { media_type: PROBLEM_JSON, schema: "Problem" },
    }
}
