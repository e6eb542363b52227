//! A group's members, as they are shown: inside the group while they are few, in pages however many they are.

use serde::Deserialize;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::groups::{Group, GroupRef, Member, MemberId};
use crate::model::users::User;
use crate::port::scan::Place;
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::groups::{not_found, parse_group};
use crate::use_cases::lists::cursor::Binding;

/// Which members of a group.
#[derive(Clone, Debug)]
pub struct MembersQuery {
    /// Where the page begins: [`MembersPage::next`] of the page before; at the first member when none.
    pub cursor: Option<String>,
    /// At most so many, and at most `COUNT_MAX`; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
    /// Whether their names are asked for, which costs reading them.
    pub with_display: bool,
}

/// A page of a group's members.
#[derive(Clone, Debug)]
pub struct MembersPage {
    /// The group as it is now, with the number of all its members.
    pub group: Group,
    /// Users in order of creation, then groups by number. Members that were deleted and not yet cleared away are
    /// left out, so there may be fewer than asked for before the last page.
    pub members: Vec<Member>,
    /// The cursor of the next page; none after the last.
    pub next: Option<String>,
}

impl Directory {
    /// A page of a group's members. Costs the same wherever it begins, however many members there are. Who was a
    /// member all the time is on exactly one of the pages.
    ///
    /// # Errors
    /// `NotFound`; `Scim` `invalidCursor`, `expiredCursor`.
    pub async fn members(&self, caller: &Caller, id: &str, query: &MembersQuery) -> Result<MembersPage> {
        caller.require(Permission::GroupsRead)?;
        let (account, number) = (caller.account, parse_group(id)?);
        let binding = Binding::new(caller, &["members", id, if query.with_display { "display" } else { "" }]);
        let (after, count) = match &query.cursor {
            None => (Place::Start, query.count.unwrap_or(limits::COUNT_DEFAULT)),
            Some(cursor) => self.open_place(&binding, cursor, query.count).await?,
        };
        let after = match after {
            Place::Key(code) => MemberKey::from_code(code),
            _ => None,
        };
        let (limit, with_display) = (count.min(limits::COUNT_MAX), query.with_display);
        let read = move |snapshot: &mut dyn Snapshot| {
            let group = snapshot.group(account, number)?.ok_or_else(not_found)?;
            let mut keys = snapshot.members(account, number, after, limit + 1)?;
            let more = keys.len() > limit;
            keys.truncate(limit);
            let next = keys.last().copied().filter(|_| more);
            let members = shown(snapshot, account, &keys, with_display)?;
            Ok((group, members, next))
        };
        let (group, members, next) = self.store.read(Cost::Scan, read).await?;
        let next = match next {
            Some(member) => Some(self.seal_place(&binding, Place::Key(member.code()), count).await?),
            None => None,
        };
        Ok(MembersPage { group, members, next })
    }
}

/// These members as they are shown, given by rising key; those that were deleted are left out.
pub(crate) fn shown<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    keys: &[MemberKey],
    with_display: bool,
) -> Result<Vec<Member>> {
    let (mut users, mut groups) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        users.extend(key.as_user());
        groups.extend(key.as_group());
    }
    let mut members = shown_users(snapshot, account, &users, with_display)?;
    if !groups.is_empty() {
        members.append(&mut shown_groups(snapshot, account, &groups, with_display)?);
    }
    Ok(members)
}

fn shown_users<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    keys: &[UserKey],
    with_display: bool,
) -> Result<Vec<Member>> {
    if with_display {
        let mut members = Vec::with_capacity(keys.len());
        // Documents may be large, and only their names are kept.
        for some in keys.chunks(limits::LOOK_UPS_AT_ONCE) {
            let users = snapshot.users_with_keys(account, some)?.into_iter().flatten();
            members.extend(users.map(|user| Member { id: MemberId::User(user.uuid), display: name(&user) }));
        }
        return Ok(members);
    }
    let uuids = snapshot.user_uuids(account, keys)?.into_iter().flatten();
    Ok(uuids.map(|uuid| Member { id: MemberId::User(uuid), display: None }).collect())
}

fn shown_groups<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    numbers: &[GroupNumber],
    with_display: bool,
) -> Result<Vec<Member>> {
    let groups = snapshot.group_refs(account, numbers)?.into_iter();
    let member = |group: GroupRef| Member {
        id: MemberId::Group(group.number),
        display: with_display.then_some(group.display_name),
    };
    Ok(groups.map(member).collect())
}

/// The names in a user's document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    display_name: Option<String>,
    user_name: Option<String>,
}

/// The user's `displayName`, else the `userName`.
fn name(user: &User) -> Option<String> {
    let names: Names = serde_json::from_str(&user.doc).ok()?;
    names.display_name.or(names.user_name)
}
