//! The admin API: people, passwords, profiles, groups, and jobs about them.

pub(crate) mod audit;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod groups;
mod job_list;
pub(crate) mod jobs;
mod listing;
pub(crate) mod page;
pub(crate) mod passwords;
pub(crate) mod profiles;
pub(crate) mod rows;
pub(crate) mod upload;
pub(crate) mod uploads;
pub(crate) mod users;

use axum::response::Response;
use http::header::ETAG;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use throng_directory::model::jobs::Job;
use throng_directory::use_cases::writes::Written;

use crate::call::Outcome;
use crate::conditions::{client_has, etag};
use crate::headers::{JSON, answer, put};
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

/// 304 if the client has this version already.
fn unchanged(request: &HeaderMap, version: i64) -> Option<Response> {
    client_has(request, version).then(|| tagged(response::empty(StatusCode::NOT_MODIFIED), version))
}

/// An answer that is about this version of something.
fn tagged(mut response: Response, version: i64) -> Response {
    put(response.headers_mut(), ETAG, etag(version));
    response
}

/// A text as it is meant: spaces at its ends say nothing, as in the cells of a file.
#[expect(clippy::needless_pass_by_value, reason = "it stands in the place of the text")]
fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

fn show<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Refusal> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })?;
    Ok(answer(status, JSON, text))
}
