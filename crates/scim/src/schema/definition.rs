//! Schemas and resource types from documents. Source: RFC 7643 §6, §7.
//!
//! Whoever writes such a document is an operator in front of an editor, so everything that cannot work is refused
//! here, with the place and what to do about it, and nothing is silently taken for something else.

mod attributes;
mod fields;
mod resource_types;

use std::fmt;

use serde_json::Value;

use super::limits::{SCHEMAS_MAX, TEXT_BYTES_MAX, URN_BYTES_MAX};
use super::{RESOURCE_TYPE_URN, Registry, SCHEMA_URN, Schema};
use crate::group_write::is_dialect_key;
use crate::message::LIST_RESPONSE;

use fields::Fields;

/// Why a definition cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionError {
    /// Where: `schema urn:example:1.0:Device, attribute serial`.
    pub place: String,
    /// What is wrong, and what to do about it.
    pub problem: String,
}

impl DefinitionError {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for DefinitionError {}

/// What a document defines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Schema,
    ResourceType,
}

/// Adds what a document defines; on error the registry may hold a part of it.
pub(super) fn define(registry: &mut Registry, document: Value) -> Result<(), DefinitionError> {
    let mut documents = Vec::new();
    collect(document, "the document", &mut documents)?;
    let (schemas, resource_types): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|(kind, _)| *kind == Kind::Schema);
    for (_, fields) in schemas {
        define_schema(registry, fields)?;
    }
    for (_, fields) in resource_types {
        resource_types::define(registry, fields)?;
    }
    Ok(())
}

/// Takes lists apart. A list within a list is refused, so this does not go deep.
fn collect(document: Value, place: &str, documents: &mut Vec<(Kind, Fields)>) -> Result<(), DefinitionError> {
    let items = match document {
        Value::Array(items) => items,
        Value::Object(mut list) if has_schema(&list, LIST_RESPONSE) => match list.remove("Resources") {
            Some(Value::Array(items)) => items,
            _ => return Err(DefinitionError::new(place, "a ListResponse needs an array Resources")),
        },
        single => {
            documents.push(document_of(single, place)?);
            return Ok(());
        }
    };
    for (index, item) in items.into_iter().enumerate() {
        documents.push(document_of(item, &format!("entry {} of {place}", index + 1))?);
    }
    Ok(())
}

fn document_of(document: Value, place: &str) -> Result<(Kind, Fields), DefinitionError> {
    let Value::Object(mut object) = document else {
        return Err(DefinitionError::new(place, "a Schema or a ResourceType is a JSON object"));
    };
    let kind = match (has_schema(&object, SCHEMA_URN), has_schema(&object, RESOURCE_TYPE_URN)) {
        (true, false) => Kind::Schema,
        (false, true) => Kind::ResourceType,
        _ => {
            return Err(DefinitionError::new(
                place,
                format!("say what it is by \"schemas\": [\"{SCHEMA_URN}\"] or [\"{RESOURCE_TYPE_URN}\"]"),
            ));
        }
    };
    object.remove("schemas");
    object.remove("meta");
    let (word, named) = match kind {
        Kind::Schema => ("schema", object.get("id")),
        Kind::ResourceType => ("resource type", object.get("name")),
    };
    let place = match named.and_then(Value::as_str) {
        Some(name) => format!("{word} {}", crate::path::shorten(name)),
        None => format!("{place}, a {word}"),
    };
    Ok((kind, Fields::new(object, place)))
}

fn has_schema(object: &serde_json::Map<String, Value>, urn: &str) -> bool {
    let listed = object.get("schemas").and_then(Value::as_array);
    listed.is_some_and(|urns| urns.iter().any(|found| found == urn))
}

fn define_schema(registry: &mut Registry, mut fields: Fields) -> Result<(), DefinitionError> {
    let id = fields.required_text("id", URN_BYTES_MAX)?;
    check_urn(&id).map_err(|problem| fields.error(problem))?;
    if registry.schema(&id).is_some() {
        return Err(fields.error("there is a schema with this id already: choose another id"));
    }
    if registry.schemas().len() >= SCHEMAS_MAX {
        return Err(fields.error(format!("a server has at most {SCHEMAS_MAX} schemas")));
    }
    let name = fields.text("name", TEXT_BYTES_MAX)?;
    let description = fields.text("description", TEXT_BYTES_MAX)?.unwrap_or_default();
    let attributes = attributes::read_all(&mut fields)?;
    fields.finish()?;
    let name = name.unwrap_or_else(|| id.clone());
    registry.add_schema(Schema { id, name, description, attributes });
    Ok(())
}

/// A URN that paths can be told apart by, and that is not taken.
fn check_urn(urn: &str) -> Result<(), String> {
    let parts: Vec<&str> = urn.split(':').collect();
    let well_formed = parts.len() >= 3
        && parts[0].eq_ignore_ascii_case("urn")
        && parts.iter().all(|part| !part.is_empty())
        && urn.bytes().all(crate::path::is_urn_byte);
    if !well_formed {
        return Err("id must be a URN such as urn:example:scim:1.0:Device: at least three parts joined by \
                    colons, of letters, digits and - . _ / %"
            .to_owned());
    }
    let message = "urn:ietf:params:scim:api:messages:";
    if urn.get(..message.len()).is_some_and(|head| head.eq_ignore_ascii_case(message)) {
        return Err(format!("{message} is for messages: choose another id"));
    }
    if is_dialect_key(urn) {
        return Err("this name has a meaning of its own in bodies of groups: choose another id".to_owned());
    }
    Ok(())
}
