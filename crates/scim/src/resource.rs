//! What a client sent as a resource, made regular. Source: RFC 7643 §2, §3; RFC 7644 §3.3, §3.5.1.
//!
//! Answers are strict, requests tolerant: names in any letter case, one value where many may stand, bare strings for
//! `{"value": …}`, booleans as strings, attributes nobody knows. What comes out has canonical names in schema order,
//! no unassigned attributes and no read-only ones, so that equal resources serialise equally.

mod replace;
mod required;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use replace::replace;
pub(crate) use replace::{check_immutable, immutable, same};
pub(crate) use required::{check_given, check_removal, check_required, check_still_required};

use crate::datetime;
use crate::error::Error;
use crate::schema::{Attribute, COMMON, Mutability, ResourceType, Schema, Type};

/// Values of one multi-valued attribute: more than anybody has, and few enough that a PATCH of many operations on them
/// stays cheap.
pub const VALUES_MAX: usize = 2_000;

/// A user as a client sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadUser {
    /// Normalised, with `schemas`; without `id`, `meta`, `groups` and `password`.
    pub attributes: Map<String, Value>,
    /// The password in clear text, taken out so that it is never stored by accident.
    pub password: Option<String>,
}

/// Reads the body of a POST of any resource.
///
/// # Errors
/// 400 `invalidSyntax` if it is no object; 400 `invalidValue`, naming the attribute, for a value of a wrong type, for
/// more than one `primary` and for what is required and missing or empty: an attribute, a sub-attribute, an extension.
///
/// Source: RFC 7644 §3.3.
pub fn read(doc: Value, resource_type: &ResourceType) -> Result<Map<String, Value>, Error> {
    let attributes = regular(doc, resource_type)?;
    check_required(&attributes, resource_type)?;
    Ok(attributes)
}

fn regular(doc: Value, resource_type: &ResourceType) -> Result<Map<String, Value>, Error> {
    match doc {
        Value::Object(doc) => normalise(doc, resource_type),
        _ => Err(Error::invalid_syntax(format!("a {} is a JSON object", resource_type.name))),
    }
}

/// Reads the body of a PUT of any resource, as [`read`] does but for what [`replace`] keeps: what is never shown, or never
/// changes, need not be given again though it is required.
///
/// # Errors
/// Those of [`read`].
///
/// Source: RFC 7644 §3.5.1.
pub fn read_replacement(doc: Value, resource_type: &ResourceType) -> Result<Map<String, Value>, Error> {
    let attributes = regular(doc, resource_type)?;
    check_given(&attributes, resource_type)?;
    Ok(attributes)
}

/// Reads the body of a POST of a user, as [`read`] does; that of a PUT is read by [`read_replacement`].
///
/// # Errors
/// Those of [`read`].
pub fn read_user(doc: Value, user_type: &ResourceType) -> Result<ReadUser, Error> {
    let mut attributes = read(doc, user_type)?;
    let password = take_password(&mut attributes);
    Ok(ReadUser { attributes, password })
}

/// Takes `password` out of the normalised attributes of a user.
pub fn take_password(attributes: &mut Map<String, Value>) -> Option<String> {
    match attributes.shift_remove("password") {
        Some(Value::String(password)) => Some(password),
        _ => None,
    }
}

/// Normalises a resource, in [`arrange`]d order. Does not ask for what is required.
pub(crate) fn normalise(
    doc: Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<Map<String, Value>, Error> {
    let mut resource = Map::new();
    let mut unqualified = Vec::new();
    for (name, value) in doc {
        if let Some(extension) = resource_type.extension(&name) {
            if let Some(object) = read_extension(extension, value)? {
                resource.insert(extension.id.clone(), object);
            }
            continue;
        }
        let Some(located) = resource_type.locate(None, &name) else { continue };
        let attribute = located.attribute;
        if attribute.name == "schemas" {
            check_schemas(&value)?;
        } else if attribute.mutability != Mutability::ReadOnly
            && let Some(value) = read_value(attribute, value, &attribute.name)?
        {
            match located.extension {
                Some(extension) => unqualified.push((extension, attribute, value)),
                None => _ = resource.insert(attribute.name.clone(), value),
            }
        }
    }
    for (extension, attribute, value) in unqualified {
        let object = resource.entry(&extension.id).or_insert_with(|| Value::Object(Map::new()));
        if let Some(object) = object.as_object_mut() {
            object.entry(&attribute.name).or_insert(value);
        }
    }
    Ok(arrange(resource, resource_type))
}

/// What `schemas` says is not needed, extensions show themselves by their objects; but it must be a list of URNs.
fn check_schemas(value: &Value) -> Result<(), Error> {
    match value {
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(urns) if urns.iter().all(Value::is_string) => Ok(()),
        _ => Err(Error::invalid_value("schemas must be an array of strings")),
    }
}

/// An extension's object, with its attributes normalised; None if nothing is left of it.
pub(crate) fn read_extension(extension: &Schema, value: Value) -> Result<Option<Value>, Error> {
    let object = match value {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        other => return Err(wrong_type(&extension.id, "an object", &other)),
    };
    read_object(&extension.attributes, object, &extension.id, ':')
}

/// An object's attributes, in schema order; None if none is assigned.
fn read_object(
    attributes: &[Attribute],
    mut object: Map<String, Value>,
    place: &str,
    separator: char,
) -> Result<Option<Value>, Error> {
    let mut regular = Map::new();
    for attribute in attributes.iter().filter(|attribute| attribute.mutability != Mutability::ReadOnly) {
        let Some(name) = object.keys().find(|key| key.eq_ignore_ascii_case(&attribute.name)).cloned() else {
            continue;
        };
        let value = object.insert(name, Value::Null).unwrap_or_default();
        let place = format!("{place}{separator}{}", attribute.name);
        if let Some(value) = read_value(attribute, value, &place)? {
            regular.insert(attribute.name.clone(), value);
        }
    }
    Ok(if regular.is_empty() { None } else { Some(Value::Object(regular)) })
}

/// A value as the attribute wants it; None if it is unassigned (`null`, `[]`, an object of nothing).
pub(crate) fn read_value(attribute: &Attribute, value: Value, place: &str) -> Result<Option<Value>, Error> {
    if !attribute.multi_valued {
        return match value {
            Value::Array(items) if items.is_empty() => Ok(None),
            value => read_single(attribute, value, place),
        };
    }
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    let mut regular = Vec::with_capacity(items.len());
    for item in items {
        regular.extend(read_single(attribute, item, place)?.filter(|item| !is_blank(item)));
    }
    let regular = collapse(regular);
    check_values(&regular, place)?;
    Ok(if regular.is_empty() { None } else { Some(Value::Array(regular)) })
}

/// One value of an attribute.
pub(crate) fn read_single(attribute: &Attribute, value: Value, place: &str) -> Result<Option<Value>, Error> {
    let expected = match (attribute.kind, value) {
        (_, Value::Null) => return Ok(None),
        (Type::Complex, Value::Object(object)) => {
            return read_object(&attribute.sub_attributes, object, place, '.');
        }
        (Type::Complex, Value::String(text)) if attribute.sub("value").is_some() => {
            return Ok(if text.is_empty() { None } else { Some(bare(text)) });
        }
        (Type::String | Type::Reference, text @ Value::String(_)) => return Ok(Some(text)),
        (Type::Boolean, value) => match read_boolean(&value) {
            Some(truth) => return Ok(Some(Value::Bool(truth))),
            None => ("a boolean", value),
        },
        (Type::Integer, number @ Value::Number(_)) if number.is_i64() => return Ok(Some(number)),
        (Type::Decimal, number @ Value::Number(_)) => return Ok(Some(number)),
        (Type::DateTime, Value::String(text)) if datetime::parse(&text).is_some() => {
            return Ok(Some(Value::String(text)));
        }
        (Type::Binary, Value::String(text)) if is_base64(&text) => return Ok(Some(Value::String(text))),
        (Type::String | Type::Reference, value) => ("a string", value),
        (Type::Integer, value) => ("an integer", value),
        (Type::Decimal, value) => ("a number", value),
        (Type::DateTime, value) => ("a date and time such as 2011-05-13T04:42:34Z", value),
        (Type::Binary, value) => ("base64", value),
        (Type::Complex, value) => ("an object", value),
    };
    Err(wrong_type(place, expected.0, &expected.1))
}

/// Whether a value of a multi-valued attribute says nothing: an object without content, or with an empty `value`, as
/// clients send it for an address that a person does not have.
pub(crate) fn is_blank(item: &Value) -> bool {
    item.as_object()
        .is_some_and(|object| object.is_empty() || object.get("value").is_some_and(|value| value == ""))
}

fn bare(text: String) -> Value {
    let mut object = Map::new();
    object.insert("value".to_owned(), Value::String(text));
    Value::Object(object)
}

/// Entra and others send booleans as `"True"` and `"False"`.
fn read_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// RFC 4648 §4 or §5, padded or not; white space is let through because certificates are pasted with it.
fn is_base64(text: &str) -> bool {
    let (mut digits, mut padding) = (0, 0);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r' | b' ')) {
        match byte {
            b'=' => padding += 1,
            byte if padding == 0 && (byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)) => digits += 1,
            _ => return false,
        }
    }
    // Four digits are three bytes; a single one left over is none.
    digits % 4 != 1 && (padding == 0 || padding <= 2 && (digits + padding) % 4 == 0)
}

fn wrong_type(place: &str, expected: &str, value: &Value) -> Error {
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) if expected.starts_with("a date") || expected == "base64" => "another string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::invalid_value(format!("{place} must be {expected}, not {given}"))
}

/// Drops values that say the same as an earlier one. The earlier one becomes primary if the later one was. Source: RFC
/// 7643 §2.4.
pub(crate) fn collapse(items: Vec<Value>) -> Vec<Value> {
    let mut places = BTreeMap::new();
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        match places.entry(identity(&item)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(item);
            }
            std::collections::btree_map::Entry::Occupied(place) => {
                if item["primary"] == true {
                    kept[*place.get()]["primary"] = Value::Bool(true);
                }
            }
        }
    }
    kept
}

/// What makes a value of a multi-valued attribute the same as another: `type` and `value`, and whatever else there is
/// but for what only describes it.
pub(crate) fn identity(item: &Value) -> String {
    let Value::Object(object) = item else { return item.to_string() };
    let telling = object.iter().filter(|(name, _)| !matches!(name.as_str(), "display" | "primary" | "$ref"));
    telling.fold(String::new(), |mut identity, (name, value)| {
        identity.push_str(name);
        identity.push_str(&value.to_string());
        identity
    })
}

/// Refuses too many values, and more than one `primary`. Source: RFC 7643 §2.4.
pub(crate) fn check_values(items: &[Value], place: &str) -> Result<(), Error> {
    if items.len() > VALUES_MAX {
        return Err(Error::invalid_value(format!("{place} has more than {VALUES_MAX} values")));
    }
    if items.iter().filter(|item| is_primary(item)).count() > 1 {
        return Err(Error::invalid_value(format!("{place}: at most one value may be primary")));
    }
    Ok(())
}

pub(crate) fn is_primary(item: &Value) -> bool {
    item.get("primary") == Some(&Value::Bool(true))
}

/// Puts a resource in order: `schemas` (made anew), common and core attributes, extensions, what else there is.
/// Extensions without content are dropped.
pub fn arrange(mut resource: Map<String, Value>, resource_type: &ResourceType) -> Map<String, Value> {
    for extension in resource_type.extension_schemas() {
        let empty = |value: &Value| value.as_object().is_none_or(Map::is_empty);
        if resource.get(&extension.id).is_some_and(empty) {
            resource.shift_remove(&extension.id);
        }
    }
    let mut ordered = Map::new();
    ordered.insert("schemas".to_owned(), resource_type.schemas_of(&resource));
    resource.shift_remove("schemas");
    let core = COMMON.iter().chain(&resource_type.schema.attributes);
    for attribute in core.filter(|attribute| attribute.name != "meta") {
        ordered.extend(resource.shift_remove_entry(&attribute.name));
    }
    for extension in resource_type.extension_schemas() {
        if let Some(Value::Object(mut object)) = resource.shift_remove(&extension.id) {
            let mut sorted = Map::new();
            for attribute in &extension.attributes {
                sorted.extend(object.shift_remove_entry(&attribute.name));
            }
            sorted.extend(object);
            ordered.insert(extension.id.clone(), Value::Object(sorted));
        }
    }
    ordered.extend(resource);
    ordered
}
