//! The report of a membership job: `GET /v2/Groups/JobReport/{jobId}`, and the same under `/scim/v2`.

pub(crate) mod error;
mod messages;

use throng_api::JobReport;
use throng_directory::model::jobs::{Job, Spec, Target};
use throng_directory::model::time::rfc3339_millis;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::progress::Seen;
use crate::refusal::Refusal;

/// GET `/v2/Groups/JobReport/{jobId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let job = call.state.directory.job_report(&caller, call.param("jobId")).await?;
    let seen = Seen::of(call.headers(), &call.state, &caller, job).await?;
    let report = report(&seen.job).ok_or_else(Refusal::not_found)?;
    let text = serde_json::to_string(&report).map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        Refusal::internal()
    })?;
    Ok(seen.answer(text))
}

/// The job as the report shows it; `None` for a job that is not about a group's members.
fn report(job: &Job) -> Option<JobReport> {
    let (Target::Group(group), Spec::Membership(spec)) = (job.target, &job.spec) else { return None };
    let request_type = if spec.creates_group { "group_create" } else { "group_update" };
    Some(JobReport {
        id: job.number.0,
        group_id: group.0,
        status: if job.state.is_terminal() { "finished" } else { "ongoing" }.to_owned(),
        request_type: request_type.to_owned(),
        requested_changes: format!("{{\"create\":{},\"destroy\":{}}}", job.asked_create, job.asked_destroy),
        request_received_at: rfc3339_millis(job.received_at),
        members_created_count: job.counts.created,
        members_removed_count: job.counts.removed,
        members_processed_count: job.counts.processed(),
        members_pending_count: job.counts.pending(),
        messages: messages::messages(job),
    })
}

#[cfg(test)]
mod tests;
