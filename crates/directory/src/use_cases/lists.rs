//! Lists with filters. SQL narrows, the evaluator decides: a term that an index serves finds the candidates,
//! and [`throng_scim::filter`] decides about each of them, so a filter means the same everywhere.

use std::time::Duration;

use serde_json::{Map, Value, json};
use throng_scim as scim;
use throng_scim::filter::Filter;
use throng_scim::path::AttrPath;
use throng_scim::schema::ResourceType;

use crate::model::canonical;
use crate::model::groups::{Group, UserGroup};
use crate::model::time::rfc3339_millis;
use crate::model::users::User;

/// A filter is refused when it has looked at this many candidates …
pub(crate) const FILTER_CANDIDATES_MAX: u64 = 2_000_000;
/// … or for this long.
pub(crate) const FILTER_TIME_MAX: Duration = Duration::from_secs(2);

/// What a list asks.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which resources.
    pub filter: Option<Filter>,
    /// The first resource, from 1.
    pub start_index: u64,
    /// Resources at most.
    pub count: usize,
}

impl ListQuery {
    pub(crate) fn offset(&self) -> u64 {
        self.start_index.saturating_sub(1)
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The page.
    pub resources: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// The terms of a filter that all must hold, as attribute and text, where they compare for equality.
pub(crate) fn equalities(filter: &Filter, resource_type: &ResourceType) -> Vec<(String, String)> {
    let terms = filter.conjuncts().iter().filter_map(Filter::equality);
    terms.filter_map(|(path, text)| Some((path.canonical(resource_type)?, text.to_owned()))).collect()
}

/// Whether the filter is a single comparison for equality, so that the index has decided already.
pub(crate) fn is_single(filter: &Filter) -> bool {
    filter.equality().is_some()
}

/// Every attribute that a filter speaks of.
pub(crate) fn paths(filter: &Filter) -> Vec<&AttrPath> {
    match filter {
        Filter::Compare(comparison) => vec![&comparison.path],
        Filter::Present(path) | Filter::Element { path, .. } => vec![path],
        Filter::Not(inner) => paths(inner),
        Filter::And(terms) | Filter::Or(terms) => terms.iter().flat_map(paths).collect(),
    }
}

/// Decides about one candidate.
pub(crate) fn matches(filter: &Filter, resource: &Map<String, Value>, resource_type: &ResourceType) -> bool {
    scim::filter::matches_folded(filter, resource, resource_type, &|attribute, text| match attribute {
        "userName" => Some(canonical::login_key("userName", text).unwrap_or_else(|_| text.to_lowercase())),
        "emails.value" => Some(canonical::email_key(text)),
        _ => None,
    })
}

/// The refusal of a filter that costs too much.
pub(crate) fn too_costly() -> crate::Error {
    let detail = "this filter looks at too many resources; add a term such as userName eq, externalId eq or \
                  emails.value eq";
    crate::Error::Scim(scim::error::Error::too_many(detail))
}

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
    resource.insert("meta".to_owned(), meta("Group", group.created_at, group.modified_at, group.version));
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
