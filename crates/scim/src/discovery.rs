//! The discovery documents. Source: RFC 7644 §4, RFC 7643 §5–7, RFC 9865 §4.

use serde_json::{Value, json};

use crate::message::ListResponse;
use crate::schema::{Registry, ResourceType, SERVICE_PROVIDER_CONFIG_URN, Schema};

/// What is announced; the caller offers the same, and enforces the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whether lists can be sorted.
    pub sort: bool,
    /// The limits of `/Bulk`; None if it is not offered.
    pub bulk: Option<BulkLimits>,
    /// For how long a cursor is good at least, in seconds; None if there are no cursors.
    pub cursor_timeout_seconds: Option<u32>,
    /// Most resources one filtered query answers with.
    pub filter_results_max: u32,
    /// Resources a page has if the client does not say.
    pub page_size_default: u32,
    /// Most resources a page has.
    pub page_size_max: u32,
}

/// The limits of one bulk request. Source: RFC 7644 §3.7.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkLimits {
    /// Most operations.
    pub operations_max: u32,
    /// Most bytes of the body.
    pub bytes_max: u32,
}

/// `/ServiceProviderConfig`. Pages are by index unless a client asks for a cursor. `base_url` has no slash at its end. Source: RFC 7643 §5, RFC 9865 §4.
pub fn service_provider_config(limits: &Limits, base_url: &str) -> Value {
    let bulk = limits.bulk.unwrap_or(BulkLimits { operations_max: 0, bytes_max: 0 });
    let mut pagination = json!({
        "cursor": limits.cursor_timeout_seconds.is_some(),
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": limits.page_size_default,
        "maxPageSize": limits.page_size_max,
    });
    if let Some(seconds) = limits.cursor_timeout_seconds {
        pagination["cursorTimeout"] = seconds.into();
    }
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_URN],
        "patch": { "supported": true },
        "bulk": {
            "supported": limits.bulk.is_some(),
            "maxOperations": bulk.operations_max,
            "maxPayloadSize": bulk.bytes_max,
        },
        "filter": { "supported": true, "maxResults": limits.filter_results_max },
        "changePassword": { "supported": true },
        "sort": { "supported": limits.sort },
        "etag": { "supported": true },
        "pagination": pagination,
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
    ListResponse::all(resources).into_json()
}
