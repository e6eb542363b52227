//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::jobs::{Links, Pagination};

/// Which records of the audit log. What is absent chooses all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditSearch {
    /// At this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2021-11-13T20:25:39.534Z")]
    pub start_date: Option<String>,
    /// At this time or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2021-11-15T16:07:12.723Z")]
    pub end_date: Option<String>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "CREATED")]
    pub event: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What kind of thing it was done to.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "PROFILE")]
    pub kind: Option<String>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "192.0.2.7")]
    pub ip_address: Option<String>,
    /// A text in any field but the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_keyword: Option<String>,
}

/// A record of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// When.
    #[schema(format = DateTime, example = "2021-11-14T09:24:05.234Z")]
    pub date: String,
    /// What happened.
    #[schema(example = "CREATED")]
    pub event: String,
    /// The name of the key's client; `operator`, `system`, or empty for who is not known.
    pub author: String,
    /// From where; empty when that is not known.
    pub ip_address: String,
    /// What kind of thing it was done to.
    #[serde(rename = "type")]
    #[schema(example = "PROFILE")]
    pub kind: String,
    /// The thing's `id` and `name`, `result`, and what else there is to say.
    #[schema(additional_properties)]
    pub audit_data: Map<String, Value>,
}

/// A page of records of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecordsPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The records.
    pub audit_records: Vec<AuditRecord>,
    /// The neighbouring pages.
    pub links: Links,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Counts the account's rows, from 1, without gaps.
    pub number: i64,
    /// Its own id.
    pub id: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub at: String,
    /// What happened.
    #[schema(example = "UPDATED")]
    pub event: String,
    /// What kind of thing it happened to.
    #[serde(rename = "type")]
    #[schema(example = "USER")]
    pub kind: String,
    /// The thing's id; empty where it has none, and where a person was forgotten.
    pub object: String,
    /// The thing's name, unless it was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the key's client; `operator`, `system`, or empty for who is not known.
    pub actor: String,
    /// The public part of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The client's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The id of the person whom a key was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The id of the request, as in `X-Request-Id` of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// `SUCCESS` or `FAILURE`.
    #[schema(example = "SUCCESS")]
    pub result: String,
    /// What else there is to say.
    #[schema(additional_properties)]
    pub detail: Map<String, Value>,
    /// SHA-256 over the row before and this one, in hexadecimal digits.
    pub hash: String,
}

/// A page of rows of the audit log, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditList {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
