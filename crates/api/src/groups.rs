//! Groups of the admin API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::jobs::{Links, Pagination};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its UUID.
    #[schema(format = "uuid")]
    pub group_id: String,
    /// Its name.
    #[schema(example = "Agents")]
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name of the account: there is no hierarchy.
    #[schema(example = "acmeco")]
    pub organization_node_id: String,
    /// Its users, in lists of at most 500. Absent where they are too many to show, or a job is still about them; then
    /// `Throng-Members-Omitted` says how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<GroupResource>>,
}

/// Some members of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupResource {
    /// What they are: `User`.
    #[serde(rename = "type")]
    #[schema(example = "User")]
    pub kind: String,
    /// Their UUIDs.
    #[schema(max_items = 500)]
    pub resource_ids: Vec<String>,
}

/// A group as it is to be. What is absent or `null` is empty, but for `resources`; fields that it does not
/// know are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupWrite {
    /// Its name, without `=`, `:`, `*` and commas. Must be given.
    #[schema(required, min_length = 1, max_length = 255, pattern = "^[^=:*,]*$")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub description: Option<String>,
    /// The name of the account, or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_node_id: Option<String>,
    /// Its users. Absent or `null`: they stay as they are. One list of nobody removes all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 50)]
    pub resources: Option<Vec<GroupResource>>,
}

/// A page of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupsPage {
    /// Where the page stands.
    pub pagination: Pagination,
    /// The groups.
    pub groups: Vec<Group>,
    /// The neighbouring pages: a list of one, as the description has it.
    pub links: Vec<Links>,
}

/// Users who are to be added to a group or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceIds {
    /// Their UUIDs, as many as any write of members may list.
    pub resource_ids: Vec<String>,
}
