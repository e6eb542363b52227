//! Passwords.

use throng_directory::Result;
use throng_directory::ids::{AccountId, JobNumber, UserKey};
use throng_directory::model::passwords::{Hash, Policy, SecretPage};
use throng_directory::port::{PasswordReads, PasswordWrites, RowSecretReads, RowSecretWrites};
use throng_jobs::Instant;

use crate::conn::{Conn, Value};
use crate::fault::{Fault, Outcome, loaded, stored};
use crate::session::Session;

impl<C: Conn> PasswordReads for Session<C> {
    fn passwords(&mut self, account: AccountId, user: UserKey) -> Result<Vec<Hash>> {
        // The primary key of passwords.
        let sql = "select hash from passwords where account_id = ?1 and user_key = ?2 order by nth desc";
        let values = [account.0.into(), user.0.into()];
        self.of(account, |conn| conn.all(sql, &values, |row| Ok(Hash::stored(row.text(0)?.to_owned()))))
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
        kept: u32,
        now: Instant,
    ) -> Result<()> {
        self.locks(|locks| passwords.iter().try_for_each(|(user, _)| locks.need_user(*user)))?;
        // Both: the primary key of passwords.
        let insert = "insert into passwords (account_id, changed_at, user_key, hash, nth) values (?1, ?2, ?3, ?4, \
                      coalesce((select max(nth) + 1 from passwords where account_id = ?1 and user_key = ?3), 0)) \
                      returning user_key, nth";
        let forget = "delete from passwords where account_id = ?1 and user_key = ?2 and nth < ?3";
        let rows = passwords.iter().map(|(user, hash)| [Value::Int(user.0), Value::Text(hash.reveal())]);
        // Of whom there are too many now: of none who is new.
        let mut over = Vec::new();
        self.of(account, |conn| {
            conn.for_rows(insert, &[account.0.into(), now.micros().into()], rows, |row| {
                let (user, first) = (row.int(0)?, row.int(1)? - i64::from(kept));
                if first > 0 {
                    over.push([Value::Int(user), Value::Int(first)]);
                }
                Ok(())
            })?;
            conn.for_rows(forget, &[account.0.into()], over.into_iter(), |_| Ok(()))
        })
    }

    fn put_first_passwords(
        &mut self,
        account: AccountId,
        passwords: &[(UserKey, &Hash)],
        now: Instant,
    ) -> Result<()> {
        self.locks(|locks| passwords.iter().try_for_each(|(user, _)| locks.need_user(*user)))?;
        // The primary key of passwords.
        let sql =
            "insert into passwords (account_id, changed_at, user_key, hash, nth) values (?1, ?2, ?3, ?4, 0)";
        let rows = passwords.iter().map(|(user, hash)| [Value::Int(user.0), Value::Text(hash.reveal())]);
        self.of(account, |conn| {
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

impl<C: Conn> RowSecretReads for Session<C> {
    fn row_secrets(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<SecretPage>> {
        // The primary key of job_secrets.
        let sql = "select page, data from job_secrets where account_id = ?1 and job = ?2 and page >= ?3 \
                   order by page limit ?4";
        self.of(account, |conn| {
            let values =
                [account.0.into(), job.0.into(), i64::from(page).into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| {
                Ok(SecretPage { page: loaded(row.int(0)?)?, data: row.blob(1)?.to_vec() })
            })
        })
    }
}

impl<C: Conn> RowSecretWrites for Session<C> {
    fn put_row_secrets(&mut self, account: AccountId, job: JobNumber, pages: &[SecretPage]) -> Result<()> {
        // Conflicts are found through the primary key of job_secrets.
        let sql = "insert into job_secrets (account_id, job, page, data) values (?1, ?2, ?3, ?4) \
                   on conflict (account_id, job, page) do update set data = excluded.data";
        let rows = pages.iter().map(|page| [Value::Int(i64::from(page.page)), Value::Blob(&page.data)]);
        self.of(account, |conn| conn.for_rows(sql, &[account.0.into(), job.0.into()], rows, |_| Ok(())))
    }

    fn delete_row_secrets(&mut self, account: AccountId, job: JobNumber, page: u32) -> Result<()> {
        self.locks(|locks| locks.need_job())?;
        // The primary key of job_secrets.
        let sql = "delete from job_secrets where account_id = ?1 and job = ?2 and page = ?3";
        let values = [account.0.into(), job.0.into(), i64::from(page).into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }
}

/// Deletes all that is sealed of the rows of a job that has ended.
pub fn delete_row_secrets<C: Conn>(conn: &mut C, account: i64, job: i64) -> Outcome<()> {
    // The primary key of job_secrets.
    let sql = "delete from job_secrets where account_id = ?1 and job = ?2";
    conn.execute(sql, &[account.into(), job.into()]).map(drop)
}

/// Deletes the passwords of users who go, by rising key, and the earlier ones.
pub fn delete<C: Conn>(conn: &mut C, account: AccountId, users: &[i64]) -> Outcome<()> {
    // The primary key of passwords.
    let sql = "delete from passwords where account_id = ?1 and user_key = ?2";
    conn.for_rows(sql, &[account.0.into()], users.iter().map(|user| [Value::Int(*user)]), |_| Ok(()))
}
