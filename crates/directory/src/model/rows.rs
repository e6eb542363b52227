//! Rows of an import, as staged: in pages of `ROW_PAGE_ITEMS`, compressed, ordered by login.

use crate::error::{Error, Result};
use crate::model::jobs::RowPage;
use crate::model::parts::FORGOTTEN;

/// One row of a file, checked but not yet applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The canonical key of the login; for a refused login the text as given, lower-cased.
    pub key: String,
    /// Counts the rows of the file, from 0.
    pub position: u32,
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
    /// Names of groups to join.
    pub member_of: Vec<String>,
    /// Whether the row had a password, which was dropped.
    pub password_dropped: bool,
    /// Why the row cannot be applied, decided when it was read.
    pub fault: Option<Fault>,
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
        let (position, password_dropped) = (self.position, self.password_dropped);
        let forgotten = || FORGOTTEN.to_owned();
        *self = Self {
            key: forgotten(),
            login: forgotten(),
            position,
            password_dropped,
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
pub fn encode(run: u32, page: u32, rows: &[Row]) -> RowPage {
    let mut plain = Vec::with_capacity(rows.len() * 96);
    for row in rows {
        write_row(row, &mut plain);
    }
    let items = u32::try_from(rows.len()).unwrap_or(u32::MAX);
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

/// Texts of a row in front of its lists, if none is derived: login, key, three names, e-mail address.
const TEXTS: usize = 6;

fn write_row(row: &Row, out: &mut Vec<u8>) {
    let mut flags = 0;
    let key_is_login = row.key == row.login;
    let email_is_login = row.email == row.login;
    flags |= if key_is_login { KEY_IS_LOGIN } else { 0 };
    flags |= if email_is_login { EMAIL_IS_LOGIN } else { 0 };
    flags |= if row.password_dropped { PASSWORD_DROPPED } else { 0 };
    flags |= match row.fault {
        None => 0,
        Some(Fault::Invalid(_)) => INVALID,
        Some(Fault::Duplicate) => DUPLICATE,
    };
    out.push(flags);
    out.extend_from_slice(&row.position.to_le_bytes());
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
    for list in [&row.roles, &row.member_of] {
        write_length(list.len(), out);
        for text in list {
            write_text(text, out);
        }
    }
    if let Some(Fault::Invalid(message)) = &row.fault {
        write_text(message, out);
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

    fn position(&mut self) -> Result<u32> {
        self.bytes(4)?.first_chunk().copied().map(u32::from_le_bytes).ok_or_else(damaged)
    }

    /// Passes over a row; see [`Self::row`].
    fn pass_row(&mut self) -> Result<()> {
        let flags = self.bytes(1)?[0];
        self.position()?;
        // What [`write_row`] leaves out is derived from the login.
        let derived = [KEY_IS_LOGIN, EMAIL_IS_LOGIN].iter().filter(|flag| flags & **flag != 0).count();
        for _ in derived..TEXTS {
            self.pass()?;
        }
        self.pass_end(flags)
    }

    /// Passes over what a row has behind its texts.
    fn pass_end(&mut self, flags: u8) -> Result<()> {
        for _ in 0..2 {
            for _ in 0..self.length()? {
                self.pass()?;
            }
        }
        if flags & INVALID != 0 { self.pass() } else { Ok(()) }
    }

    fn names(&mut self) -> Result<Names<'a>> {
        let flags = self.bytes(1)?[0];
        let position = self.position()?;
        let login = self.text()?;
        let key = if flags & KEY_IS_LOGIN == 0 { self.text()? } else { login };
        let names = Names { key, position, first_name: self.text()?, last_name: self.text()? };
        self.pass()?;
        if flags & EMAIL_IS_LOGIN == 0 {
            self.pass()?;
        }
        self.pass_end(flags)?;
        Ok(names)
    }

    fn row(&mut self) -> Result<Row> {
        let flags = self.bytes(1)?[0];
        let position = self.position()?;
        let login = self.text()?.to_owned();
        let key = if flags & KEY_IS_LOGIN == 0 { self.text()?.to_owned() } else { login.clone() };
        let first_name = self.text()?.to_owned();
        let last_name = self.text()?.to_owned();
        let display_name = self.text()?.to_owned();
        let email = if flags & EMAIL_IS_LOGIN == 0 { self.text()?.to_owned() } else { login.clone() };
        let roles = self.list()?;
        let member_of = self.list()?;
        let password_dropped = flags & PASSWORD_DROPPED != 0;
        let fault = match flags & (INVALID | DUPLICATE) {
            0 => None,
            DUPLICATE => Some(Fault::Duplicate),
            _ => Some(Fault::Invalid(self.text()?.to_owned())),
        };
        Ok(Row {
            key,
            position,
            login,
            first_name,
            last_name,
            display_name,
            email,
            roles,
            member_of,
            password_dropped,
            fault,
        })
    }
}

#[cfg(test)]
mod tests;
