//! What goes on, in numbers for whoever watches over a node. Nothing in them is of an account.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use throng_jobs::{Progress, State};

use crate::directory::Directory;
use crate::error::Result;
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
    /// Jobs that were brought to their end.
    pub(crate) ended: AtomicU64,
}

impl Worked {
    pub(crate) fn note(&self, progress: Progress) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        if progress == Progress::Done {
            self.ended.fetch_add(1, Ordering::Relaxed);
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
    /// Jobs that they brought to their end.
    pub ended: u64,
    /// Panics in them.
    pub panics: u64,
    /// Whether nothing is thrown away, since the clock may be wrong.
    pub clock_jumped: bool,
}

impl Directory {
    /// What goes on.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be reached.
    pub async fn figures(&self) -> Result<Figures> {
        let look = |snapshot: &mut dyn Snapshot| Ok((snapshot.open_jobs()?, snapshot.audit_unnumbered()?));
        let (jobs, (audit_unchained, earliest)) = self.store.read(Cost::Scan, look).await?;
        let now = self.now();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(Figures {
            jobs: jobs.into_iter().map(|(state, jobs, since)| (state, jobs, now.since(since))).collect(),
            audit_unchained,
            audit_behind: earliest.map_or(Duration::ZERO, |earliest| now.since(earliest)),
            writes_waiting: self.store.writes_waiting(),
            claimed: count(&self.worked.claimed),
            steps: count(&self.worked.steps),
            steps_failed: count(&self.worked.failed),
            ended: count(&self.worked.ended),
            panics: self.worker_panics(),
            clock_jumped: self.clock_jumped(),
        })
    }
}
