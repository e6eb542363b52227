//! People.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::ids::UserKey;

/// A person as the store keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The key in the store.
    pub key: UserKey,
    /// The SCIM `id` and the admin API's `userId`.
    pub uuid: Uuid,
    /// Counts the changes, from 1; the weak `ETag`. Memberships do not change it.
    pub version: i64,
    /// When created.
    pub created_at: Instant,
    /// When changed last.
    pub modified_at: Instant,
    /// Canonical key of `userName` ([`crate::model::canonical::login_key`]); unique in the account.
    pub name_key: String,
    /// `externalId`, as given.
    pub external_id: Option<String>,
    /// Canonical keys of all e-mail addresses, sorted, without repeats.
    pub email_keys: Vec<String>,
    /// The attributes as a JSON object in the schema's order: without `id`, `meta`, `groups`, `password`.
    pub doc: String,
}

/// How a list of members names people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// The SCIM `id`.
    Id,
    /// `userName`.
    UserName,
    /// Any e-mail address, primary or not.
    Email,
}

impl Identifier {
    /// Its stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::UserName => "userName",
            Self::Email => "email",
        }
    }

    /// The identifier with this text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Id, Self::UserName, Self::Email].into_iter().find(|kind| kind.as_str() == text)
    }
}
