//! Migrations on SQLite.

use rusqlite::{Connection, TransactionBehavior};
use throng_jobs::Instant;

use super::{Applied, MigrateError, checksum, missing};

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// Brings the schema to this server's version, one transaction a migration.
pub fn migrate(db: &mut Connection, now: Instant) -> Result<(), MigrateError> {
    db.execute_batch(
        "create table if not exists migrations (version integer primary key, name text not null, \
         checksum blob not null, min_reader integer not null, applied_at integer not null)",
    )?;
    let applied = db
        .prepare("select version, checksum, min_reader from migrations order by version")?
        .query_map([], |row| {
            Ok(Applied { version: row.get(0)?, checksum: row.get(1)?, min_reader: row.get(2)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for migration in missing(&applied, |migration| migration.sqlite)? {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(migration.sqlite)?;
        change.execute(
            "insert into migrations (version, name, checksum, min_reader, applied_at) values (?1, ?2, ?3, ?4, ?5)",
            (
                migration.version,
                migration.name,
                checksum(migration.sqlite),
                migration.min_reader,
                now.micros(),
            ),
        )?;
        change.commit()?;
        tracing::info!(version = migration.version, name = migration.name, "migrated the schema");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
