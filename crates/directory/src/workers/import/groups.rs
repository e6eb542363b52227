//! The groups that rows name.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber};
use crate::model::canonical;
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

    /// Locks the groups to be in, and others, by rising number; those that were deleted meanwhile are known no more.
    pub(super) fn lock(
        &mut self,
        tx: &mut dyn Tx,
        account: AccountId,
        rows: &[&Row],
        mut others: BTreeSet<GroupNumber>,
    ) -> Result<()> {
        let joined = rows.iter().flat_map(|row| &row.member_of).filter_map(|name| self.by_name.get(name));
        others.extend(joined.map(|(number, _)| *number));
        for number in others {
            if tx.lock_group(account, number)?.is_none() {
                self.by_name.retain(|_, (known, _)| *known != number);
            }
        }
        Ok(())
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
