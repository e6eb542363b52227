//! The people whom a job lists, read part by part as they are needed.

use std::collections::VecDeque;

use uuid::Uuid;

use super::Lease;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::port::{Snapshot, StoreExt};
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::memberships::text;

/// Parts before an item of which one has it: a part ends when it has `PART_ITEMS_MAX` values or half of
/// `PART_BYTES_MAX`.
const PARTS_LOOKED_AT: usize =
    limits::PART_ITEMS_MAX / (limits::PART_BYTES_MAX / 2 / limits::IDENTIFIER_BYTES_MAX) + 1;

/// One of the listed.
#[derive(Clone, Copy, Debug)]
pub(in crate::workers) struct Listed {
    pub(super) index: u32,
    pub(super) user: Option<Uuid>,
    /// See [`ListedPerson::number`].
    pub(super) number: u32,
    /// See [`ListedPerson::version`].
    pub(super) version: i64,
}

/// Where a job is in its list.
pub(super) struct Listing {
    /// Who comes next.
    ahead: VecDeque<Listed>,
    /// The index of whom comes behind them.
    behind: u32,
    /// Whether the part in which that one stands began before them.
    is_inside: bool,
}

impl Listing {
    /// From this index on.
    pub(super) const fn from(index: u32) -> Self {
        Self { ahead: VecDeque::new(), behind: index, is_inside: true }
    }

    /// The index of who comes next.
    pub(super) fn at(&self) -> u32 {
        self.ahead.front().map_or(self.behind, |listed| listed.index)
    }

    /// Who comes next, at most so many.
    pub(super) fn next(&mut self, directory: &Directory, lease: &Lease, limit: usize) -> Result<Vec<Listed>> {
        while self.ahead.len() < limit && self.read(directory, lease)? {}
        Ok(self.ahead.iter().take(limit).copied().collect())
    }

    /// Leaves so many behind.
    pub(super) fn pass(&mut self, items: usize) {
        self.ahead.drain(..items.min(self.ahead.len()));
    }

    /// Reads some more; false when there are none.
    fn read(&mut self, directory: &Directory, lease: &Lease) -> Result<bool> {
        let (account, job, from) = (lease.account, lease.job, self.behind);
        let (first, limit) = if self.is_inside {
            let most = u32::try_from(limits::PART_ITEMS_MAX).unwrap_or(u32::MAX);
            (from.saturating_sub(most - 1), PARTS_LOOKED_AT)
        } else {
            (from, 1)
        };
        let parts = directory.store.read_blocking(move |snapshot: &mut dyn Snapshot| {
            snapshot.parts(account, job, false, first, limit)
        })?;
        for part in parts.iter().filter(|part| part.first + part.items > from) {
            for (index, value) in (part.first..).zip(part.values()?).filter(|(index, _)| *index >= from) {
                let value = text(value).ok_or_else(|| Error::internal("a job about people lists no ids"))?;
                let person = ListedPerson::read(&value);
                let (user, number, version) = (person.user, person.number, person.version);
                self.ahead.push_back(Listed { index, user, number, version });
            }
            self.behind = part.first + part.items;
        }
        self.is_inside = false;
        Ok(self.behind > from)
    }
}
