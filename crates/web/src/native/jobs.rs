//! Jobs of every kind: list, one, its items, stop it.

use http::StatusCode;
use http::header::LOCATION;
use throng_api::{
    Job, JobChange, JobCounts, JobDryRun, JobItem, JobItemList, JobList, JobRedrive, JobTarget, UsersDelete,
    UsersForget,
};
use throng_directory::ids::{GroupNumber, hex, parse_number};
use throng_directory::limits;
use throng_directory::model::jobs::{About, Change, JobsChosen, Kind, NO_DIGEST, Origin, Spec, Target};
use throng_directory::model::time::{parse_rfc3339, rfc3339_millis};
use throng_directory::use_cases::bulk::is_bulk_plan;
use throng_directory::use_cases::forget::Forgotten;
use throng_directory::use_cases::job_items::{self, ItemsFrom, ItemsQuery};
use throng_directory::use_cases::jobs::{JobView, JobsQuery};
use throng_directory::use_cases::redrive::{Followed, Following, Redrive};
use throng_directory::{Class, Instant, Outcome, State};

use super::{show, text};
use crate::access::Authorised;
use crate::call::{Call, Outcome as Answer};
use crate::headers::{IDEMPOTENT_REPLAYED, idempotency_key, put};
use crate::json;
use crate::progress::Seen;
use crate::query::Query;
use crate::refusal::Refusal;
use crate::schedule;
use crate::scim::bulk::{Run, trial};
use crate::state::AppState;

/// GET `/api/v1/accounts/{accountId}/jobs`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Answer {
    let query = &call.query;
    query.only(&["kind", "state", "target", "receivedFrom", "receivedBefore", "count", "cursor"])?;
    let chosen = JobsChosen {
        kinds: each(query, "kind", "a kind of job", Kind::parse)?,
        own: None,
        held: Vec::new(),
        states: each(query, "state", "a state of jobs", State::parse)?,
        about: query.get("target").map(about).transpose()?,
        from: query.get("receivedFrom").map(|text| time("receivedFrom", text)).transpose()?,
        until: query.get("receivedBefore").map(|text| time("receivedBefore", text)).transpose()?,
    };
    let asked = JobsQuery { chosen, cursor: cursor(query), count: count(query)? };
    let page = call.state.directory.jobs(&caller, &asked).await?;
    let jobs = page.jobs.iter().map(job).collect();
    show(StatusCode::OK, &JobList { jobs, next_cursor: page.next })
}

/// GET `/api/v1/accounts/{accountId}/jobs/{jobId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Answer {
    call.query.only(&[])?;
    let directory = &call.state.directory;
    let found = directory.any_job(&caller, call.param("jobId")).await?;
    let seen = Seen::of(call.headers(), &call.state, &caller, found).await?;
    let view = directory.job_view(seen.job.clone()).await?;
    Ok(seen.answer(text(&job(&view))?))
}

/// GET `/api/v1/accounts/{accountId}/jobs/{jobId}/items`.
pub(crate) async fn items(caller: Authorised, call: Call) -> Answer {
    let query = &call.query;
    query.only(&["outcome", "reason", "startIndex", "filter", "orderBy", "count", "cursor"])?;
    let asked = ItemsQuery {
        outcomes: outcomes(query)?,
        filter: query.get("filter").map(str::to_owned),
        order: query.get("orderBy").map(str::to_owned),
        // Also an empty cursor asks for pages by cursor: the first.
        from: match (start_index(query)?, cursor(query)) {
            (Some(_), _) if query.get("cursor").is_some() => {
                return Err(Refusal::bad("cursor", "pages go by cursor or by startIndex"));
            }
            (Some(start), _) => ItemsFrom::Offset(start - 1),
            (None, cursor) => ItemsFrom::Cursor(cursor),
        },
        count: count(query)?,
    };
    let page = call.state.directory.job_items(&caller, call.param("jobId"), &asked).await?;
    let items = page.items.into_iter().map(item).collect();
    let state = page.job.state.as_str().to_owned();
    show(StatusCode::OK, &JobItemList { state, items, total_items: page.total, next_cursor: page.next })
}

/// POST `/api/v1/accounts/{accountId}/jobs/{jobId}/abort`.
pub(crate) async fn abort(caller: Authorised, call: Call) -> Answer {
    let view = call.state.directory.abort_job(&caller, call.param("jobId")).await?;
    show(StatusCode::OK, &job(&view))
}

/// POST `/api/v1/accounts/{accountId}/jobs/{jobId}/approve`.
pub(crate) async fn approve(caller: Authorised, call: Call) -> Answer {
    let view = call.state.directory.approve_job(&caller, call.param("jobId")).await?;
    show(StatusCode::OK, &job(&view))
}

/// POST `/api/v1/accounts/{accountId}/jobs/{jobId}/redrive`.
pub(crate) async fn redrive(caller: Authorised, mut call: Call) -> Answer {
    let asked: JobRedrive = json::read(&mut call).await?;
    let class = |text: &String| Class::parse(text).ok_or_else(|| refused("outcomes", text));
    let classes = asked.outcomes.iter().map(class).collect::<Result<Vec<_>, _>>()?;
    if let Some(unknown) = asked.reasons.iter().find(|text| !is_reason(text)) {
        return Err(refused("reasons", unknown));
    }
    let by_default = asked.outcomes.is_empty() && asked.reasons.is_empty() && asked.values.is_empty();
    let is_chosen = |outcome: &Outcome| {
        let failed = matches!(outcome.class(), Class::Failed | Class::Skipped);
        (by_default && failed)
            || classes.contains(&outcome.class())
            || asked.reasons.iter().any(|reason| reason == outcome.name())
    };
    let redrive = Redrive {
        outcomes: Outcome::ALL.into_iter().filter(is_chosen).collect(),
        values: asked.values.clone(),
        request: call.request_line(),
        idempotency_key: idempotency_key(call.headers())?,
        schedule: schedule::read(&call.query)?,
        dry_run: schedule::dry_run(&call.query)?,
    };
    let written = call.state.directory.redrive_job(&caller, call.param("jobId"), redrive).await?;
    followed(&caller, &call.state, written).await
}

/// POST `/api/v1/accounts/{accountId}/jobs/{jobId}/undo`.
pub(crate) async fn undo(caller: Authorised, call: Call) -> Answer {
    let asked = following(&call)?;
    let written = call.state.directory.undo_job(&caller, call.param("jobId"), asked).await?;
    followed(&caller, &call.state, written).await
}

/// POST `/api/v1/accounts/{accountId}/jobs/{jobId}/apply`.
pub(crate) async fn apply(caller: Authorised, call: Call) -> Answer {
    let (directory, id, asked) = (&call.state.directory, call.param("jobId"), following(&call)?);
    let written = if is_bulk_plan(&directory.any_job(&caller, id).await?) {
        trial::apply(Run::new(&caller, &call), id, asked).await?
    } else {
        directory.apply_job(&caller, id, asked).await?
    };
    followed(&caller, &call.state, written).await
}

/// POST `/api/v1/accounts/{accountId}/users/delete`.
pub(crate) async fn delete_users(caller: Authorised, mut call: Call) -> Answer {
    let asked: UsersDelete = json::read(&mut call).await?;
    let made = call.state.directory.delete_users(&caller, &asked.filter, following(&call)?).await?;
    followed(&caller, &call.state, made).await
}

/// POST `/api/v1/accounts/{accountId}/users/forget`.
pub(crate) async fn forget(caller: Authorised, mut call: Call) -> Answer {
    let UsersForget { id, names } = json::read(&mut call).await?;
    let view = call.state.directory.forget(&caller, Forgotten { id, names }).await?;
    let location = format!("/api/v1/accounts/{}/jobs/{}", caller.account_name, view.job.number);
    let mut response = show(StatusCode::ACCEPTED, &job(&view))?;
    put(response.headers_mut(), LOCATION, location);
    Ok(response)
}

fn following(call: &Call) -> Result<Following, Refusal> {
    Ok(Following {
        request: call.request_line(),
        idempotency_key: idempotency_key(call.headers())?,
        schedule: schedule::read(&call.query)?,
        dry_run: schedule::dry_run(&call.query)?,
    })
}

/// 202 with the job that was made of another one.
async fn followed(caller: &Authorised, state: &AppState, made: Followed) -> Answer {
    let location = format!("/api/v1/accounts/{}/jobs/{}", caller.account_name, made.job.number);
    let view = state.directory.job_view(made.job).await?;
    let mut response = show(StatusCode::ACCEPTED, &job(&view))?;
    put(response.headers_mut(), LOCATION, location);
    if made.replayed {
        put(response.headers_mut(), IDEMPOTENT_REPLAYED, "true");
    }
    Ok(response)
}

/// The outcomes that `outcome` and `reason` choose; none for all of them.
///
/// # Errors
/// 400 for names that there are none of, and when nothing can be chosen.
pub(super) fn outcomes(query: &Query) -> Result<Vec<Outcome>, Refusal> {
    let classes = each(query, "outcome", "an outcome of items", Class::parse)?;
    let reason = |text: &str| is_reason(text).then(|| text.to_owned());
    let reasons: Vec<String> = each(query, "reason", "a reason of items", reason)?;
    let is_wanted = |outcome: &Outcome| {
        (classes.is_empty() || classes.contains(&outcome.class()))
            && (reasons.is_empty() || reasons.iter().any(|reason| reason == outcome.name()))
    };
    let outcomes: Vec<Outcome> = if classes.is_empty() && reasons.is_empty() {
        Vec::new()
    } else {
        Outcome::ALL.into_iter().filter(is_wanted).collect()
    };
    if outcomes.is_empty() && !(classes.is_empty() && reasons.is_empty()) {
        return Err(Refusal::bad("reason", "no item has such a reason with such an outcome"));
    }
    Ok(outcomes)
}

fn refused(field: &str, text: &str) -> Refusal {
    Refusal::bad(field, format!("{text:?} is no outcome or reason of items"))
}

fn is_reason(text: &str) -> bool {
    Outcome::ALL.iter().any(|outcome| outcome.name() == text)
}

/// What a parameter lists, separated by commas.
fn each<T>(
    query: &Query,
    name: &str,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Refusal> {
    let texts = query.get(name).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
    let read = |text: &str| parse(text).ok_or_else(|| Refusal::bad(name, format!("{text:?} is not {what}")));
    texts.map(read).collect()
}

/// `users`, `maintenance`, `account`, `nothing`, or a group's number.
fn about(text: &str) -> Result<About, Refusal> {
    match text {
        "users" => Ok(About::Queue(Target::Users)),
        "maintenance" => Ok(About::Queue(Target::Maintenance)),
        "account" => Ok(About::Account),
        "nothing" => Ok(About::Nothing),
        number => {
            let number = parse_number(number);
            let detail = "target is users, maintenance, account (bulk requests), nothing (dry runs) or a group's number";
            let group = number.map(|number| About::Queue(Target::Group(GroupNumber(number))));
            group.ok_or_else(|| Refusal::bad("target", detail))
        }
    }
}

pub(super) fn time(name: &str, text: &str) -> Result<Instant, Refusal> {
    let refusal = || Refusal::bad(name, format!("{name} is a time such as 2026-05-13T04:42:34Z"));
    parse_rfc3339(text).ok_or_else(refusal)
}

pub(super) fn cursor(query: &Query) -> Option<String> {
    query.get("cursor").filter(|cursor| !cursor.is_empty()).map(str::to_owned)
}

/// Counted from 1.
fn start_index(query: &Query) -> Result<Option<u64>, Refusal> {
    let Some(text) = query.get("startIndex") else { return Ok(None) };
    let refusal = || Refusal::bad("startIndex", "startIndex is a number from 1 on");
    text.parse().ok().filter(|start: &u64| *start > 0).map(Some).ok_or_else(refusal)
}

pub(super) fn count(query: &Query) -> Result<Option<usize>, Refusal> {
    let Some(text) = query.get("count") else { return Ok(None) };
    let count = text.parse().ok().filter(|count| (1..=limits::COUNT_MAX).contains(count));
    let refusal = || Refusal::bad("count", format!("count is a number from 1 to {}", limits::COUNT_MAX));
    count.map(Some).ok_or_else(refusal)
}

pub(crate) fn job(view: &JobView) -> Job {
    let job = &view.job;
    let counts = &job.counts;
    let mut reasons = std::collections::BTreeMap::new();
    for (outcome, items) in job.tally.iter() {
        *reasons.entry(outcome.name().to_owned()).or_default() += items;
    }
    // What a stopped job left is counted, and has no outcome of its own in the tally.
    if counts.skipped > 0 {
        reasons.insert(Outcome::Skipped.name().to_owned(), counts.skipped);
    }
    let origin = job.spec.origin();
    Job {
        number: job.number.0,
        id: job.uuid.to_string(),
        kind: job.spec.kind().as_str().to_owned(),
        target: target(job),
        name: job.name.clone(),
        state: job.state.as_str().to_owned(),
        outcome: view.outcome().map(str::to_owned),
        counts: JobCounts {
            total: counts.total,
            created: counts.created,
            updated: counts.updated,
            removed: counts.removed,
            ignored: counts.ignored,
            failed: counts.failed,
            skipped: counts.skipped,
            processed: counts.processed(),
            pending: counts.pending(),
        },
        reasons,
        redrives: origin.and_then(|origin| if let Origin::Redrives(job) = origin { Some(job) } else { None }),
        undoes: origin.and_then(|origin| if let Origin::Undoes(job) = origin { Some(job) } else { None }),
        applies: origin.and_then(|origin| if let Origin::Applies(job) = origin { Some(job) } else { None }),
        dry_run: dry_run_of(&job.spec),
        asked_create: job.asked_create,
        asked_destroy: job.asked_destroy,
        client: view.client.clone(),
        request_digest: (job.digest != NO_DIGEST).then(|| hex(&job.digest)),
        received_at: rfc3339_millis(job.received_at),
        started_at: job.started_at.map(rfc3339_millis),
        ended_at: job.ended_at.map(rfc3339_millis),
        jobs_ahead: view.ahead,
        items_per_second: view.rate(),
        seconds_left: view.seconds_left(),
        message: job.message.clone(),
        priority: job.schedule.priority.as_str().to_owned(),
        not_before: job.schedule.not_before.map(rfc3339_millis),
        after: job.schedule.after.map(|job| job.0),
        held_at: job.held_at.map(rfc3339_millis),
        approved_by: view.approver.clone(),
        expires_at: view.expires_at().map(rfc3339_millis),
    }
}

fn target(job: &throng_directory::model::jobs::Job) -> JobTarget {
    let (kind, id) = match job.target {
        Target::Group(number) => ("group", Some(number.to_string())),
        Target::Users => ("users", None),
        Target::Maintenance => ("maintenance", None),
        // It waited for nobody, and did what it did to whatever its operations name.
        Target::Nothing(_) if job.spec.kind() == Kind::Bulk => ("account", None),
        Target::Nothing(_) => ("nothing", None),
    };
    JobTarget { kind: kind.to_owned(), id }
}

fn dry_run_of(spec: &Spec) -> Option<JobDryRun> {
    match spec {
        Spec::Membership(spec) => spec.dry_run.as_ref().map(|dry_run| JobDryRun {
            group: (dry_run.group > 0).then(|| dry_run.group.to_string()),
            changes: dry_run.changes.iter().cloned().map(change).collect(),
        }),
        spec if spec.kind().is_plan() => Some(JobDryRun { group: None, changes: Vec::new() }),
        _ => None,
    }
}

pub(crate) fn change(change: Change) -> JobChange {
    JobChange { attribute: change.attribute, from: change.from, to: change.to }
}

/// An item as clients see it.
pub(crate) fn item(item: job_items::JobItem) -> JobItem {
    JobItem {
        index: item.index,
        operation: item.operation.as_str().to_owned(),
        value: item.value,
        member: item.member.map(|member| member.to_string()),
        outcome: item.outcome.class().name().to_owned(),
        reason: item.outcome.name().to_owned(),
        message: item.note,
        changes: item.changes.into_iter().map(change).collect(),
    }
}
