//! What waits for the writer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use throng_directory::Error;
use throng_directory::Result;
use throng_directory::port::{Answer, Class, Erased, WriteFn};
use tokio::sync::oneshot;

use crate::driver::stopwatch::Stopwatch;

/// Writes of clients that may wait. At 20 µs each the last one waits 0.1 s; more would only time out.
const INTERACTIVE_MAX: usize = 4_096;
/// Writes of jobs that may wait: jobs wait for their answers, so there is about one a job in work.
const CHUNKS_MAX: usize = 256;

/// A closure that waits for its turn.
pub struct Task {
    /// Who waits for it.
    pub class: Class,
    /// What to do.
    pub closure: WriteFn,
    /// Since it waits.
    pub queued: Stopwatch,
    answer: oneshot::Sender<Result<Erased>>,
}

impl Task {
    /// Tells who waits. Nobody may be waiting any more.
    pub fn answer(self, result: Result<Erased>) {
        drop(self.answer.send(result));
    }
}

/// The two queues of the writer.
#[derive(Default)]
pub struct Queue {
    lists: Mutex<Lists>,
    arrived: Condvar,
    /// The length of `Lists::interactive`, readable without the lock.
    clients: AtomicUsize,
}

#[derive(Default)]
struct Lists {
    interactive: VecDeque<Task>,
    chunks: VecDeque<Task>,
    closed: bool,
}

impl Queue {
    /// Queues a closure, or answers at once when there is no room.
    pub fn push(&self, class: Class, closure: WriteFn) -> Answer {
        let mut lists = self.lock();
        if lists.closed {
            return unavailable("the store has stopped");
        }
        let (list, max) = match class {
            Class::Interactive => (&mut lists.interactive, INTERACTIVE_MAX),
            Class::Chunk => (&mut lists.chunks, CHUNKS_MAX),
        };
        if list.len() >= max {
            return unavailable("too many writes are waiting");
        }
        let (answer, receiver) = oneshot::channel();
        list.push_back(Task { class, closure, queued: Stopwatch::start(), answer });
        self.clients.store(lists.interactive.len(), Ordering::Relaxed);
        drop(lists);
        self.arrived.notify_one();
        Answer::waiting(receiver)
    }

    /// The next write of a client.
    pub fn pop_client(&self) -> Option<Task> {
        let mut lists = self.lock();
        let task = lists.interactive.pop_front();
        self.clients.store(lists.interactive.len(), Ordering::Relaxed);
        task
    }

    /// Since when the next write of a job waits.
    pub fn chunk_queued(&self) -> Option<Stopwatch> {
        self.lock().chunks.front().map(|task| task.queued)
    }

    /// The next write of a job.
    pub fn pop_chunk(&self) -> Option<Task> {
        self.lock().chunks.pop_front()
    }

    /// Whether a client's write waits.
    pub fn client_waits(&self) -> bool {
        self.clients.load(Ordering::Relaxed) > 0
    }

    /// How many writes wait: of clients, and of jobs.
    pub fn waiting(&self) -> (usize, usize) {
        let lists = self.lock();
        (lists.interactive.len(), lists.chunks.len())
    }

    /// Waits for work. `false` when the queue is closed and empty.
    pub fn wait(&self) -> bool {
        let mut lists = self.lock();
        loop {
            if !lists.interactive.is_empty() || !lists.chunks.is_empty() {
                return true;
            }
            if lists.closed {
                return false;
            }
            lists = self.arrived.wait(lists).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes nothing more; what is queued is still done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Takes nothing more and forgets what is queued: who waits reads that the store has stopped.
    pub fn abandon(&self) {
        let mut lists = self.lock();
        lists.closed = true;
        lists.interactive.clear();
        lists.chunks.clear();
        self.clients.store(0, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(why: &str) -> Answer {
    Answer::ready(Err(Error::Unavailable(why.to_owned())))
}
