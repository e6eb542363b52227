//! Numbered, checksummed changes of the schema: one list, a text for each database.

pub mod postgres;
pub mod sqlite;

use sha2::{Digest, Sha256};

/// A change of the schema.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    /// The oldest schema version whose servers can work on a database after this change.
    min_reader: i64,
}

/// Every change, in order. What was released is never edited: the next change goes behind it.
const MIGRATIONS: [Migration; 14] = [
    Migration {
        version: 1,
        name: "initial",
        sqlite: include_str!("../migrations/sqlite/0001_initial.sql"),
        postgres: include_str!("../migrations/postgres/0001_initial.sql"),
        min_reader: 1,
    },
    Migration {
        version: 2,
        name: "counters",
        sqlite: include_str!("../migrations/sqlite/0002_counters.sql"),
        postgres: include_str!("../migrations/postgres/0002_counters.sql"),
        min_reader: 2,
    },
    Migration {
        version: 3,
        name: "lists",
        sqlite: include_str!("../migrations/sqlite/0003_lists.sql"),
        postgres: include_str!("../migrations/postgres/0003_lists.sql"),
        min_reader: 3,
    },
    Migration {
        version: 4,
        name: "resources",
        sqlite: include_str!("../migrations/sqlite/0004_resources.sql"),
        postgres: include_str!("../migrations/postgres/0004_resources.sql"),
        min_reader: 2,
    },
    Migration {
        version: 5,
        name: "schedules",
        sqlite: include_str!("../migrations/sqlite/0005_schedules.sql"),
        postgres: include_str!("../migrations/postgres/0005_schedules.sql"),
        min_reader: 5,
    },
    Migration {
        version: 6,
        name: "payload",
        sqlite: include_str!("../migrations/sqlite/0006_payload.sql"),
        postgres: include_str!("../migrations/postgres/0006_payload.sql"),
        min_reader: 5,
    },
    Migration {
        version: 7,
        name: "images",
        sqlite: include_str!("../migrations/sqlite/0007_images.sql"),
        postgres: include_str!("../migrations/postgres/0007_images.sql"),
        // A server that does not know the kind `restore` cannot read such a job.
        min_reader: 7,
    },
    Migration {
        version: 8,
        name: "about",
        sqlite: include_str!("../migrations/sqlite/0008_about.sql"),
        postgres: include_str!("../migrations/postgres/0008_about.sql"),
        // Lists would not find the jobs of a server that does not say what they are about.
        min_reader: 8,
    },
    Migration {
        version: 9,
        name: "profiles",
        sqlite: include_str!("../migrations/sqlite/0009_profiles.sql"),
        postgres: include_str!("../migrations/postgres/0009_profiles.sql"),
        // A server that does not know that a replace can be about users alone would remove groups.
        min_reader: 9,
    },
    Migration {
        version: 10,
        name: "passwords",
        sqlite: include_str!("../migrations/sqlite/0010_passwords.sql"),
        postgres: include_str!("../migrations/postgres/0010_passwords.sql"),
        // A server that knows no passwords would leave those of whom it deletes.
        min_reader: 10,
    },
    Migration {
        version: 11,
        name: "uploads",
        sqlite: include_str!("../migrations/sqlite/0011_uploads.sql"),
        postgres: include_str!("../migrations/postgres/0011_uploads.sql"),
        min_reader: 10,
    },
    Migration {
        version: 12,
        name: "audit",
        sqlite: include_str!("../migrations/sqlite/0012_audit.sql"),
        postgres: include_str!("../migrations/postgres/0012_audit.sql"),
        // A server that keeps no log would write what nobody is told of.
        min_reader: 12,
    },
    Migration {
        version: 13,
        name: "tokens",
        sqlite: include_str!("../migrations/sqlite/0013_tokens.sql"),
        postgres: include_str!("../migrations/postgres/0013_tokens.sql"),
        // A server that does not look at scopes and ends of keys would let them do more.
        min_reader: 13,
    },
    Migration {
        version: 14,
        name: "grants",
        sqlite: include_str!("../migrations/sqlite/0014_grants.sql"),
        postgres: include_str!("../migrations/postgres/0014_grants.sql"),
        // A server that does not know of people as clients would make keys for them.
        min_reader: 14,
    },
];

/// The version this server writes.
pub const VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version;

/// A change that a database has seen.
struct Applied {
    version: i64,
    checksum: Vec<u8>,
    min_reader: i64,
}

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
    /// The database cannot be reached; the text says why.
    Unreachable(String),
    /// The role that logged in may not do what is needed; the text says what an administrator has to.
    Forbidden(String),
    /// The database failed; the text says how.
    Database(String),
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
            Self::Forbidden(text) | Self::Unreachable(text) => f.write_str(text),
            Self::Database(error) => write!(f, "the schema cannot be brought up to date: {error}"),
        }
    }
}

/// The changes that a database lacks. `text` is the one for its kind of database.
fn missing(
    applied: &[Applied],
    text: fn(&Migration) -> &'static str,
) -> Result<impl Iterator<Item = &'static Migration> + use<>, MigrateError> {
    for change in applied {
        let Applied { version, min_reader, .. } = *change;
        if min_reader > VERSION {
            return Err(MigrateError::TooNew { found: version, min_reader });
        }
        let known = MIGRATIONS.iter().find(|known| known.version == version);
        if known.is_some_and(|known| checksum(text(known)).as_slice() != change.checksum) {
            return Err(MigrateError::Changed { version });
        }
    }
    let newest = applied.iter().map(|change| change.version).max().unwrap_or(0);
    Ok(MIGRATIONS.iter().filter(move |migration| migration.version > newest))
}

/// SHA-256 of a migration's text.
fn checksum(sql: &str) -> [u8; 32] {
    Sha256::digest(sql.as_bytes()).into()
}
