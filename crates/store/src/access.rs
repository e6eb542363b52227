//! Accounts, clients and keys.

use throng_directory::caller::{Client, Dialect, KeyRecord, NewClient, Role, Scopes};
use throng_directory::ids::{AccountId, ClientId};
use throng_directory::model::access::{Account, AccountSettings, GroupNames};
use throng_directory::port::{AccessReads, AccessWrites, AccountLock};
use throng_directory::{Error, Result};
use throng_jobs::Instant;

use crate::conn::{Conn, Lock, Scope, Value};
use crate::fault::{Fault, Outcome, stored};
use crate::groups;
use crate::session::Session;
use crate::users::uuid;

impl<C: Conn> AccessReads for Session<C> {
    fn account(&mut self, name: &str) -> Result<Option<Account>> {
        // The unique index on accounts.name_key; account 0 has no name.
        let sql = "select account_id, created_at, settings from accounts where name_key = ?1 and name = ?2 \
                   and account_id <> 0";
        let name_key = name.to_ascii_lowercase();
        self.run(Scope::Everywhere, |conn| {
            conn.first(sql, &[name_key.as_str().into(), name.into()], |row| {
                let created_at = Instant::from_micros(row.int(1)?);
                let settings = settings(row.text(2)?)?;
                Ok(Account { id: AccountId(row.int(0)?), name: name.to_owned(), created_at, settings })
            })
        })
    }

    fn settings(&mut self, account: AccountId) -> Result<AccountSettings> {
        self.run(Scope::Everywhere, |conn| settings_of(conn, account.0))
    }

    fn accounts(&mut self, after: AccountId, limit: usize) -> Result<Vec<(AccountId, String)>> {
        // The primary key of accounts; account 0 is the operator's.
        let sql = "select account_id, name from accounts where account_id > ?1 and account_id <> 0 \
                   order by account_id limit ?2";
        self.run(Scope::Everywhere, |conn| {
            let values = [after.0.into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| Ok((AccountId(row.int(0)?), row.text(1)?.to_owned())))
        })
    }

    fn key(&mut self, account: &str, key_id: &str) -> Result<Option<KeyRecord>> {
        // The unique index on accounts.name_key; account 0, the operator's, is named "".
        let find = "select account_id, settings from accounts where name_key = ?1 and name = ?2";
        // The primary keys of api_keys and clients.
        let sql = "select k.client_id, k.secret_hash, k.dialect, c.role, \
                   coalesce(k.revoked_at, c.revoked_at), k.user_uuid, c.source, c.name, \
                   k.scopes, k.expires_at, k.last_used_at \
                   from api_keys k \
                   join clients c on c.account_id = k.account_id and c.client_id = k.client_id \
                   where k.account_id = ?1 and k.key_id = ?2";
        let name_key = account.to_ascii_lowercase();
        let found = self.run(Scope::Everywhere, |conn| {
            conn.first(find, &[name_key.as_str().into(), account.into()], |row| {
                Ok((AccountId(row.int(0)?), settings(row.text(1)?)?))
            })
        })?;
        let Some((id, settings)) = found else { return Ok(None) };
        self.of(id, |conn| {
            conn.first(sql, &[id.0.into(), key_id.into()], |row| {
                Ok(KeyRecord {
                    account: id,
                    account_name: account.to_owned(),
                    key_id: key_id.to_owned(),
                    secret_hash: bytes(row.blob(1)?)?,
                    client: ClientId(row.int(0)?),
                    client_name: row.text(7)?.into(),
                    role: role(row.text(3)?)?,
                    scopes: scopes(row.opt_text(8)?)?,
                    dialect: Dialect::parse(row.text(2)?)
                        .ok_or_else(|| Fault::Defect("a key has an unknown dialect".to_owned()))?,
                    source: row.opt_text(6)?.map(Into::into),
                    user: row.opt_blob(5)?.map(uuid).transpose()?,
                    settings,
                    expires_at: row.opt_int(9)?.map(Instant::from_micros),
                    last_used_at: row.opt_int(10)?.map(Instant::from_micros),
                    revoked_at: row.opt_int(4)?.map(Instant::from_micros),
                })
            })
        })
    }

    fn client(&mut self, account: AccountId, name: &str) -> Result<Option<Client>> {
        // The unique index on clients (account_id, name).
        let sql = "select client_id, role, source from clients where account_id = ?1 and name = ?2 \
                   and user_uuid is null and revoked_at is null";
        self.of(account, |conn| {
            conn.first(sql, &[account.0.into(), name.into()], |row| {
                let source = row.opt_text(2)?.map(str::to_owned);
                Ok(Client { id: ClientId(row.int(0)?), role: role(row.text(1)?)?, source })
            })
        })
    }

    fn client_name(&mut self, account: AccountId, client: ClientId) -> Result<Option<String>> {
        // The primary key of clients.
        let sql = "select name from clients where account_id = ?1 and client_id = ?2";
        let values = [account.0.into(), client.0.into()];
        self.of(account, |conn| conn.first(sql, &values, |row| Ok(row.text(0)?.to_owned())))
    }

    fn client_stands(&mut self, account: AccountId, client: ClientId) -> Result<bool> {
        // The primary key of clients.
        let sql =
            "select count(*) from clients where account_id = ?1 and client_id = ?2 and revoked_at is null";
        self.of(account, |conn| Ok(conn.number(sql, &[account.0.into(), client.0.into()])? > 0))
    }

    fn secret(&mut self, account: AccountId, name: &str) -> Result<Option<[u8; 32]>> {
        // The primary key of secrets.
        let sql = "select secret from secrets where account_id = ?1 and name = ?2";
        self.of(account, |conn| conn.first(sql, &[account.0.into(), name.into()], |row| bytes(row.blob(0)?)))
    }
}

impl<C: Conn> AccessWrites for Session<C> {
    fn create_account(&mut self, name: &str, now: Instant) -> Result<AccountId> {
        let sql = "insert into accounts (account_id, name, name_key, created_at) values (?1, ?2, ?3, ?4) \
                   on conflict (name_key) do nothing";
        let name_key = name.to_ascii_lowercase();
        self.run(Scope::Everywhere, |conn| {
            let id = conn.take_numbers(0, "accounts", 1)?;
            let values = [id.into(), name.into(), name_key.as_str().into(), now.micros().into()];
            match conn.execute(sql, &values)? {
                0 => Err(Fault::taken("account", "an account has this name")),
                _ => Ok(AccountId(id)),
            }
        })
    }

    fn set_account_settings(&mut self, account: AccountId, settings: &AccountSettings) -> Result<()> {
        self.locks(|locks| locks.need_account_alone(account))?;
        let text = serde_json::to_string(settings).map_err(|error| Error::internal(error.to_string()))?;
        let free = settings.group_names == GroupNames::Free;
        // The primary key of accounts.
        let sql = "update accounts set settings = ?2, free_group_names = ?3 where account_id = ?1";
        self.run(Scope::Everywhere, |conn| {
            let values = [account.0.into(), text.as_str().into(), i64::from(free).into()];
            conn.execute(sql, &values).map(drop)
        })?;
        self.of(account, |conn| {
            if free { groups::free_names(conn, account) } else { groups::reserve_names(conn, account) }
        })
    }

    fn create_client(
        &mut self,
        account: AccountId,
        client: &NewClient<'_>,
        now: Instant,
    ) -> Result<ClientId> {
        let sql = "insert into clients (account_id, client_id, name, role, created_at, source) \
                   values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (account_id, name) do nothing";
        self.of(account, |conn| {
            let id = conn.take_numbers(account.0, "clients", 1)?;
            let values = [
                account.0.into(),
                id.into(),
                client.name.into(),
                client.role.as_str().into(),
                now.micros().into(),
                client.source.into(),
            ];
            match conn.execute(sql, &values)? {
                0 => Err(Fault::taken("client", "the account has a client of this name")),
                _ => Ok(ClientId(id)),
            }
        })
    }

    fn create_key(&mut self, key: &KeyRecord, now: Instant) -> Result<()> {
        let sql = "insert into api_keys (account_id, key_id, client_id, secret_hash, dialect, created_at, \
                   revoked_at, user_uuid, scopes, expires_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let scopes = (key.scopes != Scopes::ALL).then(|| key.scopes.to_string());
        let values = [
            Value::Int(key.account.0),
            Value::Text(&key.key_id),
            Value::Int(key.client.0),
            Value::Blob(&key.secret_hash),
            Value::Text(key.dialect.as_str()),
            Value::Int(now.micros()),
            key.revoked_at.map(Instant::micros).into(),
            key.user.as_ref().map_or(Value::Null, |uuid| Value::Blob(uuid.as_bytes())),
            scopes.as_deref().into(),
            key.expires_at.map(Instant::micros).into(),
        ];
        self.of(key.account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn create_secret(&mut self, account: AccountId, name: &str, secret: &[u8; 32]) -> Result<()> {
        // Conflicts are found through the primary key of secrets.
        let sql = "insert into secrets (account_id, name, secret) values (?1, ?2, ?3) \
                   on conflict (account_id, name) do nothing";
        let values = [account.0.into(), name.into(), Value::Blob(secret)];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn lock_account(&mut self, account: AccountId, how: AccountLock) -> Result<()> {
        self.locks(|locks| locks.account(account, how))?;
        let lock = Lock::Account { account: account.0, shared: how == AccountLock::Shared };
        self.of(account, |conn| conn.lock(lock))
    }
}

/// The settings of an account; the defaults for one that does not exist. Everywhere is entered.
pub fn settings_of<C: Conn>(conn: &mut C, account: i64) -> Outcome<AccountSettings> {
    // The primary key of accounts.
    let sql = "select settings from accounts where account_id = ?1";
    Ok(conn.first(sql, &[account.into()], |row| settings(row.text(0)?))?.unwrap_or_default())
}

fn settings(text: &str) -> Outcome<AccountSettings> {
    serde_json::from_str(text)
        .map_err(|error| Fault::Defect(format!("an account's settings are damaged: {error}")))
}

/// Reads a role.
pub fn role(text: &str) -> Outcome<Role> {
    Role::parse(text).ok_or_else(|| Fault::Defect("a client has an unknown role".to_owned()))
}

/// Reads the scopes of a key.
pub fn scopes(text: Option<&str>) -> Outcome<Scopes> {
    let Some(text) = text else { return Ok(Scopes::ALL) };
    Scopes::parse(text).map_err(|name| Fault::Defect(format!("a key has an unknown scope: {name}")))
}

/// Reads a column of bytes whose length is fixed.
pub fn bytes<const N: usize>(bytes: &[u8]) -> Outcome<[u8; N]> {
    bytes.try_into().map_err(|_| Fault::Defect(format!("a column of {N} bytes holds {}", bytes.len())))
}
