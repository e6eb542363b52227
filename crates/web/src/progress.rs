//! Looking at a job again and again: tags that change as it goes on, and answers that wait. Source: RFC 9110 §13.1.2,
//! RFC 7240 §4.3.

use std::time::Duration;

use axum::response::Response;
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use throng_directory::Caller;
use throng_directory::model::jobs::Job;

use crate::access::must_still_be;
use crate::headers::{JSON, answer, put};
use crate::prefer::Prefer;
use crate::refusal::Refusal;
use crate::state::AppState;

/// A job that was looked at.
pub(crate) struct Seen {
    /// As it is now.
    pub(crate) job: Job,
    tag: String,
    is_known: bool,
}

impl Seen {
    /// Waits as long as `Prefer: wait` says for the end of a job; with `If-None-Match` for anything that the client has
    /// not seen.
    ///
    /// # Errors
    /// 401 when whoever waited has meanwhile lost their credential.
    pub(crate) async fn of(
        headers: &HeaderMap,
        state: &AppState,
        caller: &Caller,
        job: Job,
    ) -> Result<Self, Refusal> {
        let asks = headers.contains_key(IF_NONE_MATCH);
        let wait = Duration::from_secs(Prefer::read(headers).wait.unwrap_or(0).into());
        let is_news = |job: &Job| asks && !knows(headers, &tag(job));
        let job = state.directory.watch_job(job, wait, is_news).await?;
        if !wait.is_zero() {
            must_still_be(state, headers, caller).await?;
        }
        let tag = tag(&job);
        let is_known = knows(headers, &tag);
        Ok(Self { job, tag, is_known })
    }

    /// The answer that has `text`, or none if the client has it.
    pub(crate) fn answer(&self, text: String) -> Response {
        let mut response = if self.is_known {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            answer(StatusCode::OK, JSON, text)
        };
        put(response.headers_mut(), ETAG, &self.tag);
        response
    }
}

/// What is different whenever a report of the job is.
fn tag(job: &Job) -> String {
    format!("W/\"{}\"", job.mark())
}

/// Whether `If-None-Match` has the tag; the comparison is weak.
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',').map(str::trim));
    tags.any(|known| known == "*" || opaque(known) == opaque(tag))
}
