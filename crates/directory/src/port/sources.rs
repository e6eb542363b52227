//! What provisioning sources other than the default one call resources.

use crate::error::Result;
use crate::ids::{AccountId, EntityKey, UserKey};

/// Reads of sources' own `externalId`s.
pub trait SourceReads {
    /// What a source calls these resources, in the order asked; they are of one kind.
    fn external_ids(
        &mut self,
        account: AccountId,
        source: &str,
        keys: &[EntityKey],
    ) -> Result<Vec<Option<String>>>;

    /// What sources other than the default one call these users: source and `externalId`, in the order asked.
    fn external_ids_of(
        &mut self,
        account: AccountId,
        users: &[UserKey],
    ) -> Result<Vec<Vec<(String, String)>>>;
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
