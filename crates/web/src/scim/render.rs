//! Resources as text. What the store keeps is the attributes' JSON already, so `id`, `meta` and references are
//! put behind it without parsing; only a projection or a dialect makes a tree of it.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use throng_directory::Dialect;
use throng_directory::model::groups::{Group, GroupRef};
use throng_directory::model::time::rfc3339_millis;
use throng_directory::model::users::User;
use throng_directory::use_cases::groups::GroupView;
use throng_directory::use_cases::users::UserView;
use throng_scim::Registry;
use throng_scim::projection::Projection;
use throng_scim::schema::{GROUP_URN, ResourceType, THRONG_GROUP_URN};

use crate::access::Authorised;
use crate::call::Call;
use crate::conditions::etag;
use crate::refusal::Refusal;

/// The schema that the dialect `firstup` gives its groups.
const FIRSTUP_GROUP: &str = "SocialChorus:1.0:Group";

/// How the resources of one answer are written.
pub(crate) struct Renderer {
    base: String,
    dialect: Dialect,
    projection: Projection,
    registry: Arc<Registry>,
}

impl Renderer {
    /// Reads `attributes` and `excludedAttributes`.
    ///
    /// # Errors
    /// 400 for both at once and for what is no attribute path.
    pub(crate) fn new(call: &Call, caller: &Authorised) -> Result<Self, Refusal> {
        let attributes = call.query.get("attributes");
        let projection = Projection::parse(attributes, call.query.get("excludedAttributes"))?;
        let registry = Arc::clone(call.state.directory.registry());
        Ok(Self { base: call.scim_url(), dialect: caller.dialect, projection, registry })
    }

    pub(crate) fn firstup(&self) -> bool {
        self.dialect == Dialect::Firstup
    }

    /// Whether this attribute of a user will be shown, so that it need be fetched.
    pub(crate) fn wants_of_user(&self, attribute: &str) -> bool {
        self.projection.wants(attribute, self.registry.user())
    }

    /// Whether this attribute of a group will be shown, so that it need be fetched.
    pub(crate) fn wants_of_group(&self, attribute: &str) -> bool {
        self.projection.wants(attribute, self.registry.group())
    }

    /// Whether nothing is to be left out.
    fn shows_all(&self, resource_type: &ResourceType) -> bool {
        self.projection == Projection::default() && resource_type.shows_all()
    }

    pub(crate) fn user_location(&self, user: &User) -> String {
        format!("{}/Users/{}", self.base, user.uuid)
    }

    pub(crate) fn group_location(&self, group: &Group) -> String {
        format!("{}/Groups/{}", self.base, group.number)
    }

    /// Writes a user.
    ///
    /// # Errors
    /// `Internal` when the stored attributes are damaged.
    pub(crate) fn user(&self, view: &UserView, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let user_type = self.registry.user();
        if self.shows_all(user_type) {
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
        if self.shows_all(group_type) && !self.firstup() {
            self.whole_group(view, job, out);
            return Ok(());
        }
        let mut text = Vec::new();
        self.whole_group(view, job, &mut text);
        let mut tree = self.projected(&text, group_type)?;
        if self.firstup() {
            speak_firstup(&mut tree, view.group.number.0);
        }
        write_tree(&tree, out)
    }

    fn projected(&self, text: &[u8], resource_type: &ResourceType) -> Result<Map<String, Value>, Refusal> {
        let mut tree: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
            tracing::error!(%error, "stored attributes are damaged");
            Refusal::internal()
        })?;
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
        if !view.groups.is_empty() {
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

    fn group_reference(&self, at: usize, group: &GroupRef, out: &mut Vec<u8>) {
        let (comma, number) = (if at == 0 { "" } else { "," }, group.number);
        let base = &self.base;
        text(
            out,
            format_args!("{comma}{{\"value\":\"{number}\",\"$ref\":\"{base}/Groups/{number}\",\"display\":"),
        );
        string(out, &group.display_name);
        out.extend_from_slice(b",\"type\":\"direct\"}");
    }

    fn whole_group(&self, view: &GroupView, job: Option<i64>, out: &mut Vec<u8>) {
        let group = &view.group;
        let members = view.members.as_deref().unwrap_or_default();
        out.reserve(group.doc.len() + 512 + (140 + self.base.len()) * members.len());
        open(&group.doc, out);
        text(out, format_args!("\"id\":\"{}\",", group.number));
        if !members.is_empty() {
            out.extend_from_slice(b"\"members\":[");
            for (at, member) in members.iter().enumerate() {
                let (comma, base) = (if at == 0 { "" } else { "," }, &self.base);
                text(
                    out,
                    format_args!(
                        "{comma}{{\"value\":\"{member}\",\"$ref\":\"{base}/Users/{member}\",\"type\":\"User\"}}"
                    ),
                );
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

/// Reshapes a group: an integer `id`, `name` and `description` at the top, the dialect's schema.
fn speak_firstup(group: &mut Map<String, Value>, number: i64) {
    if let Some(Value::Object(extension)) = group.shift_remove(THRONG_GROUP_URN) {
        group.extend(extension);
    }
    for (name, value) in [("id", json!(number)), ("schemas", json!([GROUP_URN, FIRSTUP_GROUP]))] {
        if let Some(found) = group.get_mut(name) {
            *found = value;
        }
    }
}

#[cfg(test)]
mod tests;
