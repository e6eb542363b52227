//! Group writes: attributes at once, members by a job.
//!
//! What is durable before the answer is the payload, not its interpretation: a large list is staged as parts
//! under an invisible job, and one commit makes the job PENDING with its place in the group's queue.

mod accept;
mod dry_run;
pub(crate) mod parse;
pub(crate) mod stage;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use throng_scim as scim;
use throng_scim::projection::Supplied;
use throng_scim::schema::ResourceType;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, JobNumber};
use crate::limits;
use crate::model::access::LargeGroupWrites;
use crate::model::groups::Group;
use crate::model::jobs::{IdentifierText, Job, Kind, MembershipSpec, Spec, Target};
use crate::model::schedule::Quota;
use crate::model::users::Identifier;
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::audit::Trail;
use crate::use_cases::groups::{self, GroupView, not_found, parse_group};
use crate::use_cases::idempotency::{Done, Idempotency, Made, fingerprint};
use crate::use_cases::membership_jobs::MemberChange;
use crate::use_cases::schedules::ScheduleAsked;
use crate::use_cases::sources::SourceView;
use crate::use_cases::versions::Precondition;

/// A body from this size on is parsed on a thread that may block.
const PARSE_ELSEWHERE_BYTES: usize = 64 << 10;
/// A waiting request looks at its job at least this often, should a signal be lost.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A group write as it came.
#[derive(Debug)]
pub struct GroupWrite {
    /// The body.
    pub body: Vec<u8>,
    /// `If-Match`.
    pub precondition: Precondition,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Method and path, as received.
    pub request: String,
    /// How long to wait for the job.
    pub wait: Wait,
    /// Whether the answer shows the members.
    pub with_members: bool,
    /// When its job may begin.
    pub schedule: ScheduleAsked,
    /// Whether it only says what it would do.
    pub dry_run: bool,
}

/// How long a membership write waits for its job to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Up to `INLINE_WAIT` for `INLINE_ITEMS_MAX` items, not at all for more.
    Default,
    /// This many seconds, capped at `WAIT_MAX`: `Prefer: respond-async, wait=N`; 0 without `wait`. Answered 202.
    Async(u32),
    /// This many seconds, capped at `WAIT_MAX`: `Prefer: wait=N`.
    Seconds(u32),
}

/// A group write that was accepted.
#[derive(Clone, Debug)]
pub struct GroupWritten {
    /// The group as it is now; `None` when it was deleted since its job was accepted.
    pub view: Option<GroupView>,
    /// The job, if the request spoke of members.
    pub job: Option<Job>,
    /// Whether the request made the group.
    pub created: bool,
    /// Whether this is the answer to an earlier request with the same `Idempotency-Key`.
    pub replayed: bool,
    /// The status of that answer.
    pub replayed_status: Option<u16>,
    /// Whether `meta.jobId` belongs in the body.
    pub show_job_in_meta: bool,
    /// What the client gave of that which is else only shown on request.
    pub supplied: Supplied,
}

impl GroupWritten {
    /// Whether the job only says what it would do.
    pub fn is_dry(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.spec.kind() == Kind::Plan)
    }
}

/// What a change of members that came without a body of SCIM says beside it.
#[derive(Debug)]
pub(crate) struct ChangeAsked {
    /// Method and path, as received.
    pub request: String,
    /// SHA-256 of what was sent.
    pub digest: [u8; 32],
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// When its job may begin.
    pub schedule: ScheduleAsked,
    /// Whether it only says what it would do.
    pub dry_run: bool,
}

/// Which group a write is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// One that it makes.
    New(Uuid),
    /// One that is there.
    Existing(GroupNumber),
}

/// What a request does to the attributes.
#[derive(Clone, Debug)]
pub(crate) enum AttributeChange {
    /// They are those of a new group.
    Create(Map<String, Value>),
    /// They become these.
    Replace(Map<String, Value>),
    /// They are changed so.
    Patch(Vec<scim::patch::Operation>),
}

impl AttributeChange {
    fn supplied(&self, group_type: &ResourceType) -> Supplied {
        match self {
            Self::Create(attributes) | Self::Replace(attributes) => {
                Supplied::of_resource(attributes, group_type)
            }
            Self::Patch(operations) => Supplied::of_patch(operations, group_type),
        }
    }
}

/// A parsed request.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    /// What it does to the attributes.
    pub attributes: AttributeChange,
    /// What it does to the members.
    pub members: Option<MemberChange>,
    /// Whether it has the dialect's object.
    pub dialect_object: bool,
}

/// A parsed request, with the digest of what was sent.
pub(crate) type Read = (Parsed, [u8; 32]);

/// Reads a body.
pub(crate) type Parse = fn(&[u8], &Caller, &ResourceType) -> Result<Parsed>;

/// What a write is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// It changes what it says.
    Write,
    /// It changes nothing, and a job says what it would.
    DryRun,
    /// It is part of a rehearsal that is taken back, which tells of up to so many members one by one.
    Trial(usize),
}

/// Everything the accepting transaction needs.
struct Acceptance {
    account: AccountId,
    group_type: Arc<ResourceType>,
    subject: Subject,
    parsed: Parsed,
    precondition: Precondition,
    idempotency: Option<Idempotency>,
    fingerprint: [u8; 32],
    status: u16,
    shown: Shown,
    /// Whether a job is recorded even when no member is spoken of.
    always_job: bool,
    /// What becomes of what cannot be applied before the answer.
    large_writes: LargeGroupWrites,
    quota: Quota,
    purpose: Purpose,
    trail: Trail,
    job: Job,
    /// Whether `job` is staged already, with its parts.
    staged: bool,
    now: Instant,
}

impl Acceptance {
    /// What is remembered of it once it has made this job.
    const fn done(&self, job: JobNumber) -> Done {
        Done { made: Made::Job(job), status: self.status, fingerprint: self.fingerprint }
    }
}

/// How the answer shows the group.
#[derive(Clone, Debug)]
struct Shown {
    source: SourceView,
    with_members: bool,
}

impl Shown {
    /// A stored group as it is shown.
    fn view<S: Snapshot + ?Sized>(&self, snapshot: &mut S, stored: Group) -> Result<GroupView> {
        let group = self.source.see(snapshot, stored)?;
        groups::view(snapshot, self.source.account, group, self.with_members)
    }
}

struct Accepted {
    view: Option<GroupView>,
    job: Option<Job>,
    replayed_status: Option<u16>,
}

impl Directory {
    /// Creates a group; members by a job.
    ///
    /// # Errors
    /// `Scim`, `Invalid`, `AlreadyExists`, `TooLarge`, `Idempotency`.
    pub async fn create_group(&self, caller: &Caller, write: GroupWrite) -> Result<GroupWritten> {
        caller.require(Permission::GroupsWrite)?;
        let subject = Subject::New(self.ids.uuid(self.now()));
        self.write_group(caller, subject, write, parse::create).await
    }

    /// Replaces a group's attributes and, if the body has the key `members`, its members.
    ///
    /// # Errors
    /// Like [`Directory::create_group`], and `NotFound`, `VersionMismatch`.
    pub async fn replace_group(&self, caller: &Caller, id: &str, write: GroupWrite) -> Result<GroupWritten> {
        caller.require(Permission::GroupsWrite)?;
        self.write_group(caller, Subject::Existing(parse_group(id)?), write, parse::replace).await
    }

    /// Patches a group: attributes at once, members by a job.
    ///
    /// # Errors
    /// Like [`Directory::replace_group`].
    pub async fn patch_group(&self, caller: &Caller, id: &str, write: GroupWrite) -> Result<GroupWritten> {
        caller.require(Permission::GroupsWrite)?;
        self.write_group(caller, Subject::Existing(parse_group(id)?), write, parse::patch).await
    }

    async fn write_group(
        &self,
        caller: &Caller,
        subject: Subject,
        mut write: GroupWrite,
        parse: Parse,
    ) -> Result<GroupWritten> {
        let account = caller.account;
        // A repeated request is answered as it was, also when its group is gone.
        if let (Subject::Existing(number), None) = (subject, &write.idempotency_key) {
            let exists = move |snapshot: &mut dyn Snapshot| Ok(snapshot.group(account, number)?.is_some());
            if !self.store.read(Cost::Point, exists).await? {
                return Err(not_found());
            }
        }
        let body = std::mem::take(&mut write.body);
        let read = read_body(body, caller, self.registry.group(), parse).await?;
        self.write_parsed(caller, subject, read, write).await
    }

    /// Changes the members of a group by a job, without a body of SCIM. Answered 202.
    ///
    /// # Errors
    /// Like [`Directory::patch_group`].
    pub(crate) async fn change_members(
        &self,
        caller: &Caller,
        group: GroupNumber,
        change: MemberChange,
        asked: ChangeAsked,
    ) -> Result<GroupWritten> {
        caller.require(Permission::GroupsWrite)?;
        let attributes = AttributeChange::Patch(Vec::new());
        let parsed = Parsed { attributes, members: Some(change), dialect_object: false };
        let ChangeAsked { request, digest, idempotency_key, schedule, dry_run } = asked;
        let write = GroupWrite {
            body: Vec::new(),
            precondition: Precondition::default(),
            idempotency_key,
            request,
            wait: Wait::Async(0),
            with_members: false,
            schedule,
            dry_run,
        };
        self.write_parsed(caller, Subject::Existing(group), (parsed, digest), write).await
    }

    /// Accepts a write whose body was read.
    pub(crate) async fn write_parsed(
        &self,
        caller: &Caller,
        subject: Subject,
        (parsed, digest): Read,
        write: GroupWrite,
    ) -> Result<GroupWritten> {
        let account = caller.account;
        let GroupWrite { precondition, idempotency_key, request, wait, with_members, dry_run, .. } = write;
        // With a key of its own, since it makes something else.
        let request = if dry_run { request + "?dryRun=true" } else { request };
        let schedule = self.schedule(caller, write.schedule).await?;
        let shown = Shown { source: SourceView::of(caller), with_members };
        let created = matches!(subject, Subject::New(_));
        let supplied = parsed.attributes.supplied(self.registry.group());
        let now = self.now();
        let idempotency = self.idempotency(caller, &request, idempotency_key)?;
        let show_job_in_meta = parsed.dialect_object || caller.dialect == crate::Dialect::Firstup;
        let acceptance = Acceptance {
            account,
            group_type: Arc::clone(self.registry.group()),
            subject,
            job: Job { schedule, ..self.new_membership_job(caller, digest, now) },
            parsed,
            precondition,
            idempotency,
            fingerprint: fingerprint(&request, &digest),
            status: if dry_run || matches!(wait, Wait::Async(_)) {
                202
            } else if created {
                201
            } else {
                200
            },
            shown: shown.clone(),
            always_job: show_job_in_meta,
            large_writes: match wait {
                _ if dry_run => LargeGroupWrites::Job,
                Wait::Async(_) => LargeGroupWrites::Job,
                Wait::Default | Wait::Seconds(_) => caller.settings.large_group_writes,
            },
            quota: caller.settings.quota(),
            purpose: match (dry_run, self.is_trial) {
                (true, _) => Purpose::DryRun,
                (false, true) => Purpose::Trial(self.settings.rehearsed_items_max),
                (false, false) => Purpose::Write,
            },
            trail: self.trail(caller),
            staged: false,
            now,
        };
        let items = acceptance.parsed.members.as_ref().map_or(0, |members| members.items as usize);
        let accepted = self.accept(acceptance).await?;
        let (view, job) = match accepted.job {
            Some(job) if !job.state.is_terminal() => {
                self.bell.job_queued();
                let wait = match wait {
                    Wait::Default if job.schedule.is_set() => Duration::ZERO,
                    wait => wait_for(wait, items, &self.settings),
                };
                let (view, job) = self.wait_for_job(accepted.view, job, wait, shown).await?;
                (view, Some(job))
            }
            job => (accepted.view, job),
        };
        let replayed = accepted.replayed_status.is_some();
        Ok(GroupWritten {
            view,
            job,
            created,
            replayed,
            replayed_status: accepted.replayed_status,
            show_job_in_meta,
            supplied,
        })
    }

    fn new_membership_job(&self, caller: &Caller, digest: [u8; 32], now: Instant) -> Job {
        let spec = MembershipSpec {
            keeps_groups: false,
            creates_group: false,
            identifier: IdentifierText(Identifier::Id),
            operations: Vec::new(),
            origin: None,
            dry_run: None,
        };
        let uuid = self.ids.uuid(now);
        let mut job = Job::pending(caller.account, uuid, Spec::Membership(spec), Target::Users, now);
        job.client = caller.client;
        job.digest = digest;
        job
    }

    /// Waits for a job to end, at most `wait`; the group and the job as they are then, or as they were given when
    /// they cannot be read.
    async fn wait_for_job(
        &self,
        view: Option<GroupView>,
        job: Job,
        wait: Duration,
        shown: Shown,
    ) -> Result<(Option<GroupView>, Job)> {
        let (account, number) = (job.account, job.number);
        let group = if let Target::Group(group) = job.target { Some(group) } else { None };
        if wait.is_zero() {
            return Ok((view.map(|view| GroupView { members: None, ..view }), job));
        }
        let mut endings = self.bell.endings();
        let deadline = self.now().plus(wait);
        loop {
            let shown = shown.clone();
            let read = move |snapshot: &mut dyn Snapshot| {
                let job = snapshot.job(account, number)?.ok_or_else(not_found)?;
                let group = group.map(|group| snapshot.group(account, group)).transpose()?.flatten();
                let view = group.map(|group| shown.view(snapshot, group));
                Ok((view.transpose()?, job))
            };
            let (view, job) = match self.store.read(Cost::Point, read).await {
                Ok(seen) => seen,
                Err(error) => {
                    // It is accepted, whether anybody can look at it now or not.
                    tracing::warn!(%error, job = number.0, "could not look at an accepted job");
                    return Ok((view.map(|view| GroupView { members: None, ..view }), job));
                }
            };
            let left = deadline.since(self.now());
            if job.rests() || left.is_zero() {
                return Ok((view, job));
            }
            // A signal or the next look, whichever comes first.
            let _ = tokio::time::timeout(left.min(LOOK_EVERY), endings.changed()).await;
        }
    }
}

/// Parses a body and digests it, elsewhere when it is large.
pub(crate) async fn read_body(
    body: Vec<u8>,
    caller: &Caller,
    group_type: &Arc<ResourceType>,
    parse: Parse,
) -> Result<Read> {
    let digest = |body: &[u8]| -> [u8; 32] { Sha256::digest(body).into() };
    if body.len() < PARSE_ELSEWHERE_BYTES {
        return Ok((parse(&body, caller, group_type)?, digest(&body)));
    }
    let (body, caller, group_type) = (Arc::new(body), caller.clone(), Arc::clone(group_type));
    let shared = Arc::clone(&body);
    let digesting = tokio::task::spawn_blocking(move || digest(&shared));
    let parsing = tokio::task::spawn_blocking(move || parse(&body, &caller, &group_type));
    let parsed = parsing.await.map_err(|error| Error::internal(error.to_string()))??;
    let digest = digesting.await.map_err(|error| Error::internal(error.to_string()))?;
    Ok((parsed, digest))
}

fn wait_for(wait: Wait, items: usize, settings: &crate::Settings) -> Duration {
    match wait {
        Wait::Seconds(seconds) | Wait::Async(seconds) => {
            Duration::from_secs(u64::from(seconds)).min(limits::WAIT_MAX)
        }
        Wait::Default if items <= limits::INLINE_ITEMS_MAX => settings.inline_wait,
        Wait::Default => Duration::ZERO,
    }
}
