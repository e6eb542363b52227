//! The OpenAPI 3.1 description, made from the table of routes and the wire types.

use serde_json::{Map, Value, json};
use throng_api::{
    AccountCreate, AccountCreated, Health, JobAccepted, JobCount, JobDetails, JobReport, JobUser,
    JobUsersPage, JobsItem, JobsPage, KeyCreate, KeyCreated, Limits, Links, Pagination, Problem, ReportError,
    Violation,
};
use utoipa::ToSchema;

use crate::headers::{JSON, PROBLEM_JSON, SCIM_JSON};
use crate::router::{Content, Face, Policy, Route, routes};

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
            "description": "A SCIM 2.0 directory with durable bulk jobs",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let (status, answer) = route.gives;
    let mut responses = Map::new();
    responses.insert(status.to_string(), response("Done", answer));
    responses.insert("default".to_owned(), response("Refused", Some(error_of(route.face()))));
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary(),
        "parameters": parameters(route),
        "responses": responses,
        "security": match route.policy() {
            Policy::Public => json!([]),
            Policy::Guarded(_) => json!([{ "key": [] }]),
        },
    });
    if let Some(body) = route.takes {
        operation["requestBody"] = json!({ "required": true, "content": content(body) });
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
    let in_path = route.path().split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let path_parameters = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let numbers = ["startIndex", "count", "pageNumber", "pageSize"];
    let query_parameters = route.query.iter().map(|name| {
        let kind = if numbers.contains(name) { "integer" } else { "string" };
        json!({ "name": name, "in": "query", "required": false, "schema": { "type": kind } })
    });
    path_parameters.chain(query_parameters).collect()
}

fn response(description: &str, body: Option<Content>) -> Value {
    let mut response = json!({ "description": description });
    if let Some(body) = body {
        response["content"] = content(body);
    }
    response
}

fn content(body: Content) -> Value {
    json!({ body.media_type: { "schema": { "$ref": format!("#/components/schemas/{}", body.schema) } } })
}

const fn error_of(face: Face) -> Content {
    match face {
        Face::Scim => Content { media_type: SCIM_JSON, schema: "ScimError" },
        Face::Report => Content { media_type: JSON, schema: "ReportError" },
        Face::Admin | Face::Native | Face::Public => Content { media_type: PROBLEM_JSON, schema: "Problem" },
    }
}

fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<JobReport>(&mut schemas);
    add::<ReportError>(&mut schemas);
    add::<Problem>(&mut schemas);
    add::<Violation>(&mut schemas);
    add::<Pagination>(&mut schemas);
    add::<Links>(&mut schemas);
    add::<JobUsersPage>(&mut schemas);
    add::<JobUser>(&mut schemas);
    add::<JobAccepted>(&mut schemas);
    add::<JobDetails>(&mut schemas);
    add::<JobCount>(&mut schemas);
    add::<JobsPage>(&mut schemas);
    add::<JobsItem>(&mut schemas);
    add::<AccountCreate>(&mut schemas);
    add::<AccountCreated>(&mut schemas);
    add::<KeyCreate>(&mut schemas);
    add::<KeyCreated>(&mut schemas);
    add::<Health>(&mut schemas);
    add::<Limits>(&mut schemas);
    for (name, schema) in protocol_schemas() {
        schemas.insert(name.to_owned(), schema);
    }
    schemas
}

fn add<T: ToSchema>(schemas: &mut Map<String, Value>) {
    // A schema is made of maps with string keys and always becomes JSON.
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    schemas.insert(T::name().into_owned(), schema);
}

/// What is described elsewhere: SCIM's resources by `/scim/v2/Schemas`, this document by the OpenAPI standard.
fn protocol_schemas() -> [(&'static str, Value); 6] {
    let strings = json!({ "type": "array", "items": { "type": "string" } });
    [
        (
            "ScimResource",
            json!({ "type": "object", "properties": { "schemas": strings }, "additionalProperties": true }),
        ),
        (
            "ListResponse",
            json!({
                "type": "object",
                "required": ["schemas", "totalResults", "Resources"],
                "properties": {
                    "schemas": strings,
                    "totalResults": { "type": "integer" },
                    "startIndex": { "type": "integer" },
                    "itemsPerPage": { "type": "integer" },
                    "Resources": { "type": "array", "items": { "$ref": "#/components/schemas/ScimResource" } },
                },
            }),
        ),
        (
            "PatchOp",
            json!({
                "type": "object",
                "required": ["Operations"],
                "properties": {
                    "schemas": strings,
                    "Operations": { "type": "array", "items": { "type": "object" } },
                },
            }),
        ),
        (
            "ScimError",
            json!({
                "type": "object",
                "required": ["schemas", "status"],
                "properties": {
                    "schemas": strings,
                    "status": { "type": "string" },
                    "scimType": { "type": "string" },
                    "detail": { "type": "string" },
                },
            }),
        ),
        (
            "Upload",
            json!({
                "type": "object",
                "required": ["file"],
                "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } },
            }),
        ),
        ("OpenApi", json!({ "type": "object" })),
    ]
}
