//! References by `bulkId:` in an operation: in its path, and anywhere in its data as a whole string or quoted in the
//! path of a PATCH operation (`members[value eq "bulkId:x"]`). Source: RFC 7644 §3.7.2.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Method, Operation, Target};
use crate::error::Error;
use crate::schema::{Attribute, ResourceType};

const PREFIX: &str = "bulkId:";
/// A reference within a path stands in quotes.
const QUOTED: &str = "\"bulkId:";

/// The `bulkId` that a text refers to.
pub(super) fn bulk_id(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|id| !id.is_empty())
}

impl Operation {
    /// Every `bulkId` that the operation refers to.
    pub fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some(Target::BulkId(id)) = &self.target {
            found.insert(id.clone());
        }
        collect(&self.data, self.method == Method::Patch, &mut found);
        found
    }

    /// Those of the references that stand where something is required: without what they name, the resource of this type
    /// cannot be made.
    pub(super) fn needs(&self, resource_type: &ResourceType) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (name, value) in members(&self.data) {
            if let Some(extension) = resource_type.extension(name) {
                for (name, value) in members(value) {
                    collect_needed(extension.attribute(name), value, &mut found);
                }
            } else {
                let located = resource_type.locate(None, name);
                collect_needed(located.map(|located| located.attribute), value, &mut found);
            }
        }
        found
    }

    /// Puts ids in the place of references. `id_of` gives the id that the operation with that `bulkId` has made.
    ///
    /// # Errors
    /// 409 for a reference to what was not made; then some others may have been replaced.
    ///
    /// Source: RFC 7644 §3.7.1, §3.7.2.
    pub fn resolve(&mut self, id_of: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
        let mut unknown = None;
        let mut look_up = |id: &str| {
            let found = id_of(id);
            if found.is_none() {
                unknown.get_or_insert_with(|| id.to_owned());
            }
            found
        };
        if let Some(Target::BulkId(id)) = &self.target
            && let Some(id) = look_up(id)
        {
            self.target = Some(Target::Id(id));
        }
        replace(&mut self.data, self.method == Method::Patch, &mut look_up);
        match unknown {
            None => Ok(()),
            Some(id) => {
                Err(Error::new(409, None, format!("bulkId:{id} names nothing that this request made")))
            }
        }
    }

    /// The data without what refers to any of these: a value that is such a reference, the object whose `value` it is,
    /// the PATCH operation that is about it. What is left can be written first, the whole when the others are made.
    /// None if it is a PATCH and nothing is left to do.
    pub fn data_without(&self, bulk_ids: &BTreeSet<String>) -> Option<Value> {
        let mut data = self.data.clone();
        prune(&mut data, bulk_ids);
        let is_operations = |name: &String| name.eq_ignore_ascii_case("Operations");
        let empty = self.method == Method::Patch
            && data.as_object().is_none_or(|object| !object.keys().any(is_operations));
        (!empty).then_some(data)
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn collect(value: &Value, paths: bool, found: &mut BTreeSet<String>) {
    replace(&mut value.clone(), paths, &mut |id| {
        found.insert(id.to_owned());
        None
    });
}

fn collect_needed(attribute: Option<&Attribute>, value: &Value, found: &mut BTreeSet<String>) {
    let Some(attribute) = attribute else { return };
    if attribute.required {
        return collect(value, false, found);
    }
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    for (name, value) in items.iter().flat_map(members) {
        // What has such a `value` goes whole (see `prune`), and may.
        if attribute.sub(name).is_some_and(|sub| sub.required && sub.name != "value") {
            collect(value, false, found);
        }
    }
}

/// Goes through a value and replaces each reference for which there is an id. With `paths`, also in texts under `path`.
fn replace(value: &mut Value, paths: bool, id_of: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = bulk_id(text).and_then(&mut *id_of) {
                *text = id;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, paths, id_of)),
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if paths && name.eq_ignore_ascii_case("path") => {
                        *text = replace_quoted(text, id_of);
                    }
                    value => replace(value, paths, id_of),
                }
            }
        }
        _ => {}
    }
}

fn replace_quoted(path: &str, id_of: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find(QUOTED) {
        let (before, reference) = rest.split_at(start + 1);
        let end = reference.find('"').unwrap_or(reference.len());
        let (reference, after) = reference.split_at(end);
        replaced.push_str(before);
        match bulk_id(reference).and_then(&mut *id_of) {
            // An id is the server's own and needs no escapes; what would need them stays a reference.
            Some(id) if !id.contains(['"', '\\']) => replaced.push_str(&id),
            _ => replaced.push_str(reference),
        }
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// Takes out what refers to one of these; true if the value itself is to go.
fn prune(value: &mut Value, bulk_ids: &BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => bulk_id(text).is_some_and(|id| bulk_ids.contains(id)),
        Value::Array(items) => {
            let before = items.len();
            items.retain_mut(|item| !prune(item, bulk_ids));
            items.is_empty() && before > 0
        }
        Value::Object(object) => prune_object(object, bulk_ids),
        _ => false,
    }
}

fn prune_object(object: &mut Map<String, Value>, bulk_ids: &BTreeSet<String>) -> bool {
    let mut gone = false;
    object.retain(|name, value| {
        let about_it = match value {
            Value::String(path) if name.eq_ignore_ascii_case("path") => {
                bulk_ids.iter().any(|id| path.contains(&format!("{QUOTED}{id}\"")))
            }
            _ => false,
        };
        let goes = prune(value, bulk_ids) || about_it;
        gone |= goes && (about_it || name.eq_ignore_ascii_case("value"));
        !goes
    });
    gone
}
