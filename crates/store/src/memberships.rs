//! Memberships.

use throng_directory::Result;
use throng_directory::ids::{AccountId, GroupNumber, UserKey};
use throng_directory::port::{MembershipReads, MembershipWrites};

use crate::conn::{Conn, Value};
use crate::fault::stored;
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
        self.run(|conn| {
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
        self.run(|conn| keys_found(conn, sql, account, Some(group), keys))
    }
}

impl<C: Conn> MembershipWrites for Session<C> {
    fn add_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()> {
        let sql = "insert into memberships (account_id, group_number, member_kind, member_key) \
                   values (?1, ?2, 0, ?3)";
        self.run(|conn| conn.execute_rows(sql, rows(account, group, keys), |_| {}))
    }

    fn remove_members(&mut self, account: AccountId, group: GroupNumber, keys: &[UserKey]) -> Result<()> {
        // The primary key of memberships.
        let sql = "delete from memberships where account_id = ?1 and group_number = ?2 and member_kind = 0 \
                   and member_key = ?3";
        self.run(|conn| conn.execute_rows(sql, rows(account, group, keys), |_| {}))
    }
}

fn rows(
    account: AccountId,
    group: GroupNumber,
    keys: &[UserKey],
) -> impl Iterator<Item = [Value<'static>; 3]> {
    keys.iter().map(move |key| [Value::Int(account.0), Value::Int(group.0), Value::Int(key.0)])
}
