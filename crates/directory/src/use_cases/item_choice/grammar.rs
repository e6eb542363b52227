//! Which fields of items filters and orders speak of, and what a filter asks of them.

use std::borrow::Cow;

use throng_jobs::{Class, Outcome};

use super::{ItemField, RowStatus};
use crate::error::{Error, Result};
use crate::model::canonical::{is_ascii_key, login_key, person_name_key, refused_login_key};
use crate::model::expression::{Condition, Order, Pattern, unknown_field};
use crate::use_cases::job_items::ItemOperation;

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

fn names(fields: &[(&'static str, ItemField)]) -> Vec<&'static str> {
    fields.iter().map(|(name, _)| *name).collect()
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
        let known = names(fields.orders);
        let Order { field, descending } = Order::parse(text, &known)?;
        let field = named(fields.orders, field).ok_or_else(|| Error::internal("an order is lost"))?;
        Ok(Self { field, descending })
    }
}

impl ItemFilter {
    /// Reads a filter; see [`Condition::parse`].
    ///
    /// # Errors
    /// `Invalid` (field `filter`) for what is none, an unknown field, a name that a field never has.
    pub fn parse(text: &str, fields: &Fields) -> Result<Self> {
        let condition = Condition::parse(text)?;
        let field = condition.field;
        let found = named(fields.filters, field).ok_or_else(|| unknown_field(&names(fields.filters)))?;
        let pattern = |fold: fn(&str) -> String| condition.pattern(fold);
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
