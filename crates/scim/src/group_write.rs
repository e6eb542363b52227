//! Group bodies of any size, read in one pass. Source: RFC 7644 §3.3, §3.5.1, §3.5.2; RFC 7643 §4.2.
//!
//! A group may be sent with millions of members, so members are never built: each listed value goes to a
//! [`MemberSink`] as it is met, and what to do with it is told afterwards, as ranges of indices into the sequence the
//! sink saw. JSON leaves the order of names free: what `value` means may stand after it. A `value` whose `path` is
//! known is read once; one that stands before its `path`, or has none, is passed over and read when its operation has
//! been seen whole.

mod listed;
mod members;
mod operation;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::json::{JsonLimits, Kind, Reader};
use crate::patch::{self, Operation};
use crate::resource;
use crate::schema::ResourceType;

use members::Listing;

pub use listed::read_listed;

/// Takes the listed member values.
pub trait MemberSink {
    /// Takes the next value, in document order: 1 to [`JsonLimits::member_bytes_max`] bytes.
    ///
    /// # Errors
    /// Any; ends the reading.
    fn member(&mut self, value: &str) -> Result<(), Error>;
}

/// What the listed values are, where the body says so by an object `SocialChorus:1.0:Group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// SCIM ids of users.
    Id,
    /// User names; also meant by an object without `identifierField`.
    UserName,
    /// E-mail addresses.
    Email,
}

/// Whether a group body lists members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// No `members`: a PUT leaves them alone.
    Absent,
    /// `null` or `[]`: a PUT removes all.
    Cleared,
    /// So many values went to the sink.
    Listed(u32),
}

/// The body of a POST or PUT of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDocument {
    /// Normalised as [`crate::resource`] does it, without `members`; `description` at top level is taken for that of
    /// the extension.
    pub attributes: Map<String, Value>,
    /// Whether it lists members.
    pub members: Members,
    /// What the listed values are; None if the body does not have the dialect's object.
    pub identifier: Option<IdentifierKind>,
    /// Whether the body has the dialect's object.
    pub dialect_object: bool,
}

/// The body of a PATCH of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPatch {
    /// In the order in which they were sent; runs of `Add`, and of `Remove`, are joined.
    pub operations: Vec<GroupOperation>,
    /// What the listed values are; None if the body does not have the dialect's object.
    pub identifier: Option<IdentifierKind>,
    /// Whether the body has the dialect's object.
    pub dialect_object: bool,
}

/// One operation on a group.
#[expect(clippy::large_enum_variant, reason = "runs of member operations are joined, so operations are few")]
#[derive(Clone, Debug, PartialEq)]
pub enum GroupOperation {
    /// On the membership.
    Members {
        /// What to do.
        action: MemberAction,
        /// With which of the values the sink saw, by index from 0.
        range: Range<u32>,
    },
    /// On other attributes: for [`crate::patch::apply`].
    Attributes(Operation),
}

/// What to do with the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberAction {
    /// Add the listed.
    Add,
    /// Remove the listed.
    Remove,
    /// Make the listed the only ones; an empty list clears the group.
    Replace,
    /// Remove all; the range is empty.
    RemoveAll,
}

/// Reads the body of a POST or PUT of a group.
///
/// # Errors
/// 400 `invalidSyntax` for what [`crate::json::parse`] refuses so and for a body that is no object; 400 `invalidValue`
/// for values of wrong types, members without value, an unknown `identifierField` and a missing `displayName`; 413 for
/// more members, or more bytes of other attributes, than the limits allow; whatever the sink refuses with. The sink
/// may have got values before the error.
pub fn read_group(
    body: &[u8],
    sink: &mut dyn MemberSink,
    limits: &JsonLimits,
    group_type: &ResourceType,
) -> Result<GroupDocument, Error> {
    let mut reader = Reader::new(body, limits)?;
    let mut listing = Listing::new(sink, limits);
    let mut budget = Budget::new(limits);
    let mut dialect = Dialect::default();
    let mut members = Members::Absent;
    let mut doc = Map::new();
    expect_object(&mut reader, "a group")?;
    let mut fields = reader.open_object()?;
    while let Some(name) = reader.next_key(&mut fields)? {
        if name.eq_ignore_ascii_case("members") {
            let listed = listing.read(&mut reader, false)?;
            members = if listed.is_empty() { Members::Cleared } else { Members::Listed(listed.end) };
        } else if is_dialect_key(&name) {
            dialect.read(&mut reader)?;
        } else if group_type.extension(&name).is_some() || group_type.locate(None, &name).is_some() {
            doc.insert(name.into_owned(), budget.value(&mut reader)?);
        } else {
            reader.skip()?;
        }
    }
    reader.finish()?;
    let attributes = resource::read(Value::Object(doc), group_type)?;
    Ok(GroupDocument { attributes, members, identifier: dialect.identifier, dialect_object: dialect.present })
}

/// Reads the body of a PATCH of a group.
///
/// Of members these forms are understood, with `members` in any letter case and also behind the group's URN:
/// * `value` an object with `value`, a string, a number, an array of these, or `{"members": …}` around any of them;
///   what else stands in a member is ignored;
/// * no `path` and a `value` object with `members` in it, other attributes beside it;
/// * `remove` with `members[value eq "a"]`, also with several terms joined by `or`;
/// * `remove` with `members` and values removes those, not all as the RFC's letter has it: this is what Entra sends.
///   `[]` then removes nobody; no `value`, or `null`, removes all.
///
/// # Errors
/// Those of [`read_group`] (a PATCH needs no `displayName`), of [`crate::patch::Operation::new`] and of
/// [`crate::path::Path::parse`]; 400 `mutability` for changing a member in place; 400 `invalidFilter` for choosing
/// members by anything but their value.
pub fn read_group_patch(
    body: &[u8],
    sink: &mut dyn MemberSink,
    limits: &JsonLimits,
    group_type: &ResourceType,
) -> Result<GroupPatch, Error> {
    let mut reader = Reader::new(body, limits)?;
    let mut dialect = Dialect::default();
    let mut operations = operation::Operations::new(sink, limits, group_type);
    let mut found = false;
    expect_object(&mut reader, "a PATCH")?;
    let mut fields = reader.open_object()?;
    while let Some(name) = reader.next_key(&mut fields)? {
        if name.eq_ignore_ascii_case("Operations") {
            found = operations.read(&mut reader)?;
        } else if is_dialect_key(&name) {
            dialect.read(&mut reader)?;
        } else {
            reader.skip()?;
        }
    }
    reader.finish()?;
    if !found {
        return Err(patch::no_operations());
    }
    Ok(GroupPatch {
        operations: operations.into_vec(),
        identifier: dialect.identifier,
        dialect_object: dialect.present,
    })
}

fn expect_object(reader: &mut Reader<'_>, what: &str) -> Result<(), Error> {
    match reader.peek()? {
        Kind::Object => Ok(()),
        _ => Err(reader.syntax(&format!("{what} is a JSON object"))),
    }
}

/// Whether a top-level name is that of the dialect's object: `SocialChorus:1.0:Group`, with or without `urn:`.
pub(crate) fn is_dialect_key(name: &str) -> bool {
    let bare = match name.get(..4) {
        Some(head) if head.eq_ignore_ascii_case("urn:") => &name[4..],
        _ => name,
    };
    bare.eq_ignore_ascii_case("SocialChorus:1.0:Group")
}

/// What the dialect's object says.
#[derive(Default)]
struct Dialect {
    present: bool,
    identifier: Option<IdentifierKind>,
}

impl Dialect {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        match reader.peek()? {
            Kind::Null => return reader.null(),
            Kind::Object if !self.present => {}
            Kind::Object => return Err(reader.syntax("the object SocialChorus:1.0:Group stands twice")),
            _ => return Err(reader.value_error("SocialChorus:1.0:Group must be an object")),
        }
        self.present = true;
        self.identifier = Some(IdentifierKind::UserName);
        let mut fields = reader.open_object()?;
        while let Some(name) = reader.next_key(&mut fields)? {
            if name.eq_ignore_ascii_case("identifierField") {
                self.identifier = Some(read_identifier(reader)?);
            } else {
                reader.skip()?;
            }
        }
        Ok(())
    }
}

fn read_identifier(reader: &mut Reader<'_>) -> Result<IdentifierKind, Error> {
    let kinds = [
        ("id", IdentifierKind::Id),
        ("userName", IdentifierKind::UserName),
        ("email", IdentifierKind::Email),
    ];
    let text = match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            return Ok(IdentifierKind::UserName);
        }
        Kind::String => reader.string()?,
        _ => return Err(reader.value_error("identifierField must be id, email or userName")),
    };
    kinds
        .into_iter()
        .find_map(|(name, kind)| name.eq_ignore_ascii_case(&text).then_some(kind))
        .ok_or_else(|| reader.value_error("identifierField must be id, email or userName"))
}

/// Bytes that may still be built into values.
struct Budget {
    left: usize,
    max: usize,
}

impl Budget {
    fn new(limits: &JsonLimits) -> Self {
        Self { left: limits.attribute_bytes_max, max: limits.attribute_bytes_max }
    }

    /// Builds the next value if it is not too large.
    fn value(&mut self, reader: &mut Reader<'_>) -> Result<Value, Error> {
        let span = reader.skip()?;
        self.value_at(reader, &span)
    }

    /// Builds a value that was passed over.
    fn value_at(&mut self, reader: &Reader<'_>, span: &Range<usize>) -> Result<Value, Error> {
        self.left = self.left.checked_sub(span.len()).ok_or_else(|| {
            Error::too_large(format!(
                "a group has at most {} bytes of attributes beside its members",
                self.max
            ))
        })?;
        reader.again(span).value()
    }
}
