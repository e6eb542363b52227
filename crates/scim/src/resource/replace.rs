//! What a new version of a resource keeps of the old one. Source: RFC 7644 §3.5.1, RFC 7643 §2.2.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{arrange, check_required, identity};
use crate::error::Error;
use crate::path::canonical_name;
use crate::schema::{Attribute, COMMON, Mutability, ResourceType, Schema, Type};

/// What a PUT makes of a resource: `new`, as [`super::read`] gives it, with what a client cannot give. Read-only values
/// stay. So do immutable and write-only ones that `new` does not name: the first can only be what they are, and the
/// second no client can know.
///
/// # Errors
/// 400 `mutability` for an immutable attribute with another value than it has; 400 `invalidValue` if something required
/// is missing beside what stays.
///
/// Source: RFC 7644 §3.5.1.
pub fn replace(
    old: &Map<String, Value>,
    mut new: Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<Map<String, Value>, Error> {
    for attribute in COMMON.iter().chain(&resource_type.schema.attributes) {
        keep(attribute, old, &mut new);
    }
    for schema in resource_type.extension_schemas() {
        let Some(old) = old.get(&schema.id).and_then(Value::as_object) else { continue };
        let kept = new.entry(&schema.id).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(new) = kept {
            schema.attributes.iter().for_each(|attribute| keep(attribute, old, new));
        }
    }
    check_immutable(old, &new, resource_type)?;
    let new = arrange(new, resource_type);
    // What is kept of an extension that `new` does not name may not be whole.
    check_required(&new, resource_type)?;
    Ok(new)
}

/// Puts into `new` what it must have of an attribute's old value.
fn keep(attribute: &Attribute, old: &Map<String, Value>, new: &mut Map<String, Value>) {
    let Some(old) = old.get(&attribute.name) else { return };
    match (attribute.mutability, new.get_mut(&attribute.name)) {
        (Mutability::ReadOnly, _) | (Mutability::Immutable | Mutability::WriteOnly, None) => {
            new.insert(attribute.name.clone(), old.clone());
        }
        (_, Some(Value::Array(items))) => {
            if attribute.sub_attributes.iter().all(|sub| sub.mutability == Mutability::ReadWrite) {
                return;
            }
            let olds = by_identity(old);
            for item in items {
                if let Some(old) = olds.get(&identity(item)) {
                    keep_subs(attribute, old, item);
                }
            }
        }
        (_, Some(single)) if old.get("value") == single.get("value") => keep_subs(attribute, old, single),
        _ => {}
    }
}

fn keep_subs(attribute: &Attribute, old: &Value, new: &mut Value) {
    if let (Value::Object(old), Value::Object(new)) = (old, new) {
        attribute.sub_attributes.iter().for_each(|sub| keep(sub, old, new));
    }
}

/// Refuses an immutable attribute that had a value and has another one, or none. Of a complex attribute that is not
/// immutable itself, values may come and go, but not change in their immutable parts.
pub(crate) fn check_immutable(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<(), Error> {
    check_schema(None, &resource_type.schema.attributes, before, after)?;
    let nothing = Map::new();
    for schema in resource_type.extension_schemas() {
        let Some(before) = before.get(&schema.id).and_then(Value::as_object) else { continue };
        let after = after.get(&schema.id).and_then(Value::as_object).unwrap_or(&nothing);
        check_schema(Some(schema), &schema.attributes, before, after)?;
    }
    Ok(())
}

fn check_schema(
    extension: Option<&Schema>,
    attributes: &[Attribute],
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), Error> {
    for attribute in attributes {
        let Some(old) = before.get(&attribute.name) else { continue };
        let new = after.get(&attribute.name);
        if attribute.mutability == Mutability::Immutable {
            if !new.is_some_and(|new| same(attribute, old, new)) {
                return Err(immutable(&canonical_name(extension, attribute, None)));
            }
            continue;
        }
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::Immutable) {
            if new.is_some_and(|new| !same_sub(sub, old, new)) {
                return Err(immutable(&canonical_name(extension, attribute, Some(sub))));
            }
        }
    }
    Ok(())
}

/// Whether a sub-attribute stayed as it was in the values that stayed.
fn same_sub(sub: &Attribute, old: &Value, new: &Value) -> bool {
    let unchanged = |old: &Value, new: &Value| match old.get(&sub.name) {
        None => true,
        Some(old) => new.get(&sub.name).is_some_and(|new| same(sub, old, new)),
    };
    match new {
        Value::Array(new) => {
            let olds = by_identity(old);
            new.iter().all(|new| olds.get(&identity(new)).is_none_or(|old| unchanged(old, new)))
        }
        new => unchanged(old, new),
    }
}

fn by_identity(values: &Value) -> BTreeMap<String, &Value> {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().map(|value| (identity(value), value)).collect()
}

/// Whether two values of an attribute are the same to it.
pub(crate) fn same(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new))
            if attribute.kind == Type::String && !attribute.case_exact =>
        {
            old.to_lowercase() == new.to_lowercase()
        }
        _ => old == new,
    }
}

pub(crate) fn immutable(place: &str) -> Error {
    Error::mutability(format!("{place} is immutable: it has a value and keeps it"))
}
