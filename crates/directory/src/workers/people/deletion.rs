//! Deletions of people, with what is attached to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use throng_jobs::{Instant, Outcome};
use throng_scim::filter::Filter;
use throng_scim::schema::ResourceType;
use uuid::Uuid;

use super::{Act, Listed, Turn};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, Ids, MemberKey, UserKey};
use crate::limits;
use crate::model::images::{self, Image};
use crate::model::jobs::{DeletionSpec, Held, Job};
use crate::model::memberships::Subject;
use crate::model::results::Settled;
use crate::model::users::User;
use crate::port::{AccountLock, Tx};
use crate::use_cases::departures::Departure;
use crate::use_cases::lists::documents::still_matches;

/// A deletion.
pub(in crate::workers) struct Deletion {
    account: AccountId,
    filter: Option<String>,
    user_type: Arc<ResourceType>,
    is_dry: bool,
    /// Only who is as another job left them.
    as_made: bool,
    /// For the jobs that take people out of many groups.
    ids: Arc<Ids>,
}

/// One of those who may go, and the groups that they are in: all, or more than are kept.
pub(in crate::workers) struct Person {
    pub(in crate::workers) user: User,
    pub(in crate::workers) groups: Vec<GroupNumber>,
}

impl Deletion {
    pub(in crate::workers) fn new(directory: &Directory, held: &Held, spec: &DeletionSpec) -> Self {
        Self {
            account: held.job.account,
            filter: spec.filter.clone(),
            user_type: Arc::clone(directory.registry.user()),
            is_dry: spec.is_dry,
            as_made: spec.as_made,
            ids: Arc::clone(&directory.ids),
        }
    }

    /// The keys of these people.
    fn keys(&self, tx: &mut dyn Tx, uuids: &[Uuid]) -> Result<Vec<UserKey>> {
        let ids: Vec<[u8; 16]> = uuids.iter().map(|uuid| uuid.into_bytes()).collect();
        let found = tx.resolve_uuids(self.account, &ids, ids.len() as u64)?;
        let mut keys: Vec<UserKey> = found
            .into_iter()
            .filter_map(|subject| match subject {
                Subject::Member(member) => member.as_user(),
                Subject::Unknown | Subject::Ambiguous => None,
            })
            .collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// Whether somebody is still to go.
    fn is_meant(
        &self,
        tx: &mut dyn Tx,
        filter: Option<&Filter>,
        (item, person): (&Listed, &Person),
    ) -> Result<bool> {
        if let Some(filter) = filter {
            return still_matches(tx, self.account, &person.user, (filter, &self.user_type));
        }
        let groups_max = usize::try_from(item.number).unwrap_or(usize::MAX);
        let is_as_made = person.user.version == item.version && person.groups.len() <= groups_max;
        Ok(!self.as_made || is_as_made)
    }
}

/// Those who leave in a transaction, which holds the account alone and the groups that they are in, with the places of their
/// items.
pub(in crate::workers) struct Leaving<'a> {
    pub(in crate::workers) job: &'a Job,
    pub(in crate::workers) people: &'a [(u32, Person)],
    /// For the jobs that take people out of many groups.
    pub(in crate::workers) ids: &'a Ids,
    pub(in crate::workers) now: Instant,
}

impl Leaving<'_> {
    /// Deletes them, with what is attached to them, and keeps them as they are, so that they can be restored.
    ///
    /// # Errors
    /// What the store fails with.
    pub(in crate::workers) fn go(&self, tx: &mut dyn Tx) -> Result<()> {
        if self.people.is_empty() {
            return Ok(());
        }
        // By the store's clock, which says how long they can be restored.
        let deleted_at = tx.store_now(self.job.account)?;
        self.keep_images(tx, deleted_at)?;
        self.delete(tx, deleted_at)
    }

    fn keep_images(&self, tx: &mut dyn Tx, taken_at: Instant) -> Result<()> {
        let account = self.job.account;
        let mut keys: Vec<UserKey> = self.people.iter().map(|(_, person)| person.user.key).collect();
        keys.sort_unstable();
        let called = tx.external_ids_of(account, &keys)?;
        let mut called: BTreeMap<UserKey, _> = keys.into_iter().zip(called).collect();
        let image = |(index, person): &(u32, Person)| {
            let kept = person.groups.len().min(limits::RESTORED_GROUPS_MAX);
            Image {
                index: *index,
                taken_at,
                user: person.user.clone(),
                external_ids: called.remove(&person.user.key).unwrap_or_default(),
                groups: person.groups[..kept].to_vec(),
                had_more_groups: kept < person.groups.len(),
            }
        };
        let images: Vec<Image> = self.people.iter().map(image).collect();
        let blocks = images::encode(&images, limits::IMAGE_BYTES_MAX)?;
        tx.put_images(account, self.job.number, &blocks)
    }

    fn delete(&self, tx: &mut dyn Tx, deleted_at: Instant) -> Result<()> {
        let (account, client, now) = (self.job.account, self.job.client, self.now);
        let mut departing: BTreeMap<GroupNumber, Vec<MemberKey>> = BTreeMap::new();
        for (_, person) in self.people {
            let member = MemberKey::user(person.user.key);
            if Departure::is_short(person.groups.len()) {
                for group in &person.groups {
                    departing.entry(*group).or_default().push(member);
                }
            } else {
                Departure { account, member, client, job: self.ids.uuid(now), now }.queue(tx)?;
            }
        }
        for (group, mut members) in departing {
            members.sort_unstable();
            tx.remove_members(account, group, &members)?;
            let fewer = i64::try_from(members.len()).unwrap_or(i64::MAX);
            tx.touch_group(account, group, -fewer, now)?;
        }
        let users: Vec<&User> = self.people.iter().map(|(_, person)| &person.user).collect();
        tx.delete_users(account, &users, deleted_at)
    }
}

impl Act for Deletion {
    type Ready = ();
    type Found = BTreeMap<Uuid, Person>;

    fn is_dry(&self) -> bool {
        self.is_dry
    }

    fn is_guarded(&self) -> bool {
        true
    }

    fn prepare(&self, _: &Directory, _: &[Listed]) -> Result<()> {
        Ok(())
    }

    fn find(&self, tx: &mut dyn Tx, turn: &Turn<'_, ()>) -> Result<Self::Found> {
        let account = self.account;
        // Nobody joins a group while people go.
        tx.lock_account(account, if self.is_dry { AccountLock::Shared } else { AccountLock::Exclusive })?;
        let mut uuids: Vec<Uuid> = turn.listed.iter().filter_map(|item| item.user).collect();
        uuids.sort_unstable();
        uuids.dedup();
        let keys = self.keys(tx, &uuids)?;
        let groups = tx.groups_of_users(account, &keys, limits::RESTORED_GROUPS_MAX + 1)?;
        let users = if self.is_dry {
            tx.users_with_uuids(account, &uuids)?
        } else {
            let short = groups.iter().filter(|groups| Departure::is_short(groups.len()));
            let mut left: Vec<GroupNumber> = short.flatten().copied().collect();
            left.sort_unstable();
            left.dedup();
            for group in left {
                tx.lock_group(account, group)?;
            }
            tx.lock_users(account, &uuids)?
        };
        let mut groups: BTreeMap<UserKey, Vec<GroupNumber>> = keys.into_iter().zip(groups).collect();
        let people = users.into_iter().flatten().map(|user| {
            let groups = groups.remove(&user.key).unwrap_or_default();
            (user.uuid, Person { user, groups })
        });
        Ok(people.collect())
    }

    fn settle(
        &self,
        tx: &mut dyn Tx,
        job: &mut Job,
        turn: &Turn<'_, ()>,
        mut found: Self::Found,
    ) -> Result<Vec<Settled>> {
        let filter = self.filter.as_deref().map(Filter::parse).transpose()?;
        let mut settled = Vec::with_capacity(turn.listed.len());
        for batch in turn.listed.chunks(tx.batch_items()) {
            let mut leaving = Vec::with_capacity(batch.len());
            for item in batch {
                let (mut outcome, mut member) = (Outcome::NotFound, None);
                if let Some(person) = item.user.and_then(|uuid| found.remove(&uuid)) {
                    outcome = Outcome::ChangedSince;
                    if self.is_meant(tx, filter.as_ref(), (item, &person))? {
                        outcome = Outcome::Removed;
                        member = Some(MemberKey::user(person.user.key));
                        leaving.push((item.index, person));
                    }
                }
                settled.push(Settled { index: item.index, member, outcome });
            }
            if !self.is_dry {
                Leaving { job, people: &leaving, ids: &self.ids, now: turn.timing.now }.go(tx)?;
            }
            if tx.should_yield() {
                break;
            }
        }
        Ok(settled)
    }
}
