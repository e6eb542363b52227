//! When a job may begin, and what holds it back.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use throng_jobs::Instant;

use crate::error::{Error, Result};
use crate::ids::JobNumber;
use crate::limits;

/// When a job may begin, and before which others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Not before this moment.
    pub not_before: Option<Instant>,
    /// Not before this job of the account has ended, however it ends.
    pub after: Option<JobNumber>,
    /// Before which of the account's other targets its target comes, while it is the first of its queue.
    pub priority: Priority,
}

impl Schedule {
    /// Whether the job may have to wait for something else than its turn. It is in no queue until then, and holds
    /// nobody back.
    pub const fn is_set(&self) -> bool {
        self.not_before.is_some() || self.after.is_some()
    }
}

/// How urgent a job is among the jobs of its account. The number is what the store keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i8)]
pub enum Priority {
    /// After all others.
    Low = -1,
    /// As jobs are.
    #[default]
    Normal = 0,
    /// Before all others.
    High = 1,
}

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The stored number.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// The priority with this stored number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.code() == code)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The priority with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text)
    }
}

/// How much a job may take away before somebody has to approve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// So many removals are always free.
    pub count: u64,
    /// And so many percent (0–100) of the group's members, or of the account's users for jobs about users.
    pub percent: u8,
}

impl Guard {
    /// Removals that need nobody's approval, of so many members or users.
    pub const fn free_of(&self, all: u64) -> u64 {
        let share = all.saturating_mul(self.percent as u64) / 100;
        if share > self.count { share } else { self.count }
    }
}

/// What an account may have waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Jobs that have not ended.
    pub jobs: u64,
    /// Items of them that are not settled.
    pub items: u64,
    /// For so long none of them may begin, by the store's clock; zero when one may.
    pub rests_for: Duration,
}

impl Waiting {
    /// Refuses another job of so many items.
    ///
    /// # Errors
    /// `TooManyWaiting`.
    pub fn check(&self, quota: &Quota, items: u64) -> Result<()> {
        let refused = |detail| Err(Error::TooManyWaiting { detail, at_least: self.rests_for });
        if self.jobs >= u64::from(quota.jobs) {
            let jobs = quota.jobs;
            return refused(format!(
                "the account has as many jobs that have not ended as it may have ({jobs}): send this again when one has"
            ));
        }
        if self.items > 0 && self.items.saturating_add(items) > quota.items {
            let (max, waiting) = (quota.items, self.items);
            return refused(format!(
                "unsettled items of the account's jobs: {waiting}; with these they would be more than {max}: send this \
                 again when some are settled"
            ));
        }
        Ok(())
    }
}

/// How much an account may have waiting. A job alone may always be as large as any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Jobs.
    pub jobs: u32,
    /// Items.
    pub items: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self { jobs: limits::JOBS_WAITING_DEFAULT, items: limits::ITEMS_WAITING_DEFAULT }
    }
}

#[cfg(test)]
mod tests;
