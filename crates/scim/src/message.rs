//! Protocol messages and their URNs. Source: RFC 7644 §8.2.

mod search;

use serde_json::{Map, Value, json};

pub use search::SearchRequest;

/// URN of a list of resources.
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// URN of a PATCH request.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// URN of an error.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// URN of a query by POST.
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// URN of many operations in one request.
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of what would become of them, beside the answer: an extension of this server.
pub const BULK_DRY_RUN: &str = "urn:throng:scim:api:messages:1.0:BulkDryRun";
/// URN of what became of many operations.
pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// A page of resources. Source: RFC 7644 §3.4.2, RFC 9865 §2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListResponse {
    /// The page.
    pub resources: Vec<Value>,
    /// How many there are in all; None where that is not counted, which only a page by cursor may say.
    pub total: Option<u64>,
    /// The place of the first one, from 1; of pages by index.
    pub start_index: Option<u64>,
    /// Leads to the next page; None on the last one and on pages by index.
    pub next_cursor: Option<String>,
    /// Leads to the page before; None on the first one, and wherever there is no way back.
    pub previous_cursor: Option<String>,
}

impl ListResponse {
    /// All that there is, on one page.
    pub fn all(resources: Vec<Value>) -> Self {
        let total = Some(resources.len() as u64);
        Self { resources, total, start_index: Some(1), ..Self::default() }
    }

    /// The message. `Resources` is always there, so that clients which insist on it find an empty list.
    pub fn into_json(self) -> Value {
        let mut list = json!({ "schemas": [LIST_RESPONSE] });
        let numbers = [("totalResults", self.total), ("startIndex", self.start_index)];
        for (name, number) in numbers {
            if let Some(number) = number {
                list[name] = number.into();
            }
        }
        list["itemsPerPage"] = self.resources.len().into();
        for (name, cursor) in [("nextCursor", self.next_cursor), ("previousCursor", self.previous_cursor)] {
            if let Some(cursor) = cursor {
                list[name] = cursor.into();
            }
        }
        list["Resources"] = Value::Array(self.resources);
        list
    }
}

/// Takes a name out of a message, in any letter case.
pub(crate) fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    object.shift_remove(&key)
}

/// Whether `schemas` names a message, in any letter case.
pub(crate) fn is_named(object: &mut Map<String, Value>, urn: &str) -> bool {
    let schemas = take(object, "schemas");
    let is_it = |schema: &Value| schema.as_str().is_some_and(|text| text.eq_ignore_ascii_case(urn));
    schemas.as_ref().and_then(Value::as_array).is_some_and(|schemas| schemas.iter().any(is_it))
}
