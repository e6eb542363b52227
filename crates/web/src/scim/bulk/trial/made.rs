//! What operations of a rehearsal have made. Whatever its ids are, nobody can use them afterwards: a dry run takes them
//! back, and an application gives others. So they read as the references that the request itself uses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use throng_api::JobItem;
use throng_directory::model::jobs::Change;

/// Resources that were made, by their ids.
#[derive(Default)]
pub(super) struct Made(BTreeMap<String, One>);

struct One {
    bulk_id: String,
    /// How its address ends.
    path: String,
}

impl One {
    fn reference(&self) -> String {
        format!("bulkId:{}", self.bulk_id)
    }
}

impl Made {
    pub(super) fn insert(&mut self, (endpoint, id): (&str, &str), bulk_id: &str) {
        let path = format!("{endpoint}/{id}");
        self.0.insert(id.to_owned(), One { bulk_id: bulk_id.to_owned(), path });
    }

    /// Whether this is the address of such a resource.
    pub(super) fn is_at(&self, location: &str) -> bool {
        let made = location.rsplit('/').next().and_then(|id| self.0.get(id));
        made.is_some_and(|made| location.ends_with(&made.path))
    }

    /// How an id is shown.
    pub(super) fn named(&self, id: &str) -> String {
        self.0.get(id).map_or_else(|| id.to_owned(), One::reference)
    }

    /// How a listed value is shown that names this member. What names somebody otherwise than by id may look like a number.
    pub(super) fn named_value(&self, value: &str, member: Option<&str>) -> String {
        if is_number(value) && member != Some(value) { value.to_owned() } else { self.named(value) }
    }

    /// Puts references in the place of ids. `references` are those of the operation.
    pub(super) fn hide_in_changes(&self, changes: &mut [Change], references: &BTreeSet<String>) {
        if !self.0.is_empty() {
            let values = changes.iter_mut().flat_map(|change| [&mut change.from, &mut change.to]);
            values.flatten().for_each(|value| self.hide(value, references));
        }
    }

    fn hide(&self, value: &mut Value, references: &BTreeSet<String>) {
        match value {
            Value::String(text) => {
                // A number can be anything, unless the operation speaks of the group that has it.
                let is_meant = |made: &&One| !is_number(text) || references.contains(&made.bulk_id);
                if let Some(made) = self.0.get(text).filter(is_meant) {
                    *text = made.reference();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide(value, references)),
            Value::Object(object) => object.values_mut().for_each(|value| self.hide(value, references)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Puts references in the place of ids.
    pub(super) fn hide_in_item(&self, item: &mut JobItem) {
        item.value = self.named_value(&item.value, item.member.as_deref());
        item.member = item.member.as_deref().map(|id| self.named(id));
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
