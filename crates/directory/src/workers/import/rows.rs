//! What becomes of rows: people are added, changed and deleted, and come into groups and leave them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use throng_jobs::{Instant, Outcome, Tally};
use throng_scim::schema::ResourceType;
use uuid::Uuid;

use super::groups::{Groups, Moves, Profiles};
use super::passwords::{Due, hashed};
use super::{Prospect, foresight};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, Ids, MemberKey, UserKey};
use crate::limits;
use crate::model::document;
use crate::model::jobs::{Held, ImportMode, ImportSpec, Job, Origin};
use crate::model::memberships::Subject;
use crate::model::passwords::{Hash, USED_BEFORE};
use crate::model::people::{self, Given};
use crate::model::results::RowResult;
use crate::model::rows::{Cleared, Fault, Row, RowPassword};
use crate::model::users::User;
use crate::port::{AccountLock, Tx};
use crate::use_cases::departures::Departure;
use crate::workers::people::deletion::{Leaving, Person};

/// How rows are taken.
#[derive(Clone)]
pub(super) struct Manner {
    pub(super) account: AccountId,
    pub(super) mode: ImportMode,
    /// The group of which the file is the whole truth.
    pub(super) group: Option<GroupNumber>,
    /// Nothing is written but what would become of them.
    pub(super) is_dry: bool,
    /// A row that cannot be taken was found to be takeable before.
    expects_change: bool,
    pub(super) user_type: Arc<ResourceType>,
    ids: Arc<Ids>,
}

/// What a chunk came to.
pub(super) struct Chunk {
    pub(super) results: Vec<RowResult>,
    pub(super) tally: Tally,
}

impl Manner {
    pub(super) fn new(directory: &Directory, held: &Held, spec: &ImportSpec) -> Self {
        Self {
            account: held.job.account,
            mode: spec.mode,
            group: spec.group.map(GroupNumber),
            is_dry: spec.is_dry,
            expects_change: matches!(spec.origin, Some(Origin::Applies(_))),
            user_type: Arc::clone(directory.registry.user()),
            ids: Arc::clone(&directory.ids),
        }
    }

    /// Whether people go for good.
    const fn deletes(&self) -> bool {
        matches!(self.mode, ImportMode::Delete)
            || matches!(self.mode, ImportMode::Sync) && self.group.is_none()
    }
}

/// What the rows of a transaction are about, found, and locked unless nothing is written.
pub(super) struct Scene {
    groups: Groups,
    profiles: Profiles,
    /// By canonical login. Nobody is looked for who is only to be added.
    people: HashMap<String, Person>,
    /// Of the people, those who are in the group of which the file is the whole truth.
    members: BTreeSet<MemberKey>,
}

impl Scene {
    /// Finds what the rows, given in login order, are about. All locks but that of the job, which comes last.
    pub(super) fn find(tx: &mut dyn Tx, manner: &Manner, rows: &[&Row]) -> Result<Self> {
        let account = manner.account;
        let looks = manner.mode != ImportMode::Add;
        if looks {
            // Nobody joins a group while people go.
            let alone = manner.deletes() && !manner.is_dry;
            tx.lock_account(account, if alone { AccountLock::Exclusive } else { AccountLock::Shared })?;
        }
        let mut groups = Groups::named(tx, account, rows)?;
        let mut profiles = Profiles::named(tx, account, rows)?;
        let keys = if looks { keys_of(tx, account, rows)? } else { Vec::new() };
        let mut of_each = if looks { groups_of_each(tx, manner, rows)? } else { HashMap::new() };
        if !manner.is_dry {
            let short = of_each.values().filter(|groups| Departure::is_short(groups.len()));
            let others = short.flatten().chain(&manner.group).copied().chain(profiles.groups()).collect();
            profiles.forget(&groups.lock(tx, account, rows, others)?);
        }
        let users = if keys.is_empty() {
            Vec::new()
        } else if manner.is_dry {
            tx.users_with_keys(account, &keys)?
        } else {
            let mut uuids: Vec<Uuid> = tx.user_uuids(account, &keys)?.into_iter().flatten().collect();
            uuids.sort_unstable();
            tx.lock_users(account, &uuids)?
        };
        let people = users.into_iter().flatten().map(|user| {
            let groups = of_each.remove(&user.key).unwrap_or_default();
            (user.name_key.clone(), Person { user, groups })
        });
        let people = people.collect();
        let mut members = BTreeSet::new();
        if let Some(group) = manner.group {
            let keys: Vec<MemberKey> = keys.into_iter().map(MemberKey::user).collect();
            members.extend(tx.members_among(account, group, &keys)?);
        }
        Ok(Self { groups, profiles, people, members })
    }

    /// Takes the next rows, whose places in the job begin with `first`. The caller holds the job, and stores the results.
    pub(super) fn take(
        &mut self,
        tx: &mut dyn Tx,
        (manner, job, now): (&Manner, &Job, Instant),
        first: u64,
        rows: &[(&Prospect, Option<&Due>)],
    ) -> Result<Chunk> {
        let mut taking = Taking {
            scene: self,
            manner,
            job,
            now,
            results: Vec::with_capacity(rows.len()),
            made: Vec::new(),
            changed: Vec::new(),
            leaving: Vec::new(),
            moves: Moves::default(),
            passwords: Vec::new(),
        };
        for (place, (prospect, due)) in (first..).zip(rows) {
            taking.row(place, prospect, *due)?;
        }
        taking.finish(tx)
    }
}

/// The keys of those whom the rows name, sorted.
fn keys_of(tx: &mut dyn Tx, account: AccountId, rows: &[&Row]) -> Result<Vec<UserKey>> {
    let mut names: Vec<&str> =
        rows.iter().filter(|row| row.fault.is_none()).map(|row| row.key.as_str()).collect();
    names.dedup();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    // Few names: single look-ups, however many users there are.
    let found = tx.resolve_names(account, &names, u64::MAX)?;
    let user = |subject| match subject {
        Subject::Member(member) => MemberKey::as_user(member),
        Subject::Unknown | Subject::Ambiguous => None,
    };
    let mut keys: Vec<UserKey> = found.into_iter().filter_map(user).collect();
    keys.sort_unstable();
    Ok(keys)
}

/// The groups of those who go, or whose row says in which they are to be; of the others nobody asks.
fn groups_of_each(
    tx: &mut dyn Tx,
    manner: &Manner,
    rows: &[&Row],
) -> Result<HashMap<UserKey, Vec<GroupNumber>>> {
    let goes = |row: &Row| manner.mode == ImportMode::Delete || (row.removes && manner.deletes());
    let asked: Vec<&Row> = rows.iter().copied().filter(|row| goes(row) || says_groups(row)).collect();
    let keys = keys_of(tx, manner.account, &asked)?;
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let groups = tx.groups_of_users(manner.account, &keys, limits::RESTORED_GROUPS_MAX + 1)?;
    Ok(keys.into_iter().zip(groups).collect())
}

/// Whether a row says in which groups somebody is to be who is there already.
fn says_groups(row: &Row) -> bool {
    !row.member_of.is_empty() || row.cleared.has(Cleared::MEMBER_OF)
}

/// Somebody who is to be added.
struct Made<'a> {
    /// The place of the result.
    at: usize,
    user: Cow<'a, User>,
    groups: Vec<GroupNumber>,
    password: Option<&'a Hash>,
}

/// Rows that are being taken.
struct Taking<'a> {
    scene: &'a mut Scene,
    manner: &'a Manner,
    job: &'a Job,
    now: Instant,
    results: Vec<RowResult>,
    made: Vec<Made<'a>>,
    /// Who becomes another, as they were and as they are to be.
    changed: Vec<(User, User)>,
    /// Who is to be deleted, by the places of their rows in the job.
    leaving: Vec<(u32, Person)>,
    moves: Moves,
    /// The passwords of people who are there.
    passwords: Vec<(UserKey, &'a Hash)>,
}

impl<'a> Taking<'a> {
    fn row(&mut self, place: u64, prospect: &'a Prospect, due: Option<&'a Due>) -> Result<()> {
        let row = &prospect.row;
        let mut version = None;
        let result = match &row.fault {
            Some(Fault::Invalid(message)) => failed(Outcome::Invalid, message),
            Some(Fault::Duplicate) => {
                failed(Outcome::Conflict, "Login Id is listed more than once in this file")
            }
            None if matches!(due, Some(Due::Lost)) => {
                failed(Outcome::Invalid, "Password cannot be read any more")
            }
            None if matches!(due, Some(Due::Earlier)) => failed(Outcome::Invalid, USED_BEFORE),
            None => {
                let person = self.scene.people.remove(&row.key);
                version = person.as_ref().filter(|_| self.manner.is_dry).map(|person| person.user.version);
                self.about((place, prospect), person, due)?
            }
        };
        self.results.push(RowResult { version, ..result });
        Ok(())
    }

    /// A row that can be taken, at its place, about somebody or nobody.
    fn about(
        &mut self,
        (place, prospect): (u64, &'a Prospect),
        person: Option<Person>,
        due: Option<&'a Due>,
    ) -> Result<RowResult> {
        let Prospect { row, user, .. } = prospect;
        let goes = row.removes || self.manner.mode == ImportMode::Delete;
        let objection = row.found.and_then(|found| found.objection(person.as_ref().map(|now| &now.user)));
        match (person, objection) {
            // Whoever was to go is gone.
            (None, _) if goes => Ok(settled(Outcome::NotFound, None)),
            (_, Some(why)) => Ok(failed(Outcome::ChangedSince, why)),
            (Some(person), None) if goes => Ok(self.remove(place, row, person)),
            (Some(person), None) => self.change(prospect, person, due),
            (None, None) => self.add(row, user.as_ref(), hashed(due)?),
        }
    }

    /// Somebody who is to go, or to leave the group of which the file is the whole truth.
    fn remove(&mut self, place: u64, row: &Row, person: Person) -> RowResult {
        let user = person.user.uuid;
        let member = MemberKey::user(person.user.key);
        if row.removes && person.user.created_at > self.job.received_at {
            // Not the one who was there when the file was compared.
            return settled(Outcome::ChangedSince, Some(user));
        }
        if let Some(group) = self.manner.group {
            if !self.scene.members.contains(&member) {
                return settled(Outcome::NotMember, Some(user));
            }
            self.moves.leave(group, member);
            let note = Some("User successfully removed from the group".to_owned());
            return RowResult { note, ..settled(Outcome::Removed, Some(user)) };
        }
        self.leaving.push((u32::try_from(place).unwrap_or(u32::MAX), person));
        settled(Outcome::Removed, Some(user))
    }

    /// Somebody who is to be added, if groups are known and nobody has the login.
    fn add(&mut self, row: &'a Row, user: Option<&'a User>, password: Option<&'a Hash>) -> Result<RowResult> {
        if !self.manner.mode.adds() {
            return Ok(self.unexpected(Outcome::Invalid, "No user with this loginId exists"));
        }
        if self.manner.mode != ImportMode::Add
            && let Err(message) = people::check_new(row)
        {
            return Ok(failed(Outcome::Invalid, &message));
        }
        let (groups, changes) = match self.given(row) {
            Ok(given) => given,
            Err(message) => return Ok(failed(Outcome::Invalid, message)),
        };
        let Some(user) = user else { return Err(Error::internal("a row makes nobody")) };
        let user = if changes == people::Changes::default() {
            Cow::Borrowed(user)
        } else {
            let attributes = changes.applied(document::read(&user.doc)?, &self.manner.user_type);
            Cow::Owned(User { doc: people::index(&attributes)?.doc, ..user.clone() })
        };
        self.made.push(Made { at: self.results.len(), user, groups, password });
        Ok(settled(Outcome::Created, None))
    }

    /// The groups of somebody new, and what the row and its profile say beyond what is in the row itself.
    fn given(&self, row: &Row) -> std::result::Result<(Vec<GroupNumber>, people::Changes), &'static str> {
        let (mut groups, owned) = self.groups_of(row)?;
        let mut changes = people::Changes::default();
        if !owned.is_empty() {
            changes.owned_groups = Given::Set(owned);
        }
        if let Some((profile, its_groups)) = self.scene.profiles.of(row)? {
            changes.profile = Given::Set(profile.number.to_string());
            if row.roles.is_empty() && !row.cleared.has(Cleared::ROLES) {
                changes.roles = Given::Set(profile.gives.roles.clone());
            }
            if !says_groups(row) {
                groups.clone_from(its_groups);
            }
        }
        groups.extend(self.manner.group);
        Ok((groups, changes))
    }

    /// The groups that a row says somebody is to be in, and to own.
    fn groups_of(&self, row: &Row) -> std::result::Result<(Vec<GroupNumber>, Vec<Uuid>), &'static str> {
        let groups = self.scene.groups.joined(row).ok_or("Invalid member of group provided")?;
        let owned = self.scene.groups.owned(row).ok_or("Invalid owned group provided")?;
        Ok((groups, owned))
    }

    /// Somebody who is there, as the row wants them to be.
    fn change(&mut self, prospect: &Prospect, person: Person, due: Option<&'a Due>) -> Result<RowResult> {
        let row = &prospect.row;
        let (groups, owned) = match self.groups_of(row) {
            Ok(known) => known,
            Err(message) => return Ok(failed(Outcome::Invalid, message)),
        };
        let max = limits::INLINE_ITEMS_MAX;
        if says_groups(row) && person.groups.len() > max {
            let detail = format!(
                "The user is in more than {max} groups: leave Member Of blank, and change the groups themselves"
            );
            return Ok(failed(Outcome::Invalid, &detail));
        }
        let mut changes = people::row_changes(row);
        if row.cleared.has(Cleared::OWNED_GROUPS) {
            changes.owned_groups = Given::Cleared;
        } else if !owned.is_empty() {
            changes.owned_groups = Given::Set(owned);
        }
        match self.scene.profiles.of(row) {
            Ok(None) if row.cleared.has(Cleared::PROFILE) => changes.profile = Given::Cleared,
            Ok(None) => {}
            Ok(Some((profile, _))) => changes.profile = Given::Set(profile.number.to_string()),
            Err(message) => return Ok(failed(Outcome::Invalid, message)),
        }
        let was = person.user;
        let becomes = match prospect.foreseen_of(&was) {
            Some(foreseen) => foreseen.becomes.clone(),
            None => match foresight::becomes(row, &was, &changes, self.manner)? {
                Ok(becomes) => becomes,
                Err(message) => return Ok(failed(Outcome::Invalid, &message)),
            },
        };
        let moved = self.move_to(row, MemberKey::user(was.key), (&groups, &person.groups));
        self.passwords.extend(hashed(due)?.map(|password| (was.key, password)));
        // A dry run has none, and takes each for another one.
        let is_other_password = row.password == RowPassword::Apart && !matches!(due, Some(Due::Same));
        let is_other = becomes.is_some() || moved || is_other_password;
        let outcome = if is_other { Outcome::Updated } else { Outcome::Unchanged };
        let result = settled(outcome, Some(was.uuid));
        if let Some(indexed) = becomes {
            let user = User {
                version: was.version + 1,
                modified_at: self.now.max(was.modified_at),
                name_key: was.name_key.clone(),
                external_id: was.external_id.clone(),
                email_keys: indexed.email_keys,
                doc: indexed.doc,
                ..was
            };
            self.changed.push((was, user));
        }
        Ok(result)
    }

    /// Notes which groups somebody comes into and leaves; whether there are any.
    fn move_to(
        &mut self,
        row: &Row,
        member: MemberKey,
        (to, from): (&[GroupNumber], &[GroupNumber]),
    ) -> bool {
        let mut moved = false;
        if says_groups(row) {
            for group in to.iter().filter(|group| !from.contains(group)) {
                self.moves.join(*group, member);
                moved = true;
            }
            for group in from.iter().filter(|group| !to.contains(group)) {
                if Some(*group) != self.manner.group {
                    self.moves.leave(*group, member);
                    moved = true;
                }
            }
        }
        if let Some(group) = self.manner.group
            && !self.scene.members.contains(&member)
            && !to.contains(&group)
        {
            self.moves.join(group, member);
            moved = true;
        }
        moved
    }

    /// A fault, unless a dry run found none: then somebody changed something since.
    fn unexpected(&self, outcome: Outcome, why: &str) -> RowResult {
        if self.manner.expects_change {
            return failed(Outcome::ChangedSince, &format!("{why} any more"));
        }
        failed(outcome, why)
    }

    /// Writes what was noted.
    fn finish(mut self, tx: &mut dyn Tx) -> Result<Chunk> {
        self.insert(tx)?;
        let Self { manner, job, now, mut changed, leaving, moves, results, mut passwords, .. } = self;
        if !manner.is_dry {
            if !changed.is_empty() {
                changed.sort_unstable_by_key(|(user, _)| user.key);
                let changed: Vec<(&User, &User)> = changed.iter().map(|(was, is)| (was, is)).collect();
                tx.rewrite_users(manner.account, &changed)?;
            }
            Leaving { job, people: &leaving, ids: &manner.ids, now }.go(tx)?;
            moves.make(tx, manner.account, now)?;
            passwords.sort_unstable_by_key(|(user, _)| *user);
            if !passwords.is_empty() {
                let kept = tx.password_policy(manner.account)?.password_history;
                tx.put_passwords(manner.account, &passwords, kept, now)?;
            }
        }
        let mut tally = Tally::default();
        for result in &results {
            tally.add(result.outcome, 1);
        }
        Ok(Chunk { results, tally })
    }

    /// Adds those who are to be added, and puts them into their groups.
    fn insert(&mut self, tx: &mut dyn Tx) -> Result<()> {
        let made = std::mem::take(&mut self.made);
        if made.is_empty() {
            return Ok(());
        }
        let account = self.manner.account;
        let users = made.iter().map(|made| made.user.as_ref());
        let (first_key, inserted) = if self.manner.is_dry {
            let names: Vec<&str> = users.map(|user| user.name_key.as_str()).collect();
            // Equal logins of one file were marked before.
            let found = tx.resolve_names(account, &names, u64::MAX)?;
            (UserKey(0), found.into_iter().map(|found| found == Subject::Unknown).collect())
        } else {
            let first_key = tx.allocate_users(account, made.len() as u64)?;
            let users: Vec<(UserKey, &User)> = (first_key.0..).map(UserKey).zip(users).collect();
            (first_key, tx.insert_users(account, &users)?)
        };
        let mut passwords = Vec::new();
        for ((made, is_there), key) in made.iter().zip(inserted).zip((first_key.0..).map(UserKey)) {
            if !is_there {
                self.results[made.at] = if self.manner.expects_change {
                    failed(Outcome::ChangedSince, "A user with this loginId exists since the dry run")
                } else {
                    failed(Outcome::Conflict, "A user with this loginId already exists")
                };
                continue;
            }
            // Who is not made has no id that anybody could ask for.
            self.results[made.at].user = (!self.manner.is_dry).then_some(made.user.uuid);
            passwords.extend(made.password.map(|password| (key, password)));
            made.groups.iter().for_each(|group| self.moves.join(*group, MemberKey::user(key)));
        }
        if passwords.is_empty() { Ok(()) } else { tx.put_first_passwords(account, &passwords, self.now) }
    }
}

fn settled(outcome: Outcome, user: Option<Uuid>) -> RowResult {
    RowResult { outcome, user, note: None, version: None }
}

pub(super) fn failed(outcome: Outcome, why: &str) -> RowResult {
    RowResult { outcome, user: None, note: Some(why.to_owned()), version: None }
}
