//! Raw: the product's own tables, fed by one connection in the best order known, by COPY or by arrays.

use std::slice::Chunks;

use futures_util::future::join4;
use tokio_postgres::{Client, Error, Statement};

use super::copy::Rows as Copied;
use super::link::{Link, copy};
use crate::Outcome;
use crate::clock::Watch;
use crate::raw::{EmailRow, PasswordRow, ROWS_PER_TRANSACTION, Rows, UserRow, new_user};
use crate::stats::float;

/// How rows go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// `copy … from stdin (format binary)`.
    Copy,
    /// `insert into … select … from unnest(…)`, prepared.
    Unnest,
}

/// Both roads.
pub const ROADS: [Road; 2] = [Road::Copy, Road::Unnest];

impl Road {
    /// Its name, for people to read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Copy => "COPY BINARY",
            Self::Unnest => "insert from unnest",
        }
    }
}

/// The columns of a user …
pub const USER: &str = "account_id, user_key, uuid, name_key, external_id, version, created_at, modified_at, email_keys, \
                    doc";
const PASSWORD: &str = "account_id, user_key, hash, changed_at";
const EMAIL: &str = "account_id, email_key, user_key";
const MEMBER: &str = "account_id, group_number, member_kind, member_key";

/// The statements of a road for users and e-mails.
struct People<'a> {
    client: &'a Client,
    road: Road,
    user: Statement,
    email: Statement,
    password: Statement,
}

/// Writes all users in the order of their keys, which is that of their names, and all e-mails in the order of theirs.
/// `together` puts the same users, e-mails and passwords into a transaction, which is faster when all orders are the same.
/// Returns the seconds.
///
/// # Errors
/// Rows that the database refuses.
pub fn write_people(link: &Link, road: Road, rows: &Rows, together: bool) -> Outcome<f64> {
    let (user, email, password) = match road {
        Road::Copy => (
            format!("copy users ({USER}) from stdin (format binary)"),
            format!("copy user_emails ({EMAIL}) from stdin (format binary)"),
            format!("copy passwords ({PASSWORD}) from stdin (format binary)"),
        ),
        Road::Unnest => (
            format!(
                "insert into users ({USER}) select * from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[], \
                 $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[])"
            ),
            format!(
                "insert into user_emails ({EMAIL}) select * from unnest($1::bigint[], $2::text[], $3::bigint[])"
            ),
            format!(
                "insert into passwords ({PASSWORD}) select * from unnest($1::bigint[], $2::bigint[], $3::text[], \
                 $4::bigint[])"
            ),
        ),
    };
    let client = &link.client;
    let prepare = |sql: &str| link.wait(client.prepare(sql));
    let (user, email, password) = (prepare(&user)?, prepare(&email)?, prepare(&password)?);
    let people = People { client, road, user, email, password };
    let watch = Watch::start();
    let written = link.wait(async {
        if together {
            return people.write_together(rows).await;
        }
        let mut written = 0;
        for users in transactions(&rows.users) {
            written += people.users(users).await?;
        }
        for emails in transactions(&rows.emails) {
            written += people.emails(emails).await?;
        }
        Ok(written)
    })?;
    let seconds = watch.seconds();
    expect(written, rows.users.len() + rows.emails.len() + rows.passwords.len())?;
    Ok(seconds)
}

impl People<'_> {
    async fn write_together(&self, rows: &Rows) -> Result<u64, Error> {
        let mut written = 0;
        let (mut emails, mut passwords) = (transactions(&rows.emails), transactions(&rows.passwords));
        for users in transactions(&rows.users) {
            self.client.batch_execute("begin").await?;
            written += self.users(users).await?;
            if let Some(emails) = emails.next() {
                written += self.emails(emails).await?;
            }
            if let Some(passwords) = passwords.next() {
                written += self.passwords(passwords).await?;
            }
            self.client.batch_execute("commit").await?;
        }
        Ok(written)
    }

    async fn users(&self, users: &[UserRow]) -> Result<u64, Error> {
        if self.road == Road::Copy {
            let mut rows = Copied::new(10);
            for user in users {
                rows.row().int(user.account).int(user.key).text(user.uuid.as_bytes());
                rows.text(user.name_key.as_bytes()).maybe(user.external_id.as_deref()).int(user.version);
                rows.int(user.created_at).int(user.modified_at).maybe(user.email_keys.as_deref());
                rows.text(user.doc.as_bytes());
            }
            return copy(self.client, &self.user, rows.finish()).await;
        }
        let ints = |pick: fn(&UserRow) -> i64| users.iter().map(pick).collect::<Vec<_>>();
        let (accounts, keys, versions) =
            (ints(|user| user.account), ints(|user| user.key), ints(|user| user.version));
        let (created, modified) = (ints(|user| user.created_at), ints(|user| user.modified_at));
        let uuids: Vec<&[u8]> = users.iter().map(|user| user.uuid.as_bytes().as_slice()).collect();
        let names: Vec<&str> = users.iter().map(|user| user.name_key.as_str()).collect();
        let external: Vec<Option<&str>> = users.iter().map(|user| user.external_id.as_deref()).collect();
        let emails: Vec<Option<&str>> = users.iter().map(|user| user.email_keys.as_deref()).collect();
        let docs: Vec<&str> = users.iter().map(|user| user.doc.as_str()).collect();
        self.client
            .execute(
                &self.user,
                &[
                    &accounts, &keys, &uuids, &names, &external, &versions, &created, &modified, &emails,
                    &docs,
                ],
            )
            .await
    }

    async fn emails(&self, emails: &[EmailRow]) -> Result<u64, Error> {
        if self.road == Road::Copy {
            let mut rows = Copied::new(3);
            for email in emails {
                rows.row().int(email.account).text(email.key.as_bytes()).int(email.user);
            }
            return copy(self.client, &self.email, rows.finish()).await;
        }
        let accounts: Vec<i64> = emails.iter().map(|email| email.account).collect();
        let addresses: Vec<&str> = emails.iter().map(|email| email.key.as_str()).collect();
        let users: Vec<i64> = emails.iter().map(|email| email.user).collect();
        self.client.execute(&self.email, &[&accounts, &addresses, &users]).await
    }
}

impl People<'_> {
    async fn passwords(&self, passwords: &[PasswordRow]) -> Result<u64, Error> {
        if self.road == Road::Copy {
            let mut rows = Copied::new(4);
            for row in passwords {
                rows.row().int(row.account).int(row.user).text(row.hash.as_bytes()).int(row.changed_at);
            }
            return copy(self.client, &self.password, rows.finish()).await;
        }
        let ints = |pick: fn(&PasswordRow) -> i64| passwords.iter().map(pick).collect::<Vec<_>>();
        let (accounts, users) = (ints(|row| row.account), ints(|row| row.user));
        let (times, hashes) = (ints(|row| row.changed_at), passwords.iter().map(|row| row.hash.as_str()));
        let hashes: Vec<&str> = hashes.collect();
        self.client.execute(&self.password, &[&accounts, &users, &hashes, &times]).await
    }
}

/// A group, by its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The account.
    pub account: i64,
    /// The group's number.
    pub number: i64,
}

/// Makes users members of a group, by rising key. Returns the seconds.
///
/// # Errors
/// Rows that the database refuses.
pub fn add_members(link: &Link, road: Road, group: Group, users: &[i64]) -> Outcome<f64> {
    let Group { account, number } = group;
    let sql = match road {
        Road::Copy => format!("copy memberships ({MEMBER}) from stdin (format binary)"),
        Road::Unnest => format!(
            "insert into memberships ({MEMBER}) select $1, $2, 0, member from unnest($3::bigint[]) as member"
        ),
    };
    let statement = link.wait(link.client.prepare(&sql))?;
    let watch = Watch::start();
    let written = link.wait(async {
        let mut written = 0;
        for users in transactions(users) {
            written += if road == Road::Copy {
                let mut rows = Copied::new(4);
                for user in users {
                    rows.row().int(account).int(number).int(0).int(*user);
                }
                copy(&link.client, &statement, rows.finish()).await?
            } else {
                link.client.execute(&statement, &[&account, &number, &users]).await?
            };
        }
        Ok(written)
    })?;
    let seconds = watch.seconds();
    expect(written, users.len())?;
    Ok(seconds)
}

/// Ends memberships, by rising key: an array a statement. Returns the seconds.
///
/// # Errors
/// As [`add_members`].
pub fn remove_members(link: &Link, group: Group, users: &[i64]) -> Outcome<f64> {
    let sql = "delete from memberships using unnest($3::bigint[]) as gone where account_id = $1 and group_number = $2 \
               and member_kind = 0 and member_key = gone";
    let statement = link.wait(link.client.prepare(sql))?;
    let watch = Watch::start();
    let removed = link.wait(async {
        let mut removed = 0;
        for users in transactions(users) {
            removed += link.client.execute(&statement, &[&group.account, &group.number, &users]).await?;
        }
        Ok(removed)
    })?;
    let seconds = watch.seconds();
    expect(removed, users.len())?;
    Ok(seconds)
}

/// Inserts users, each with an e-mail and in a transaction of its own, in the order of their names; the statements of a
/// transaction travel together. Returns how many there are in a second.
///
/// # Errors
/// Rows that the database refuses.
pub fn single_users(link: &Link, account: i64, count: u16) -> Outcome<f64> {
    let last: i64 = link.value("select max(user_key) from users")?;
    let doc: String = link.value("select doc from users order by account_id, user_key limit 1")?;
    let client = &link.client;
    let user = link
        .wait(client.prepare(&format!(
            "insert into users ({USER}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        )))?;
    let email =
        link.wait(client.prepare(&format!("insert into user_emails ({EMAIL}) values ($1, $2, $3)")))?;
    let rows: Vec<_> = (1..=i64::from(count)).map(|number| new_user(account, last + number, &doc)).collect();
    let watch = Watch::start();
    let written = link.wait(async {
        let mut written = 0;
        for (row, address) in &rows {
            let uuid = row.uuid.as_bytes().as_slice();
            let UserRow { key, account, name_key, external_id, version, .. } = row;
            let UserRow { created_at, modified_at, email_keys, doc, .. } = row;
            let (began, a_user, an_email, ended) = join4(
                client.batch_execute("begin"),
                client.execute(
                    &user,
                    &[
                        account,
                        key,
                        &uuid,
                        name_key,
                        external_id,
                        version,
                        created_at,
                        modified_at,
                        email_keys,
                        doc,
                    ],
                ),
                client.execute(&email, &[&address.account, &address.key, &address.user]),
                client.batch_execute("commit"),
            )
            .await;
            began?;
            written += a_user? + an_email?;
            ended?;
        }
        Ok(written)
    })?;
    let seconds = watch.seconds();
    expect(written, rows.len() * 2)?;
    Ok(float(rows.len()) / seconds)
}

/// The rows of each transaction.
pub fn transactions<T>(rows: &[T]) -> Chunks<'_, T> {
    rows.chunks(ROWS_PER_TRANSACTION)
}

/// Refuses another number of rows.
///
/// # Errors
/// Another number.
pub fn expect(rows: u64, expected: usize) -> Outcome {
    if usize::try_from(rows)? == expected {
        return Ok(());
    }
    Err(format!("raw came to {rows} rows instead of {expected}").into())
}
