//! The groups and the profiles that rows name, and the members that groups get and lose.

use std::collections::{BTreeMap, BTreeSet};

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey};
use crate::model::canonical;
use crate::model::profiles::Profile;
use crate::model::rows::Row;
use crate::port::Tx;
use crate::port::scan::{NameRange, Page, Scan};

/// Groups by their names as given.
pub(super) struct Groups {
    by_name: BTreeMap<String, (GroupNumber, Uuid)>,
}

impl Groups {
    /// Those that the rows name, to be in them or to own them. A name that several groups have names none for certain.
    pub(super) fn named(tx: &mut dyn Tx, account: AccountId, rows: &[&Row]) -> Result<Self> {
        let mut by_name = BTreeMap::new();
        let rows = rows.iter().filter(|row| row.fault.is_none());
        for name in rows.flat_map(|row| row.member_of.iter().chain(&row.owned_groups)) {
            if !by_name.contains_key(name)
                && let Ok(key) = canonical::group_name_key(name)
                && let [group] =
                    tx.groups(account, &Scan::Names(NameRange::only(&key)), &Page::first(2))?.as_slice()
            {
                by_name.insert(name.clone(), (group.number, group.uuid));
            }
        }
        Ok(Self { by_name })
    }

    /// Locks the groups to be in, and others, by rising number; those that were deleted meanwhile are known no more, and
    /// given back.
    pub(super) fn lock(
        &mut self,
        tx: &mut dyn Tx,
        account: AccountId,
        rows: &[&Row],
        mut others: BTreeSet<GroupNumber>,
    ) -> Result<BTreeSet<GroupNumber>> {
        let joined = rows.iter().flat_map(|row| &row.member_of).filter_map(|name| self.by_name.get(name));
        others.extend(joined.map(|(number, _)| *number));
        let mut gone = BTreeSet::new();
        for number in others {
            if tx.lock_group(account, number)?.is_none() {
                self.by_name.retain(|_, (known, _)| *known != number);
                gone.insert(number);
            }
        }
        Ok(gone)
    }

    /// The groups to be in; none where one of them is unknown.
    pub(super) fn joined(&self, row: &Row) -> Option<Vec<GroupNumber>> {
        row.member_of.iter().map(|name| self.by_name.get(name).map(|(number, _)| *number)).collect()
    }

    /// The groups to own; none where one of them is unknown.
    pub(super) fn owned(&self, row: &Row) -> Option<Vec<Uuid>> {
        row.owned_groups.iter().map(|name| self.by_name.get(name).map(|(_, uuid)| *uuid)).collect()
    }
}

/// Profiles by their names as given, each with those of its groups that are there.
pub(super) struct Profiles {
    by_name: BTreeMap<String, (Profile, Vec<GroupNumber>)>,
}

impl Profiles {
    /// Those that the rows name.
    pub(super) fn named(tx: &mut dyn Tx, account: AccountId, rows: &[&Row]) -> Result<Self> {
        let rows = rows.iter().filter(|row| row.fault.is_none() && !row.profile.is_empty());
        let names: BTreeSet<&str> = rows.map(|row| row.profile.as_str()).collect();
        let keyed: Vec<(&str, String)> = names
            .into_iter()
            .filter_map(|name| Some((name, canonical::profile_name_key(name).ok()?)))
            .collect();
        let keys: Vec<&str> = keyed.iter().map(|(_, key)| key.as_str()).collect();
        let found = if keys.is_empty() { Vec::new() } else { tx.profiles_by_names(account, &keys)? };
        let mut by_name = BTreeMap::new();
        for ((name, _), profile) in keyed.iter().zip(found) {
            if let Some(profile) = profile {
                let there = tx.group_refs(account, &profile.gives.groups_in_order())?;
                let groups = there.into_iter().map(|group| group.number).collect();
                by_name.insert((*name).to_owned(), (profile, groups));
            }
        }
        Ok(Self { by_name })
    }

    /// Forgets groups that were deleted meanwhile.
    pub(super) fn forget(&mut self, gone: &BTreeSet<GroupNumber>) {
        self.by_name.values_mut().for_each(|(_, groups)| groups.retain(|group| !gone.contains(group)));
    }

    /// The groups that they give.
    pub(super) fn groups(&self) -> impl Iterator<Item = GroupNumber> {
        self.by_name.values().flat_map(|(_, groups)| groups).copied()
    }

    /// The profile that a row names, with its groups: none where it names none.
    ///
    /// # Errors
    /// What the row's report says of a name that no profile has.
    pub(super) fn of(
        &self,
        row: &Row,
    ) -> std::result::Result<Option<&(Profile, Vec<GroupNumber>)>, &'static str> {
        if row.profile.is_empty() {
            return Ok(None);
        }
        self.by_name.get(&row.profile).map(Some).ok_or("Invalid profile provided")
    }
}

/// Members that groups get, and that they lose.
#[derive(Default)]
pub(super) struct Moves {
    joins: BTreeMap<GroupNumber, Vec<MemberKey>>,
    leaves: BTreeMap<GroupNumber, Vec<MemberKey>>,
}

impl Moves {
    pub(super) fn join(&mut self, group: GroupNumber, member: MemberKey) {
        self.joins.entry(group).or_default().push(member);
    }

    pub(super) fn leave(&mut self, group: GroupNumber, member: MemberKey) {
        self.leaves.entry(group).or_default().push(member);
    }

    pub(super) fn make(self, tx: &mut dyn Tx, account: AccountId, now: Instant) -> Result<()> {
        for (group, mut members) in self.leaves {
            members.sort_unstable();
            tx.remove_members(account, group, &members)?;
            let fewer = i64::try_from(members.len()).unwrap_or(i64::MAX);
            tx.touch_group(account, group, -fewer, now)?;
        }
        for (group, mut members) in self.joins {
            members.sort_unstable();
            members.dedup();
            tx.add_members(account, group, &members)?;
            let more = i64::try_from(members.len()).unwrap_or(i64::MAX);
            tx.touch_group(account, group, more, now)?;
        }
        Ok(())
    }
}
