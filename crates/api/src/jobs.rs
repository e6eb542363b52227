//! User jobs of the admin API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a page stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The page, from 1.
    #[schema(minimum = 1, example = 2)]
    pub page_number: u64,
    /// Records of a full page.
    #[schema(example = 10)]
    pub page_size: u64,
    /// Records of all pages.
    #[schema(example = 45)]
    pub total: u64,
}

/// The neighbouring pages: paths on this server, empty at the ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    /// The page before.
    pub prev: String,
    /// The page after.
    pub next: String,
}

/// A page of the users of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobUsersPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The users.
    pub users: Vec<JobUser>,
    /// The neighbouring pages.
    pub links: Links,
}

/// What became of one user of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobUser {
    /// The login, as given.
    #[schema(example = "something@domain.com")]
    pub login_id: String,
    /// The user's UUID; absent when there is no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid", example = "c8c2909d-75e9-484a-94c0-b7e8d30771ee")]
    pub user_id: Option<String>,
    /// `ADD`, `UPDATE`, `DELETE` or `NO_CHANGE`.
    #[schema(example = "ADD")]
    pub operation: String,
    /// `COMPLETED`, `NO_CHANGE`, `FAILED`, `PENDING`, `IN_PROGRESS` or `ABORTED`.
    #[schema(example = "COMPLETED")]
    pub status: String,
    /// For people.
    #[schema(example = "User successfully added")]
    pub message: String,
}

/// A job was accepted and will be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobAccepted {
    /// The job's UUID.
    #[schema(format = "uuid")]
    pub job_id: String,
    /// The path of the job.
    pub url: String,
    /// Columns of the file that nobody knows and that were passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_columns: Vec<String>,
}

/// A job is being stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobStopped {
    /// The path of the job.
    pub url: String,
}

/// Jobs to throw away.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobIds {
    /// UUIDs of jobs that have ended, at most 50.
    pub job_ids: Vec<String>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobDetails {
    /// The job's UUID.
    #[schema(format = "uuid")]
    pub job_id: String,
    /// Its name: as given, else one made from its number.
    pub name: String,
    /// What it does to its users.
    #[schema(example = "ADD")]
    pub operation: String,
    /// `PENDING`, `IN_PROGRESS`, `ABORT_IN_PROGRESS`, `COMPLETED`, `FAILED`, `NO_CHANGE` or `ABORTED`.
    #[schema(example = "COMPLETED")]
    pub status: String,
    /// For people.
    #[schema(example = "import completed")]
    pub message: String,
    /// Its users by status; groups of none are left out. The counts add up to `totalCount`.
    pub details: Vec<JobCount>,
    /// The path of its users.
    pub url: String,
    /// All its users.
    #[schema(example = 1300)]
    pub total_count: u64,
    /// When it was received: RFC 3339, UTC, milliseconds.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// When it ended; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub end_time: Option<String>,
}

/// How many users of a job have a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobCount {
    /// Users.
    #[schema(example = 1300)]
    pub count: u64,
    /// The status.
    #[schema(example = "COMPLETED")]
    pub status: String,
}

/// A page of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobsPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The jobs.
    pub jobs: Vec<JobsItem>,
    /// The neighbouring pages.
    pub links: Links,
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobsItem {
    /// The job's UUID.
    #[schema(format = "uuid")]
    pub job_id: String,
    /// See [`JobDetails::status`].
    #[schema(example = "COMPLETED")]
    pub status: String,
    /// See [`JobDetails::name`].
    pub name: String,
    /// What it does to its users.
    #[schema(example = "ADD")]
    pub operation: String,
    /// When it was received: RFC 3339, UTC, milliseconds.
    #[schema(format = DateTime)]
    pub start_time: String,
    /// When it ended; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub end_time: Option<String>,
}
