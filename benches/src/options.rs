//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::readers::Side;

/// Measures the release build of the server against the physical limits, and prints Markdown.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
pub struct Options {
    /// What to measure; everything when none is named.
    pub names: Vec<Name>,
    /// A twentieth of the size, two rounds: to see whether the benches run, not how fast the server is.
    #[arg(long)]
    pub quick: bool,
    /// How often each side is measured; medians are shown. Default: 3.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: Option<u16>,
    /// Measure the server on this PostgreSQL instead of in a data directory: a role that may create databases and
    /// roles. `cargo xtask bench` starts one when no URL follows.
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// Keep the data here and use what an earlier run left. Default: beside the binary, removed at the end.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The server. Default: `throng` beside this binary.
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// How many people there are. Default: 1,000,000.
    #[arg(long, value_name = "N")]
    pub people: Option<usize>,
    /// Rows of the files of `readers`. Default: 1,000,000.
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Be the process that reads `--file`.
    #[arg(long, value_name = "SIDE", hide = true)]
    pub reader: Option<Side>,
    /// The file that is read.
    #[arg(long, value_name = "FILE", hide = true)]
    pub file: Option<PathBuf>,
    /// Be the HTTP server that only answers, with the bodies in this directory.
    #[arg(long, value_name = "DIR", hide = true)]
    pub bare: Option<PathBuf>,
}

/// The benches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// An upload of people (users:bulkAdd), from CSV.
    Import,
    /// A PATCH with as many members as there are users, and other requests beside it.
    Members,
    /// A PATCH of one member on a small and on a large group.
    OneMember,
    /// GET of a user by id and by userName.
    Reads,
    /// Filters, sorted lists and pages by cursor, as SCIM clients ask for them.
    Scim,
    /// The readers of CSV, XLSX and JSON Lines, without a server.
    Readers,
    /// Files of people in and out: uploads of every kind, changes, whole truths, passwords, exports.
    Files,
    /// An upload of people with ready hashes of their passwords, beside the same without, from CSV; without raw.
    Hashes,
    /// Items of jobs: by filter, order, number and cursor.
    Items,
    /// POST of single users.
    Creates,
    /// The same jobs on one, two and three servers. Only with --postgres.
    Nodes,
}

impl Options {
    /// A bench that was named although its database does not have it.
    pub fn misplaced(&self) -> Option<Name> {
        let absent: &[Name] = if self.postgres.is_some() {
            &[Name::OneMember, Name::Reads, Name::Scim, Name::Readers]
        } else {
            &[Name::Nodes]
        };
        self.names.iter().copied().find(|name| absent.contains(name))
    }
}

#[cfg(test)]
mod tests;
