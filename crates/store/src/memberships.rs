//! Memberships.

use throng_directory::Result;
use throng_directory::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use throng_directory::port::{MembershipReads, MembershipWrites};

use crate::conn::{Conn, Row, Value};
use crate::fault::{Outcome, stored};
use crate::merge::Walk;
use crate::session::Session;

/// A statement about members of one kind: users have `member_kind` 0, groups 1.
#[derive(Clone, Copy)]
pub struct ByKind {
    pub users: &'static str,
    pub groups: &'static str,
}

impl ByKind {
    /// The statement about members of this one's kind.
    pub const fn of(&self, member: MemberKey) -> &'static str {
        if member.is_user() { self.users } else { self.groups }
    }
}

/// Makes a [`ByKind`] of what stands before and behind the number of the kind.
macro_rules! by_kind {
    ($before:literal, $behind:literal) => {
        $crate::memberships::ByKind {
            users: concat!($before, "0", $behind),
            groups: concat!($before, "1", $behind),
        }
    };
}
pub(crate) use by_kind;

/// The users and the groups among sorted members.
fn kinds(keys: &[MemberKey]) -> (&[MemberKey], &[MemberKey]) {
    keys.split_at(keys.partition_point(|key| key.is_user()))
}

impl<C: Conn> MembershipReads for Session<C> {
    fn members(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        after: Option<MemberKey>,
        limit: usize,
    ) -> Result<Vec<MemberKey>> {
        // The primary key of memberships.
        let sql = by_kind!(
            "select member_key from memberships where account_id = ?1 and group_number = ?2 \
             and member_kind = ",
            " and member_key > ?3 order by member_key limit ?4"
        );
        let user = after.map_or(Some(UserKey(0)), MemberKey::as_user);
        let number = after.and_then(MemberKey::as_group).unwrap_or(GroupNumber(0));
        self.of(account, |conn| {
            let mut found = Vec::new();
            if let Some(user) = user {
                let values = [account.0.into(), group.0.into(), user.0.into(), stored(limit as u64)?.into()];
                found = conn.all(sql.users, &values, |row| Ok(MemberKey::user(UserKey(row.int(0)?))))?;
            }
            let left = limit - found.len();
            if left > 0 {
                let values = [account.0.into(), group.0.into(), number.0.into(), stored(left as u64)?.into()];
                let groups = |row: &dyn Row| Ok(MemberKey::group(GroupNumber(row.int(0)?)));
                found.append(&mut conn.all(sql.groups, &values, groups)?);
            }
            Ok(found)
        })
    }

    fn members_among(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        keys: &[MemberKey],
    ) -> Result<Vec<MemberKey>> {
        // The primary key of memberships.
        let sql = by_kind!(
            "select member_key from memberships where account_id = ?1 and group_number = ?4 \
             and member_kind = ",
            " and member_key >= ?2 and member_key <= ?3 order by member_key"
        );
        let (users, groups) = kinds(keys);
        self.of(account, |conn| {
            let mut found = keys_found(conn, sql.users, account, Some(group), users)?;
            found.append(&mut keys_found(conn, sql.groups, account, Some(group), groups)?);
            Ok(found)
        })
    }
}

impl<C: Conn> MembershipWrites for Session<C> {
    fn add_members(&mut self, account: AccountId, group: GroupNumber, keys: &[MemberKey]) -> Result<()> {
        let sql = by_kind!(
            "insert into memberships (account_id, group_number, member_kind, member_key) values (?1, ?2, ",
            ", ?3)"
        );
        self.locks(|locks| locks.need_members(group))?;
        self.of(account, |conn| for_members(conn, sql, account, group, keys))
    }

    fn remove_members(&mut self, account: AccountId, group: GroupNumber, keys: &[MemberKey]) -> Result<()> {
        // The primary key of memberships.
        let sql = by_kind!(
            "delete from memberships where account_id = ?1 and group_number = ?2 and member_kind = ",
            " and member_key = ?3"
        );
        self.locks(|locks| locks.need_members(group))?;
        self.of(account, |conn| for_members(conn, sql, account, group, keys))
    }

    fn missing_members(&mut self, account: AccountId, keys: &[MemberKey]) -> Result<Vec<MemberKey>> {
        // The primary key of deleted_users: the tombstones between the first key and the last.
        let deleted = "select user_key from deleted_users where account_id = ?1 and user_key >= ?2 \
                       and user_key <= ?3 order by user_key";
        // The primary key of groups.
        let existing = "select number from groups where account_id = ?1 and number >= ?2 and number <= ?3 \
                        order by number";
        let (users, groups) = kinds(keys);
        self.locks(|locks| locks.need_account(account))?;
        self.of(account, |conn| {
            let mut missing = keys_found(conn, deleted, account, None, users)?;
            let existing = keys_found(conn, existing, account, None, groups)?;
            missing.extend(groups.iter().filter(|group| existing.binary_search(group).is_err()));
            Ok(missing)
        })
    }
}

/// Runs a statement for each of these members of a group.
fn for_members<C: Conn>(
    conn: &mut C,
    sql: ByKind,
    account: AccountId,
    group: GroupNumber,
    keys: &[MemberKey],
) -> Outcome<()> {
    let (users, groups) = kinds(keys);
    let kinds = [(sql.users, users), (sql.groups, groups)];
    for (sql, keys) in kinds.into_iter().filter(|(_, keys)| !keys.is_empty()) {
        let rows = keys.iter().map(|key| [Value::Int(key.number())]);
        conn.for_rows(sql, &[account.0.into(), group.0.into()], rows, |_| Ok(()))?;
    }
    Ok(())
}

/// Those of these keys, all of one kind, that a query over an index of keys finds.
fn keys_found<C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    group: Option<GroupNumber>,
    keys: &[MemberKey],
) -> Outcome<Vec<MemberKey>> {
    let mut found = Vec::new();
    let plan = Walk {
        sql,
        account: account.0,
        group: group.map(|group| group.0),
        keys: keys.len(),
        key: |at: usize| Value::Int(keys[at].number()),
        compare: |at: usize, row: &dyn Row| Ok(keys[at].number().cmp(&row.int(0)?)),
    };
    conn.find_keys(&plan, |at, _| {
        found.push(keys[at]);
        Ok(())
    })?;
    Ok(found)
}
