//! `/scim/v2/Groups`. A write that lists members makes a job; the answer says which.

use axum::response::Response;
use http::StatusCode;
use http::header::{ETAG, LINK, LOCATION};
use throng_directory::model::jobs::Job;
use throng_directory::use_cases::group_writes::{GroupWrite, GroupWritten};
use throng_directory::use_cases::groups::GroupView;
use throng_directory::{State, limits};
use tokio::sync::OwnedSemaphorePermit;

use crate::access::Authorised;
use crate::body;
use crate::call::{Call, Outcome};
use crate::conditions::{etag, precondition};
use crate::headers::{
    JSON, MEMBERS_OMITTED, PREFERENCE_APPLIED, SCIM_JSON, SET_TXN, THRONG_JOB, check_media_type,
    idempotency_key, put,
};
use crate::prefer::Prefer;
use crate::refusal::Refusal;
use crate::schedule;
use crate::scim::render::{Renderer, projection};
use crate::scim::{asked, response};

/// GET `/Groups/{id}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let with_members = renderer.shows_members();
    let view = call.state.directory.group(&caller, call.param("id"), with_members).await?;
    let location = renderer.group_location(&view.group);
    if let Some(unchanged) = response::not_modified(call.headers(), &location, view.group.version) {
        return Ok(unchanged);
    }
    show(&renderer, StatusCode::OK, &view, &Shown { job: None, with_members })
}

/// DELETE `/Groups/{id}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let asked = asked(&call, b"")?;
    let replayed = call.state.directory.delete_group(&caller, call.param("id"), &asked).await?;
    Ok(response::deleted(replayed))
}

/// POST `/Groups`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let request = Writing::read(&caller, &mut call).await?;
    let written = call.state.directory.create_group(&caller, request.write).await?;
    request.answer.response(written)
}

/// PUT `/Groups/{id}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let request = Writing::read(&caller, &mut call).await?;
    let written = call.state.directory.replace_group(&caller, call.param("id"), request.write).await?;
    request.answer.response(written)
}

/// PATCH `/Groups/{id}`.
pub(crate) async fn patch(caller: Authorised, mut call: Call) -> Outcome {
    let request = Writing::read(&caller, &mut call).await?;
    let written = call.state.directory.patch_group(&caller, call.param("id"), request.write).await?;
    request.answer.response(written)
}

/// A group write, read.
struct Writing {
    write: GroupWrite,
    answer: WriteAnswer,
    /// Held until the write is through.
    _share: Option<OwnedSemaphorePermit>,
}

impl Writing {
    async fn read(caller: &Authorised, call: &mut Call) -> Result<Self, Refusal> {
        let renderer = Renderer::new(call, caller, projection(&call.query)?);
        let headers = call.headers();
        check_media_type(headers, &[SCIM_JSON, JSON])?;
        let prefer = Prefer::read(headers);
        // The dialect's description has no members in the answers to writes.
        let with_members = renderer.shows_members() && !renderer.firstup();
        let (precondition, idempotency_key) = (precondition(headers), idempotency_key(headers)?);
        let body = std::mem::take(&mut call.body);
        let body =
            body::read_large(&call.state, (call.headers(), caller), body, limits::MEMBERSHIP_BODY_BYTES_MAX)
                .await?;
        let write = GroupWrite {
            body: body.bytes,
            precondition,
            idempotency_key,
            request: call.request_line(),
            wait: prefer.waits(),
            with_members,
            schedule: schedule::read(&call.query)?,
            dry_run: schedule::dry_run(&call.query)?,
        };
        let jobs = format!("/api/v1/accounts/{}/jobs", caller.account_name);
        Ok(Self { write, answer: WriteAnswer { renderer, prefer, with_members, jobs }, _share: body.share })
    }
}

/// How a group write is answered.
struct WriteAnswer {
    renderer: Renderer,
    prefer: Prefer,
    with_members: bool,
    /// The path of the account's jobs.
    jobs: String,
}

impl WriteAnswer {
    fn response(mut self, mut written: GroupWritten) -> Result<Response, Refusal> {
        self.renderer = self.renderer.with_supplied(std::mem::take(&mut written.supplied));
        let status = self.status(&written);
        let job = written.job.as_ref();
        if let (Some(view), Some(job)) = (&mut written.view, job)
            && !job.state.is_terminal()
        {
            // While its job is running, what the group's members will be is not known.
            view.members = None;
        }
        let mut response = match (job, &written.view) {
            (Some(job), _) if written.is_dry() => self.dry_run(job),
            (Some(job), view) if status == StatusCode::ACCEPTED => self.accepted(job, view.as_ref()),
            (_, Some(view)) => {
                let job = job.filter(|_| written.show_job_in_meta).map(|job| job.number.0);
                let shown = Shown { job, with_members: self.with_members };
                show(&self.renderer, status, view, &shown)?
            }
            // The group is gone: there is nothing to show but the job, if there was one.
            (_, None) => response::empty(status),
        };
        let headers = response.headers_mut();
        if let Some(job) = job {
            put(headers, THRONG_JOB, job.number);
            let path = if written.is_dry() { self.job_path(job) } else { report_path(job) };
            put(headers, LINK, format!("<{path}>; rel=\"status\""));
        }
        response::mark_replayed(&mut response, written.replayed);
        Ok(response)
    }

    fn job_path(&self, job: &Job) -> String {
        format!("{}/{}", self.jobs, job.number)
    }

    /// 202 without a body: the job says what would be.
    fn dry_run(&self, job: &Job) -> Response {
        let mut response = response::empty(StatusCode::ACCEPTED);
        if self.prefer.respond_async {
            put(response.headers_mut(), PREFERENCE_APPLIED, "respond-async");
        }
        put(response.headers_mut(), LOCATION, self.job_path(job));
        response
    }

    /// 202 without a body: the report says how it goes.
    fn accepted(&self, job: &Job, view: Option<&GroupView>) -> Response {
        let mut response = response::empty(StatusCode::ACCEPTED);
        let headers = response.headers_mut();
        if self.prefer.respond_async {
            put(headers, PREFERENCE_APPLIED, "respond-async");
        }
        put(headers, SET_TXN, job.uuid);
        put(headers, LOCATION, report_path(job));
        if let Some(view) = view {
            put(headers, ETAG, etag(view.group.version));
        }
        response
    }

    fn status(&self, written: &GroupWritten) -> StatusCode {
        // Who is told 200 believes that it is done.
        let is_held = written.job.as_ref().is_some_and(|job| job.state == State::AwaitingApproval);
        if written.is_dry() || is_held {
            return StatusCode::ACCEPTED;
        }
        if let Some(stored) = written.replayed_status.and_then(|code| StatusCode::from_u16(code).ok()) {
            return stored;
        }
        match (written.created, self.prefer.respond_async && written.job.is_some()) {
            (_, true) => StatusCode::ACCEPTED,
            (true, false) => StatusCode::CREATED,
            (false, false) => StatusCode::OK,
        }
    }
}

fn report_path(job: &Job) -> String {
    format!("/v2/Groups/JobReport/{}", job.number)
}

/// What an answer shows of a group beside its attributes.
struct Shown {
    job: Option<i64>,
    with_members: bool,
}

fn show(
    renderer: &Renderer,
    status: StatusCode,
    view: &GroupView,
    shown: &Shown,
) -> Result<Response, Refusal> {
    let mut body = Vec::new();
    let location = renderer.group_location(&view.group);
    renderer.group(view, shown.job, &mut body)?;
    let mut response = response::resource(status, body, &location, view.group.version);
    if shown.with_members && view.members.is_none() {
        put(response.headers_mut(), MEMBERS_OMITTED, view.group.members);
    }
    Ok(response)
}
