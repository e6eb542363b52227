//! A person as a row of a file, and as a SCIM user: one person, two faces.

use serde_json::{Map, Value};
use throng_jobs::Instant;
use throng_scim::schema;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::UserKey;
use crate::model::jobs::ImportMode;
use crate::model::rows::{Cleared, Row};
use crate::model::users::User;
use crate::model::{canonical, document};

mod changes;
mod check;

pub use changes::{Changes, Given, shown_email};
pub use check::{ADMIN, FILE, Fields, Names, ROLE_CHARS_MAX, check};

/// Checks a row.
///
/// # Errors
/// The text that the row's report shows: which column, and what is wrong.
pub fn check_row(row: &Row, mode: ImportMode) -> Result<(), String> {
    let adds = mode == ImportMode::Add;
    // A name that is blank stays, unless there is nobody whose it is.
    let is_said = |name: &&str| adds || !name.is_empty();
    let fields = Fields {
        // It is the key of its row.
        login: None,
        first_name: Some(row.first_name.as_str()).filter(is_said),
        last_name: Some(row.last_name.as_str()).filter(is_said),
        display_name: Some(&row.display_name),
        email: Some(&row.email),
        node: Some(&row.node),
        profile: Some(&row.profile),
        roles: &row.roles,
        member_of: row.member_of.len(),
        owned_groups: row.owned_groups.len(),
    };
    check(&fields, &FILE).map_err(|error| error.to_string())
}

/// Checks a row whose login nobody has, so that it makes somebody.
///
/// # Errors
/// As [`check_row`].
pub fn check_new(row: &Row) -> Result<(), String> {
    check_row(row, ImportMode::Add)
}

/// What a row says of somebody: a blank cell says nothing. Groups are not in it, which the directory has to look up.
pub fn row_changes(row: &Row) -> Changes {
    let text = |text: &str, field: Cleared| match text {
        _ if row.cleared.has(field) => Given::Cleared,
        "" => Given::Kept,
        text => Given::Set(text.to_owned()),
    };
    let roles = match row.roles.as_slice() {
        _ if row.cleared.has(Cleared::ROLES) => Given::Cleared,
        [] => Given::Kept,
        roles => Given::Set(roles.to_vec()),
    };
    Changes {
        login: None,
        first_name: text(&row.first_name, Cleared::NONE),
        last_name: text(&row.last_name, Cleared::NONE),
        display_name: text(&row.display_name, Cleared::DISPLAY_NAME),
        email: text(&row.email, Cleared::EMAIL),
        roles,
        node: text(&row.node, Cleared::NODE),
        profile: Given::Kept,
        owned_groups: Given::Kept,
        member_of: Given::Kept,
        password: Given::Kept,
    }
}

/// The SCIM attributes of a row, in the schema's order.
pub fn row_doc(row: &Row) -> String {
    let mut doc = Vec::with_capacity(256 + 2 * row.login.len());
    let text = |doc: &mut Vec<u8>, before: &str, text: &str| {
        doc.extend_from_slice(before.as_bytes());
        let _ = serde_json::to_writer(doc, text);
    };
    text(&mut doc, "{\"schemas\":[", schema::USER_URN);
    if !row.node.is_empty() {
        text(&mut doc, ",", schema::THRONG_USER_URN);
    }
    text(&mut doc, "],\"userName\":", &row.login);
    text(&mut doc, ",\"name\":{\"familyName\":", &row.last_name);
    text(&mut doc, ",\"givenName\":", &row.first_name);
    doc.push(b'}');
    if !row.display_name.is_empty() {
        text(&mut doc, ",\"displayName\":", &row.display_name);
    }
    doc.extend_from_slice(b",\"active\":true");
    if !row.email.is_empty() {
        text(&mut doc, ",\"emails\":[{\"value\":", &row.email);
        doc.extend_from_slice(b",\"primary\":true}]");
    }
    for (at, role) in row.roles.iter().enumerate() {
        text(&mut doc, if at == 0 { ",\"roles\":[{\"value\":" } else { "},{\"value\":" }, role);
    }
    if !row.roles.is_empty() {
        doc.extend_from_slice(b"}]");
    }
    if !row.node.is_empty() {
        text(&mut doc, ",", schema::THRONG_USER_URN);
        text(&mut doc, ":{\"organizationNodeId\":", &row.node);
        doc.push(b'}');
    }
    doc.push(b'}');
    String::from_utf8(doc).unwrap_or_default()
}

/// A new user from a checked row. The key is given when it is inserted.
pub fn user_from_row(row: &Row, uuid: Uuid, now: Instant) -> User {
    let email_keys = if row.email.is_empty() { Vec::new() } else { vec![canonical::email_key(&row.email)] };
    User {
        key: UserKey(0),
        uuid,
        version: 1,
        created_at: now,
        modified_at: now,
        name_key: row.key.clone(),
        external_id: None,
        email_keys,
        doc: row_doc(row),
    }
}

/// Whether somebody is as a row says already, so that nothing has to be looked at further: seen from their document alone,
/// and only where the row gives all that its document is made of. `false` where it cannot be seen.
pub fn is_as_said(row: &Row, user: &User) -> bool {
    let names_all = !row.first_name.is_empty() && !row.last_name.is_empty();
    let says_more = !row.profile.is_empty()
        || !row.owned_groups.is_empty()
        || row.cleared.has(Cleared::PROFILE)
        || row.cleared.has(Cleared::OWNED_GROUPS);
    // One that is listed twice becomes one.
    let repeats = || row.roles.iter().enumerate().any(|(at, role)| row.roles[..at].contains(role));
    names_all && !says_more && !repeats() && row_doc(row) == user.doc
}

/// What the store indexes of a user's attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// See [`User::name_key`].
    pub name_key: String,
    /// See [`User::external_id`].
    pub external_id: Option<String>,
    /// See [`User::email_keys`].
    pub email_keys: Vec<String>,
    /// See [`User::doc`].
    pub doc: String,
}

/// Derives what is indexed from normalised SCIM attributes.
///
/// # Errors
/// `Invalid` for a `userName` that is missing or refused, and for an e-mail address or `externalId` that no
/// index can hold.
pub fn index(attributes: &Map<String, Value>) -> Result<Indexed> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let user_name = text("userName").ok_or_else(|| Error::invalid("userName", "userName is required"))?;
    let mut email_keys: Vec<String> = attributes
        .get("emails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|email| email.get("value").and_then(Value::as_str))
        .filter(|address| !address.is_empty())
        .map(|address| match canonical::email_key(address) {
            key if canonical::is_indexable(&key) => Ok(key),
            _ => Err(canonical::not_indexable("emails.value")),
        })
        .collect::<Result<_>>()?;
    email_keys.sort_unstable();
    email_keys.dedup();
    Ok(Indexed {
        name_key: canonical::login_key("userName", user_name)?,
        external_id: canonical::external_id(text("externalId"))?,
        email_keys,
        doc: document::write(attributes)?,
    })
}

#[cfg(test)]
mod tests;
