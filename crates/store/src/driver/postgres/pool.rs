//! Groups of threads that each own a connection.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use throng_directory::port::{Answer, Class, Erased, ReadFn, WriteFn};
use throng_directory::{Error, Result};
use tokio::sync::oneshot;

use super::worker::{Shared, Worker};
use crate::driver::stopwatch::Stopwatch;

/// After this long without work a thread ends, and its connection with it.
const IDLE_MAX: Duration = Duration::from_mins(1);

/// After a connection was refused while others stand, this long no further one is tried.
const REFUSED: Duration = Duration::from_secs(5);

/// What a thread is to do.
pub enum Work {
    /// A closure over a snapshot.
    Read(ReadFn),
    /// A closure in a transaction.
    Write(Class, WriteFn),
}

struct Task {
    work: Work,
    answer: oneshot::Sender<Result<Erased>>,
}

/// Threads with a queue of their own, so that no other group's work keeps theirs waiting. A thread is started
/// when work comes and all are busy.
pub struct Group {
    name: &'static str,
    threads_max: usize,
    queue_max: usize,
    shared: Arc<Shared>,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    idle: usize,
    threads: usize,
    /// Threads that have a connection.
    connected: usize,
    /// Since when a thread could not connect while others were connected.
    refused: Option<Stopwatch>,
    closed: bool,
    started: Vec<JoinHandle<()>>,
}

impl Group {
    /// A group without threads.
    pub fn new(name: &'static str, threads_max: usize, queue_max: usize, shared: Arc<Shared>) -> Arc<Self> {
        let threads_max = threads_max.max(1);
        let (state, arrived) = (Mutex::default(), Condvar::new());
        Arc::new(Self { name, threads_max, queue_max, shared, state, arrived })
    }

    /// Queues work, or answers at once when there is no room.
    pub fn push(self: &Arc<Self>, work: Work) -> Answer {
        let mut state = self.lock();
        if state.closed {
            return unavailable("the store has stopped");
        }
        if state.queue.len() >= self.queue_max {
            return unavailable(match work {
                Work::Read(_) => "too many reads are waiting",
                Work::Write(..) => "too many writes are waiting",
            });
        }
        let (answer, receiver) = oneshot::channel();
        state.queue.push_back(Task { work, answer });
        let refused = state.connected > 0 && state.refused.is_some_and(|since| since.elapsed() < REFUSED);
        if state.queue.len() > state.idle && state.threads < self.threads_max && !refused {
            self.start(&mut state);
        }
        drop(state);
        self.arrived.notify_one();
        Answer::waiting(receiver)
    }

    /// Takes nothing more, does what is queued, and ends the threads.
    pub fn close(&self) {
        let started = {
            let mut state = self.lock();
            state.closed = true;
            if state.threads == 0 {
                state.queue.clear();
            }
            std::mem::take(&mut state.started)
        };
        self.arrived.notify_all();
        for thread in started {
            // The last owner of the store may be a closure that runs on one of them.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!(group = self.name, "a thread of the store ended in a panic");
            }
        }
    }

    /// Without a thread the work waits for the next one.
    fn start(self: &Arc<Self>, state: &mut State) {
        let group = Arc::clone(self);
        match std::thread::Builder::new().name(self.name.to_owned()).spawn(move || group.work()) {
            Ok(thread) => {
                state.threads += 1;
                state.started.retain(|thread| !thread.is_finished());
                state.started.push(thread);
            }
            Err(error) => tracing::error!(%error, group = self.name, "a thread cannot be started"),
        }
    }

    fn work(&self) {
        // A thread that ends in a panic is counted out here, any other one by `next`.
        struct Seat<'a>(&'a Group);
        impl Drop for Seat<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.lock().threads -= 1;
                }
            }
        }
        let _seat = Seat(self);
        let mut worker = Worker::new(&self.shared);
        let (mut connected, mut is_idle) = (false, false);
        // Those who are connected do what waits meanwhile.
        if self.lock().connected > 0 {
            let reached = worker.connect();
            self.note(&mut connected, worker.is_connected());
            if reached.is_err() && self.refuse(None).is_ok() {
                return;
            }
        }
        while let Some(task) = self.next(is_idle) {
            is_idle = false;
            let reached = worker.connect();
            self.note(&mut connected, worker.is_connected());
            let result = match reached {
                Ok(()) => worker.run(&task.work),
                Err(error) => match self.refuse(Some(task)) {
                    Ok(()) => return,
                    Err(task) => {
                        drop(task.and_then(|task| task.answer.send(Err(error)).err()));
                        continue;
                    }
                },
            };
            self.note(&mut connected, worker.is_connected());
            // Whoever is answered may ask again at once, and needs no further thread for that.
            self.lock().idle += 1;
            is_idle = true;
            // Nobody may be waiting any more.
            drop(task.answer.send(result));
        }
        self.note(&mut connected, false);
    }

    /// Counts a thread that got or lost its connection.
    fn note(&self, was: &mut bool, is: bool) {
        if *was != is {
            let mut state = self.lock();
            state.connected = if is { state.connected + 1 } else { state.connected.saturating_sub(1) };
            *was = is;
        }
    }

    /// Leaves a task to the threads that have a connection, and ends the thread that was refused one; what it had is given
    /// back when there are no others.
    fn refuse(&self, task: Option<Task>) -> Result<(), Option<Task>> {
        let mut state = self.lock();
        if state.connected == 0 {
            return Err(task);
        }
        if state.refused.is_none_or(|since| since.elapsed() > REFUSED) {
            let (group, connected, max) = (self.name, state.connected, self.threads_max);
            tracing::warn!(group, connected, max, "the database refuses further connections");
        }
        state.refused = Some(Stopwatch::start());
        if let Some(task) = task {
            state.queue.push_front(task);
        }
        state.threads -= 1;
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next task, for a thread that may count as idle already. None when the thread is not needed any more: from then
    /// on it does not count, so that work which comes before it has ended finds room for another.
    fn next(&self, is_idle: bool) -> Option<Task> {
        let mut state = self.lock();
        if !is_idle {
            state.idle += 1;
        }
        let mut is_over = false;
        loop {
            let task = state.queue.pop_front();
            if task.is_some() || is_over || state.closed {
                state.idle -= 1;
                state.threads -= usize::from(task.is_none());
                return task;
            }
            let (woken, waited) =
                self.arrived.wait_timeout(state, IDLE_MAX).unwrap_or_else(PoisonError::into_inner);
            (state, is_over) = (woken, waited.timed_out());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(why: &str) -> Answer {
    Answer::ready(Err(Error::Unavailable(why.to_owned())))
}
