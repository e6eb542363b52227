//! Groups.

use std::fmt;

use throng_jobs::Instant;
use uuid::Uuid;

use crate::ids::{GroupNumber, parse_number, parse_uuid};

/// A group as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number: the SCIM `id` and the report's `groupId`.
    pub number: GroupNumber,
    /// Its UUID, for the admin API.
    pub uuid: Uuid,
    /// Counts the changes, membership included, from 1; the weak `ETag`.
    pub version: i64,
    /// When created.
    pub created_at: Instant,
    /// When changed last.
    pub modified_at: Instant,
    /// `displayName`, as given.
    pub display_name: String,
    /// Canonical key of `displayName` ([`crate::model::canonical::group_name_key`]); unique in
    /// the account unless it says otherwise ([`crate::model::access::GroupNames`]).
    pub name_key: String,
    /// `externalId`, as given.
    pub external_id: Option<String>,
    /// How many members it has, users and groups.
    pub members: u64,
    /// The attributes as a JSON object in the schema's order: without `id`, `meta`, `members`.
    pub doc: String,
}

impl Group {
    /// Its short name, derived and not stored: `displayName` in lower case, with `_` for what is no letter or digit.
    pub fn short_name(&self) -> String {
        let mut name = String::with_capacity(self.name_key.len());
        for c in self.name_key.chars() {
            match c {
                c if c.is_alphanumeric() => name.push(c),
                _ if !name.ends_with('_') => name.push('_'),
                _ => {}
            }
        }
        name.trim_matches('_').to_owned()
    }
}

/// A member of a group as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its SCIM `id`.
    pub id: MemberId,
    /// A user's `displayName` or `userName`, a group's `displayName`; none when not asked for.
    pub display: Option<String>,
}

/// The SCIM `id` of a member, which tells what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberId {
    /// A user's.
    User(Uuid),
    /// A group's.
    Group(GroupNumber),
}

impl MemberId {
    /// Reads the `id` of a user or a group; none for what is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let number = || parse_number(text).map(|number| Self::Group(GroupNumber(number)));
        parse_uuid(text).map(Self::User).or_else(number)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uuid) => uuid.fmt(f),
            Self::Group(number) => number.fmt(f),
        }
    }
}

/// A group that a user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// The group.
    pub group: GroupRef,
    /// Whether the user is a member of the group itself; of one that is nested in it otherwise.
    pub is_direct: bool,
}

impl UserGroup {
    /// The value of `type`. Source: RFC 7643 §4.1.2.
    pub const fn kind(&self) -> &'static str {
        if self.is_direct { "direct" } else { "indirect" }
    }
}

/// A group's name beside its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Its number.
    pub number: GroupNumber,
    /// Its UUID.
    pub uuid: Uuid,
    /// `displayName`.
    pub display_name: String,
}

#[cfg(test)]
mod tests;
