//! How the resources that a filter selects are found: which index serves which term, and what is left for the
//! evaluator.

use std::sync::Arc;

use throng_jobs::Instant;
use throng_scim::Error as ScimError;
use throng_scim::filter::{Comparison, Filter, Literal, Operator};
use throng_scim::schema::{self, ResourceType};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey, parse_number, parse_uuid};
use crate::limits;
use crate::model::canonical;
use crate::model::groups::MemberId;
use crate::model::time::parse_rfc3339;
use crate::port::Snapshot;
use crate::port::scan::{NameRange, Page, Place, Scan, TimeRange};
use crate::use_cases::nesting::{is_nested, members_below};

use super::documents::{Needs, fold, paths};
use super::{Entity, Scope};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Users,
    Groups,
}

impl Kind {
    pub(super) fn resource_type(self) -> &'static ResourceType {
        match self {
            Self::Users => &schema::USER,
            Self::Groups => &schema::GROUP,
        }
    }
}

/// How the resources of one kind are found.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    source: Source,
    /// What the evaluator has to decide about each candidate, and what it needs for that.
    pub(super) filter: Option<(Arc<Filter>, Needs)>,
}

/// Where candidates come from.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// There are none.
    Nothing,
    User(Uuid),
    UserNamed(String),
    Group(GroupNumber),
    Rows(Scan),
    /// The users in a group, nested ones included.
    MembersOf(GroupNumber),
    /// The groups that a user or a group is in directly.
    GroupsOf(MemberId),
}

/// Candidates in order.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Each with the place behind it.
    pub(super) found: Vec<(Place, Entity)>,
    /// Where the next ones are; none behind the last.
    pub(super) next: Option<Place>,
}

/// Plans for each kind of the scope, in the order in which they are listed.
///
/// # Errors
/// `invalidFilter` for an attribute that no kind of the scope has, and for what cannot be compared.
pub(super) fn of(scope: Scope, filter: Option<&Filter>) -> Result<Vec<Plan>> {
    let kinds: &[Kind] = match scope {
        Scope::Users => &[Kind::Users],
        Scope::Groups => &[Kind::Groups],
        Scope::Everything => &[Kind::Users, Kind::Groups],
    };
    let Some(filter) = filter else {
        let all = |kind: &Kind| Plan { kind: *kind, source: Source::Rows(Scan::All), filter: None };
        return Ok(kinds.iter().map(all).collect());
    };
    // Over several kinds an attribute that one of them lacks has no value there. Source: RFC 7644 §3.4.2.1.
    let checked = kinds.iter().map(|kind| filter.check(kind.resource_type()));
    if let Some(error) = checked.clone().find_map(Result::err).filter(|_| checked.clone().all(|c| c.is_err()))
    {
        return Err(error.into());
    }
    kinds.iter().map(|kind| plan(*kind, filter)).collect()
}

fn plan(kind: Kind, filter: &Filter) -> Result<Plan> {
    let terms = filter.conjuncts();
    let served: Vec<Served> = terms.iter().map(|term| serve(kind, term)).collect();
    let mut best = Served::none();
    for term in served.iter().filter(|term| term.source.is_some()) {
        best = best.narrower(term);
    }
    let source = best.source.clone().unwrap_or(Source::Rows(Scan::All));
    // A term whose index says exactly the same needs no second look.
    let is_settled =
        |term: &Served| term.is_exact && term.source.as_ref().is_some_and(|other| source.settles(other));
    let left: Vec<Filter> = terms
        .iter()
        .zip(&served)
        .filter(|(_, served)| !is_settled(served))
        .map(|(term, _)| term.clone())
        .collect();
    let left = match left.len() {
        0 => None,
        1 => left.into_iter().next(),
        _ => Some(Filter::And(left)),
    };
    if let Some(left) = &left {
        check_members(kind, left)?;
    }
    let filter = left.map(|left| {
        let needs = Needs::of(&left, kind.resource_type());
        (Arc::new(left), needs)
    });
    Ok(Plan { kind, source, filter })
}

/// Which index serves a term.
#[derive(Clone, Debug)]
struct Served {
    source: Option<Source>,
    /// Whether the index finds exactly those for which the term holds, not some more.
    is_exact: bool,
}

impl Served {
    const fn none() -> Self {
        Self { source: None, is_exact: false }
    }

    const fn exactly(source: Source) -> Self {
        Self { source: Some(source), is_exact: true }
    }

    /// The narrower of two; ranges of one index are joined.
    fn narrower(self, other: &Self) -> Self {
        let joined = match (&self.source, &other.source) {
            (Some(Source::Rows(Scan::Names(a))), Some(Source::Rows(Scan::Names(b)))) => {
                Some(Source::Rows(Scan::Names(a.clone().and(b.clone()))))
            }
            (Some(Source::Rows(Scan::Modified(a))), Some(Source::Rows(Scan::Modified(b)))) => {
                Some(Source::Rows(Scan::Modified(a.and(*b))))
            }
            _ => None,
        };
        if joined.is_some() {
            return Self { source: joined, is_exact: self.is_exact && other.is_exact };
        }
        let breadth = |served: &Self| served.source.as_ref().map_or(u8::MAX, Source::breadth);
        if breadth(other) < breadth(&self) { other.clone() } else { self }
    }
}

impl Source {
    /// Smaller is narrower.
    const fn breadth(&self) -> u8 {
        match self {
            // Nothing else can decide about the members of a group, so this comes before all others.
            Self::GroupsOf(_) | Self::Nothing => 0,
            Self::User(_) | Self::Group(_) => 1,
            Self::UserNamed(_) => 2,
            Self::Rows(Scan::ExternalId(_) | Scan::Email(_)) => 3,
            Self::MembersOf(_) => 4,
            Self::Rows(Scan::Names(_)) => 5,
            Self::Rows(Scan::Modified(_)) => 6,
            Self::Rows(Scan::All) => 7,
        }
    }

    /// Whether all that comes from here is also what `other` finds.
    fn settles(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, _) => true,
            (Self::Rows(Scan::Names(here)), Self::Rows(Scan::Names(there))) => {
                here.from >= there.from && here.until <= there.until
            }
            (here, there) => here == there,
        }
    }
}

/// Looks for an index that serves a term.
fn serve(kind: Kind, term: &Filter) -> Served {
    let resource_type = kind.resource_type();
    match term {
        Filter::Compare(Comparison { path, operator, literal: Literal::Text(text) }) => {
            match path.canonical(resource_type) {
                Some(name) => compared(kind, &name, *operator, text),
                None => Served::none(),
            }
        }
        Filter::Element { path, inner } => {
            let equal = inner.conjuncts().iter().filter_map(Filter::equality);
            let value = equal.into_iter().find(|(sub, _)| sub.attribute.eq_ignore_ascii_case("value"));
            let (Some((_, text)), Some(name)) = (value, path.canonical(resource_type)) else {
                return Served::none();
            };
            let served = compared(kind, &name, Operator::Eq, text);
            Served { is_exact: served.is_exact && inner.equality().is_some(), ..served }
        }
        _ => Served::none(),
    }
}

/// The index for `attribute operator "text"`.
fn compared(kind: Kind, attribute: &str, operator: Operator, text: &str) -> Served {
    use Operator::Eq;
    match (kind, attribute, operator) {
        (_, "externalId", Eq) => Served::exactly(held(text, Scan::ExternalId)),
        (_, "meta.lastModified", _) => modified(operator, text),
        (Kind::Users, "id", Eq) => Served::exactly(parse_uuid(text).map_or(Source::Nothing, Source::User)),
        (Kind::Users, "userName", Eq) => {
            let key = canonical::login_key("userName", text).ok();
            Served::exactly(key.map_or(Source::Nothing, Source::UserNamed))
        }
        (Kind::Users, "userName", _) | (Kind::Groups, "displayName", _) => {
            named(kind, attribute, operator, text)
        }
        (Kind::Users, "emails.value", Eq) => Served::exactly(held(&canonical::email_key(text), Scan::Email)),
        (Kind::Users, "groups.value", Eq) => {
            let group = parse_number(text).map(GroupNumber);
            Served::exactly(group.map_or(Source::Nothing, Source::MembersOf))
        }
        (Kind::Groups, "id", Eq) => {
            let group = parse_number(text).map(GroupNumber);
            Served::exactly(group.map_or(Source::Nothing, Source::Group))
        }
        (Kind::Groups, "members.value", Eq) => {
            Served::exactly(MemberId::parse(text).map_or(Source::Nothing, Source::GroupsOf))
        }
        _ => Served::none(),
    }
}

/// Those under a key; there are none with one that no index can hold.
fn held(key: &str, scan: fn(String) -> Scan) -> Source {
    if canonical::is_indexable(key) { Source::Rows(scan(key.to_owned())) } else { Source::Nothing }
}

/// A range of canonical names.
fn named(kind: Kind, attribute: &str, operator: Operator, text: &str) -> Served {
    let Some(key) = fold(kind.resource_type(), attribute, text) else { return Served::none() };
    // No name contains a control character, so this is the first text behind the key.
    let behind = format!("{key}\u{1}");
    let all = NameRange::all();
    let range = match operator {
        Operator::Eq => NameRange { from: key, until: behind },
        Operator::Sw => NameRange::starting_with(&key),
        Operator::Gt => NameRange { from: behind, ..all },
        Operator::Ge => NameRange { from: key, ..all },
        Operator::Lt => NameRange { until: key, ..all },
        Operator::Le => NameRange { until: behind, ..all },
        Operator::Ne | Operator::Co | Operator::Ew => return Served::none(),
    };
    let bound = [&range.from, &range.until].into_iter().all(|text| !text.contains('\0'));
    if bound { Served::exactly(Source::Rows(Scan::Names(range))) } else { Served::none() }
}

/// A range of times, a millisecond wider than asked on either side: that is as fine as clients see them.
fn modified(operator: Operator, text: &str) -> Served {
    let Some(time) = parse_rfc3339(text) else { return Served::none() };
    let millisecond = std::time::Duration::from_millis(1);
    let (early, late): (Instant, Instant) = (time.minus(millisecond), time.plus(millisecond));
    let all = TimeRange::all();
    let range = match operator {
        Operator::Gt | Operator::Ge => TimeRange { from: early, ..all },
        Operator::Lt | Operator::Le => TimeRange { until: late, ..all },
        Operator::Eq => TimeRange { from: early, until: late },
        Operator::Ne | Operator::Co | Operator::Sw | Operator::Ew => return Served::none(),
    };
    Served { source: Some(Source::Rows(Scan::Modified(range))), is_exact: false }
}

/// Refuses what the evaluator cannot decide, because members are not in the document that it sees.
fn check_members(kind: Kind, filter: &Filter) -> Result<()> {
    let names_members = |name: &str| name == "members" || name.starts_with("members.");
    let canonical = |path: &throng_scim::path::AttrPath| path.canonical(kind.resource_type());
    if kind != Kind::Groups
        || !paths(filter).into_iter().filter_map(canonical).any(|name| names_members(&name))
    {
        return Ok(());
    }
    let detail = "members can be filtered only by members.value eq \"<id>\" or members[value eq \"<id>\"], alone or \
                  with `and`, and one at a time";
    Err(Error::Scim(ScimError::invalid_filter(detail)))
}

impl Plan {
    /// Whether every candidate is a match.
    pub(super) const fn is_decided(&self) -> bool {
        self.filter.is_none()
    }

    /// Whether it finds its few candidates by look-ups.
    pub(super) fn is_point(&self) -> bool {
        self.source.breadth() <= 3
    }

    /// How many candidates there are.
    pub(super) fn count(&self, snapshot: &mut dyn Snapshot, account: AccountId) -> Result<u64> {
        Ok(match (&self.source, self.kind) {
            (Source::Rows(scan), Kind::Users) => snapshot.count_users(account, scan)?,
            (Source::Rows(scan), Kind::Groups) => snapshot.count_groups(account, scan)?,
            (Source::MembersOf(group), _) => count_members(snapshot, account, *group)?,
            _ => self.page(snapshot, account, &Page::first(limits::READ_ROWS_MAX))?.found.len() as u64,
        })
    }

    /// A stretch of the candidates.
    pub(super) fn page(
        &self,
        snapshot: &mut dyn Snapshot,
        account: AccountId,
        page: &Page,
    ) -> Result<Stretch> {
        let entities: Vec<Entity> = match (&self.source, self.kind) {
            (Source::Nothing, _) => Vec::new(),
            (Source::User(uuid), _) => single(snapshot.user(account, *uuid)?.map(Entity::User), page),
            (Source::UserNamed(key), _) => {
                single(snapshot.user_by_name(account, key)?.map(Entity::User), page)
            }
            (Source::Group(number), _) => single(snapshot.group(account, *number)?.map(Entity::Group), page),
            (Source::Rows(scan), Kind::Users) => {
                snapshot.users(account, scan, page)?.into_iter().map(Entity::User).collect()
            }
            (Source::Rows(scan), Kind::Groups) => {
                snapshot.groups(account, scan, page)?.into_iter().map(Entity::Group).collect()
            }
            (Source::MembersOf(group), _) => return members_of(snapshot, account, *group, page),
            (Source::GroupsOf(member), _) => groups_of(snapshot, account, *member, page)?,
        };
        let found: Vec<_> = entities.into_iter().map(|entity| (self.place(&entity), entity)).collect();
        let next = found.last().filter(|_| found.len() == page.limit).map(|(place, _)| place.clone());
        Ok(Stretch { found, next })
    }

    /// The place behind a candidate.
    fn place(&self, entity: &Entity) -> Place {
        let (key, name, modified) = match entity {
            Entity::User(user) => (user.key.0, &user.name_key, user.modified_at),
            Entity::Group(group) => (group.number.0, &group.name_key, group.modified_at),
        };
        match self.source {
            Source::Rows(Scan::Names(_)) => Place::Name(name.clone(), key),
            Source::Rows(Scan::Modified(_)) => Place::Time(modified, key),
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
            // Who was deleted may be a member until a job has removed the memberships.
            let users = snapshot.users_with_keys(account, &keys)?.into_iter().flatten();
            let found = users.map(|user| (Place::Key(user.key.0), Entity::User(user))).collect();
            return Ok(Stretch { found, next: (keys.len() == limit).then_some(Place::Key(last.0)) });
        }
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(keys.len());
        after = keys[skipped - 1];
        skip -= skipped as u64;
    }
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
        MemberId::User(uuid) => snapshot.user(account, uuid)?.map(|user| MemberKey::User(user.key)),
        MemberId::Group(number) => snapshot.group(account, number)?.map(|_| MemberKey::Group(number)),
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
