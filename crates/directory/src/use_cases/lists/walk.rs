//! A walk over the candidates of a list, in short reads.

use std::sync::Arc;
use std::time::Duration;

use throng_jobs::{Clock, Instant};
use throng_scim::filter::Filter;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::sources::Sourced;
use crate::model::users::User;
use crate::port::scan::{Page, Place};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::sources::SourceView;

use super::documents::matches;
use super::plan::{self, Plan};
use super::sorting::{Best, Sorted, key_of};
use super::source::Stretch;
use super::{Entity, ListQuery, Paging, Scope, too_costly};

/// A place in a list: in which of its plans, and where there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) plan: usize,
    pub(super) place: Place,
}

/// A walk.
pub(super) struct Walk<'a> {
    directory: &'a Directory,
    view: SourceView,
    plans: Arc<Vec<Plan>>,
    at: Found,
    seen: u64,
    /// What its reads have taken: not what they have waited for others.
    spent: Duration,
    /// When it gives up, however little of the time was its own.
    until: Instant,
}

impl<'a> Walk<'a> {
    pub(super) fn new(directory: &'a Directory, view: SourceView, plans: Vec<Plan>, at: Found) -> Self {
        Self {
            directory,
            view,
            plans: Arc::new(plans),
            at,
            seen: 0,
            spent: Duration::ZERO,
            until: directory.now().plus(limits::LIST_WAIT_MAX),
        }
    }

    /// What matches among the next candidates; none when all were looked at. `wanted`: how many matches are of use.
    pub(super) async fn next(&mut self, wanted: usize) -> Result<Option<Vec<(Found, Entity)>>> {
        let Some(plan) = self.plans.get(self.at.plan) else { return Ok(None) };
        let limit = if plan.is_decided() { wanted.min(limits::READ_ROWS_MAX) } else { limits::READ_ROWS_MAX };
        let index = self.at.plan;
        let (found, next, seen) = self.read(limit, look).await?;
        self.step(next, seen);
        Ok(Some(found.into_iter().map(|(place, entity)| (Found { plan: index, place }, entity)).collect()))
    }

    /// How many of the next candidates match, and the first of them in the order of the sort: those that are among the
    /// `wanted` first behind `after`. None when all were looked at.
    pub(super) async fn next_sorted(
        &mut self,
        after: Option<&Sorted>,
        wanted: usize,
    ) -> Result<Option<(u64, Best)>> {
        if self.is_done() {
            return Ok(None);
        }
        let (index, after) = (self.at.plan, after.cloned());
        let look = move |snapshot: &mut dyn Snapshot,
                         view: &SourceView,
                         plan: &Plan,
                         page: &Page,
                         mut patience: Patience| {
            let stretch = candidates(snapshot, view, plan, page)?;
            let (seen, mut next) = (stretch.found.len(), stretch.next);
            let mut best = Best::new(wanted);
            let mut matching = 0;
            for (behind, entity) in stretch.found {
                let ends = patience.ends_after(&entity);
                if let Some(key) = key_of(snapshot, view.account, plan, &entity)? {
                    matching += 1;
                    let place = Sorted { key, plan: index, entity: entity.entity_key().number() };
                    if after.as_ref().is_none_or(|after| place > *after) {
                        best.push(place, entity);
                    }
                }
                if ends {
                    next = Some(behind);
                    break;
                }
            }
            Ok(((matching, best), next, seen))
        };
        let (found, next, seen) = self.read(limits::READ_ROWS_MAX, look).await?;
        self.step(next, seen);
        Ok(Some(found))
    }

    /// One read, from where the walk is.
    async fn read<T: Send + 'static>(
        &mut self,
        limit: usize,
        look: impl Fn(&mut dyn Snapshot, &SourceView, &Plan, &Page, Patience) -> Result<(T, Option<Place>, usize)>
        + Send
        + 'static,
    ) -> Result<(T, Option<Place>, usize)> {
        let Found { plan: index, place } = self.at.clone();
        let (view, plans) = (self.view.clone(), Arc::clone(&self.plans));
        let page = Page { after: place, limit, ..Page::default() };
        let cost = if plans[index].is_point() { Cost::Point } else { Cost::Scan };
        let left = limits::LIST_TIME_MAX.saturating_sub(self.spent);
        let clock = Arc::clone(&self.directory.clock);
        // Long reads take turns, so that each gets a core, and what a list costs does not depend on who else asks.
        let _turn = match cost {
            Cost::Point => None,
            _ => Some(
                self.directory.scans.acquire().await.map_err(|error| Error::internal(error.to_string()))?,
            ),
        };
        let began = self.directory.now();
        if began > self.until {
            return Err(Error::Unavailable("a list waited too long for its turns".to_owned()));
        }
        let read = move |snapshot: &mut dyn Snapshot| {
            let patience = Patience { clock: Arc::clone(&clock), until: began.plus(left), bytes: 0 };
            look(snapshot, &view, &plans[index], &page, patience)
        };
        let found = self.directory.store.read(cost, read).await;
        self.spent += self.directory.now().since(began);
        found
    }

    fn step(&mut self, next: Option<Place>, seen: usize) {
        self.seen += seen as u64;
        self.at = match next {
            Some(place) => Found { place, ..self.at.clone() },
            None => Found { plan: self.at.plan + 1, place: Place::Start },
        };
    }

    /// Whether it has cost as much as a list may.
    pub(super) fn is_too_costly(&self) -> bool {
        self.seen >= limits::LIST_CANDIDATES_MAX || self.spent > limits::LIST_TIME_MAX
    }

    /// Begins to count anew what it costs: it goes on for another answer.
    pub(super) fn renew(&mut self) {
        (self.seen, self.spent) = (0, Duration::ZERO);
        self.until = self.directory.now().plus(limits::LIST_WAIT_MAX);
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

impl Directory {
    /// Takes every user whom a filter selects, as pages by cursor would show them, without pages.
    ///
    /// # Errors
    /// Like [`Directory::list`], and what `take` fails with.
    pub(crate) async fn each_user(
        &self,
        caller: &Caller,
        filter: Filter,
        mut take: impl FnMut(&User) -> Result<()> + Send,
    ) -> Result<()> {
        caller.require(Permission::UsersRead)?;
        let (view, paging) = (SourceView::of(caller), Paging::Cursor(None));
        let query = ListQuery { filter: Some(filter), sort: None, paging, count: None, shown: String::new() };
        let plans = plan::of(&Scope::Users, &self.registry, view.source.as_deref(), &query)?;
        let mut walk = Walk::new(self, view, plans, Found::default());
        while let Some(matching) = walk.next(limits::READ_ROWS_MAX).await? {
            for (_, entity) in &matching {
                if let Entity::User(user) = entity {
                    take(user)?;
                }
            }
            if !matching.is_empty() {
                walk.renew();
            } else if walk.is_too_costly() && !walk.is_done() {
                return Err(too_costly());
            }
        }
        Ok(())
    }
}

/// Bytes of documents that are looked at between two looks at the clock: some hundred candidates, or one that is large.
const BYTES_BETWEEN_LOOKS: usize = 64 << 10;

/// Ends a read in the middle of its candidates when the list has taken as long as it may.
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) until: Instant,
    pub(super) bytes: usize,
}

impl Patience {
    /// Whether no time is left after this candidate.
    fn ends_after(&mut self, entity: &Entity) -> bool {
        self.bytes += entity.doc().len();
        if self.bytes < BYTES_BETWEEN_LOOKS {
            return false;
        }
        self.bytes = 0;
        self.clock.now() > self.until
    }
}

/// What matches in a stretch of candidates, where the next ones are, and how many there were.
pub(super) type Looked = (Vec<(Place, Entity)>, Option<Place>, usize);

pub(super) fn look(
    snapshot: &mut dyn Snapshot,
    view: &SourceView,
    plan: &Plan,
    page: &Page,
    mut patience: Patience,
) -> Result<Looked> {
    let Stretch { mut found, mut next } = candidates(snapshot, view, plan, page)?;
    let seen = found.len();
    if let Some(filter) = &plan.filter {
        let mut matching = Vec::new();
        for (place, entity) in found {
            let (ends, behind) = (patience.ends_after(&entity), place.clone());
            let resource = plan.needs.resource(snapshot, view.account, &entity)?;
            if matches(filter, &resource, &plan.resource_type) {
                matching.push((place, entity));
            }
            if ends {
                next = Some(behind);
                break;
            }
        }
        found = matching;
    }
    Ok((found, next, seen))
}

/// A stretch of candidates, under the source's own `externalId`s where filter or sort look at them.
pub(super) fn candidates(
    snapshot: &mut dyn Snapshot,
    view: &SourceView,
    plan: &Plan,
    page: &Page,
) -> Result<Stretch> {
    let mut stretch = plan.page(snapshot, view.account, page)?;
    if plan.needs.external_id {
        view.see_all(snapshot, stretch.found.iter_mut().map(|(_, entity)| entity))?;
    }
    Ok(stretch)
}
