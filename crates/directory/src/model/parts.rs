//! Payload parts of membership jobs: the listed values, as they were given, a few bytes each.

use std::ops::Range;

use throng_scim as scim;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::MemberKey;
use crate::limits;
use crate::model::jobs::{Part, PartForm, PartPlace, Stretch};
use crate::model::payload::PayloadDigest;

/// What stands in items for a name that is forgotten.
pub const FORGOTTEN: &str = "forgotten";

/// Collects listed values into parts.
#[derive(Debug)]
pub struct PartsBuilder {
    parts: Vec<Part>,
    next: u32,
    uuids: Vec<u8>,
    offsets: Vec<u32>,
    text: Vec<u8>,
    open: u32,
    /// Whether every value of the open part is a canonical UUID.
    all_uuids: bool,
    digest: PayloadDigest,
}

/// A payload of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The parts, in order.
    pub list: Vec<Part>,
    /// Their digest; see [`PayloadDigest`].
    pub digest: [u8; 32],
}

impl Default for PartsBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PartsBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self {
            parts: Vec::new(),
            next: 0,
            uuids: Vec::new(),
            offsets: Vec::new(),
            text: Vec::new(),
            open: 0,
            all_uuids: true,
            digest: PayloadDigest::default(),
        }
    }

    /// Values taken so far.
    pub const fn items(&self) -> u32 {
        self.next
    }

    /// Takes one value.
    ///
    /// # Errors
    /// `TooLarge` over `MEMBERS_PER_REQUEST_MAX`.
    pub fn push(&mut self, value: &str) -> Result<()> {
        if self.next >= limits::MEMBERS_PER_REQUEST_MAX {
            let max = limits::MEMBERS_PER_REQUEST_MAX;
            return Err(Error::TooLarge(format!("a request lists at most {max} members; send several")));
        }
        match (self.all_uuids, uuid_bytes(value)) {
            (true, Some(bytes)) => self.uuids.extend_from_slice(&bytes),
            (true, None) => {
                self.spell_out();
                self.push_text(value);
            }
            (false, _) => self.push_text(value),
        }
        self.open += 1;
        self.next += 1;
        if self.open as usize == limits::PART_ITEMS_MAX || self.text.len() >= limits::PART_BYTES_MAX / 2 {
            self.close();
        }
        Ok(())
    }

    fn push_text(&mut self, value: &str) {
        self.text.extend_from_slice(value.as_bytes());
        self.offsets.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Turns the UUIDs of the open part into text, because a value came that is none.
    fn spell_out(&mut self) {
        self.all_uuids = false;
        self.offsets.push(0);
        let uuids = std::mem::take(&mut self.uuids);
        for bytes in uuids.chunks_exact(16) {
            let mut buffer = Uuid::encode_buffer();
            let text = Uuid::from_slice(bytes).unwrap_or_default();
            self.push_text(text.hyphenated().encode_lower(&mut buffer));
        }
    }

    fn close(&mut self) {
        if self.open == 0 {
            return;
        }
        let (form, data) = if self.all_uuids {
            (PartForm::Uuids, std::mem::take(&mut self.uuids))
        } else {
            let mut data: Vec<u8> = self.offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
            data.append(&mut self.text);
            (PartForm::Text, data)
        };
        let part = Part { first: self.next - self.open, items: self.open, form, data };
        self.digest.part(&part);
        self.parts.push(part);
        self.offsets.clear();
        self.text.clear();
        self.open = 0;
        self.all_uuids = true;
    }

    /// The parts.
    pub fn finish(mut self) -> Parts {
        self.close();
        Parts { list: self.parts, digest: self.digest.finish() }
    }
}

impl scim::group_write::MemberSink for PartsBuilder {
    fn member(&mut self, value: &str) -> Result<(), scim::error::Error> {
        self.push(value).map_err(|error| scim::error::Error::too_large(error.to_string()))
    }
}

/// The bytes of a canonical lower-case UUID.
fn uuid_bytes(value: &str) -> Option<[u8; 16]> {
    let text: &[u8; 36] = value.as_bytes().try_into().ok()?;
    let mut bytes = [0u8; 16];
    let mut at = 0;
    for byte in &mut bytes {
        if matches!(at, 8 | 13 | 18 | 23) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = nibble(text[at])? << 4 | nibble(text[at + 1])?;
        at += 2;
    }
    Some(bytes)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Parts of produced removals: the members, in chunks of `PART_ITEMS_MAX`, numbered from `first` on.
pub fn produced(first: u32, members: &[MemberKey]) -> Vec<Part> {
    let chunks = members.chunks(limits::PART_ITEMS_MAX);
    let mut next = first;
    chunks
        .map(|chunk| {
            let items = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            let data = chunk.iter().flat_map(|member| member.code().to_be_bytes()).collect();
            let part = Part { first: next, items, form: PartForm::Keys, data };
            next += items;
            part
        })
        .collect()
}

/// A value of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A canonical UUID.
    Uuid([u8; 16]),
    /// Any other text.
    Text(&'a str),
    /// A member's key.
    Key(MemberKey),
}

/// Values of a part that lie side by side: what of a part has to be read for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The part.
    pub place: PartPlace,
    /// Which of its values, from 0.
    pub items: Range<u32>,
}

impl Run {
    /// What is read first: the values, or where those that are texts end.
    pub const fn head(&self) -> Stretch {
        let (start, items) = (self.items.start, self.items.end - self.items.start);
        let (width, entries) = match self.place.form {
            PartForm::Uuids => (16, items),
            PartForm::Keys => (8, items),
            PartForm::Text => (4, items + 1),
        };
        Stretch { block: self.place.first, start: width * start, length: width * entries }
    }

    /// What is read when the head is known: the texts, of values that are texts.
    ///
    /// # Errors
    /// `Internal` for a damaged part.
    pub fn texts(&self, head: &[u8]) -> Result<Option<Stretch>> {
        if self.place.form != PartForm::Text {
            return Ok(None);
        }
        let ends = head.as_chunks::<4>().0;
        let (start, end) = ends.first().zip(ends.last()).ok_or_else(damaged)?;
        let start = u32::from_le_bytes(*start);
        let length = u32::from_le_bytes(*end).checked_sub(start).ok_or_else(damaged)?;
        Ok(Some(Stretch { block: self.place.first, start: 4 * (self.place.items + 1) + start, length }))
    }

    /// A part of these values alone, made of what was read.
    pub fn part(&self, mut head: Vec<u8>, mut texts: Vec<u8>) -> Part {
        if self.place.form == PartForm::Text {
            let ends = head.as_chunks_mut::<4>().0;
            let start = ends.first().map_or(0, |end| u32::from_le_bytes(*end));
            for end in ends {
                *end = u32::from_le_bytes(*end).wrapping_sub(start).to_le_bytes();
            }
            head.append(&mut texts);
        }
        Part {
            first: self.place.first + self.items.start,
            items: self.items.end - self.items.start,
            form: self.place.form,
            data: head,
        }
    }
}

fn damaged() -> Error {
    Error::internal("a payload part is damaged")
}

impl Part {
    /// The part without what is to be forgotten: such texts become what `left` leaves of them, such UUIDs nil. None if it
    /// has nothing of that. `left` of a value that stays is none.
    ///
    /// # Errors
    /// `Internal` for a damaged part, and what `left` fails with.
    pub fn forgetting(&self, left: impl Fn(&str) -> Result<Option<String>>) -> Result<Option<Self>> {
        let mut part = Self { data: Vec::with_capacity(self.data.len()), ..self.clone() };
        let (mut offsets, mut texts, mut has_any) = (vec![0u32], Vec::new(), false);
        for value in self.values()? {
            match value {
                Value::Uuid(bytes) => {
                    let uuid = Uuid::from_bytes(bytes);
                    let goes = left(&uuid.to_string())?.is_some();
                    has_any |= goes;
                    part.data.extend_from_slice(if goes { Uuid::nil() } else { uuid }.as_bytes());
                }
                Value::Text(text) => {
                    let left = left(text)?;
                    has_any |= left.is_some();
                    texts.extend_from_slice(left.as_deref().unwrap_or(text).as_bytes());
                    offsets.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
                }
                Value::Key(_) => {}
            }
        }
        if !has_any {
            return Ok(None);
        }
        if self.form == PartForm::Text {
            part.data.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
            part.data.append(&mut texts);
        }
        Ok(Some(part))
    }

    /// One of its values; none behind the last.
    ///
    /// # Errors
    /// `Internal` when the stored bytes are not what the form says.
    pub fn value(&self, at: usize) -> Result<Option<Value<'_>>> {
        if at >= self.items as usize {
            return Ok(None);
        }
        let value = match self.form {
            PartForm::Uuids => self.data.as_chunks::<16>().0.get(at).map(|bytes| Value::Uuid(*bytes)),
            PartForm::Keys => {
                let code = self.data.as_chunks::<8>().0.get(at).map(|bytes| i64::from_be_bytes(*bytes));
                code.and_then(MemberKey::from_code).map(Value::Key)
            }
            PartForm::Text => {
                let (offsets, text) =
                    self.data.split_at_checked(4 * (self.items as usize + 1)).ok_or_else(damaged)?;
                let end = |at: usize| Some(u32::from_le_bytes(*offsets.as_chunks::<4>().0.get(at)?) as usize);
                let bytes = end(at).zip(end(at + 1)).and_then(|(start, end)| text.get(start..end));
                bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(Value::Text)
            }
        };
        value.map(Some).ok_or_else(damaged)
    }

    /// Its values, in order.
    ///
    /// # Errors
    /// `Internal` when the stored bytes are not what the form says.
    pub fn values(&self) -> Result<Vec<Value<'_>>> {
        let items = self.items as usize;
        let values: Vec<Value<'_>> = match self.form {
            PartForm::Uuids => {
                self.data.as_chunks::<16>().0.iter().map(|bytes| Value::Uuid(*bytes)).collect()
            }
            PartForm::Keys => {
                let codes = self.data.as_chunks::<8>().0.iter().map(|bytes| i64::from_be_bytes(*bytes));
                let keys = codes.map(|code| MemberKey::from_code(code).map(Value::Key).ok_or_else(damaged));
                keys.collect::<Result<_>>()?
            }
            PartForm::Text => {
                let (offsets, text) = self.data.split_at_checked(4 * (items + 1)).ok_or_else(damaged)?;
                let offsets: Vec<usize> =
                    offsets.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b) as usize).collect();
                let texts = offsets.windows(2).map(|ends| {
                    let bytes = text.get(ends[0]..ends[1]).ok_or_else(damaged)?;
                    Ok(Value::Text(std::str::from_utf8(bytes).map_err(|_| damaged())?))
                });
                texts.collect::<Result<_>>()?
            }
        };
        if values.len() == items { Ok(values) } else { Err(damaged()) }
    }
}

#[cfg(test)]
mod tests;
