//! Plan: whom the listed values name, what each item comes to, and whom a replace removes.

use throng_jobs::{Outcome, State, failpoint};

use super::{Lease, Timing, Todo, finish, later, undecided};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{GroupNumber, JobNumber, MemberKey};
use crate::limits;
use crate::model::jobs::{Job, MembershipSpec, Origin, Part, PartForm};
use crate::model::memberships::{self, Effect, Entry, Plan};
use crate::model::parts::{self, Value};
use crate::model::results::ByIndex;
use crate::port::scan::Scan;
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::guards;
use crate::use_cases::membership_jobs::removals;
use crate::use_cases::memberships::Lookup;

/// Parts read at once: at most 8 MiB.
const PARTS_PER_READ: usize = 8;
/// Pieces of a look-up between two returns to the runner.
const PIECES_PER_STEP: usize = 10;

/// A plan in the making: a bounded piece at each step.
#[derive(Default)]
pub(super) enum Planning {
    #[default]
    Start,
    Resolve {
        job: Job,
        lookup: Lookup,
        users: u64,
    },
    Produce {
        job: Job,
        plan: Plan,
        produced: Vec<MemberKey>,
        after: Option<MemberKey>,
    },
}

impl Planning {
    /// Whether the job was planned when it was read; none before that.
    pub(super) const fn planned(&self) -> Option<bool> {
        match self {
            Self::Start => None,
            Self::Resolve { job, .. } | Self::Produce { job, .. } => Some(job.planned),
        }
    }

    /// Does one piece.
    pub(super) fn step(
        &mut self,
        directory: &Directory,
        lease: &Lease,
        spec: &MembershipSpec,
        group: GroupNumber,
    ) -> Result<Planned> {
        match std::mem::take(self) {
            Self::Start => *self = start(directory, lease, spec)?,
            Self::Resolve { job, mut lookup, users } => {
                for _ in 0..PIECES_PER_STEP {
                    if !lookup.is_done() {
                        lookup = resolve(directory, lease, lookup, users)?;
                    }
                }
                *self = if lookup.is_done() {
                    let mut plan = memberships::plan(&spec.operations, &lookup.into_subjects());
                    if let Some(Origin::Undoes(undone)) = spec.origin {
                        plan.pass_over(&later::changed(directory, lease, group, JobNumber(undone))?);
                    }
                    Self::Produce { job, plan, produced: Vec::new(), after: None }
                } else {
                    Self::Resolve { job, lookup, users }
                };
            }
            Self::Produce { job, plan, mut produced, after } => {
                if job.planned {
                    let produced = stored_removals(directory, lease)?;
                    return resumed(directory, lease, &job, plan, &produced);
                }
                let members =
                    if plan.removes_unlisted { members(directory, lease, group, after)? } else { Vec::new() };
                let last = members.last().copied();
                produced.extend(memberships::unlisted(&plan.entries, members, spec.keeps_groups));
                if last.is_some() {
                    let after = last;
                    *self = Self::Produce { job, plan, produced, after }
                } else {
                    let removals = removals(&plan.entries) + produced.len() as u64;
                    if held_back(directory, lease, group, removals, spec.dry_run.is_some())? {
                        return Ok(Planned::HeldBack);
                    }
                    let job = store(directory, lease, &job, &produced)?;
                    return resumed(directory, lease, &job, plan, &produced);
                }
            }
        }
        Ok(Planned::NotYet)
    }
}

/// How far a plan is.
pub(super) enum Planned {
    NotYet,
    /// What is to do is known and stored.
    Ready(Todo, ByIndex),
    /// The job waits for approval now.
    HeldBack,
}

/// Lets the job wait for approval if the account's guard asks for it; whether it does.
fn held_back(
    directory: &Directory,
    lease: &Lease,
    group: GroupNumber,
    removals: u64,
    is_dry: bool,
) -> Result<bool> {
    let (lease, timing) = (*lease, Timing::of(directory));
    let check = move |tx: &mut dyn Tx| {
        let mut job = lease.hold(tx, &timing)?;
        if job.state == State::AbortInProgress {
            return Ok(false);
        }
        let all = tx.group(lease.account, group)?.map_or(0, |group| group.members);
        let Some(objection) = guards::objection(tx, &job, (removals, all), timing.now)? else {
            return Ok(false);
        };
        if is_dry {
            job.message = Some(format!("if it were done, it {objection}"));
            audit::jobs::update(tx, &job)?;
            return Ok(false);
        }
        guards::hold_back(tx, &mut job, (objection, removals))?;
        Ok(true)
    };
    let is_held = removals > 0 && directory.store.write_blocking(Class::Chunk, check)?;
    if is_held {
        // Who waits for its end has to know.
        directory.bell.job_ended();
    }
    Ok(is_held)
}

/// Reads the payload.
fn start(directory: &Directory, lease: &Lease, spec: &MembershipSpec) -> Result<Planning> {
    let (timing, lease) = (Timing::of(directory), *lease);
    let job = directory.store.write_blocking(Class::Chunk, move |tx: &mut dyn Tx| lease.hold(tx, &timing))?;
    let users =
        directory.store.read_blocking(move |snapshot| snapshot.count_users(lease.account, &Scan::All))?;
    let items = spec.operations.iter().map(|operation| operation.end).max().unwrap_or(0) as usize;
    let mut lookup = Lookup::new(spec.identifier.0, items);
    each_part(directory, &lease, false, |part| lookup.add(part))?;
    lookup.sort();
    Ok(Planning::Resolve { job, lookup, users })
}

/// Reads the payload, a few parts in memory at a time.
fn each_part(
    directory: &Directory,
    lease: &Lease,
    produced: bool,
    mut take: impl FnMut(&Part) -> Result<()>,
) -> Result<()> {
    let (account, job, mut first) = (lease.account, lease.job, 0);
    loop {
        let read =
            move |snapshot: &mut dyn Snapshot| snapshot.parts(account, job, produced, first, PARTS_PER_READ);
        let piece = directory.store.read_blocking(read)?;
        let Some(last) = piece.last() else { return Ok(()) };
        first = last.first + last.items;
        piece.iter().try_for_each(&mut take)?;
    }
}

/// Resolves one piece. The look-up moves into the closure and back, since a read may run twice.
fn resolve(directory: &Directory, lease: &Lease, lookup: Lookup, users: u64) -> Result<Lookup> {
    let account = lease.account;
    let piece = lookup.piece();
    let read = move |snapshot: &mut dyn Snapshot| piece.find(snapshot, account, users);
    let found = directory.store.read_blocking(read)?;
    Ok(lookup.with(&found))
}

fn members(
    directory: &Directory,
    lease: &Lease,
    group: GroupNumber,
    after: Option<MemberKey>,
) -> Result<Vec<MemberKey>> {
    let account = lease.account;
    let read =
        move |snapshot: &mut dyn Snapshot| snapshot.members(account, group, after, limits::READ_ROWS_MAX);
    directory.store.read_blocking(read)
}

/// Stores the produced removals and fixes the total. A plan that died half-way starts over.
fn store(directory: &Directory, lease: &Lease, job: &Job, produced: &[MemberKey]) -> Result<Job> {
    failpoint::pass("plan.before_store");
    let first = u32::try_from(job.counts.total).unwrap_or(u32::MAX);
    let parts = parts::produced(first, produced);
    let per_tx = limits::STORED_BYTES_AT_ONCE / (8 * limits::PART_ITEMS_MAX);
    let (lease, timing) = (*lease, Timing::of(directory));
    if !parts.is_empty() {
        let delete = move |tx: &mut dyn Tx| {
            lease.hold(tx, &timing)?;
            tx.delete_parts(lease.account, lease.job, PartForm::Keys)
        };
        directory.store.write_blocking(Class::Chunk, delete)?;
    }
    for piece in parts.chunks(per_tx) {
        let (piece, timing) = (piece.to_vec(), Timing::of(directory));
        let write = move |tx: &mut dyn Tx| {
            lease.hold(tx, &timing)?;
            tx.put_parts(lease.account, lease.job, &piece)
        };
        directory.store.write_blocking(Class::Chunk, write)?;
    }
    let (removals, timing) = (produced.len() as u64, Timing::of(directory));
    let fix = move |tx: &mut dyn Tx| {
        let mut job = lease.hold(tx, &timing)?;
        job.planned = true;
        job.asked_destroy += removals;
        job.counts.total += removals;
        audit::jobs::update(tx, &job)?;
        Ok(job)
    };
    let job = directory.store.write_blocking(Class::Chunk, fix)?;
    failpoint::pass("plan.after_store");
    Ok(job)
}

fn stored_removals(directory: &Directory, lease: &Lease) -> Result<Vec<MemberKey>> {
    let mut removals = Vec::new();
    each_part(directory, lease, true, |part| {
        let keys = part.values()?.into_iter().filter_map(|value| match value {
            Value::Key(member) => Some(member),
            Value::Uuid(_) | Value::Text(_) => None,
        });
        removals.extend(keys);
        Ok(())
    })?;
    Ok(removals)
}

/// What is to do and what is done: everything planned, less what stored chunks hold.
fn resumed(
    directory: &Directory,
    lease: &Lease,
    job: &Job,
    plan: Plan,
    produced: &[MemberKey],
) -> Result<Planned> {
    let total = usize::try_from(job.counts.total).unwrap_or(usize::MAX);
    let first = u32::try_from(total - produced.len()).unwrap_or(u32::MAX);
    let results = finish::settled_so_far(directory, lease, job)?;
    let mut entries = plan.entries;
    entries.extend((first..).zip(produced).map(|(index, member)| Entry {
        member: *member,
        index,
        effect: Effect::Remove,
    }));
    if !produced.is_empty() {
        entries.sort_unstable_by_key(|entry| entry.member);
    }
    let mut settled = plan.settled;
    if job.cursor > 0 {
        entries.retain(|entry| !results.is_settled(entry.index));
        settled.retain(|item| !results.is_settled(item.index));
        complete(&mut settled, &entries, &results, total);
    }
    Ok(Planned::Ready(Todo { settled, entries }, results))
}

/// After a restart a value may name somebody else than before, so that an item falls between what was settled
/// then and what is planned now. Such an item names nobody whom this job may still touch.
fn complete(settled: &mut Vec<super::Settled>, entries: &[Entry], results: &ByIndex, total: usize) {
    let mut is_known = vec![false; total];
    for index in settled.iter().map(|item| item.index).chain(entries.iter().map(|entry| entry.index)) {
        is_known[index as usize] = true;
    }
    let lost = (0..).zip(is_known).filter(|(index, known)| !known && !results.is_settled(*index));
    settled.extend(lost.map(|(index, _)| undecided(index, Outcome::NotFound)));
}
