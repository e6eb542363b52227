//! The discovery documents. Source: RFC 7644 §4, RFC 7643 §5–7, RFC 9865 §4.

use serde_json::{Value, json};

use crate::message;
use crate::schema::{Registry, ResourceType, SERVICE_PROVIDER_CONFIG_URN, Schema};

/// The numbers that are announced; the caller enforces the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most resources one filtered query answers with.
    pub filter_results_max: u32,
    /// Resources a page has if the client does not say.
    pub page_size_default: u32,
    /// Most resources a page has.
    pub page_size_max: u32,
    /// How long a cursor is good, in seconds.
    pub cursor_timeout_seconds: u32,
}

/// `/ServiceProviderConfig`. `base_url` has no slash at its end. Source: RFC 7643 §5, RFC 9865 §4.
pub fn service_provider_config(limits: &Limits, base_url: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_URN],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": limits.filter_results_max },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page_size_default,
            "maxPageSize": limits.page_size_max,
            "cursorTimeout": limits.cursor_timeout_seconds,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "An API key in the Authorization header, as a bearer token",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base_url}/ServiceProviderConfig"),
        },
    })
}

/// `/Schemas`: all of them. Source: RFC 7644 §4.
pub fn schemas(registry: &Registry, base_url: &str) -> Value {
    all(registry.schemas().iter().map(|schema| show_schema(schema, base_url)).collect())
}

/// `/Schemas/{urn}`; None if there is no such schema.
pub fn schema(registry: &Registry, urn: &str, base_url: &str) -> Option<Value> {
    registry.schema(urn).map(|schema| show_schema(schema, base_url))
}

/// `/ResourceTypes`: all of them. Source: RFC 7644 §4.
pub fn resource_types(registry: &Registry, base_url: &str) -> Value {
    all(registry.resource_types().map(|found| show_resource_type(found, base_url)).collect())
}

/// `/ResourceTypes/{name}`; None if there is no such type.
pub fn resource_type(registry: &Registry, name: &str, base_url: &str) -> Option<Value> {
    registry.resource_type(name).map(|found| show_resource_type(found, base_url))
}

fn show_schema(schema: &Schema, base_url: &str) -> Value {
    with_meta(schema.to_json(), "Schema", &format!("{base_url}/Schemas/{}", schema.id))
}

fn show_resource_type(found: &ResourceType, base_url: &str) -> Value {
    with_meta(found.to_json(), "ResourceType", &format!("{base_url}/ResourceTypes/{}", found.name))
}

fn with_meta(mut resource: Value, resource_type: &str, location: &str) -> Value {
    resource["meta"] = json!({ "resourceType": resource_type, "location": location });
    resource
}

fn all(resources: Vec<Value>) -> Value {
    let total = resources.len() as u64;
    message::list_response(resources, total, 1)
}
