//! Resources as text. What the store keeps is the attributes' JSON already, so `id`, `meta` and references are
//! put behind it without parsing; only a dialect, or a projection of what is stored, makes a tree of it.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use throng_directory::Dialect;
use throng_directory::model::groups::{Group, Member, MemberId, UserGroup};
use throng_directory::model::resources::Resource;
use throng_directory::model::time::rfc3339_millis;
use throng_directory::use_cases::groups::GroupView;
use throng_directory::use_cases::lists::Shown;
use throng_directory::use_cases::users::UserView;
use throng_scim::Registry;
use throng_scim::projection::{Projection, Supplied};
use throng_scim::schema::{GROUP_URN, ResourceType, THRONG_GROUP_URN};
use uuid::Uuid;

use crate::access::Authorised;
use crate::call::Call;
use crate::conditions::etag;
use crate::query::Query;
use crate::refusal::Refusal;

/// The schema that the dialect `firstup` gives its groups.
const FIRSTUP_GROUP: &str = "SocialChorus:1.0:Group";

/// How the resources of one answer are written.
pub(crate) struct Renderer {
    base: String,
    dialect: Dialect,
    projection: Projection,
    registry: Arc<Registry>,
    users: Shows,
    groups: Shows,
}

/// What is shown of the resources of a type.
#[derive(Clone, Copy)]
struct Shows {
    /// All stored attributes, so that they need not be looked into.
    stored: bool,
    /// What is not stored with them and put in: the groups of users, the members of groups.
    put_in: bool,
}

impl Renderer {
    /// For an answer to this call.
    pub(crate) fn new(call: &Call, caller: &Authorised, projection: Projection) -> Self {
        let registry = Arc::clone(call.state.directory.registry());
        Self::of(call.scim_url(), caller.dialect, projection, registry)
    }

    fn of(base: String, dialect: Dialect, projection: Projection, registry: Arc<Registry>) -> Self {
        let shows = |resource_type: &ResourceType, put_in: &str| Shows {
            stored: resource_type.shows_all() && projection.leaves_out_at_most(put_in, resource_type),
            put_in: projection.wants(put_in, resource_type),
        };
        Self {
            base,
            dialect,
            users: shows(registry.user(), "groups"),
            groups: shows(registry.group(), "members"),
            projection,
            registry,
        }
    }

    /// For the answer to a write, which also shows what the client gave.
    pub(crate) fn with_supplied(self, supplied: Supplied) -> Self {
        Self { projection: self.projection.with_supplied(supplied), ..self }
    }

    pub(crate) fn firstup(&self) -> bool {
        self.dialect == Dialect::Firstup
    }

    /// Whether the groups of users will be shown, so that they need be fetched.
    pub(crate) const fn shows_groups(&self) -> bool {
        self.users.put_in
    }

    /// Whether the members of groups will be shown, so that they need be fetched.
    pub(crate) const fn shows_members(&self) -> bool {
        self.groups.put_in
    }

    pub(crate) fn user_location(&self, uuid: Uuid) -> String {
        format!("{}/Users/{uuid}", self.base)
    }

    pub(crate) fn group_location(&self, group: &Group) -> String {
        format!("{}/Groups/{}", self.base, group.number)
    }

    /// Writes a resource of a list.
    ///
    /// # Errors
    /// `Internal` when the stored attributes are damaged.
    pub(crate) fn shown(&self, shown: &Shown, out: &mut Vec<u8>) -> Result<(), Refusal> {
        match shown {
            Shown::User(view) => self.user(view, out),
            Shown::Group(view) => self.group(view, None, out),
            Shown::Resource(found) => self.resource(found, out),
        }
    }

    /// Writes a user.
    ///
    /// # Errors
    /// `Internal` when the stored attributes are damaged.
    pub(crate) fn user(&self, view: &UserView, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let user_type = self.registry.user();
        if self.users.stored {
            self.whole_user(view, out);
            return Ok(());
        }
        let mut text = Vec::new();
        self.whole_user(view, &mut text);
        write_tree(&self.projected(&text, user_type)?, out)
    }

    /// Writes a group; with a job, its number goes into `meta`.
    ///
    /// # Errors
    /// `Internal` when the stored attributes are damaged.
    pub(crate) fn group(&self, view: &GroupView, job: Option<i64>, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let group_type = self.registry.group();
        if self.groups.stored && !self.firstup() {
            self.whole_group(view, job, out);
            return Ok(());
        }
        let mut text = Vec::new();
        self.whole_group(view, job, &mut text);
        let mut tree = parse(&text)?;
        name_shortly(&mut tree, &view.group);
        self.projection.apply(&mut tree, group_type);
        if self.firstup() {
            speak_firstup(&mut tree, &view.group);
        }
        write_tree(&tree, out)
    }

    /// Writes a resource of a configured type.
    ///
    /// # Errors
    /// `Internal` when the stored attributes are damaged.
    pub(crate) fn resource(&self, found: &Resource, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let resource_type = self.resource_type(found)?;
        let mut text = Vec::with_capacity(found.doc.len() + 512);
        open(&found.doc, &mut text);
        self::text(&mut text, format_args!("\"id\":\"{}\",", found.uuid));
        let (created, modified) = (rfc3339_millis(found.created_at), rfc3339_millis(found.modified_at));
        meta(&mut text, &found.kind, &created, &modified);
        self::text(
            &mut text,
            format_args!("{}\",\"version\":", self.resource_location(resource_type, found.uuid)),
        );
        string(&mut text, &etag(found.version));
        text.extend_from_slice(b"}}");
        write_tree(&self.projected(&text, resource_type)?, out)
    }

    pub(crate) fn resource_location(&self, resource_type: &ResourceType, uuid: Uuid) -> String {
        format!("{}{}/{uuid}", self.base, resource_type.endpoint)
    }

    fn resource_type(&self, found: &Resource) -> Result<&ResourceType, Refusal> {
        let resource_type = self.registry.resource_type(&found.kind).map(|found| &**found);
        resource_type.ok_or_else(|| {
            tracing::error!(kind = found.kind, "a resource has a type that is not configured");
            Refusal::internal()
        })
    }

    fn projected(&self, text: &[u8], resource_type: &ResourceType) -> Result<Map<String, Value>, Refusal> {
        let mut tree = parse(text)?;
        self.projection.apply(&mut tree, resource_type);
        Ok(tree)
    }

    fn whole_user(&self, view: &UserView, out: &mut Vec<u8>) {
        let user = &view.user;
        out.reserve(user.doc.len() + 512 + 160 * view.groups.len());
        open(&user.doc, out);
        out.extend_from_slice(b"\"id\":\"");
        text(out, format_args!("{}", user.uuid));
        out.extend_from_slice(b"\",");
        if self.users.put_in && !view.groups.is_empty() {
            out.extend_from_slice(b"\"groups\":[");
            for (at, group) in view.groups.iter().enumerate() {
                self.group_reference(at, group, out);
            }
            out.extend_from_slice(b"],");
        }
        let (created, modified) = (rfc3339_millis(user.created_at), rfc3339_millis(user.modified_at));
        meta(out, "User", &created, &modified);
        text(out, format_args!("{}/Users/{}\",\"version\":", self.base, user.uuid));
        string(out, &etag(user.version));
        out.extend_from_slice(b"}}");
    }

    fn group_reference(&self, at: usize, of: &UserGroup, out: &mut Vec<u8>) {
        let (comma, number) = (if at == 0 { "" } else { "," }, of.group.number);
        let base = &self.base;
        text(
            out,
            format_args!("{comma}{{\"value\":\"{number}\",\"$ref\":\"{base}/Groups/{number}\",\"display\":"),
        );
        string(out, &of.group.display_name);
        text(out, format_args!(",\"type\":\"{}\"}}", of.kind()));
    }

    /// Writes a member of a group, behind `at` others.
    pub(crate) fn member(&self, at: usize, member: &Member, out: &mut Vec<u8>) {
        let (comma, base, id) = (if at == 0 { "" } else { "," }, &self.base, member.id);
        let (endpoint, kind) = match id {
            MemberId::User(_) => ("Users", "User"),
            MemberId::Group(_) => ("Groups", "Group"),
        };
        text(
            out,
            format_args!(
                "{comma}{{\"value\":\"{id}\",\"$ref\":\"{base}/{endpoint}/{id}\",\"type\":\"{kind}\""
            ),
        );
        if let Some(display) = &member.display {
            out.extend_from_slice(b",\"display\":");
            string(out, display);
        }
        out.push(b'}');
    }

    fn whole_group(&self, view: &GroupView, job: Option<i64>, out: &mut Vec<u8>) {
        let group = &view.group;
        let members = view.members.as_deref().filter(|_| self.groups.put_in).unwrap_or_default();
        out.reserve(group.doc.len() + 512 + (140 + self.base.len()) * members.len());
        open(&group.doc, out);
        text(out, format_args!("\"id\":\"{}\",", group.number));
        if !members.is_empty() {
            out.extend_from_slice(b"\"members\":[");
            for (at, member) in members.iter().enumerate() {
                self.member(at, member, out);
            }
            out.extend_from_slice(b"],");
        }
        let (created, modified) = (rfc3339_millis(group.created_at), rfc3339_millis(group.modified_at));
        meta(out, "Group", &created, &modified);
        text(out, format_args!("{}/Groups/{}\",\"version\":", self.base, group.number));
        string(out, &etag(group.version));
        if let Some(job) = job {
            text(out, format_args!(",\"jobId\":{job}"));
        }
        out.extend_from_slice(b"}}");
    }
}

/// Reads `attributes` and `excludedAttributes`.
///
/// # Errors
/// 400 for both at once and for what is no attribute path.
pub(crate) fn projection(query: &Query) -> Result<Projection, Refusal> {
    Ok(Projection::parse(query.get("attributes"), query.get("excludedAttributes"))?)
}

/// Writes a stored object up to where further names can follow.
fn open(doc: &str, out: &mut Vec<u8>) {
    let inner = doc.trim_end().strip_suffix('}').unwrap_or("{");
    out.extend_from_slice(inner.as_bytes());
    if !inner.ends_with('{') {
        out.push(b',');
    }
}

/// Writes `meta` up to the value of `location`.
fn meta(out: &mut Vec<u8>, kind: &str, created: &str, modified: &str) {
    text(
        out,
        format_args!(
            "\"meta\":{{\"resourceType\":\"{kind}\",\"created\":\"{created}\",\"lastModified\":\"{modified}\",\
             \"location\":\""
        ),
    );
}

/// Writes what needs no escaping.
fn text(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(arguments);
}

/// Writes a JSON string.
fn string(out: &mut Vec<u8>, value: &str) {
    // Writing a string to a vector cannot fail.
    let _ = serde_json::to_writer(out, value);
}

fn write_tree(tree: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    serde_json::to_writer(out, tree).map_err(|error| {
        tracing::error!(%error, "a resource could not be written");
        Refusal::internal()
    })
}

fn parse(text: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(text).map_err(|error| {
        tracing::error!(%error, "stored attributes are damaged");
        Refusal::internal()
    })
}

/// Puts the short name into Throng's extension, from where it is shown to who asks for it.
fn name_shortly(tree: &mut Map<String, Value>, group: &Group) {
    let extension = tree.entry(THRONG_GROUP_URN).or_insert_with(|| json!({}));
    if let Value::Object(extension) = extension {
        extension.insert("name".to_owned(), Value::String(group.short_name()));
    }
}

/// Reshapes a group: an integer `id`, `name` and `description` at the top, the dialect's schema.
fn speak_firstup(tree: &mut Map<String, Value>, group: &Group) {
    if let Some(Value::Object(extension)) = tree.shift_remove(THRONG_GROUP_URN) {
        tree.extend(extension);
    }
    tree.insert("name".to_owned(), Value::String(group.short_name()));
    for (name, value) in [("id", json!(group.number.0)), ("schemas", json!([GROUP_URN, FIRSTUP_GROUP]))] {
        if let Some(found) = tree.get_mut(name) {
            *found = value;
        }
    }
}

#[cfg(test)]
mod tests;
