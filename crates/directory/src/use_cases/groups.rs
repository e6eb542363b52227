//! Groups: read, list, delete. Writes are in [`super::group_writes`].

use serde_json::json;
use throng_jobs::{Counts, State, Tally};
use throng_scim as scim;
use throng_scim::filter::Filter;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, JobNumber, MemberKey, parse_number};
use crate::limits;
use crate::model::canonical;
use crate::model::groups::{Group, GroupRef, Member, MemberId};
use crate::model::jobs::{Job, Spec, Target};
use crate::port::users::Page;
use crate::port::{AccountLock, Class, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::departures::Departure;
use crate::use_cases::lists::{self, ListQuery, Listed};
use crate::use_cases::members;
use crate::use_cases::versions::Precondition;

/// A group, with its members if they were asked for and are few enough to be shown.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// The members without their names: users in order of creation, then groups by number; `None` when not asked
    /// for or more than `EMBEDDED_MEMBERS_MAX`.
    pub members: Option<Vec<Member>>,
}

#[derive(Clone, Debug)]
enum Candidates {
    All,
    Number(Option<GroupNumber>),
    Name(Option<String>),
    ExternalId(String),
    WithMember(Option<MemberId>),
}

impl Directory {
    /// The group with this number.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group(&self, caller: &Caller, id: &str, with_members: bool) -> Result<GroupView> {
        caller.require(Permission::GroupsRead)?;
        let (account, number) = (caller.account, parse_group(id)?);
        let read = move |snapshot: &mut dyn Snapshot| {
            let group = snapshot.group(account, number)?.ok_or_else(not_found)?;
            view(snapshot, account, group, with_members)
        };
        self.store.read(Cost::Point, read).await
    }

    /// A page of the groups that a filter selects, by number.
    ///
    /// # Errors
    /// `Scim` for a filter that is refused or costs too much.
    pub async fn groups(
        &self,
        caller: &Caller,
        query: &ListQuery,
        with_members: bool,
    ) -> Result<Listed<GroupView>> {
        caller.require(Permission::GroupsRead)?;
        let account = caller.account;
        let candidates = match &query.filter {
            None => Candidates::All,
            Some(filter) => {
                filter.check(&scim::schema::GROUP)?;
                check_members(filter)?;
                candidates(&lists::equalities(filter, &scim::schema::GROUP))
            }
        };
        let decided = match (&query.filter, &candidates) {
            (None, _) => true,
            (Some(_), Candidates::All) => false,
            (Some(filter), _) => lists::is_single(filter),
        };
        if !decided && let Some(filter) = query.filter.clone() {
            return self.filtered_groups(account, candidates, filter, query, with_members).await;
        }
        let page = Page { offset: query.offset(), limit: query.count };
        let read = move |snapshot: &mut dyn Snapshot| {
            let (groups, total) = find(snapshot, account, &candidates, page)?;
            let views = groups.into_iter().map(|group| view(snapshot, account, group, with_members));
            Ok(Listed { resources: views.collect::<Result<_>>()?, total })
        };
        self.store.read(Cost::Scan, read).await
    }

    async fn filtered_groups(
        &self,
        account: AccountId,
        candidates: Candidates,
        filter: Filter,
        query: &ListQuery,
        with_members: bool,
    ) -> Result<Listed<GroupView>> {
        let started = self.now();
        let (mut listed, mut seen) = (Listed { resources: Vec::new(), total: 0 }, 0u64);
        let wanted = query.offset()..query.offset() + query.count as u64;
        loop {
            let page = Page { offset: seen, limit: limits::READ_ROWS_MAX };
            let (candidates, filter) = (candidates.clone(), filter.clone());
            let read = move |snapshot: &mut dyn Snapshot| {
                let (groups, _) = find(snapshot, account, &candidates, page)?;
                let looked_at = groups.len();
                let keep = |group: &Group| {
                    let mut resource = lists::group_resource(group);
                    if let Candidates::WithMember(Some(id)) = &candidates {
                        resource.insert("members".to_owned(), json!([{ "value": id.to_string() }]));
                    }
                    lists::matches(&filter, &resource, &scim::schema::GROUP)
                };
                Ok((looked_at, groups.into_iter().filter(keep).collect::<Vec<Group>>()))
            };
            let (looked_at, matching) = self.store.read(Cost::Scan, read).await?;
            for group in matching {
                if wanted.contains(&listed.total) {
                    let show = move |snapshot: &mut dyn Snapshot| {
                        view(snapshot, account, group.clone(), with_members)
                    };
                    listed.resources.push(self.store.read(Cost::Point, show).await?);
                }
                listed.total += 1;
            }
            seen += looked_at as u64;
            if looked_at < limits::READ_ROWS_MAX {
                return Ok(listed);
            }
            if seen >= lists::FILTER_CANDIDATES_MAX || self.now().since(started) > lists::FILTER_TIME_MAX {
                return Err(lists::too_costly());
            }
        }
    }

    /// Deletes a group at once. Its unfinished jobs end ABORTED; its members, and its memberships in other groups,
    /// are cleared in the same transaction up to `INLINE_ITEMS_MAX` each, else by a job.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`.
    pub async fn delete_group(&self, caller: &Caller, id: &str, precondition: &Precondition) -> Result<()> {
        caller.require(Permission::GroupsWrite)?;
        let (account, number, now) = (caller.account, parse_group(id)?, self.now());
        let (precondition, client) = (precondition.clone(), caller.client);
        let (uuid, job) = (self.ids.uuid(now), self.ids.uuid(now));
        let delete = move |tx: &mut dyn Tx| {
            // It joins no group while it goes.
            tx.lock_account(account, AccountLock::Exclusive)?;
            let departure = Departure { account, member: MemberKey::group(number), client, job, now };
            let parents = departure.groups(tx)?;
            let group = lock_with_parents(tx, account, number, &parents)?;
            precondition.check(group.version)?;
            for mut job in tx.lock_unfinished(account, Target::Group(number), limits::READ_ROWS_MAX)? {
                job.state = State::Aborted;
                job.counts.skip_rest();
                job.ended_at = Some(now);
                job.message = Some("the group was deleted".to_owned());
                tx.update_job(&job)?;
                tx.give_back(account, job.number)?;
            }
            let leaving = departure.leave(tx, &parents)?;
            tx.delete_group(account, number)?;
            let few = tx.members(account, number, None, limits::INLINE_ITEMS_MAX + 1)?;
            if few.len() <= limits::INLINE_ITEMS_MAX {
                tx.remove_members(account, number, &few)?;
                return Ok(leaving);
            }
            let mut job = Job::pending(account, uuid, Spec::ClearGroup, Target::Group(number), now);
            job.client = client;
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.counts = Counts::of_total(group.members);
            tx.insert_job(&job)?;
            Ok(true)
        };
        let queued = self.store.write(Class::Interactive, delete).await?;
        self.bell.job_ended();
        if queued {
            self.bell.job_queued();
        }
        Ok(())
    }
}

/// Locks a group that goes and, if it leaves them at once, the groups that it is in, all by rising number.
fn lock_with_parents(
    tx: &mut dyn Tx,
    account: AccountId,
    number: GroupNumber,
    parents: &[GroupRef],
) -> Result<Group> {
    let parents = if Departure::is_short(parents) { parents } else { &[] };
    let (before, behind) = parents.split_at(parents.partition_point(|parent| parent.number < number));
    for parent in before {
        tx.lock_group(account, parent.number)?;
    }
    let group = tx.lock_group(account, number)?.ok_or_else(not_found)?;
    for parent in behind {
        tx.lock_group(account, parent.number)?;
    }
    Ok(group)
}

impl Job {
    /// A job that waits for its turn, with nothing in it yet.
    pub(crate) fn pending(
        account: AccountId,
        uuid: Uuid,
        spec: Spec,
        target: Target,
        now: throng_jobs::Instant,
    ) -> Self {
        Self {
            account,
            number: JobNumber(0),
            uuid,
            spec,
            target,
            queue_seq: 0,
            name: None,
            state: State::Pending,
            counts: Counts::default(),
            tally: Tally::default(),
            asked_create: 0,
            asked_destroy: 0,
            planned: false,
            cursor: 0,
            attempts: 0,
            digest: [0; 32],
            client: crate::ids::ClientId(0),
            received_at: now,
            started_at: None,
            ended_at: None,
            message: None,
        }
    }
}

pub(crate) fn parse_group(id: &str) -> Result<GroupNumber> {
    parse_number(id).map(GroupNumber).ok_or_else(not_found)
}

fn candidates(equalities: &[(String, String)]) -> Candidates {
    let mut best = Candidates::All;
    // Nothing else can decide about members, so this one comes before all others.
    let is_member = |(attribute, _): &&(String, String)| attribute == "members.value";
    if let Some((_, text)) = equalities.iter().find(is_member) {
        return Candidates::WithMember(MemberId::parse(text));
    }
    for (attribute, text) in equalities {
        match attribute.as_str() {
            "id" => return Candidates::Number(parse_number(text).map(GroupNumber)),
            "displayName" => best = Candidates::Name(canonical::group_name_key(text).ok()),
            "externalId" if matches!(best, Candidates::All) => {
                let held = canonical::is_indexable(text);
                best = if held { Candidates::ExternalId(text.clone()) } else { Candidates::Name(None) };
            }
            _ => {}
        }
    }
    best
}

fn find(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    candidates: &Candidates,
    page: Page,
) -> Result<(Vec<Group>, u64)> {
    let group = match candidates {
        Candidates::All => return Ok((snapshot.groups(account, page)?, snapshot.count_groups(account)?)),
        Candidates::ExternalId(value) => {
            let groups = snapshot.groups_by_external_id(account, value, page)?;
            return Ok((groups, snapshot.count_groups_by_external_id(account, value)?));
        }
        Candidates::WithMember(id) => return with_member(snapshot, account, *id, page),
        Candidates::Number(None) | Candidates::Name(None) => None,
        Candidates::Number(Some(number)) => snapshot.group(account, *number)?,
        Candidates::Name(Some(key)) => snapshot.group_by_name(account, key)?,
    };
    let total = u64::from(group.is_some());
    let skipped = page.offset > 0 || page.limit == 0;
    Ok((group.filter(|_| !skipped).into_iter().collect(), total))
}

/// The groups that one user or group is in directly, by number; at most `READ_ROWS_MAX` are looked at.
fn with_member(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    id: Option<MemberId>,
    page: Page,
) -> Result<(Vec<Group>, u64)> {
    let member = match id {
        None => None,
        Some(MemberId::User(uuid)) => snapshot.user(account, uuid)?.map(|user| MemberKey::user(user.key)),
        Some(MemberId::Group(number)) => snapshot.group(account, number)?.map(|_| MemberKey::group(number)),
    };
    let Some(member) = member else { return Ok((Vec::new(), 0)) };
    let all = snapshot.groups_of(account, member, GroupNumber(0), limits::READ_ROWS_MAX)?;
    let mut groups = Vec::new();
    let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
    for group in all.iter().skip(offset).take(page.limit) {
        groups.extend(snapshot.group(account, group.number)?);
    }
    Ok((groups, all.len() as u64))
}

/// Refuses what the evaluator cannot decide, because members are not in the document that it sees.
fn check_members(filter: &Filter) -> Result<()> {
    let served = filter.conjuncts().iter().filter_map(Filter::equality);
    let served = served.filter(|(path, _)| names_members(path)).count();
    if lists::paths(filter).into_iter().filter(|path| names_members(path)).count() == served && served <= 1 {
        return Ok(());
    }
    let detail = "members can be filtered only by members.value eq \"<id>\", alone or with `and`";
    Err(Error::Scim(scim::error::Error::invalid_filter(detail)))
}

fn names_members(path: &scim::path::AttrPath) -> bool {
    path.canonical(&scim::schema::GROUP).is_some_and(|name| name == "members" || name.starts_with("members."))
}

pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    group: Group,
    with_members: bool,
) -> Result<GroupView> {
    if !with_members || group.members > limits::EMBEDDED_MEMBERS_MAX as u64 {
        return Ok(GroupView { group, members: None });
    }
    let keys = snapshot.members(account, group.number, None, limits::EMBEDDED_MEMBERS_MAX + 1)?;
    let members = members::shown(snapshot, account, &keys, false)?;
    Ok(GroupView { group, members: Some(members) })
}

pub(crate) fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}
