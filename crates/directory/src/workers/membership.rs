//! Membership jobs: plan, apply, finish.
//!
//! Plan resolves every identifier by sorted look-ups, decides each item, and stores the removals that a
//! replace produces. Apply walks the entries in the order of the members' keys; each chunk commits effects,
//! outcomes and counters together, so the stored chunks are the cursor: after a crash plan's pure part runs
//! again and what chunks hold is skipped. Finish writes the outcomes in the order of the request.

pub(super) mod finish;
mod later;
mod plan;

use std::sync::Arc;

use throng_jobs::{Allowance, Outcome, Progress, State, Tally, allowance, failpoint};

use super::{Lease, Timing, Work, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::GroupNumber;
use crate::model::jobs::{Chunk, Held, Job, MembershipSpec, Target};
use crate::model::memberships::Entry;
use crate::model::results::{self, ByIndex, Settled};
use crate::port::{AccountLock, Class, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::memberships;

/// The work of one membership job.
pub(super) struct Membership {
    lease: Lease,
    spec: MembershipSpec,
    group: GroupNumber,
    /// The chunks that were stored when this node last had the lease.
    cursor: u64,
    phase: Phase,
}

enum Phase {
    Plan(Box<plan::Planning>),
    Apply {
        todo: Arc<Todo>,
        next: usize,
        results: ByIndex,
    },
    Finish {
        results: ByIndex,
        next_page: usize,
    },
    /// Ended; its chunks are being removed.
    Clean,
}

/// What is left to do: items that need no look at the membership first, then entries by member.
struct Todo {
    settled: Vec<Settled>,
    entries: Vec<Entry>,
}

impl Todo {
    const fn len(&self) -> usize {
        self.settled.len() + self.entries.len()
    }
}

/// What a chunk committed.
enum Committed {
    Items {
        settled: Vec<Settled>,
        given_back: bool,
    },
    /// The group is gone: the job has ended.
    Ended,
    /// The job is being stopped: what is left of it is not attempted.
    Stopped,
}

impl Membership {
    pub(super) fn new(held: &Held, spec: MembershipSpec) -> Self {
        let group = match held.job.target {
            Target::Group(number) => number,
            Target::Users | Target::Maintenance | Target::Nothing(_) => {
                GroupNumber(spec.dry_run.as_ref().map_or(0, |dry_run| dry_run.group))
            }
        };
        let phase = Phase::Plan(Box::default());
        Self { lease: Lease::of(held), spec, group, cursor: held.job.cursor, phase }
    }

    fn apply(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let Phase::Apply { todo, next, .. } = &self.phase else { return Ok(Progress::More) };
        failpoint::pass("chunk.before_apply");
        let write = ChunkWrite {
            lease: self.lease,
            group: self.group,
            is_dry: self.spec.dry_run.is_some(),
            expects_change: self.spec.expects_change(),
            timing: Timing::of(directory),
            todo: Arc::clone(todo),
            from: *next,
            give_back,
        };
        let committed = directory.store.write_blocking(Class::Chunk, move |tx| write.run(tx))?;
        failpoint::pass("chunk.after_commit");
        let Phase::Apply { todo, next, results } = &mut self.phase else { return Ok(Progress::More) };
        let (settled, is_given_back) = match committed {
            Committed::Items { settled, given_back } => (settled, given_back),
            Committed::Ended => {
                directory.bell.job_ended();
                self.phase = Phase::Clean;
                return Ok(Progress::More);
            }
            Committed::Stopped => {
                // What was settled is told like that of any other job; finish ends it.
                let results = std::mem::replace(results, ByIndex::new(0));
                self.phase = Phase::Finish { results, next_page: 0 };
                return Ok(Progress::More);
            }
        };
        self.cursor += 1;
        *next += settled.len();
        for item in settled {
            results.settle(item)?;
        }
        if *next == todo.len() {
            let results = std::mem::replace(results, ByIndex::new(0));
            self.phase = Phase::Finish { results, next_page: 0 };
        }
        Ok(if is_given_back { Progress::GivenBack } else { Progress::More })
    }
}

impl Work for Membership {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        // A chunk gives the lease back in its own commit; planning and finishing have none that waits for it.
        if give_back && matches!(self.phase, Phase::Plan(_) | Phase::Finish { .. }) {
            self.lease.release(directory, true);
            return Ok(Progress::GivenBack);
        }
        match &mut self.phase {
            Phase::Plan(planning) => {
                let planned = planning.step(directory, &self.lease, &self.spec, self.group)?;
                if matches!(planned, plan::Planned::HeldBack) {
                    return Ok(Progress::Done);
                }
                if let plan::Planned::Ready(todo, results) = planned {
                    self.phase = if todo.len() == 0 {
                        Phase::Finish { results, next_page: 0 }
                    } else {
                        Phase::Apply { todo: Arc::new(todo), next: 0, results }
                    };
                }
                Ok(Progress::More)
            }
            Phase::Apply { .. } => self.apply(directory, give_back),
            Phase::Finish { results, next_page } => {
                if finish::step(directory, &self.lease, results, next_page)? {
                    self.phase = Phase::Clean;
                }
                Ok(Progress::More)
            }
            Phase::Clean => finish::clean(directory, &self.lease),
        }
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        let planned = match &self.phase {
            Phase::Plan(planning) => planning.planned(),
            Phase::Apply { .. } | Phase::Finish { .. } | Phase::Clean => Some(true),
        };
        self.cursor == held.job.cursor && planned.is_none_or(|planned| planned == held.job.planned)
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}

/// One chunk: effects, outcomes, counters, in one transaction.
struct ChunkWrite {
    lease: Lease,
    group: GroupNumber,
    is_dry: bool,
    expects_change: bool,
    timing: Timing,
    todo: Arc<Todo>,
    from: usize,
    give_back: bool,
}

impl ChunkWrite {
    fn run(&self, tx: &mut dyn Tx) -> Result<Committed> {
        tx.lock_account(self.lease.account, AccountLock::Shared)?;
        let exists = if self.is_dry {
            // It changes nobody, so it keeps nobody of the group waiting.
            self.group.0 == 0 || tx.group(self.lease.account, self.group)?.is_some()
        } else {
            tx.lock_group(self.lease.account, self.group)?.is_some()
        };
        let mut job = self.lease.hold(tx, &self.timing)?;
        if !exists {
            end(tx, &mut job, State::Aborted, self.timing.now)?;
            return Ok(Committed::Ended);
        }
        if job.state == State::AbortInProgress {
            return Ok(Committed::Stopped);
        }
        let (settled, tally) = match allowance(job.attempts, self.timing.chunk_items) {
            Allowance::SetAside => set_aside(&self.todo, self.from),
            Allowance::Items(items_max) => self.apply(tx, items_max)?,
        };
        record(tx, &mut job, &settled, &tally)?;
        if self.give_back {
            tx.give_back(job.account, job.number)?;
        }
        failpoint::pass("chunk.before_commit");
        Ok(Committed::Items { settled, given_back: self.give_back })
    }

    /// Applies the next items, or fewer when the transaction should end.
    fn apply(&self, tx: &mut dyn Tx, items_max: usize) -> Result<(Vec<Settled>, Tally)> {
        let (todo, to) = (&self.todo, self.from + items_max);
        let decided = todo.settled.len();
        let mut tally = Tally::default();
        let mut settled = todo.settled[self.from.min(decided)..to.min(decided)].to_vec();
        for item in &settled {
            tally.add(item.outcome, 1);
        }
        let left = items_max - settled.len();
        if left > 0 {
            let entries = &todo.entries[self.from.saturating_sub(decided)..];
            let target = memberships::Changed {
                account: self.lease.account,
                group: self.group,
                is_dry: self.is_dry,
                expects_change: self.expects_change,
            };
            let applied = memberships::apply(tx, &target, entries, left)?;
            if !self.is_dry && applied.tally.get(Outcome::Created) + applied.tally.get(Outcome::Removed) > 0 {
                tx.touch_group(self.lease.account, self.group, applied.grown_by, self.timing.now)?;
            }
            tally.merge(&applied.tally);
            settled.extend(applied.settled);
        }
        Ok((settled, tally))
    }
}

/// Settles the next item without attempting it: it killed its workers again and again.
fn set_aside(todo: &Todo, from: usize) -> (Vec<Settled>, Tally) {
    let (index, member) = if let Some(item) = todo.settled.get(from) {
        (item.index, item.member)
    } else {
        let entry = todo.entries[from - todo.settled.len()];
        (entry.index, Some(entry.member))
    };
    let mut tally = Tally::default();
    tally.add(Outcome::Poison, 1);
    (vec![Settled { index, member, outcome: Outcome::Poison }], tally)
}

/// Stores what a chunk settled and moves the job's counters.
fn record(tx: &mut dyn Tx, job: &mut Job, settled: &[Settled], tally: &Tally) -> Result<()> {
    let items = u32::try_from(settled.len()).unwrap_or(u32::MAX);
    let chunk = Chunk { seq: job.cursor, items, entries: results::encode_chunk(settled) };
    tx.put_chunk(job.account, job.number, &chunk)?;
    job.counts.add(tally);
    job.tally.merge(tally);
    job.cursor += 1;
    job.attempts = 0;
    audit::jobs::update(tx, job)
}

/// An item that was decided without a member.
const fn undecided(index: u32, outcome: Outcome) -> Settled {
    Settled { index, member: None, outcome }
}
