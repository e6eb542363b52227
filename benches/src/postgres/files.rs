//! Bench: files of people in and out; see [`crate::files`].

use std::cell::Cell;

use futures_util::TryStreamExt;

use super::copy::Rows as Copied;
use super::database::{Database, Product as Made, Server as Postgres};
use super::import;
use super::link::{Link, copy};
use super::road::{self, Road, expect, transactions};
use crate::Outcome;
use crate::bench::Bench;
use crate::clock::Watch;
use crate::files::{Databases, Product, Raw, hashes, measure};
use crate::raw::{Blocks, Difference, EmailRow, ResultBlock, RowBlock, Rows, UserRow};
use crate::report::Report;
use crate::server::Server;

/// Blocks of one transaction: as many people as a transaction of rows has.
const BLOCKS_PER_TRANSACTION: usize = 20;

/// Measures on databases of its own.
///
/// # Errors
/// A job that does not come to what it must.
pub fn run(bench: &Bench, postgres: &Postgres, report: &mut Report) -> Outcome {
    measure(bench, &Clusters { bench, postgres, served: Cell::new(0) }, report)
}

/// Measures imports with ready hashes and without on one.
///
/// # Errors
/// As [`run`].
pub fn run_hashes(bench: &Bench, postgres: &Postgres, report: &mut Report) -> Outcome {
    hashes::measure(bench, &Clusters { bench, postgres, served: Cell::new(0) }, report)
}

/// Makes databases on one server.
struct Clusters<'a> {
    bench: &'a Bench,
    postgres: &'a Postgres,
    served: Cell<u32>,
}

impl Databases for Clusters<'_> {
    fn product(&self) -> Outcome<Box<dyn Product + '_>> {
        Ok(Box::new(Store { all: self, made: self.postgres.product(self.bench)? }))
    }

    fn raw(&self) -> Outcome<Box<dyn Raw + '_>> {
        let database = self.postgres.raw(self.bench)?;
        Ok(Box::new(Bare { all: self, link: database.link()?, database }))
    }

    fn note(&self) -> &'static str {
        "Raw is one connection, COPY BINARY for what is new and arrays for what changes, 5,000 rows a transaction, keys \
         ascending."
    }
}

fn bytes_of(database: &Database) -> Outcome<u64> {
    let bytes: i64 = database.link()?.value("select pg_database_size(current_database())")?;
    Ok(bytes.unsigned_abs())
}

struct Store<'a> {
    all: &'a Clusters<'a>,
    made: Made,
}

impl Product for Store<'_> {
    fn serve(&self) -> Outcome<Server> {
        let number = self.all.served.replace(self.all.served.get() + 1);
        self.made.serve(self.all.bench, &format!("files-{number}"))
    }

    fn rows(&self) -> Outcome<Rows> {
        import::read(&self.made.database.link()?, self.made.account()?)
    }

    fn blocks(&self, job: i64) -> Outcome<Blocks> {
        let (link, account) = (self.made.database.link()?, self.made.account()?);
        link.run(&format!("set throng.account = '{account}'"))?;
        let sql = "select page, items, data from job_rows where account_id = $1 and job = $2 and run = 1 order by page";
        let rows = link.wait(link.client.query(sql, &[&account, &job]))?;
        let row =
            |row: &tokio_postgres::Row| RowBlock { page: row.get(0), items: row.get(1), data: row.get(2) };
        let rows = rows.iter().map(row).collect();
        let sql = "select page, items, effective, ignored, failed, data from job_results where account_id = $1 \
                   and job = $2 order by page";
        let results = link.wait(link.client.query(sql, &[&account, &job]))?;
        let result = |row: &tokio_postgres::Row| {
            let counts = [row.get(1), row.get(2), row.get(3), row.get(4)];
            ResultBlock { page: row.get(0), counts, data: row.get(5) }
        };
        Ok(Blocks { account, job, rows, results: results.iter().map(result).collect() })
    }

    fn bytes(&self) -> Outcome<u64> {
        bytes_of(&self.made.database)
    }

    fn settle(&self) -> Outcome {
        self.all.postgres.settle(self.all.bench, &[&self.made.database])
    }
}

struct Bare<'a> {
    all: &'a Clusters<'a>,
    link: Link,
    database: Database,
}

impl Raw for Bare<'_> {
    fn add(&self, rows: &Rows) -> Outcome<f64> {
        road::write_people(&self.link, Road::Copy, rows, true)
    }

    fn change(&self, difference: &Difference<'_>) -> Outcome<f64> {
        let Difference { gone, made, changed } = difference;
        let seconds = self.delete(gone)? + self.update(changed)?;
        let Some(first) = made.first() else { return Ok(seconds) };
        // What is new goes the road of what was new before.
        let copied = |row: &&UserRow| UserRow {
            name_key: row.name_key.clone(),
            external_id: row.external_id.clone(),
            email_keys: row.email_keys.clone(),
            doc: row.doc.clone(),
            ..**row
        };
        let users = made.iter().map(copied).collect();
        let mut emails: Vec<EmailRow> = made
            .iter()
            .map(|row| EmailRow { account: first.account, key: row.name_key.clone(), user: row.key })
            .collect();
        emails.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let rows = Rows { users, emails, passwords: Vec::new() };
        Ok(seconds + road::write_people(&self.link, Road::Copy, &rows, true)?)
    }

    fn look(&self) -> Outcome<f64> {
        let sql = "select user_key, uuid, name_key, doc from users where account_id = $1 order by name_key";
        let account: i64 = self.link.value("select min(account_id) from users")?;
        let statement = self.link.wait(self.link.client.prepare(sql))?;
        let watch = Watch::start();
        let bytes = self.link.wait(async {
            let rows = self.link.client.query_raw(&statement, [account]).await?;
            rows.try_fold(0, async |bytes, row| {
                Ok(bytes + row.try_get::<_, &str>(2)?.len() + row.try_get::<_, &str>(3)?.len())
            })
            .await
        })?;
        if bytes == 0 { Err("raw reads nobody".into()) } else { Ok(watch.seconds()) }
    }

    fn put(&self, blocks: &Blocks) -> Outcome<f64> {
        let client = &self.link.client;
        let prepare = |sql: &str| self.link.wait(client.prepare(sql));
        let row = prepare(
            "insert into job_rows (account_id, job, run, page, items, data) select $1, $2, 1, * from \
             unnest($3::bigint[], $4::bigint[], $5::bytea[])",
        )?;
        let result = prepare(
            "insert into job_results (account_id, job, page, items, effective, ignored, failed, data) select $1, $2, * \
             from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[])",
        )?;
        let Blocks { account, job, rows, results } = blocks;
        let watch = Watch::start();
        self.link.wait(async {
            let turns = rows.chunks(BLOCKS_PER_TRANSACTION).zip(results.chunks(BLOCKS_PER_TRANSACTION));
            for (rows, results) in turns {
                client.batch_execute("begin").await?;
                let ints = |pick: fn(&RowBlock) -> i64| rows.iter().map(pick).collect::<Vec<_>>();
                let data: Vec<&[u8]> = rows.iter().map(|row| row.data.as_slice()).collect();
                let (pages, items) = (ints(|row| row.page), ints(|row| row.items));
                client.execute(&row, &[account, job, &pages, &items, &data]).await?;
                let pages: Vec<i64> = results.iter().map(|result| result.page).collect();
                let counts = |at: usize| results.iter().map(|result| result.counts[at]).collect::<Vec<_>>();
                let data: Vec<&[u8]> = results.iter().map(|result| result.data.as_slice()).collect();
                let [items, effective, ignored, failed] = [0, 1, 2, 3].map(counts);
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
                    [account, job, &pages, &items, &effective, &ignored, &failed, &data];
                client.execute(&result, &values).await?;
                client.batch_execute("commit").await?;
            }
            Ok(())
        })?;
        Ok(watch.seconds())
    }

    fn bytes(&self) -> Outcome<u64> {
        bytes_of(&self.database)
    }

    fn settle(&self) -> Outcome {
        self.all.postgres.settle(self.all.bench, &[&self.database])
    }
}

impl Bare<'_> {
    fn update(&self, changed: &[&UserRow]) -> Outcome<f64> {
        let sql = "update users set version = new.version, modified_at = new.modified_at, email_keys = new.email_keys, \
                   doc = new.doc from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[]) \
                   as new (user_key, version, modified_at, email_keys, doc) \
                   where users.account_id = $1 and users.user_key = new.user_key";
        let Some(first) = changed.first() else { return Ok(0.0) };
        let client = &self.link.client;
        let statement = self.link.wait(client.prepare(sql))?;
        let watch = Watch::start();
        let written = self.link.wait(async {
            let mut written = 0;
            for rows in transactions(changed) {
                let ints = |pick: fn(&UserRow) -> i64| rows.iter().map(|row| pick(row)).collect::<Vec<_>>();
                let emails: Vec<Option<&str>> = rows.iter().map(|row| row.email_keys.as_deref()).collect();
                let docs: Vec<&str> = rows.iter().map(|row| row.doc.as_str()).collect();
                let (keys, versions) = (ints(|row| row.key), ints(|row| row.version));
                let times = ints(|row| row.modified_at);
                written += client
                    .execute(&statement, &[&first.account, &keys, &versions, &times, &emails, &docs])
                    .await?;
            }
            Ok(written)
        })?;
        let seconds = watch.seconds();
        expect(written, changed.len())?;
        Ok(seconds)
    }

    fn delete(&self, gone: &[&UserRow]) -> Outcome<f64> {
        let user =
            "delete from users using unnest($2::bigint[]) as gone where account_id = $1 and user_key = gone";
        let email = "delete from user_emails using unnest($2::text[], $3::bigint[]) as gone (email, who) \
                     where account_id = $1 and email_key = email and user_key = who";
        let tombstone = "copy deleted_users (account_id, user_key, deleted_at) from stdin (format binary)";
        let Some(first) = gone.first() else { return Ok(0.0) };
        let client = &self.link.client;
        let prepare = |sql: &str| self.link.wait(client.prepare(sql));
        let (user, email, tombstone) = (prepare(user)?, prepare(email)?, prepare(tombstone)?);
        let watch = Watch::start();
        let written = self.link.wait(async {
            let mut written = 0;
            for rows in transactions(gone) {
                client.batch_execute("begin").await?;
                let keys: Vec<i64> = rows.iter().map(|row| row.key).collect();
                let names: Vec<&str> = rows.iter().map(|row| row.name_key.as_str()).collect();
                written += client.execute(&user, &[&first.account, &keys]).await?;
                written += client.execute(&email, &[&first.account, &names, &keys]).await?;
                let mut stones = Copied::new(3);
                for row in rows {
                    stones.row().int(row.account).int(row.key).int(row.modified_at);
                }
                written += copy(client, &tombstone, stones.finish()).await?;
                client.batch_execute("commit").await?;
            }
            Ok(written)
        })?;
        let seconds = watch.seconds();
        expect(written, gone.len() * 3)?;
        Ok(seconds)
    }
}
