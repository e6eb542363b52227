//! People as the admin API writes them, with the groups that they are put into. What is read of them, and deleting them,
//! is in `users`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey, parse_uuid};
use crate::limits;
use crate::model::audit::Event;
use crate::model::faults::Faults;
use crate::model::groups::GroupRef;
use crate::model::people::{self, Changes, Given};
use crate::model::profiles::{Profile, ProfileNumber};
use crate::model::users::User;
use crate::model::{canonical, document};
use crate::port::{AccountLock, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::Told;
use crate::use_cases::passwords::NewPassword;
use crate::use_cases::sources::SourceView;
use crate::use_cases::users::{self, UserView};
use crate::use_cases::writes::{Asked, Written};

impl Directory {
    /// Creates a person.
    ///
    /// # Errors
    /// `Invalid` with the field, `AlreadyExists` (`loginId`), `Idempotency`.
    pub async fn create_person(
        &self,
        caller: &Caller,
        mut changes: Changes,
        asked: &Asked,
    ) -> Result<Written<UserView>> {
        caller.require(Permission::AdminWrite)?;
        check(&changes)?;
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        let (user_type, uuid) = (Arc::clone(self.registry.user()), self.ids.uuid(now));
        let (once, trail) = (self.once(caller, asked, 202)?, self.trail(caller));
        let login = changes.login.clone();
        let password = Passwords::of(self, account, None, &mut changes).await?;
        let create = move |tx: &mut dyn Tx, source: &SourceView| {
            tx.lock_account(account, AccountLock::Shared)?;
            check_named(tx, account, &changes)?;
            let (changes, groups) = prefilled(tx, account, &changes)?;
            let attributes = changes.applied(document::read(NOBODY)?, &user_type);
            let mut user = users::new_user(index(&attributes)?, uuid, now);
            lock(tx, account, groups.iter())?;
            user.key = tx.allocate_users(account, 1)?;
            if tx.insert_users(account, &[(user.key, source.stored(&user, None)?.as_ref())])? != [true] {
                return Err(login_taken());
            }
            source.keep(tx, &user)?;
            password.put(tx, account, (user.key, &user.name_key), now)?;
            let joins: Vec<i64> = groups.iter().map(|group| group.0).collect();
            for group in groups {
                tx.add_members(account, group, &[MemberKey::user(user.key)])?;
                tx.touch_group(account, group, 1, now)?;
            }
            trail.tell(tx, users::told(Event::Created, &user).with("joins", joins))?;
            Ok((user.uuid, users::view(tx, account, user, true)?))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| create(tx, &source), |tx, uuid| users::now_shown(tx, &source, uuid))
        };
        let made = self.write_once(write).await;
        self.or_who_has(account, login, made).await
    }

    /// Changes a person: what is not said stays. A change that changes nothing leaves the version alone.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Invalid` with the field, `AlreadyExists` (`loginId`), `Idempotency`.
    pub async fn change_person(
        &self,
        caller: &Caller,
        (id, status): (&str, u16),
        mut changes: Changes,
        asked: &Asked,
    ) -> Result<Written<UserView>> {
        caller.require(Permission::AdminWrite)?;
        check(&changes)?;
        let (account, now, source) = (caller.account, self.now(), SourceView::of(caller));
        let (uuid, precondition) = (parse_uuid(id).ok_or_else(users::not_found)?, asked.precondition.clone());
        let user_type = Arc::clone(self.registry.user());
        let login = changes.login.clone();
        let (once, trail) = (self.once(caller, asked, status)?, self.trail(caller));
        let password = Passwords::of(self, account, Some(uuid), &mut changes).await?;
        let change = move |tx: &mut dyn Tx, source: &SourceView| {
            tx.lock_account(account, AccountLock::Shared)?;
            let known = tx.user(account, uuid)?.ok_or_else(users::not_found)?;
            check_named(tx, account, &changes)?;
            let moves = Moves::plan(tx, account, MemberKey::user(known.key), &changes)?;
            let was = tx.lock_user(account, uuid)?.ok_or_else(users::not_found)?;
            precondition.check(was.version)?;
            let default_id = was.external_id.clone();
            let was = source.see(tx, was)?;
            moves.make(tx, account, MemberKey::user(known.key), now)?;
            let attributes = changes.applied(document::read(&was.doc)?, &user_type);
            let indexed = index(&attributes)?;
            password.put(tx, account, (was.key, &indexed.name_key), now)?;
            let sets_password = !matches!(password, Passwords::Stays);
            if indexed.doc == was.doc {
                if sets_password || !moves.is_empty() {
                    trail.tell(tx, moves.told(users::told_change(&was, &was, sets_password)?))?;
                }
                return Ok((uuid, users::view(tx, account, was, true)?));
            }
            let mut user = users::new_user(indexed, uuid, now.max(was.modified_at));
            user.key = was.key;
            user.version = was.version + 1;
            user.created_at = was.created_at;
            let stored = source.stored(&user, default_id)?;
            tx.replace_user(account, &was, stored.as_ref()).map_err(as_login)?;
            source.keep(tx, &user)?;
            trail.tell(tx, moves.told(users::told_change(&was, &user, sets_password)?))?;
            Ok((uuid, users::view(tx, account, user, true)?))
        };
        let write = move |tx: &mut dyn Tx| {
            once.run(tx, |tx| change(tx, &source), |tx, uuid| users::now_shown(tx, &source, uuid))
        };
        let done = self.write_once(write).await;
        self.or_who_has(account, login, done).await
    }

    /// A refusal of a login that is taken says whose it is.
    async fn or_who_has<T>(&self, account: AccountId, login: Option<String>, done: Result<T>) -> Result<T> {
        let find = move |snapshot: &mut dyn Snapshot| {
            let Some(login) = &login else { return Ok(None) };
            let key = canonical::login_key("loginId", login)?;
            Ok(snapshot.user_by_name(account, &key)?.map(|user| user.uuid.to_string()))
        };
        self.or_existing(done, find).await
    }
}

/// The attributes of somebody of whom nothing is said yet.
const NOBODY: &str = r#"{"active":true}"#;

/// Looks for all groups and profiles that are named, so that what is not there is told at once.
///
/// # Errors
/// `Faults`.
fn check_named(tx: &mut dyn Tx, account: AccountId, changes: &Changes) -> Result<()> {
    let mut faults = Faults::default();
    faults.note(check_owned(tx, account, changes))?;
    faults.note(wanted_groups(tx, account, changes))?;
    faults.note(profile_of(tx, account, changes))?;
    faults.refuse()
}

/// The profile that somebody is to have.
///
/// # Errors
/// `Invalid` for one that is not there.
fn profile_of<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    changes: &Changes,
) -> Result<Option<Profile>> {
    let Given::Set(id) = &changes.profile else { return Ok(None) };
    let unknown = || Error::invalid("profileId", format!("profileId: there is no profile {id}"));
    let number = ProfileNumber::parse(id).ok_or_else(unknown)?;
    let found = snapshot.profiles(account, &[number])?.pop().flatten();
    found.map(Some).ok_or_else(unknown)
}

/// What is said of somebody new, with what their profile gives where nothing is said, and their groups by rising number.
fn prefilled(tx: &mut dyn Tx, account: AccountId, changes: &Changes) -> Result<(Changes, Vec<GroupNumber>)> {
    let mut changes = changes.clone();
    let wanted = wanted_groups(tx, account, &changes)?.unwrap_or_default();
    let mut groups: Vec<GroupNumber> = wanted.into_keys().collect();
    if let Some(profile) = profile_of(tx, account, &changes)? {
        if !matches!(changes.roles, Given::Set(_)) {
            changes.roles = Given::Set(profile.gives.roles.clone());
        }
        if !matches!(changes.member_of, Given::Set(_)) {
            let there = tx.group_refs(account, &profile.gives.groups_in_order())?;
            groups = there.into_iter().map(|group| group.number).collect();
        }
    }
    Ok((changes, groups))
}

impl Directory {
    /// The people with these ids, in the order asked, without those who are not there.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn people(&self, caller: &Caller, ids: &[String]) -> Result<Vec<User>> {
        caller.require(Permission::AdminRead)?;
        let (account, view) = (caller.account, SourceView::of(caller));
        let uuids: Vec<Uuid> = ids.iter().filter_map(|id| parse_uuid(id)).collect();
        let read = move |snapshot: &mut dyn Snapshot| {
            let found = snapshot.users_with_uuids(account, &uuids)?;
            found.into_iter().flatten().map(|user| view.see(snapshot, user)).collect()
        };
        self.store.read(Cost::Scan, read).await
    }
}

/// What becomes of somebody's password.
enum Passwords {
    Stays,
    Goes,
    Becomes(NewPassword),
}

impl Passwords {
    /// Takes the password out of what is said of somebody, checked and hashed.
    ///
    /// # Errors
    /// `Invalid` (`password`).
    async fn of(
        directory: &Directory,
        account: AccountId,
        user: Option<Uuid>,
        changes: &mut Changes,
    ) -> Result<Self> {
        let password = match std::mem::take(&mut changes.password) {
            Given::Kept => None,
            Given::Cleared => return Ok(Self::Goes),
            Given::Set(password) => directory.new_password(account, user, Some(password)).await?,
        };
        Ok(password.map_or(Self::Stays, Self::Becomes))
    }

    /// Writes it beside its user, whom the transaction has locked or made; see [`NewPassword::put`].
    fn put(
        &self,
        tx: &mut dyn Tx,
        account: AccountId,
        of: (UserKey, &str),
        now: throng_jobs::Instant,
    ) -> Result<()> {
        match self {
            Self::Stays => Ok(()),
            Self::Goes => tx.delete_password(account, of.0),
            Self::Becomes(password) => password.put(tx, account, of, now),
        }
    }
}

/// The groups that a person comes into and leaves, all locked.
struct Moves {
    joins: Vec<GroupNumber>,
    leaves: Vec<GroupNumber>,
}

impl Moves {
    /// Locks the groups that the member is to come into or to leave.
    ///
    /// # Errors
    /// `Invalid` for a group that is not there, and for somebody who would leave more than `INLINE_ITEMS_MAX` groups.
    fn plan(tx: &mut dyn Tx, account: AccountId, member: MemberKey, changes: &Changes) -> Result<Self> {
        let Some(wanted) = wanted_groups(tx, account, changes)? else {
            return Ok(Self { joins: Vec::new(), leaves: Vec::new() });
        };
        let max = limits::INLINE_ITEMS_MAX;
        let groups = tx.groups_of(account, member, GroupNumber(0), max + 1)?;
        if groups.len() > max {
            let detail = format!(
                "the person is in more than {max} groups: leave out memberOfGroups, and change the groups themselves"
            );
            return Err(Error::invalid("memberOfGroups", detail));
        }
        let is_in = |number: &GroupNumber| groups.iter().any(|group| group.number == *number);
        let joins: Vec<GroupNumber> = wanted.keys().copied().filter(|number| !is_in(number)).collect();
        let leaves = groups.iter().map(|group| group.number).filter(|number| !wanted.contains_key(number));
        let leaves: Vec<GroupNumber> = leaves.collect();
        let mut all = [joins.as_slice(), &leaves].concat();
        all.sort_unstable();
        lock(tx, account, all.iter())?;
        Ok(Self { joins, leaves })
    }

    const fn is_empty(&self) -> bool {
        self.joins.is_empty() && self.leaves.is_empty()
    }

    /// Adds the moves to a row of the audit log.
    fn told(&self, told: Told) -> Told {
        let numbers = |groups: &[GroupNumber]| groups.iter().map(|group| group.0).collect::<Vec<i64>>();
        if self.is_empty() {
            return told;
        }
        told.with("joins", numbers(&self.joins)).with("leaves", numbers(&self.leaves))
    }

    /// Makes the moves; what somebody else did meanwhile is not counted twice.
    fn make(
        &self,
        tx: &mut dyn Tx,
        account: AccountId,
        member: MemberKey,
        now: throng_jobs::Instant,
    ) -> Result<()> {
        for (groups, joins) in [(&self.joins, true), (&self.leaves, false)] {
            for group in groups {
                let is_in = tx.members_among(account, *group, &[member])? == [member];
                match (joins, is_in) {
                    (true, false) => tx.add_members(account, *group, &[member])?,
                    (false, true) => tx.remove_members(account, *group, &[member])?,
                    _ => continue,
                }
                tx.touch_group(account, *group, if joins { 1 } else { -1 }, now)?;
            }
        }
        Ok(())
    }
}

fn check(changes: &Changes) -> Result<()> {
    people::check(&changes.fields(), &people::ADMIN)
}

/// What is indexed of the attributes; what is wrong with the login is said of `loginId`.
fn index(attributes: &Map<String, Value>) -> Result<people::Indexed> {
    people::index(attributes).map_err(|error| match error {
        Error::Invalid { field, detail } if field == "userName" => {
            Error::invalid("loginId", detail.replace("userName", "loginId"))
        }
        other => other,
    })
}

/// A name that is taken, in the words of the admin API.
fn as_login(error: Error) -> Error {
    if matches!(error, Error::AlreadyExists { .. }) { login_taken() } else { error }
}

fn login_taken() -> Error {
    Error::taken("loginId", "a user with this loginId already exists")
}

/// The groups that the person is to be a member of, by rising number; none when nothing is said of them.
fn wanted_groups(
    tx: &mut dyn Tx,
    account: AccountId,
    changes: &Changes,
) -> Result<Option<BTreeMap<GroupNumber, Uuid>>> {
    let uuids = match &changes.member_of {
        Given::Kept => return Ok(None),
        Given::Cleared => &[][..],
        Given::Set(uuids) => uuids,
    };
    let mut groups = BTreeMap::new();
    for uuid in uuids {
        let group = tx.group_by_uuid(account, *uuid)?.ok_or_else(|| no_group("memberOfGroups", *uuid))?;
        groups.insert(group.number, *uuid);
    }
    Ok(Some(groups))
}

/// Refuses to make somebody the owner of a group that is not there.
fn check_owned(tx: &mut dyn Tx, account: AccountId, changes: &Changes) -> Result<()> {
    if let Given::Set(uuids) = &changes.owned_groups {
        for uuid in uuids {
            tx.group_by_uuid(account, *uuid)?.ok_or_else(|| no_group("ownedGroups", *uuid))?;
        }
    }
    Ok(())
}

fn no_group(field: &str, uuid: Uuid) -> Error {
    Error::invalid(field, format!("{field}: there is no group {uuid}"))
}

/// Locks groups, given by rising number.
fn lock<'a>(
    tx: &mut dyn Tx,
    account: AccountId,
    groups: impl Iterator<Item = &'a GroupNumber>,
) -> Result<()> {
    for group in groups {
        let gone = || Error::invalid("memberOfGroups", "a group of memberOfGroups was deleted just now");
        tx.lock_group(account, *group)?.ok_or_else(gone)?;
    }
    Ok(())
}

/// The groups of a view that the person is a member of, not those above them.
pub fn direct_groups(view: &UserView) -> impl Iterator<Item = &GroupRef> {
    view.groups.iter().filter(|group| group.is_direct).map(|group| &group.group)
}
