//! People: create, read, list, replace, patch, delete.

use serde_json::{Map, Value};
use throng_jobs::Instant;
use throng_scim as scim;
use throng_scim::filter::Filter;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey, parse_number, parse_uuid};
use crate::limits;
use crate::model::canonical;
use crate::model::groups::UserGroup;
use crate::model::people::{self, Indexed};
use crate::model::users::{User, UserIndex};
use crate::port::users::Page;
use crate::port::{AccountLock, Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::departures::Departure;
use crate::use_cases::lists::{self, ListQuery, Listed};
use crate::use_cases::nesting;
use crate::use_cases::versions::Precondition;

/// A user with the groups they are in.
#[derive(Clone, Debug)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// Their groups: the user's own, then those that contain these; empty when not asked for.
    pub groups: Vec<UserGroup>,
}

/// Where the candidates of a filter come from.
#[derive(Clone, Debug)]
enum Candidates {
    All,
    Uuid(Option<Uuid>),
    Name(String),
    By(UserIndex, String),
    MembersOf(Option<GroupNumber>),
}

impl Directory {
    /// Creates a user from normalised attributes ([`scim::resource::read_user`]).
    ///
    /// # Errors
    /// `Invalid` for a `userName` that is none, `AlreadyExists` when it is taken.
    pub async fn create_user(&self, caller: &Caller, attributes: Map<String, Value>) -> Result<UserView> {
        caller.require(Permission::UsersWrite)?;
        let (account, now) = (caller.account, self.now());
        let user = new_user(people::index(&attributes)?, self.ids.uuid(now), now);
        let insert = move |tx: &mut dyn Tx| {
            let mut user = user.clone();
            user.key = tx.allocate_users(account, 1)?;
            if tx.insert_users(account, &[(user.key, &user)])? == [true] {
                return Ok(user);
            }
            Err(name_taken())
        };
        let user = self.store.write(Class::Interactive, insert).await?;
        Ok(UserView { user, groups: Vec::new() })
    }

    /// The user with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, caller: &Caller, id: &str, with_groups: bool) -> Result<UserView> {
        caller.require(Permission::UsersRead)?;
        let (account, uuid) = (caller.account, parse_uuid(id).ok_or_else(not_found)?);
        let read = move |snapshot: &mut dyn Snapshot| {
            let user = snapshot.user(account, uuid)?.ok_or_else(not_found)?;
            view(snapshot, account, user, with_groups)
        };
        self.store.read(Cost::Point, read).await
    }

    /// A page of the users that a filter selects, in order of creation.
    ///
    /// # Errors
    /// `Scim` for a filter that is refused or costs too much.
    pub async fn users(
        &self,
        caller: &Caller,
        query: &ListQuery,
        with_groups: bool,
    ) -> Result<Listed<UserView>> {
        caller.require(Permission::UsersRead)?;
        let account = caller.account;
        let user_type = &scim::schema::USER;
        let candidates = match &query.filter {
            None => Candidates::All,
            Some(filter) => {
                filter.check(user_type)?;
                candidates(&lists::equalities(filter, user_type))
            }
        };
        if let Candidates::MembersOf(Some(group)) = candidates
            && self.is_nested(account, group).await?
        {
            return self.users_below(account, group, query, with_groups).await;
        }
        let decided = match (&query.filter, &candidates) {
            (None, _) => true,
            (Some(_), Candidates::All) => false,
            (Some(filter), _) => lists::is_single(filter),
        };
        if !decided && let Some(filter) = query.filter.clone() {
            return self.filtered_users(account, candidates, filter, query, with_groups).await;
        }
        let page = Page { offset: query.offset(), limit: query.count };
        let cost = if matches!(candidates, Candidates::All) { Cost::Scan } else { Cost::Point };
        let read = move |snapshot: &mut dyn Snapshot| {
            let (users, total) = find(snapshot, account, &candidates, page)?;
            let views = users.into_iter().map(|user| view(snapshot, account, user, with_groups));
            Ok(Listed { resources: views.collect::<Result<_>>()?, total })
        };
        self.store.read(cost, read).await
    }

    /// Looks at every candidate, in reads of `READ_ROWS_MAX`.
    async fn filtered_users(
        &self,
        account: AccountId,
        candidates: Candidates,
        filter: Filter,
        query: &ListQuery,
        with_groups: bool,
    ) -> Result<Listed<UserView>> {
        let started = self.now();
        let (mut listed, mut seen) = (Listed { resources: Vec::new(), total: 0 }, 0u64);
        let wanted = query.offset()..query.offset() + query.count as u64;
        loop {
            let page = Page { offset: seen, limit: limits::READ_ROWS_MAX };
            let (candidates, filter) = (candidates.clone(), filter.clone());
            let read = move |snapshot: &mut dyn Snapshot| {
                let (users, _) = find(snapshot, account, &candidates, page)?;
                let looked_at = users.len();
                let mut matching = Vec::new();
                for user in users {
                    let found = view(snapshot, account, user, true)?;
                    let resource = lists::user_resource(&found.user, &found.groups);
                    if lists::matches(&filter, &resource, &scim::schema::USER) {
                        matching.push(found);
                    }
                }
                Ok((looked_at, matching))
            };
            let (looked_at, matching) = self.store.read(Cost::Scan, read).await?;
            for mut found in matching {
                if wanted.contains(&listed.total) {
                    found.groups.truncate(if with_groups { usize::MAX } else { 0 });
                    listed.resources.push(found);
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

    /// Replaces a user's attributes.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Invalid`, `AlreadyExists`.
    pub async fn replace_user(
        &self,
        caller: &Caller,
        id: &str,
        precondition: &Precondition,
        attributes: Map<String, Value>,
    ) -> Result<UserView> {
        caller.require(Permission::UsersWrite)?;
        let indexed = people::index(&attributes)?;
        self.change_user(caller, id, precondition, move |_| Ok(Some(indexed.clone()))).await
    }

    /// Applies a SCIM PATCH, whole or not at all. A PATCH that changes nothing leaves the version alone.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Scim` for an operation that cannot be applied, `AlreadyExists`.
    pub async fn patch_user(
        &self,
        caller: &Caller,
        id: &str,
        precondition: &Precondition,
        operations: Vec<scim::patch::Operation>,
    ) -> Result<UserView> {
        caller.require(Permission::UsersWrite)?;
        let patch = move |user: &User| {
            let was: Map<String, Value> = parse_doc(&user.doc)?;
            let patched = scim::patch::apply_user(&was, &operations)?;
            patched.changed.then(|| people::index(&patched.attributes)).transpose()
        };
        self.change_user(caller, id, precondition, patch).await
    }

    async fn change_user<F>(
        &self,
        caller: &Caller,
        id: &str,
        precondition: &Precondition,
        change: F,
    ) -> Result<UserView>
    where
        F: Fn(&User) -> Result<Option<Indexed>> + Send + 'static,
    {
        let (account, now) = (caller.account, self.now());
        let (uuid, precondition) = (parse_uuid(id).ok_or_else(not_found)?, precondition.clone());
        let write = move |tx: &mut dyn Tx| {
            let was = tx.lock_user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(was.version)?;
            let Some(indexed) = change(&was)?.filter(|indexed| indexed.doc != was.doc) else {
                return view(tx, account, was, true);
            };
            let mut user = new_user(indexed, uuid, now.max(was.modified_at));
            user.key = was.key;
            user.version = was.version + 1;
            user.created_at = was.created_at;
            tx.replace_user(account, &was, &user)?;
            view(tx, account, user, true)
        };
        self.store.write(Class::Interactive, write).await
    }

    /// Deletes a user and their memberships: in the same transaction up to `INLINE_ITEMS_MAX` groups, else by a
    /// job.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`.
    pub async fn delete_user(&self, caller: &Caller, id: &str, precondition: &Precondition) -> Result<()> {
        caller.require(Permission::UsersWrite)?;
        let (account, now) = (caller.account, self.now());
        let (uuid, precondition) = (parse_uuid(id).ok_or_else(not_found)?, precondition.clone());
        let (job, client) = (self.ids.uuid(now), caller.client);
        let delete = move |tx: &mut dyn Tx| {
            // Nobody joins a group while the user goes.
            tx.lock_account(account, AccountLock::Exclusive)?;
            let user = tx.user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(user.version)?;
            let member = MemberKey::user(user.key);
            let departure = Departure { account, member, client, job, now };
            let groups = departure.groups(tx)?;
            let queued = departure.leave(tx, &groups)?;
            let user = tx.lock_user(account, uuid)?.ok_or_else(not_found)?;
            precondition.check(user.version)?;
            tx.delete_user(account, &user, now)?;
            Ok(queued)
        };
        if self.store.write(Class::Interactive, delete).await? {
            self.bell.job_queued();
        }
        Ok(())
    }
}

fn new_user(indexed: Indexed, uuid: Uuid, now: Instant) -> User {
    User {
        key: UserKey(0),
        uuid,
        version: 1,
        created_at: now,
        modified_at: now,
        name_key: indexed.name_key,
        external_id: indexed.external_id,
        email_keys: indexed.email_keys,
        doc: indexed.doc,
    }
}

fn candidates(equalities: &[(String, String)]) -> Candidates {
    let served = equalities.iter().filter_map(|(attribute, text)| match attribute.as_str() {
        "id" => Some(Candidates::Uuid(parse_uuid(text))),
        "userName" => {
            let key = canonical::login_key("userName", text);
            Some(key.map_or(Candidates::Uuid(None), Candidates::Name))
        }
        "externalId" => Some(Candidates::by(UserIndex::ExternalId, text.clone())),
        "emails.value" | "emails" => Some(Candidates::by(UserIndex::Email, canonical::email_key(text))),
        "groups.value" | "groups" => Some(Candidates::MembersOf(parse_number(text).map(GroupNumber))),
        _ => None,
    });
    served.min_by_key(Candidates::breadth).unwrap_or(Candidates::All)
}

impl Candidates {
    /// Those under a key; nobody has one that no index can hold.
    fn by(index: UserIndex, key: String) -> Self {
        if canonical::is_indexable(&key) { Self::By(index, key) } else { Self::Uuid(None) }
    }

    /// Smaller is narrower.
    const fn breadth(&self) -> u8 {
        match self {
            Self::Uuid(_) => 0,
            Self::Name(_) => 1,
            Self::By(..) => 2,
            Self::MembersOf(_) => 3,
            Self::All => 4,
        }
    }
}

fn find(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    candidates: &Candidates,
    page: Page,
) -> Result<(Vec<User>, u64)> {
    let single = |user: Option<User>| {
        let total = u64::from(user.is_some());
        let skipped = page.offset > 0 || page.limit == 0;
        (user.filter(|_| !skipped).into_iter().collect(), total)
    };
    Ok(match candidates {
        Candidates::All => (snapshot.users(account, page)?, snapshot.count_users(account)?),
        Candidates::Uuid(None) | Candidates::MembersOf(None) => (Vec::new(), 0),
        Candidates::Uuid(Some(uuid)) => single(snapshot.user(account, *uuid)?),
        Candidates::Name(key) => single(snapshot.user_by_name(account, key)?),
        Candidates::By(index, value) => (
            snapshot.users_by(account, *index, value, page)?,
            snapshot.count_users_by(account, *index, value)?,
        ),
        Candidates::MembersOf(Some(number)) => match snapshot.group(account, *number)? {
            None => (Vec::new(), 0),
            Some(group) => (snapshot.users_in(account, *number, page)?, group.members),
        },
    })
}

pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    user: User,
    with_groups: bool,
) -> Result<UserView> {
    let groups = if with_groups {
        nesting::ancestors(snapshot, account, MemberKey::user(user.key))?
    } else {
        Vec::new()
    };
    Ok(UserView { user, groups })
}

pub(crate) fn parse_doc(doc: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(doc)
        .map_err(|error| Error::internal(format!("a stored document is damaged: {error}")))
}

fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}

fn name_taken() -> Error {
    Error::AlreadyExists { field: "userName", detail: "a user with this userName already exists".to_owned() }
}
