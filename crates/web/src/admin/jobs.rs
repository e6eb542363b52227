//! Jobs of the admin API.

use http::StatusCode;
use throng_api::{JobCount, JobDetails, JobIds, JobStopped, JobsItem, JobsPage};
use throng_directory::State;
use throng_directory::model::jobs::{Job, Spec};
use throng_directory::model::time::rfc3339_millis;
use throng_directory::use_cases::job_rows::operation_of_job;

use crate::access::Authorised;
use crate::admin::job_list::{JobFilter, JobOrder};
use crate::admin::page::Page;
use crate::admin::{job_path, jobs_path, show};
use crate::call::{Call, Outcome};
use crate::json;
use crate::limits;
use crate::scim::response;

/// GET `/accounts/{accountId}/jobs/{jobId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let job = call.state.directory.import_job(&caller, call.param("jobId")).await?;
    let in_work = call.state.directory.rows_in_work(&job);
    show(StatusCode::OK, &details(&job, in_work, &caller.account_name))
}

/// GET `/accounts/{accountId}/jobs`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let page = Page::read(&call.query, limits::JOBS_PAGE_SIZE_MAX)?;
    let (filter, order) = (call.query.get("filter"), call.query.get("orderBy"));
    let chosen = filter.map(JobFilter::parse).transpose()?;
    let sorting = order.map(JobOrder::parse).transpose()?.unwrap_or_default();
    let jobs = call.state.directory.import_jobs(&caller).await?;
    let mut items: Vec<JobsItem> = jobs.iter().map(item).collect();
    if let Some(chosen) = chosen {
        items.retain(|item| chosen.matches(item));
    }
    sorting.sort(&mut items);
    let total = items.len() as u64;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let answer = JobsPage {
        pagination: page.pagination(total),
        jobs: items.into_iter().skip(skip).take(size).collect(),
        links: page.links(&jobs_path(&caller.account_name), total, &[("filter", filter), ("orderBy", order)]),
    };
    show(StatusCode::OK, &answer)
}

/// POST `/accounts/{accountId}/jobs/{jobId}:stop`.
pub(crate) async fn stop(caller: Authorised, call: Call) -> Outcome {
    let job = call.state.directory.stop_import(&caller, call.param("jobId")).await?;
    show(StatusCode::ACCEPTED, &JobStopped { url: job_path(&caller.account_name, &job) })
}

/// POST `/accounts/{accountId}/jobs:bulkDelete`.
pub(crate) async fn delete(caller: Authorised, mut call: Call) -> Outcome {
    let asked: JobIds = json::read(&mut call).await?;
    call.state.directory.delete_imports(&caller, &asked.job_ids).await?;
    Ok(response::empty(StatusCode::ACCEPTED))
}

fn item(job: &Job) -> JobsItem {
    JobsItem {
        job_id: job.uuid.to_string(),
        status: status(job.state).to_owned(),
        name: name(job),
        operation: operation_of_job(job).to_owned(),
        start_time: rfc3339_millis(job.received_at),
        end_time: job.ended_at.map(rfc3339_millis),
    }
}

/// `in_work` of the pending rows are in a worker's hands.
fn details(job: &Job, in_work: u64, account: &str) -> JobDetails {
    let counts = &job.counts;
    let completed = counts.created + counts.updated + counts.removed + counts.ignored;
    let groups = [
        (completed, "COMPLETED"),
        (counts.failed, "FAILED"),
        (counts.skipped, "ABORTED"),
        (in_work, "IN_PROGRESS"),
        (counts.pending().saturating_sub(in_work), "PENDING"),
    ];
    let details = groups.into_iter().filter(|(count, _)| *count > 0);
    JobDetails {
        job_id: job.uuid.to_string(),
        name: name(job),
        operation: operation_of_job(job).to_owned(),
        status: status(job.state).to_owned(),
        message: message(job),
        details: details.map(|(count, status)| JobCount { count, status: status.to_owned() }).collect(),
        url: format!("{}/users", job_path(account, job)),
        total_count: counts.total,
        start_time: rfc3339_millis(job.received_at),
        end_time: job.ended_at.map(rfc3339_millis),
    }
}

/// The client's name for the job, else one made from its number.
fn name(job: &Job) -> String {
    let made_up = || format!("{}-{}", job.verb().unwrap_or_default(), job.number);
    job.name.clone().unwrap_or_else(made_up)
}

/// The states that the admin API knows.
const fn status(state: State) -> &'static str {
    match state {
        State::Receiving | State::AwaitingApproval => State::Pending.as_str(),
        other => other.as_str(),
    }
}

fn message(job: &Job) -> String {
    let what = if matches!(job.spec, Spec::Export(_)) { "Export" } else { "Import" };
    let text = match job.state {
        State::Receiving | State::Pending | State::AwaitingApproval => format!("{what} pending"),
        State::InProgress => format!("{what} in progress"),
        State::AbortInProgress => format!("{what} is being aborted"),
        State::Completed | State::NoChange => format!("{} completed", what.to_lowercase()),
        State::Failed => format!("{what} failed"),
        State::Aborted => format!("{what} aborted"),
    };
    if job.state == State::InProgress && matches!(&job.spec, Spec::Import(spec) if spec.passwords > 0) {
        return format!("{text}: rows with a password take as long as argon2 takes to hash it");
    }
    match &job.message {
        Some(reason) if job.state.is_terminal() || job.state == State::AwaitingApproval => {
            format!("{text}: {reason}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests;
