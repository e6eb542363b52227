//! What goes on, in numbers for whoever watches over a node. Nothing in them is of an account.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use throng_jobs::{Counts, JobRef, State};

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, JobNumber};
use crate::port::{Cost, Snapshot, StoreExt};

/// What the workers of this node have done since its start.
#[derive(Debug, Default)]
pub struct Worked {
    /// Jobs that were claimed; one is claimed again when it had made room for others.
    pub(crate) claimed: AtomicU64,
    /// Steps that were done.
    pub(crate) steps: AtomicU64,
    /// Steps that failed, and are tried again.
    pub(crate) failed: AtomicU64,
    /// Jobs that were brought to their end, by how they ended.
    ended: [AtomicU64; ENDS.len()],
    /// Their items, by what became of them.
    items: [AtomicU64; OUTCOMES],
}

/// How jobs end.
const ENDS: [State; 4] = [State::Completed, State::Failed, State::NoChange, State::Aborted];
/// What becomes of items.
const OUTCOMES: usize = 6;

/// What became of the items, by name.
const fn outcomes(counts: &Counts) -> [(&'static str, u64); OUTCOMES] {
    [
        ("created", counts.created),
        ("updated", counts.updated),
        ("removed", counts.removed),
        ("ignored", counts.ignored),
        ("failed", counts.failed),
        ("skipped", counts.skipped),
    ]
}

impl Worked {
    fn note(&self, state: State, counts: &Counts) {
        // One that is held back has not ended.
        let Some(at) = ENDS.iter().position(|end| *end == state) else { return };
        self.ended[at].fetch_add(1, Ordering::Relaxed);
        for (items, (_, count)) in self.items.iter().zip(outcomes(counts)) {
            items.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// What goes on in the store, of all accounts and nodes, and on this node.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Jobs that have not ended, by state, and how long the earliest of each waits since it came.
    pub jobs: Vec<(State, u64, Duration)>,
    /// Rows of the audit log that are not chained yet.
    pub audit_unchained: u64,
    /// How long the earliest of them waits.
    pub audit_behind: Duration,
    /// Writes that wait for their turn: of clients, and of jobs. None where there is no such queue.
    pub writes_waiting: Option<(usize, usize)>,
    /// Jobs claimed by this node's workers since its start.
    pub claimed: u64,
    /// Steps of jobs that they did.
    pub steps: u64,
    /// Steps that failed, and are tried again.
    pub steps_failed: u64,
    /// Jobs that they brought to their end, by how they ended.
    pub ended: Vec<(State, u64)>,
    /// Items of these, by what became of them.
    pub items: Vec<(&'static str, u64)>,
    /// Panics in them.
    pub panics: u64,
    /// Whether nothing is thrown away, since the clock may be wrong.
    pub clock_jumped: bool,
}

impl Directory {
    /// Counts a job that a worker has nothing more to do on. It is read once more, so that what is counted was committed;
    /// what cannot be read is not counted.
    pub(crate) fn note_worked(&self, job: JobRef) {
        let find =
            move |snapshot: &mut dyn Snapshot| snapshot.job(AccountId(job.account), JobNumber(job.number));
        match self.store.read_blocking(find) {
            Ok(Some(job)) => self.worked.note(job.state, &job.counts),
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, job = job.number, "a job that ended was not counted"),
        }
    }

    /// What goes on.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be reached.
    pub async fn figures(&self) -> Result<Figures> {
        let look = |snapshot: &mut dyn Snapshot| Ok((snapshot.open_jobs()?, snapshot.audit_unnumbered()?));
        let (jobs, (audit_unchained, earliest)) = self.store.read(Cost::Scan, look).await?;
        let now = self.now();
        let names = outcomes(&Counts::default()).map(|(name, _)| name);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(Figures {
            jobs: jobs.into_iter().map(|(state, jobs, since)| (state, jobs, now.since(since))).collect(),
            audit_unchained,
            audit_behind: earliest.map_or(Duration::ZERO, |earliest| now.since(earliest)),
            writes_waiting: self.store.writes_waiting(),
            claimed: count(&self.worked.claimed),
            steps: count(&self.worked.steps),
            steps_failed: count(&self.worked.failed),
            ended: ENDS.into_iter().zip(self.worked.ended.iter().map(count)).collect(),
            items: names.into_iter().zip(self.worked.items.iter().map(count)).collect(),
            panics: self.worker_panics(),
            clock_jumped: self.clock_jumped(),
        })
    }
}
