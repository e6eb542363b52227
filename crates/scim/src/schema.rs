//! Which attributes exist, and their characteristics. Source: RFC 7643 §2.2, §7, §8.7.
//!
//! The definitions are constants in the files below; this file has their types and every look-up. Names and URNs are
//! found without regard to ASCII case (RFC 7643 §2.1) and always given back in their canonical spelling.

mod attribute;
mod group;
mod user;

use serde_json::{Map, Value, json};

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};

use attribute::{complex, date_time, reference, string};

/// URN of the core user.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the enterprise user extension.
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of the core group.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of Throng's group extension: `name` (a slug) and `description`.
pub const THRONG_GROUP_URN: &str = "urn:throng:scim:1.0:Group";
/// URN of the schema of schemas.
pub const SCHEMA_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// URN of the schema of resource types.
pub const RESOURCE_TYPE_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the schema of the service provider's configuration.
pub const SERVICE_PROVIDER_CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// A schema: a URN and the attributes it defines.
#[derive(Debug)]
pub struct Schema {
    /// The URN.
    pub id: &'static str,
    /// A human name.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// In the order in which resources are written.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name, in any letter case.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
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

/// A kind of resource: an endpoint, a core schema and extensions. None of the extensions is required.
#[derive(Debug)]
pub struct ResourceType {
    /// Also its id, and `meta.resourceType` of its resources.
    pub name: &'static str,
    /// Relative to the base URL.
    pub endpoint: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// The core schema.
    pub schema: &'static Schema,
    /// The extensions, in the order in which resources are written.
    pub extensions: &'static [&'static Schema],
    /// An extension whose attributes may also be written without its URN, as some clients do.
    pub unqualified: Option<&'static Schema>,
}

/// Where an attribute lives in a resource.
#[derive(Clone, Copy, Debug)]
pub struct Located {
    /// The extension whose object holds it; None for core and common attributes.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
}

impl ResourceType {
    /// The resource type resource, without `meta`. Source: RFC 7643 §6.
    pub fn to_json(&self) -> Value {
        let extensions: Vec<Value> =
            self.extensions.iter().map(|schema| json!({ "schema": schema.id, "required": false })).collect();
        json!({
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": extensions,
        })
    }

    /// The extension with that URN, in any letter case.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn)).copied()
    }

    /// Finds an attribute. Without `urn`: core, then common, then the unqualified extension.
    pub fn locate(&self, urn: Option<&str>, name: &str) -> Option<Located> {
        let core = |attribute| Located { extension: None, attribute };
        match urn {
            Some(urn) if urn.eq_ignore_ascii_case(self.schema.id) => {
                self.schema.attribute(name).or_else(|| find(COMMON, name)).map(core)
            }
            Some(urn) => {
                let extension = self.extension(urn)?;
                extension.attribute(name).map(|attribute| Located { extension: Some(extension), attribute })
            }
            None => self.schema.attribute(name).or_else(|| find(COMMON, name)).map(core).or_else(|| {
                let extension = self.unqualified?;
                extension.attribute(name).map(|attribute| Located { extension: Some(extension), attribute })
            }),
        }
    }

    /// The `schemas` of a resource: the core schema and the extensions it has objects of.
    pub fn schemas_of(&self, resource: &Map<String, Value>) -> Value {
        let extensions =
            self.extensions.iter().map(|schema| schema.id).filter(|id| resource.contains_key(*id));
        std::iter::once(self.schema.id).chain(extensions).collect()
    }
}

/// The attribute of that name in a list, in any letter case.
pub(crate) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// Every schema that is served, in the order of `/Schemas`.
pub static SCHEMAS: &[&Schema] = &[&user::USER, &user::ENTERPRISE_USER, &group::GROUP, &group::THRONG_GROUP];

/// Every resource type that is served.
pub static RESOURCE_TYPES: &[&ResourceType] = &[&USER, &GROUP];

/// Users.
pub static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "A person",
    schema: &user::USER,
    extensions: &[&user::ENTERPRISE_USER],
    unqualified: None,
};

/// Groups.
pub static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "A named set of people",
    schema: &group::GROUP,
    extensions: &[&group::THRONG_GROUP],
    unqualified: Some(&group::THRONG_GROUP),
};

/// The schema with that URN, in any letter case.
pub fn schema(urn: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn)).copied()
}

/// The resource type with that name, exactly.
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    RESOURCE_TYPES.iter().find(|resource_type| resource_type.name == name).copied()
}

/// The attributes every resource has; no schema lists them. Source: RFC 7643 §3.1.
pub static COMMON: &[Attribute] = &[
    reference("schemas", "The schemas of the resource", &["uri"]).many().required().always().case_exact(),
    string("id", "The server's identifier of the resource").read_only().always().case_exact().unique(),
    string("externalId", "The client's identifier of the resource").case_exact(),
    complex("meta", "What the server knows about the resource", META).read_only(),
];

const META: &[Attribute] = &[
    string("resourceType", "The name of the resource type").read_only().case_exact(),
    date_time("created", "When the resource was made").read_only(),
    date_time("lastModified", "When the resource was last changed").read_only(),
    reference("location", "Where the resource is", &["uri"]).read_only(),
    string("version", "The version of the resource, as in its ETag").read_only().case_exact(),
];
