//! All schemas and resource types of one server.

use std::sync::Arc;

use serde_json::Value;

use super::definition::{self, DefinitionError};
use super::{Extension, ResourceType, Schema, group, service, user};

/// All schemas and resource types of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    schemas: Vec<Arc<Schema>>,
    user: Arc<ResourceType>,
    group: Arc<ResourceType>,
    /// Those of the server's own.
    others: Vec<Arc<ResourceType>>,
}

impl Registry {
    /// Users with the enterprise extension and Throng's, and groups with Throng's; no extension is required. And the schemas of
    /// the discovery documents, of which there are no resource types. Source: RFC 7643 §8.7.
    pub fn standard() -> Self {
        let (user, enterprise_user) = (Arc::new(user::user()), Arc::new(user::enterprise_user()));
        let throng_user = Arc::new(user::throng_user());
        let (group, throng_group) = (Arc::new(group::group()), Arc::new(group::throng_group()));
        let mut schemas = vec![
            Arc::clone(&user),
            Arc::clone(&enterprise_user),
            Arc::clone(&throng_user),
            Arc::clone(&group),
            Arc::clone(&throng_group),
        ];
        schemas.extend(
            [service::service_provider_config(), service::resource_type(), service::schema()].map(Arc::new),
        );
        let optional = |schema: &Arc<Schema>| Extension { schema: Arc::clone(schema), required: false };
        Self {
            user: Arc::new(ResourceType {
                name: "User".to_owned(),
                endpoint: "/Users".to_owned(),
                description: "User Account".to_owned(),
                schema: user,
                extensions: vec![optional(&enterprise_user), optional(&throng_user)],
                unqualified: None,
            }),
            group: Arc::new(ResourceType {
                name: "Group".to_owned(),
                endpoint: "/Groups".to_owned(),
                description: "Group".to_owned(),
                schema: group,
                extensions: vec![optional(&throng_group)],
                unqualified: Some(throng_group),
            }),
            others: Vec::new(),
            schemas,
        }
    }

    /// Adds what a document defines: a `Schema` or a `ResourceType` resource in the JSON form that `/Schemas` and
    /// `/ResourceTypes` show, a `ListResponse` of them or an array of them, in any order.
    ///
    /// A resource type with the name `User` or `Group` adds its `schemaExtensions` to the built-in one; another name
    /// is a resource type of the server's own. What is left out of an attribute is as RFC 7643 §2.2 says, but for
    /// `caseExact`, which is true for binary and reference where it is left out.
    ///
    /// # Errors
    /// What is wrong and what to do about it; then nothing has been added.
    ///
    /// Source: RFC 7643 §6, §7.
    pub fn define(&mut self, document: Value) -> Result<(), DefinitionError> {
        let mut registry = self.clone();
        definition::define(&mut registry, document)?;
        *self = registry;
        Ok(())
    }

    /// Users.
    pub const fn user(&self) -> &Arc<ResourceType> {
        &self.user
    }

    /// Groups.
    pub const fn group(&self) -> &Arc<ResourceType> {
        &self.group
    }

    /// Every resource type: users, groups, then those of the server's own as they were defined.
    pub fn resource_types(&self) -> impl Iterator<Item = &Arc<ResourceType>> {
        [&self.user, &self.group].into_iter().chain(&self.others)
    }

    /// The types that definitions added to users and groups.
    pub fn configured_types(&self) -> impl Iterator<Item = &Arc<ResourceType>> {
        self.others.iter()
    }

    /// The resource type with that name, exactly.
    pub fn resource_type(&self, name: &str) -> Option<&Arc<ResourceType>> {
        self.resource_types().find(|resource_type| resource_type.name == name)
    }

    /// The resource type with that endpoint, such as `/Users`, exactly.
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Arc<ResourceType>> {
        self.resource_types().find(|resource_type| resource_type.endpoint == endpoint)
    }

    /// Every schema, in the order of `/Schemas`.
    pub fn schemas(&self) -> &[Arc<Schema>] {
        &self.schemas
    }

    /// The schema with that URN, in any letter case.
    pub fn schema(&self, urn: &str) -> Option<&Arc<Schema>> {
        self.schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    pub(super) fn add_schema(&mut self, schema: Schema) {
        self.schemas.push(Arc::new(schema));
    }

    pub(super) fn add_resource_type(&mut self, resource_type: ResourceType) {
        self.others.push(Arc::new(resource_type));
    }

    /// The built-in resource type with that name.
    pub(super) fn built_in(&mut self, name: &str) -> Option<&mut ResourceType> {
        match name {
            "User" => Some(Arc::make_mut(&mut self.user)),
            "Group" => Some(Arc::make_mut(&mut self.group)),
            _ => None,
        }
    }
}
