//! The store port: everything the directory asks of a database, by subject.
//!
//! A transaction is a synchronous closure. Reads get a [`Snapshot`], writes a [`Tx`]; both are the only ways to
//! the data. Closures are owned and re-runnable: a store may run one again after a deadlock or a lost batch,
//! so it must take its effects only through the transaction and its return value. Whatever fails inside a
//! `Tx` poisons it: every later call fails, and the closure's effects are rolled back.
//!
//! Every method takes the account and touches no other. Lists of keys are sorted and without repeats unless
//! said otherwise; a method that takes a slice makes one pass over it, never a transaction per element.

pub mod access;
pub mod audit;
pub mod grants;
mod groups;
pub mod jobs;
pub mod memberships;
pub mod passwords;
pub mod profiles;
pub mod resources;
pub mod scan;
pub mod sources;
pub mod tokens;
pub mod uploads;
pub mod users;

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

pub use access::{AccessReads, AccessWrites, AccountLock};
pub use audit::{AuditReads, AuditWrites};
pub use grants::{GrantReads, GrantWrites};
pub use groups::{GroupReads, GroupWrites, Series};
pub use jobs::{Claim, Glimpse, JobReads, JobWrites, JobsOfKind};
pub use memberships::{MembershipReads, MembershipWrites};
pub use passwords::{PasswordReads, PasswordWrites, RowSecretReads, RowSecretWrites};
pub use profiles::{ProfileReads, ProfileWrites};
pub use resources::{ResourceReads, ResourceWrites};
pub use sources::{SourceReads, SourceWrites};
pub use tokens::{TokenReads, TokenWrites};
pub use uploads::{UploadReads, UploadWrites};
pub use users::{UserReads, UserWrites};

/// A consistent view of committed data.
pub trait Snapshot:
    AccessReads
    + UserReads
    + PasswordReads
    + RowSecretReads
    + GroupReads
    + MembershipReads
    + ResourceReads
    + JobReads
    + SourceReads
    + ProfileReads
    + UploadReads
    + AuditReads
    + TokenReads
    + GrantReads
{
}

/// A transaction that may write. Its reads see its own writes.
pub trait Tx:
    Snapshot
    + AccessWrites
    + UserWrites
    + PasswordWrites
    + RowSecretWrites
    + GroupWrites
    + MembershipWrites
    + ResourceWrites
    + JobWrites
    + SourceWrites
    + ProfileWrites
    + UploadWrites
    + AuditWrites
    + TokenWrites
    + GrantWrites
{
    /// Whether a chunk should end here: its time budget is used up, or an interactive write waits and the
    /// chunk has had its minimum. Always false for interactive writes.
    fn should_yield(&mut self) -> bool;

    /// How many items one statement takes best (≥ 1): a database at the end of a wire wants more than one in
    /// the process.
    fn batch_items(&self) -> usize;

    /// Runs a closure as if in a transaction of its own, with locks of its own: what it fails with is the inner result,
    /// and then nothing of it has happened, and the transaction goes on. Not inside another attempt.
    ///
    /// # Errors
    /// The transaction cannot go on.
    fn attempt(&mut self, work: &mut dyn FnMut(&mut dyn Tx) -> Result<Erased>) -> Result<Result<Erased>>;
}

/// Who waits for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A client: goes first.
    Interactive,
    /// A job: gets its share, and makes room.
    Chunk,
}

/// How long a read takes, so that the store can choose where to run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A few look-ups by key: microseconds.
    Point,
    /// Up to `READ_ROWS_MAX` rows.
    Scan,
    /// The same, for a thread that may block: it runs there.
    Blocking,
}

/// What a closure returns, type erased.
pub type Erased = Box<dyn Any + Send>;
/// A closure that writes.
pub type WriteFn = Box<dyn Fn(&mut dyn Tx) -> Result<Erased> + Send>;
/// A closure that reads.
pub type ReadFn = Box<dyn Fn(&mut dyn Snapshot) -> Result<Erased> + Send>;

/// The store. Object-safe; [`StoreExt`] gives it types.
pub trait Store: Send + Sync {
    /// Runs a closure in a transaction, and answers when the commit is durable or has failed. Dropping the
    /// answer does not cancel the closure.
    fn write_dyn(&self, class: Class, closure: WriteFn) -> Answer;

    /// Runs a closure over a snapshot.
    fn read_dyn(&self, cost: Cost, closure: ReadFn) -> Answer;

    /// What an acknowledged write survives.
    fn durability(&self) -> Durability;

    /// Writes that wait for their turn in this process: of clients, and of jobs. None where there is no such queue.
    fn writes_waiting(&self) -> Option<(usize, usize)> {
        None
    }

    /// Calls `heard` whenever another process may have queued a job. A hint: it may come late, twice or never.
    fn on_queued(&self, heard: Box<dyn Fn() + Send + Sync>);
}

/// What an acknowledged write survives, each level what the one before does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The end of the process.
    Process,
    /// The loss of power.
    PowerLoss,
    /// The loss of a machine with its disks.
    NodeLoss,
}

impl Durability {
    /// Its name in answers and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::PowerLoss => "power-loss",
            Self::NodeLoss => "node-loss",
        }
    }

    /// The level of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Process, Self::PowerLoss, Self::NodeLoss].into_iter().find(|level| level.as_str() == name)
    }
}

/// The answer to a closure, when it comes. Await it, or [`Answer::wait`] for it on a thread that may block.
pub struct Answer(Inner);

enum Inner {
    Ready(Option<Result<Erased>>),
    Waiting(oneshot::Receiver<Result<Erased>>),
}

impl Answer {
    /// An answer that is there.
    pub const fn ready(result: Result<Erased>) -> Self {
        Self(Inner::Ready(Some(result)))
    }

    /// An answer that will come through the channel. A sender that is dropped counts as a stopped store.
    pub const fn waiting(receiver: oneshot::Receiver<Result<Erased>>) -> Self {
        Self(Inner::Waiting(receiver))
    }

    /// Blocks until it is there. Not for threads that drive futures.
    ///
    /// # Errors
    /// What the closure or the store failed with.
    pub fn wait(self) -> Result<Erased> {
        match self.0 {
            Inner::Ready(result) => result.unwrap_or_else(|| Err(stopped())),
            Inner::Waiting(receiver) => receiver.blocking_recv().unwrap_or_else(|_| Err(stopped())),
        }
    }
}

fn stopped() -> Error {
    Error::Unavailable("the store has stopped".to_owned())
}

impl Future for Answer {
    type Output = Result<Erased>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Inner::Ready(result) => Poll::Ready(result.take().unwrap_or_else(|| Err(stopped()))),
            Inner::Waiting(receiver) => {
                Pin::new(receiver).poll(cx).map(|answer| answer.unwrap_or_else(|_| Err(stopped())))
            }
        }
    }
}

/// [`Store`] with types.
pub trait StoreExt: Store {
    /// Runs a closure in a transaction; see [`Store::write_dyn`].
    fn write<T, F>(&self, class: Class, closure: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.write_dyn(class, erase_write(closure));
        async move { restore(answer.await) }
    }

    /// Runs a closure over a snapshot; see [`Store::read_dyn`].
    fn read<T, F>(&self, cost: Cost, closure: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Fn(&mut dyn Snapshot) -> Result<T> + Send + 'static,
    {
        let answer = self.read_dyn(cost, erase_read(closure));
        async move { restore(answer.await) }
    }

    /// Like [`StoreExt::write`], for threads that may block.
    ///
    /// # Errors
    /// What the closure or the store failed with.
    fn write_blocking<T, F>(&self, class: Class, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
    {
        restore(self.write_dyn(class, erase_write(closure)).wait())
    }

    /// Like [`StoreExt::write_blocking`] in two halves: the write starts at once, and the caller has time for
    /// something else until it calls what is returned.
    fn start_write<T, F>(&self, class: Class, closure: F) -> impl FnOnce() -> Result<T> + 'static
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.write_dyn(class, erase_write(closure));
        move || restore(answer.wait())
    }

    /// Like [`StoreExt::read`], for threads that may block.
    ///
    /// # Errors
    /// What the closure or the store failed with.
    fn read_blocking<T, F>(&self, closure: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Snapshot) -> Result<T> + Send + 'static,
    {
        restore(self.read_dyn(Cost::Blocking, erase_read(closure)).wait())
    }
}

impl<S: Store + ?Sized> StoreExt for S {}

fn erase_write<T, F>(closure: F) -> WriteFn
where
    T: Send + 'static,
    F: Fn(&mut dyn Tx) -> Result<T> + Send + 'static,
{
    Box::new(move |tx| closure(tx).map(|value| Box::new(value) as Erased))
}

fn erase_read<T, F>(closure: F) -> ReadFn
where
    T: Send + 'static,
    F: Fn(&mut dyn Snapshot) -> Result<T> + Send + 'static,
{
    Box::new(move |snapshot| closure(snapshot).map(|value| Box::new(value) as Erased))
}

fn restore<T: 'static>(answer: Result<Erased>) -> Result<T> {
    answer?
        .downcast()
        .map(|value| *value)
        .map_err(|_| Error::internal("a closure answered with another type"))
}
