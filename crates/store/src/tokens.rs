//! Keys as their account manages them, what signs tokens, and tokens that were taken back.

use throng_directory::Result;
use throng_directory::caller::{Dialect, KeyView};
use throng_directory::ids::{AccountId, ClientId};
use throng_directory::model::tokens::SigningKey;
use throng_directory::port::{TokenReads, TokenWrites};
use throng_jobs::Instant;

use crate::access::{bytes, role, scopes};
use crate::conn::{Conn, Value};
use crate::fault::{Fault, stored};
use crate::session::Session;
use crate::users::uuid;

/// Under which what signs tokens is kept: it is the server's, not an account's.
const SERVER: AccountId = AccountId(0);

impl<C: Conn> TokenReads for Session<C> {
    fn keys(&mut self, account: AccountId, limit: usize) -> Result<Vec<KeyView>> {
        // The primary keys of api_keys and clients.
        let sql = "select k.key_id, k.client_id, c.name, c.role, k.scopes, k.dialect, c.source, k.user_uuid, \
                   k.created_at, k.expires_at, k.last_used_at from api_keys k \
                   join clients c on c.account_id = k.account_id and c.client_id = k.client_id \
                   where k.account_id = ?1 and k.revoked_at is null and c.revoked_at is null \
                   order by k.created_at, k.key_id limit ?2";
        let values = [account.0.into(), stored(limit as u64)?.into()];
        self.of(account, |conn| {
            conn.all(sql, &values, |row| {
                Ok(KeyView {
                    key_id: row.text(0)?.to_owned(),
                    client: ClientId(row.int(1)?),
                    client_name: row.text(2)?.to_owned(),
                    role: role(row.text(3)?)?,
                    scopes: scopes(row.opt_text(4)?)?,
                    dialect: Dialect::parse(row.text(5)?)
                        .ok_or_else(|| Fault::Defect("a key has an unknown dialect".to_owned()))?,
                    source: row.opt_text(6)?.map(str::to_owned),
                    user: row.opt_blob(7)?.map(uuid).transpose()?,
                    created_at: Instant::from_micros(row.int(8)?),
                    expires_at: row.opt_int(9)?.map(Instant::from_micros),
                    last_used_at: row.opt_int(10)?.map(Instant::from_micros),
                })
            })
        })
    }

    fn signing_keys(&mut self) -> Result<Vec<SigningKey>> {
        // All of them: there are a few.
        let sql = "select kid, sealed, public_key, created_at from signing_keys where account_id = 0 \
                   order by created_at desc, kid";
        self.of(SERVER, |conn| {
            conn.all(sql, &[], |row| {
                Ok(SigningKey {
                    kid: row.text(0)?.to_owned(),
                    sealed: row.blob(1)?.to_vec(),
                    public: bytes(row.blob(2)?)?,
                    created_at: Instant::from_micros(row.int(3)?),
                })
            })
        })
    }

    fn is_token_revoked(&mut self, account: AccountId, token_id: &str) -> Result<bool> {
        // The primary key of revoked_tokens.
        let sql = "select count(*) from revoked_tokens where account_id = ?1 and token_id = ?2";
        self.of(account, |conn| Ok(conn.number(sql, &[account.0.into(), token_id.into()])? > 0))
    }
}

impl<C: Conn> TokenWrites for Session<C> {
    fn touch_key(&mut self, account: AccountId, key_id: &str, now: Instant) -> Result<()> {
        // The primary key of api_keys.
        let sql = "update api_keys set last_used_at = ?3 where account_id = ?1 and key_id = ?2";
        let values = [account.0.into(), key_id.into(), now.micros().into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn replace_key(&mut self, account: AccountId, key_id: &str, end: Instant, by: &str) -> Result<bool> {
        // The primary key of api_keys.
        let sql = "update api_keys set expires_at = case when expires_at < ?3 then expires_at else ?3 end, \
                   replaced_by = ?4 \
                   where account_id = ?1 and key_id = ?2 and revoked_at is null and replaced_by is null";
        let values = [account.0.into(), key_id.into(), end.micros().into(), by.into()];
        self.of(account, |conn| Ok(conn.execute(sql, &values)? > 0))
    }

    fn delete_key(&mut self, account: AccountId, key_id: &str) -> Result<bool> {
        // The primary key of api_keys.
        let sql = "delete from api_keys where account_id = ?1 and key_id = ?2";
        self.of(account, |conn| Ok(conn.execute(sql, &[account.0.into(), key_id.into()])? > 0))
    }

    fn revoke_client(&mut self, account: AccountId, client: ClientId, now: Instant) -> Result<bool> {
        // The primary key of clients.
        let sql = "update clients set revoked_at = ?3 \
                   where account_id = ?1 and client_id = ?2 and revoked_at is null";
        let values = [account.0.into(), client.0.into(), now.micros().into()];
        self.of(account, |conn| Ok(conn.execute(sql, &values)? > 0))
    }

    fn create_signing_key(&mut self, key: &SigningKey) -> Result<()> {
        let sql = "insert into signing_keys (account_id, kid, sealed, public_key, created_at) \
                   values (0, ?1, ?2, ?3, ?4)";
        let values = [
            Value::Text(&key.kid),
            Value::Blob(&key.sealed),
            Value::Blob(&key.public),
            Value::Int(key.created_at.micros()),
        ];
        self.of(SERVER, |conn| conn.execute(sql, &values).map(drop))
    }

    fn delete_signing_keys(&mut self, before: Instant) -> Result<()> {
        let sql = "delete from signing_keys where account_id = 0 and created_at < ?1";
        self.of(SERVER, |conn| conn.execute(sql, &[before.micros().into()]).map(drop))
    }

    fn revoke_token(&mut self, account: AccountId, token_id: &str, expires_at: Instant) -> Result<()> {
        // Conflicts are found through the primary key of revoked_tokens.
        let sql = "insert into revoked_tokens (account_id, token_id, expires_at) values (?1, ?2, ?3) \
                   on conflict (account_id, token_id) do nothing";
        let values = [account.0.into(), token_id.into(), expires_at.micros().into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn forget_tokens(&mut self, account: AccountId, now: Instant) -> Result<()> {
        // The index revoked_tokens_by_end.
        let sql = "delete from revoked_tokens where account_id = ?1 and expires_at < ?2";
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), now.micros().into()]).map(drop))
    }
}
