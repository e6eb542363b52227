//! The ids of those whom the items of a job are about.

use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, MemberKey, UserKey};
use crate::model::groups::MemberId;
use crate::model::memberships::Subject;
use crate::port::Snapshot;

/// Users with their ids, by rising key. A group's id is its number.
#[derive(Debug, Default)]
pub(super) struct Ids(Vec<(UserKey, Uuid)>);

impl Ids {
    /// Those of these users; not of who is gone. The keys rise, without repeats, at most `READ_ROWS_MAX`.
    pub(super) fn of(snapshot: &mut dyn Snapshot, account: AccountId, users: &[UserKey]) -> Result<Self> {
        let uuids = snapshot.user_uuids(account, users)?;
        Ok(Self(users.iter().zip(uuids).filter_map(|(user, uuid)| Some((*user, uuid?))).collect()))
    }

    /// That of one user, if there is one.
    pub(super) fn of_one(snapshot: &mut dyn Snapshot, account: AccountId, uuid: Uuid) -> Result<Self> {
        let found = snapshot.resolve_uuids(account, &[uuid.into_bytes()], 1)?;
        let user = found.into_iter().find_map(|subject| match subject {
            Subject::Member(member) => member.as_user(),
            _ => None,
        });
        Ok(Self(user.map(|user| (user, uuid)).into_iter().collect()))
    }

    /// Adds those of users whose keys are behind all others'.
    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whom a key means; nobody, if the id is not known.
    pub(super) fn get(&self, member: MemberKey) -> Option<MemberId> {
        let Some(user) = member.as_user() else { return member.as_group().map(MemberId::Group) };
        let ((first, _), (last, _)) = self.0.first().zip(self.0.last())?;
        // Between two keys there are at most as many others as numbers: of keys without gaps this leaves one place.
        let before = usize::try_from(user.0.checked_sub(first.0)?).ok()?;
        let behind = usize::try_from(last.0.checked_sub(user.0)?).ok()?;
        let from = self.0.len().saturating_sub(behind.saturating_add(1));
        let near = self.0.get(from..=before.min(self.0.len() - 1))?;
        let at = near.binary_search_by_key(&user, |(user, _)| *user).ok()?;
        Some(MemberId::User(near[at].1))
    }
}

/// The users among members, by rising key, without repeats.
pub(super) fn users(members: impl Iterator<Item = MemberKey>) -> Vec<UserKey> {
    let mut users: Vec<UserKey> = members.filter_map(MemberKey::as_user).collect();
    users.sort_unstable();
    users.dedup();
    users
}

#[cfg(test)]
mod tests;
