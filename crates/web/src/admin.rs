//! The admin API: people, and jobs about them.

pub(crate) mod error;
pub(crate) mod files;
mod job_list;
pub(crate) mod jobs;
mod listing;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod upload;
pub(crate) mod users;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use throng_directory::model::jobs::Job;
use throng_directory::use_cases::writes::Written;

use crate::call::Outcome;
use crate::headers::{JSON, answer};
use crate::refusal::Refusal;
use crate::scim::response;

/// The path of an account's people and jobs. Account names need no encoding.
fn accounts_path(account: &str) -> String {
    format!("/api/admin/user/v1/accounts/{account}")
}

/// The path of an account's jobs.
fn jobs_path(account: &str) -> String {
    format!("{}/jobs", accounts_path(account))
}

/// The path of one job.
fn job_path(account: &str, job: &Job) -> String {
    format!("{}/{}", jobs_path(account), job.uuid)
}

/// The answer to a write: with what was written, or without a body when it was deleted since.
fn written<T>(written: &Written<T>, show: impl FnOnce(StatusCode, &T) -> Outcome) -> Outcome {
    let status = StatusCode::from_u16(written.status).map_err(|_| Refusal::internal())?;
    let mut response = match &written.view {
        Some(view) => show(status, view)?,
        None => response::empty(status),
    };
    response::mark_replayed(&mut response, written.replayed);
    Ok(response)
}

fn show<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Refusal> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })?;
    Ok(answer(status, JSON, text))
}
