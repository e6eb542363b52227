//! What a change of the definitions costs: the unique values of resources are stored apart from the resources, under keys
//! that depend on the definition.

use std::sync::Arc;

use throng_scim::schema::ResourceType;
use uuid::Uuid;

use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;
use crate::model::document;
use crate::port::scan::{Page, Place, Scan};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::resources::{KEYS_VERSION, unique_attributes, unique_values};

/// The rule of values that are being stored anew: no server has it, so whoever starts next begins again.
const UNFINISHED: &str = "";

impl Directory {
    /// Stores the unique values of all resources as this server's definitions want them, where they are stored
    /// otherwise. To be called before the first request; no server with other definitions may run meanwhile.
    ///
    /// # Errors
    /// `Invalid` when two resources have the same value of an attribute that is unique now, or one has a value that no
    /// index can hold: nothing is lost, and a start with definitions that fit goes on.
    pub async fn apply_definitions(&self) -> Result<()> {
        for resource_type in self.registry.configured_types() {
            let (kind, rule) = (resource_type.name.clone(), rule(resource_type));
            let stored = self.store.read(Cost::Point, move |snapshot| snapshot.value_rule(&kind)).await?;
            if stored.as_ref() != Some(&rule) {
                self.set_rule(&resource_type.name, UNFINISHED).await?;
                self.store_values(resource_type).await?;
                self.set_rule(&resource_type.name, &rule).await?;
            }
        }
        Ok(())
    }

    async fn set_rule(&self, kind: &str, rule: &str) -> Result<()> {
        let (kind, rule) = (kind.to_owned(), rule.to_owned());
        self.store.write(Class::Interactive, move |tx| tx.set_value_rule(&kind, &rule)).await
    }

    async fn store_values(&self, resource_type: &Arc<ResourceType>) -> Result<()> {
        let (mut after, mut resources) = (AccountId(0), 0);
        loop {
            let read = move |snapshot: &mut dyn Snapshot| snapshot.accounts(after, limits::READ_ROWS_MAX);
            let accounts = self.store.read(Cost::Scan, read).await?;
            let Some((last, _)) = accounts.last() else { break };
            after = *last;
            for (account, name) in accounts {
                resources += self.store_values_of(resource_type, account, &name).await?;
            }
        }
        if resources > 0 {
            tracing::info!(resource_type = resource_type.name, resources, "stored unique values anew");
        }
        Ok(())
    }

    /// Returns how many resources there are.
    async fn store_values_of(
        &self,
        resource_type: &Arc<ResourceType>,
        account: AccountId,
        name: &str,
    ) -> Result<usize> {
        let (mut after, mut resources) = (Place::Start, 0);
        loop {
            let page = Page { after, ..Page::first(limits::REINDEXED_AT_ONCE) };
            let (resource_type, name) = (Arc::clone(resource_type), name.to_owned());
            let store = move |tx: &mut dyn Tx| {
                let found = tx.resources(account, &resource_type.name, &Scan::All, &page)?;
                for resource in &found {
                    store_again(tx, (account, &name), &resource_type, resource.uuid)?;
                }
                Ok((found.len(), found.last().map(|last| Place::Key(last.key.0))))
            };
            match self.store.write(Class::Chunk, store).await? {
                (_, None) => return Ok(resources),
                (some, Some(last)) => {
                    resources += some;
                    after = last;
                }
            }
        }
    }
}

/// What the stored values depend on: the attributes, how each is compared, and the form of the keys.
fn rule(resource_type: &ResourceType) -> String {
    let attributes: Vec<(String, bool)> =
        unique_attributes(resource_type).map(|(name, attribute)| (name, attribute.case_exact)).collect();
    serde_json::json!([KEYS_VERSION, attributes]).to_string()
}

fn store_again(
    tx: &mut dyn Tx,
    (account, name): (AccountId, &str),
    resource_type: &ResourceType,
    uuid: Uuid,
) -> Result<()> {
    let kind = &resource_type.name;
    let refused = |why: String| {
        Error::invalid("scim.definitions", format!("{kind} {uuid} in the account {name} {why}"))
    };
    let Some(mut resource) = tx.lock_resource(account, kind, uuid)? else { return Ok(()) };
    let attributes = document::read(&resource.doc)?;
    resource.unique = unique_values(&attributes, resource_type)
        .map_err(|error| refused(format!("does not fit the definitions: {error}")))?;
    for (attribute, key) in &resource.unique {
        let other = tx.resource_with(account, kind, attribute, key)?;
        if let Some(other) = other.filter(|other| other.key != resource.key) {
            let why = format!(
                "and {} have the same {attribute}, which is unique in these definitions: start with the former ones \
                 and change one of the two, or let the attribute not be unique",
                other.uuid
            );
            return Err(refused(why));
        }
    }
    tx.replace_values(account, &resource)
}
