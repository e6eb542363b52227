//! Passwords.

use throng_directory::Result;
use throng_directory::ids::{AccountId, UserKey};
use throng_directory::model::passwords::{Hash, Policy};
use throng_directory::port::{PasswordReads, PasswordWrites};
use throng_jobs::Instant;

use crate::conn::{Conn, Value};
use crate::fault::{Fault, Outcome};
use crate::session::Session;

impl<C: Conn> PasswordReads for Session<C> {
    fn password(&mut self, account: AccountId, user: UserKey) -> Result<Option<Hash>> {
        // The primary key of passwords.
        let sql = "select hash from passwords where account_id = ?1 and user_key = ?2";
        let values = [account.0.into(), user.0.into()];
        self.of(account, |conn| conn.first(sql, &values, |row| Ok(Hash::stored(row.text(0)?.to_owned()))))
    }

    fn password_policy(&mut self, account: AccountId) -> Result<Policy> {
        // The primary key of password_policies.
        let sql = "select policy from password_policies where account_id = ?1";
        let read = |text: &str| {
            serde_json::from_str(text)
                .map_err(|error| Fault::Defect(format!("a password policy cannot be read: {error}")))
        };
        self.of(account, |conn| {
            Ok(conn.first(sql, &[account.0.into()], |row| read(row.text(0)?))?.unwrap_or_default())
        })
    }
}

impl<C: Conn> PasswordWrites for Session<C> {
    fn put_passwords(
        &mut self,
        account: AccountId,
        passwords: &[(UserKey, &Hash)],
        now: Instant,
    ) -> Result<()> {
        self.locks(|locks| passwords.iter().try_for_each(|(user, _)| locks.need_user(*user)))?;
        let keys: Vec<i64> = passwords.iter().map(|(user, _)| user.0).collect();
        let sql = "insert into passwords (account_id, changed_at, user_key, hash) values (?1, ?2, ?3, ?4)";
        let rows = passwords.iter().map(|(user, hash)| [Value::Int(user.0), Value::Text(hash.reveal())]);
        self.of(account, |conn| {
            delete(conn, account, &keys)?;
            conn.for_rows(sql, &[account.0.into(), now.micros().into()], rows, |_| Ok(()))
        })
    }

    fn delete_password(&mut self, account: AccountId, user: UserKey) -> Result<()> {
        self.locks(|locks| locks.need_user(user))?;
        self.of(account, |conn| delete(conn, account, &[user.0]))
    }

    fn put_password_policy(&mut self, account: AccountId, policy: &Policy) -> Result<()> {
        // The primary key of password_policies.
        let sql = "insert into password_policies (account_id, policy) values (?1, ?2) \
                   on conflict (account_id) do update set policy = excluded.policy";
        self.of(account, |conn| {
            let text = serde_json::to_string(policy)
                .map_err(|error| Fault::Defect(format!("a password policy: {error}")))?;
            conn.execute(sql, &[account.0.into(), text.as_str().into()]).map(drop)
        })
    }
}

/// Deletes the passwords of users, by rising key: of those who go, and of those who get another one.
pub fn delete<C: Conn>(conn: &mut C, account: AccountId, users: &[i64]) -> Outcome<()> {
    // The primary key of passwords.
    let sql = "delete from passwords where account_id = ?1 and user_key = ?2";
    conn.for_rows(sql, &[account.0.into()], users.iter().map(|user| [Value::Int(*user)]), |_| Ok(()))
}
