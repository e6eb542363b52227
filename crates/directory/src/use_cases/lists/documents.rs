//! Resources as the evaluator and the projection see them.

use serde_json::{Map, Value, json};
use throng_scim::filter::Filter;
use throng_scim::path::AttrPath;
use throng_scim::schema::{self, ResourceType};
use throng_scim::sort::{SortBy, SortKey};

use crate::error::Result;
use crate::ids::{AccountId, MemberKey};
use crate::model::canonical;
use crate::model::groups::{Group, UserGroup};
use crate::model::resources::Resource;
use crate::model::time::rfc3339_millis;
use crate::model::users::User;
use crate::port::Snapshot;
use crate::use_cases::nesting::ancestors;
use crate::use_cases::resources::{unique_attributes, unique_key};

use super::Entity;

/// The canonical name of a group's short name.
const SHORT_NAME: &str = "urn:throng:scim:1.0:Group:name";

/// A user as a SCIM resource, without `meta.location`.
pub fn user_resource(user: &User, groups: &[UserGroup]) -> Map<String, Value> {
    let mut resource: Map<String, Value> = serde_json::from_str(&user.doc).unwrap_or_default();
    resource.insert("id".to_owned(), json!(user.uuid.to_string()));
    if !groups.is_empty() {
        let entry = |of: &UserGroup| json!({ "value": of.group.number.to_string(), "display": of.group.display_name, "type": of.kind() });
        resource.insert("groups".to_owned(), Value::Array(groups.iter().map(entry).collect()));
    }
    resource.insert("meta".to_owned(), meta("User", user.created_at, user.modified_at, user.version));
    resource
}

/// A group as a SCIM resource, without `members` and `meta.location`.
pub fn group_resource(group: &Group) -> Map<String, Value> {
    let mut resource: Map<String, Value> = serde_json::from_str(&group.doc).unwrap_or_default();
    resource.insert("id".to_owned(), json!(group.number.to_string()));
    let extension = resource.entry(schema::THRONG_GROUP_URN).or_insert_with(|| json!({}));
    if let Value::Object(extension) = extension {
        extension.insert("name".to_owned(), Value::String(group.short_name()));
    }
    resource.insert("meta".to_owned(), meta("Group", group.created_at, group.modified_at, group.version));
    resource
}

/// A resource of a configured type as a SCIM resource, without `meta.location`.
pub fn configured_resource(found: &Resource) -> Map<String, Value> {
    let mut resource: Map<String, Value> = serde_json::from_str(&found.doc).unwrap_or_default();
    resource.insert("id".to_owned(), json!(found.uuid.to_string()));
    resource.insert("meta".to_owned(), meta(&found.kind, found.created_at, found.modified_at, found.version));
    resource
}

fn meta(kind: &str, created: throng_jobs::Instant, modified: throng_jobs::Instant, version: i64) -> Value {
    json!({
        "resourceType": kind,
        "created": rfc3339_millis(created),
        "lastModified": rfc3339_millis(modified),
        "version": format!("W/\"{version}\""),
    })
}

/// What filter and sort look at beyond the stored attributes, so that nothing is fetched or written for nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// What is derived: `id`, `meta`, the short name of a group.
    derived: bool,
    /// The groups of users.
    groups: bool,
    /// `externalId`, which is not the stored one for every source.
    pub(super) external_id: bool,
}

impl Needs {
    pub(super) fn of<'p>(
        paths: impl IntoIterator<Item = &'p AttrPath>,
        resource_type: &ResourceType,
    ) -> Self {
        let mut needs = Self::default();
        for path in paths {
            let name = path.canonical(resource_type).unwrap_or_default();
            let attribute = name.split_once('.').map_or(name.as_str(), |(attribute, _)| attribute);
            needs.derived |= matches!(attribute, "id" | "meta") || name == SHORT_NAME;
            needs.groups |= attribute == "groups";
            needs.external_id |= attribute == "externalId";
        }
        needs
    }

    /// What either needs.
    pub(super) const fn and(self, other: Self) -> Self {
        Self {
            derived: self.derived || other.derived,
            groups: self.groups || other.groups,
            external_id: self.external_id || other.external_id,
        }
    }

    /// The resource, with as much as is needed.
    pub(super) fn resource(
        self,
        snapshot: &mut dyn Snapshot,
        account: AccountId,
        entity: &Entity,
    ) -> Result<Map<String, Value>> {
        let stored = |doc: &str| serde_json::from_str(doc).unwrap_or_default();
        Ok(match entity {
            Entity::User(user) if self.groups => {
                user_resource(user, &ancestors(snapshot, account, MemberKey::user(user.key))?)
            }
            Entity::User(user) if self.derived => user_resource(user, &[]),
            Entity::Group(group) if self.derived => group_resource(group),
            Entity::Resource(resource) if self.derived => configured_resource(resource),
            Entity::User(User { doc, .. })
            | Entity::Group(Group { doc, .. })
            | Entity::Resource(Resource { doc, .. }) => stored(doc),
        })
    }
}

/// Whether a filter asks for `externalId`, which is not the stored one for every source.
pub(crate) fn names_external_id(filter: &Filter, resource_type: &ResourceType) -> bool {
    Needs::of(paths(filter), resource_type).external_id
}

/// Whether somebody whom a filter found matches it still.
pub(crate) fn still_matches(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    user: &User,
    (filter, user_type): (&Filter, &ResourceType),
) -> Result<bool> {
    let needs = Needs::of(paths(filter), user_type);
    let resource = needs.resource(snapshot, account, &Entity::User(user.clone()))?;
    Ok(matches(filter, &resource, user_type))
}

/// Every attribute that a filter speaks of.
pub(super) fn paths(filter: &Filter) -> Vec<&AttrPath> {
    match filter {
        Filter::Compare(comparison) => vec![&comparison.path],
        Filter::Present(path) | Filter::Element { path, .. } | Filter::Like { path, .. } => vec![path],
        Filter::Not(inner) => paths(inner),
        Filter::And(terms) | Filter::Or(terms) => terms.iter().flat_map(paths).collect(),
    }
}

/// The canonical key of a text under an attribute that has one, so that a filter finds exactly those with which a
/// new value would collide.
pub(super) fn fold(resource_type: &ResourceType, attribute: &str, text: &str) -> Option<String> {
    let lower_case = |_| text.to_lowercase();
    if is(resource_type, schema::USER_URN) {
        match attribute {
            "userName" => return Some(canonical::login_key("userName", text).unwrap_or_else(lower_case)),
            "emails.value" => return Some(canonical::email_key(text)),
            _ => {}
        }
    }
    if is(resource_type, schema::GROUP_URN) && attribute == "displayName" {
        return Some(canonical::group_name_key(text).unwrap_or_else(lower_case));
    }
    let unique = unique_attributes(resource_type).find(|(name, _)| name == attribute);
    unique.map(|(_, attribute)| unique_key(attribute, text))
}

/// Whether this is the built-in type of that core schema.
fn is(resource_type: &ResourceType, urn: &str) -> bool {
    resource_type.schema.id == urn
}

/// Decides about one candidate.
pub(super) fn matches(filter: &Filter, resource: &Map<String, Value>, resource_type: &ResourceType) -> bool {
    let fold = |attribute: &str, text: &str| fold(resource_type, attribute, text);
    throng_scim::filter::matches_folded(filter, resource, resource_type, &fold)
}

/// What a candidate is sorted by.
pub(super) fn sort_key(
    sort: &SortBy,
    resource: &Map<String, Value>,
    resource_type: &ResourceType,
) -> SortKey {
    SortKey::of(sort, resource, resource_type, &|attribute, text| fold(resource_type, attribute, text))
}
