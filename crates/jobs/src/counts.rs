//! The sum law: `created + updated + removed + ignored + failed + skipped = processed` and
//! `processed + pending = total`, at every read.

use crate::item::{Class, Outcome};

/// How many items of a job stand where. `processed` and `pending` are derived, so the law cannot be broken
/// by forgetting one of them; the store checks it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All items.
    pub total: u64,
    /// Items that were added.
    pub created: u64,
    /// Items that were changed.
    pub updated: u64,
    /// Items that were removed.
    pub removed: u64,
    /// Items without effect and without fault.
    pub ignored: u64,
    /// Items that failed.
    pub failed: u64,
    /// Items that were not attempted because the job was stopped.
    pub skipped: u64,
}

impl Counts {
    /// Counts of a job of `total` items of which none is settled.
    pub const fn of_total(total: u64) -> Self {
        Self { total, created: 0, updated: 0, removed: 0, ignored: 0, failed: 0, skipped: 0 }
    }

    /// Items that are settled.
    pub const fn processed(&self) -> u64 {
        self.created + self.updated + self.removed + self.ignored + self.failed + self.skipped
    }

    /// Items that are not settled. Saturates, so that a broken row reads as zero rather than as a panic.
    pub const fn pending(&self) -> u64 {
        self.total.saturating_sub(self.processed())
    }

    /// Adds what a chunk settled.
    pub fn add(&mut self, tally: &Tally) {
        for (outcome, n) in tally.iter() {
            match outcome.class() {
                Class::Pending => {}
                Class::Created => self.created += n,
                Class::Updated => self.updated += n,
                Class::Removed => self.removed += n,
                Class::Ignored => self.ignored += n,
                Class::Failed => self.failed += n,
                Class::Skipped => self.skipped += n,
            }
        }
    }

    /// Ends a job early: what is pending becomes skipped.
    pub fn skip_rest(&mut self) {
        self.skipped += self.pending();
    }
}

/// How many items ended in each outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u64; Outcome::ALL.len()],
}

impl Tally {
    fn slot(outcome: Outcome) -> usize {
        Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or(0)
    }

    /// Counts `n` more items with this outcome.
    pub fn add(&mut self, outcome: Outcome, n: u64) {
        self.counts[Self::slot(outcome)] += n;
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
    }

    /// How many items had this outcome.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.counts[Self::slot(outcome)]
    }

    /// The outcomes that occurred, with their number of items.
    pub fn iter(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        Outcome::ALL.into_iter().zip(self.counts).filter(|(_, n)| *n > 0)
    }

    /// Items counted, whatever their outcome.
    pub fn sum(&self) -> u64 {
        self.counts.iter().sum()
    }
}
