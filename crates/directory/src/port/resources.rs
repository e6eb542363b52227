//! Resources of types that the configuration defines.

use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, ResourceKey};
use crate::model::resources::Resource;
use crate::port::scan::{Page, Scan};

/// Reads of resources. What is read has no [`Resource::unique`]: the document says it.
pub trait ResourceReads {
    /// The resource of this type with this id.
    fn resource(&mut self, account: AccountId, kind: &str, uuid: Uuid) -> Result<Option<Resource>>;

    /// The resource of this type that has this unique value.
    fn resource_with(
        &mut self,
        account: AccountId,
        kind: &str,
        attribute: &str,
        value_key: &str,
    ) -> Result<Option<Resource>>;

    /// A stretch of the resources of a type that a scan selects. They have no names.
    fn resources(
        &mut self,
        account: AccountId,
        kind: &str,
        scan: &Scan,
        page: &Page,
    ) -> Result<Vec<Resource>>;

    /// How many resources of a type a scan selects.
    fn count_resources(&mut self, account: AccountId, kind: &str, scan: &Scan) -> Result<u64>;

    /// By which rule the unique values of a type are stored; see [`ResourceWrites::set_value_rule`].
    fn value_rule(&mut self, kind: &str) -> Result<Option<String>>;
}

/// Writes of resources.
pub trait ResourceWrites {
    /// Takes the next key. Keys rise and are never given twice.
    fn allocate_resource(&mut self, account: AccountId) -> Result<ResourceKey>;

    /// Inserts a resource.
    ///
    /// # Errors
    /// `Scim` 409 `uniqueness` when another resource of the type has one of its unique values.
    fn insert_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()>;

    /// Locks a resource until the end of the transaction and reads it. In the lock order where users are.
    fn lock_resource(&mut self, account: AccountId, kind: &str, uuid: Uuid) -> Result<Option<Resource>>;

    /// Overwrites a resource that this transaction has locked.
    ///
    /// # Errors
    /// As [`ResourceWrites::insert_resource`].
    fn replace_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()>;

    /// Stores a resource's unique values anew and leaves the rest of it as it is. This transaction has locked it.
    ///
    /// # Errors
    /// As [`ResourceWrites::insert_resource`].
    fn replace_values(&mut self, account: AccountId, resource: &Resource) -> Result<()>;

    /// Notes by which rule the unique values of a type are stored, in all accounts.
    fn set_value_rule(&mut self, kind: &str, rule: &str) -> Result<()>;

    /// Deletes a resource that this transaction has locked.
    fn delete_resource(&mut self, account: AccountId, resource: &Resource) -> Result<()>;
}
