//! People.

use throng_directory::Result;
use throng_directory::ids::{AccountId, MemberKey, UserKey};
use throng_directory::model::images::Image;
use throng_directory::model::memberships::Subject;
use throng_directory::model::users::User;
use throng_directory::port::scan::{Page, Scan};
use throng_directory::port::{UserReads, UserWrites};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, stored};
use crate::locks::Locks;
use crate::merge::{self, Walk};
use crate::passwords;
use crate::session::Session;
use crate::sources;

/// Between two e-mail keys in their column; no canonical address contains it.
const SEPARATOR: char = '\u{1f}';

/// Keys that lie so far apart on average are looked up one by one.
const SPARSE: u64 = 8;

/// The columns that [`user`] reads, in its order.
macro_rules! select_user {
    ($rest:expr) => {
        concat!(
            "select u.user_key, u.uuid, u.version, u.created_at, u.modified_at, u.name_key, u.external_id, \
             u.email_keys, u.doc from ",
            $rest
        )
    };
}

mod scan;

/// Reads a row of [`select_user`].
fn user(row: &dyn Row) -> Outcome<User> {
    let name_key = row.text(5)?.to_owned();
    Ok(User {
        key: UserKey(row.int(0)?),
        uuid: uuid(row.blob(1)?)?,
        version: row.int(2)?,
        created_at: Instant::from_micros(row.int(3)?),
        modified_at: Instant::from_micros(row.int(4)?),
        email_keys: match row.opt_text(7)? {
            None => vec![name_key.clone()],
            Some("") => Vec::new(),
            Some(joined) => joined.split(SEPARATOR).map(str::to_owned).collect(),
        },
        name_key,
        external_id: row.opt_text(6)?.map(str::to_owned),
        doc: row.text(8)?.to_owned(),
    })
}

/// Reads a UUID from a column.
pub fn uuid(bytes: &[u8]) -> Outcome<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| Fault::Defect(format!("a UUID column holds {} bytes", bytes.len())))
}

/// The column for a user's e-mail keys; `None` = only the `name_key`.
fn joined_emails(user: &User) -> Outcome<Option<String>> {
    match user.email_keys.as_slice() {
        [only] if *only == user.name_key => Ok(None),
        keys if keys.iter().any(|key| key.is_empty() || key.contains(SEPARATOR)) => {
            Err(Fault::Defect("an e-mail key is empty or contains U+001F".to_owned()))
        }
        keys => Ok(Some(keys.join("\u{1f}"))),
    }
}

impl<C: Conn> UserReads for Session<C> {
    fn user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>> {
        let values = [account.0.into(), Value::Blob(uuid.as_bytes())];
        self.of(account, |conn| conn.first(BY_UUID, &values, user))
    }

    fn users_with_uuids(&mut self, account: AccountId, uuids: &[Uuid]) -> Result<Vec<Option<User>>> {
        self.of(account, |conn| users_with_uuids(conn, BY_UUID, account, uuids))
    }

    fn user_by_name(&mut self, account: AccountId, name_key: &str) -> Result<Option<User>> {
        // Index users_name.
        let sql = select_user!("users u where u.account_id = ?1 and u.name_key = ?2");
        self.of(account, |conn| conn.first(sql, &[account.0.into(), name_key.into()], user))
    }

    fn users(&mut self, account: AccountId, scan: &Scan, page: &Page) -> Result<Vec<User>> {
        self.of(account, |conn| scan::page(conn, account, scan, page))
    }

    fn count_users(&mut self, account: AccountId, scan: &Scan) -> Result<u64> {
        self.of(account, |conn| scan::count(conn, account, scan))
    }

    fn users_with_keys(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<User>>> {
        // The primary key of users.
        let sql = select_user!("users u where u.account_id = ?1 and u.user_key = ?2");
        self.of(account, |conn| with_keys(conn, sql, account, keys, user))
    }

    fn user_uuids(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<Uuid>>> {
        let span = keys.first().zip(keys.last()).map_or(0, |(first, last)| last.0.abs_diff(first.0));
        self.of(account, |conn| {
            // Keys that lie close together cost one range scan, keys far apart one look-up each; all of these in one
            // round trip. Both by the primary key of users.
            if span / (keys.len() as u64).max(1) < SPARSE {
                let sql = "select user_key, uuid from users where account_id = ?1 and user_key >= ?2 \
                           and user_key <= ?3 order by user_key";
                return merge::of_users(conn, sql, account, keys, |found, row| {
                    *found = Some(uuid(row.blob(1)?)?);
                    Ok(())
                });
            }
            let sql = "select uuid from users where account_id = ?1 and user_key = ?2";
            with_keys(conn, sql, account, keys, |row| uuid(row.blob(0)?))
        })
    }

    fn users_deleted_at(&mut self, account: AccountId, keys: &[UserKey]) -> Result<Vec<Option<Instant>>> {
        // The primary key of deleted_users.
        let sql = "select deleted_at from deleted_users where account_id = ?1 and user_key = ?2";
        self.of(account, |conn| {
            with_keys(conn, sql, account, keys, |row| Ok(Instant::from_micros(row.int(0)?)))
        })
    }

    fn resolve_uuids(&mut self, account: AccountId, uuids: &[[u8; 16]], _users: u64) -> Result<Vec<Subject>> {
        // Index users_uuid, which covers the query.
        let sql = "select user_key, uuid from users where account_id = ?1 and uuid >= ?2 and uuid <= ?3 \
                   order by uuid";
        self.of(account, |conn| {
            let mut subjects = vec![Subject::Unknown; uuids.len()];
            let plan = Walk {
                sql,
                account: account.0,
                group: None,
                keys: uuids.len(),
                key: |at: usize| Value::Blob(&uuids[at]),
                compare: |at: usize, row: &dyn Row| Ok(uuids[at].as_slice().cmp(row.blob(1)?)),
            };
            conn.find_keys(&plan, |at, row| {
                subjects[at] = Subject::Member(MemberKey::user(UserKey(row.int(0)?)));
                Ok(())
            })?;
            Ok(subjects)
        })
    }

    fn resolve_names(&mut self, account: AccountId, keys: &[&str], _users: u64) -> Result<Vec<Subject>> {
        // Index users_name, which covers the query.
        let sql = "select user_key, name_key from users where account_id = ?1 and name_key >= ?2 \
                   and name_key <= ?3 order by name_key";
        self.of(account, |conn| resolve_texts(conn, sql, account, keys))
    }

    fn resolve_emails(&mut self, account: AccountId, keys: &[&str], _users: u64) -> Result<Vec<Subject>> {
        // The primary key of user_emails.
        let sql = "select user_key, email_key from user_emails where account_id = ?1 and email_key >= ?2 \
                   and email_key <= ?3 order by email_key";
        self.of(account, |conn| resolve_texts(conn, sql, account, keys))
    }
}

/// What a query says of each of these keys: none where it finds no row.
fn with_keys<C: Conn, T>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    keys: &[UserKey],
    read: impl Fn(&dyn Row) -> Outcome<T>,
) -> Outcome<Vec<Option<T>>> {
    let mut found = Vec::with_capacity(keys.len());
    conn.look_up(sql, &[account.0.into()], keys.iter().map(|key| Value::Int(key.0)), |row| {
        found.push(row.map(&read).transpose()?);
        Ok(())
    })?;
    Ok(found)
}

/// Whom these texts name: one row names a person, more rows nobody certain.
fn resolve_texts<C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    keys: &[&str],
) -> Outcome<Vec<Subject>> {
    let mut subjects = vec![Subject::Unknown; keys.len()];
    let plan = Walk {
        sql,
        account: account.0,
        group: None,
        keys: keys.len(),
        key: |at: usize| Value::Text(keys[at]),
        compare: |at: usize, row: &dyn Row| Ok(keys[at].as_bytes().cmp(row.text(1)?.as_bytes())),
    };
    conn.find_keys(&plan, |at, row| {
        subjects[at] = match subjects[at] {
            Subject::Unknown => Subject::Member(MemberKey::user(UserKey(row.int(0)?))),
            Subject::Member(_) | Subject::Ambiguous => Subject::Ambiguous,
        };
        Ok(())
    })?;
    Ok(subjects)
}

impl<C: Conn> UserWrites for Session<C> {
    fn allocate_users(&mut self, account: AccountId, n: u64) -> Result<UserKey> {
        // One series for all accounts: the key alone is the row's key.
        self.of(account, |conn| Ok(UserKey(conn.take_numbers(0, "users", n)?)))
    }

    fn insert_users(&mut self, account: AccountId, users: &[(UserKey, &User)]) -> Result<Vec<bool>> {
        if let (Some((first, _)), Some((last, _))) = (users.first(), users.last()) {
            self.locks(|locks| {
                locks.made_users(*first..=*last);
                Ok(())
            })?;
        }
        self.of(account, |conn| insert_users(conn, account, users))
    }

    fn undelete_users(&mut self, account: AccountId, images: &[&Image]) -> Result<Vec<bool>> {
        // The primary key of deleted_users.
        let sql = "delete from deleted_users where account_id = ?1 and user_key = ?2";
        self.locks(|locks| locks.need_account_alone(account))?;
        self.of(account, |conn| {
            let users: Vec<(UserKey, &User)> =
                images.iter().map(|image| (image.user.key, &image.user)).collect();
            let inserted = insert_users(conn, account, &users)?;
            let mut back: Vec<&Image> =
                images.iter().zip(&inserted).filter(|(_, new)| **new).map(|(image, _)| *image).collect();
            back.sort_unstable_by_key(|image| image.user.key);
            let rows = back.iter().map(|image| [Value::Int(image.user.key.0)]);
            conn.for_rows(sql, &[account.0.into()], rows, |_| Ok(()))?;
            let mut called = Vec::new();
            for Image { user, external_ids, .. } in back {
                called.extend(external_ids.iter().map(|(source, id)| (user.key.0, &**source, &**id)));
            }
            sources::recall_users(conn, account, &called)?;
            Ok(inserted)
        })
    }

    fn lock_user(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<User>> {
        let sql = C::DIALECT.locking(BY_UUID);
        self.locks(Locks::user)?;
        let values = [account.0.into(), uuid.as_bytes().as_slice().into()];
        let found = self.of(account, |conn| conn.first(&sql, &values, user))?;
        if let Some(user) = &found {
            self.locks(|locks| {
                locks.found_user(user.key);
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn lock_users(&mut self, account: AccountId, uuids: &[Uuid]) -> Result<Vec<Option<User>>> {
        let sql = C::DIALECT.locking(BY_UUID);
        self.locks(Locks::user)?;
        let found = self.of(account, |conn| users_with_uuids(conn, &sql, account, uuids))?;
        self.locks(|locks| {
            found.iter().flatten().for_each(|user| locks.found_user(user.key));
            Ok(())
        })?;
        Ok(found)
    }

    fn replace_user(&mut self, account: AccountId, was: &User, user: &User) -> Result<()> {
        self.locks(|locks| locks.need_user(user.key))?;
        self.of(account, |conn| replace_user(conn, account, was, user))
    }

    fn rewrite_users(&mut self, account: AccountId, users: &[(&User, &User)]) -> Result<()> {
        self.locks(|locks| users.iter().try_for_each(|(_, user)| locks.need_user(user.key)))?;
        self.of(account, |conn| rewrite_users(conn, account, users))
    }

    fn delete_users(&mut self, account: AccountId, users: &[&User], now: Instant) -> Result<()> {
        self.locks(|locks| locks.need_account_alone(account))?;
        self.of(account, |conn| delete_users(conn, account, users, now))
    }

    fn forget_id(&mut self, account: AccountId, uuid: Uuid) -> Result<()> {
        // Index users_uuid.
        let there = "select 1 from users where account_id = ?1 and uuid = ?2";
        // Index idempotency_resource finds them, the primary key does the rest.
        let made = "update idempotency set resource = ?3 where (account_id, client_id, route, key) in \
                    (select account_id, client_id, route, key from idempotency where account_id = ?1 \
                    and resource = ?2 and resource is not null)";
        // Index api_keys_user.
        let keys = "update api_keys set user_uuid = ?3 where account_id = ?1 and user_uuid = ?2 \
                    and user_uuid is not null";
        let nil = Uuid::nil();
        self.of(account, |conn| {
            let values = [account.0.into(), Value::Blob(uuid.as_bytes()), Value::Blob(nil.as_bytes())];
            if conn.first(there, &values[..2], |_| Ok(()))?.is_some() {
                return Ok(());
            }
            conn.execute(made, &values)?;
            conn.execute(keys, &values).map(drop)
        })
    }
}

/// One user by id. Index `users_uuid`.
const BY_UUID: &str = select_user!("users u where u.account_id = ?1 and u.uuid = ?2");

/// Runs [`BY_UUID`], or what locks as well, for each of these ids.
fn users_with_uuids<C: Conn>(
    conn: &mut C,
    sql: &str,
    account: AccountId,
    uuids: &[Uuid],
) -> Outcome<Vec<Option<User>>> {
    let mut found = Vec::with_capacity(uuids.len());
    let keys = uuids.iter().map(|uuid| Value::Blob(uuid.as_bytes()));
    conn.look_up(sql, &[account.0.into()], keys, |row| {
        found.push(row.map(user).transpose()?);
        Ok(())
    })?;
    Ok(found)
}

fn delete_users<C: Conn>(conn: &mut C, account: AccountId, users: &[&User], now: Instant) -> Outcome<()> {
    // The primary key of users.
    let sql = "delete from users where account_id = ?1 and user_key = ?2 returning user_key";
    // The primary key of user_emails.
    let emails_sql = "delete from user_emails where account_id = ?1 and email_key = ?2 and user_key = ?3";
    let tombstone = "insert into deleted_users (account_id, deleted_at, user_key) values (?1, ?2, ?3)";
    // In the order of keys, which is that of the index.
    let mut keys: Vec<i64> = users.iter().map(|user| user.key.0).collect();
    keys.sort_unstable();
    let mut gone = Vec::with_capacity(keys.len());
    conn.for_rows(sql, &[account.0.into()], keys.iter().map(|key| [Value::Int(*key)]), |row| {
        gone.push(row.int(0)?);
        Ok(())
    })?;
    if gone.is_empty() {
        return Ok(());
    }
    gone.sort_unstable();
    count(conn, account, -stored(gone.len() as u64)?)?;
    let gone_users = users.iter().filter(|user| gone.binary_search(&user.key.0).is_ok());
    let mut emails: Vec<(&str, i64)> =
        gone_users.flat_map(|user| user.email_keys.iter().map(|key| (key.as_str(), user.key.0))).collect();
    emails.sort_unstable();
    let rows = emails.iter().map(|(email, user)| [Value::Text(email), Value::Int(*user)]);
    conn.for_rows(emails_sql, &[account.0.into()], rows, |_| Ok(()))?;
    sources::forget_users(conn, account, &gone)?;
    passwords::delete(conn, account, &gone)?;
    let common = [account.0.into(), now.micros().into()];
    conn.for_rows(tombstone, &common, gone.iter().map(|key| [Value::Int(*key)]), |_| Ok(()))
}

fn insert_users<C: Conn>(conn: &mut C, account: AccountId, users: &[(UserKey, &User)]) -> Outcome<Vec<bool>> {
    // Conflicts are found through index users_name.
    let sql = "insert into users (account_id, user_key, uuid, name_key, external_id, version, created_at, \
               modified_at, email_keys, doc) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
               on conflict (account_id, name_key) do nothing";
    let joined = users.iter().map(|(_, user)| joined_emails(user)).collect::<Outcome<Vec<_>>>()?;
    let rows = users.iter().zip(&joined).map(|((key, user), emails)| {
        [
            Value::Int(key.0),
            Value::Blob(user.uuid.as_bytes()),
            Value::Text(&user.name_key),
            user.external_id.as_deref().into(),
            Value::Int(user.version),
            Value::Int(user.created_at.micros()),
            Value::Int(user.modified_at.micros()),
            emails.as_deref().into(),
            Value::Text(&user.doc),
        ]
    });
    let inserted = conn.insert_new(sql, "user_key", &[account.0.into()], rows)?;

    let new = || users.iter().zip(&inserted).filter(|(_, inserted)| **inserted).map(|(user, _)| user);
    let mut emails: Vec<(&str, UserKey)> =
        new().flat_map(|(key, user)| user.email_keys.iter().map(|email| (email.as_str(), *key))).collect();
    // In the order of their index, which is not always that of the names.
    emails.sort_unstable();
    insert_emails(conn, account, &emails)?;
    count(conn, account, stored(new().count() as u64)?)?;
    Ok(inserted)
}

fn replace_user<C: Conn>(conn: &mut C, account: AccountId, was: &User, user: &User) -> Outcome<()> {
    // The primary key of users; index users_name refuses a name that is taken.
    let sql = "update users set uuid = ?3, name_key = ?4, external_id = ?5, version = ?6, created_at = ?7, \
               modified_at = ?8, email_keys = ?9, doc = ?10 where user_key = ?1 and account_id = ?2";
    let joined = joined_emails(user)?;
    let values = [
        Value::Int(user.key.0),
        Value::Int(account.0),
        Value::Blob(user.uuid.as_bytes()),
        Value::Text(&user.name_key),
        user.external_id.as_deref().into(),
        Value::Int(user.version),
        Value::Int(user.created_at.micros()),
        Value::Int(user.modified_at.micros()),
        joined.as_deref().into(),
        Value::Text(&user.doc),
    ];
    let changed = conn
        .execute(sql, &values)
        .map_err(|fault| fault.or_taken("name", "userName", "another user has this userName"))?;
    if changed == 0 {
        return Err(Fault::Defect("a user to replace does not exist".to_owned()));
    }
    let gone = was.email_keys.iter().filter(|key| !user.email_keys.contains(key));
    delete_emails(conn, account, user.key, gone)?;
    let new = user.email_keys.iter().filter(|key| !was.email_keys.contains(key));
    let new: Vec<(&str, UserKey)> = new.map(|key| (key.as_str(), user.key)).collect();
    insert_emails(conn, account, &new)
}

/// The indexes of ids and names stay as they are: naming their columns would cost an entry of each.
fn rewrite_users<C: Conn>(conn: &mut C, account: AccountId, users: &[(&User, &User)]) -> Outcome<()> {
    // The primary key of users.
    let sql = "update users set version = ?3, modified_at = ?4, email_keys = ?5, doc = ?6 \
               where account_id = ?1 and user_key = ?2";
    let joined = users.iter().map(|(_, user)| joined_emails(user)).collect::<Outcome<Vec<_>>>()?;
    let rows = users.iter().zip(&joined).map(|((_, user), emails)| {
        [
            Value::Int(user.key.0),
            Value::Int(user.version),
            Value::Int(user.modified_at.micros()),
            emails.as_deref().into(),
            Value::Text(&user.doc),
        ]
    });
    conn.for_rows(sql, &[account.0.into()], rows, |_| Ok(()))?;
    let others = users.iter().filter(|(was, user)| was.email_keys != user.email_keys);
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (was, user) in others {
        let pairs = |keys: &'_ [String]| keys.iter().map(|key| (key.clone(), user.key)).collect::<Vec<_>>();
        let (had, has) = (pairs(&was.email_keys), pairs(&user.email_keys));
        gone.extend(had.iter().filter(|pair| !has.contains(pair)).cloned());
        new.extend(has.into_iter().filter(|pair| !had.contains(pair)));
    }
    // In the order of their index.
    gone.sort_unstable();
    new.sort_unstable();
    // The primary key of user_emails.
    let sql = "delete from user_emails where account_id = ?1 and email_key = ?2 and user_key = ?3";
    let rows = gone.iter().map(|(key, user)| [Value::Text(key), Value::Int(user.0)]);
    conn.for_rows(sql, &[account.0.into()], rows, |_| Ok(()))?;
    let new: Vec<(&str, UserKey)> = new.iter().map(|(key, user)| (key.as_str(), *user)).collect();
    insert_emails(conn, account, &new)
}

fn insert_emails<C: Conn>(conn: &mut C, account: AccountId, emails: &[(&str, UserKey)]) -> Outcome<()> {
    let sql = "insert into user_emails (account_id, email_key, user_key) values (?1, ?2, ?3)";
    let rows = emails.iter().map(|(key, user)| [Value::Text(key), Value::Int(user.0)]);
    conn.for_rows(sql, &[account.0.into()], rows, |_| Ok(()))
}

fn delete_emails<'a, C: Conn>(
    conn: &mut C,
    account: AccountId,
    user: UserKey,
    keys: impl Iterator<Item = &'a String>,
) -> Outcome<()> {
    // The primary key of user_emails.
    let sql = "delete from user_emails where account_id = ?1 and user_key = ?2 and email_key = ?3";
    let rows = keys.map(|key| [Value::Text(key)]);
    conn.for_rows(sql, &[account.0.into(), user.0.into()], rows, |_| Ok(()))
}

/// Keeps the account's number of users, in this connection's row.
fn count<C: Conn>(conn: &mut C, account: AccountId, delta: i64) -> Outcome<()> {
    // The primary key of user_counts.
    let sql = "insert into user_counts (account_id, shard, users) values (?1, ?2, ?3) \
               on conflict (account_id, shard) do update set users = user_counts.users + excluded.users";
    let shard = conn.shard();
    conn.execute(sql, &[account.0.into(), shard.into(), delta.into()]).map(drop)
}
