//! Memberships.

use throng_directory::Result;
use throng_directory::ids::{AccountId, GroupNumber, UserKey};
use throng_directory::port::{MembershipReads, MembershipWrites};

use crate::conn::{Conn, Value};
use crate::fault::{Outcome, stored};
use crate::session::Session;
use crate::users::keys_found;

impl<C: Conn> MembershipReads for Session<C> {
    fn members(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        after: UserKey,
        limit: usize,
    ) -> Result<Vec<UserKey>> {
        // The primary key of memberships.
        let sql = "select member_key from memberships where account_id = ?1 and group_number = ?2 \
                   and member_kind = 0 and member_key > ?3 order by member_key limit ?4";
        self.of(account, |conn| {
            let limit = stored(limit as u64)?;
            let values = [account.0.into(), group.0.into(), after.0.into(), limit.into()];
            conn.all(sql, &values, |row| Ok(UserKey(row.int(0)?)))
        })
    }

    fn members_among(
        &mut self,
        account: AccountId,
        group: GroupNumber,
        keys: &[UserKey],
    ) -> Result<Vec<UserKey>> {
        // The primary key of memberships.
        let sql = "select member_key from memberships where account_id = ?1 and group_number = ?4 \
                   and member_kind = 0 and member_key >= ?2 and member_key <= ?3 order by member_key";
        self.of(account, |conn| keys_found(conn, sql, account, Some(group), keys))
    }
}

impl<C: Conn> MembershipWrites for Session<C> {
    fn add_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()> {
        let sql = "insert into memberships (account_id, group_number, member_kind, member_key) \
                   values (?1, ?2, 0, ?3)";
        self.locks(|locks| locks.need_members(group))?;
        self.of(account, |conn| for_members(conn, sql, account, group, keys))
    }

    fn remove_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()> {
        // The primary key of memberships.
        let sql = "delete from memberships where account_id = ?1 and group_number = ?2 and member_kind = 0 \
                   and member_key = ?3";
        self.locks(|locks| locks.need_members(group))?;
        self.of(account, |conn| for_members(conn, sql, account, group, keys))
    }
}

/// Runs a statement for each of these members of a group.
fn for_members<C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    group: GroupNumber,
    keys: &[UserKey],
) -> Outcome<()> {
    let rows = keys.iter().map(|key| [Value::Int(key.0)]);
    conn.for_rows(sql, &[account.0.into(), group.0.into()], rows, |_| Ok(()))
}
