//! SQLite: one writer thread with group commit, and a pool of readers.

mod conn;
mod connect;
mod queue;
mod readers;
mod writer;

use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use throng_directory::port::{Answer, Class, Cost, Durability, ReadFn, Store, WriteFn};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub use connect::{connect_reader, connect_writer};
use queue::Queue;
use readers::Readers;
use writer::Writer;
pub use writer::{CommitFault, CommitHook, WriterHooks};

/// The store on one data directory.
pub struct SqliteStore {
    queue: Arc<Queue>,
    readers: Arc<Readers>,
    writer: Option<JoinHandle<()>>,
    /// The directory's lock: given back last.
    _lock: File,
}

impl SqliteStore {
    /// A store on an open, migrated database. `lock` is the directory's, held as long as the store lives.
    ///
    /// # Errors
    /// What starting the writer and its thread failed with.
    pub fn start(db: Connection, readers: Readers, lock: File, hooks: WriterHooks) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let writer = Writer::new(db, Arc::clone(&queue), hooks).map_err(std::io::Error::other)?;
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
        Ok(Self { queue, readers: Arc::new(readers), writer: Some(thread), _lock: lock })
    }
}

pub use readers::Readers as ReaderPool;

impl Store for SqliteStore {
    fn write_dyn(&self, class: Class, closure: WriteFn) -> Answer {
        self.queue.push(class, closure)
    }

    fn read_dyn(&self, cost: Cost, closure: ReadFn) -> Answer {
        match (cost, Handle::try_current()) {
            (Cost::Scan, Ok(runtime)) => {
                let (sender, receiver) = oneshot::channel();
                let readers = Arc::clone(&self.readers);
                runtime.spawn_blocking(move || drop(sender.send(readers.read(Cost::Scan, &closure))));
                Answer::waiting(receiver)
            }
            // A point read is shorter than handing it to another thread.
            (cost, _) => Answer::ready(self.readers.read(cost, &closure)),
        }
    }

    fn durability(&self) -> Durability {
        Durability::PowerLoss
    }

    fn writes_waiting(&self) -> Option<(usize, usize)> {
        Some(self.queue.waiting())
    }

    /// One process owns the directory: there is nobody to hear of.
    fn on_queued(&self, _: Box<dyn Fn() + Send + Sync>) {}
}

impl Drop for SqliteStore {
    /// Lets the writer finish what is queued, so that the directory can be opened again at once.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.writer.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended in a panic");
        }
    }
}

#[cfg(test)]
mod tests;
