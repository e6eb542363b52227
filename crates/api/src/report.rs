//! The report of an asynchronous change of a group's members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What `GET /v2/Groups/JobReport/{jobId}` answers with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobReport {
    /// Job unique identifier.
    #[schema(example = 127)]
    pub id: i64,
    /// Group unique identifier.
    #[schema(example = 3242)]
    pub group_id: i64,
    /// `ongoing` or `finished`.
    #[schema(pattern = "^(ongoing|finished)$", example = "finished")]
    pub status: String,
    /// The type of request that launched the job: `group_create` or `group_update`.
    #[schema(pattern = "^group_(create|update)$", example = "group_update")]
    pub request_type: String,
    /// JSON in a string: the number of members asked to be added (`create`) and removed (`destroy`).
    #[schema(example = "{\"create\":4,\"destroy\":7}")]
    pub requested_changes: String,
    /// When the job was launched: RFC 3339, UTC, milliseconds.
    #[schema(format = DateTime, example = "2024-04-11T12:59:28.043Z")]
    pub request_received_at: String,
    /// Members added to the group.
    pub members_created_count: u64,
    /// Members removed from the group.
    #[schema(example = 1)]
    pub members_removed_count: u64,
    /// Members processed: added, removed, ignored, failed or skipped.
    #[schema(example = 11)]
    pub members_processed_count: u64,
    /// Members waiting to be processed.
    pub members_pending_count: u64,
    /// What is worth saying, joined by `; `; empty when there is nothing.
    #[schema(example = "4 user(s) not added (already members?); 6 user(s) not removed (not members?)")]
    pub messages: String,
}

/// An error of the job report: as SCIM's, but with an integer `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportError {
    /// The URN of SCIM's error message, alone.
    #[schema(example = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]))]
    pub schemas: Vec<String>,
    /// What was wrong.
    #[schema(example = "Reason for bad request")]
    pub detail: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
}
