//! What a resource must have. Source: RFC 7643 §2.2, §6.

use serde_json::{Map, Value};

use super::immutable;
use crate::error::Error;
use crate::schema::{Attribute, Mutability, ResourceType};

/// Refuses a resource without a required attribute, sub-attribute or extension.
pub(crate) fn check_required(
    resource: &Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<(), Error> {
    missing(resource, resource_type, Stays::Nothing).first().map_or(Ok(()), |place| Err(required(place)))
}

/// Refuses a new version of a resource without something required that the old version does not give it.
pub(crate) fn check_given(resource: &Map<String, Value>, resource_type: &ResourceType) -> Result<(), Error> {
    missing(resource, resource_type, Stays::WhatNobodyGives)
        .first()
        .map_or(Ok(()), |place| Err(required(place)))
}

/// What a resource has without having been given it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    Nothing,
    /// What [`super::replace`] keeps of the old version: attributes that are never shown, or never change.
    WhatNobodyGives,
}

/// Refuses a PATCH after which something is missing that was not missing before: a resource may be older than the
/// rule, and then other attributes can still be changed.
pub(crate) fn check_still_required(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<(), Error> {
    let after = missing(after, resource_type, Stays::Nothing);
    if after.is_empty() {
        return Ok(());
    }
    let before = missing(before, resource_type, Stays::Nothing);
    match after.iter().find(|place| !before.contains(place)) {
        None => Ok(()),
        Some(place) if resource_type.extension(place).is_some() => Err(irremovable(place)),
        Some(place) => Err(required(place)),
    }
}

/// Refuses to unassign what must have a value, and what keeps the value that it has. Source: RFC 7644 §3.5.2.2.
pub(crate) fn check_removal(attribute: &Attribute, place: &str) -> Result<(), Error> {
    if attribute.mutability == Mutability::Immutable {
        return Err(immutable(place));
    }
    if attribute.required { Err(irremovable(place)) } else { Ok(()) }
}

fn irremovable(place: &str) -> Error {
    Error::mutability(format!("{place} is required and cannot be removed"))
}

fn required(place: &str) -> Error {
    Error::invalid_value(format!("{place} is required and must not be empty"))
}

/// The canonical names of what is missing.
fn missing(resource: &Map<String, Value>, resource_type: &ResourceType, stays: Stays) -> Vec<String> {
    let mut places = missing_of(&resource_type.schema.attributes, resource, "", stays);
    for extension in &resource_type.extensions {
        let urn = &extension.schema.id;
        match resource.get(urn).and_then(Value::as_object) {
            Some(object) => {
                places.extend(missing_of(&extension.schema.attributes, object, &format!("{urn}:"), stays));
            }
            None if extension.required => places.push(urn.clone()),
            None => {}
        }
    }
    places
}

fn missing_of(
    attributes: &[Attribute],
    object: &Map<String, Value>,
    prefix: &str,
    stays: Stays,
) -> Vec<String> {
    let is_kept = |attribute: &Attribute| {
        stays == Stays::WhatNobodyGives
            && matches!(attribute.mutability, Mutability::WriteOnly | Mutability::Immutable)
    };
    let mut places = Vec::new();
    for attribute in attributes.iter().filter(|attribute| !is_kept(attribute)) {
        let name = &attribute.name;
        let Some(value) = object.get(name).filter(|value| *value != "") else {
            if attribute.required {
                places.push(format!("{prefix}{name}"));
            }
            continue;
        };
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let lacks =
            |sub: &Attribute| items.iter().any(|item| item.get(&sub.name).is_none_or(|sub| sub == ""));
        let subs = attribute.sub_attributes.iter().filter(|sub| sub.required && !is_kept(sub) && lacks(sub));
        places.extend(subs.map(|sub| format!("{prefix}{name}.{}", sub.name)));
    }
    places
}
