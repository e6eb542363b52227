//! The people of an export as they are at this moment, as rows and results.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use throng_jobs::Outcome;

use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, UserKey, parse_uuid};
use crate::limits;
use crate::model::canonical;
use crate::model::exports::{self, Called, Exported, GROUPS_MAX, Named, is_sayable};
use crate::model::groups::Group;
use crate::model::profiles::{Profile, ProfileNumber};
use crate::model::results::RowResult;
use crate::model::rows::Row;
use crate::port::Snapshot;
use crate::port::scan::{NameRange, Page, Scan};

/// What is said of somebody who was deleted between being found and being written.
const GONE: &str = "User was deleted while the export ran";

/// Rows with what became of them.
pub(super) type Written = Vec<(Row, RowResult)>;

/// Those with these keys, in this order, whose places in the job begin with `first`.
pub(super) fn written(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    keys: &[UserKey],
    first: u32,
) -> Result<Written> {
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut names = Names { account, by_number: HashMap::new(), by_id: HashMap::new() };
    let mut found: HashMap<UserKey, (Row, RowResult)> = HashMap::with_capacity(sorted.len());
    // Few at a time, since of the documents little is kept.
    for some in sorted.chunks(limits::LOOK_UPS_AT_ONCE) {
        let groups = snapshot.groups_of_users(account, some, GROUPS_MAX + 1)?;
        let users = snapshot.users_with_keys(account, some)?;
        for (user, groups) in users.into_iter().zip(groups) {
            let Some(user) = user else { continue };
            let mut member_of = Vec::with_capacity(groups.len());
            for group in groups {
                member_of.push(names.of(snapshot, group)?);
            }
            let exported = exports::row_of(&user, member_of, |named| names.called(snapshot, named))?;
            let note = note(&exported);
            let result = RowResult { outcome: Outcome::Exported, user: Some(user.uuid), note, version: None };
            found.insert(user.key, (exported.row, result));
        }
    }
    let note = || Some(GONE.to_owned());
    let gone = || RowResult { outcome: Outcome::NotFound, user: None, note: note(), version: None };
    // A row is many texts: they are copied only for somebody who comes twice.
    let is_each_once = sorted.len() == keys.len();
    let row = |(position, key): (u32, &UserKey)| match if is_each_once {
        found.remove(key)
    } else {
        found.get(key).cloned()
    } {
        Some((row, result)) => (Row { position, ..row }, result),
        None => (Row { position, ..Row::default() }, gone()),
    };
    Ok((first..).zip(keys).map(row).collect())
}

/// What is to be said of somebody of whom the file does not say everything.
fn note(exported: &Exported) -> Option<String> {
    let columns = exported.left_blank.join(", ");
    let note = || format!("User successfully exported (blank, since no cell can say it: {columns})");
    (!columns.is_empty()).then(note)
}

/// How groups and profiles are called, as far as it was asked. No group has the id of a profile.
struct Names {
    account: AccountId,
    by_number: HashMap<GroupNumber, Called>,
    by_id: HashMap<String, Called>,
}

impl Names {
    fn of(&mut self, snapshot: &mut dyn Snapshot, number: GroupNumber) -> Result<Called> {
        Ok(match self.by_number.entry(number) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(free) => {
                let group = snapshot.group(self.account, number)?;
                free.insert(name_of(snapshot, self.account, group)?).clone()
            }
        })
    }

    fn called(&mut self, snapshot: &mut dyn Snapshot, named: Named<'_>) -> Result<Called> {
        let (Named::Group(id) | Named::Profile(id)) = named;
        if let Some(known) = self.by_id.get(id) {
            return Ok(known.clone());
        }
        let called = match named {
            Named::Group(id) => {
                let group = match parse_uuid(id) {
                    Some(uuid) => snapshot.group_by_uuid(self.account, uuid)?,
                    None => None,
                };
                name_of(snapshot, self.account, group)?
            }
            Named::Profile(id) => match ProfileNumber::parse(id) {
                Some(number) => profile_of(snapshot.profiles(self.account, &[number])?.pop().flatten()),
                None => Called::Gone,
            },
        };
        self.by_id.insert(id.to_owned(), called.clone());
        Ok(called)
    }
}

fn profile_of(profile: Option<Profile>) -> Called {
    match profile {
        None => Called::Gone,
        Some(profile) if is_sayable(&profile.name) => Called::By(profile.name),
        Some(_) => Called::Unclear,
    }
}

/// The name by which an import finds a group: one that no other group has.
fn name_of(snapshot: &mut dyn Snapshot, account: AccountId, group: Option<Group>) -> Result<Called> {
    let Some(Group { number, display_name, .. }) = group else { return Ok(Called::Gone) };
    let Ok(key) = canonical::group_name_key(&display_name) else { return Ok(Called::Unclear) };
    let named = snapshot.groups(account, &Scan::Names(NameRange::only(&key)), &Page::first(2))?;
    let is_only = matches!(named.as_slice(), [only] if only.number == number);
    Ok(if is_only && is_sayable(&display_name) { Called::By(display_name) } else { Called::Unclear })
}
