//! Schemas and resource types from files, in the form in which `/Schemas` and `/ResourceTypes` show them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use throng_scim::Registry;
use throng_scim::schema::RESOURCE_TYPE_URN;

use crate::Failure;

/// Bytes of one file: more than any schema has.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// The built-in schemas and resource types, and those of the configured files. Files of a directory are read in the
/// order of their names; it does not matter which defines what another one needs.
///
/// # Errors
/// A file that cannot be read or is no JSON, and a definition that is refused, with the file's name and the reason.
pub fn load(place: Option<&Path>) -> Result<Registry, Failure> {
    let mut registry = Registry::standard();
    let Some(place) = place else { return Ok(registry) };
    let mut documents = Vec::new();
    for file in files(place)? {
        documents.extend(read(&file)?.into_iter().map(|document| (file.clone(), document)));
    }
    // Resource types name schemas.
    documents.sort_by_key(|(_, document)| is_resource_type(document));
    for (file, document) in documents {
        registry.define(document).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(registry)
}

fn files(place: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| format!("scim.definitions: {}: {error}", place.display());
    if !place.metadata().map_err(unreadable)?.is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in place.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("scim.definitions: {} has no .json files", place.display()).into());
    }
    Ok(files)
}

/// The documents of a file: one, those of an array, or those of a list response.
fn read(file: &Path) -> Result<Vec<Value>, Failure> {
    let wrong = |what: String| format!("{}: {what}", file.display());
    let bytes = file.metadata().map_err(|error| wrong(error.to_string()))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(wrong(format!("a file of definitions has at most {FILE_BYTES_MAX} bytes")).into());
    }
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let document = throng_scim::json::parse(&text, &throng_scim::json::JsonLimits::default())
        .map_err(|error| wrong(error.detail))?;
    Ok(match document {
        Value::Array(documents) => documents,
        Value::Object(mut list) if list.contains_key("Resources") => match list.remove("Resources") {
            Some(Value::Array(documents)) => documents,
            _ => return Err(wrong("Resources must be an array".to_owned()).into()),
        },
        document => vec![document],
    })
}

fn is_resource_type(document: &Value) -> bool {
    let schemas = document.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|urns| urns.iter().any(|urn| urn == RESOURCE_TYPE_URN))
}
