//! The filter and order of a row list: `field:value`, `field:PREFIX*`, `field:*POSTFIX`, `field=value`.

use crate::error::{Error, Result};
use crate::model::canonical::{login_key, person_name_key, refused_login_key};
use crate::model::rows::Row;

/// Characters of a filter.
const FILTER_CHARS_MAX: usize = 255;

/// What a row list asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsQuery {
    /// Which rows.
    pub filter: Option<RowFilter>,
    /// In which order.
    pub order: RowOrder,
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most.
    pub limit: usize,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// Waits.
    Pending,
    /// In the chunk that is being worked.
    InProgress,
    /// Settled without a fault.
    Completed,
    /// Never the status of a row: rows that were already as asked are COMPLETED with operation `NO_CHANGE`.
    NoChange,
    /// Failed.
    Failed,
    /// Not attempted: the job was stopped.
    Aborted,
    /// Never the status of a row; jobs have it.
    AbortInProgress,
}

impl RowStatus {
    const ALL: [Self; 7] = [
        Self::Pending,
        Self::InProgress,
        Self::Completed,
        Self::NoChange,
        Self::Failed,
        Self::Aborted,
        Self::AbortInProgress,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::NoChange => "NO_CHANGE",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
            Self::AbortInProgress => "ABORT_IN_PROGRESS",
        }
    }
}

/// Which rows a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFilter {
    /// Those with one of these statuses.
    Status(Vec<RowStatus>),
    /// Those of which a name matches.
    Name {
        /// Which name.
        field: NameField,
        /// What it must match.
        pattern: NamePattern,
    },
}

/// A name of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameField {
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// Login.
    LoginId,
}

/// Text with wildcards, folded as the field's key is. One piece: the whole text; several: with anything
/// between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    pieces: Vec<String>,
}

/// The order of a row list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// By which field; ties by login.
    pub field: OrderField,
    /// From the last to the first.
    pub descending: bool,
}

/// A field that orders rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderField {
    /// Login: the default.
    #[default]
    LoginId,
    /// First name.
    FirstName,
    /// Last name.
    LastName,
}

impl RowOrder {
    /// Reads `firstName`, `lastName` or `loginId`, optionally with ` desc` or ` asc`.
    ///
    /// # Errors
    /// `Invalid` (field `orderBy`) for anything else; field names are case-sensitive.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, descending) = match text.split_once(' ') {
            None => (text, false),
            Some((name, "desc")) => (name, true),
            Some((name, "asc")) => (name, false),
            Some(_) => return Err(bad_order()),
        };
        let field = match name {
            "firstName" => OrderField::FirstName,
            "lastName" => OrderField::LastName,
            "loginId" => OrderField::LoginId,
            _ => return Err(bad_order()),
        };
        Ok(Self { field, descending })
    }
}

fn bad_order() -> Error {
    Error::invalid(
        "orderBy",
        "orderBy must be firstName, lastName or loginId, optionally followed by \" desc\"",
    )
}

impl RowFilter {
    /// Reads a filter: the field ends at the first `:` or `=`; behind `=` the value is exact, behind `:` an
    /// unescaped `*` stands for any text. `\` takes the next character as it is.
    ///
    /// # Errors
    /// `Invalid` (field `filter`) for an unknown field, an unknown status, an empty value, a filter that is
    /// too long or has no operator.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |detail: &str| Error::invalid("filter", detail);
        if text.chars().count() > FILTER_CHARS_MAX {
            return Err(bad("filter is longer than 255 characters"));
        }
        let at = text
            .find([':', '='])
            .ok_or_else(|| bad("filter must be field:value, field:PREFIX*, field:*POSTFIX or field=value"))?;
        let (field, exact, value) = (&text[..at], text.as_bytes()[at] == b'=', &text[at + 1..]);
        if value.is_empty() {
            return Err(bad("filter has no value"));
        }
        let field = match field {
            "status" => return status(value, exact),
            "firstName" => NameField::FirstName,
            "lastName" => NameField::LastName,
            "loginId" => NameField::LoginId,
            _ => return Err(bad("filter works on firstName, lastName, loginId and status")),
        };
        let fold = |text: &str| match field {
            NameField::LoginId => login_key("loginId", text).unwrap_or_else(|_| refused_login_key(text)),
            NameField::FirstName | NameField::LastName => person_name_key(text),
        };
        let pieces = if exact { vec![value.to_owned()] } else { pieces(value) };
        let pieces = pieces.iter().map(|piece| if piece.is_empty() { String::new() } else { fold(piece) });
        Ok(Self::Name { field, pattern: NamePattern { pieces: pieces.collect() } })
    }

    /// Whether a row is shown.
    pub(super) fn selects(&self, row: &Row, status: RowStatus) -> bool {
        match self {
            Self::Status(wanted) => wanted.contains(&status),
            Self::Name { field: NameField::FirstName, pattern } => {
                pattern.matches(&person_name_key(&row.first_name))
            }
            Self::Name { field: NameField::LastName, pattern } => {
                pattern.matches(&person_name_key(&row.last_name))
            }
            Self::Name { field: NameField::LoginId, pattern } => pattern.matches(&row.key),
        }
    }
}

/// The statuses that a value or pattern selects; one that selects none is a mistake, not an empty list.
fn status(value: &str, exact: bool) -> Result<RowFilter> {
    let value = value.to_ascii_uppercase();
    let pattern = NamePattern { pieces: if exact { vec![value] } else { pieces(&value) } };
    let found: Vec<RowStatus> =
        RowStatus::ALL.into_iter().filter(|status| pattern.matches(status.as_str())).collect();
    if found.is_empty() {
        let names = RowStatus::ALL.map(RowStatus::as_str).join(", ");
        return Err(Error::invalid("filter", format!("status must be or match one of {names}")));
    }
    Ok(RowFilter::Status(found))
}

/// Splits at unescaped `*`.
fn pieces(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '*' => pieces.push(String::new()),
            '\\' => push_last(&mut pieces, characters.next().unwrap_or('\\')),
            c => push_last(&mut pieces, c),
        }
    }
    pieces
}

fn push_last(pieces: &mut [String], c: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(c);
    }
}

impl NamePattern {
    /// Whether a folded text matches. A lone `*` asks for any text but none.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|piece| piece == text);
        };
        if text.is_empty() {
            return false;
        }
        let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        true
    }
}

#[cfg(test)]
mod tests;
