//! The benches on PostgreSQL.
//!
//! The server works on a database of its own, in the restricted role and under row-level security, as it ships. Raw
//! is the same tables in another database of the same server, filled by the owner, whom row-level security does not
//! stop there, on one connection and by the faster of two roads: see [`road`].

mod copy;
mod creates;
mod database;
mod files;
mod import;
mod items;
mod link;
mod members;
mod nodes;
mod road;

use std::thread;

use crate::bench::Bench;
use crate::options::Name;
use crate::people::People;
use crate::report::Report;
use crate::{Outcome, raw};

use database::{Database, Product, Server as Postgres};

/// The people of the benches on both sides, as they were imported.
struct Base {
    /// The product's side.
    product: Product,
    /// A database that only raw has filled, with the same people.
    raw: Database,
    /// Who they are.
    people: People,
    /// The account that the people are in.
    account: i64,
}

/// Measures on the PostgreSQL that this URL names.
///
/// # Errors
/// A server that cannot be reached or that the role may not use, a bench that fails.
pub fn run(bench: &Bench, url: &str, report: &mut Report) -> Outcome {
    let postgres = Postgres::connect(url)?;
    Report::line(&describe(bench, &postgres)?)?;
    if bench.wants(Name::Items) {
        items::run(bench, &postgres, report)?;
    }
    if bench.wants(Name::Files) {
        files::run(bench, &postgres, report)?;
    }
    if bench.wants(Name::Hashes) {
        files::run_hashes(bench, &postgres, report)?;
    }
    if bench.wants_none_but(&[Name::Items, Name::Files, Name::Hashes]) {
        return Ok(());
    }
    let base = import::run(bench, &postgres, report)?;
    if bench.wants(Name::Members) {
        members::run(bench, &postgres, &base, report)?;
    }
    if bench.wants(Name::Nodes) {
        nodes::run(bench, &postgres, &base, report)?;
    }
    if bench.wants(Name::Creates) {
        creates::run(bench, &postgres, &base, report)?;
    }
    Ok(())
}

/// The machine and the server's settings.
fn describe(bench: &Bench, postgres: &Postgres) -> Outcome<String> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let (version, settings) = (postgres.version()?, postgres.settings()?);
    let (people, rounds, rows) = (bench.people, bench.rounds, raw::ROWS_PER_TRANSACTION);
    Ok(format!(
        "{cores} cores; {people} people; medians of {rounds} rounds; PostgreSQL {version}: {settings}.\n\nRaw: one \
         connection with {}, {rows} rows a transaction, keys ascending. Before each measurement both sides' tables are \
         vacuumed and the server makes a checkpoint.",
        link::SETTINGS
    ))
}
