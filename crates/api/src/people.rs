//! People of the admin API.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::jobs::{Links, Pagination};

/// A field of a request body, where leaving it out means something else than `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sent<T> {
    /// It is not in the body.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It has a value.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// A person as the admin API shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's UUID: the SCIM `id`.
    #[schema(format = "uuid")]
    pub user_id: String,
    /// The part of the organization that they belong to; the account's name where nothing was said.
    #[schema(example = "ABCDEF")]
    pub organization_node_id: String,
    /// The login: SCIM's `userName`.
    #[schema(example = "anna@example.com")]
    pub login_id: String,
    /// Last name; empty where there is none.
    pub last_name: String,
    /// First name; empty where there is none.
    pub first_name: String,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// E-mail address: the primary one, else the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_id: Option<String>,
    /// The profile that filled in what they were made without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_id: Option<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// UUIDs of the groups that they are members of.
    pub member_of_groups: Vec<String>,
    /// UUIDs of the groups that they own.
    pub owned_groups: Vec<String>,
}

/// A person as the admin API is told of them. Fields that it does not know are passed over.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserWrite {
    /// The login, 1 to 255 characters; needed but to change somebody.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "anna@example.com")]
    pub login_id: Sent<String>,
    /// Last name, 1 to 255 characters; needed but to change somebody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub last_name: Sent<String>,
    /// First name, 1 to 255 characters; needed but to change somebody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub first_name: Sent<String>,
    /// The part of the organization that they belong to.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub organization_node_id: Sent<String>,
    /// Display name, at most 510 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub display_name: Sent<String>,
    /// E-mail address, at most 255 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email_id: Sent<String>,
    /// A profile.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub profile_id: Sent<String>,
    /// Roles, at most 11 of at most 40 characters.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub roles: Sent<Vec<String>>,
    /// UUIDs of groups to be a member of, at most 50.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub member_of_groups: Sent<Vec<String>>,
    /// UUIDs of groups to own, at most 50.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub owned_groups: Sent<Vec<String>>,
    /// A password that meets the account's policy, at most 255 characters, or a hash of one. Never shown; what is not there
    /// leaves the password as it is.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    pub password: Sent<Password>,
}

/// A password in clear text, or the hash of one. Shown to nobody.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The text, for whoever hashes it.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// A page of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The people.
    pub users: Vec<User>,
    /// The neighbouring pages.
    pub links: Links,
}

/// Which people, and in which order.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserSearch {
    /// Conditions, at most 500, taken from left to right: each is joined to all before it by its `discriminator`, that of
    /// the first counts for nothing.
    #[serde(default)]
    pub filter: Vec<UserCondition>,
    /// A field, optionally followed by ` desc`.
    #[serde(default)]
    pub order_by: Option<String>,
}

/// One condition.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct UserCondition {
    /// `AND` or `OR`; `AND` where it is left out.
    #[serde(default)]
    pub discriminator: Option<String>,
    /// `loginId`, `firstName`, `lastName`, `displayName`, `emailId`, `organizationNodeId`, `profileId` or `roles`.
    pub key: String,
    /// `STARTS_WITH`, `CONTAINS`, `ENDS_WITH`, `EQUALS` or `NOT_EQUALS`.
    pub operator: String,
    /// At most 50 characters.
    pub value: String,
}

/// Whose statuses.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserIds {
    /// UUIDs of users, at most 50.
    pub user_ids: Vec<String>,
}

/// What became of the latest change of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStatus {
    /// The user's UUID.
    #[schema(format = "uuid")]
    pub user_id: String,
    /// `COMPLETED`: what was answered is done.
    #[schema(example = "COMPLETED")]
    pub status: String,
    /// The roles that they have.
    pub roles: Vec<RoleStatus>,
}

/// What became of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleStatus {
    /// The role.
    pub role: String,
    /// `ADD`.
    #[schema(example = "ADD")]
    pub action: String,
    /// `COMPLETED`.
    #[schema(example = "COMPLETED")]
    pub status: String,
}
