//! Profiles: what people are given who are made by one.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::ids::{GroupNumber, NUMBER_MAX};

/// Characters of a profile's name.
pub const NAME_CHARS_MAX: usize = 255;
/// Characters of a profile's description.
pub const DESCRIPTION_CHARS_MAX: usize = 1_024;
/// Roles that a profile gives.
pub const ROLES_MAX: usize = 50;
/// Groups that a profile names.
pub const GROUPS_MAX: usize = 50;

/// A profile's number in its account. Shown as at least six letters, the number in the digits `A` to `Z`: letters alone, so
/// that no spreadsheet takes one for a number and loses its zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileNumber(pub i64);

/// Letters of a short number.
const LETTERS_MIN: usize = 6;

impl ProfileNumber {
    /// Reads an id in the one spelling that is given out.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.bytes().try_fold(0i64, |number, letter| {
            let digit = letter.checked_sub(b'A').filter(|digit| *digit < 26)?;
            number.checked_mul(26)?.checked_add(i64::from(digit)).filter(|number| *number <= NUMBER_MAX)
        });
        number.map(Self).filter(|number| number.to_string() == text)
    }

    /// What a remembered request calls it, since it names what it made by a UUID. Those that we give out are of version 7.
    pub(crate) const fn as_uuid(self) -> Uuid {
        Uuid::from_u128(self.0.cast_unsigned() as u128)
    }

    /// What [`ProfileNumber::as_uuid`] made.
    pub(crate) const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid.as_u64_pair().1.cast_signed())
    }
}

impl fmt::Display for ProfileNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::with_capacity(LETTERS_MIN);
        let mut rest = self.0.unsigned_abs();
        while rest > 0 || letters.len() < LETTERS_MIN {
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            rest /= 26;
        }
        letters.iter().rev().try_for_each(|letter| write!(f, "{letter}"))
    }
}

/// A profile as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its number.
    pub number: ProfileNumber,
    /// Counts the changes, from 1; the weak `ETag`.
    pub version: i64,
    /// When created.
    pub created_at: Instant,
    /// When changed last.
    pub modified_at: Instant,
    /// Its name, as given.
    pub name: String,
    /// Canonical key of the name ([`crate::model::canonical::profile_name_key`]); unique in the account.
    pub name_key: String,
    /// The rest of it.
    pub gives: Gives,
}

/// What a profile is besides its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gives {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Roles that people are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Numbers of groups that people become members of. Some may be gone by now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<i64>,
}

/// A profile's name in the order of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileName {
    /// Whose it is.
    pub number: ProfileNumber,
    /// Its canonical key.
    pub name_key: String,
}

impl Gives {
    /// The groups by rising number, each once.
    pub fn groups_in_order(&self) -> Vec<GroupNumber> {
        let groups: BTreeSet<GroupNumber> = self.groups.iter().copied().map(GroupNumber).collect();
        groups.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
