//! Opening a store on PostgreSQL.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use throng_directory::port::{Durability, Store};

use super::{CommitHook, OpenError};
use crate::driver::postgres::connect::Connector;
use crate::driver::postgres::url::Target;
use crate::driver::postgres::{PostgresStore, Sizes};
use crate::migrate;

/// How to open a store on PostgreSQL.
#[derive(Clone)]
pub struct PostgresSettings {
    /// libpq's URL: `postgres://user:password@host:port/database`, several hosts as `host1:port,host2:port`.
    /// Without `sslmode`, TLS is used but for this machine's own addresses and Unix sockets; `require`,
    /// `verify-ca` and `verify-full` all verify the certificate's chain and the host's name.
    pub url: String,
    /// A PEM file with the certificate authorities to trust; the system's when unset. `sslrootcert` in the URL
    /// goes before it.
    pub root_certificate: Option<PathBuf>,
    /// Connections that read, at most.
    pub readers: usize,
    /// Connections that write for clients, at most.
    pub writers: usize,
    /// Connections that write for jobs, at most.
    pub chunk_writers: usize,
    /// Whether a pooler in transaction mode stands between. Then statements are not kept prepared, and
    /// notifications are not heard.
    pub pooler: bool,
    /// Writes are refused while the database's durability is below this.
    pub require: Option<Durability>,
    /// Further settings of every session, by name.
    pub session: Vec<(String, String)>,
    /// Makes commits fail; for tests. `Before` and `After` are connections that break around the commit.
    pub commit_hook: Option<CommitHook>,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            root_certificate: None,
            readers: 8,
            writers: 8,
            chunk_writers: 4,
            pooler: false,
            require: None,
            session: Vec::new(),
            commit_hook: None,
        }
    }
}

impl fmt::Debug for PostgresSettings {
    /// Without the URL, which holds a password, and the session's values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("root_certificate", &self.root_certificate)
            .field("readers", &self.readers)
            .field("writers", &self.writers)
            .field("chunk_writers", &self.chunk_writers)
            .field("pooler", &self.pooler)
            .field("require", &self.require)
            .finish_non_exhaustive()
    }
}

/// Opens the store in a database, and makes its schema or brings it up to date. Other servers may have it open:
/// nothing of theirs is touched.
///
/// # Errors
/// A URL that cannot be read, a database that cannot be reached, a schema that does not fit or cannot be made, a
/// server or role that must not be used.
pub fn open_postgres(settings: &PostgresSettings) -> Result<Arc<dyn Store>, OpenError> {
    // The connections are driven by runtimes of their own, which must not start inside the caller's.
    std::thread::scope(|scope| {
        let opened = std::thread::Builder::new()
            .name("store-open".to_owned())
            .spawn_scoped(scope, || open(settings))
            .map_err(|error| OpenError::Database(format!("no thread can be started: {error}")))?;
        opened.join().unwrap_or_else(|_| {
            Err(OpenError::Database("the database cannot be opened: its thread panicked".to_owned()))
        })
    })
}

fn open(settings: &PostgresSettings) -> Result<Arc<dyn Store>, OpenError> {
    let target =
        Target::parse(&settings.url, settings.root_certificate.as_deref()).map_err(OpenError::Database)?;
    let connector =
        Connector::new(target, settings.pooler, &settings.session).map_err(OpenError::Database)?;
    migrate::postgres::migrate(&connector)?;
    let sizes =
        Sizes { readers: settings.readers, writers: settings.writers, chunk_writers: settings.chunk_writers };
    let store = PostgresStore::start(connector, sizes, settings.require, settings.commit_hook.clone())
        .map_err(OpenError::Database)?;
    Ok(Arc::new(store))
}

#[cfg(test)]
mod tests;
