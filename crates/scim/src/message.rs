//! Protocol messages and their URNs. Source: RFC 7644 §8.2.

use serde_json::{Value, json};

/// URN of a list of resources.
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// URN of a PATCH request.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// URN of an error.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// URN of a query by POST.
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A list of resources: `total` counts all matches, `start_index` is 1-based. `Resources` is always there, so that
/// clients which insist on it find an empty list. Source: RFC 7644 §3.4.2.
pub fn list_response(resources: Vec<Value>, total: u64, start_index: u64) -> Value {
    let mut list = json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
    });
    list["Resources"] = Value::Array(resources);
    list
}
