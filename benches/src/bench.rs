//! What is measured, where, and how large.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::options::{Name, Options};
use crate::people::People;
use crate::server::{DataDirectory, Server};
use crate::{Outcome, raw};

/// Sizes, places and rounds.
#[derive(Debug)]
pub struct Bench {
    /// The server's binary.
    pub binary: PathBuf,
    /// Where all data lies: one disk for both sides.
    pub root: PathBuf,
    /// How many people.
    pub people: usize,
    /// How often each side is measured.
    pub rounds: usize,
    /// A run that is too small to measure anything.
    pub quick: bool,
    names: Vec<Name>,
    kept: bool,
}

/// The people of the benches on both sides, as they were imported.
#[derive(Debug)]
pub struct Base {
    /// The product's side.
    pub data: DataDirectory,
    /// The raw side: a data directory that the product made and only raw SQLite has filled.
    pub raw: PathBuf,
    /// Who they are.
    pub people: People,
    /// A group of everybody, if one was filled already.
    pub full_group: Option<String>,
}

impl Bench {
    /// Makes the directory for the data.
    ///
    /// # Errors
    /// A binary that is missing, a directory that cannot be made.
    pub fn new(options: &Options) -> Outcome<Self> {
        let here = std::env::current_exe()?;
        let beside = here.parent().ok_or("this binary lies nowhere")?;
        let binary = options.binary.clone().unwrap_or_else(|| beside.join("throng"));
        let needs_server =
            options.names.iter().any(|name| *name != Name::Readers) || options.names.is_empty();
        if needs_server && !binary.is_file() {
            return Err(
                format!("{}: build the server first (cargo xtask bench does)", binary.display()).into()
            );
        }
        let temporary = || beside.join(format!("bench-data-{}", std::process::id()));
        let root = options.data.clone().unwrap_or_else(temporary);
        std::fs::create_dir_all(&root)?;
        Ok(Self {
            binary: binary.canonicalize().unwrap_or(binary),
            root: root.canonicalize()?,
            people: options.people.unwrap_or(if options.quick { 50_000 } else { 1_000_000 }),
            rounds: options.rounds.map_or(if options.quick { 2 } else { 3 }, usize::from),
            quick: options.quick,
            names: options.names.clone(),
            kept: options.data.is_some(),
        })
    }

    /// Whether a bench was asked for.
    pub fn wants(&self, name: Name) -> bool {
        self.names.is_empty() || self.names.contains(&name)
    }

    /// Whether nothing else was asked for.
    pub fn wants_none_but(&self, names: &[Name]) -> bool {
        !self.names.is_empty() && self.names.iter().all(|wanted| names.contains(wanted))
    }

    /// The larger number, or the smaller in a quick run.
    pub const fn sized(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// The machine and both sides' settings.
    pub fn describe(&self) -> String {
        let cores = thread::available_parallelism().map_or(0, usize::from);
        let version = rusqlite::version();
        let (people, rounds, settings) = (self.people, self.rounds, raw::settings());
        format!(
            "{cores} cores; {people} people; medians of {rounds} rounds; SQLite {version}.\n\nRaw: {settings}; \
             {} rows a transaction, one prepared statement, keys ascending. The server's writer is opened with \
             the same settings.",
            raw::ROWS_PER_TRANSACTION
        )
    }

    /// Starts the product on the base.
    ///
    /// # Errors
    /// A server that does not start.
    pub fn serve(&self, base: &Base) -> Outcome<Server> {
        Server::start(&self.binary, &base.data)
    }

    /// Lets the disk come to rest, so that nobody's measurement pays for what went before.
    ///
    /// # Errors
    /// A system without `sync`.
    pub fn settle(&self) -> Outcome {
        if Command::new("sync").arg("-f").arg(&self.root).status()?.success() {
            return Ok(());
        }
        Err("sync failed".into())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !self.kept {
            // What is left over lies beside the build's other output.
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

/// Removes a directory that may not exist.
///
/// # Errors
/// One that cannot be removed.
pub fn remove(directory: &Path) -> Outcome {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
