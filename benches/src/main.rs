//! Benches of the real server against the physical limits.
//!
//! The server is the release build of `throng`, a child process on a fresh data directory, driven over HTTP.
//! What it is held against is measured in the same run on the same disk: SQLite with the same tables, fed in
//! the best order known, and an HTTP server that does nothing but answer. With `--postgres` it is PostgreSQL on both
//! sides, see [`postgres`].

mod bare;
mod bench;
mod clock;
mod connection;
mod creates;
mod files;
mod import;
mod items;
mod job;
mod load;
mod members;
mod one_member;
mod options;
mod people;
mod postgres;
mod raw;
mod readers;
mod reads;
mod report;
mod scim;
mod server;
mod stats;

use std::process::ExitCode;

use clap::Parser;

use bench::Bench;
use options::{Name, Options};
use report::Report;

/// What a bench fails with: one sentence.
type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What a step of a bench gives.
type Outcome<T = ()> = Result<T, Failure>;

fn main() -> ExitCode {
    let options = Options::parse();
    let ended = match (&options.bare, &options.reader, &options.file) {
        (Some(directory), ..) => bare::serve(directory),
        (None, Some(side), Some(file)) => readers::read(*side, file),
        _ => run(&options),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::progress(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome {
    if let Some(name) = options.misplaced() {
        return Err(format!("the bench {name:?} is not measured on this database").into());
    }
    let bench = Bench::new(options)?;
    let mut report = Report::default();
    if bench.wants(Name::Readers) && options.postgres.is_none() {
        readers::run(&bench.root, options, bench.rounds, &mut report)?;
    }
    if bench.wants_none_but(&[Name::Readers]) {
        return report.end(bench.quick);
    }
    if let Some(url) = &options.postgres {
        postgres::run(&bench, url, &mut report)?;
        return report.end(bench.quick);
    }
    Report::line(&bench.describe())?;
    if bench.wants(Name::Items) {
        items::run(&bench, &mut report)?;
    }
    if bench.wants(Name::Files) {
        files::run(&bench, &mut report)?;
    }
    if bench.wants(Name::Hashes) {
        files::hashes::run(&bench, &mut report)?;
    }
    if bench.wants_none_but(&[Name::Items, Name::Files, Name::Hashes, Name::Readers]) {
        return report.end(bench.quick);
    }
    let mut base = import::run(&bench, &mut report)?;
    if bench.wants(Name::Members) {
        members::run(&bench, &mut base, &mut report)?;
    }
    if bench.wants(Name::OneMember) {
        one_member::run(&bench, &mut base, &mut report)?;
    }
    if bench.wants(Name::Reads) {
        reads::run(&bench, &base, &mut report)?;
    }
    if bench.wants(Name::Scim) {
        scim::run(&bench, &mut base, &mut report)?;
    }
    if bench.wants(Name::Creates) {
        creates::run(&bench, &base, &mut report)?;
    }
    report.end(bench.quick)
}
