//! Rows of an import, as staged: in pages of `ROW_PAGE_ITEMS`, compressed, ordered by login.

mod found;
mod password;

use crate::error::{Error, Result};
use crate::model::jobs::RowPage;
use crate::model::parts::FORGOTTEN;

pub use found::Found;
pub use password::RowPassword;

/// One row of a file, checked but not yet applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The canonical key of the login; for a refused login the text as given, lower-cased.
    pub key: String,
    /// Counts the rows of the file, from 0.
    pub position: u32,
    /// Its number in the file: of a sheet that of the row, else that of its first line; 0 where there is none.
    pub line: u32,
    /// The login as given.
    pub login: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Display name.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// Role names.
    pub roles: Vec<String>,
    /// Names of groups to join; of somebody who is there already, the groups to be in.
    pub member_of: Vec<String>,
    /// The part of the organization.
    pub node: String,
    /// The name of a profile.
    pub profile: String,
    /// Names of groups to own.
    pub owned_groups: Vec<String>,
    /// What is to be emptied of somebody who is there already. A field that is empty and not among these stays as it is.
    pub cleared: Cleared,
    /// Whether the file does not have the row: it was made of somebody who is there and whom the file, which is the whole
    /// truth, does not name.
    pub removes: bool,
    /// What is there of a password.
    pub password: RowPassword,
    /// Whom the dry run found that the row's job applies.
    pub found: Option<Found>,
    /// Why the row cannot be applied, decided when it was read.
    pub fault: Option<Fault>,
}

/// A set of fields of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared(u8);

impl Cleared {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// [`Row::display_name`].
    pub const DISPLAY_NAME: Self = Self(1);
    /// [`Row::email`].
    pub const EMAIL: Self = Self(2);
    /// [`Row::roles`].
    pub const ROLES: Self = Self(4);
    /// [`Row::member_of`].
    pub const MEMBER_OF: Self = Self(8);
    /// [`Row::node`].
    pub const NODE: Self = Self(16);
    /// [`Row::profile`].
    pub const PROFILE: Self = Self(32);
    /// [`Row::owned_groups`].
    pub const OWNED_GROUPS: Self = Self(64);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a field is among these.
    pub const fn has(self, field: Self) -> bool {
        self.0 & field.0 != 0
    }
}

/// Why a row cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It breaks a rule.
    Invalid(String),
    /// An earlier row of the file has the same login.
    Duplicate,
}

impl Row {
    /// Takes away all that says who it is about.
    pub fn forget(&mut self) {
        let fault = self.fault.take().map(|fault| match fault {
            Fault::Invalid(_) => Fault::Invalid(FORGOTTEN.to_owned()),
            Fault::Duplicate => Fault::Duplicate,
        });
        let (position, line, removes) = (self.position, self.line, self.removes);
        let password = std::mem::take(&mut self.password);
        let forgotten = || FORGOTTEN.to_owned();
        *self = Self {
            key: forgotten(),
            login: forgotten(),
            position,
            line,
            password,
            removes,
            fault,
            ..Self::default()
        };
    }

    /// What orders rows: login key, then position; the first of equal logins comes first.
    pub fn order(&self) -> (&str, u32) {
        (&self.key, self.position)
    }
}

/// Writes a page.
pub fn encode<'a>(run: u32, page: u32, rows: impl IntoIterator<Item = &'a Row>) -> RowPage {
    let (mut plain, mut items) = (Vec::new(), 0);
    for row in rows {
        write_row(row, &mut plain);
        items += 1;
    }
    RowPage { run, page, items, data: lz4_flex::block::compress_prepend_size(&plain) }
}

/// Reads a page.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn decode(page: &RowPage) -> Result<Vec<Row>> {
    let plain = lz4_flex::block::decompress_size_prepended(&page.data).map_err(|_| damaged())?;
    let mut reader = Reader(&plain);
    let rows: Vec<Row> = (0..page.items).map(|_| reader.row()).collect::<Result<_>>()?;
    if reader.0.is_empty() { Ok(rows) } else { Err(damaged()) }
}

/// What orders and filters look at of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a> {
    /// As [`Row::key`].
    pub key: &'a str,
    /// As [`Row::position`].
    pub position: u32,
    /// As [`Row::first_name`].
    pub first_name: &'a str,
    /// As [`Row::last_name`].
    pub last_name: &'a str,
    /// As [`Row::removes`].
    pub removes: bool,
}

/// Shows the rows of a page, in order, without copying their texts.
///
/// # Errors
/// `Internal` when the block is damaged.
pub fn each_named(page: &RowPage, mut each: impl FnMut(Names<'_>)) -> Result<()> {
    let plain = lz4_flex::block::decompress_size_prepended(&page.data).map_err(|_| damaged())?;
    let mut reader = Reader(&plain);
    for _ in 0..page.items {
        each(reader.names()?);
    }
    if reader.0.is_empty() { Ok(()) } else { Err(damaged()) }
}

/// Reads only these rows of a page: the places rise. The others are passed over, which is several times faster.
///
/// # Errors
/// `Internal` when the block is damaged, or has no such row.
pub fn decode_at(page: &RowPage, places: &[usize]) -> Result<Vec<Row>> {
    let plain = lz4_flex::block::decompress_size_prepended(&page.data).map_err(|_| damaged())?;
    let (mut reader, mut next) = (Reader(&plain), 0);
    let mut rows = Vec::with_capacity(places.len());
    for place in places {
        while next < *place {
            reader.pass_row()?;
            next += 1;
        }
        rows.push(reader.row()?);
        next += 1;
    }
    Ok(rows)
}

const KEY_IS_LOGIN: u8 = 1;
const EMAIL_IS_LOGIN: u8 = 2;
const PASSWORD_DROPPED: u8 = 4;
const INVALID: u8 = 8;
const DUPLICATE: u8 = 16;
/// A byte with the bits below stands behind the position.
const EXTRA: u8 = 32;
/// The number in the file stands behind that.
const LINE: u8 = 64;

/// What few rows have, and what stands behind the lists for it: a byte of cleared fields, two texts, a list, whom a dry run
/// found, a sealed password.
const CLEARED: u8 = 1;
const NODE: u8 = 2;
const PROFILE: u8 = 4;
const OWNED_GROUPS: u8 = 8;
const REMOVES: u8 = 16;
/// The password stands sealed in the row, as a text does, or beside the page.
const SEALED: u8 = 32;
const APART: u8 = 64;
const FOUND: u8 = 128;

/// Texts of a row in front of its lists, if none is derived: login, key, three names, e-mail address.
const TEXTS: usize = 6;

/// The bits of what few rows have.
fn extra_of(row: &Row) -> u8 {
    let bits = [
        (row.cleared != Cleared::NONE, CLEARED),
        (!row.node.is_empty(), NODE),
        (!row.profile.is_empty(), PROFILE),
        (!row.owned_groups.is_empty(), OWNED_GROUPS),
        (row.removes, REMOVES),
        (row.found.is_some(), FOUND),
    ];
    bits.into_iter().filter(|(is_there, _)| *is_there).fold(row.password.bits().1, |all, (_, bit)| all | bit)
}

fn write_row(row: &Row, out: &mut Vec<u8>) {
    let mut flags = 0;
    let extra = extra_of(row);
    flags |= if extra != 0 { EXTRA } else { 0 };
    let key_is_login = row.key == row.login;
    let email_is_login = row.email == row.login;
    flags |= if key_is_login { KEY_IS_LOGIN } else { 0 };
    flags |= if email_is_login { EMAIL_IS_LOGIN } else { 0 };
    flags |= row.password.bits().0;
    flags |= if row.line != 0 { LINE } else { 0 };
    flags |= match row.fault {
        None => 0,
        Some(Fault::Invalid(_)) => INVALID,
        Some(Fault::Duplicate) => DUPLICATE,
    };
    out.push(flags);
    out.extend_from_slice(&row.position.to_le_bytes());
    if extra != 0 {
        out.push(extra);
    }
    if row.line != 0 {
        write_length(row.line as usize, out);
    }
    write_text(&row.login, out);
    if !key_is_login {
        write_text(&row.key, out);
    }
    write_text(&row.first_name, out);
    write_text(&row.last_name, out);
    write_text(&row.display_name, out);
    if !email_is_login {
        write_text(&row.email, out);
    }
    write_list(&row.roles, out);
    write_list(&row.member_of, out);
    if extra & CLEARED != 0 {
        out.push(row.cleared.0);
    }
    for text in [&row.node, &row.profile].into_iter().filter(|text| !text.is_empty()) {
        write_text(text, out);
    }
    if extra & OWNED_GROUPS != 0 {
        write_list(&row.owned_groups, out);
    }
    if let Some(found) = row.found {
        found.write(out);
    }
    row.password.write(out);
    if let Some(Fault::Invalid(message)) = &row.fault {
        write_text(message, out);
    }
}

fn write_list(list: &[String], out: &mut Vec<u8>) {
    write_length(list.len(), out);
    for text in list {
        write_text(text, out);
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_length(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the low ones first.
fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    out.push(length.to_le_bytes()[0]);
}

fn damaged() -> Error {
    Error::internal("a page of rows is damaged")
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize> {
        let mut length = 0usize;
        for shift in (0..35).step_by(7) {
            let byte = self.bytes(1)?[0];
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(length);
            }
        }
        Err(damaged())
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| damaged())
    }

    fn list(&mut self) -> Result<Vec<String>> {
        (0..self.length()?).map(|_| self.text().map(str::to_owned)).collect()
    }

    fn pass(&mut self) -> Result<()> {
        let length = self.length()?;
        self.bytes(length).map(drop)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    fn head(&mut self) -> Result<Head> {
        let flags = self.byte()?;
        let position = self.bytes(4)?.first_chunk().copied().map(u32::from_le_bytes).ok_or_else(damaged)?;
        let extra = if flags & EXTRA == 0 { 0 } else { self.byte()? };
        let line = if flags & LINE == 0 { 0 } else { self.length()? };
        Ok(Head { flags, extra, position, line: u32::try_from(line).map_err(|_| damaged())? })
    }

    /// Passes over a row; see [`Self::row`].
    fn pass_row(&mut self) -> Result<()> {
        let head = self.head()?;
        // What [`write_row`] leaves out is derived from the login.
        let derived = [KEY_IS_LOGIN, EMAIL_IS_LOGIN].iter().filter(|flag| head.flags & **flag != 0).count();
        for _ in derived..TEXTS {
            self.pass()?;
        }
        self.pass_end(&head)
    }

    /// Passes over what a row has behind its texts.
    fn pass_end(&mut self, head: &Head) -> Result<()> {
        self.pass_list()?;
        self.pass_list()?;
        if head.has(CLEARED) {
            self.byte()?;
        }
        for _ in [NODE, PROFILE].into_iter().filter(|bit| head.has(*bit)) {
            self.pass()?;
        }
        if head.has(OWNED_GROUPS) {
            self.pass_list()?;
        }
        self.found(head)?;
        if head.has(SEALED) {
            self.pass()?;
        }
        if head.flags & INVALID != 0 { self.pass() } else { Ok(()) }
    }

    fn pass_list(&mut self) -> Result<()> {
        (0..self.length()?).try_for_each(|_| self.pass())
    }

    fn names(&mut self) -> Result<Names<'a>> {
        let head = self.head()?;
        let login = self.text()?;
        let key = if head.flags & KEY_IS_LOGIN == 0 { self.text()? } else { login };
        let (first_name, last_name) = (self.text()?, self.text()?);
        let names = Names { key, position: head.position, first_name, last_name, removes: head.has(REMOVES) };
        self.pass()?;
        if head.flags & EMAIL_IS_LOGIN == 0 {
            self.pass()?;
        }
        self.pass_end(&head)?;
        Ok(names)
    }

    fn found(&mut self, head: &Head) -> Result<Option<Found>> {
        if !head.has(FOUND) {
            return Ok(None);
        }
        let user = self.bytes(16)?.first_chunk().copied().ok_or_else(damaged)?;
        let version = self.bytes(8)?.first_chunk().copied().ok_or_else(damaged)?;
        Ok(Some(Found::read(user, version)))
    }

    fn row(&mut self) -> Result<Row> {
        let head = self.head()?;
        let flags = head.flags;
        let login = self.text()?.to_owned();
        let key = if flags & KEY_IS_LOGIN == 0 { self.text()?.to_owned() } else { login.clone() };
        let first_name = self.text()?.to_owned();
        let last_name = self.text()?.to_owned();
        let display_name = self.text()?.to_owned();
        let email = if flags & EMAIL_IS_LOGIN == 0 { self.text()?.to_owned() } else { login.clone() };
        let roles = self.list()?;
        let member_of = self.list()?;
        let cleared = if head.has(CLEARED) { Cleared(self.byte()?) } else { Cleared::NONE };
        let mut text = |bit| if head.has(bit) { self.text().map(str::to_owned) } else { Ok(String::new()) };
        let (node, profile) = (text(NODE)?, text(PROFILE)?);
        let owned_groups = if head.has(OWNED_GROUPS) { self.list()? } else { Vec::new() };
        let found = self.found(&head)?;
        let password = RowPassword::read(&head, self)?;
        let fault = match flags & (INVALID | DUPLICATE) {
            0 => None,
            DUPLICATE => Some(Fault::Duplicate),
            _ => Some(Fault::Invalid(self.text()?.to_owned())),
        };
        Ok(Row {
            key,
            position: head.position,
            line: head.line,
            login,
            first_name,
            last_name,
            display_name,
            email,
            roles,
            member_of,
            node,
            profile,
            owned_groups,
            cleared,
            removes: head.has(REMOVES),
            password,
            found,
            fault,
        })
    }
}

/// What a row begins with.
struct Head {
    flags: u8,
    extra: u8,
    position: u32,
    line: u32,
}

impl Head {
    const fn has(&self, bit: u8) -> bool {
        self.extra & bit != 0
    }
}

#[cfg(test)]
mod tests;
