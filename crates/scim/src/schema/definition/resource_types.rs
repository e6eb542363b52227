//! Resource type documents. Source: RFC 7643 §6.

use std::sync::Arc;

use serde_json::Value;

use super::DefinitionError;
use super::fields::Fields;
use crate::schema::limits::{
    EXTENSIONS_MAX, NAME_BYTES_MAX, RESOURCE_TYPES_MAX, TEXT_BYTES_MAX, URN_BYTES_MAX,
};
use crate::schema::{Extension, Registry, ResourceType, Schema, Uniqueness};

/// Endpoints that are the protocol's own, or the server's.
const ENDPOINTS_TAKEN: &[&str] =
    &["/Users", "/Groups", "/Me", "/Bulk", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Roles"];

/// Names of what is served at these endpoints.
const NAMES_TAKEN: &[&str] = &["Schema", "ResourceType", "ServiceProviderConfig", "Role"];

pub(super) fn define(registry: &mut Registry, mut fields: Fields) -> Result<(), DefinitionError> {
    let name = fields.required_text("name", NAME_BYTES_MAX)?;
    match fields.text("id", NAME_BYTES_MAX)? {
        Some(id) if id != name => return Err(fields.error(format!("id must be the name, {name:?}"))),
        _ => {}
    }
    let endpoint = fields.text("endpoint", NAME_BYTES_MAX + 1)?;
    let description = fields.text("description", TEXT_BYTES_MAX)?;
    let core = fields.text("schema", URN_BYTES_MAX)?;
    let extensions = fields.list("schemaExtensions", EXTENSIONS_MAX)?;
    fields.finish()?;
    if let Some(built_in) = registry.built_in(&name) {
        let differs = endpoint.is_some_and(|endpoint| endpoint != built_in.endpoint)
            || core.is_some_and(|urn| !urn.eq_ignore_ascii_case(&built_in.schema.id));
        if differs {
            return Err(fields.error(format!(
                "{name} is built in: leave endpoint and schema out and list schemaExtensions only"
            )));
        }
        let mut extended = built_in.clone();
        extend(registry, &mut extended, extensions, &fields)?;
        // A built-in type keeps no index of its extensions' values: what nobody enforces is not announced.
        let mut added = extended.extensions.iter().flat_map(|extension| &extension.schema.attributes);
        if let Some(unique) = added.find(|attribute| attribute.uniqueness != Uniqueness::None) {
            let attribute = &unique.name;
            return Err(fields.error(format!(
                "{attribute}: uniqueness is not for extensions of {name}, which is built in: set it to none"
            )));
        }
        if let Some(built_in) = registry.built_in(&name) {
            *built_in = extended;
        }
        return Ok(());
    }
    check_name(registry, &name).map_err(|problem| fields.error(problem))?;
    let endpoint = endpoint.ok_or_else(|| fields.error("endpoint is missing: such as \"/Devices\""))?;
    check_endpoint(registry, &endpoint).map_err(|problem| fields.error(problem))?;
    let core = core.ok_or_else(|| fields.error("schema is missing: the id of its core schema"))?;
    let schema = known(registry, &core, &fields)?;
    if let Some(owner) = owner(registry, &schema) {
        return Err(fields.error(format!(
            "{core} belongs to the resource type {owner} already: define a schema of its own"
        )));
    }
    let description = description.unwrap_or_default();
    let mut resource_type =
        ResourceType { name, endpoint, description, schema, extensions: Vec::new(), unqualified: None };
    extend(registry, &mut resource_type, extensions, &fields)?;
    registry.add_resource_type(resource_type);
    Ok(())
}

/// Adds extensions; one that is there already may become required.
fn extend(
    registry: &Registry,
    resource_type: &mut ResourceType,
    items: Vec<Value>,
    fields: &Fields,
) -> Result<(), DefinitionError> {
    for item in items {
        let Value::Object(object) = item else {
            return Err(fields.error("an entry of schemaExtensions is an object with schema and required"));
        };
        let mut entry = Fields::new(object, format!("{}, schemaExtensions", fields.place()));
        let urn = entry.required_text("schema", URN_BYTES_MAX)?;
        let required = entry.flag("required")?;
        entry.finish()?;
        let schema = known(registry, &urn, &entry)?;
        if schema.id == resource_type.schema.id || core_of(registry, &schema).is_some() {
            return Err(entry.error(format!("{urn} is the core schema of a resource type, not an extension")));
        }
        let count = resource_type.extensions.len();
        match resource_type.extensions.iter_mut().find(|extension| extension.schema.id == schema.id) {
            Some(extension) => extension.required |= required,
            None if count >= EXTENSIONS_MAX => {
                return Err(entry.error(format!("a resource type has at most {EXTENSIONS_MAX} extensions")));
            }
            None => resource_type.extensions.push(Extension { schema, required }),
        }
    }
    Ok(())
}

fn known(registry: &Registry, urn: &str, fields: &Fields) -> Result<Arc<Schema>, DefinitionError> {
    let schema = registry.schema(urn).map(Arc::clone);
    schema.ok_or_else(|| fields.error(format!("there is no schema {urn}: define it, or check its spelling")))
}

/// The resource type whose core schema this is.
fn core_of<'r>(registry: &'r Registry, schema: &Schema) -> Option<&'r str> {
    let mut types = registry.resource_types();
    types.find(|found| found.schema.id == schema.id).map(|found| found.name.as_str())
}

/// The resource type that has this schema in some way.
fn owner<'r>(registry: &'r Registry, schema: &Schema) -> Option<&'r str> {
    core_of(registry, schema).or_else(|| {
        let mut types = registry.resource_types();
        types.find(|found| found.extension(&schema.id).is_some()).map(|found| found.name.as_str())
    })
}

fn check_name(registry: &Registry, name: &str) -> Result<(), String> {
    if !is_capitalised(name) {
        return Err("name must be a capital letter, then letters and digits, such as Device".to_owned());
    }
    let taken = registry.resource_types().map(|found| found.name.as_str()).chain(NAMES_TAKEN.iter().copied());
    match taken.into_iter().find(|taken| taken.eq_ignore_ascii_case(name)) {
        Some(taken) => Err(format!("there is a resource type {taken} already: choose another name")),
        None if registry.resource_types().count() >= RESOURCE_TYPES_MAX => {
            Err(format!("a server has at most {RESOURCE_TYPES_MAX} resource types"))
        }
        None => Ok(()),
    }
}

fn check_endpoint(registry: &Registry, endpoint: &str) -> Result<(), String> {
    if !endpoint.strip_prefix('/').is_some_and(is_capitalised) {
        return Err(
            "endpoint must be a slash, a capital letter, then letters and digits, such as \"/Devices\""
                .to_owned(),
        );
    }
    let types = registry.resource_types().map(|found| found.endpoint.as_str());
    match types.chain(ENDPOINTS_TAKEN.iter().copied()).find(|taken| taken.eq_ignore_ascii_case(endpoint)) {
        Some(taken) => Err(format!("the endpoint {taken} is taken: choose another")),
        None => Ok(()),
    }
}

fn is_capitalised(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}
