//! The embedded store: data directories of the product, filled by its server or by SQLite alone.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Databases, Product, Raw};
use crate::Outcome;
use crate::bench::{Bench, remove};
use crate::raw::{self, Blocks, Difference, Rows};
use crate::server::{DataDirectory, Server};

/// Makes data directories.
pub struct Stores<'a> {
    bench: &'a Bench,
    made: Cell<u32>,
}

impl<'a> Stores<'a> {
    /// Below the directory of the benches.
    pub const fn new(bench: &'a Bench) -> Self {
        Self { bench, made: Cell::new(0) }
    }

    fn directory(&self) -> Outcome<DataDirectory> {
        let number = self.made.replace(self.made.get() + 1);
        let path = self.bench.root.join(format!("store-{number}"));
        remove(&path)?;
        DataDirectory::create(&self.bench.binary, &path)
    }
}

impl Databases for Stores<'_> {
    fn product(&self) -> Outcome<Box<dyn Product + '_>> {
        Ok(Box::new(Store { bench: self.bench, data: self.directory()? }))
    }

    fn raw(&self) -> Outcome<Box<dyn Raw + '_>> {
        let path = self.directory()?.path;
        Ok(Box::new(Bare { bench: self.bench, db: raw::open(&path)?, path }))
    }

    fn note(&self) -> &'static str {
        "Raw is SQLite alone with one prepared statement a table, 5,000 rows a transaction, keys ascending."
    }
}

struct Store<'a> {
    bench: &'a Bench,
    data: DataDirectory,
}

impl Product for Store<'_> {
    fn serve(&self) -> Outcome<Server> {
        Server::start(&self.bench.binary, &self.data)
    }

    fn rows(&self) -> Outcome<Rows> {
        Rows::read(&self.data.path)
    }

    fn blocks(&self, job: i64) -> Outcome<Blocks> {
        raw::read_blocks(&raw::open(&self.data.path)?, job)
    }

    fn bytes(&self) -> Outcome<u64> {
        bytes_of(&self.data.path)
    }

    fn settle(&self) -> Outcome {
        self.bench.settle()
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        // What stays is removed with the benches' directory.
        let _ = remove(&self.data.path);
    }
}

struct Bare<'a> {
    bench: &'a Bench,
    db: Connection,
    path: PathBuf,
}

impl Raw for Bare<'_> {
    fn add(&self, rows: &Rows) -> Outcome<f64> {
        rows.write(&self.db, true)
    }

    fn change(&self, difference: &Difference<'_>) -> Outcome<f64> {
        raw::apply(&self.db, difference)
    }

    fn look(&self) -> Outcome<f64> {
        raw::look_at(&self.db)
    }

    fn put(&self, blocks: &Blocks) -> Outcome<f64> {
        raw::put_blocks(&self.db, blocks)
    }

    fn bytes(&self) -> Outcome<u64> {
        bytes_of(&self.path)
    }

    fn settle(&self) -> Outcome {
        self.bench.settle()
    }
}

impl Drop for Bare<'_> {
    fn drop(&mut self) {
        // The file is unlinked while it is open; the connection is closed behind that.
        let _ = remove(&self.path);
    }
}

/// The database and its log.
fn bytes_of(directory: &Path) -> Outcome<u64> {
    let mut bytes = std::fs::metadata(directory.join("throng.db"))?.len();
    if let Ok(log) = std::fs::metadata(directory.join("throng.db-wal")) {
        bytes += log.len();
    }
    Ok(bytes)
}
