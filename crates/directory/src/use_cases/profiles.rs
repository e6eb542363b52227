//! Profiles: create, read, list, replace, delete.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, parse_uuid};
use crate::limits;
use crate::model::audit::{Event, Kind};
use crate::model::canonical;
use crate::model::expression::{Condition, Order, Pattern, unknown_field};
use crate::model::faults::Faults;
use crate::model::groups::GroupRef;
use crate::model::people::ROLE_CHARS_MAX;
use crate::model::profiles::{
    DESCRIPTION_CHARS_MAX, GROUPS_MAX, Gives, NAME_CHARS_MAX, Profile, ProfileName, ProfileNumber, ROLES_MAX,
};
use crate::port::{Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::Told;
use crate::use_cases::groups::not_found;
use crate::use_cases::writes::{Asked, Written};

/// What lists of profiles are filtered and ordered by.
const FIELDS: &[&str] = &["profileName"];

/// A profile as a client gives it. What is absent is empty.
#[derive(Clone, Debug, Default)]
pub struct ProfileGiven {
    /// Its name.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// UUIDs of groups.
    pub groups: Vec<String>,
}

/// A profile as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileView {
    /// The profile.
    pub profile: Profile,
    /// Its groups that are still there, by number.
    pub groups: Vec<GroupRef>,
}

/// Which profiles of a list.
#[derive(Clone, Debug, Default)]
pub struct ProfilesQuery {
    /// An expression of the admin API.
    pub filter: Option<String>,
    /// An order of the admin API; by name when none.
    pub order: Option<String>,
    /// How many to pass over.
    pub offset: u64,
    /// How many at most.
    pub limit: usize,
}

/// A profile as it was given, checked.
#[derive(Clone, Debug)]
struct Draft {
    name: String,
    name_key: String,
    description: Option<String>,
    roles: Vec<String>,
    groups: Vec<Uuid>,
}

impl Directory {
    /// Creates a profile.
    ///
    /// # Errors
    /// `Faults`, among them for a group that is not there; `AlreadyExists` with the profile that has the name;
    /// `Idempotency`.
    pub async fn create_profile(
        &self,
        caller: &Caller,
        sent: ProfileGiven,
        asked: &Asked,
    ) -> Result<Written<ProfileView>> {
        caller.require(Permission::AdminWrite)?;
        let (account, now, draft) = (caller.account, self.now(), Draft::of(sent)?);
        let (once, name_key) = (self.once(caller, asked, 202)?, draft.name_key.clone());
        let trail = self.trail(caller);
        let create = move |tx: &mut dyn Tx| {
            let gives = draft.gives(tx, account)?;
            let profile = Profile {
                number: ProfileNumber(tx.allocate_number(account, Series::Profiles)?),
                version: 1,
                created_at: now,
                modified_at: now,
                name: draft.name.clone(),
                name_key: draft.name_key.clone(),
                gives,
            };
            tx.insert_profile(account, &profile)?;
            trail.tell(tx, told(Event::Created, &profile))?;
            Ok((profile.number.as_uuid(), view(tx, account, profile)?))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &create, |tx, uuid| now_shown(tx, account, uuid));
        self.or_profile_named(account, name_key, self.write_once(write).await).await
    }

    /// The profile with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn profile(&self, caller: &Caller, id: &str) -> Result<ProfileView> {
        caller.require(Permission::AdminRead)?;
        let (account, number) = (caller.account, parse_profile(id)?);
        let read = move |snapshot: &mut dyn Snapshot| shown(snapshot, account, number)?.ok_or_else(not_found);
        self.store.read(Cost::Point, read).await
    }

    /// Those of these profiles that are there.
    ///
    /// # Errors
    /// `Faults` for none and for more than `PROFILES_AT_ONCE`.
    pub async fn profiles_of(&self, caller: &Caller, ids: &[String]) -> Result<Vec<ProfileView>> {
        caller.require(Permission::AdminRead)?;
        let mut faults = Faults::default();
        if ids.is_empty() {
            faults.missing("profileIds");
        } else if ids.len() > limits::PROFILES_AT_ONCE {
            faults.too_many("profileIds", limits::PROFILES_AT_ONCE);
        }
        faults.refuse()?;
        let numbers = ids.iter().filter_map(|id| ProfileNumber::parse(id)).collect();
        self.profiles_with(caller.account, numbers).await
    }

    /// A page of the profiles that a filter chooses, and how many it chooses in all.
    ///
    /// # Errors
    /// `Invalid`.
    pub async fn profiles(&self, caller: &Caller, query: &ProfilesQuery) -> Result<(Vec<ProfileView>, u64)> {
        caller.require(Permission::AdminRead)?;
        let pattern = query.filter.as_deref().map(pattern).transpose()?;
        let order = query.order.as_deref().map(|text| Order::parse(text, FIELDS)).transpose()?;
        let mut chosen = self.profiles_named(caller.account, pattern).await?;
        if order.is_some_and(|order| order.descending) {
            chosen.reverse();
        }
        let total = chosen.len() as u64;
        let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let page = chosen.into_iter().skip(skip).take(query.limit).collect();
        Ok((self.profiles_with(caller.account, page).await?, total))
    }

    /// Replaces a profile. What is not given is cleared.
    ///
    /// # Errors
    /// Those of [`Directory::create_profile`]; `NotFound`, `VersionMismatch`.
    pub async fn replace_profile(
        &self,
        caller: &Caller,
        id: &str,
        sent: ProfileGiven,
        asked: &Asked,
    ) -> Result<Written<ProfileView>> {
        caller.require(Permission::AdminWrite)?;
        let (account, now, number) = (caller.account, self.now(), parse_profile(id)?);
        let (precondition, draft) = (asked.precondition.clone(), Draft::of(sent)?);
        let (once, name_key) = (self.once(caller, asked, 202)?, draft.name_key.clone());
        let trail = self.trail(caller);
        let replace = move |tx: &mut dyn Tx| {
            let was = tx.lock_profile(account, number)?.ok_or_else(not_found)?;
            precondition.check(was.version)?;
            let gives = draft.gives(tx, account)?;
            let mut profile =
                Profile { name: draft.name.clone(), name_key: draft.name_key.clone(), gives, ..was.clone() };
            if profile != was {
                profile.version += 1;
                profile.modified_at = now.max(was.modified_at);
                tx.replace_profile(account, &profile)?;
                trail.tell(tx, told(Event::Updated, &profile).with("fields", differing(&was, &profile)))?;
            }
            Ok((number.as_uuid(), view(tx, account, profile)?))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &replace, |tx, uuid| now_shown(tx, account, uuid));
        self.or_profile_named(account, name_key, self.write_once(write).await).await
    }

    /// Deletes a profile. Who was made by it stays as they are. Whether an earlier request with the same
    /// `Idempotency-Key` did it.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Idempotency`.
    pub async fn delete_profile(&self, caller: &Caller, id: &str, asked: &Asked) -> Result<bool> {
        caller.require(Permission::AdminWrite)?;
        let (account, number) = (caller.account, parse_profile(id)?);
        let (precondition, once) = (asked.precondition.clone(), self.once(caller, asked, 204)?);
        let trail = self.trail(caller);
        let delete = move |tx: &mut dyn Tx| {
            let was = tx.lock_profile(account, number)?.ok_or_else(not_found)?;
            precondition.check(was.version)?;
            tx.delete_profile(account, number)?;
            trail.tell(tx, told(Event::Deleted, &was))?;
            Ok((number.as_uuid(), ()))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &delete, |_, _| Ok(None));
        self.write_once(write).await.map(|deleted| deleted.replayed)
    }

    /// The numbers of the profiles whose names match, by rising name.
    async fn profiles_named(
        &self,
        account: AccountId,
        pattern: Option<Pattern>,
    ) -> Result<Vec<ProfileNumber>> {
        let (mut chosen, mut after) = (Vec::new(), String::new());
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.profile_names(account, &after, limits::READ_ROWS_MAX)
            };
            let mut names = self.store.read(Cost::Scan, read).await?;
            let is_full = names.len() == limits::READ_ROWS_MAX;
            let is_chosen =
                |name: &&ProfileName| pattern.as_ref().is_none_or(|pattern| pattern.matches(&name.name_key));
            chosen.extend(names.iter().filter(is_chosen).map(|name| name.number));
            match names.pop() {
                Some(last) if is_full => after = last.name_key,
                _ => return Ok(chosen),
            }
        }
    }

    /// These profiles as they are shown, without those that are gone.
    async fn profiles_with(
        &self,
        account: AccountId,
        numbers: Vec<ProfileNumber>,
    ) -> Result<Vec<ProfileView>> {
        let read = move |snapshot: &mut dyn Snapshot| {
            let found = snapshot.profiles(account, &numbers)?;
            found.into_iter().flatten().map(|profile| view(snapshot, account, profile)).collect()
        };
        self.store.read(Cost::Scan, read).await
    }

    /// A refusal of a name that is taken says by which profile.
    async fn or_profile_named<T>(&self, account: AccountId, name_key: String, done: Result<T>) -> Result<T> {
        let find = move |snapshot: &mut dyn Snapshot| {
            let found = snapshot.profiles_by_names(account, &[&name_key])?;
            Ok(found.into_iter().flatten().next().map(|profile| profile.number.to_string()))
        };
        self.or_existing(done, find).await
    }
}

impl Draft {
    fn of(sent: ProfileGiven) -> Result<Self> {
        let mut faults = Faults::default();
        let name = sent.name.unwrap_or_default();
        let name_key = if name.is_empty() {
            faults.missing("profileName");
            None
        } else if name.chars().count() > NAME_CHARS_MAX {
            faults.sized("profileName", &name, 1..=NAME_CHARS_MAX);
            None
        } else {
            faults.note(canonical::profile_name_key(&name))?
        };
        let description = sent.description.filter(|text| !text.is_empty());
        faults.sized("description", description.as_deref().unwrap_or_default(), 0..=DESCRIPTION_CHARS_MAX);
        if sent.roles.len() > ROLES_MAX {
            faults.too_many("roles", ROLES_MAX);
        }
        for (at, role) in sent.roles.iter().enumerate().take(ROLES_MAX) {
            faults.sized(format!("roles[{at}]"), role, 1..=ROLE_CHARS_MAX);
        }
        if sent.groups.len() > GROUPS_MAX {
            faults.too_many("memberOfGroups", GROUPS_MAX);
        }
        let mut groups = Vec::new();
        for (at, id) in sent.groups.iter().enumerate().take(GROUPS_MAX) {
            match parse_uuid(id) {
                Some(uuid) => groups.push(uuid),
                None => no_group(&mut faults, at),
            }
        }
        faults.refuse()?;
        let (name_key, roles) = (name_key.unwrap_or_default(), once_each(sent.roles));
        Ok(Self { name, name_key, description, roles, groups })
    }

    /// What the profile gives, with groups that are there.
    fn gives(&self, tx: &mut dyn Tx, account: AccountId) -> Result<Gives> {
        let (mut groups, mut faults) = (Vec::with_capacity(self.groups.len()), Faults::default());
        for (at, uuid) in self.groups.iter().enumerate() {
            match tx.group_by_uuid(account, *uuid)? {
                Some(group) => groups.push(group.number.0),
                None => no_group(&mut faults, at),
            }
        }
        faults.refuse()?;
        Ok(Gives {
            description: self.description.clone(),
            roles: self.roles.clone(),
            groups: once_each(groups),
        })
    }
}

fn told(event: Event, profile: &Profile) -> Told {
    Told::new(event, Kind::Profile, &profile.number).named(&profile.name)
}

/// The fields in which two profiles differ.
fn differing(was: &Profile, becomes: &Profile) -> Vec<&'static str> {
    let (old, new) = (&was.gives, &becomes.gives);
    let differ = [
        ("profileName", was.name != becomes.name),
        ("description", old.description != new.description),
        ("roles", old.roles != new.roles),
        ("memberOfGroups", old.groups != new.groups),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

fn no_group(faults: &mut Faults, at: usize) {
    let field = format!("memberOfGroups[{at}]");
    let detail = format!("{field} is the id of no group");
    faults.form(field, detail);
}

/// Each the first time that it is listed.
fn once_each<T: Ord + Clone>(list: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    list.into_iter().filter(|one| seen.insert(one.clone())).collect()
}

/// What a filter asks of the key of a name.
fn pattern(filter: &str) -> Result<Pattern> {
    let condition = Condition::parse(filter)?;
    if !FIELDS.contains(&condition.field) {
        return Err(unknown_field(FIELDS));
    }
    let name_key =
        |name: &str| canonical::profile_name_key(name).unwrap_or_else(|_| canonical::person_name_key(name));
    let exact = condition.pattern(name_key);
    let is_exact = condition.is_literal && exact.exact().is_some();
    Ok(if is_exact { exact } else { condition.pattern_within(canonical::person_name_key) })
}

fn parse_profile(id: &str) -> Result<ProfileNumber> {
    ProfileNumber::parse(id).ok_or_else(not_found)
}

fn shown<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    number: ProfileNumber,
) -> Result<Option<ProfileView>> {
    let found = snapshot.profiles(account, &[number])?.into_iter().flatten().next();
    found.map(|profile| view(snapshot, account, profile)).transpose()
}

/// The profile as it is shown to who repeats a write; none when it is gone.
fn now_shown(tx: &mut dyn Tx, account: AccountId, uuid: Uuid) -> Result<Option<ProfileView>> {
    shown(tx, account, ProfileNumber::from_uuid(uuid))
}

/// A profile with its groups that are still there.
pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    profile: Profile,
) -> Result<ProfileView> {
    let groups = snapshot.group_refs(account, &profile.gives.groups_in_order())?;
    Ok(ProfileView { profile, groups })
}
