//! How the outcomes of a job's items are stored: blocks, not a row per item.
//!
//! | block | layout, little-endian |
//! |---|---|
//! | chunk entry (membership) | index u32, member i64, outcome u8: 13 bytes |
//! | result page (membership) | outcomes u8 × items, members i64 × items |
//! | result page (import) | outcomes u8 × items, UUIDs 16 × items, then notes: row u32, length u16, UTF-8, and of a dry run versions: row u32 plus 2^31, 8 u16, i64 |
//!
//! A member is its [`MemberKey::code`]: a user's key, a group's number below zero, 0 where none was found.

use std::ops::Range;

use throng_jobs::{Class, Outcome};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::MemberKey;
use crate::limits;
use crate::model::jobs::{ResultPage, Stretch};

/// Bytes of one entry of a chunk.
const ENTRY_BYTES: usize = 13;

/// One settled item of a membership job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The item's index.
    pub index: u32,
    /// Whom it was about, where somebody was found.
    pub member: Option<MemberKey>,
    /// What became of it.
    pub outcome: Outcome,
}

const fn code(member: Option<MemberKey>) -> i64 {
    match member {
        Some(member) => member.code(),
        None => 0,
    }
}

/// Encodes what a chunk settled.
pub fn encode_chunk(settled: &[Settled]) -> Vec<u8> {
    let mut data = Vec::with_capacity(settled.len() * ENTRY_BYTES);
    for item in settled {
        data.extend_from_slice(&item.index.to_le_bytes());
        data.extend_from_slice(&code(item.member).to_le_bytes());
        data.push(item.outcome.code());
    }
    data
}

/// Decodes what a chunk settled.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode_chunk(data: &[u8]) -> Result<Vec<Settled>> {
    let (entries, rest) = data.as_chunks::<ENTRY_BYTES>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    entries.iter().map(decode_entry).collect()
}

fn decode_entry(entry: &[u8; ENTRY_BYTES]) -> Result<Settled> {
    let [i0, i1, i2, i3, m0, m1, m2, m3, m4, m5, m6, m7, code] = *entry;
    Ok(Settled {
        index: u32::from_le_bytes([i0, i1, i2, i3]),
        member: MemberKey::from_code(i64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7])),
        outcome: Outcome::from_code(code).ok_or_else(damaged)?,
    })
}

fn damaged() -> Error {
    Error::internal("a result block is damaged")
}

/// The results of a membership job in the order of its items.
#[derive(Debug)]
pub struct ByIndex {
    outcomes: Vec<u8>,
    members: Vec<i64>,
}

impl ByIndex {
    /// Results of `total` items, none settled.
    pub fn new(total: usize) -> Self {
        Self { outcomes: vec![Outcome::Pending.code(); total], members: vec![0; total] }
    }

    /// Notes a settled item.
    ///
    /// # Errors
    /// `Internal` for an index that the job does not have.
    pub fn settle(&mut self, item: Settled) -> Result<()> {
        let at = item.index as usize;
        *self.outcomes.get_mut(at).ok_or_else(damaged)? = item.outcome.code();
        self.members[at] = code(item.member);
        Ok(())
    }

    /// Whether the item is settled.
    pub fn is_settled(&self, index: u32) -> bool {
        self.outcomes.get(index as usize).is_some_and(|code| *code != Outcome::Pending.code())
    }

    /// What became of an item.
    ///
    /// # Errors
    /// `Internal` for an index that the job does not have.
    pub fn settled(&self, index: u32) -> Result<Settled> {
        let at = index as usize;
        let (outcome, member) = self.outcomes.get(at).zip(self.members.get(at)).ok_or_else(damaged)?;
        let outcome = Outcome::from_code(*outcome).ok_or_else(damaged)?;
        Ok(Settled { index, member: MemberKey::from_code(*member), outcome })
    }

    /// How many result pages there are.
    pub const fn pages(&self) -> usize {
        self.outcomes.len().div_ceil(limits::RESULT_PAGE_ITEMS)
    }

    /// Result page `page`; pending items of an ended job are left pending and read as skipped.
    pub fn page(&self, page: usize) -> ResultPage {
        let start = page * limits::RESULT_PAGE_ITEMS;
        let end = (start + limits::RESULT_PAGE_ITEMS).min(self.outcomes.len());
        let outcomes = &self.outcomes[start..end];
        let mut data = Vec::with_capacity(outcomes.len() * 9);
        data.extend_from_slice(outcomes);
        data.extend(self.members[start..end].iter().flat_map(|member| member.to_le_bytes()));
        counted(page, outcomes, data)
    }
}

fn counted(page: usize, outcomes: &[u8], data: Vec<u8>) -> ResultPage {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut result = ResultPage {
        page: number(page),
        items: number(outcomes.len()),
        effective: 0,
        ignored: 0,
        failed: 0,
        data,
    };
    for code in outcomes {
        match Outcome::from_code(*code).map(Outcome::class) {
            Some(Class::Created | Class::Updated | Class::Removed) => result.effective += 1,
            Some(Class::Ignored) => result.ignored += 1,
            Some(Class::Failed) => result.failed += 1,
            _ => {}
        }
    }
    result
}

/// Decodes a result page of a membership job.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode_page(page: &ResultPage) -> Result<Vec<Settled>> {
    let (outcomes, members) = page.data.split_at_checked(page.items as usize).ok_or_else(damaged)?;
    let page_items = u32::try_from(limits::RESULT_PAGE_ITEMS).unwrap_or(u32::MAX);
    let first = page.page.checked_mul(page_items).ok_or_else(damaged)?;
    decode_stretches(first..first + page.items, outcomes, members)
}

/// Where results of a membership job of `total` items lie, whose indexes lie side by side in one page: their outcomes,
/// and their members.
pub fn stretches(total: u32, indexes: Range<u32>) -> [Stretch; 2] {
    let page_items = u32::try_from(limits::RESULT_PAGE_ITEMS).unwrap_or(u32::MAX);
    let block = indexes.start / page_items;
    let (first, length) = (indexes.start % page_items, indexes.end - indexes.start);
    let items = page_items.min(total - block * page_items);
    [Stretch { block, start: first, length }, Stretch { block, start: items + 8 * first, length: 8 * length }]
}

/// Decodes such results.
///
/// # Errors
/// `Internal` when they are not as long as they should be, or damaged.
pub fn decode_stretches(indexes: Range<u32>, outcomes: &[u8], members: &[u8]) -> Result<Vec<Settled>> {
    let members = members.as_chunks::<8>().0;
    if [outcomes.len(), members.len()] != [indexes.len(); 2] {
        return Err(damaged());
    }
    let results = indexes.zip(outcomes.iter().zip(members));
    results
        .map(|(index, (outcome, member))| {
            Ok(Settled {
                index,
                member: MemberKey::from_code(i64::from_le_bytes(*member)),
                outcome: Outcome::from_code(*outcome).ok_or_else(damaged)?,
            })
        })
        .collect()
}

/// What became of one row of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// What became of it.
    pub outcome: Outcome,
    /// The user's id, where a user exists.
    pub user: Option<Uuid>,
    /// Why it failed, or what is worth saying.
    pub note: Option<String>,
    /// Of a dry run, the user's version as it was found.
    pub version: Option<i64>,
}

/// Marks the place of a row whose version follows, among the notes.
const VERSION: u32 = 1 << 31;

/// Encodes a result page of an import: the results of the page's first rows, in login order.
pub fn encode_rows(page: u32, rows: &[RowResult]) -> ResultPage {
    let outcomes: Vec<u8> = rows.iter().map(|row| row.outcome.code()).collect();
    let mut data = outcomes.clone();
    for row in rows {
        data.extend_from_slice(row.user.unwrap_or_default().as_bytes());
    }
    let mut put = |place: u32, bytes: &[u8]| {
        data.extend_from_slice(&place.to_le_bytes());
        data.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes());
        data.extend_from_slice(bytes);
    };
    for (at, row) in (0..).zip(rows) {
        if let Some(note) = &row.note {
            put(at, truncated(note, usize::from(u16::MAX)).as_bytes());
        }
        if let Some(version) = row.version {
            put(at | VERSION, &version.to_le_bytes());
        }
    }
    counted(page as usize, &outcomes, data)
}

fn truncated(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Decodes a result page of an import.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode_rows(page: &ResultPage) -> Result<Vec<RowResult>> {
    decode_rows_at(page, &(0..page.items as usize).collect::<Vec<_>>())
}

/// Decodes the results of these rows of a page of an import, whose places rise; without those behind the last.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode_rows_at(page: &ResultPage, places: &[usize]) -> Result<Vec<RowResult>> {
    let items = page.items as usize;
    let (outcomes, rest) = page.data.split_at_checked(items).ok_or_else(damaged)?;
    let (uuids, mut notes) = rest.split_at_checked(16 * items).ok_or_else(damaged)?;
    let uuids = uuids.as_chunks::<16>().0;
    let mut rows = Vec::with_capacity(places.len());
    for place in places.iter().filter(|place| **place < items) {
        let (code, uuid) = (outcomes[*place], Uuid::from_bytes(uuids[*place]));
        let outcome = Outcome::from_code(code).ok_or_else(damaged)?;
        rows.push(RowResult { outcome, user: (!uuid.is_nil()).then_some(uuid), note: None, version: None });
    }
    while let Some(([r0, r1, r2, r3, l0, l1], rest)) = notes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (text, rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let marked = u32::from_le_bytes([*r0, *r1, *r2, *r3]);
        let place = (marked & !VERSION) as usize;
        if place >= items {
            return Err(damaged());
        }
        if let Ok(at) = places.binary_search(&place) {
            if marked & VERSION == 0 {
                rows[at].note = Some(std::str::from_utf8(text).map_err(|_| damaged())?.to_owned());
            } else {
                let version = text.try_into().map_err(|_| damaged())?;
                rows[at].version = Some(i64::from_le_bytes(version));
            }
        }
        notes = rest;
    }
    Ok(rows)
}

/// The outcomes alone of a result page, of either form, by their codes.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn outcome_codes(page: &ResultPage) -> Result<&[u8]> {
    page.data.get(..page.items as usize).ok_or_else(damaged)
}

/// Decodes the outcomes alone of a result page, of either form.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode_outcomes(page: &ResultPage) -> Result<Vec<Outcome>> {
    outcome_codes(page)?.iter().map(|code| Outcome::from_code(*code).ok_or_else(damaged)).collect()
}

#[cfg(test)]
mod tests;
