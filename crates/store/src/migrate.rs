//! Numbered, checksummed changes of the schema.

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;

/// A change of the schema.
struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
    /// The oldest schema version whose servers can work on a database after this change.
    min_reader: i64,
}

/// Every change, in order. What was released is never edited: the next change goes behind it.
const MIGRATIONS: [Migration; 1] = [Migration {
    version: 1,
    name: "initial",
    sql: include_str!("../migrations/sqlite/0001_initial.sql"),
    min_reader: 1,
}];

/// The version this server writes.
const VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// Why a database cannot be brought to this server's version.
#[derive(Debug)]
pub enum MigrateError {
    /// It was changed by a newer server in a way that this one cannot read.
    TooNew {
        /// The database's version.
        found: i64,
        /// The version that a server must know at least.
        min_reader: i64,
    },
    /// A migration that was applied is not the one in this server.
    Changed {
        /// Its number.
        version: i64,
    },
    /// The database failed.
    Database(rusqlite::Error),
}

impl std::fmt::Display for MigrateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooNew { found, min_reader } => write!(
                f,
                "the database has schema version {found} and needs a server that knows version {min_reader}; \
                 this server knows {VERSION}: start a newer release"
            ),
            Self::Changed { version } => write!(
                f,
                "schema migration {version} was applied with another text than this server's: \
                 the database belongs to another build"
            ),
            Self::Database(error) => write!(f, "the schema cannot be brought up to date: {error}"),
        }
    }
}

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// Brings the schema to this server's version, one transaction a migration.
pub fn migrate(db: &mut Connection, now: Instant) -> Result<(), MigrateError> {
    db.execute_batch(
        "create table if not exists migrations (version integer primary key, name text not null, \
         checksum blob not null, min_reader integer not null, applied_at integer not null)",
    )?;
    let mut applied = 0;
    {
        let mut rows = db.prepare("select version, checksum, min_reader from migrations order by version")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let (version, checksum, min_reader) = (row.get(0)?, row.get::<_, [u8; 32]>(1)?, row.get(2)?);
            applied = version;
            if min_reader > VERSION {
                return Err(MigrateError::TooNew { found: version, min_reader });
            }
            let known = MIGRATIONS.iter().find(|known| known.version == version);
            if known.is_some_and(|known| self::checksum(known.sql) != checksum) {
                return Err(MigrateError::Changed { version });
            }
        }
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > applied) {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(migration.sql)?;
        change.execute(
            "insert into migrations (version, name, checksum, min_reader, applied_at) values (?1, ?2, ?3, ?4, ?5)",
            (migration.version, migration.name, checksum(migration.sql), migration.min_reader, now.micros()),
        )?;
        change.commit()?;
        tracing::info!(version = migration.version, name = migration.name, "migrated the schema");
    }
    Ok(())
}

/// SHA-256 of a migration's text.
fn checksum(sql: &str) -> [u8; 32] {
    Sha256::digest(sql.as_bytes()).into()
}

#[cfg(test)]
mod tests;
