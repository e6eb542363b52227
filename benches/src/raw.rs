//! The physical limit of the store: the product's own tables, fed by SQLite alone in the best order known.

mod changes;

use std::path::Path;

use rusqlite::{Connection, Statement, params};
use uuid::Uuid;

use crate::Outcome;
use crate::clock::Watch;
use crate::people::People;

pub use changes::{Blocks, Difference, ResultBlock, RowBlock, apply, look_at, put_blocks, read_blocks};

/// Rows of one transaction.
pub const ROWS_PER_TRANSACTION: usize = 5_000;

/// What both sides' writers are set to.
const PRAGMAS: [(&str, &str); 9] = [
    ("page_size", "4096"),
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("cache_size", "-65536"),
    ("wal_autocheckpoint", "1000"),
    ("journal_size_limit", "67108864"),
    ("temp_store", "2"),
    ("mmap_size", "0"),
    ("foreign_keys", "0"),
];

/// The settings, for people to read.
pub fn settings() -> String {
    let settings = PRAGMAS.iter().map(|(name, value)| match (*name, *value) {
        ("synchronous", _) => "synchronous=full".to_owned(),
        ("temp_store", _) => "temp_store=memory".to_owned(),
        (name, value) => format!("{name}={value}"),
    });
    settings.collect::<Vec<_>>().join(", ")
}

/// Opens the database of a data directory as the product's writer does, and checks that the settings took.
///
/// # Errors
/// A database that cannot be opened, a setting that did not take.
pub fn open(directory: &Path) -> Outcome<Connection> {
    let db = Connection::open(directory.join("throng.db"))?;
    db.set_prepared_statement_cache_capacity(32);
    for (name, value) in PRAGMAS {
        // Some answer with the new value, some with nothing.
        db.prepare(&format!("pragma {name} = {value}"))?.query([])?.next()?;
        let is: String = db.query_row(&format!("pragma {name}"), [], |row| {
            row.get_ref(0).map(|is| match is {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                _ => String::new(),
            })
        })?;
        if is != value {
            return Err(format!("pragma {name} is {is}, not {value}").into());
        }
    }
    Ok(db)
}

/// A user, as the product stored it.
#[derive(Debug)]
pub struct UserRow {
    /// Its key.
    pub key: i64,
    /// The account.
    pub account: i64,
    /// The id.
    pub uuid: Uuid,
    /// The userName as it is compared.
    pub name_key: String,
    /// The externalId.
    pub external_id: Option<String>,
    /// The version.
    pub version: i64,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970.
    pub modified_at: i64,
    /// The addresses; none = the userName alone.
    pub email_keys: Option<String>,
    /// The resource.
    pub doc: String,
}

/// An e-mail, as the product stored it.
#[derive(Debug)]
pub struct EmailRow {
    /// The account.
    pub account: i64,
    /// The address as it is compared.
    pub key: String,
    /// The user's key.
    pub user: i64,
}

/// The hash of a password, as the product stored it.
#[derive(Debug)]
pub struct PasswordRow {
    /// The account.
    pub account: i64,
    /// The user's key.
    pub user: i64,
    /// The hash.
    pub hash: String,
    /// Microseconds since 1970.
    pub changed_at: i64,
}

/// Everybody, as the product stored them.
#[derive(Debug)]
pub struct Rows {
    /// In the order of their keys.
    pub users: Vec<UserRow>,
    /// In the order of the index.
    pub emails: Vec<EmailRow>,
    /// In the order of the index; of nobody, or of everybody.
    pub passwords: Vec<PasswordRow>,
}

impl Rows {
    /// Reads a database of the product.
    ///
    /// # Errors
    /// One that cannot be read.
    pub fn read(directory: &Path) -> Outcome<Self> {
        let db = open(directory)?;
        let mut statement = db.prepare(
            "select user_key, account_id, uuid, name_key, external_id, version, created_at, modified_at, \
             email_keys, doc from users order by user_key",
        )?;
        let users = statement.query_map([], |row| {
            Ok(UserRow {
                key: row.get(0)?,
                account: row.get(1)?,
                uuid: Uuid::from_bytes(row.get(2)?),
                name_key: row.get(3)?,
                external_id: row.get(4)?,
                version: row.get(5)?,
                created_at: row.get(6)?,
                modified_at: row.get(7)?,
                email_keys: row.get(8)?,
                doc: row.get(9)?,
            })
        })?;
        let users = users.collect::<Result<_, _>>()?;
        let sql = "select account_id, email_key, user_key from user_emails order by 1, 2, 3";
        let mut statement = db.prepare(sql)?;
        let emails = statement.query_map([], |row| {
            Ok(EmailRow { account: row.get(0)?, key: row.get(1)?, user: row.get(2)? })
        })?;
        let emails = emails.collect::<Result<_, _>>()?;
        let sql = "select account_id, user_key, hash, changed_at from passwords order by 1, 2";
        let mut statement = db.prepare(sql)?;
        let passwords = statement.query_map([], |row| {
            Ok(PasswordRow {
                account: row.get(0)?,
                user: row.get(1)?,
                hash: row.get(2)?,
                changed_at: row.get(3)?,
            })
        })?;
        Ok(Self { users, emails, passwords: passwords.collect::<Result<_, _>>()? })
    }

    /// Who they are.
    pub fn people(&self) -> People {
        People {
            keys: self.users.iter().map(|user| user.key).collect(),
            ids: self.users.iter().map(|user| user.uuid).collect(),
            names: self.users.iter().map(|user| user.name_key.clone()).collect(),
        }
    }

    /// Writes them all: users in the order of their keys, which is that of their names, and e-mails in the
    /// order of theirs. `together` puts a user, an e-mail and a password into each turn, which is faster when all orders
    /// are the same. Returns the seconds.
    ///
    /// # Errors
    /// Rows that the database refuses.
    pub fn write(&self, db: &Connection, together: bool) -> Outcome<f64> {
        let mut user = db.prepare(INSERT_USER)?;
        let mut email = db.prepare(INSERT_EMAIL)?;
        let mut password = db.prepare(INSERT_PASSWORD)?;
        let watch = Watch::start();
        if together {
            let mut passwords = self.passwords.iter();
            let each = |(a_user, an_email)| (a_user, an_email, passwords.next());
            let turns: Vec<_> = self.users.iter().zip(&self.emails).map(each).collect();
            in_transactions(db, &turns, |(a_user, an_email, a_password)| {
                insert_user(&mut user, a_user)?;
                insert_email(&mut email, an_email)?;
                let Some(PasswordRow { account, user, hash, changed_at }) = a_password else { return Ok(()) };
                password.execute(params![account, user, hash, changed_at]).map(drop)
            })?;
        } else {
            in_transactions(db, &self.users, |row| insert_user(&mut user, row))?;
            in_transactions(db, &self.emails, |row| insert_email(&mut email, row))?;
        }
        Ok(watch.seconds())
    }
}

const INSERT_USER: &str = "insert into users (user_key, account_id, uuid, name_key, external_id, version, \
                           created_at, modified_at, email_keys, doc) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const INSERT_EMAIL: &str = "insert into user_emails (account_id, email_key, user_key) values (?1, ?2, ?3)";
const INSERT_PASSWORD: &str =
    "insert into passwords (account_id, user_key, hash, changed_at) values (?1, ?2, ?3, ?4)";

fn insert_user(statement: &mut Statement<'_>, user: &UserRow) -> rusqlite::Result<()> {
    let UserRow { key, account, uuid, name_key, external_id, version, .. } = user;
    let UserRow { created_at, modified_at, email_keys, doc, .. } = user;
    let uuid = uuid.as_bytes().as_slice();
    let values =
        params![key, account, uuid, name_key, external_id, version, created_at, modified_at, email_keys, doc];
    statement.execute(values).map(drop)
}

fn insert_email(statement: &mut Statement<'_>, email: &EmailRow) -> rusqlite::Result<()> {
    statement.execute(params![email.account, email.key, email.user]).map(drop)
}

fn in_transactions<T>(
    db: &Connection,
    rows: &[T],
    mut write: impl FnMut(&T) -> rusqlite::Result<()>,
) -> Outcome {
    for rows in rows.chunks(ROWS_PER_TRANSACTION) {
        db.execute_batch("begin immediate")?;
        rows.iter().try_for_each(&mut write)?;
        db.execute_batch("commit")?;
    }
    Ok(())
}

/// Makes users members of a group, by rising key. Returns the seconds.
///
/// # Errors
/// Rows that the database refuses.
pub fn add_members(db: &Connection, group: i64, users: &[i64]) -> Outcome<f64> {
    let sql =
        "insert into memberships (account_id, group_number, member_kind, member_key) values (?1, ?2, 0, ?3)";
    members(db, sql, group, users)
}

/// Ends memberships, by rising key. Returns the seconds.
///
/// # Errors
/// As [`add_members`].
pub fn remove_members(db: &Connection, group: i64, users: &[i64]) -> Outcome<f64> {
    let sql = "delete from memberships where account_id = ?1 and group_number = ?2 and member_kind = 0 \
               and member_key = ?3";
    members(db, sql, group, users)
}

fn members(db: &Connection, sql: &str, group: i64, users: &[i64]) -> Outcome<f64> {
    let account: i64 = db.query_row("select account_id from users limit 1", [], |row| row.get(0))?;
    let mut statement = db.prepare(sql)?;
    let watch = Watch::start();
    in_transactions(db, users, |user| statement.execute(params![account, group, user]).map(drop))?;
    Ok(watch.seconds())
}

/// Inserts users, each with an e-mail and in a transaction of its own, in the order of their names. Returns
/// how many there are in a second.
///
/// # Errors
/// Rows that the database refuses.
pub fn single_users(db: &Connection, count: u16) -> Outcome<f64> {
    let sql = "select account_id, doc from users order by user_key desc limit 1";
    let (account, doc): (i64, String) = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let last: i64 = db.query_row("select max(user_key) from users", [], |row| row.get(0))?;
    let mut user = db.prepare(INSERT_USER)?;
    let mut email = db.prepare(INSERT_EMAIL)?;
    let rows: Vec<_> = (1..=i64::from(count)).map(|number| new_user(account, last + number, &doc)).collect();
    let watch = Watch::start();
    for (a_user, an_email) in &rows {
        db.execute_batch("begin immediate")?;
        insert_user(&mut user, a_user)?;
        insert_email(&mut email, an_email)?;
        db.execute_batch("commit")?;
    }
    Ok(f64::from(count) / watch.seconds())
}

/// A user after all others, with an e-mail: greater keys come later in every index.
pub fn new_user(account: i64, key: i64, doc: &str) -> (UserRow, EmailRow) {
    let name = format!("zz.{key:012}@example.com");
    // The largest version 7 there is, in rising order: as new ids are.
    let uuid = Uuid::from_u128((0xffff_ffff_ffff_7000_8000 << 48) + u128::from(key.unsigned_abs()));
    let email = EmailRow { account, key: name.clone(), user: key };
    let (external_id, email_keys, doc) = (None, None, doc.to_owned());
    let (version, created_at, modified_at) = (1, 1, 1);
    let user = UserRow {
        key,
        account,
        uuid,
        name_key: name,
        external_id,
        version,
        created_at,
        modified_at,
        email_keys,
        doc,
    };
    (user, email)
}

#[cfg(test)]
mod tests;
