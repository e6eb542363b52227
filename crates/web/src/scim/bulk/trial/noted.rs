//! What is seen of each operation in a rehearsal: what became of its resource, and of the members that it names.

use serde_json::{Map, Value, json};
use throng_api::JobCounts;
use throng_directory::model::jobs::{Change, Job, Kind, Spec};
use throng_directory::model::memberships;
use throng_directory::model::users::Identifier;
use throng_directory::use_cases::job_items::ItemsQuery;
use throng_directory::{State, limits};
use throng_scim::bulk::{Method, Operation};

use super::super::{Done, Run};
use crate::limits as web_limits;
use crate::native::jobs::{item, job as shown_job};
use crate::refusal::Refusal;

/// A resource as it was: its version, and what may be shown of it.
pub(in crate::scim::bulk) type Looked = (i64, Map<String, Value>);

/// What was seen of an operation that went well, or of one that was refused.
#[derive(Default)]
pub(super) struct Noted {
    pub(super) changes: Vec<Change>,
    /// Whether anything is not as it was, or will not be.
    pub(super) effect: bool,
    /// What became, or would become, of each member.
    pub(super) members: Option<Value>,
    /// See [`BulkItem::named_members`](throng_directory::model::bulk::BulkItem::named_members).
    pub(super) named: Vec<(String, String)>,
    pub(super) note: Option<String>,
    /// Of how many of them is told.
    pub(super) told: usize,
    /// How far its members are; none where it names none.
    pub(super) standing: Option<Standing>,
    /// Whether a job will find out, after the answer, whom names name.
    pub(super) looks_up_later: bool,
}

/// How far members are that an operation names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// They were changed with the operation.
    Done,
    /// A job would change them after the answer. A trial did it at once, to see what it does.
    Queued,
    /// Such a job would wait for approval.
    Held,
    /// A job will change them, and nobody has looked at them yet.
    Waiting,
}

impl Standing {
    fn of(job: &Job) -> Self {
        match job {
            _ if job.spec.kind() == Kind::Plan => Self::Held,
            _ if !job.state.is_terminal() => Self::Waiting,
            // What is done with its operation was in no queue.
            _ if job.queue_seq > 0 => Self::Queued,
            _ => Self::Done,
        }
    }

    /// The state that the job would be in after the answer, where it is not the one that it is in.
    const fn state(self) -> Option<State> {
        match self {
            Self::Queued => Some(State::Pending),
            Self::Held => Some(State::AwaitingApproval),
            Self::Done | Self::Waiting => None,
        }
    }
}

/// Whether a job lists members otherwise than by id: such names may come to name others.
fn is_by_name(job: &Job) -> bool {
    let Spec::Membership(spec) = &job.spec else { return false };
    spec.identifier.0 != Identifier::Id
        && spec.operations.iter().any(|operation| !operation.range().is_empty())
}

impl Run<'_> {
    /// Notes what an operation did, in a rehearsal.
    pub(in crate::scim::bulk) async fn note(
        &mut self,
        index: usize,
        operation: &Operation,
        (before, done): (Option<Looked>, &Done),
    ) -> Result<(), Refusal> {
        let Some(trial) = &self.trial else { return Ok(()) };
        let mut noted = Noted::default();
        if !done.is_success() {
            // Its answer says why.
        } else if operation.method == Method::Delete {
            noted.effect = true;
        } else if let Some(id) = done.id(operation) {
            let after = self.seen(&operation.endpoint, id).await?;
            let version = |looked: &Option<Looked>| looked.as_ref().map(|(version, _)| *version);
            noted.effect = version(&before) != version(&after);
            let attributes =
                |looked: Option<Looked>| looked.map(|(_, attributes)| attributes).unwrap_or_default();
            noted.changes = Change::between(&attributes(before), &attributes(after));
            if let (true, Some(references)) = (trial.is_dry(), trial.references.get(index)) {
                trial.made.hide_in_changes(&mut noted.changes, references);
            }
            if let Some(number) = &done.job {
                self.note_members(&mut noted, number).await?;
            }
        }
        if let Some(trial) = &mut self.trial {
            trial.told += noted.told;
            trial.noted.insert(index, noted);
        }
        Ok(())
    }

    async fn note_members(&self, noted: &mut Noted, number: &str) -> Result<(), Refusal> {
        let (Some(trial), directory) = (&self.trial, &self.state.directory) else { return Ok(()) };
        let found = directory.any_job(self.caller, number).await?;
        let standing = Standing::of(&found);
        let is_by_name = is_by_name(&found);
        let (is_looked_at, replaces) = (found.state.is_terminal(), replaces(&found));
        let job = shown_job(&directory.job_view(found).await?);
        let mut items = Vec::new();
        if is_looked_at {
            let asked = ItemsQuery { count: Some(limits::COUNT_MAX), ..ItemsQuery::default() };
            let page = directory.job_items(self.caller, number, &asked).await?;
            items.extend(page.items.into_iter().map(item));
        }
        // What is too much to be done with its operation waits at the application, too, and is not compared. What would
        // wait for approval may not have to by then.
        if is_by_name && job.counts.total <= limits::INLINE_ITEMS_MAX as u64 {
            let made = &trial.made;
            let named = items.iter().map(|item| (item.value.as_str(), item.member.as_deref()));
            let named = named.filter(|(value, member)| *member != Some(value));
            let pair = |(value, member): (&str, Option<&str>)| {
                (made.named_value(value, member), member.map(|id| made.named(id)).unwrap_or_default())
            };
            noted.named = named.map(pair).collect();
        }
        noted.looks_up_later = is_by_name && standing == Standing::Waiting;
        items.truncate(web_limits::BULK_MEMBERS_TOLD_MAX.saturating_sub(trial.told));
        noted.told = items.len();
        if trial.is_dry() {
            for item in &mut items {
                trial.made.hide_in_item(item);
            }
        }
        // What waits has whatever effect it will have.
        noted.effect |=
            standing == Standing::Waiting || job.counts.created + job.counts.removed + job.counts.pending > 0;
        noted.note = Some(match (standing, &job.message) {
            (Standing::Held, Some(objection)) => objection.clone(),
            (Standing::Waiting, _) => waiting(&job.counts, replaces, (!trial.is_dry()).then_some(job.number)),
            _ => told(standing, &job.counts),
        });
        noted.standing = Some(standing);
        let state = standing.state().map_or(job.state, |state| state.as_str().to_owned());
        let mut members = json!({
            "state": state, "counts": job.counts, "reasons": job.reasons, "items": items,
        });
        if let Some(message) = job.message {
            members["message"] = message.into();
        }
        noted.members = Some(members);
        Ok(())
    }
}

/// Whether a job removes whoever is not listed: how many it changes is not known before it looks at them.
fn replaces(job: &Job) -> bool {
    matches!(&job.spec, Spec::Membership(spec) if memberships::replaces(&spec.operations))
}

/// What is to be said of members.
fn told(standing: Standing, counts: &JobCounts) -> String {
    let done =
        format!("{} added, {} removed, {} without effect", counts.created, counts.removed, counts.ignored);
    if standing == Standing::Queued { format!("by a job, after the answer: {done}") } else { done }
}

/// What is to be said of members that nobody has looked at yet. `job` = the number of the job that does it, if that is
/// kept: then nobody has counted those that it `replaces`.
fn waiting(counts: &JobCounts, replaces: bool, job: Option<i64>) -> String {
    let name = job.map_or_else(|| "a job".to_owned(), |number| format!("job {number}"));
    match counts.pending {
        _ if replaces && job.is_some() => format!("its members wait for {name}"),
        1 => format!("1 member waits for {name}"),
        pending => format!("{pending} members wait for {name}"),
    }
}
