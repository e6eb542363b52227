//! The admin API: user jobs.

pub(crate) mod error;
mod job_list;
pub(crate) mod jobs;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod upload;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use throng_directory::model::jobs::Job;

use crate::headers::{JSON, answer};
use crate::refusal::Refusal;

/// The path of an account's jobs. Account names need no encoding.
fn jobs_path(account: &str) -> String {
    format!("/api/admin/user/v1/accounts/{account}/jobs")
}

/// The path of one job.
fn job_path(account: &str, job: &Job) -> String {
    format!("{}/{}", jobs_path(account), job.uuid)
}

fn show<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Refusal> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })?;
    Ok(answer(status, JSON, text))
}
