//! The databases of the benches: made, filled with the product's schema, brought to rest, and dropped.

use std::cell::Cell;
use std::path::PathBuf;

use super::link::Link;
use crate::Outcome;
use crate::bench::Bench;
use crate::server::{self, Server as Throng};

/// The tables that the benches fill, on either side.
const TABLES: &str = "users, user_emails, passwords, deleted_users, groups, memberships, jobs, job_parts, job_rows, job_results, job_chunks";
/// The tables that raw fills.
const RAW_TABLES: [&str; 7] =
    ["users", "user_emails", "passwords", "deleted_users", "memberships", "job_rows", "job_results"];

/// The PostgreSQL server.
pub struct Server {
    url: String,
    link: Link,
    made: Cell<u32>,
}

impl Server {
    /// Connects.
    ///
    /// # Errors
    /// A server that cannot be reached.
    pub fn connect(url: &str) -> Outcome<Self> {
        Ok(Self { url: url.to_owned(), link: Link::open(url)?, made: Cell::new(0) })
    }

    /// Its version.
    ///
    /// # Errors
    /// What the server says.
    pub fn version(&self) -> Outcome<String> {
        self.link.value("select split_part(current_setting('server_version'), ' ', 1)")
    }

    /// The settings that decide what a write costs.
    ///
    /// # Errors
    /// What the server says.
    pub fn settings(&self) -> Outcome<String> {
        self.link.pairs(
            "select name, current_setting(name) from pg_settings where name in ('fsync', 'synchronous_commit', \
             'full_page_writes', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'wal_level') order by name",
        )
    }

    /// An empty database.
    ///
    /// # Errors
    /// A role that may not make one.
    pub fn database(&self) -> Outcome<Database> {
        let number = self.made.replace(self.made.get() + 1);
        let name = format!("throng_bench_{}_{number}", std::process::id());
        self.link.run(&format!("create database {name}"))?;
        Ok(Database { url: with_database(&self.url, &name)?, name, server: self.url.clone() })
    }

    /// A database of the product, with an account and a key.
    ///
    /// # Errors
    /// A command of the product that failed.
    pub fn product(&self, bench: &Bench) -> Outcome<Product> {
        let database = self.database()?;
        let token = server::new_account(&bench.binary, ["--database", &database.url])?;
        Ok(Product { database, token })
    }

    /// An empty database with the product's own schema, whose owner no policy stops.
    ///
    /// # Errors
    /// A command of the product that failed.
    pub fn raw(&self, bench: &Bench) -> Outcome<Database> {
        let Product { database, .. } = self.product(bench)?;
        let link = database.link()?;
        for table in RAW_TABLES {
            link.run(&format!("alter table {table} no force row level security"))?;
        }
        Ok(database)
    }

    /// Lets everything come to rest, so that nobody's measurement pays for what went before: these databases are
    /// vacuumed lest it happens at any time later, the server makes a checkpoint, the disk writes what it holds.
    ///
    /// # Errors
    /// What the server says.
    pub fn settle(&self, bench: &Bench, databases: &[&Database]) -> Outcome {
        for database in databases {
            database.link()?.run(&format!("vacuum analyze {TABLES}"))?;
        }
        // Dropping a database makes a checkpoint, and every role that may make databases may drop its own.
        drop(self.database()?);
        bench.settle()
    }
}

/// A database of the benches, gone when it is dropped.
pub struct Database {
    /// Where it is, with the password.
    url: String,
    name: String,
    server: String,
}

impl Database {
    /// A connection as its owner.
    ///
    /// # Errors
    /// A server that cannot be reached.
    pub fn link(&self) -> Outcome<Link> {
        Link::open(&self.url)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // One that stays is told from others by its name.
        let _ = Link::open(&self.server)
            .and_then(|link| link.run(&format!("drop database if exists {} with (force)", self.name)));
    }
}

/// A database of the product, with the credential of an administrator of the benches' account.
pub struct Product {
    /// The database.
    pub database: Database,
    token: String,
}

impl Product {
    /// Starts one more server of the product on it. Its log is `<name>.log` in the directory of the benches.
    ///
    /// # Errors
    /// A server that does not start.
    pub fn serve(&self, bench: &Bench, name: &str) -> Outcome<Throng> {
        let log: PathBuf = bench.root.join(format!("{name}.log"));
        Throng::start_on(&bench.binary, ["--database", &self.database.url], &self.token, &log)
    }

    /// The account of the benches.
    ///
    /// # Errors
    /// What the server says.
    pub fn account(&self) -> Outcome<i64> {
        self.database.link()?.value("select account_id from accounts where account_id > 0")
    }
}

/// A URL with another database's name.
fn with_database(url: &str, name: &str) -> Outcome<String> {
    let (address, parameters) = url.split_at(url.find('?').unwrap_or(url.len()));
    let after_scheme = address.find("://").ok_or("the URL of the PostgreSQL is none")? + 3;
    let end = address[after_scheme..].find('/').map_or(address.len(), |slash| after_scheme + slash);
    Ok(format!("{}/{name}{parameters}", &address[..end]))
}

#[cfg(test)]
mod tests;
