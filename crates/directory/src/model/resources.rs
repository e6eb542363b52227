//! Resources of types that the configuration defines.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::ids::ResourceKey;

/// A resource as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The key in the store.
    pub key: ResourceKey,
    /// The name of its resource type.
    pub kind: String,
    /// The SCIM `id`.
    pub uuid: Uuid,
    /// Counts the changes, from 1; the weak `ETag`.
    pub version: i64,
    /// When created.
    pub created_at: Instant,
    /// When changed last.
    pub modified_at: Instant,
    /// `externalId`, as given.
    pub external_id: Option<String>,
    /// Values that no other resource of the type may have: attribute (as a filter's planner spells it) and canonical
    /// key, each attribute once.
    pub unique: Vec<(String, String)>,
    /// The attributes as a JSON object in the schema's order: without `id` and `meta`.
    pub doc: String,
}
