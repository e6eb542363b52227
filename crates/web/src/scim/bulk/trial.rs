//! Bulk requests in a rehearsal: what they would do, and doing what a dry run said. The operations go through the table of
//! routes as ever, over a directory whose one transaction is taken back or kept at the end (ADR 18).

mod made;
mod noted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use http::header::LINK;
use serde_json::{Value, json};
use throng_directory::Outcome as Verdict;
use throng_directory::model::bulk::BulkItem;
use throng_directory::model::jobs::Job;
use throng_directory::use_cases::bulk::BulkDone;
use throng_directory::use_cases::redrive::{Followed, Following};
use throng_directory::use_cases::rehearsals::Rehearsal;
use throng_scim::Error;
use throng_scim::bulk::{Answer, BulkRequest, Entry, Operation, Target};
use throng_scim::message::{BULK_DRY_RUN, BULK_REQUEST};

use self::made::Made;
use self::noted::{Looked, Noted, Standing};
use super::{Answers, Run};
use crate::access::Authorised;
use crate::call::Outcome;
use crate::headers::{SCIM_JSON, THRONG_JOB, answer, put};
use crate::limits;
use crate::native::jobs::{change, job as shown_job};
use crate::refusal::Refusal;
use crate::state::AppState;

/// What is looked at beside the operations, by their index.
#[derive(Default)]
pub(super) struct Trial {
    /// The versions that a dry run saw of what the operations name; none outside an application.
    expected: Option<Vec<Option<i64>>>,
    /// The versions of what they name, before the first of them.
    first: Vec<Option<i64>>,
    /// What they refer to by `bulkId`.
    references: Vec<BTreeSet<String>>,
    made: Made,
    noted: BTreeMap<usize, Noted>,
    /// Of how many members is told.
    told: usize,
}

impl Trial {
    /// Whether it is taken back.
    const fn is_dry(&self) -> bool {
        self.expected.is_none()
    }
}

impl Run<'_> {
    fn in_rehearsal(&self, rehearsal: &Rehearsal, expected: Option<Vec<Option<i64>>>) -> Self {
        Self {
            caller: self.caller,
            state: AppState { directory: Arc::clone(&rehearsal.directory), ..self.state.clone() },
            headers: self.headers,
            base: self.base.clone(),
            ids: BTreeMap::new(),
            answers: BTreeMap::new(),
            incomplete: Vec::new(),
            trial: Some(Trial { expected, ..Trial::default() }),
        }
    }

    /// Looks at what operations name, before any of them: later, a version may be one that another operation made.
    pub(super) async fn look_at_all(&mut self, request: &BulkRequest) -> Result<(), Refusal> {
        if self.trial.is_none() {
            return Ok(());
        }
        let (mut first, mut references) = (Vec::new(), Vec::new());
        for entry in &request.entries {
            let looked = match &entry.operation {
                Ok(operation) => self.look(operation).await?,
                Err(_) => None,
            };
            first.push(looked.map(|(version, _)| version));
            references.push(entry.operation.as_ref().map(Operation::references).unwrap_or_default());
        }
        if let Some(trial) = &mut self.trial {
            (trial.first, trial.references) = (first, references);
        }
        Ok(())
    }

    /// What an operation names, as it is now; nothing outside a rehearsal.
    pub(super) async fn look(&self, operation: &Operation) -> Result<Option<Looked>, Refusal> {
        match (&self.trial, &operation.target) {
            (Some(_), Some(Target::Id(id))) => self.seen(&operation.endpoint, id).await,
            _ => Ok(None),
        }
    }

    async fn seen(&self, endpoint: &str, id: &str) -> Result<Option<Looked>, Refusal> {
        let directory = &self.state.directory;
        let Some(resource_type) = directory.registry().by_endpoint(endpoint) else { return Ok(None) };
        Ok(directory.seen(self.caller, resource_type, id).await?)
    }

    /// Whether what an operation names is not as the dry run saw it.
    pub(super) fn is_stale(&self, index: usize) -> bool {
        let Some(Trial { expected: Some(expected), first, .. }) = &self.trial else { return false };
        expected.get(index) != first.get(index)
    }

    /// Remembers what an operation has made, in a rehearsal.
    pub(super) fn made(&mut self, operation: &Operation, bulk_id: &str, id: &str) {
        if let Some(trial) = &mut self.trial {
            trial.made.insert((&operation.endpoint, id), bulk_id);
        }
    }

    /// Forgets what was noted of an operation that is taken back.
    pub(super) fn unnote(&mut self, index: usize) {
        if let Some(trial) = &mut self.trial {
            trial.noted.remove(&index);
        }
    }
}

/// POST `/Bulk?dryRun=true`: answered like the request itself, with what would change, and nothing has.
pub(super) async fn dry_run(run: &Run<'_>, request: &BulkRequest, body: &[u8]) -> Outcome {
    let rehearsal = run.state.directory.rehearse(run.caller, true).await?;
    let ran = run.in_rehearsal(&rehearsal, None).through(request).await;
    // First this: it knows why answers may be missing.
    rehearsal.take_back().await?;
    let (answers, trial) = ran?;
    let mut trial = trial.unwrap_or_default();
    let items = items(request, &answers, &trial, None);
    let held = trial.noted.values().filter(|noted| noted.standing == Some(Standing::Held)).count();
    let message = (held > 0).then(|| {
        let operations = if held == 1 { "operation" } else { "operations" };
        format!("if it were done, members of {held} {operations} would wait for approval")
    });
    let done = BulkDone::dry_run(body, items, message);
    let job = run.state.directory.record_bulk(run.caller, done, None).await?;
    let Trial { noted, made, .. } = &mut trial;
    let shown = answers.into_iter().map(|(index, answer)| shown(answer, noted.remove(&index), made));
    let mut message = Answer::message(shown.collect());
    let view = run.state.directory.job_view(job).await?;
    let job = shown_job(&view);
    if let Some(schemas) = message["schemas"].as_array_mut() {
        schemas.push(BULK_DRY_RUN.into());
    }
    (message["jobId"], message["counts"]) = (job.number.into(), json!(job.counts));
    Ok(dry_answer(run.caller, job.number, &message))
}

fn dry_answer(caller: &Authorised, number: i64, message: &Value) -> Response {
    let mut response = answer(StatusCode::OK, SCIM_JSON, message.to_string());
    let path = format!("/api/v1/accounts/{}/jobs/{number}", caller.account_name);
    put(response.headers_mut(), THRONG_JOB, number);
    put(response.headers_mut(), LINK, format!("<{path}>; rel=\"status\""));
    response
}

/// An answer with what would change. What would be made has no address, and no job either.
fn shown(mut answer: Answer, noted: Option<Noted>, made: &Made) -> Answer {
    answer.location = answer.location.filter(|location| !made.is_at(location));
    if answer.is_error() {
        return answer;
    }
    answer.response = None;
    let noted = noted.unwrap_or_default();
    let changes: Vec<_> = noted.changes.into_iter().map(change).collect();
    answer.more.insert("changes".to_owned(), json!(changes));
    if let Some(members) = noted.members {
        answer.more.insert("members".to_owned(), members);
    }
    answer
}

/// POST `…/jobs/{jobId}/apply` of a dry run of a bulk request: its operations that would have an effect, all in one
/// transaction. Those whose resource is not as it was seen end `changed_since`.
pub(crate) async fn apply(run: Run<'_>, id: &str, asked: Following) -> Result<Followed, Refusal> {
    if asked.dry_run {
        return Err(Refusal::bad("dryRun", "for another dry run send the bulk request again"));
    }
    if asked.schedule.not_before.is_some() || asked.schedule.after.is_some() {
        return Err(Refusal::bad(
            "notBefore",
            "a bulk request is applied at once: notBefore and after are for jobs",
        ));
    }
    let directory = &run.state.directory;
    let rehearsal = directory.rehearse(run.caller, false).await?;
    match apply_in(&rehearsal, &run, id, &asked).await {
        Ok(followed) => {
            rehearsal.keep().await?;
            directory.rehearsal_kept();
            Ok(followed)
        }
        Err(refusal) => {
            // First this: it knows why it may have come to that.
            rehearsal.take_back().await?;
            Err(refusal)
        }
    }
}

async fn apply_in(
    rehearsal: &Rehearsal,
    run: &Run<'_>,
    id: &str,
    asked: &Following,
) -> Result<Followed, Refusal> {
    let (directory, caller) = (&rehearsal.directory, run.caller);
    let (key, earlier) = directory.bulk_key(caller, asked).await?;
    if let Some(job) = earlier {
        return Ok(Followed { job, replayed: true });
    }
    let (plan, operations) = directory.bulk_to_apply(caller, id).await?;
    let expected = operations.iter().map(|item| item.seen).collect();
    let named: Vec<_> = operations.iter().map(|item| item.named_members.clone()).collect();
    let request = request_of(operations)?;
    let (answers, trial) = run.in_rehearsal(rehearsal, Some(expected)).through(&request).await?;
    let trial = trial.unwrap_or_default();
    for (noted, seen) in trial.noted.iter().filter_map(|(index, noted)| Some((noted, named.get(*index)?))) {
        same_members(noted, seen)?;
    }
    let items = items(&request, &answers, &trial, Some(&plan));
    let done = BulkDone { digest: plan.digest, items, applies: Some(plan.number), message: None };
    let job = directory.record_bulk(caller, done, key).await?;
    Ok(Followed { job, replayed: false })
}

/// Fails where names of members do not name whom they named in the dry run, or nobody can tell.
fn same_members(noted: &Noted, seen: &[(String, String)]) -> Result<(), Refusal> {
    let detail = match noted.standing {
        Some(Standing::Done) if noted.named != seen => {
            "names of members name others than in the dry run: send the bulk request again"
        }
        // Whatever was compared now, the job would look them up anew.
        Some(Standing::Waiting) if noted.looks_up_later => {
            "a job would find out after the answer whom names of members name, who may be others than in the dry run: \
             apply this when no jobs of their group wait, or, where they are more than 200 or the guard holds them \
             back, name them by id or send the bulk request itself"
        }
        _ => return Ok(()),
    };
    Err(throng_directory::Error::WrongState(detail.to_owned()).into())
}

/// The request that a dry run kept.
fn request_of(operations: Vec<BulkItem>) -> Result<BulkRequest, Refusal> {
    let operations: Vec<Value> = operations
        .into_iter()
        .map(|item| {
            let BulkItem { method, path, bulk_id, data, .. } = item;
            json!({ "method": method, "path": path, "bulkId": bulk_id, "data": data })
        })
        .collect();
    let message = json!({ "schemas": [BULK_REQUEST], "Operations": operations });
    Ok(BulkRequest::read(message, &limits::BULK)?)
}

/// What the job keeps of each operation. `applied` = the dry run whose operations these are: they went well there.
fn items(
    request: &BulkRequest,
    answers: &Answers,
    trial: &Trial,
    applied: Option<&Job>,
) -> Vec<(BulkItem, Verdict)> {
    let item = |(index, entry): (usize, &Entry)| {
        let (noted, answer) = (trial.noted.get(&index), answers.get(&index));
        let (path, data) = entry.operation.as_ref().map_or_else(
            |_| (String::new(), Value::Null),
            |operation| (path_of(operation), operation.data.clone()),
        );
        let why = answer.and_then(|answer| answer.response.as_ref()).and_then(why);
        let item = BulkItem {
            method: entry.method.to_ascii_uppercase(),
            path,
            bulk_id: entry.bulk_id.clone(),
            data,
            seen: trial.first.get(index).copied().flatten(),
            named_members: noted.map(|noted| noted.named.clone()).unwrap_or_default(),
            changes: noted.map(|noted| noted.changes.clone()).unwrap_or_default(),
            note: noted.and_then(|noted| noted.note.clone()).or(why),
            is_forgotten: false,
        };
        let verdict = match answer {
            None => Verdict::Skipped,
            Some(answer) => verdict(&item.method, answer.status, noted, applied.is_some()),
        };
        (item, verdict)
    };
    request.entries.iter().enumerate().map(item).collect()
}

fn path_of(operation: &Operation) -> String {
    let endpoint = &operation.endpoint;
    match &operation.target {
        None => endpoint.clone(),
        Some(Target::Id(id)) => format!("{endpoint}/{id}"),
        Some(Target::BulkId(bulk_id)) => format!("{endpoint}/bulkId:{bulk_id}"),
    }
}

fn verdict(method: &str, status: u16, noted: Option<&Noted>, applied: bool) -> Verdict {
    match status {
        200..300 if method == "POST" => Verdict::Created,
        200..300 if method == "DELETE" => Verdict::Removed,
        200..300 if noted.is_some_and(|noted| noted.effect) => Verdict::Updated,
        200..300 => Verdict::Unchanged,
        // It went well in the dry run.
        400 | 404 | 409 | 412 | 413 if applied => Verdict::ChangedSince,
        _ => {
            let reason = REASONS.iter().find(|(refused, _)| *refused == status);
            reason.map_or(Verdict::Invalid, |(_, reason)| *reason)
        }
    }
}

/// The reasons of refusals, by their statuses. Whatever else is refused is not valid.
const REASONS: &[(u16, Verdict)] = &[
    (401, Verdict::Forbidden),
    (403, Verdict::Forbidden),
    (404, Verdict::Missing),
    (409, Verdict::Conflict),
    (412, Verdict::VersionMismatch),
    (413, Verdict::TooLarge),
    (429, Verdict::Unavailable),
    (500, Verdict::InternalError),
    (503, Verdict::Unavailable),
];

/// Why an operation was refused: SCIM's word for it, where it has one, and the text.
fn why(body: &Value) -> Option<String> {
    let detail = body["detail"].as_str()?;
    Some(match body["scimType"].as_str() {
        Some(word) => format!("{word}: {detail}"),
        None => detail.to_owned(),
    })
}

/// The answer to an operation whose resource is not as the dry run saw it: nothing is done.
pub(super) fn changed_since(entry: &Entry, location: Option<String>) -> Answer {
    let error = Error::new(412, None, "the resource has changed since the dry run");
    Answer::refused(entry, &error, location)
}
