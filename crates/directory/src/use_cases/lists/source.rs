//! Where the candidates of a list come from: look-ups, scans of indexes, memberships.

use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::sources::Sourced;
use crate::port::Snapshot;
use crate::port::scan::{Page, Place, Scan};
use crate::use_cases::nesting::{is_nested, members_below};

use super::plan::{Kind, Plan};
use super::{Entity, too_costly};

/// Where candidates come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// There are none.
    Nothing,
    User(Uuid),
    UserNamed(String),
    Group(GroupNumber),
    Resource(Uuid),
    /// The resource whose unique attribute has this canonical key.
    Unique(String, String),
    Rows(Scan),
    /// The users in a group, nested ones included.
    MembersOf(GroupNumber),
    /// The groups that a user or a group is in directly.
    GroupsOf(MemberId),
}

impl Source {
    /// Smaller is narrower.
    pub(super) const fn breadth(&self) -> u8 {
        match self {
            // Nothing else can decide about the members of a group, so this comes before all others.
            Self::GroupsOf(_) | Self::Nothing => 0,
            Self::User(_) | Self::Group(_) | Self::Resource(_) => 1,
            Self::UserNamed(_) | Self::Unique(..) => 2,
            Self::Rows(Scan::ExternalId(_) | Scan::SourceId { .. } | Scan::Email(_)) => 3,
            Self::MembersOf(_) => 4,
            Self::Rows(Scan::Names(_)) => 5,
            Self::Rows(Scan::Modified(_)) => 6,
            Self::Rows(Scan::All) => 7,
        }
    }

    /// Whether all that comes from here is also what `other` finds.
    pub(super) fn settles(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Rows(Scan::All)) => true,
            (Self::Rows(Scan::Names(here)), Self::Rows(Scan::Names(there))) => {
                here.from >= there.from && here.until <= there.until
            }
            (here, there) => here == there,
        }
    }
}

/// Candidates in order.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Each with the place behind it.
    pub(super) found: Vec<(Place, Entity)>,
    /// Where the next ones are; none behind the last.
    pub(super) next: Option<Place>,
}

impl Plan {
    /// Whether it finds its few candidates by look-ups.
    pub(super) const fn is_point(&self) -> bool {
        self.source.breadth() <= 3
    }

    /// How many candidates there are.
    pub(super) fn count(&self, snapshot: &mut dyn Snapshot, account: AccountId) -> Result<u64> {
        Ok(match (&self.source, self.kind) {
            (Source::Rows(scan), kind) => {
                // The index of all names has everybody: they are counted as such, which is cheaper.
                let scan = if scan.is_whole() { &Scan::All } else { scan };
                match kind {
                    Kind::Users => snapshot.count_users(account, scan)?,
                    Kind::Groups => snapshot.count_groups(account, scan)?,
                    Kind::Resources => snapshot.count_resources(account, &self.resource_type.name, scan)?,
                }
            }
            (Source::MembersOf(group), _) => count_members(snapshot, account, *group)?,
            _ => self.page(snapshot, account, &Page::first(limits::READ_ROWS_MAX))?.found.len() as u64,
        })
    }

    /// How many candidates there are, and a page of them.
    pub(super) fn counted(
        &self,
        snapshot: &mut dyn Snapshot,
        account: AccountId,
        page: &Page,
    ) -> Result<(u64, Vec<(Place, Entity)>)> {
        if self.source.breadth() <= 2 {
            // One look-up tells both.
            let mut found = self.page(snapshot, account, &Page::first(limits::READ_ROWS_MAX))?.found;
            let total = found.len() as u64;
            let skip = usize::try_from(page.offset).unwrap_or(usize::MAX).min(found.len());
            found.drain(..skip);
            found.truncate(page.limit);
            return Ok((total, found));
        }
        let total = self.count(snapshot, account)?;
        let found = if page.limit > 0 && page.offset < total {
            self.page(snapshot, account, page)?.found
        } else {
            Vec::new()
        };
        Ok((total, found))
    }

    /// How many candidates there are, unless they would have to be counted one by one: a walk does not pay that with
    /// every page.
    pub(super) fn known_count(&self, snapshot: &mut dyn Snapshot, account: AccountId) -> Result<Option<u64>> {
        let is_known = match &self.source {
            Source::Rows(scan @ (Scan::Names(_) | Scan::Modified(_))) => scan.is_whole(),
            Source::MembersOf(group) => !is_nested(snapshot, account, *group)?,
            _ => true,
        };
        if is_known { self.count(snapshot, account).map(Some) } else { Ok(None) }
    }

    /// A stretch of the candidates.
    pub(super) fn page(
        &self,
        snapshot: &mut dyn Snapshot,
        account: AccountId,
        page: &Page,
    ) -> Result<Stretch> {
        let kind = &self.resource_type.name;
        let page = &Page { descending: self.descending, ..page.clone() };
        let entities: Vec<Entity> = match (&self.source, self.kind) {
            (Source::Nothing, _) => Vec::new(),
            (Source::User(uuid), _) => single(snapshot.user(account, *uuid)?.map(Entity::User), page),
            (Source::UserNamed(key), _) => {
                single(snapshot.user_by_name(account, key)?.map(Entity::User), page)
            }
            (Source::Group(number), _) => single(snapshot.group(account, *number)?.map(Entity::Group), page),
            (Source::Resource(uuid), _) => {
                single(snapshot.resource(account, kind, *uuid)?.map(Entity::Resource), page)
            }
            (Source::Unique(attribute, key), _) => {
                let found = snapshot.resource_with(account, kind, attribute, key)?;
                single(found.map(Entity::Resource), page)
            }
            (Source::Rows(scan), Kind::Users) => {
                snapshot.users(account, scan, page)?.into_iter().map(Entity::User).collect()
            }
            (Source::Rows(scan), Kind::Groups) => {
                snapshot.groups(account, scan, page)?.into_iter().map(Entity::Group).collect()
            }
            (Source::Rows(scan), Kind::Resources) => {
                snapshot.resources(account, kind, scan, page)?.into_iter().map(Entity::Resource).collect()
            }
            (Source::MembersOf(group), _) => return members_of(snapshot, account, *group, page),
            (Source::GroupsOf(member), _) => groups_of(snapshot, account, *member, page)?,
        };
        let found: Vec<_> = entities.into_iter().map(|entity| (self.place(&entity), entity)).collect();
        let bytes: usize = found.iter().map(|(_, entity)| entity.doc().len()).sum();
        let is_cut = found.len() == page.limit || bytes >= limits::PAGE_BYTES_MAX;
        let next = found.last().filter(|_| is_cut).map(|(place, _)| place.clone());
        Ok(Stretch { found, next })
    }

    /// The place behind a candidate.
    fn place(&self, entity: &Entity) -> Place {
        let key = entity.entity_key().number();
        match (&self.source, entity) {
            (Source::Rows(Scan::Names(_)), Entity::User(user)) => Place::Name(user.name_key.clone(), key),
            (Source::Rows(Scan::Names(_)), Entity::Group(group)) => Place::Name(group.name_key.clone(), key),
            (Source::Rows(Scan::Modified(_)), _) => Place::Time(entity.modified_at(), key),
            _ => Place::Key(key),
        }
    }
}

/// The one candidate, if the page has it.
fn single(entity: Option<Entity>, page: &Page) -> Vec<Entity> {
    let wanted = page.after == Place::Start && page.offset == 0 && page.limit > 0;
    entity.filter(|_| wanted).into_iter().collect()
}

fn members_of(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    group: GroupNumber,
    page: &Page,
) -> Result<Stretch> {
    let (mut after, mut skip) = (UserKey(page.after_key().max(0)), page.offset);
    loop {
        let limit = if skip == 0 { page.limit } else { limits::READ_ROWS_MAX };
        let keys = members_below(snapshot, account, group, after, limit)?;
        let Some(last) = keys.last().copied() else { return Ok(Stretch::default()) };
        if skip == 0 {
            let (found, behind) = users_of(snapshot, account, &keys)?;
            let is_cut = keys.len() == limit || behind < last;
            return Ok(Stretch { found, next: is_cut.then_some(Place::Key(behind.0)) });
        }
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(keys.len());
        after = keys[skipped - 1];
        skip -= skipped as u64;
    }
}

/// The users with these keys, and behind whom the next ones are. Who was deleted may be a member until a job has removed
/// the memberships.
fn users_of(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    keys: &[UserKey],
) -> Result<(Vec<(Place, Entity)>, UserKey)> {
    let (mut found, mut bytes, mut behind) = (Vec::new(), 0, UserKey(0));
    for some in keys.chunks(limits::LOOK_UPS_AT_ONCE) {
        for user in snapshot.users_with_keys(account, some)?.into_iter().flatten() {
            bytes += user.doc.len();
            found.push((Place::Key(user.key.0), Entity::User(user)));
        }
        behind = some.last().copied().unwrap_or(behind);
        if bytes >= limits::PAGE_BYTES_MAX {
            break;
        }
    }
    Ok((found, behind))
}

fn count_members(snapshot: &mut dyn Snapshot, account: AccountId, group: GroupNumber) -> Result<u64> {
    if !is_nested(snapshot, account, group)? {
        return Ok(snapshot.group(account, group)?.map_or(0, |group| group.members));
    }
    // Somebody may be in several of the groups.
    let (mut total, mut after) = (0, UserKey(0));
    loop {
        let keys = members_below(snapshot, account, group, after, limits::READ_ROWS_MAX)?;
        total += keys.len() as u64;
        if total > limits::LIST_CANDIDATES_MAX {
            return Err(too_costly());
        }
        match keys.last() {
            Some(last) if keys.len() == limits::READ_ROWS_MAX => after = *last,
            _ => return Ok(total),
        }
    }
}

/// The groups that one user or group is in directly, by number.
fn groups_of(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    member: MemberId,
    page: &Page,
) -> Result<Vec<Entity>> {
    let member = match member {
        MemberId::User(uuid) => snapshot.user(account, uuid)?.map(|user| MemberKey::user(user.key)),
        MemberId::Group(number) => snapshot.group(account, number)?.map(|_| MemberKey::group(number)),
    };
    let Some(member) = member else { return Ok(Vec::new()) };
    let skip = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let limit = page.limit.saturating_add(skip).min(limits::READ_ROWS_MAX);
    let after = GroupNumber(page.after_key().max(0));
    let mut groups = Vec::new();
    for group in snapshot.groups_of(account, member, after, limit)?.iter().skip(skip) {
        groups.extend(snapshot.group(account, group.number)?.map(Entity::Group));
    }
    Ok(groups)
}
