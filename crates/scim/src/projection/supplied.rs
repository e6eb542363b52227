//! What a client gave itself, and therefore sees in the answer. Source: RFC 7643 §7 (`returned`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::patch::Operation;
use crate::path::{AttrPath, Path, Target, canonical_name};
use crate::schema::{Attribute, ResourceType, Returned, Schema, within};

/// The attributes that a POST, PUT or PATCH names, of those that are only shown on request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supplied(BTreeSet<String>);

impl Supplied {
    /// Of a POST or PUT: attributes as [`crate::resource::read`] gives them.
    pub fn of_resource(attributes: &Map<String, Value>, resource_type: &ResourceType) -> Self {
        let mut supplied = Self::default();
        for (name, value) in attributes {
            match resource_type.extension(name) {
                Some(extension) => supplied.extension(extension, value),
                None => {
                    if let Ok(path) = AttrPath::parse(name) {
                        supplied.path(&path.target(resource_type), value);
                    }
                }
            }
        }
        supplied
    }

    /// Of a PATCH.
    pub fn of_patch(operations: &[Operation], resource_type: &ResourceType) -> Self {
        let mut supplied = Self::default();
        for operation in operations {
            match (&operation.path, &operation.value) {
                (Some(path), value) => {
                    let value = value.as_ref().unwrap_or(&Value::Null);
                    supplied.path(&path.attribute.target(resource_type), value);
                }
                (None, Some(Value::Object(values))) => {
                    for (name, value) in values {
                        if let Ok(Path { attribute, .. }) = Path::parse(name) {
                            supplied.path(&attribute.target(resource_type), value);
                        }
                    }
                }
                _ => {}
            }
        }
        supplied
    }

    /// Whether an attribute, or a sub-attribute of it, is among them.
    pub(super) fn has(
        &self,
        extension: Option<&Schema>,
        attribute: &Attribute,
        sub: Option<&Attribute>,
    ) -> bool {
        !self.0.is_empty() && self.0.contains(&canonical_name(extension, attribute, sub))
    }

    fn path(&mut self, target: &Target<'_>, value: &Value) {
        match *target {
            Target::Extension(extension) => self.extension(extension, value),
            Target::Attribute { extension, attribute, sub } => {
                self.note(extension, attribute, sub);
                let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for name in items.iter().filter_map(Value::as_object).flat_map(Map::keys) {
                    self.note(extension, attribute, attribute.sub(name));
                }
            }
            Target::Foreign | Target::Unknown => {}
        }
    }

    fn extension(&mut self, extension: &Schema, value: &Value) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let Ok(AttrPath { schema: None, attribute, sub }) = AttrPath::parse(name) else { continue };
            if let Some(located) = within(extension, &attribute) {
                let sub = sub.and_then(|sub| located.attribute.sub(&sub));
                let extension = Some(extension);
                self.path(&Target::Attribute { extension, attribute: located.attribute, sub }, value);
            }
        }
    }

    fn note(&mut self, extension: Option<&Schema>, attribute: &Attribute, sub: Option<&Attribute>) {
        let on_request = |found: &Attribute| found.returned == Returned::Request;
        if on_request(attribute) {
            self.0.insert(canonical_name(extension, attribute, None));
        }
        if sub.is_some_and(on_request) {
            self.0.insert(canonical_name(extension, attribute, sub));
        }
    }
}
