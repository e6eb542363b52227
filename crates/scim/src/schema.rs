//! Which attributes exist, and their characteristics. Source: RFC 7643 §2.2, §7, §8.7.
//!
//! A server's schemas and resource types are one [`Registry`]: the built-in ones, made in the files below, and those
//! that it was given as documents ([`Registry::define`]). Nothing tells one from the other afterwards. Names and URNs
//! are found without regard to ASCII case (RFC 7643 §2.1) and always given back in their canonical spelling.

mod attribute;
mod definition;
mod group;
pub mod limits;
mod registry;
mod service;
mod user;

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub use definition::DefinitionError;
pub use registry::Registry;

use attribute::{complex, date_time, reference, string};

/// URN of the core user.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the enterprise user extension.
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of the core group.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of Throng's group extension: `name` (a slug) and `description`.
pub const THRONG_GROUP_URN: &str = "urn:throng:scim:1.0:Group";
/// URN of Throng's user extension: what the admin API knows of a person beyond the core schema.
pub const THRONG_USER_URN: &str = "urn:throng:scim:1.0:User";
/// URN of the schema of schemas.
pub const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// URN of the schema of resource types.
pub const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the schema of the service provider's configuration.
pub const SERVICE_PROVIDER_CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// A schema: a URN and the attributes it defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// A human name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// In the order in which resources are written.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, in any letter case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }

    /// The schema resource, without `meta`. Source: RFC 7643 §7.
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [SCHEMA_URN],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
        })
    }
}

/// A schema that a resource type is extended by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// What it adds.
    pub schema: Arc<Schema>,
    /// Whether every resource must have it.
    pub required: bool,
}

/// A kind of resource: an endpoint, a core schema and extensions. Source: RFC 7643 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Also its id, and `meta.resourceType` of its resources.
    pub name: String,
    /// Relative to the base URL, with a slash at its start.
    pub endpoint: String,
    /// One sentence.
    pub description: String,
    /// The core schema.
    pub schema: Arc<Schema>,
    /// The extensions, in the order in which resources are written.
    pub extensions: Vec<Extension>,
    /// An extension whose attributes may also be written without its URN, as some clients do.
    pub unqualified: Option<Arc<Schema>>,
}

/// Where an attribute lives in a resource.
#[derive(Clone, Copy, Debug)]
pub struct Located<'r> {
    /// The extension whose object holds it; None for core and common attributes.
    pub extension: Option<&'r Schema>,
    /// The attribute.
    pub attribute: &'r Attribute,
}

impl ResourceType {
    /// The resource type resource, without `meta`. Source: RFC 7643 §6.
    pub fn to_json(&self) -> Value {
        let extension = |found: &Extension| json!({ "schema": found.schema.id, "required": found.required });
        json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": self.extensions.iter().map(extension).collect::<Vec<_>>(),
        })
    }

    /// The extension with that URN, in any letter case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extension_schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The schemas of the extensions, in order.
    pub(crate) fn extension_schemas(&self) -> impl Iterator<Item = &Schema> {
        self.extensions.iter().map(|extension| &*extension.schema)
    }

    /// Finds an attribute. Without `urn`: core, then common, then the unqualified extension.
    pub fn locate(&self, urn: Option<&str>, name: &str) -> Option<Located<'_>> {
        match urn {
            Some(urn) if urn.eq_ignore_ascii_case(&self.schema.id) => self.core(name),
            Some(urn) => within(self.extension(urn)?, name),
            None => self.core(name).or_else(|| within(self.unqualified.as_deref()?, name)),
        }
    }

    /// Finds an attribute of the core schema, or a common one.
    pub(crate) fn core(&self, name: &str) -> Option<Located<'_>> {
        let attribute = self.schema.attribute(name).or_else(|| find(&COMMON, name))?;
        Some(Located { extension: None, attribute })
    }

    /// Whether an answer that does not ask for certain attributes shows all that a resource has. The password of a user
    /// does not count: it is never among the attributes ([`crate::resource::read_user`]). Nor does what the server
    /// sets: it adds what is to be shown.
    pub fn shows_all(&self) -> bool {
        fn shown(attribute: &Attribute) -> bool {
            attribute.mutability == Mutability::ReadOnly
                || matches!(attribute.returned, Returned::Always | Returned::Default)
                    && attribute.sub_attributes.iter().all(shown)
        }
        let taken_out = |attribute: &Attribute| self.is_user() && attribute.name == "password";
        self.schema.attributes.iter().all(|attribute| taken_out(attribute) || shown(attribute))
            && self.extension_schemas().flat_map(|schema| &schema.attributes).all(shown)
    }

    /// Whether the resources are users, whose passwords are kept apart.
    pub(crate) fn is_user(&self) -> bool {
        self.schema.id == USER_URN
    }

    /// The `schemas` of a resource: the core schema and the extensions it has objects of.
    pub fn schemas_of(&self, resource: &Map<String, Value>) -> Value {
        let extensions =
            self.extension_schemas().map(|schema| schema.id.as_str()).filter(|id| resource.contains_key(*id));
        std::iter::once(self.schema.id.as_str()).chain(extensions).collect()
    }
}

pub(crate) fn within<'r>(extension: &'r Schema, name: &str) -> Option<Located<'r>> {
    extension.attribute(name).map(|attribute| Located { extension: Some(extension), attribute })
}

/// The attribute of that name in a list, in any letter case.
pub(crate) fn find<'r>(attributes: &'r [Attribute], name: &str) -> Option<&'r Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// The attributes every resource has; no schema lists them. Source: RFC 7643 §3.1.
pub static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    vec![
        reference("schemas", "The schemas of the resource", &["uri"]).many().required().always().case_exact(),
        string("id", "The server's identifier of the resource").read_only().always().case_exact().unique(),
        string("externalId", "The client's identifier of the resource").case_exact(),
        complex("meta", "What the server knows about the resource", meta()).read_only(),
    ]
});

fn meta() -> Vec<Attribute> {
    vec![
        string("resourceType", "The name of the resource type").read_only().case_exact(),
        date_time("created", "When the resource was made").read_only(),
        date_time("lastModified", "When the resource was last changed").read_only(),
        reference("location", "Where the resource is", &["uri"]).read_only(),
        string("version", "The version of the resource, as in its ETag").read_only().case_exact(),
    ]
}
