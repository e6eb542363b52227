//! What is seen of each operation in a rehearsal: what became of its resource, and of the members that it names.

use serde_json::{Map, Value, json};
use throng_api::JobCounts;
use throng_directory::model::jobs::{Change, Job, Kind};
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
            _ if !job.state.is_terminal() => Self::Waiting,
            _ if job.spec.kind() == Kind::Plan => Self::Held,
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
        let job = shown_job(&directory.job_view(found).await?);
        let mut items = Vec::new();
        if standing != Standing::Waiting {
            let asked = ItemsQuery { count: Some(limits::COUNT_MAX), ..ItemsQuery::default() };
            let page = directory.job_items(self.caller, number, &asked).await?;
            items.extend(page.items.into_iter().map(item));
        }
        // What is too much to be done with its operation waits at the application, too, and is not compared.
        let is_compared = standing == Standing::Done
            || standing == Standing::Queued && job.counts.total <= limits::INLINE_ITEMS_MAX as u64;
        if is_compared {
            let made = &trial.made;
            let named = items.iter().map(|item| (item.value.as_str(), item.member.as_deref()));
            let named = named.filter(|(value, member)| *member != Some(value));
            let pair = |(value, member): (&str, Option<&str>)| {
                (made.named_value(value, member), member.map(|id| made.named(id)).unwrap_or_default())
            };
            noted.named = named.map(pair).collect();
        }
        items.truncate(web_limits::BULK_MEMBERS_TOLD_MAX.saturating_sub(trial.told));
        noted.told = items.len();
        if trial.is_dry() {
            for item in &mut items {
                trial.made.hide_in_item(item);
            }
        }
        noted.effect |= job.counts.created + job.counts.removed + job.counts.pending > 0;
        noted.note = Some(match (standing, &job.message) {
            (Standing::Held, Some(objection)) => objection.clone(),
            _ => told(standing, &job.counts, (!trial.is_dry()).then_some(job.number)),
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

/// What is to be said of members. `job` = the number of the job that does it, if that is kept.
fn told(standing: Standing, counts: &JobCounts, job: Option<i64>) -> String {
    let done =
        format!("{} added, {} removed, {} without effect", counts.created, counts.removed, counts.ignored);
    match standing {
        Standing::Done | Standing::Held => done,
        Standing::Queued => format!("by a job, after the answer: {done}"),
        Standing::Waiting => {
            let job = job.map_or_else(|| "a job".to_owned(), |number| format!("job {number}"));
            match counts.pending {
                1 => format!("1 member waits for {job}"),
                pending => format!("{pending} members wait for {job}"),
            }
        }
    }
}
