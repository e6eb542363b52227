//! Many operations in one request: reading them, putting them in order, and answering. Source: RFC 7644 §3.7.
//!
//! An operation may speak of a resource that another operation of the same request makes, by `bulkId:` and that
//! operation's `bulkId` in the place of an id. [`BulkRequest::plan`] says in which order such operations can run;
//! before an operation runs, [`Operation::resolve`] puts the ids in.

mod plan;
mod references;
mod response;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub use plan::Step;
pub use response::Answer;

use crate::discovery::BulkLimits;
use crate::error::Error;
use crate::message::{BULK_REQUEST, PATCH_OP, is_named, take};

/// Bytes of a `bulkId`.
pub const BULK_ID_BYTES_MAX: usize = 256;

/// What an operation does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Makes it.
    Post,
    /// Replaces it.
    Put,
    /// Changes it.
    Patch,
    /// Deletes it.
    Delete,
}

impl Method {
    /// The name, as HTTP has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Post, Self::Put, Self::Patch, Self::Delete];
        all.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text))
    }
}

/// Which resource of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one with this id.
    Id(String),
    /// The one that the operation with this `bulkId` makes.
    BulkId(String),
}

/// One operation, well-formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What it does.
    pub method: Method,
    /// `/Users`; whether there is such an endpoint the caller knows.
    pub endpoint: String,
    /// Which resource; None for POST.
    pub target: Option<Target>,
    /// The version that the resource must have, as in `If-Match`.
    pub version: Option<String>,
    /// The body that a request of its own would have: null for DELETE. A PATCH whose data is a bare array of operations
    /// (as in the RFC's own examples, erratum 5050) has become a `PatchOp` message.
    pub data: Value,
}

/// One entry of a bulk request. What is wrong with it concerns it alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `method` as it was given; empty if it was none.
    pub method: String,
    /// `bulkId`.
    pub bulk_id: Option<String>,
    /// What to do, or why that cannot be done.
    pub operation: Result<Operation, Error>,
}

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// After so many errors nothing more is done; None: everything is tried.
    pub fail_on_errors: Option<u32>,
    /// In the order of the request.
    pub entries: Vec<Entry>,
}

impl BulkRequest {
    /// Reads the message. Whether its bytes are too many the caller has seen before it parsed them
    /// ([`BulkRequest::too_large`]).
    ///
    /// # Errors
    /// 400 `invalidSyntax` for what is no object with this message's URN in `schemas` or has no array `Operations`; 413,
    /// naming the limit, for too many of them; 400 `invalidValue` for a `failOnErrors` that is no positive integer and
    /// for a `bulkId` that is there twice.
    pub fn read(message: Value, limits: &BulkLimits) -> Result<Self, Error> {
        let Value::Object(mut message) = message else {
            return Err(Error::invalid_syntax("a BulkRequest is a JSON object"));
        };
        if !is_named(&mut message, BULK_REQUEST) {
            return Err(Error::invalid_syntax(format!("schemas must name {BULK_REQUEST}")));
        }
        let fail_on_errors = match take(&mut message, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
                None | Some(0) => {
                    return Err(Error::invalid_value("failOnErrors must be a positive integer"));
                }
                count => count,
            },
        };
        let Some(Value::Array(operations)) = take(&mut message, "Operations") else {
            return Err(Error::invalid_syntax("Operations must be an array"));
        };
        if operations.len() > limits.operations_max as usize {
            return Err(Error::too_large(format!(
                "a bulk request has at most {} operations (maxOperations)",
                limits.operations_max
            )));
        }
        let mut seen = BTreeSet::new();
        let mut entries = Vec::with_capacity(operations.len());
        for operation in operations {
            let entry = Entry::read(operation)?;
            if let Some(id) = &entry.bulk_id
                && !seen.insert(id.clone())
            {
                return Err(Error::invalid_value(format!("two operations have the bulkId {id:?}")));
            }
            entries.push(entry);
        }
        Ok(Self { fail_on_errors, entries })
    }

    /// The refusal of a body with too many bytes: 413. Source: RFC 7644 §3.7.4.
    pub fn too_large(limits: &BulkLimits) -> Error {
        Error::too_large(format!("a bulk request has at most {} bytes (maxPayloadSize)", limits.bytes_max))
    }
}

impl Entry {
    fn read(entry: Value) -> Result<Self, Error> {
        let Value::Object(mut entry) = entry else {
            return Err(Error::invalid_syntax("an operation is a JSON object"));
        };
        let method = match take(&mut entry, "method") {
            Some(Value::String(method)) => method,
            _ => String::new(),
        };
        let bulk_id = match take(&mut entry, "bulkId") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) if !id.is_empty() && id.len() <= BULK_ID_BYTES_MAX => Some(id),
            Some(_) => {
                let detail = format!("a bulkId is a string of 1 to {BULK_ID_BYTES_MAX} bytes");
                return Err(Error::invalid_value(detail));
            }
        };
        let operation = Operation::read(&method, bulk_id.as_deref(), &mut entry);
        Ok(Self { method, bulk_id, operation })
    }
}

impl Operation {
    fn read(method: &str, bulk_id: Option<&str>, entry: &mut Map<String, Value>) -> Result<Self, Error> {
        let method = Method::parse(method)
            .ok_or_else(|| Error::invalid_value("method must be POST, PUT, PATCH or DELETE"))?;
        if method == Method::Post && bulk_id.is_none() {
            return Err(Error::invalid_value("a POST needs a bulkId"));
        }
        let Some(Value::String(path)) = take(entry, "path") else {
            return Err(Error::invalid_value("path must be a string such as /Users/2819c223"));
        };
        let (endpoint, target) = read_path(&path, method)?;
        let version = match take(entry, "version") {
            None | Some(Value::Null) => None,
            Some(Value::String(version)) => Some(version),
            Some(_) => return Err(Error::invalid_value("version must be a string")),
        };
        let data = match (method, take(entry, "data")) {
            (Method::Delete, _) => Value::Null,
            (Method::Patch, Some(Value::Array(operations))) => {
                json!({ "schemas": [PATCH_OP], "Operations": operations })
            }
            (_, Some(data @ Value::Object(_))) => data,
            (_, None | Some(Value::Null)) => {
                return Err(Error::invalid_value(format!("{} needs data", method.as_str())));
            }
            _ => return Err(Error::invalid_syntax("data must be a JSON object")),
        };
        Ok(Self { method, endpoint, target, version, data })
    }
}

/// `/Endpoint`, or `/Endpoint/id`; the first slash may be missing, and another may follow.
fn read_path(path: &str, method: Method) -> Result<(String, Option<Target>), Error> {
    let wrong = |what: &str| {
        let path = crate::path::shorten(path);
        Err(Error::invalid_value(format!("the path {path:?} is wrong for {}: {what}", method.as_str())))
    };
    if path.contains(['?', '#']) || path.chars().any(char::is_control) {
        return wrong("it has no parameters");
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let (endpoint, id) = path.split_once('/').map_or((path, None), |(endpoint, id)| (endpoint, Some(id)));
    if endpoint.is_empty() || id.is_some_and(|id| id.is_empty() || id.contains('/')) {
        return wrong("such as /Users, or /Users and a slash and an id");
    }
    let target = id.map(|id| match references::bulk_id(id) {
        Some(id) => Target::BulkId(id.to_owned()),
        None => Target::Id(id.to_owned()),
    });
    match (method, &target) {
        (Method::Post, Some(_)) => wrong("a new resource has no id yet"),
        (Method::Put | Method::Patch | Method::Delete, None) => wrong("an id is missing"),
        _ => Ok((format!("/{endpoint}"), target)),
    }
}
