//! What the admin API says of a person, laid over what is known of them.

use serde_json::{Map, Value, json};
use throng_scim::resource;
use throng_scim::schema::{ResourceType, THRONG_USER_URN};
use uuid::Uuid;

use super::check::Fields;
use crate::model::passwords::Secret;

/// What becomes of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It stays as it is.
    #[default]
    Kept,
    /// It is emptied.
    Cleared,
    /// It becomes this.
    Set(T),
}

impl<T> Given<T> {
    /// Emptied where nothing was said of it: how a request is read that stands for the whole person.
    #[must_use]
    pub fn or_cleared(self) -> Self {
        if matches!(self, Self::Kept) { Self::Cleared } else { self }
    }

    /// What it becomes; none where it stays, the empty value where it is emptied.
    fn becomes<'a, U: ?Sized>(&'a self, empty: &'a U) -> Option<&'a U>
    where
        T: AsRef<U>,
    {
        match self {
            Self::Kept => None,
            Self::Cleared => Some(empty),
            Self::Set(value) => Some(value.as_ref()),
        }
    }
}

/// What is said of a person. One description for creating (over nobody), replacing (what is not said is emptied) and
/// changing; for requests and for rows of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The login. Nobody is without one.
    pub login: Option<String>,
    /// First name.
    pub first_name: Given<String>,
    /// Last name.
    pub last_name: Given<String>,
    /// Display name.
    pub display_name: Given<String>,
    /// The e-mail address: the primary one, else the first.
    pub email: Given<String>,
    /// Roles.
    pub roles: Given<Vec<String>>,
    /// Part of the organization.
    pub node: Given<String>,
    /// The id of a profile.
    pub profile: Given<String>,
    /// Groups to own.
    pub owned_groups: Given<Vec<Uuid>>,
    /// The password. Not an attribute, and kept apart from them.
    pub password: Given<Secret>,
    /// Groups to be a member of, by UUID. Not an attribute: memberships are the caller's business.
    pub member_of: Given<Vec<Uuid>>,
}

impl Changes {
    /// As they are checked.
    pub fn fields(&self) -> Fields<'_> {
        let count = |given: &Given<Vec<Uuid>>| given.becomes(&[][..]).map_or(0, <[Uuid]>::len);
        Fields {
            login: self.login.as_deref(),
            first_name: self.first_name.becomes(""),
            last_name: self.last_name.becomes(""),
            display_name: self.display_name.becomes(""),
            email: self.email.becomes(""),
            node: self.node.becomes(""),
            profile: self.profile.becomes(""),
            roles: self.roles.becomes(&[][..]).unwrap_or_default(),
            member_of: count(&self.member_of),
            owned_groups: count(&self.owned_groups),
        }
    }

    /// The attributes of a person with these changes, in the schema's order. What the admin API has no word for stays.
    pub fn applied(
        &self,
        mut attributes: Map<String, Value>,
        user_type: &ResourceType,
    ) -> Map<String, Value> {
        if let Some(login) = &self.login {
            attributes.insert("userName".to_owned(), json!(login));
        }
        set_text(&mut attributes, "displayName", &self.display_name);
        let mut name = take_object(&mut attributes, "name");
        set_text(&mut name, "familyName", &self.last_name);
        set_text(&mut name, "givenName", &self.first_name);
        put_object(&mut attributes, "name", name);
        if let Some(email) = self.email.becomes("") {
            set_email(&mut attributes, email);
        }
        if let Some(roles) = self.roles.becomes(&[][..]) {
            set_roles(&mut attributes, roles);
        }
        let mut ours = take_object(&mut attributes, THRONG_USER_URN);
        set_text(&mut ours, "organizationNodeId", &self.node);
        set_text(&mut ours, "profileId", &self.profile);
        if let Some(groups) = self.owned_groups.becomes(&[][..]) {
            set_list(&mut ours, "ownedGroups", groups.iter().map(|group| json!(group.to_string())).collect());
        }
        put_object(&mut attributes, THRONG_USER_URN, ours);
        resource::arrange(attributes, user_type)
    }
}

fn set_text(object: &mut Map<String, Value>, name: &str, given: &Given<String>) {
    match given.becomes("") {
        None => {}
        Some("") => _ = object.shift_remove(name),
        Some(text) => _ = object.insert(name.to_owned(), json!(text)),
    }
}

fn set_list(object: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if values.is_empty() {
        object.shift_remove(name);
    } else {
        object.insert(name.to_owned(), Value::Array(values));
    }
}

fn take_object(attributes: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match attributes.shift_remove(name) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn put_object(attributes: &mut Map<String, Value>, name: &str, object: Map<String, Value>) {
    if !object.is_empty() {
        attributes.insert(name.to_owned(), Value::Object(object));
    }
}

fn take_list(attributes: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match attributes.shift_remove(name) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

/// The place of the address that the admin API shows: the primary one's, else the first one's.
fn email_at(emails: &[Value]) -> Option<usize> {
    let primary = emails.iter().position(|email| email["primary"] == true);
    primary.or(if emails.is_empty() { None } else { Some(0) })
}

fn set_email(attributes: &mut Map<String, Value>, address: &str) {
    let mut emails = take_list(attributes, "emails");
    match (email_at(&emails), address) {
        (None, "") => {}
        (Some(at), "") => _ = emails.remove(at),
        (Some(at), address) if emails[at]["value"] == address => {}
        (Some(at), address) => {
            // Two values that say the same are one.
            let same = |email: &Value| email["value"] == address && email["type"] == emails[at]["type"];
            let twin = emails.iter().position(same);
            emails[at]["value"] = json!(address);
            if let Some(twin) = twin {
                emails.remove(twin);
            }
        }
        (None, address) => emails.push(json!({ "value": address, "primary": true })),
    }
    set_list(attributes, "emails", emails);
}

/// Roles that stay keep what else is known of them.
fn set_roles(attributes: &mut Map<String, Value>, roles: &[String]) {
    let had = take_list(attributes, "roles");
    let mut values: Vec<Value> = Vec::with_capacity(roles.len());
    for role in roles {
        let value = had.iter().find(|value| value["value"] == role.as_str());
        let value = value.cloned().unwrap_or_else(|| json!({ "value": role }));
        if !values.contains(&value) {
            values.push(value);
        }
    }
    set_list(attributes, "roles", values);
}

/// The e-mail address that the admin API shows of a person.
pub fn shown_email(attributes: &Map<String, Value>) -> Option<&str> {
    let emails = attributes.get("emails")?.as_array()?;
    emails.get(email_at(emails)?)?.get("value")?.as_str()
}

#[cfg(test)]
mod tests;
