//! Jobs, as the directory keeps them.

mod specs;

use std::time::Duration;

use throng_jobs::{Counts, Instant, JobRef, State, Tally, Token};
use uuid::Uuid;

pub use specs::{
    BulkSpec, Change, DeletionSpec, DryRun, ForgetSpec, IdentifierText, ImportMode, ImportSpec, Kind,
    MembershipSpec, Origin, RestoreSpec, Spec,
};

pub(crate) use specs::literals;

pub use crate::model::exports::{ExportFilter, ExportSpec};

use crate::ids::{AccountId, ClientId, GroupNumber, JobNumber};
use crate::model::schedule::Schedule;

/// A job. One row; every view of a job is made from it and from its payload and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The account.
    pub account: AccountId,
    /// The number in the account.
    pub number: JobNumber,
    /// The UUID, for the admin API and `Set-Txn`.
    pub uuid: Uuid,
    /// What it does.
    pub spec: Spec,
    /// What it queues on.
    pub target: Target,
    /// Its place in the target's queue; 0 while receiving.
    pub queue_seq: i64,
    /// The client's name for it; unique in the account among named jobs.
    pub name: Option<String>,
    /// Where it is.
    pub state: State,
    /// The sum law's counters.
    pub counts: Counts,
    /// The settled items by outcome.
    pub tally: Tally,
    /// Items that ask to add somebody: the report's `create`.
    pub asked_create: u64,
    /// Items that ask to remove somebody: the report's `destroy`.
    pub asked_destroy: u64,
    /// Whether plan has ended: `counts.total` is fixed.
    pub planned: bool,
    /// How far apply is: rows settled in login order (imports), chunks stored (memberships).
    pub cursor: u64,
    /// Claims since the last committed chunk.
    pub attempts: u32,
    /// SHA-256 of what was sent.
    pub digest: [u8; 32],
    /// The digest of its payload ([`crate::model::payload`]). None when it has none, and when names in it were forgotten.
    pub payload: Option<[u8; 32]>,
    /// With whose authority it runs.
    pub client: ClientId,
    /// When its acceptance began.
    pub received_at: Instant,
    /// When it was claimed first.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Why it could not run, or waits for approval; for people.
    pub message: Option<String>,
    /// When it may begin.
    pub schedule: Schedule,
    /// Since when it waits for approval.
    pub held_at: Option<Instant>,
    /// So many removals were too many when it was planned; are approved if it is.
    pub held_removals: Option<u64>,
    /// Who approved it.
    pub approved_by: Option<ClientId>,
    /// When its items were thrown away, because it ended long ago; 0 while they are.
    pub purged_at: Option<Instant>,
}

impl Job {
    /// How the engine names it.
    pub const fn reference(&self) -> JobRef {
        JobRef { account: self.account.0, number: self.number.0 }
    }

    /// Whether nothing becomes of it by itself: it has ended, or waits for approval.
    pub fn rests(&self) -> bool {
        self.state.is_terminal() || self.state == State::AwaitingApproval
    }

    /// What lists find it by, but for [`About::Nothing`]: its target or, of a dry run, that of what it tries. None for a dry
    /// run about a group that does not exist yet.
    pub fn about(&self) -> Option<About> {
        match (self.target, &self.spec) {
            (Target::Nothing(_), Spec::Membership(MembershipSpec { dry_run: Some(dry_run), .. })) => {
                let group = GroupNumber(dry_run.group);
                (group.0 != 0).then_some(About::Queue(Target::Group(group)))
            }
            (Target::Nothing(_), Spec::Bulk(_)) => Some(About::Account),
            (Target::Nothing(_), _) => Some(About::Queue(Target::Users)),
            (target, _) => Some(About::Queue(target)),
        }
    }

    /// The verb of the admin API that makes such a job, which also begins the names of those without one; none where there
    /// is no such verb.
    pub const fn verb(&self) -> Option<&'static str> {
        match &self.spec {
            Spec::Import(spec) => Some(spec.mode.verb()),
            Spec::Export(_) => Some("bulkExport"),
            _ => None,
        }
    }

    /// Ends it: what is pending is skipped.
    pub fn end(&mut self, state: State, now: Instant) {
        self.counts.skip_rest();
        self.state = state;
        self.ended_at = Some(now);
        if let Spec::Forget(forget) = &mut self.spec {
            // The names must not stay here of all places.
            forget.names.clear();
        }
    }
}

/// What a job queues on: at most one job of a target is worked at a time, in order of acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The account's users.
    Users,
    /// The members of one group.
    Group(GroupNumber),
    /// Cleaning behind a deleted user or group that was a member; never in anybody's way.
    Maintenance,
    /// Nothing: a dry run, which is its own queue.
    Nothing(JobNumber),
}

impl Target {
    /// The stored number: below −1 a dry run, −1 maintenance, 0 the account's users, else the group's number.
    pub const fn code(self) -> i64 {
        match self {
            Self::Nothing(job) => -1 - job.0,
            Self::Maintenance => -1,
            Self::Users => 0,
            Self::Group(number) => number.0,
        }
    }

    /// The target with this stored number.
    pub const fn from_code(code: i64) -> Self {
        match code {
            ..-1 => Self::Nothing(JobNumber(-1 - code)),
            -1 => Self::Maintenance,
            0 => Self::Users,
            number => Self::Group(GroupNumber(number)),
        }
    }
}

/// Which jobs a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsChosen {
    /// Of these kinds; of none when empty.
    pub kinds: Vec<Kind>,
    /// And of these kinds those of one client.
    pub own: Option<(ClientId, Vec<Kind>)>,
    /// And of these kinds those that have waited for approval.
    pub held: Vec<Kind>,
    /// In these states; in any when empty.
    pub states: Vec<State>,
    /// About this.
    pub about: Option<About>,
    /// Received at this moment or later.
    pub from: Option<Instant>,
    /// Received before this moment.
    pub until: Option<Instant>,
}

/// What jobs are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A target that has a queue, with the dry runs about it.
    Queue(Target),
    /// The account as a whole: bulk requests, with their dry runs.
    Account,
    /// Nothing: all dry runs.
    Nothing,
}

impl About {
    /// The stored number: −2 the account, else that of the target. None where it is stored with no job.
    pub const fn code(self) -> Option<i64> {
        match self {
            Self::Queue(target) => Some(target.code()),
            Self::Account => Some(-2),
            Self::Nothing => None,
        }
    }
}

/// A piece of a membership job's payload: values as they were given, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The index of its first item.
    pub first: u32,
    /// Its number of items.
    pub items: u32,
    /// How `data` holds them.
    pub form: PartForm,
    /// The items.
    pub data: Vec<u8>,
}

/// Where a [`Part`] is in a payload, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlace {
    /// The index of its first item.
    pub first: u32,
    /// Its number of items.
    pub items: u32,
    /// How it holds them.
    pub form: PartForm,
}

/// Bytes of a stored block that lie side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The block's number.
    pub block: u32,
    /// The first byte, from 0.
    pub start: u32,
    /// How many.
    pub length: u32,
}

/// How a [`Part`] holds its items. The number is what the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PartForm {
    /// 16 bytes each: every value is a canonical lower-case UUID.
    Uuids = 1,
    /// `items + 1` offsets (u32, little-endian), then the bytes of the values.
    Text = 2,
    /// 8 bytes each, big-endian: codes of members ([`crate::ids::MemberKey::code`]), produced by plan for a replace.
    Keys = 3,
}

impl PartForm {
    /// The form with this stored number.
    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Uuids),
            2 => Some(Self::Text),
            3 => Some(Self::Keys),
            _ => None,
        }
    }
}

/// What one chunk of a membership job settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Counts the job's chunks, from 0.
    pub seq: u64,
    /// Its number of items.
    pub items: u32,
    /// Its entries, encoded by [`crate::model::results`].
    pub entries: Vec<u8>,
}

/// A page of an import's rows, in login order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPage {
    /// 0 = staged runs that wait to be merged, 1 = the final order.
    pub run: u32,
    /// Counts the pages of the run, from 0.
    pub page: u32,
    /// Its number of rows.
    pub items: u32,
    /// The rows, encoded by [`crate::model::rows`].
    pub data: Vec<u8>,
}

/// A block of images of people whom a deletion deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageBlock {
    /// The index of the first item that has its image here.
    pub first: u32,
    /// Items from there to the last one that has.
    pub items: u32,
    /// When they were taken.
    pub taken_at: Instant,
    /// The images, encoded by [`crate::model::images`].
    pub data: Vec<u8>,
}

impl RowPage {
    /// The run that holds the rows in their final order.
    pub const FINAL: u32 = 1;
}

/// What became of one page of items. Membership jobs: in the order of the request, written when the job
/// finishes. Imports: in login order, written by the chunk that applies the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultPage {
    /// Counts the pages, from 0.
    pub page: u32,
    /// Settled items in it.
    pub items: u32,
    /// Of these: created, updated or removed.
    pub effective: u32,
    /// Of these: ignored.
    pub ignored: u32,
    /// Of these: failed.
    pub failed: u32,
    /// The outcomes and subjects, encoded by [`crate::model::results`].
    pub data: Vec<u8>,
}

/// The numbers of a [`ResultPage`] without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCounts {
    /// The page.
    pub page: u32,
    /// See [`ResultPage::items`].
    pub items: u32,
    /// See [`ResultPage::effective`].
    pub effective: u32,
    /// See [`ResultPage::ignored`].
    pub ignored: u32,
    /// See [`ResultPage::failed`].
    pub failed: u32,
}

/// A claimed job with its lease.
#[derive(Clone, Debug)]
pub struct Held {
    /// The job as it is now.
    pub job: Job,
    /// The lease.
    pub token: Token,
}

/// What is remembered of a request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Whose key it is.
    pub client: ClientId,
    /// The digest of method and path: a path may name somebody who is forgotten later.
    pub route: String,
    /// The key.
    pub key: String,
    /// SHA-256 over method, path and body; `None` while the request is being read.
    pub fingerprint: Option<[u8; 32]>,
    /// The job it made, if it made one.
    pub job: Option<JobNumber>,
    /// The resource that it made, changed or deleted without a job.
    pub resource: Option<Uuid>,
    /// The status of its answer; 0 while the request is running.
    pub status: u16,
    /// Who holds it while the request is running.
    pub holder: Option<Token>,
    /// How much longer the holder holds it, or the record is kept, by the store's clock; nothing when that is over.
    pub lasts: Duration,
}

#[cfg(test)]
mod tests;
