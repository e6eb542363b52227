//! Groups.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::ids::GroupNumber;

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
    /// Canonical key of `displayName` ([`crate::model::canonical::group_name_key`]); unique in the account.
    pub name_key: String,
    /// `externalId`, as given.
    pub external_id: Option<String>,
    /// How many members it has.
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

/// A group as it stands inside a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Its number.
    pub number: GroupNumber,
    /// `displayName`.
    pub display_name: String,
}

#[cfg(test)]
mod tests;
