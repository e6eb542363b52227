//! What jobs of files do besides adding people, in the best order known: people change and go, everybody is looked at,
//! and what was found is noted in blocks.

use std::cmp::Ordering;

use rusqlite::{Connection, params};

use super::{EmailRow, INSERT_EMAIL, INSERT_USER, Rows, UserRow, in_transactions, insert_email, insert_user};
use crate::Outcome;
use crate::clock::Watch;

/// Blocks of one transaction: as many people as a transaction of rows has.
const BLOCKS_PER_TRANSACTION: usize = 20;

/// What makes some people into others. Everybody is in the order of keys.
#[derive(Debug, Default)]
pub struct Difference<'a> {
    /// Those who are there no more.
    pub gone: Vec<&'a UserRow>,
    /// Those who are new.
    pub made: Vec<&'a UserRow>,
    /// Those who are another now, as they are.
    pub changed: Vec<&'a UserRow>,
}

impl<'a> Difference<'a> {
    /// Compares the people of one account at two times.
    pub fn between(before: &'a Rows, after: &'a Rows) -> Self {
        let mut found = Self::default();
        let (mut old, mut new) = (before.users.iter().peekable(), after.users.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return found,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.key.cmp(&new.key),
            };
            let was = if order.is_le() { old.next() } else { None };
            let is = if order.is_ge() { new.next() } else { None };
            match (was, is) {
                (Some(was), Some(is)) if was.version != is.version => found.changed.push(is),
                (Some(was), None) => found.gone.push(was),
                (None, Some(is)) => found.made.push(is),
                _ => {}
            }
        }
    }
}

/// Writes a difference into a database that has the people as they were. All have their login as e-mail, and keep it.
/// Returns the seconds.
///
/// # Errors
/// Rows that the database refuses.
pub fn apply(db: &Connection, difference: &Difference<'_>) -> Outcome<f64> {
    let sql =
        "update users set version = ?2, modified_at = ?3, email_keys = ?4, doc = ?5 where user_key = ?1";
    let mut change = db.prepare(sql)?;
    let mut delete = db.prepare("delete from users where user_key = ?1")?;
    let sql = "delete from user_emails where account_id = ?1 and email_key = ?2 and user_key = ?3";
    let mut delete_email = db.prepare(sql)?;
    let sql = "insert into deleted_users (account_id, user_key, deleted_at) values (?1, ?2, 0)";
    let mut tombstone = db.prepare(sql)?;
    let (mut user, mut email) = (db.prepare(INSERT_USER)?, db.prepare(INSERT_EMAIL)?);
    let watch = Watch::start();
    in_transactions(db, &difference.gone, |gone| {
        delete.execute([gone.key])?;
        delete_email.execute(params![gone.account, gone.name_key, gone.key])?;
        tombstone.execute([gone.account, gone.key]).map(drop)
    })?;
    in_transactions(db, &difference.changed, |changed| {
        let UserRow { key, version, modified_at, email_keys, doc, .. } = changed;
        change.execute(params![key, version, modified_at, email_keys, doc]).map(drop)
    })?;
    in_transactions(db, &difference.made, |made| {
        insert_user(&mut user, made)?;
        let address = EmailRow { account: made.account, key: made.name_key.clone(), user: made.key };
        insert_email(&mut email, &address)
    })?;
    Ok(watch.seconds())
}

/// Reads everybody in the order of logins. Returns the seconds.
///
/// # Errors
/// What SQLite says.
pub fn look_at(db: &Connection) -> Outcome<f64> {
    let sql =
        "select user_key, uuid, name_key, doc from users indexed by users_name order by account_id, name_key";
    let mut statement = db.prepare(sql)?;
    let watch = Watch::start();
    let (mut rows, mut bytes) = (statement.query([])?, 0);
    while let Some(row) = rows.next()? {
        bytes += row.get_ref(2)?.as_bytes()?.len() + row.get_ref(3)?.as_bytes()?.len();
    }
    let seconds = watch.seconds();
    if bytes == 0 { Err("raw reads nobody".into()) } else { Ok(seconds) }
}

/// A page of rows of a job.
#[derive(Debug)]
pub struct RowBlock {
    /// Its number.
    pub page: i64,
    /// How many rows it has.
    pub items: i64,
    /// The rows.
    pub data: Vec<u8>,
}

/// What became of a page of rows.
#[derive(Debug)]
pub struct ResultBlock {
    /// Its number.
    pub page: i64,
    /// How many rows there are, and how many of each class.
    pub counts: [i64; 4],
    /// What became of them.
    pub data: Vec<u8>,
}

/// What an export wrote down.
#[derive(Debug, Default)]
pub struct Blocks {
    /// The account.
    pub account: i64,
    /// The job.
    pub job: i64,
    /// In the order of their numbers.
    pub rows: Vec<RowBlock>,
    /// In the order of their numbers.
    pub results: Vec<ResultBlock>,
}

/// Reads what a job wrote down.
///
/// # Errors
/// What SQLite says.
pub fn read_blocks(db: &Connection, job: i64) -> Outcome<Blocks> {
    let account = db.query_row("select account_id from users limit 1", [], |row| row.get(0))?;
    let sql =
        "select page, items, data from job_rows where account_id = ?1 and job = ?2 and run = 1 order by page";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([account, job], |row| {
        Ok(RowBlock { page: row.get(0)?, items: row.get(1)?, data: row.get(2)? })
    })?;
    let rows = rows.collect::<Result<_, _>>()?;
    let sql = "select page, items, effective, ignored, failed, data from job_results where account_id = ?1 \
               and job = ?2 order by page";
    let mut statement = db.prepare(sql)?;
    let results = statement.query_map([account, job], |row| {
        let counts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        Ok(ResultBlock { page: row.get(0)?, counts, data: row.get(5)? })
    })?;
    Ok(Blocks { account, job, rows, results: results.collect::<Result<_, _>>()? })
}

/// Writes what a job wrote down. Returns the seconds.
///
/// # Errors
/// Rows that the database refuses.
pub fn put_blocks(db: &Connection, blocks: &Blocks) -> Outcome<f64> {
    let sql = "insert into job_rows (account_id, job, run, page, items, data) values (?1, ?2, 1, ?3, ?4, ?5)";
    let mut row = db.prepare(sql)?;
    let sql = "insert into job_results (account_id, job, page, items, effective, ignored, failed, data) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut result = db.prepare(sql)?;
    let Blocks { account, job, rows, results } = blocks;
    let watch = Watch::start();
    let pairs: Vec<_> = rows.iter().zip(results).collect();
    for pairs in pairs.chunks(BLOCKS_PER_TRANSACTION) {
        db.execute_batch("begin immediate")?;
        for (a_row, a_result) in pairs {
            row.execute(params![account, job, a_row.page, a_row.items, a_row.data])?;
            let [items, effective, ignored, failed] = a_result.counts;
            let ResultBlock { page, data, .. } = a_result;
            result.execute(params![account, job, page, items, effective, ignored, failed, data])?;
        }
        db.execute_batch("commit")?;
    }
    Ok(watch.seconds())
}
