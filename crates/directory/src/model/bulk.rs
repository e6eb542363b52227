//! Operations of a bulk request as their job keeps them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::jobs::{Change, literals};
use crate::model::parts::FORGOTTEN;

/// How a reference to what another operation makes begins. Source: RFC 7644 §3.7.2.
const BULK_ID: &str = "bulkId:";

/// An operation, with what became of it. Kept as JSON, one listed value of the job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkItem {
    /// `POST`, `PUT`, `PATCH`, `DELETE`; another text where it was none of them.
    pub method: String,
    /// `/Users/2819c223`, or a `bulkId:` in the place of the id; empty where it was none.
    pub path: String,
    /// Its `bulkId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<String>,
    /// Its body; null for DELETE.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The version of what it names, before all operations; none where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<i64>,
    /// Whom names in it named that are no ids: the name, and the id of who had it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_members: Vec<(String, String)>,
    /// What it changes, but for what is never shown; nothing for DELETE, which takes the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What is to be said of it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether somebody in it was forgotten: nothing is left but what was done to what kind of resource.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_forgotten: bool,
}

impl BulkItem {
    /// The listed value: without passwords of users, which are kept nowhere.
    ///
    /// # Errors
    /// `Internal`.
    pub fn text(&self) -> Result<String> {
        let mut kept = self.clone();
        if self.path.contains("Users") {
            take_passwords(&mut kept.data);
        }
        serde_json::to_string(&kept).map_err(|error| Error::internal(error.to_string()))
    }

    /// The operation that a listed value holds.
    ///
    /// # Errors
    /// `Internal` for a value that is damaged.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| Error::internal(format!("a bulk operation is damaged: {error}")))
    }

    /// What it names, as later operations would: the `bulkId` of what it makes, else its path.
    pub fn named(&self) -> String {
        match &self.bulk_id {
            Some(bulk_id) if self.method == "POST" => format!("{}/{BULK_ID}{bulk_id}", self.path),
            _ => self.path.clone(),
        }
    }

    /// What is left of it if any text of it is one of those; none if none is.
    pub fn forgetting(&self, is_one: &impl Fn(&str) -> bool) -> Option<Self> {
        let is_one = |text: &str| is_one(text.strip_prefix(BULK_ID).unwrap_or(text));
        let values = self.changes.iter().flat_map(|change| [&change.from, &change.to]).flatten();
        let mut texts = self.named_members.iter().flat_map(|(name, id)| [name, id]).chain(&self.bulk_id);
        let place = self.path.rsplit_once('/').filter(|(endpoint, id)| !endpoint.is_empty() && is_one(id));
        let is_found = place.is_some()
            || texts.any(|text| is_one(text))
            || [&self.data].into_iter().chain(values).any(|value| holds(value, &is_one));
        is_found.then(|| Self {
            method: self.method.clone(),
            path: place.map_or_else(|| self.path.clone(), |(endpoint, _)| format!("{endpoint}/{FORGOTTEN}")),
            note: Some(FORGOTTEN.to_owned()),
            is_forgotten: true,
            ..Self::default()
        })
    }
}

/// Takes passwords out of a body, and out of the operations of a PATCH, which stay in their places.
fn take_passwords(value: &mut Value) {
    let is_password = |name: &str| name.trim().to_ascii_lowercase().ends_with("password");
    match value {
        Value::Object(object) => {
            let mut fields = object.iter();
            let sets_one = fields.any(|(name, path)| {
                name.eq_ignore_ascii_case("path") && path.as_str().is_some_and(is_password)
            });
            object.retain(|name, _| !is_password(name));
            for (name, value) in object.iter_mut() {
                if sets_one && name.eq_ignore_ascii_case("value") {
                    *value = Value::String(String::new());
                }
                take_passwords(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(take_passwords),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn holds(value: &Value, is_one: &impl Fn(&str) -> bool) -> bool {
    match value {
        // A path of a PATCH has values in it.
        Value::String(text) => is_one(text) || literals(text).any(|(_, value)| is_one(&value)),
        Value::Array(values) => values.iter().any(|value| holds(value, is_one)),
        Value::Object(object) => object.values().any(|value| holds(value, is_one)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests;
