//! Acceptance of membership jobs: applied inside the answering transaction when small and first in line,
//! queued otherwise.

use throng_jobs::{Counts, Instant, Outcome, State, Tally, failpoint};

use crate::error::{Error, Result};
use crate::ids::{AccountId, MemberKey};
use crate::limits;
use crate::model::groups::Group;
use crate::model::jobs::{DryRun, IdentifierText, Job, MembershipSpec, Origin, Part, Spec, Target};
use crate::model::memberships::{self, Action, Effect, Entry, Operation};
use crate::model::parts::{self, Parts, PartsBuilder};
use crate::model::results::{ByIndex, Settled};
use crate::model::users::Identifier;
use crate::port::Tx;
use crate::port::scan::Scan;
use crate::use_cases::audit;
use crate::use_cases::guards;
use crate::use_cases::memberships as changes;

/// What a request asks of a group's members.
#[derive(Clone, Debug)]
pub(crate) struct MemberChange {
    /// How the values name people.
    pub identifier: Identifier,
    /// The operations over the listed values.
    pub operations: Vec<Operation>,
    /// The listed values.
    pub parts: Parts,
    /// How many there are.
    pub items: u32,
    /// Whether a value that names nobody refuses all, where the change is applied before the answer.
    pub rejects_unknown: bool,
    /// Whether a replace leaves the groups that are members alone.
    pub keeps_groups: bool,
    /// The job that it comes of.
    pub origin: Option<Origin>,
}

impl MemberChange {
    /// A change that speaks of nobody.
    pub(crate) fn nothing() -> Self {
        Self {
            identifier: Identifier::Id,
            operations: Vec::new(),
            parts: PartsBuilder::new().finish(),
            items: 0,
            rejects_unknown: false,
            keeps_groups: false,
            origin: None,
        }
    }

    /// Items that ask to add somebody, and items that ask to remove somebody.
    pub(crate) fn asked(&self) -> (u64, u64) {
        let mut asked = (0, 0);
        for operation in &self.operations {
            let items = u64::from(operation.end - operation.start);
            match operation.action {
                Action::Add | Action::Replace => asked.0 += items,
                Action::Remove => asked.1 += items,
            }
        }
        asked
    }

    /// How many members that are not listed it removes, at the least: whoever is listed may be one who stays.
    fn unlisted_of(&self, group: &Group) -> u64 {
        if memberships::replaces(&self.operations) {
            group.members.saturating_sub(u64::from(self.items))
        } else {
            0
        }
    }
}

/// Sets what plan has not fixed yet: everything listed is pending.
pub(crate) fn count_listed(job: &mut Job, change: &MemberChange) {
    (job.asked_create, job.asked_destroy) = change.asked();
    job.counts = Counts::of_total(u64::from(change.items));
}

/// Queues a job whose parts are not stored yet. The caller holds the group's lock.
pub(crate) fn queue(tx: &mut dyn Tx, job: &mut Job, parts: &[Part]) -> Result<()> {
    job.queue_seq = tx.next_queue_seq(job.account, job.target)?;
    tx.insert_job(job)?;
    tx.put_parts(job.account, job.number, parts)
}

/// Makes a received job PENDING: acceptance. The caller holds the group's lock.
pub(crate) fn accept(tx: &mut dyn Tx, job: &mut Job) -> Result<()> {
    failpoint::pass("accept.after_stage");
    if !tx.touch_staged(job.account, job.number)? {
        return Err(Error::Unavailable("the upload took too long; send it again".to_owned()));
    }
    job.state = State::Pending;
    job.queue_seq = tx.next_queue_seq(job.account, job.target)?;
    audit::jobs::update(tx, job)
}

/// Plans and applies a change of at most `INLINE_ITEMS_MAX` items, produced removals included, and stores the
/// ended job. `false`, and nothing written, when it is larger. The caller holds the group's lock and has seen
/// that its queue is empty.
///
/// # Errors
/// `Invalid` when a value names nobody and the change rejects that.
pub(crate) fn run_inline(
    tx: &mut dyn Tx,
    job: &mut Job,
    group: &Group,
    change: &MemberChange,
    now: Instant,
) -> Result<bool> {
    let Some(planned) = plan_at_once(tx, job.account, (group, change), limits::INLINE_ITEMS_MAX)? else {
        return Ok(false);
    };
    if change.rejects_unknown {
        refuse_unknown(change, &planned.settled)?;
    }
    if guards::objection(tx, job, (removals(&planned.entries), group.members), now)?.is_some() {
        // Its worker finds the same, and lets it wait for approval.
        return Ok(false);
    }
    do_at_once(tx, job, (group, change), planned, now)?;
    Ok(true)
}

/// Does what a queued job would do, up to `items_max` items, so that a rehearsal that is taken back can tell of each
/// member: the job as it is then, which has ended, with its place in the queue. When it is larger, the job waits there, and
/// counts whom it would look at. One that would wait for approval is a dry run, with the guard's objection as its message.
/// `job` becomes what the answer would see of it. The caller holds the group's lock.
pub(crate) fn rehearse(
    tx: &mut dyn Tx,
    job: &mut Job,
    (group, change): (&Group, &MemberChange),
    items_max: usize,
    now: Instant,
) -> Result<()> {
    let planned = plan_at_once(tx, job.account, (group, change), items_max)?;
    let unlisted = change.unlisted_of(group);
    let removals = planned.as_ref().map_or_else(
        || (change.asked().1 + unlisted).min(group.members),
        |planned| removals(&planned.entries),
    );
    let mut tried = job.clone();
    tried.queue_seq = tx.next_queue_seq(job.account, job.target)?;
    tried.message = guards::objection(tx, job, (removals, group.members), now)?;
    if let (Some(_), Spec::Membership(spec)) = (&tried.message, &mut tried.spec) {
        spec.dry_run = Some(DryRun { group: group.number.0, changes: Vec::new() });
        tried.target = Target::Nothing(job.number);
        // Who lists more is answered before its worker looks.
        let is_waited_for = change.items as usize <= limits::INLINE_ITEMS_MAX;
        job.state = if is_waited_for { State::AwaitingApproval } else { State::Pending };
    }
    if let Some(planned) = planned {
        return do_at_once(tx, &mut tried, (group, change), planned, now);
    }
    tried.counts = Counts::of_total(u64::from(change.items) + unlisted);
    tx.insert_job(&tried)?;
    tx.put_parts(tried.account, tried.number, &change.parts.list)
}

/// Does what was planned, and stores the job, which has ended. A dry run changes nobody.
fn do_at_once(
    tx: &mut dyn Tx,
    job: &mut Job,
    (group, change): (&Group, &MemberChange),
    planned: Planned,
    now: Instant,
) -> Result<()> {
    let Planned { settled, entries, produced } = planned;
    let total = change.items as usize + produced.len();
    let is_dry = job.spec.kind().is_plan();
    let target = changes::Changed {
        account: job.account,
        group: group.number,
        is_dry,
        expects_change: matches!(change.origin, Some(Origin::Applies(_))),
    };
    let (mut results, mut tally) = (ByIndex::new(total), Tally::default());
    let mut settle = |item: Settled| {
        tally.add(item.outcome, 1);
        results.settle(item)
    };
    settled.into_iter().try_for_each(&mut settle)?;
    let (mut done, mut grown_by) = (0, 0);
    while done < entries.len() {
        let applied = changes::apply(tx, &target, &entries[done..], entries.len())?;
        (done, grown_by) = (done + applied.settled.len(), grown_by + applied.grown_by);
        applied.settled.into_iter().try_for_each(&mut settle)?;
    }
    job.counts = Counts::of_total(total as u64);
    job.counts.add(&tally);
    job.asked_destroy += produced.len() as u64;
    job.planned = true;
    job.state = ended_state(&job.counts);
    job.tally = tally;
    (job.started_at, job.ended_at) = (Some(now), Some(now));
    if !is_dry && job.counts.created + job.counts.removed > 0 {
        tx.touch_group(job.account, group.number, grown_by, now)?;
    }
    tx.insert_job(job)?;
    tx.put_parts(job.account, job.number, &change.parts.list)?;
    tx.put_parts(job.account, job.number, &parts::produced(change.items, &produced))?;
    let pages: Vec<_> = (0..results.pages()).map(|page| results.page(page)).collect();
    tx.put_result_pages(job.account, job.number, &pages)
}

/// Whether a change is small enough for [`run_inline`], as the group's members are now.
pub(crate) fn fits_inline(tx: &mut dyn Tx, account: AccountId, of: (&Group, &MemberChange)) -> Result<bool> {
    Ok(plan_at_once(tx, account, of, limits::INLINE_ITEMS_MAX)?.is_some())
}

/// Fails with `Invalid` when listed values name nobody, or nobody for certain.
fn refuse_unknown(change: &MemberChange, settled: &[Settled]) -> Result<()> {
    let is_unknown =
        |outcome| matches!(outcome, Outcome::NotFound | Outcome::Ambiguous | Outcome::ReplaceUnresolved);
    let unknown: Vec<u32> =
        settled.iter().filter(|item| is_unknown(item.outcome)).map(|item| item.index).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut named = Vec::new();
    for part in &change.parts.list {
        for (index, value) in (part.first..).zip(part.values()?) {
            if named.len() < limits::UNKNOWN_MEMBERS_NAMED && unknown.binary_search(&index).is_ok() {
                named.extend(changes::text(value).map(|text| format!("{text:?}")));
            }
        }
    }
    let more = if unknown.len() > named.len() { ", …" } else { "" };
    let (count, named) = (unknown.len(), named.join(", "));
    Err(Error::invalid("members", format!("nobody is named by {count} of the listed members: {named}{more}")))
}

/// The end of a membership job that ran: whether it changed anything.
pub(crate) const fn ended_state(counts: &Counts) -> State {
    if counts.created + counts.removed > 0 || counts.total == 0 { State::Completed } else { State::NoChange }
}

/// Entries that ask to remove somebody.
pub(crate) fn removals(entries: &[Entry]) -> u64 {
    entries.iter().filter(|entry| entry.effect == Effect::Remove).count() as u64
}

struct Planned {
    settled: Vec<Settled>,
    entries: Vec<Entry>,
    produced: Vec<MemberKey>,
}

/// What a change comes to; none where it has more items than that, produced removals included.
fn plan_at_once(
    tx: &mut dyn Tx,
    account: AccountId,
    (group, change): (&Group, &MemberChange),
    items_max: usize,
) -> Result<Option<Planned>> {
    if change.items as usize > items_max {
        return Ok(None);
    }
    // Few keys are looked up one by one, however many users there are.
    let is_small = change.items as usize <= limits::INLINE_ITEMS_MAX;
    let users = if is_small { u64::MAX } else { tx.count_users(account, &Scan::All)? };
    let mut lookup = changes::Lookup::new(change.identifier, change.items as usize);
    change.parts.list.iter().try_for_each(|part| lookup.add(part))?;
    lookup.sort();
    while !lookup.is_done() {
        let found = lookup.piece().find(tx, account, users)?;
        lookup = lookup.with(&found);
    }
    let plan = memberships::plan(&change.operations, &lookup.into_subjects());
    let mut produced = Vec::new();
    let mut entries = plan.entries;
    if plan.removes_unlisted {
        let members_max = items_max + 1;
        let members = tx.members(account, group.number, None, members_max)?;
        if members.len() == members_max {
            return Ok(None);
        }
        produced = memberships::unlisted(&entries, members, change.keeps_groups).collect();
        if produced.len() + change.items as usize > items_max {
            return Ok(None);
        }
        entries.extend((change.items..).zip(&produced).map(|(index, member)| Entry {
            member: *member,
            index,
            effect: Effect::Remove,
        }));
        entries.sort_unstable_by_key(|entry| entry.member);
    }
    Ok(Some(Planned { settled: plan.settled, entries, produced }))
}

/// A membership job that waits for its turn.
pub(crate) fn new_job(base: &Job, creates_group: bool, change: &MemberChange) -> Job {
    let mut job = base.clone();
    job.spec = Spec::Membership(MembershipSpec {
        creates_group,
        identifier: IdentifierText(change.identifier),
        operations: change.operations.clone(),
        keeps_groups: change.keeps_groups,
        origin: change.origin,
        dry_run: None,
    });
    job.payload = Some(change.parts.digest);
    count_listed(&mut job, change);
    job
}
