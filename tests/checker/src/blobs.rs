//! The blocks in which the server stores items, decoded from their documented layouts. A block that does not
//! fit its layout decodes to `None`.

/// The code of an item that was added.
pub const CREATED: u8 = 1;
/// The code of what was changed.
pub const UPDATED: u8 = 2;
/// The code of an item that was removed.
pub const REMOVED: u8 = 3;
/// The code of what is not there.
pub const NOT_FOUND: u8 = 13;
/// The code of what was written down.
pub const EXPORTED: u8 = 20;
/// The code of an item that killed the server again and again.
pub const POISON: u8 = 33;
/// The code of an item that was not attempted.
pub const SKIPPED: u8 = 50;

/// The classes of the sum law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Created,
    Updated,
    Removed,
    Ignored,
    Failed,
    Skipped,
}

/// The class of a settled item's code; `None` for a pending one and for codes that there are not.
pub const fn class(code: u8) -> Option<Class> {
    match code {
        CREATED => Some(Class::Created),
        UPDATED => Some(Class::Updated),
        REMOVED => Some(Class::Removed),
        10..=20 => Some(Class::Ignored),
        30..=34 => Some(Class::Failed),
        SKIPPED => Some(Class::Skipped),
        _ => None,
    }
}

/// A settled item of a membership job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub index: u32,
    /// A user's key, a group's number below zero, or 0 for nobody.
    pub member: i64,
    pub code: u8,
}

/// A chunk: index u32, member i64, code u8; 13 bytes each.
pub fn chunk(data: &[u8]) -> Option<Vec<Settled>> {
    let mut reader = Reader(data);
    let mut items = Vec::with_capacity(data.len() / 13);
    while !reader.0.is_empty() {
        let index = u32::from_le_bytes(reader.array()?);
        let member = i64::from_le_bytes(reader.array()?);
        items.push(Settled { index, member, code: reader.byte()? });
    }
    Some(items)
}

/// A result page of a membership job, whose first item has the index `first`: all codes, then all members.
pub fn membership_page(data: &[u8], items: usize, first: u32) -> Option<Vec<Settled>> {
    let mut reader = Reader(data);
    let codes = reader.bytes(items)?;
    let mut settled = Vec::with_capacity(items);
    for (index, code) in (first..).zip(codes) {
        settled.push(Settled { index, member: i64::from_le_bytes(reader.array()?), code: *code });
    }
    reader.0.is_empty().then_some(settled)
}

/// What became of a row of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    pub code: u8,
    /// All zero = none.
    pub user: [u8; 16],
}

/// A result page of an import: all codes, all UUIDs, then notes, each with the row it belongs to. A row beyond 2^31 is
/// another one's version instead, in eight bytes.
pub fn import_page(data: &[u8], items: usize) -> Option<Vec<RowResult>> {
    let mut reader = Reader(data);
    let codes = reader.bytes(items)?;
    let mut rows = Vec::with_capacity(items);
    for code in codes {
        rows.push(RowResult { code: *code, user: reader.array()? });
    }
    while !reader.0.is_empty() {
        let row = u32::from_le_bytes(reader.array()?);
        let length = u16::from_le_bytes(reader.array()?);
        let text = reader.bytes(usize::from(length))?;
        let is_version = row >= VERSIONS;
        let is_well_formed = if is_version { length == 8 } else { std::str::from_utf8(text).is_ok() };
        let row = if is_version { row - VERSIONS } else { row };
        if !is_well_formed || row as usize >= items {
            return None;
        }
    }
    Some(rows)
}

/// What is added to the row that a version belongs to.
const VERSIONS: u32 = 1 << 31;

/// The values of a payload part, as far as their form shows them: how many there are.
pub fn part_values(form: i64, data: &[u8], items: usize) -> Option<usize> {
    match form {
        1 => data.len().is_multiple_of(16).then_some(data.len() / 16),
        2 => texts(data, items).map(|texts| texts.len()),
        3 => data.len().is_multiple_of(8).then_some(data.len() / 8),
        _ => None,
    }
}

/// The values of a part of texts: offsets u32 (one more than there are values), then the text.
pub fn texts(data: &[u8], items: usize) -> Option<Vec<String>> {
    let mut reader = Reader(data);
    let mut ends = Vec::with_capacity(items);
    let mut last = u32::from_le_bytes(reader.array()?);
    for _ in 0..items {
        let end = u32::from_le_bytes(reader.array()?);
        ends.push((last as usize, end as usize));
        last = end;
    }
    let text = reader.0;
    if last as usize != text.len() {
        return None;
    }
    let read = |(from, to): (usize, usize)| String::from_utf8(text.get(from..to)?.to_vec()).ok();
    ends.into_iter().map(read).collect()
}

/// The members of a produced part, as in [`Settled::member`]: i64, big-endian.
pub fn produced_members(data: &[u8]) -> Vec<i64> {
    let (keys, _) = data.as_chunks::<8>();
    keys.iter().map(|key| i64::from_be_bytes(*key)).collect()
}

/// The indexes of the items that have their images in a block: compressed JSON.
pub fn image_indexes(data: &[u8]) -> Option<Vec<i64>> {
    let plain = lz4_flex::block::decompress_size_prepended(data).ok()?;
    let images: Vec<serde_json::Value> = serde_json::from_slice(&plain).ok()?;
    images.iter().map(|image| image["index"].as_i64()).collect()
}

/// One row of an imported file, as far as it is needed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// By which logins are compared.
    pub key: String,
    /// Names of groups to join, or to be in.
    pub member_of: Vec<String>,
    /// Whether the row says in which groups somebody is to be, if only that it is none.
    pub says_groups: bool,
    /// Whether the file does not have the row: it takes away whom the file does not name.
    pub removes: bool,
}

const KEY_IS_LOGIN: u8 = 1;
const EMAIL_IS_LOGIN: u8 = 2;
const HAS_FAULT_TEXT: u8 = 8;
const HAS_MORE: u8 = 32;
/// Its number in the file stands behind what says that there is more.
const HAS_LINE: u8 = 64;
/// Bits of what stands behind the position of a row that has more: a byte of what is to be emptied, two texts, a list, an id
/// with a version.
const EMPTIES: u8 = 1;
const NODE: u8 = 2;
const PROFILE: u8 = 4;
const OWNED_GROUPS: u8 = 8;
const REMOVES: u8 = 16;
const FOUND: u8 = 128;
/// Of what is to be emptied: the groups to be in.
const NO_GROUPS: u8 = 8;

/// A page of rows: compressed; flags, position u32, then texts and lists with their lengths before them.
pub fn file_rows(data: &[u8], items: usize) -> Option<Vec<FileRow>> {
    let plain = lz4_flex::block::decompress_size_prepended(data).ok()?;
    let mut reader = Reader(&plain);
    let mut rows = Vec::with_capacity(items);
    for _ in 0..items {
        rows.push(file_row(&mut reader)?);
    }
    reader.0.is_empty().then_some(rows)
}

fn file_row(reader: &mut Reader<'_>) -> Option<FileRow> {
    let flags = reader.byte()?;
    let _position: [u8; 4] = reader.array()?;
    let more = if flags & HAS_MORE == 0 { 0 } else { reader.byte()? };
    if flags & HAS_LINE != 0 {
        reader.length()?;
    }
    let login = reader.text()?;
    let key = if flags & KEY_IS_LOGIN == 0 { reader.text()? } else { login };
    for _ in ["first name", "last name", "display name"] {
        reader.text()?;
    }
    if flags & EMAIL_IS_LOGIN == 0 {
        reader.text()?;
    }
    let _roles = reader.list()?;
    let member_of = reader.list()?;
    let emptied = if more & EMPTIES == 0 { 0 } else { reader.byte()? };
    for bit in [NODE, PROFILE] {
        if more & bit != 0 {
            reader.text()?;
        }
    }
    if more & OWNED_GROUPS != 0 {
        reader.list()?;
    }
    if more & FOUND != 0 {
        reader.bytes(16 + 8)?;
    }
    if flags & HAS_FAULT_TEXT != 0 {
        reader.text()?;
    }
    let says_groups = !member_of.is_empty() || emptied & NO_GROUPS != 0;
    Some(FileRow { key, member_of, says_groups, removes: more & REMOVES != 0 })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.bytes(1)?[0])
    }

    /// Seven bits a byte, the low ones first; the high bit says that more follow.
    fn length(&mut self) -> Option<usize> {
        let mut length = 0usize;
        for place in 0..5 {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(length);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    fn list(&mut self) -> Option<Vec<String>> {
        let length = self.length()?;
        (0..length).map(|_| self.text()).collect()
    }
}
