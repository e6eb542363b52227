//! A walk over the candidates of a list, in short reads.

use std::sync::Arc;

use throng_jobs::Instant;

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::AccountId;
use crate::limits;
use crate::port::scan::{Page, Place};
use crate::port::{Cost, Snapshot, StoreExt};

use super::Entity;
use super::documents::matches;
use super::plan::Plan;
use super::source::Stretch;

/// A place in a list: in which of its plans, and where there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) plan: usize,
    pub(super) place: Place,
}

/// A walk.
pub(super) struct Walk<'a> {
    directory: &'a Directory,
    account: AccountId,
    plans: Arc<Vec<Plan>>,
    at: Found,
    seen: u64,
    started: Instant,
}

impl<'a> Walk<'a> {
    pub(super) fn new(directory: &'a Directory, account: AccountId, plans: Vec<Plan>, at: Found) -> Self {
        Self { directory, account, plans: Arc::new(plans), at, seen: 0, started: directory.now() }
    }

    /// What matches among the next candidates; none when all were looked at. `wanted`: how many matches are of use.
    pub(super) async fn next(&mut self, wanted: usize) -> Result<Option<Vec<(Found, Entity)>>> {
        let Found { plan: index, place } = self.at.clone();
        let Some(plan) = self.plans.get(index) else { return Ok(None) };
        let limit = if plan.is_decided() { wanted.min(limits::READ_ROWS_MAX) } else { limits::READ_ROWS_MAX };
        let (account, plans) = (self.account, Arc::clone(&self.plans));
        let page = Page { after: place, limit, ..Page::default() };
        let cost = if plan.is_point() { Cost::Point } else { Cost::Scan };
        let read = move |snapshot: &mut dyn Snapshot| look(snapshot, account, &plans[index], &page);
        let (seen, Stretch { found, next }) = self.directory.store.read(cost, read).await?;
        self.seen += seen as u64;
        self.at = match next {
            Some(place) => Found { plan: index, place },
            None => Found { plan: index + 1, place: Place::Start },
        };
        Ok(Some(found.into_iter().map(|(place, entity)| (Found { plan: index, place }, entity)).collect()))
    }

    /// Whether it has cost as much as a list may.
    pub(super) fn is_too_costly(&self) -> bool {
        self.seen >= limits::LIST_CANDIDATES_MAX
            || self.directory.now().since(self.started) > limits::LIST_TIME_MAX
    }

    /// Whether all candidates were looked at.
    pub(super) fn is_done(&self) -> bool {
        self.at.plan >= self.plans.len()
    }

    /// Behind the last candidate that was looked at.
    pub(super) fn place(&self) -> Found {
        self.at.clone()
    }
}

/// Looks at a stretch of candidates: how many there are, and those that match.
fn look(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    plan: &Plan,
    page: &Page,
) -> Result<(usize, Stretch)> {
    let mut stretch = plan.page(snapshot, account, page)?;
    let seen = stretch.found.len();
    if let Some((filter, needs)) = &plan.filter {
        let mut matching = Vec::new();
        for (place, entity) in stretch.found {
            let resource = needs.resource(snapshot, account, &entity)?;
            if matches(filter, &resource, &plan.resource_type) {
                matching.push((place, entity));
            }
        }
        stretch.found = matching;
    }
    Ok((seen, stretch))
}
