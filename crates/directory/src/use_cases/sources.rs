//! Resources as a provisioning source sees and writes them: with its own `externalId`. For the default source that is as
//! they are stored, at no cost.

use std::borrow::Cow;
use std::sync::Arc;

use crate::caller::Caller;
use crate::error::Result;
use crate::ids::{AccountId, EntityKey};
use crate::model::sources::Sourced;
use crate::port::{Snapshot, Tx};

/// An account as a source sees it.
#[derive(Clone, Debug)]
pub(crate) struct SourceView {
    /// The account.
    pub account: AccountId,
    /// The source; none for the default one.
    pub source: Option<Arc<str>>,
}

impl SourceView {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self { account: caller.account, source: caller.source.clone() }
    }

    /// A stored resource as the source sees it.
    pub(crate) fn see<S: Snapshot + ?Sized, R: Sourced>(&self, snapshot: &mut S, mut stored: R) -> Result<R> {
        self.see_all(snapshot, [&mut stored])?;
        Ok(stored)
    }

    /// Makes stored resources of one kind what the source sees.
    pub(crate) fn see_all<'r, S: Snapshot + ?Sized, R: Sourced + 'r>(
        &self,
        snapshot: &mut S,
        stored: impl IntoIterator<Item = &'r mut R>,
    ) -> Result<()> {
        let Some(source) = &self.source else { return Ok(()) };
        let stored: Vec<&mut R> = stored.into_iter().collect();
        let keys: Vec<EntityKey> = stored.iter().map(|resource| resource.entity_key()).collect();
        let own = snapshot.external_ids(self.account, source, &keys)?;
        stored.into_iter().zip(own).try_for_each(|(resource, own)| resource.call(own))
    }

    /// What is stored of a resource that the source has written: the default source, if it is another, goes on calling
    /// it as it did. [`SourceView::keep`] must follow.
    pub(crate) fn stored<'r, R: Sourced>(
        &self,
        written: &'r R,
        default_id: Option<String>,
    ) -> Result<Cow<'r, R>> {
        if self.source.is_none() {
            return Ok(Cow::Borrowed(written));
        }
        let mut stored = written.clone();
        stored.call(default_id)?;
        Ok(Cow::Owned(stored))
    }

    /// Stores what the source calls a resource that it has written.
    pub(crate) fn keep<R: Sourced>(&self, tx: &mut dyn Tx, written: &R) -> Result<()> {
        match &self.source {
            None => Ok(()),
            Some(source) => {
                tx.put_external_id(self.account, source, written.entity_key(), written.external_id())
            }
        }
    }
}
