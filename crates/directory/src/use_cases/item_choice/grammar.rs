//! Filters and orders as clients write them: `field:value`, `field:PREFIX*`, `field:*POSTFIX`, `field=value`; a field,
//! optionally followed by ` desc`.

use std::borrow::Cow;

use throng_jobs::{Class, Outcome};

use super::{ItemField, RowStatus};
use crate::error::{Error, Result};
use crate::model::canonical::{is_ascii_key, login_key, person_name_key, refused_login_key};
use crate::use_cases::job_items::ItemOperation;

/// Characters of a filter.
const FILTER_CHARS_MAX: usize = 255;

/// The fields of a list by which its items are chosen and ordered, as clients name them.
#[derive(Debug)]
pub struct Fields {
    filters: &'static [(&'static str, ItemField)],
    orders: &'static [(&'static str, ItemField)],
}

const FIRST_NAME: (&str, ItemField) = ("firstName", ItemField::FirstName);
const LAST_NAME: (&str, ItemField) = ("lastName", ItemField::LastName);
const LOGIN: (&str, ItemField) = ("loginId", ItemField::Value);
const STATUS: (&str, ItemField) = ("status", ItemField::Status);
const VALUE: (&str, ItemField) = ("value", ItemField::Value);
const MEMBER: (&str, ItemField) = ("member", ItemField::Member);
const OPERATION: (&str, ItemField) = ("operation", ItemField::Operation);
const OUTCOME: (&str, ItemField) = ("outcome", ItemField::Outcome);
const REASON: (&str, ItemField) = ("reason", ItemField::Reason);
const INDEX: (&str, ItemField) = ("index", ItemField::Index);

impl Fields {
    /// Those of rows as the admin API shows them.
    pub const ROWS: Self =
        Self { filters: &[FIRST_NAME, LAST_NAME, LOGIN, STATUS], orders: &[FIRST_NAME, LAST_NAME, LOGIN] };
    /// Those of the items of imports.
    pub(crate) const PEOPLE: Self =
        Self::all(&[FIRST_NAME, LAST_NAME, LOGIN, VALUE, MEMBER, OPERATION, STATUS, OUTCOME, REASON, INDEX]);
    /// Those of the items of deletions.
    pub(crate) const DELETED: Self =
        Self::all(&[LOGIN, VALUE, MEMBER, OPERATION, STATUS, OUTCOME, REASON, INDEX]);
    /// Those of the items of group jobs.
    pub(crate) const MEMBERS: Self = Self::all(&[VALUE, MEMBER, OPERATION, STATUS, OUTCOME, REASON, INDEX]);

    const fn all(fields: &'static [(&'static str, ItemField)]) -> Self {
        Self { filters: fields, orders: fields }
    }
}

fn named(fields: &[(&'static str, ItemField)], name: &str) -> Option<ItemField> {
    fields.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

/// Names as people list them: `a, b and c`.
fn listed(fields: &[(&'static str, ItemField)], and: &str) -> String {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} {and} {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Which items a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFilter(pub(super) Test);

/// What a filter asks of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// One of these outcomes.
    Outcomes(Vec<Outcome>),
    /// One of these statuses.
    Statuses(Vec<RowStatus>),
    /// One of these operations.
    Operations(Vec<ItemOperation>),
    /// A field whose text matches.
    Text(ItemField, Pattern),
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemOrder {
    /// By which field; ties by place.
    pub field: ItemField,
    /// From the last to the first.
    pub descending: bool,
}

impl ItemOrder {
    /// Rising.
    pub const fn by(field: ItemField) -> Self {
        Self { field, descending: false }
    }

    /// Reads a field, optionally with ` desc` or ` asc`.
    ///
    /// # Errors
    /// `Invalid` (field `orderBy`) for anything else; names of fields are case-sensitive.
    pub fn parse(text: &str, fields: &Fields) -> Result<Self> {
        let (name, descending) = match text.split_once(' ') {
            None => (text, Some(false)),
            Some((name, "desc")) => (name, Some(true)),
            Some((name, "asc")) => (name, Some(false)),
            Some((name, _)) => (name, None),
        };
        let (field, descending) = named(fields.orders, name).zip(descending).ok_or_else(|| {
            let known = listed(fields.orders, "or");
            Error::invalid("orderBy", format!("orderBy must be {known}, optionally followed by \" desc\""))
        })?;
        Ok(Self { field, descending })
    }
}

impl ItemFilter {
    /// Reads a filter: the field ends at the first `:` or `=`; behind `=` the value is exact, behind `:` an
    /// unescaped `*` stands for any text. `\` takes the next character as it is.
    ///
    /// # Errors
    /// `Invalid` (field `filter`) for an unknown field, a name that a field never has, an empty value, a filter that is
    /// too long or has no operator.
    pub fn parse(text: &str, fields: &Fields) -> Result<Self> {
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
        let found = named(fields.filters, field)
            .ok_or_else(|| bad(&format!("filter works on {}", listed(fields.filters, "and"))))?;
        let pattern = |fold: fn(&str) -> String| Pattern::new(value, exact, fold);
        let of_names = |names: &[&str]| none_matches(field, names);
        Ok(Self(match found {
            ItemField::Status => {
                let names = RowStatus::ALL.map(RowStatus::as_str);
                let chosen = pattern(str::to_ascii_uppercase).of(RowStatus::ALL, RowStatus::as_str);
                Test::Statuses(chosen.ok_or_else(|| of_names(&names))?)
            }
            ItemField::Operation => {
                let names = ItemOperation::ALL.map(ItemOperation::as_str);
                let chosen = pattern(str::to_ascii_lowercase).of(ItemOperation::ALL, ItemOperation::as_str);
                Test::Operations(chosen.ok_or_else(|| of_names(&names))?)
            }
            ItemField::Outcome => {
                let names = Class::ALL.map(Class::name);
                let name = |outcome: Outcome| outcome.class().name();
                let chosen = pattern(str::to_ascii_lowercase).of(Outcome::ALL, name);
                Test::Outcomes(chosen.ok_or_else(|| of_names(&names))?)
            }
            ItemField::Reason => {
                let chosen = pattern(str::to_ascii_lowercase).of(Outcome::ALL, Outcome::name);
                Test::Outcomes(chosen.ok_or_else(|| of_names(&Outcome::names()))?)
            }
            ItemField::FirstName | ItemField::LastName => Test::Text(found, pattern(person_name_key)),
            ItemField::Value => Test::Text(found, pattern(|text| value_key(text).into_owned())),
            ItemField::Member | ItemField::Index => Test::Text(found, pattern(str::to_ascii_lowercase)),
        }))
    }
}

fn none_matches(field: &str, names: &[&str]) -> Error {
    Error::invalid("filter", format!("{field} must be or match one of {}", names.join(", ")))
}

/// The key by which what an item names is compared: a login's, where it can be one.
pub(crate) fn value_key(text: &str) -> Cow<'_, str> {
    // The key of a key is the key; ids are such ones.
    if is_ascii_key(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(login_key("loginId", text).unwrap_or_else(|_| refused_login_key(text)))
}

/// Text with wildcards, folded as the field's key is. One piece: the whole text; several: with anything
/// between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    fn new(value: &str, exact: bool, fold: fn(&str) -> String) -> Self {
        let pieces = if exact { vec![value.to_owned()] } else { pieces(value) };
        let fold = |piece: &String| if piece.is_empty() { String::new() } else { fold(piece) };
        Self { pieces: pieces.iter().map(fold).collect() }
    }

    /// Those whose name matches; one that selects none is a mistake, not an empty list.
    fn of<T: Copy, const N: usize>(&self, all: [T; N], name: impl Fn(T) -> &'static str) -> Option<Vec<T>> {
        let found: Vec<T> = all.into_iter().filter(|one| self.matches(name(*one))).collect();
        Some(found).filter(|found| !found.is_empty())
    }

    /// The only text that matches, where there is only one.
    pub(super) fn exact(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether a folded text matches. A lone `*` asks for any text but none.
    pub(super) fn matches(&self, text: &str) -> bool {
        if let Some(only) = self.exact() {
            return only == text;
        }
        let [first, middle @ .., last] = self.pieces.as_slice() else { return false };
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
