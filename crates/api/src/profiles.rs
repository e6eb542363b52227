//! Profiles of the admin API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::jobs::{Links, Pagination};
use crate::people::RoleStatus;

/// What people are given who are made by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its id.
    #[schema(example = "AAAAAB")]
    pub profile_id: String,
    /// Its name, no other profile's.
    #[schema(example = "Agents")]
    pub profile_name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Roles that people are given.
    #[schema(example = json!(["Agent"]))]
    pub roles: Vec<String>,
    /// UUIDs of the groups that people become members of, without groups that are gone.
    pub member_of_groups: Vec<String>,
    /// Its path.
    pub url: String,
}

/// A profile as it is to be. What is absent or `null` is empty; fields that it does not know are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileWrite {
    /// Its name, no other profile's. Must be given.
    #[schema(required, min_length = 1, max_length = 255)]
    pub profile_name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub description: Option<String>,
    /// Roles, each of 1 to 40 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub roles: Option<Vec<String>>,
    /// UUIDs of groups that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub member_of_groups: Option<Vec<String>>,
}

/// A page of profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProfilesPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The profiles.
    pub profiles: Vec<Profile>,
    /// The neighbouring pages.
    pub links: Links,
}

/// Which profiles' statuses are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileIds {
    /// Their ids. Must be given.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 50)]
    pub profile_ids: Vec<String>,
}

/// How far what a profile gives is worked in. Writes are done when they are answered, so all of it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileStatus {
    /// The profile's id.
    #[schema(example = "AAAAAB")]
    pub profile_id: String,
    /// `COMPLETED`.
    #[schema(example = "COMPLETED")]
    pub status: String,
    /// Its roles.
    pub roles: Vec<RoleStatus>,
}
