//! Jobs of the native API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of the account's jobs, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobList {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A job of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its number in the account.
    #[schema(example = 4710)]
    pub number: i64,
    /// Its UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// `membership`, `import`, `deletion`, `restore`, `bulk`, their dry runs `plan`, `import_plan`, `deletion_plan`,
    /// `restore_plan`, `bulk_plan`, `export`, `forget`, or what clears away somebody who is gone: `clear_group`, `clear_user`,
    /// `clear_nested_group`.
    #[schema(example = "membership")]
    pub kind: String,
    /// What it changes: jobs of one target are worked one after the other.
    pub target: JobTarget,
    /// The client's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `PENDING`, `IN_PROGRESS`, `AWAITING_APPROVAL`, `ABORT_IN_PROGRESS`, or how it ended: `COMPLETED`, `FAILED`,
    /// `NO_CHANGE`, `ABORTED`.
    #[schema(example = "COMPLETED")]
    pub state: String,
    /// Of an ended job: `succeeded`, `partial`, `failed` or `aborted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "partial")]
    pub outcome: Option<String>,
    /// Its items. `created + updated + removed + ignored + failed + skipped = processed`, and
    /// `processed + pending = total`.
    pub counts: JobCounts,
    /// Settled items by reason, such as `not_found`.
    #[schema(example = json!({ "created": 3998, "already_member": 2 }))]
    pub reasons: BTreeMap<String, u64>,
    /// The number of the job of whose items these are tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrives: Option<i64>,
    /// The number of the job that is undone by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<i64>,
    /// The number of the dry run that is applied by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies: Option<i64>,
    /// It is a dry run: counts, reasons and items say what would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<JobDryRun>,
    /// Items that ask to add somebody.
    pub asked_create: u64,
    /// Items that ask to remove somebody.
    pub asked_destroy: u64,
    /// The client that submitted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// What identifies what was sent, in hexadecimal: SHA-256; of what may have passwords, files and bulk requests, one that
    /// takes the server's key to compute. Absent there where the server has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
    /// When its acceptance began.
    pub received_at: String,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Jobs of its target that come before it, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs_ahead: Option<u64>,
    /// Items a second, since it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_per_second: Option<u64>,
    /// Seconds until it ends if it goes on as it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
    /// Why it could not run, or waits for approval; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `low`, `normal` or `high`.
    #[schema(example = "normal")]
    pub priority: String,
    /// It does not begin before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// It does not begin before the job with this number has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// When it began to wait for approval, if it ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_at: Option<String>,
    /// The client that approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Until when it is kept with its items, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// What a dry run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobDryRun {
    /// The group's number; absent for a group that does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "115")]
    pub group: Option<String>,
    /// What would change beside the members.
    pub changes: Vec<JobChange>,
}

/// A change of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobChange {
    /// The attribute.
    #[schema(example = "displayName")]
    pub attribute: String,
    /// What it is; absent where it has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<serde_json::Value>,
    /// What it would be; absent where it would have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<serde_json::Value>,
}

/// What a job changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobTarget {
    /// `group`, `users`, `account` for a bulk request, `maintenance` behind somebody who is gone, or `nothing` for a dry
    /// run.
    #[serde(rename = "type")]
    #[schema(example = "group")]
    pub kind: String,
    /// The group's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "115")]
    pub id: Option<String>,
}

/// How many items of a job stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobCounts {
    /// All. Fixed when the job has found out whom a replace removes.
    pub total: u64,
    /// Added.
    pub created: u64,
    /// Changed.
    pub updated: u64,
    /// Removed.
    pub removed: u64,
    /// Without effect, and nothing is wrong.
    pub ignored: u64,
    /// Without effect, and something is wrong.
    pub failed: u64,
    /// Not attempted, because the job was stopped.
    pub skipped: u64,
    /// Settled.
    pub processed: u64,
    /// Not settled yet.
    pub pending: u64,
}

/// A page of the items of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobItemList {
    /// The job's state when the page was read.
    #[schema(example = "IN_PROGRESS")]
    pub state: String,
    /// The items.
    pub items: Vec<JobItem>,
    /// How many are chosen in all.
    pub total_items: u64,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What became of one item of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobItem {
    /// Its place in the request, from 0; of an import the row of the file, from 0, without the header.
    pub index: u64,
    /// `add`, `remove` or `replace`; of a bulk request also `patch`.
    #[schema(example = "add")]
    pub operation: String,
    /// What it names, as it was given.
    pub value: String,
    /// The SCIM id of whom it was about; absent where nobody was found, and of somebody who is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// `created`, `updated`, `removed`, `ignored`, `failed`, `skipped` or `pending`.
    #[schema(example = "ignored")]
    pub outcome: String,
    /// Why, by a stable code.
    #[schema(example = "already_member")]
    pub reason: String,
    /// What else is to be said, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What a dry run of an import would write, and what an operation of a bulk request changes; absent elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<JobChange>,
}

/// Which items of a job are tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRedrive {
    /// Those of these outcomes; `failed` and `skipped` when neither outcomes nor reasons are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["failed", "skipped"]))]
    pub outcomes: Vec<String>,
    /// Those for these reasons, of whatever outcome, such as `not_found`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// And those of these indexes, with other values than they were given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({ "17": "mary@acme.example" }))]
    pub values: BTreeMap<u64, String>,
}

/// Whom to delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersDelete {
    /// A filter of RFC 7644 over the users; `userName pr` finds all of them.
    #[schema(example = "meta.lastModified lt \"2020-01-01T00:00:00Z\"")]
    pub filter: String,
}

/// Whom to forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersForget {
    /// The id of a user, who is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Names that the person had besides: logins, e-mail addresses, the id of a user who is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["mary@acme.example"]))]
    pub names: Vec<String>,
}
