//! The server itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
    /// What an answered write survives: `process`, `power-loss` or `node-loss`.
    #[schema(example = "power-loss")]
    pub durability: String,
    /// Panics in the workers of this node since its start. Each was caught, its job is tried again, and each is a defect
    /// to report.
    #[serde(default, rename = "workerPanics")]
    pub worker_panics: u64,
    /// Whether the clock has gone on by more than a day since this node looked at it last, so that nothing is thrown away
    /// until an operator says that it is right.
    #[serde(default, rename = "clockJumped")]
    pub clock_jumped: bool,
}

/// The limits that the server enforces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of a SCIM body that can list members.
    pub membership_body_bytes_max: u64,
    /// Bytes of any other SCIM or JSON body.
    pub body_bytes_max: u64,
    /// Bytes of an uploaded file.
    pub upload_bytes_max: u64,
    /// Parts of an upload.
    pub upload_parts_max: u64,
    /// Bytes of one part of an upload.
    pub upload_part_bytes_max: u64,
    /// Uploads of an account that are open at the same time.
    pub uploads_open_max: u64,
    /// Bytes of all open uploads of an account.
    pub uploads_bytes_max: u64,
    /// Seconds that an upload is kept after its last part.
    pub upload_kept_seconds: u64,
    /// Members listed in one request.
    pub members_per_request_max: u64,
    /// Bytes of a member value or a loginId.
    pub identifier_bytes_max: u64,
    /// Items of a membership write that may be finished before the answer.
    pub inline_items_max: u64,
    /// Seconds that a small membership write waits for its turn.
    pub inline_wait_seconds: u64,
    /// The longest `Prefer: wait=N`, in seconds.
    pub wait_seconds_max: u64,
    /// Members shown inside a group.
    pub embedded_members_max: u64,
    /// Members shown inside a group of the admin API that is read by itself.
    pub detailed_members_max: u64,
    /// Groups shown inside a user.
    pub embedded_groups_max: u64,
    /// Memberships at most between a user and a group that shows the user, or that the user shows.
    pub nesting_depth_max: u64,
    /// Groups nested in one group, itself included, whose members a filter looks through.
    pub nested_groups_max: u64,
    /// Resources of a SCIM list page when `count` is not given.
    pub count_default: u64,
    /// Resources of a SCIM list page.
    pub count_max: u64,
    /// Bytes of a filter.
    pub filter_bytes_max: u64,
    /// Comparisons and presence tests of a filter.
    pub filter_terms_max: u64,
    /// Resources that a list looks at before it is refused.
    pub list_candidates_max: u64,
    /// Seconds that a list looks before it is refused.
    pub list_seconds_max: u64,
    /// The last resource of a list, sorted as no index has it, that `startIndex` leads to.
    pub sorted_index_max: u64,
    /// Bytes of a resource as it is stored, without what is derived.
    pub resource_bytes_max: u64,
    /// About how many bytes a list page has at most: it ends early with the resource that makes it so many.
    pub page_bytes_max: u64,
    /// Records that a search of the audit log chooses, at most.
    pub audit_searched_max: u64,
    /// Records of an export of the audit log.
    pub audit_exported_max: u64,
    /// Refused requests of one source, and reads of one thing by one key, are told in the audit log once in so many seconds.
    pub audit_told_every_seconds: u64,
    /// Sources whose refused requests are told apart; those of all others are told together.
    pub audit_sources_max: u64,
    /// Seconds that a cursor is good.
    pub cursor_kept_seconds: u64,
    /// Operations of a bulk request.
    pub bulk_operations_max: u64,
    /// Bytes of a bulk request.
    pub bulk_bytes_max: u64,
    /// Rows of one import.
    pub import_rows_max: u64,
    /// Keys of one account.
    pub keys_max: u64,
    /// Days that a key is good, at most.
    pub key_days_max: u32,
    /// Seconds that an access token is good.
    pub access_token_seconds: u64,
    /// Users of a job on a page.
    pub job_users_page_size_max: u64,
    /// Jobs on a page.
    pub jobs_page_size_max: u64,
    /// Groups of the admin API on a page.
    pub groups_page_size_max: u64,
    /// Profiles on a page.
    pub profiles_page_size_max: u64,
    /// Characters of a job name.
    pub job_name_chars_max: u64,
    /// Streams of events of one account on one node.
    pub event_streams_max: u64,
    /// Bytes of a request's first line and headers.
    pub head_bytes_max: u64,
    /// Bytes of an `Idempotency-Key`.
    pub idempotency_key_bytes_max: u64,
    /// Seconds that an `Idempotency-Key` is remembered.
    pub idempotency_kept_seconds: u64,
}
