//! What provisioning sources other than the default one call resources.

use throng_directory::Result;
use throng_directory::ids::{AccountId, EntityKey, UserKey};
use throng_directory::port::{SourceReads, SourceWrites};

use crate::conn::{Conn, Value};
use crate::fault::Outcome;
use crate::merge;
use crate::session::Session;

impl<C: Conn> SourceReads for Session<C> {
    fn external_ids(
        &mut self,
        account: AccountId,
        source: &str,
        keys: &[EntityKey],
    ) -> Result<Vec<Option<String>>> {
        // The primary key of external_ids.
        let sql = "select external_id from external_ids where account_id = ?1 and source = ?2 and kind = ?3 \
                   and resource_key = ?4";
        let Some(first) = keys.first() else { return Ok(Vec::new()) };
        let common = [account.0.into(), source.into(), first.kind().into()];
        self.of(account, |conn| {
            let mut found = Vec::with_capacity(keys.len());
            conn.look_up(sql, &common, keys.iter().map(|key| Value::Int(key.number())), |row| {
                found.push(row.map(|row| row.text(0).map(str::to_owned)).transpose()?);
                Ok(())
            })?;
            Ok(found)
        })
    }

    fn external_ids_of(
        &mut self,
        account: AccountId,
        users: &[UserKey],
    ) -> Result<Vec<Vec<(String, String)>>> {
        // The primary key of external_ids.
        let sql = "select resource_key, source, external_id from external_ids where account_id = ?1 and kind = 0 \
                   and resource_key >= ?2 and resource_key <= ?3 order by resource_key, source";
        self.of(account, |conn| {
            merge::of_users(conn, sql, account, users, |called: &mut Vec<(String, String)>, row| {
                called.push((row.text(1)?.to_owned(), row.text(2)?.to_owned()));
                Ok(())
            })
        })
    }
}

impl<C: Conn> SourceWrites for Session<C> {
    fn put_external_id(
        &mut self,
        account: AccountId,
        source: &str,
        key: EntityKey,
        external_id: Option<&str>,
    ) -> Result<()> {
        // Both by the primary key of external_ids.
        let put = "insert into external_ids (account_id, kind, resource_key, source, external_id) \
                   values (?1, ?2, ?3, ?4, ?5) on conflict (account_id, kind, resource_key, source) \
                   do update set external_id = excluded.external_id";
        let clear = "delete from external_ids where account_id = ?1 and kind = ?2 and resource_key = ?3 \
                     and source = ?4";
        self.locks(|locks| match key {
            EntityKey::User(user) => locks.need_user(user),
            EntityKey::Group(group) => locks.need_group(group),
            EntityKey::Resource(resource) => locks.need_resource(resource),
        })?;
        let row = [account.0.into(), key.kind().into(), key.number().into(), source.into()];
        self.of(account, |conn| {
            let [account, kind, number, source] = row;
            match external_id {
                Some(text) => conn.execute(put, &[account, kind, number, source, text.into()]),
                None => conn.execute(clear, &row),
            }
            .map(drop)
        })
    }
}

/// Forgets what all sources call a resource that is deleted.
pub fn forget<C: Conn>(conn: &mut C, account: AccountId, key: EntityKey) -> Outcome<()> {
    // The primary key of external_ids.
    let sql = "delete from external_ids where account_id = ?1 and kind = ?2 and resource_key = ?3";
    conn.execute(sql, &[account.0.into(), key.kind().into(), key.number().into()]).map(drop)
}

/// Forgets what all sources call users who are deleted, by their sorted keys.
pub fn forget_users<C: Conn>(conn: &mut C, account: AccountId, keys: &[i64]) -> Outcome<()> {
    // The primary key of external_ids.
    let sql = "delete from external_ids where account_id = ?1 and kind = 0 and resource_key = ?2";
    conn.for_rows(sql, &[account.0.into()], keys.iter().map(|key| [Value::Int(*key)]), |_| Ok(()))
}

/// Stores what sources call users who are restored: key, source, `externalId`.
pub fn recall_users<C: Conn>(conn: &mut C, account: AccountId, called: &[(i64, &str, &str)]) -> Outcome<()> {
    let sql = "insert into external_ids (account_id, kind, resource_key, source, external_id) \
               values (?1, 0, ?2, ?3, ?4)";
    let rows =
        called.iter().map(|(key, source, id)| [Value::Int(*key), Value::Text(source), Value::Text(id)]);
    conn.for_rows(sql, &[account.0.into()], rows, |_| Ok(()))
}
