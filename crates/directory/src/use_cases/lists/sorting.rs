//! Lists in an order that no index has. Source: RFC 7644 §3.4.2.3.
//!
//! All candidates are looked at, and only those are kept that can still be on the page.

use std::collections::BinaryHeap;

use throng_scim::sort::SortKey;

use crate::error::Result;
use crate::ids::AccountId;
use crate::limits;
use crate::port::Snapshot;

use super::Entity;
use super::documents::{matches, sort_key};
use super::plan::Plan;

/// The place of a resource in a sorted list. What is equal by its key comes by kind and by order of creation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sorted {
    pub(super) key: SortKey,
    pub(super) plan: usize,
    pub(super) entity: i64,
}

/// The first so many resources of a list; fewer when they come to `PAGE_BYTES_MAX`.
#[derive(Debug)]
pub(super) struct Best {
    wanted: usize,
    heap: BinaryHeap<Placed>,
    bytes: usize,
    /// The first resource that was left out, though it was wanted: none behind it is taken in.
    cut: Option<Sorted>,
}

#[derive(Debug)]
struct Placed(Sorted, Entity);

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Placed {}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Best {
    pub(super) const fn new(wanted: usize) -> Self {
        Self { wanted, heap: BinaryHeap::new(), bytes: 0, cut: None }
    }

    /// Takes a resource in, unless so many come before it.
    pub(super) fn push(&mut self, place: Sorted, entity: Entity) {
        if self.cut.as_ref().is_some_and(|cut| place > *cut) {
            return;
        }
        self.bytes += entity.doc().len();
        self.heap.push(Placed(place, entity));
        if self.heap.len() > self.wanted {
            self.drop_last();
        }
        while self.bytes > limits::PAGE_BYTES_MAX && self.heap.len() > 1 {
            self.cut = self.drop_last();
        }
    }

    fn drop_last(&mut self) -> Option<Sorted> {
        let Placed(place, entity) = self.heap.pop()?;
        self.bytes -= entity.doc().len();
        Some(place)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether some that were wanted are left out.
    pub(super) const fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Takes another's resources in.
    pub(super) fn merge(&mut self, other: Self) {
        for Placed(place, entity) in other.heap {
            self.push(place, entity);
        }
        if let Some(cut) = other.cut {
            while self.heap.peek().is_some_and(|Placed(place, _)| *place > cut) {
                self.drop_last();
            }
            self.cut = Some(self.cut.take().map_or(cut.clone(), |own| own.min(cut)));
        }
    }

    /// The resources, in order.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = (Sorted, Entity)> {
        self.heap.into_sorted_vec().into_iter().map(|Placed(place, entity)| (place, entity))
    }
}

/// What a candidate is sorted by; none if it does not match.
pub(super) fn key_of(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    plan: &Plan,
    entity: &Entity,
) -> Result<Option<SortKey>> {
    let Some(sort) = &plan.sort else { return Ok(None) };
    let resource = plan.needs.resource(snapshot, account, entity)?;
    let is_match = plan.filter.as_ref().is_none_or(|filter| matches(filter, &resource, &plan.resource_type));
    Ok(is_match.then(|| sort_key(sort, &resource, &plan.resource_type)))
}

#[cfg(test)]
mod tests;
