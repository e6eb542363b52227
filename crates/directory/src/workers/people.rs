//! Jobs about people who are listed by their ids: each is looked at when it is their turn, in the order of the list, so
//! many at a time as a transaction may take.

pub(super) mod deletion;
mod listing;
pub(super) mod restoring;

use std::sync::Arc;

use throng_jobs::{Allowance, Outcome, Progress, State, Tally, allowance, failpoint};

use super::membership::finish;
use super::{Lease, Timing, Work};
use crate::directory::Directory;
use crate::error::Result;
use crate::model::jobs::{Chunk, Held, Job};
use crate::model::results::{self, ByIndex, Settled};
use crate::port::scan::Scan;
use crate::port::{Class, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::guards;

use listing::{Listed, Listing};

/// People whom a job's first chunk takes: the next ones are as large as the time of a transaction allows.
const FIRST_CHUNK: usize = 256;

/// What is done with people.
pub(super) trait Act: Send + Sync + 'static {
    /// What is made ready before the transaction.
    type Ready: Send + Sync + 'static;
    /// What was found and locked in it.
    type Found;

    /// Whether nothing is written but what would become of them.
    fn is_dry(&self) -> bool;

    /// Whether it takes people away, so that the account's guard looks at it.
    fn is_guarded(&self) -> bool;

    /// Reads what doing it to those who are listed needs.
    fn prepare(&self, directory: &Directory, listed: &[Listed]) -> Result<Self::Ready>;

    /// Finds those who are listed and locks what doing it needs: all but the job, which comes last.
    fn find(&self, tx: &mut dyn Tx, turn: &Turn<'_, Self::Ready>) -> Result<Self::Found>;

    /// Does it with the first of the listed, at least one of them; what became of each. The caller holds the job, and
    /// stores it.
    fn settle(
        &self,
        tx: &mut dyn Tx,
        job: &mut Job,
        turn: &Turn<'_, Self::Ready>,
        found: Self::Found,
    ) -> Result<Vec<Settled>>;
}

/// Whose turn it is in a transaction.
pub(super) struct Turn<'a, R> {
    timing: &'a Timing,
    listed: &'a [Listed],
    ready: &'a R,
}

/// The work of one such job.
pub(super) struct People<A> {
    lease: Lease,
    act: Arc<A>,
    phase: Phase,
    /// How many the next chunk takes at most.
    chunk: usize,
}

enum Phase {
    /// Whether it may begin is not known yet.
    Guard,
    Work {
        results: ByIndex,
        listing: Listing,
    },
    Finish {
        results: ByIndex,
        next_page: usize,
    },
    /// Ended; its chunks are being removed.
    Clean,
}

/// What a chunk committed.
enum Committed {
    Items {
        settled: Vec<Settled>,
        /// Whether the time of the transaction was used up.
        is_late: bool,
    },
    Stopped,
}

impl<A: Act> People<A> {
    pub(super) fn new(held: &Held, act: A) -> Self {
        Self { lease: Lease::of(held), act: Arc::new(act), phase: Phase::Guard, chunk: FIRST_CHUNK }
    }

    /// Lets the job wait for approval, or begins, or goes on where stored chunks end.
    fn begin(&self, directory: &Directory) -> Result<Option<Phase>> {
        let (lease, timing) = (self.lease, Timing::of(directory));
        let (is_dry, is_guarded) = (self.act.is_dry(), self.act.is_guarded());
        let begin = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            if job.planned || job.state == State::AbortInProgress {
                return Ok(Some(job));
            }
            if is_guarded {
                let all = tx.count_users(lease.account, &Scan::All)?;
                if let Some(objection) = guards::objection(tx, &job, (job.counts.total, all), timing.now)? {
                    if !is_dry {
                        let removals = job.counts.total;
                        guards::hold_back(tx, &mut job, (objection, removals))?;
                        return Ok(None);
                    }
                    job.message = Some(format!("if it were done, it {objection}"));
                }
            }
            job.planned = true;
            audit::jobs::update(tx, &job)?;
            Ok(Some(job))
        };
        let Some(job) = directory.store.write_blocking(Class::Chunk, begin)? else {
            directory.bell.job_ended();
            return Ok(None);
        };
        let results = finish::settled_so_far(directory, &lease, &job)?;
        let next = u32::try_from(job.counts.processed()).unwrap_or(u32::MAX);
        Ok(Some(Phase::Work { results, listing: Listing::from(next) }))
    }

    fn work(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let Phase::Work { results, listing } = &mut self.phase else { return Ok(Progress::More) };
        failpoint::pass("chunk.before_apply");
        let most = self.chunk.min(directory.settings.chunk_items);
        let listed = Arc::new(listing.next(directory, &self.lease, most)?);
        let write = ChunkWrite {
            lease: self.lease,
            timing: Timing::of(directory),
            ready: self.act.prepare(directory, &listed)?,
            act: Arc::clone(&self.act),
            listed: Arc::clone(&listed),
            give_back,
        };
        let committed = directory.store.write_blocking(Class::Chunk, move |tx| write.run(tx))?;
        failpoint::pass("chunk.after_commit");
        let (settled, is_late) = match committed {
            Committed::Items { settled, is_late } => (settled, is_late),
            Committed::Stopped => {
                let results = std::mem::replace(results, ByIndex::new(0));
                self.phase = Phase::Finish { results, next_page: 0 };
                return Ok(Progress::More);
            }
        };
        listing.pass(settled.len());
        // Twice as many if there was time for more, else so many as there was time for.
        self.chunk = if is_late { settled.len() } else { 2 * most };
        for item in &settled {
            results.settle(*item)?;
        }
        if settled.is_empty() {
            let results = std::mem::replace(results, ByIndex::new(0));
            self.phase = Phase::Finish { results, next_page: 0 };
        }
        Ok(if give_back { Progress::GivenBack } else { Progress::More })
    }
}

impl<A: Act> Work for People<A> {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        // A chunk gives the lease back in its own commit; the rest has none that waits for it.
        if give_back && matches!(self.phase, Phase::Guard | Phase::Finish { .. }) {
            self.lease.release(directory, true);
            return Ok(Progress::GivenBack);
        }
        match &mut self.phase {
            Phase::Guard => match self.begin(directory)? {
                Some(phase) => self.phase = phase,
                None => return Ok(Progress::Done),
            },
            Phase::Work { .. } => return self.work(directory, give_back),
            Phase::Finish { results, next_page } => {
                if finish::step(directory, &self.lease, results, next_page)? {
                    self.phase = Phase::Clean;
                }
            }
            Phase::Clean => return finish::clean(directory, &self.lease),
        }
        Ok(Progress::More)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        match &self.phase {
            Phase::Work { listing, .. } => u64::from(listing.at()) == held.job.counts.processed(),
            Phase::Guard => true,
            Phase::Finish { .. } | Phase::Clean => held.job.counts.pending() == 0,
        }
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}

/// One chunk: effects, outcomes, counters, in one transaction.
struct ChunkWrite<A: Act> {
    lease: Lease,
    timing: Timing,
    act: Arc<A>,
    ready: A::Ready,
    listed: Arc<Vec<Listed>>,
    give_back: bool,
}

impl<A: Act> ChunkWrite<A> {
    fn run(&self, tx: &mut dyn Tx) -> Result<Committed> {
        let mut turn = Turn { timing: &self.timing, listed: &self.listed, ready: &self.ready };
        let found = self.act.find(tx, &turn)?;
        let mut job = self.lease.hold(tx, &self.timing)?;
        if job.state == State::AbortInProgress {
            return Ok(Committed::Stopped);
        }
        let settled = match allowance(job.attempts, self.listed.len()) {
            Allowance::SetAside => {
                let first = self.listed.iter().take(1);
                first
                    .map(|item| Settled { index: item.index, member: None, outcome: Outcome::Poison })
                    .collect()
            }
            Allowance::Items(items) => {
                turn.listed = &self.listed[..items.min(self.listed.len())];
                self.act.settle(tx, &mut job, &turn, found)?
            }
        };
        self.record(tx, &mut job, &settled)?;
        failpoint::pass("chunk.before_commit");
        Ok(Committed::Items { is_late: tx.should_yield(), settled })
    }

    fn record(&self, tx: &mut dyn Tx, job: &mut Job, settled: &[Settled]) -> Result<()> {
        let mut tally = Tally::default();
        for item in settled {
            tally.add(item.outcome, 1);
        }
        if !settled.is_empty() {
            let items = u32::try_from(settled.len()).unwrap_or(u32::MAX);
            let chunk = Chunk { seq: job.cursor, items, entries: results::encode_chunk(settled) };
            tx.put_chunk(job.account, job.number, &chunk)?;
            job.cursor += 1;
        }
        job.counts.add(&tally);
        job.tally.merge(&tally);
        job.attempts = 0;
        audit::jobs::update(tx, job)?;
        if self.give_back {
            tx.give_back(job.account, job.number)?;
        }
        Ok(())
    }
}
