//! What provisioning sources other than the default one call resources.

use crate::error::Result;
use crate::ids::{AccountId, EntityKey};

/// Reads of sources' own `externalId`s.
pub trait SourceReads {
    /// What a source calls these resources, in the order asked; they are of one kind.
    fn external_ids(
        &mut self,
        account: AccountId,
        source: &str,
        keys: &[EntityKey],
    ) -> Result<Vec<Option<String>>>;
}

/// Writes of sources' own `externalId`s.
pub trait SourceWrites {
    /// Sets or clears what a source calls a resource, which this transaction has locked or made. Whoever deletes the
    /// resource deletes what all sources call it.
    fn put_external_id(
        &mut self,
        account: AccountId,
        source: &str,
        key: EntityKey,
        external_id: Option<&str>,
    ) -> Result<()>;
}
