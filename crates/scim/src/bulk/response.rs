//! What became of each operation. Source: RFC 7644 §3.7.3.

use serde_json::{Map, Value, json};

use super::Entry;
use crate::error::Error;
use crate::message::BULK_RESPONSE;

/// What became of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// `method` of the request.
    pub method: String,
    /// `bulkId` of the request.
    pub bulk_id: Option<String>,
    /// The resource's version now, as in its `ETag`.
    pub version: Option<String>,
    /// The resource's URL; None only for a POST that failed.
    pub location: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// The body that a request of its own would have been answered with; always there if the status is not 2xx.
    pub response: Option<Value>,
    /// What else is said of it.
    pub more: Map<String, Value>,
}

impl Answer {
    /// An operation that went well.
    pub fn done(entry: &Entry, status: u16, location: Option<String>, version: Option<String>) -> Self {
        let Entry { method, bulk_id, .. } = entry;
        Self {
            method: method.clone(),
            bulk_id: bulk_id.clone(),
            version,
            location,
            status,
            response: None,
            more: Map::new(),
        }
    }

    /// An operation that was refused.
    pub fn refused(entry: &Entry, error: &Error, location: Option<String>) -> Self {
        let response = Some(error.to_json());
        Self { response, ..Self::done(entry, error.status, location, None) }
    }

    /// Whether it counts for `failOnErrors`.
    pub const fn is_error(&self) -> bool {
        self.status >= 400
    }

    fn into_json(self) -> Value {
        let mut json = json!({});
        let texts = [
            ("location", self.location),
            ("method", Some(self.method)),
            ("bulkId", self.bulk_id),
            ("version", self.version),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json[name] = text.into();
            }
        }
        json["status"] = self.status.to_string().into();
        if let Some(response) = self.response {
            json["response"] = response;
        }
        for (name, value) in self.more {
            json[name] = value;
        }
        json
    }

    /// The message, of the operations that were processed, in the order of the request.
    pub fn message(answers: Vec<Self>) -> Value {
        let operations: Vec<Value> = answers.into_iter().map(Self::into_json).collect();
        json!({ "schemas": [BULK_RESPONSE], "Operations": operations })
    }
}
