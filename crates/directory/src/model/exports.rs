//! Exports: whom they find, and people as rows of files that an import reads back to what is there.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use throng_scim::filter::Filter;
use throng_scim::path::AttrPath;
use throng_scim::schema::THRONG_USER_URN;
use throng_scim::sort::{SortBy, SortOrder};
use throng_tables::CLEAR;

use crate::error::Result;
use crate::model::parts::FORGOTTEN;
use crate::model::rows::Row;
use crate::model::users::User;
use crate::model::{document, expression, people};

/// Characters of a cell, in UTF-16: a little less than a workbook takes, since an apostrophe may come before them.
const CELL_CHARS_MAX: usize = 32_000;
/// Groups that one cell names: what an import takes.
pub const GROUPS_MAX: usize = 50;

/// An export of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportSpec {
    /// Whom it is about; everybody when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExportFilter>,
    /// The attribute by which they come.
    pub order: String,
    /// The order is turned round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Rows of a full page; only the last page may be shorter.
    pub page_items: u32,
    /// How many were found and noted so far.
    #[serde(default)]
    pub found: u64,
    /// The canonical login of the last of them, where they come by login and there may be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
}

/// A text of people, as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFilter {
    /// The attribute.
    pub attribute: String,
    /// What its text is made of, with any text between them.
    pub pieces: Vec<String>,
    /// Whether those are found as well who have no such text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub or_absent: bool,
}

impl ExportSpec {
    /// Takes the texts out of the filter that are to be forgotten, and where a look for people broke off; whether there was
    /// any of it.
    pub fn forget(&mut self, is_forgotten: &impl Fn(&str) -> bool) -> bool {
        let pieces = self.filter.iter_mut().flat_map(|filter| &mut filter.pieces);
        let mut goes: Vec<&mut String> = pieces.filter(|piece| is_forgotten(piece)).collect();
        goes.extend(self.behind.as_mut().filter(|name| is_forgotten(name)));
        let is_any = !goes.is_empty();
        for text in goes {
            FORGOTTEN.clone_into(text);
        }
        is_any
    }

    /// The filter and the order that it asks for.
    ///
    /// # Errors
    /// `Scim` for what is no path of an attribute.
    pub fn asked(&self) -> Result<(Option<Filter>, SortBy)> {
        let filter = |filter: &ExportFilter| -> Result<Filter> {
            let path = AttrPath::parse(&filter.attribute)?;
            let found = expression::filter_of(path.clone(), filter.pieces.clone());
            Ok(if filter.or_absent { expression::or_absent(found, path) } else { found })
        };
        let filter = self.filter.as_ref().map(filter).transpose()?;
        let order = if self.descending { SortOrder::Descending } else { SortOrder::Ascending };
        Ok((filter, SortBy { path: AttrPath::parse(&self.order)?, order }))
    }
}

/// What a cell calls a group or a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// There is none.
    Gone,
    /// It has none that an import would find it by.
    Unclear,
    /// This one.
    By(String),
}

/// A person as a row of a file.
#[derive(Debug)]
pub struct Exported {
    /// The row.
    pub row: Row,
    /// The columns in which there is something that a cell cannot say, so that they are blank: an import leaves what a blank
    /// cell is about as it is.
    pub left_blank: Vec<&'static str>,
}

/// The attributes of a person, and what is noted while they become a row.
struct Writing {
    attributes: Map<String, Value>,
    left_blank: Vec<&'static str>,
}

/// Something that a person's document names by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// The group with this UUID.
    Group(&'a str),
    /// The profile with this id.
    Profile(&'a str),
}

/// Makes the row of a person. `member_of`: the names of the groups that they are in directly, at most one more than
/// [`GROUPS_MAX`]; `called`: how something is called.
///
/// # Errors
/// `Internal` for a document that is damaged, and what `called` fails with.
pub fn row_of(
    user: &User,
    member_of: Vec<Called>,
    mut called: impl FnMut(Named<'_>) -> Result<Called>,
) -> Result<Exported> {
    let mut person = Writing { attributes: document::read(&user.doc)?, left_blank: Vec::new() };
    let profile = ours(&person.attributes, "profileId").and_then(Value::as_str);
    let profile = profile.map(|id| called(Named::Profile(id))).transpose()?;
    let ids = ours(&person.attributes, "ownedGroups").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    let owned = ids.map(|id| called(Named::Group(id))).collect::<Result<Vec<_>>>()?;
    let row = Row {
        key: user.name_key.clone(),
        login: person.text("Login Id", |doc| doc.get("userName")?.as_str()),
        last_name: person.text("Last Name", |doc| doc.get("name")?.get("familyName")?.as_str()),
        first_name: person.text("First Name", |doc| doc.get("name")?.get("givenName")?.as_str()),
        display_name: person.text("Display Name", |doc| doc.get("displayName")?.as_str()),
        email: person.text("Email", people::shown_email),
        node: person.text("Account Hierarchy", |doc| ours(doc, "organizationNodeId")?.as_str()),
        roles: person.roles(),
        member_of: person.groups("Member Of", member_of),
        profile: person.profile(profile),
        owned_groups: person.groups("Owned Groups", owned),
        ..Row::default()
    };
    Ok(Exported { row, left_blank: person.left_blank })
}

fn ours<'a>(doc: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    doc.get(THRONG_USER_URN)?.get(name)
}

impl Writing {
    fn text(
        &mut self,
        column: &'static str,
        find: impl FnOnce(&Map<String, Value>) -> Option<&str>,
    ) -> String {
        match find(&self.attributes) {
            Some(text) if is_sayable(text) => text.to_owned(),
            Some(text) if !text.is_empty() => self.blank(column),
            _ => String::new(),
        }
    }

    fn roles(&mut self) -> Vec<String> {
        let roles = self.attributes.get("roles").and_then(Value::as_array);
        let values = roles.into_iter().flatten().map(|role| role["value"].as_str().unwrap_or_default());
        let roles = values.map(str::to_owned).collect();
        self.list("Roles", roles)
    }

    fn profile(&mut self, profile: Option<Called>) -> String {
        match profile {
            Some(Called::By(name)) => name,
            Some(Called::Unclear) => self.blank("Profile"),
            Some(Called::Gone) | None => String::new(),
        }
    }

    /// Groups that are gone are left out.
    fn groups(&mut self, column: &'static str, groups: Vec<Called>) -> Vec<String> {
        if groups.len() > GROUPS_MAX || groups.contains(&Called::Unclear) {
            return self.blank(column);
        }
        let name = |group| match group {
            Called::By(name) => Some(name),
            Called::Gone | Called::Unclear => None,
        };
        self.list(column, groups.into_iter().filter_map(name).collect())
    }

    /// A list is said whole or not at all: an import takes what is not in it away.
    fn list(&mut self, column: &'static str, list: Vec<String>) -> Vec<String> {
        let distinct: HashSet<&String> = list.iter().collect();
        // In brackets and quotes a list has at most so many characters.
        let longest: usize = list.iter().map(|item| 2 * item.encode_utf16().count() + 4).sum();
        let is_clear = |item: &String| is_sayable(item) && !item.is_empty();
        if distinct.len() == list.len() && longest <= CELL_CHARS_MAX && list.iter().all(is_clear) {
            return list;
        }
        self.blank(column)
    }

    fn blank<T: Default>(&mut self, column: &'static str) -> T {
        self.left_blank.push(column);
        T::default()
    }
}

/// Whether a cell with this text is read as this text, whatever the format of the file.
pub fn is_sayable(text: &str) -> bool {
    let is_unsaid = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.trim().len() == text.len()
        && !text.contains(is_unsaid)
        && !text.eq_ignore_ascii_case(CLEAR)
        && (text.len() <= CELL_CHARS_MAX || text.encode_utf16().count() <= CELL_CHARS_MAX)
}

#[cfg(test)]
mod tests;
