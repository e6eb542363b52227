//! An independent reading of a server's database: own SQL, own decoding, nothing of the server's code; and, in
//! [`history`], checkers of what clients of a server were told.
//!
//! Meant for tests: of a data directory after the server's process is dead, of a PostgreSQL database at any time.
//! What does not fit together is a violation; what is merely not tidied up yet is a note.

mod audit;
mod blobs;
mod bulks;
mod database;
mod digest;
mod exports;
mod findings;
pub mod history;
mod imports;
mod jobs;
mod ledger;
mod memberships;
mod payload;
mod people;
mod records;
mod traces;
mod uploads;

use std::fmt;

use database::Database;
use findings::Findings;
use ledger::Ledger;

pub use database::Source;
pub use digest::digest;
pub use records::{Item, JobRecord, jobs, members};
pub use traces::traces;

/// What a reading came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What must not be. At most 1,000 are spelled out.
    pub violations: Vec<String>,
    /// What is not wrong, but should be gone once the server was idle.
    pub notes: Vec<String>,
    /// How much was read.
    pub totals: Totals,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Users of all accounts.
    pub users: u64,
    /// Groups of all accounts.
    pub groups: u64,
    /// Rows of memberships.
    pub memberships: u64,
    /// Jobs that were accepted.
    pub jobs: u64,
    /// Of these, jobs that have ended.
    pub ended: u64,
    /// Of these, jobs that stand between their first and their last chunk.
    pub half_done: u64,
    /// Uploads that were not accepted yet.
    pub receiving: u64,
    /// Settled items whose outcome was looked at one by one.
    pub items: u64,
    /// Items that were set aside because they killed the server.
    pub poison: u64,
}

/// A database that cannot be read at all.
#[derive(Debug)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

type Read<T> = Result<T, Unreadable>;

/// Reads a database and looks for whatever does not fit together.
///
/// # Errors
/// No database, or one that cannot be read, wholly or by this crate. A role from which PostgreSQL's row-level
/// security hides rows cannot read.
pub fn check<'a>(source: impl Into<Source<'a>>) -> Result<Report, Unreadable> {
    let db = Database::open(source.into())?;
    let mut findings = Findings::default();
    let mut totals = Totals::default();
    people::check_integrity(&db, &mut findings)?;
    let people = people::check(&db, &mut findings, &mut totals)?;
    let all = jobs::load(&db)?;
    people::check_images(&db, &all, &mut findings)?;
    uploads::check(&db, &mut findings)?;
    audit::check(&db, &mut findings)?;
    jobs::check_rows(&all, &mut findings, &mut totals);
    jobs::check_queues(&all, &mut findings);
    jobs::check_numbers(&db, &all, &mut findings)?;
    jobs::check_keys(&db, &all, &mut findings)?;
    let mut ledger = Ledger::default();
    for account in jobs::forgetful(&db, &all)? {
        ledger.forget_account(account);
    }
    for job in all.iter().filter(|job| job.is_accepted()) {
        if job.purged.is_some() {
            jobs::check_purged(&db, job, &mut findings)?;
            ledger.forget(job.account, job.target);
            continue;
        }
        match job.kind.as_str() {
            "membership" | "deletion" | "restore" | "plan" | "deletion_plan" | "restore_plan" => {
                memberships::check(&db, job, &people, &mut ledger, &mut findings, &mut totals)?;
            }
            "import" | "import_plan" => {
                imports::check(&db, job, &people, &mut ledger, &mut findings, &mut totals)?;
            }
            "export" => exports::check(&db, job, &mut findings, &mut totals)?,
            "bulk" | "bulk_plan" => bulks::check(&db, job, &mut findings, &mut totals)?,
            _ => {}
        }
    }
    ledger.check(&people, &mut findings);
    let (violations, notes) = findings.into_parts();
    Ok(Report { violations, notes, totals })
}

#[cfg(test)]
mod tests;
