//! All the people whom a filter selects, in an order, for a job that goes through them: in short reads that block.

use std::sync::Arc;

use throng_jobs::Instant;
use throng_scim::filter::Filter;
use throng_scim::sort::{SortBy, SortKey};

use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, UserKey};
use crate::limits;
use crate::port::scan::{Page, Place};
use crate::port::{Snapshot, StoreExt};
use crate::use_cases::sources::SourceView;

use super::plan::{self, Plan};
use super::sorting::key_of;
use super::walk::{Patience, candidates, look};
use super::{Entity, ListQuery, Paging, Scope};

/// People on their way.
pub(crate) struct Everybody {
    view: SourceView,
    plan: Arc<Plan>,
}

/// Somebody who was found.
#[derive(Clone, Debug)]
pub(crate) struct Somebody {
    pub(crate) key: UserKey,
    /// What they are sorted by, where no index has the order.
    pub(crate) sort: Option<SortKey>,
    /// Their canonical login.
    pub(crate) name: String,
}

impl Everybody {
    /// Those whom the filter selects. `externalId`s are those of the default source.
    ///
    /// # Errors
    /// `Scim` for a filter and an order that people do not have.
    pub(crate) fn of(
        directory: &Directory,
        account: AccountId,
        (filter, sort): (Option<Filter>, SortBy),
    ) -> Result<Self> {
        let paging = Paging::Cursor(None);
        let query = ListQuery { filter, sort: Some(sort), paging, count: None, shown: String::new() };
        let mut plans = plan::of(&Scope::Users, &directory.registry, None, &query)?;
        let plan = plans.pop().ok_or_else(|| Error::internal("a list of people without a plan"))?;
        Ok(Self { view: SourceView { account, source: None }, plan: Arc::new(plan) })
    }

    /// Whether they come in the order asked for, by their logins; else they are to be sorted.
    pub(crate) fn is_in_order(&self) -> bool {
        self.plan.sort.is_none()
    }

    /// Where those begin who come behind somebody of this canonical login, where people come by login.
    pub(crate) fn behind(&self, name: String) -> Place {
        Place::Name(name, if self.plan.descending { i64::MIN } else { i64::MAX })
    }

    /// The next of them, and where the ones behind them begin.
    ///
    /// # Errors
    /// What the store fails with.
    pub(crate) fn next(&self, directory: &Directory, after: Place) -> Result<(Vec<Somebody>, Option<Place>)> {
        let (view, plan) = (self.view.clone(), Arc::clone(&self.plan));
        let page = Page { after, limit: limits::READ_ROWS_MAX, ..Page::default() };
        // A job has time.
        let until = Instant::from_micros(i64::MAX);
        let patience = Patience { clock: Arc::clone(&directory.clock), until, bytes: 0 };
        let read = move |snapshot: &mut dyn Snapshot| {
            let mut people = Vec::new();
            if plan.sort.is_none() {
                let (found, next, _) = look(snapshot, &view, &plan, &page, patience.clone())?;
                people.extend(found.into_iter().filter_map(|(_, entity)| somebody(entity, None)));
                return Ok((people, next));
            }
            let stretch = candidates(snapshot, &view, &plan, &page)?;
            for (_, entity) in stretch.found {
                if let Some(key) = key_of(snapshot, view.account, &plan, &entity)? {
                    people.extend(somebody(entity, Some(key)));
                }
            }
            Ok((people, stretch.next))
        };
        directory.store.read_blocking(read)
    }
}

fn somebody(entity: Entity, sort: Option<SortKey>) -> Option<Somebody> {
    match entity {
        Entity::User(user) => Some(Somebody { key: user.key, sort, name: user.name_key }),
        Entity::Group(_) | Entity::Resource(_) => None,
    }
}
