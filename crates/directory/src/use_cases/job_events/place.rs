//! How far a stream of all jobs of an account has come, and what its ids seal of that.
//!
//! There is no history of changes to go on in. What a stream has told is a moment before which every end was told, the
//! jobs that ended later and were told, and the jobs that have not ended, as they were told. Whoever comes back is told
//! what differs.

use std::collections::{BTreeMap, BTreeSet};

use throng_jobs::{Instant, State};

use crate::ids::JobNumber;
use crate::limits;
use crate::model::jobs::Job;
use crate::port::Glimpse;

/// The form of what is sealed.
const VERSION: u8 = 1;
/// Bytes of a number at most.
const NUMBER_BYTES: usize = 10;
/// Of the bytes of a place, so many are for jobs that have not ended; the others have what these leave.
const OPEN_BYTES: usize = limits::EVENT_PLACE_BYTES * 2 / 3;

/// What has been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Every job that ended up to here was told, in the order of ends and then numbers.
    pub(super) since: (Instant, JobNumber),
    /// Jobs that ended later and were told.
    pub(super) ended: BTreeSet<JobNumber>,
    /// Jobs that were told before their ends.
    pub(super) open: BTreeMap<JobNumber, Mark>,
}

/// What is different whenever a report of a job is; see [`Job::mark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    state: State,
    processed: u64,
    total: u64,
}

impl From<&Job> for Mark {
    fn from(job: &Job) -> Self {
        Self { state: job.state, processed: job.counts.processed(), total: job.counts.total }
    }
}

impl From<&Glimpse> for Mark {
    fn from(job: &Glimpse) -> Self {
        Self { state: job.state, processed: job.processed, total: job.total }
    }
}

impl Place {
    pub(super) fn at(since: Instant) -> Self {
        Self { since: (since, JobNumber(0)), ended: BTreeSet::new(), open: BTreeMap::new() }
    }

    /// What is sealed of it, in `EVENT_PLACE_BYTES` at most. What has no room is told once more: jobs that have not ended,
    /// those with the lowest numbers first, then those that ended lately.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let (at, number) = self.since;
        put(&mut bytes, at.micros().unsigned_abs());
        put(&mut bytes, number.0.unsigned_abs());
        let open = self.open.iter().rev().map(|(number, mark)| (*number, Some(mark)));
        put_jobs(&mut bytes, open, OPEN_BYTES);
        let ended = self.ended.iter().rev().map(|number| (*number, None));
        put_jobs(&mut bytes, ended, limits::EVENT_PLACE_BYTES);
        bytes
    }

    /// Reads what [`Place::to_bytes`] wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes.strip_prefix(&[VERSION])?;
        let at = i64::try_from(take(&mut bytes)?).ok()?;
        let number = i64::try_from(take(&mut bytes)?).ok()?;
        let mut place = Self {
            since: (Instant::from_micros(at), JobNumber(number)),
            ..Self::at(Instant::from_micros(at))
        };
        let mut below = i64::MAX;
        for _ in 0..take(&mut bytes)? {
            below = lower(below, take(&mut bytes)?)?;
            let code = usize::try_from(take(&mut bytes)?).ok()?;
            let state = *State::ALL.get(code)?;
            let mark = Mark { state, processed: take(&mut bytes)?, total: take(&mut bytes)? };
            place.open.insert(JobNumber(below), mark);
        }
        below = i64::MAX;
        for _ in 0..take(&mut bytes)? {
            below = lower(below, take(&mut bytes)?)?;
            place.ended.insert(JobNumber(below));
        }
        bytes.is_empty().then_some(place)
    }
}

/// Writes how many jobs there are and, by falling numbers, how much lower each number is, with its mark; as many as have
/// room until there are so many bytes.
fn put_jobs<'a>(
    bytes: &mut Vec<u8>,
    jobs: impl Iterator<Item = (JobNumber, Option<&'a Mark>)>,
    bytes_max: usize,
) {
    let (mut list, mut count, mut below) = (Vec::new(), 0, i64::MAX);
    for (number, mark) in jobs {
        let whole = list.len();
        put(&mut list, below.abs_diff(number.0));
        if let Some(mark) = mark {
            let code = State::ALL.iter().position(|state| *state == mark.state).unwrap_or_default();
            put(&mut list, code as u64);
            put(&mut list, mark.processed);
            put(&mut list, mark.total);
        }
        if bytes.len() + list.len() + NUMBER_BYTES > bytes_max {
            list.truncate(whole);
            break;
        }
        (count, below) = (count + 1, number.0);
    }
    put(bytes, count);
    bytes.extend(list);
}

fn lower(number: i64, by: u64) -> Option<i64> {
    number.checked_sub_unsigned(by).filter(|number| *number >= 0)
}

/// Writes a number, seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// Reads what [`put`] wrote.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0u64, 0);
    loop {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests;
