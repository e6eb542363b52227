//! Provisioning sources: each calls a resource by an `externalId` of its own. Those of the default source, which has no
//! name, are attributes like others; those of the others are kept beside the resource.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::ids::EntityKey;
use crate::model::groups::Group;
use crate::model::resources::Resource;
use crate::model::users::User;

/// Characters of a source's name.
const NAME_CHARS_MAX: usize = 63;

/// Checks a source's name: `[A-Za-z0-9._-]{1,63}`.
///
/// # Errors
/// `Invalid` with what is allowed.
pub fn check_source_name(name: &str) -> Result<()> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    let detail =
        format!("a source's name is 1 to {NAME_CHARS_MAX} letters, digits, dots, hyphens and underscores");
    Err(Error::invalid("source", detail))
}

/// What sources call by an `externalId`.
pub trait Sourced: Clone {
    /// Its key in the store.
    fn entity_key(&self) -> EntityKey;

    /// Its `externalId`, as it is indexed.
    fn external_id(&self) -> Option<&str>;

    /// The same resource under another `externalId`, in its document as well.
    ///
    /// # Errors
    /// `Internal` for a damaged document.
    fn call(&mut self, external_id: Option<String>) -> Result<()>;
}

macro_rules! sourced {
    ($type:ident, $kind:ident, $key:ident) => {
        impl Sourced for $type {
            fn entity_key(&self) -> EntityKey {
                EntityKey::$kind(self.$key)
            }

            fn external_id(&self) -> Option<&str> {
                self.external_id.as_deref()
            }

            fn call(&mut self, external_id: Option<String>) -> Result<()> {
                self.doc = doc_with(&self.doc, external_id.as_deref())?;
                self.external_id = external_id;
                Ok(())
            }
        }
    };
}

sourced!(User, User, key);
sourced!(Group, Group, number);
sourced!(Resource, Resource, key);

/// A document with this `externalId` and no other, where [`throng_scim::resource`] puts it: behind `schemas`.
fn doc_with(doc: &str, external_id: Option<&str>) -> Result<String> {
    let damaged =
        |error: serde_json::Error| Error::internal(format!("a stored document is damaged: {error}"));
    let mut was: Map<String, Value> = serde_json::from_str(doc).map_err(damaged)?;
    let mut called = Map::with_capacity(was.len() + 1);
    called.extend(was.shift_remove_entry("schemas"));
    called.extend(external_id.map(|text| ("externalId".to_owned(), Value::from(text))));
    called.extend(was.into_iter().filter(|(name, _)| name != "externalId"));
    serde_json::to_string(&called).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
mod tests;
