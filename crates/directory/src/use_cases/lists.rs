//! Lists of resources: one kind or all, filtered, by index or by cursor.
//!
//! SQL narrows, the evaluator decides: a term that an index serves finds the candidates ([`plan`]), and
//! [`throng_scim::filter`] decides about each of them, so a filter means the same everywhere. A list is a sequence of
//! short reads ([`walk`]), each of which goes on where the last one ended.

pub mod cursor;
pub(crate) mod documents;
pub(crate) mod everybody;
mod plan;
mod sorting;
mod source;
mod terms;
mod walk;

use std::sync::Arc;

use throng_jobs::Instant;
use throng_scim::Error as ScimError;
use throng_scim::filter::Filter;
use throng_scim::schema::ResourceType;
use throng_scim::sort::SortBy;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::EntityKey;
use crate::limits;
use crate::model::groups::Group;
use crate::model::resources::Resource;
use crate::model::sources::Sourced;
use crate::model::users::User;
use crate::port::scan::Page;
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::groups::{self, GroupView};
use crate::use_cases::sources::SourceView;
use crate::use_cases::users::{self, UserView};

use cursor::{Binding, Cursor, Spot};
use plan::Plan;
use sorting::{Best, Sorted};
use walk::{Found, Walk};

pub use documents::{configured_resource, group_resource, user_resource};

/// What a list asks.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which resources.
    pub filter: Option<Filter>,
    /// In which order.
    pub sort: Option<SortBy>,
    /// Which stretch of them.
    pub paging: Paging,
    /// Resources at most; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
    /// What else the client asked, such as the attributes to show: a cursor is bound to it.
    pub shown: String,
}

/// Which stretch of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paging {
    /// From this resource on, counted from 1. Source: RFC 7644 §3.4.2.4.
    Index(u64),
    /// From this cursor on; `None` from the start. Source: RFC 9865.
    Cursor(Option<String>),
}

/// Which resources a list is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Users.
    Users,
    /// Groups.
    Groups,
    /// Resources of a type that the configuration defines.
    Resources(Arc<ResourceType>),
    /// Every kind, one after the other.
    Everything,
}

/// What is to be fetched beside the resources themselves.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The groups of users.
    pub groups: bool,
    /// The members of groups.
    pub members: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The page.
    pub resources: Vec<Shown>,
    /// How many there are in all. With a cursor only where counting costs nothing.
    pub total: Option<u64>,
    /// Where the next page begins, for lists by cursor; none on the last page.
    pub next: Option<String>,
}

/// A resource as a list finds it.
#[derive(Clone, Debug)]
pub enum Entity {
    /// A person.
    User(User),
    /// A group.
    Group(Group),
    /// A resource of a configured type.
    Resource(Resource),
}

impl Sourced for Entity {
    fn entity_key(&self) -> EntityKey {
        match self {
            Self::User(user) => user.entity_key(),
            Self::Group(group) => group.entity_key(),
            Self::Resource(resource) => resource.entity_key(),
        }
    }

    fn external_id(&self) -> Option<&str> {
        match self {
            Self::User(user) => user.external_id(),
            Self::Group(group) => group.external_id(),
            Self::Resource(resource) => resource.external_id(),
        }
    }

    fn call(&mut self, external_id: Option<String>) -> Result<()> {
        match self {
            Self::User(user) => user.call(external_id),
            Self::Group(group) => group.call(external_id),
            Self::Resource(resource) => resource.call(external_id),
        }
    }
}

impl Entity {
    /// Its stored attributes.
    fn doc(&self) -> &str {
        match self {
            Self::User(User { doc, .. })
            | Self::Group(Group { doc, .. })
            | Self::Resource(Resource { doc, .. }) => doc,
        }
    }

    /// When it was changed last.
    const fn modified_at(&self) -> Instant {
        match self {
            Self::User(user) => user.modified_at,
            Self::Group(group) => group.modified_at,
            Self::Resource(resource) => resource.modified_at,
        }
    }
}

/// A resource with what was to be fetched beside it.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A person.
    User(UserView),
    /// A group.
    Group(GroupView),
    /// A resource of a configured type.
    Resource(Resource),
}

/// About how many bytes a member of a group or a group of a user has in an answer.
const LINK_BYTES: usize = 200;

impl Shown {
    /// About how many bytes it has in an answer.
    fn bytes(&self) -> usize {
        match self {
            Self::User(view) => view.user.doc.len() + view.groups.len() * LINK_BYTES,
            Self::Group(view) => {
                view.group.doc.len() + view.members.as_ref().map_or(0, Vec::len) * LINK_BYTES
            }
            Self::Resource(resource) => resource.doc.len(),
        }
    }
}

impl Scope {
    const fn permissions(&self) -> &'static [Permission] {
        match self {
            Self::Users => &[Permission::UsersRead],
            Self::Groups => &[Permission::GroupsRead],
            Self::Resources(_) => &[Permission::ResourcesRead],
            Self::Everything => &[Permission::UsersRead, Permission::GroupsRead, Permission::ResourcesRead],
        }
    }

    /// Its name, to which a cursor is bound.
    fn name(&self) -> &str {
        match self {
            Self::Users => "User",
            Self::Groups => "Group",
            Self::Resources(resource_type) => &resource_type.name,
            Self::Everything => "",
        }
    }
}

impl Directory {
    /// A page of the resources that a filter selects.
    ///
    /// They come in order of creation, or as the index that serves the filter has them: by name or by the time of
    /// the last change. By cursor nobody is skipped and nobody comes twice, whatever is created or deleted
    /// meanwhile; where the order is by name or by change, that holds for each resource whose name or time of change
    /// stays the same. A page may be shorter than asked without being the last: where one would be larger than
    /// `PAGE_BYTES_MAX`, and with a cursor also where a read took long.
    ///
    /// # Errors
    /// `Scim`: `invalidFilter`, `tooMany` for a filter that costs too much, `invalidCursor`, `expiredCursor`.
    pub async fn list(
        &self,
        caller: &Caller,
        scope: &Scope,
        query: &ListQuery,
        wanted: Wanted,
    ) -> Result<Listed> {
        scope.permissions().iter().try_for_each(|permission| caller.require(*permission))?;
        let view = SourceView::of(caller);
        let plans = plan::of(scope, &self.registry, view.source.as_deref(), query)?;
        match &query.paging {
            Paging::Index(start) => {
                let count = query.count.unwrap_or(limits::COUNT_DEFAULT);
                let offset = start.saturating_sub(1);
                if query.sort.is_some() && plans.iter().any(|plan| plan.sort.is_some()) {
                    self.list_sorted(view, plans, offset, count, wanted).await
                } else if plans.iter().all(Plan::is_decided) {
                    self.list_at(view, plans, offset, count, wanted).await
                } else {
                    self.list_filtered(view, plans, offset, count, wanted).await
                }
            }
            Paging::Cursor(cursor) => {
                let binding = Binding::of_list(caller, scope.name(), query);
                let from = match cursor {
                    None => Cursor { spot: Spot::Start, count: query.count.unwrap_or(limits::COUNT_DEFAULT) },
                    Some(sealed) => self.open_cursor(&binding, sealed, query.count).await?,
                };
                if plans.iter().any(|plan| plan.sort.is_some()) {
                    self.list_sorted_from(view, plans, from, &binding, wanted).await
                } else {
                    self.list_from(view, plans, from, &binding, wanted).await
                }
            }
        }
    }

    /// A page of what indexes decide alone: one read.
    async fn list_at(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        offset: u64,
        count: usize,
        wanted: Wanted,
    ) -> Result<Listed> {
        let cost = if plans.iter().all(Plan::is_point) { Cost::Point } else { Cost::Scan };
        let read = move |snapshot: &mut dyn Snapshot| {
            let (mut resources, mut total, mut skip) = (Vec::new(), 0, offset);
            let mut room = limits::PAGE_BYTES_MAX;
            for plan in &plans {
                let limit = if room > 0 { count - resources.len() } else { 0 };
                let page = Page { offset: skip, ..Page::first(limit) };
                let (here, found) = plan.counted(snapshot, view.account, &page)?;
                let found = found.into_iter().map(|(_, entity)| entity).collect();
                resources.append(&mut show(snapshot, &view, found, wanted, &mut room)?);
                skip = skip.saturating_sub(here);
                total += here;
            }
            Ok(Listed { resources, total: Some(total), next: None })
        };
        self.store.read(cost, read).await
    }

    /// A page of what the evaluator decides: all candidates are looked at, for the total.
    async fn list_filtered(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        offset: u64,
        count: usize,
        wanted: Wanted,
    ) -> Result<Listed> {
        let mut walk = Walk::new(self, view.clone(), plans, Found::default());
        let (mut page, mut bytes, mut total) = (Vec::new(), 0, 0u64);
        while let Some(matching) = walk.next(limits::READ_ROWS_MAX).await? {
            for (_, entity) in matching {
                if total >= offset && page.len() < count && bytes < limits::PAGE_BYTES_MAX {
                    bytes += entity.doc().len();
                    page.push(entity);
                }
                total += 1;
            }
            if walk.is_too_costly() && !walk.is_done() {
                return Err(too_costly());
            }
        }
        let resources = self.show_all(view, page, wanted).await?;
        Ok(Listed { resources, total: Some(total), next: None })
    }

    /// A page from a cursor on.
    async fn list_from(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        from: Cursor,
        binding: &Binding,
        wanted: Wanted,
    ) -> Result<Listed> {
        let count = from.count;
        let total = if plans.iter().all(Plan::is_decided) {
            let (plans, account) = (plans.clone(), view.account);
            let count = move |snapshot: &mut dyn Snapshot| {
                plans.iter().map(|plan| plan.known_count(snapshot, account)).sum::<Result<Option<u64>>>()
            };
            self.store.read(Cost::Scan, count).await?
        } else {
            None
        };
        let from = match from.spot {
            Spot::Walked(found) => found,
            Spot::Start | Spot::Sorted(_) => Found::default(),
        };
        let mut walk = Walk::new(self, view.clone(), plans, from);
        let (mut page, mut bytes, mut next): (Vec<(Found, Entity)>, _, _) = (Vec::new(), 0, None);
        // One more than asked shows whether there is a next page.
        'pages: while count > 0
            && let Some(matching) = walk.next(count + 1 - page.len()).await?
        {
            for (found, entity) in matching {
                if page.len() == count || bytes >= limits::PAGE_BYTES_MAX {
                    next = page.last().map(|(found, _)| found.clone());
                    break 'pages;
                }
                bytes += entity.doc().len();
                page.push((found, entity));
            }
            if walk.is_too_costly() && !walk.is_done() {
                // What was found is an answer; the next page goes on where this one had to stop.
                next = Some(if page.is_empty() { return Err(too_costly()) } else { walk.place() });
                break;
            }
        }
        let (places, page): (Vec<_>, _) = page.into_iter().unzip();
        let resources = self.show_all(view, page, wanted).await?;
        let next = behind(&places, resources.len()).or(next).map(Spot::Walked);
        Ok(Listed { resources, total, next: self.seal_next(binding, next, count).await? })
    }

    /// A page of a list that no index has in order.
    async fn list_sorted(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        offset: u64,
        count: usize,
        wanted: Wanted,
    ) -> Result<Listed> {
        let behind = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(count);
        if behind > limits::SORTED_INDEX_MAX {
            let max = limits::SORTED_INDEX_MAX;
            return Err(too_far(&format!("a sorted list goes to its {max}th resource by index")));
        }
        let (best, total) = self.sort(view.clone(), plans, None, behind).await?;
        let skip = behind - count;
        if best.is_cut() && best.len() <= skip {
            return Err(too_far("the resources before this page are too large to be sorted by index"));
        }
        let page = best.into_sorted().skip(skip).map(|(_, entity)| entity).collect();
        Ok(Listed { resources: self.show_all(view, page, wanted).await?, total: Some(total), next: None })
    }

    /// A page of a list that no index has in order, from a cursor on.
    async fn list_sorted_from(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        from: Cursor,
        binding: &Binding,
        wanted: Wanted,
    ) -> Result<Listed> {
        let after = match from.spot {
            Spot::Sorted(place) => Some(place),
            Spot::Start | Spot::Walked(_) => None,
        };
        let count = from.count;
        let (best, total) = self.sort(view.clone(), plans, after, count + 1).await?;
        let more = best.is_cut() || best.len() > count;
        let (places, page): (Vec<_>, _) = best.into_sorted().take(count).unzip();
        let resources = self.show_all(view, page, wanted).await?;
        let last = places.last().filter(|_| more).cloned();
        let next = behind(&places, resources.len()).or(last).map(Spot::Sorted);
        Ok(Listed { resources, total: Some(total), next: self.seal_next(binding, next, count).await? })
    }

    async fn seal_next(&self, binding: &Binding, next: Option<Spot>, count: usize) -> Result<Option<String>> {
        match next {
            Some(spot) => self.seal_cursor(binding, &Cursor { spot, count }).await.map(Some),
            None => Ok(None),
        }
    }

    /// The first so many matches behind a place, and how many there are in all.
    async fn sort(
        &self,
        view: SourceView,
        plans: Vec<Plan>,
        after: Option<Sorted>,
        wanted: usize,
    ) -> Result<(Best, u64)> {
        let mut walk = Walk::new(self, view.clone(), plans, Found::default());
        let (mut best, mut total) = (Best::new(wanted), 0);
        while let Some((matching, found)) = walk.next_sorted(after.as_ref(), wanted).await? {
            best.merge(found);
            total += matching;
            if walk.is_too_costly() && !walk.is_done() {
                return Err(too_costly());
            }
        }
        Ok((best, total))
    }

    /// Fetches what is shown beside these resources: the first of them, if not all fit on a page.
    async fn show_all(&self, view: SourceView, entities: Vec<Entity>, wanted: Wanted) -> Result<Vec<Shown>> {
        if entities.is_empty() {
            return Ok(Vec::new());
        }
        let read = move |snapshot: &mut dyn Snapshot| {
            show(snapshot, &view, entities.clone(), wanted, &mut { limits::PAGE_BYTES_MAX })
        };
        self.store.read(Cost::Scan, read).await
    }
}

/// The place behind the last resource that is shown, if not all of a page's are.
fn behind<T: Clone>(places: &[T], shown: usize) -> Option<T> {
    places.get(shown.checked_sub(1)?).filter(|_| shown < places.len()).cloned()
}

/// Resources as the source sees them, with what is wanted beside them: so many as there is room for, in bytes, at least
/// one if there is any.
fn show(
    snapshot: &mut dyn Snapshot,
    view: &SourceView,
    mut entities: Vec<Entity>,
    wanted: Wanted,
    room: &mut usize,
) -> Result<Vec<Shown>> {
    let account = view.account;
    for kind in entities.chunk_by_mut(|a, b| a.entity_key().kind() == b.entity_key().kind()) {
        view.see_all(snapshot, kind)?;
    }
    let mut shown = Vec::with_capacity(entities.len());
    for entity in entities {
        if *room == 0 {
            break;
        }
        let one = match entity {
            Entity::User(user) => Shown::User(users::view(snapshot, account, user, wanted.groups)?),
            Entity::Group(group) => Shown::Group(groups::view(snapshot, account, group, wanted.members)?),
            Entity::Resource(resource) => Shown::Resource(resource),
        };
        *room = room.saturating_sub(one.bytes());
        shown.push(one);
    }
    Ok(shown)
}

/// The refusal of a page that only a cursor leads to.
fn too_far(why: &str) -> Error {
    Error::Scim(ScimError::too_many(format!("{why}; page by cursor instead")))
}

/// The refusal of a list that costs too much.
pub(crate) fn too_costly() -> Error {
    let detail = "this list looks at too many resources; add a term such as userName eq, externalId eq or \
                  emails.value eq, sort by userName or meta.lastModified, or page by cursor";
    Error::Scim(ScimError::too_many(detail))
}
