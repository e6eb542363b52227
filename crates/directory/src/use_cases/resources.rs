//! Resources of types that the configuration defines: create, read, replace, patch, delete. Lists are in
//! [`super::lists`].

use std::sync::Arc;

use serde_json::{Map, Value};
use throng_scim as scim;
use throng_scim::schema::{Attribute, ResourceType, Uniqueness};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{ResourceKey, parse_uuid};
use crate::model::audit::{Event, Kind};
use crate::model::resources::Resource;
use crate::model::{canonical, document};
use crate::port::{Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::{self, Told};
use crate::use_cases::sources::SourceView;
use crate::use_cases::writes::{Asked, Written};

/// A resource type with the id of one of its resources, as a path has them.
#[derive(Clone, Copy, Debug)]
pub struct ResourceId<'a> {
    /// The type.
    pub resource_type: &'a Arc<ResourceType>,
    /// The id.
    pub id: &'a str,
}

impl Directory {
    /// Creates a resource from normalised attributes ([`scim::resource::read`]).
    ///
    /// # Errors
    /// `Scim` 409 `uniqueness` for a value that another resource has, `Invalid` for one that no index can hold;
    /// `Idempotency`.
    pub async fn create_resource(
        &self,
        caller: &Caller,
        resource_type: &ResourceType,
        attributes: Map<String, Value>,
        asked: &Asked,
    ) -> Result<Written<Resource>> {
        caller.require(Permission::ResourcesWrite)?;
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        let mut resource = Resource {
            key: ResourceKey(0),
            kind: resource_type.name.clone(),
            uuid: self.ids.uuid(now),
            version: 1,
            created_at: now,
            modified_at: now,
            external_id: None,
            unique: Vec::new(),
            doc: String::new(),
        };
        hold(&mut resource, &attributes, resource_type)?;
        let kind = resource.kind.clone();
        let (once, trail) = (self.once(caller, asked, 201)?, self.trail(caller));
        let create = move |tx: &mut dyn Tx, source: &SourceView| {
            let mut resource = resource.clone();
            resource.key = tx.allocate_resource(account)?;
            tx.insert_resource(account, source.stored(&resource, None)?.as_ref())?;
            source.keep(tx, &resource)?;
            trail.tell(tx, told(Event::Created, &resource))?;
            Ok((resource.uuid, resource))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| create(tx, &source), |tx, uuid| now_shown(tx, &source, &kind, uuid))
        };
        self.write_once(write).await
    }

    /// The resource with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn resource(&self, caller: &Caller, of: ResourceId<'_>) -> Result<Resource> {
        caller.require(Permission::ResourcesRead)?;
        let (account, uuid) = (caller.account, parse_uuid(of.id).ok_or_else(not_found)?);
        let (kind, source) = (of.resource_type.name.clone(), SourceView::of(caller));
        let read = move |snapshot: &mut dyn Snapshot| {
            let resource = snapshot.resource(account, &kind, uuid)?.ok_or_else(not_found)?;
            source.see(snapshot, resource)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Replaces a resource's attributes.
    ///
    /// # Errors
    /// Those of [`Directory::create_resource`]; `NotFound`, `VersionMismatch`; `Scim` 400 `mutability`.
    pub async fn replace_resource(
        &self,
        caller: &Caller,
        of: ResourceId<'_>,
        asked: &Asked,
        attributes: Map<String, Value>,
    ) -> Result<Written<Resource>> {
        let resource_type = Arc::clone(of.resource_type);
        let replace = move |was: &Map<String, Value>| {
            scim::resource::replace(was, attributes.clone(), &resource_type).map_err(Error::from)
        };
        self.change_resource(caller, of, asked, replace).await
    }

    /// Applies a PATCH, whole or not at all. One that changes nothing leaves the version alone.
    ///
    /// # Errors
    /// Those of [`Directory::replace_resource`]; `Scim` for an operation that cannot be applied.
    pub async fn patch_resource(
        &self,
        caller: &Caller,
        of: ResourceId<'_>,
        asked: &Asked,
        operations: Vec<scim::patch::Operation>,
    ) -> Result<Written<Resource>> {
        let resource_type = Arc::clone(of.resource_type);
        let patch = move |was: &Map<String, Value>| {
            Ok(scim::patch::apply(was, &operations, &resource_type)?.attributes)
        };
        self.change_resource(caller, of, asked, patch).await
    }

    async fn change_resource<F>(
        &self,
        caller: &Caller,
        of: ResourceId<'_>,
        asked: &Asked,
        change: F,
    ) -> Result<Written<Resource>>
    where
        F: Fn(&Map<String, Value>) -> Result<Map<String, Value>> + Send + 'static,
    {
        caller.require(Permission::ResourcesWrite)?;
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        let (uuid, precondition) = (parse_uuid(of.id).ok_or_else(not_found)?, asked.precondition.clone());
        let (resource_type, once) = (Arc::clone(of.resource_type), self.once(caller, asked, 200)?);
        let (kind, trail) = (resource_type.name.clone(), self.trail(caller));
        let change = move |tx: &mut dyn Tx, source: &SourceView| {
            let was = tx.lock_resource(account, &resource_type.name, uuid)?.ok_or_else(not_found)?;
            precondition.check(was.version)?;
            let default_id = was.external_id.clone();
            let was = source.see(tx, was)?;
            let attributes = change(&document::read(&was.doc)?)?;
            let mut resource = was.clone();
            hold(&mut resource, &attributes, &resource_type)?;
            if resource.doc == was.doc {
                return Ok((uuid, was));
            }
            resource.version += 1;
            resource.modified_at = now.max(was.modified_at);
            tx.replace_resource(account, source.stored(&resource, default_id)?.as_ref())?;
            source.keep(tx, &resource)?;
            let fields = audit::changed(&was.doc, &resource.doc)?;
            trail.tell(tx, told(Event::Updated, &resource).with("fields", fields))?;
            Ok((uuid, resource))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| change(tx, &source), |tx, uuid| now_shown(tx, &source, &kind, uuid))
        };
        self.write_once(write).await
    }

    /// Deletes a resource. Whether an earlier request with the same `Idempotency-Key` did it.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Idempotency`.
    pub async fn delete_resource(&self, caller: &Caller, of: ResourceId<'_>, asked: &Asked) -> Result<bool> {
        caller.require(Permission::ResourcesWrite)?;
        let account = caller.account;
        let (uuid, precondition) = (parse_uuid(of.id).ok_or_else(not_found)?, asked.precondition.clone());
        let (kind, once) = (of.resource_type.name.clone(), self.once(caller, asked, 204)?);
        let trail = self.trail(caller);
        let delete = move |tx: &mut dyn Tx| {
            let resource = tx.lock_resource(account, &kind, uuid)?.ok_or_else(not_found)?;
            precondition.check(resource.version)?;
            tx.delete_resource(account, &resource)?;
            trail.tell(tx, told(Event::Deleted, &resource))?;
            Ok((uuid, ()))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &delete, |_, _| Ok(None));
        self.write_once(write).await.map(|deleted| deleted.replayed)
    }
}

fn told(event: Event, resource: &Resource) -> Told {
    Told::new(event, Kind::Resource, &resource.uuid).with("type", resource.kind.as_str())
}

/// Puts attributes into a resource, with what the store indexes of them.
fn hold(
    resource: &mut Resource,
    attributes: &Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<()> {
    let external_id = attributes.get("externalId").and_then(Value::as_str);
    resource.external_id = canonical::external_id(external_id)?;
    resource.unique = unique_values(attributes, resource_type)?;
    resource.doc = document::write(attributes)?;
    Ok(())
}

/// The attributes of a type of which no two resources may have the same value, each as a filter's planner spells it.
/// Source: RFC 7643 §2.2 (`uniqueness`).
pub(crate) fn unique_attributes(resource_type: &ResourceType) -> impl Iterator<Item = (String, &Attribute)> {
    let core = std::iter::once((None, &*resource_type.schema));
    let extensions =
        resource_type.extensions.iter().map(|extension| (Some(&extension.schema.id), &*extension.schema));
    core.chain(extensions).flat_map(|(urn, schema)| {
        let unique = schema.attributes.iter().filter(|attribute| attribute.uniqueness != Uniqueness::None);
        unique.map(move |attribute| match urn {
            Some(urn) => (format!("{urn}:{}", attribute.name), attribute),
            None => (attribute.name.clone(), attribute),
        })
    })
}

/// The form of the keys that [`unique_key`] makes. Whoever changes it counts it up, and the keys are stored anew at the
/// next start.
pub(crate) const KEYS_VERSION: u32 = 2;

/// What a value of a unique attribute is compared by: composed, and without letter case unless it counts.
pub(crate) fn unique_key(attribute: &Attribute, text: &str) -> String {
    if attribute.case_exact { canonical::composed(text) } else { canonical::person_name_key(text) }
}

/// The unique values of a resource's attributes, as [`Resource::unique`] has them.
pub(crate) fn unique_values(
    attributes: &Map<String, Value>,
    resource_type: &ResourceType,
) -> Result<Vec<(String, String)>> {
    let mut values = Vec::new();
    for (name, attribute) in unique_attributes(resource_type) {
        let container = match name.strip_suffix(&format!(":{}", attribute.name)) {
            Some(urn) => attributes.get(urn).and_then(Value::as_object),
            None => Some(attributes),
        };
        let text = match container.and_then(|container| container.get(&attribute.name)) {
            None => continue,
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let key = unique_key(attribute, &text);
        if !canonical::is_indexable(&key) {
            let max = crate::limits::IDENTIFIER_BYTES_MAX;
            let detail = format!("{name} must be 1 to {max} bytes without control characters");
            return Err(Error::invalid(name, detail));
        }
        values.push((name, key));
    }
    Ok(values)
}

/// The resource as it is shown to who repeats a write; none when it is gone.
fn now_shown(tx: &mut dyn Tx, source: &SourceView, kind: &str, uuid: Uuid) -> Result<Option<Resource>> {
    let resource = tx.resource(source.account, kind, uuid)?;
    resource.map(|resource| source.see(tx, resource)).transpose()
}

fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}
