//! PostgreSQL: groups of threads that each drive a connection of their own.

mod cluster;
mod conn;
pub mod connect;
mod failure;
pub mod link;
mod listener;
mod merge;
mod numbers;
mod pool;
mod tls;
pub mod url;
pub mod value;
mod wire;
mod worker;

use std::sync::Arc;

use throng_directory::Error;
use throng_directory::port::{Answer, Class, Cost, Durability, ReadFn, Store, WriteFn};

use super::sqlite::CommitHook;
use connect::Connector;
use listener::Listener;
use numbers::Numbers;
use pool::{Group, Work};
use worker::Shared;

/// Reads that may wait.
const READS_MAX: usize = 4_096;
/// Writes of clients that may wait. More would only time out.
const INTERACTIVE_MAX: usize = 4_096;
/// Writes of jobs that may wait: jobs wait for their answers, so there is about one a job in work.
const CHUNKS_MAX: usize = 256;

/// How many threads, and connections, a store has at most.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// For reads.
    pub readers: usize,
    /// For clients' writes.
    pub writers: usize,
    /// For jobs' writes.
    pub chunk_writers: usize,
}

/// The store on one database.
pub struct PostgresStore {
    readers: Arc<Group>,
    writers: Arc<Group>,
    chunk_writers: Arc<Group>,
    listener: Listener,
    /// The level without which nothing is written.
    require: Option<Durability>,
}

impl PostgresStore {
    /// A store on a migrated database.
    ///
    /// # Errors
    /// Why the database cannot be used.
    pub fn start(
        connector: Connector,
        sizes: Sizes,
        require: Option<Durability>,
        commit_hook: Option<CommitHook>,
    ) -> Result<Self, String> {
        let connector = Arc::new(connector);
        let link = connector.connect()?;
        let listener = Listener::start(Arc::clone(&connector), link)?;
        let numbers = Numbers::new(Arc::clone(&connector));
        let shared = Arc::new(Shared { connector, numbers, commit_hook });
        let group = |name, threads, queue| Group::new(name, threads, queue, Arc::clone(&shared));
        Ok(Self {
            readers: group("store-reader", sizes.readers, READS_MAX),
            writers: group("store-writer", sizes.writers, INTERACTIVE_MAX),
            chunk_writers: group("store-chunks", sizes.chunk_writers, CHUNKS_MAX),
            listener,
            require,
        })
    }
}

impl PostgresStore {
    /// The answer to everything, once a newer release has changed the schema beyond this one.
    fn outdated(&self) -> Option<Answer> {
        let why = "a newer release changed the database's schema: start that release";
        self.listener.news.is_outdated().then(|| Answer::ready(Err(Error::Unavailable(why.to_owned()))))
    }
}

impl Store for PostgresStore {
    fn write_dyn(&self, class: Class, closure: WriteFn) -> Answer {
        if let Some(refusal) = self.outdated() {
            return refusal;
        }
        let level = self.durability();
        if let Some(required) = self.require.filter(|required| level < *required) {
            return Answer::ready(Err(Error::Unavailable(format!(
                "the database's durability is {}, below the required {}",
                level.as_str(),
                required.as_str()
            ))));
        }
        let group = match class {
            Class::Interactive => &self.writers,
            Class::Chunk => &self.chunk_writers,
        };
        group.push(Work::Write(class, closure))
    }

    fn read_dyn(&self, _: Cost, closure: ReadFn) -> Answer {
        self.outdated().unwrap_or_else(|| self.readers.push(Work::Read(closure)))
    }

    fn durability(&self) -> Durability {
        self.listener.news.level()
    }

    fn on_queued(&self, heard: Box<dyn Fn() + Send + Sync>) {
        self.listener.news.on_queued(Arc::from(heard));
    }
}

impl Drop for PostgresStore {
    /// Does what is queued and gives the connections back.
    fn drop(&mut self) {
        self.listener.stop();
        for group in [&self.readers, &self.writers, &self.chunk_writers] {
            group.close();
        }
    }
}

#[cfg(test)]
mod tests;
