//! Operations of a bulk request as their job keeps them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::jobs::Change;
use crate::model::parts::FORGOTTEN;

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
}

impl BulkItem {
    /// The listed value.
    ///
    /// # Errors
    /// `Internal`.
    pub fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal(error.to_string()))
    }

    /// The operation that a listed value holds. One that is forgotten has nothing but a note.
    ///
    /// # Errors
    /// `Internal` for a value that is damaged.
    pub fn read(text: &str) -> Result<Self> {
        if text == FORGOTTEN {
            return Ok(Self { note: Some(FORGOTTEN.to_owned()), ..Self::default() });
        }
        serde_json::from_str(text)
            .map_err(|error| Error::internal(format!("a bulk operation is damaged: {error}")))
    }

    /// What it names, as later operations would: the `bulkId` of what it makes, else its path.
    pub fn named(&self) -> String {
        match &self.bulk_id {
            Some(bulk_id) if self.method == "POST" => format!("{}/bulkId:{bulk_id}", self.path),
            _ => self.path.clone(),
        }
    }

    /// Whether any text of it is one of those.
    pub fn has_text(&self, is_one: &impl Fn(&str) -> bool) -> bool {
        let values = self.changes.iter().flat_map(|change| [&change.from, &change.to]).flatten();
        let id = self.path.rsplit('/').next().unwrap_or_default();
        let mut named = self.named_members.iter().flat_map(|(name, id)| [name, id]);
        is_one(id)
            || named.any(|text| is_one(text))
            || [&self.data].into_iter().chain(values).any(|value| holds(value, is_one))
    }
}

fn holds(value: &Value, is_one: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_one(text),
        Value::Array(values) => values.iter().any(|value| holds(value, is_one)),
        Value::Object(object) => object.values().any(|value| holds(value, is_one)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
