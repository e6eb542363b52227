//! What an answer says beside its body.

use reqwest::header::{ETAG, HeaderMap, LOCATION};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;

/// An answer to a SCIM request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status: 200, 201, 202 or 204.
    pub status: u16,
    /// The version, as `If-Match` takes it.
    pub etag: Option<String>,
    /// The new resource, or the report of a write that will be done (202).
    pub location: Option<String>,
    /// The number of the job that the write made: [`crate::Client::job_report`] says how it goes.
    pub job: Option<i64>,
    /// How many members the group has that are not shown; absent when all are shown or none were asked for.
    pub members_omitted: Option<u64>,
    /// Whether an earlier request with the same `Idempotency-Key` did the work.
    pub replayed: bool,
    /// The resource; null when the answer has no body.
    pub body: Value,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: Value) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status,
            etag: text(ETAG.as_str()),
            location: text(LOCATION.as_str()),
            job: text("throng-job").and_then(|number| number.parse().ok()),
            members_omitted: text("throng-members-omitted").and_then(|count| count.parse().ok()),
            replayed: text("idempotent-replayed").is_some_and(|value| value == "true"),
            body,
        }
    }

    /// The resource's `id`, whether it is written as a string or, as the dialect `firstup` does, as a number.
    ///
    /// # Errors
    /// `Unreadable` when there is none.
    pub fn id(&self) -> Result<String, Error> {
        match self.body.get("id") {
            Some(Value::String(id)) => Ok(id.clone()),
            Some(Value::Number(id)) => Ok(id.to_string()),
            _ => Err(Error::Unreadable {
                request: "a SCIM request".to_owned(),
                body: self.body.to_string(),
                reason: "the resource has no id".to_owned(),
            }),
        }
    }
}

/// A page of SCIM resources. Source: RFC 7644 §3.4.2.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// Resources of all pages.
    pub total_results: u64,
    /// The place of the first of these among all, from 1.
    #[serde(default = "first")]
    pub start_index: u64,
    /// The resources of this page.
    #[serde(default, rename = "Resources")]
    pub resources: Vec<Value>,
}

const fn first() -> u64 {
    1
}
