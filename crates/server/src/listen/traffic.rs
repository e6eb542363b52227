//! What goes on over one connection, and until when something has to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What goes on over one connection.
#[derive(Debug)]
pub(super) struct Traffic {
    header: Duration,
    idle: Duration,
    marks: Mutex<Marks>,
}

#[derive(Debug)]
struct Marks {
    /// Requests that are not wholly answered.
    running: usize,
    /// Nothing was asked yet.
    is_new: bool,
    /// When the last request ended, or something of its answer went out; at first, when the connection began.
    since: Instant,
    /// When the first byte of the next request came, where bytes are of requests.
    heard: Option<Instant>,
}

/// A request that is not wholly answered, as long as it is held.
#[derive(Debug)]
pub(super) struct Asked(Arc<Traffic>);

impl Traffic {
    /// Of a connection that begins.
    pub(super) fn new(header: Duration, idle: Duration) -> Arc<Self> {
        let marks = Marks { running: 0, is_new: true, since: Instant::now(), heard: None };
        Arc::new(Self { header, idle, marks: Mutex::new(marks) })
    }

    /// A request is there, with all its headers.
    pub(super) fn asked(self: &Arc<Self>) -> Asked {
        let mut marks = self.marks();
        marks.running += 1;
        (marks.is_new, marks.heard) = (false, None);
        drop(marks);
        Asked(Arc::clone(self))
    }

    /// Bytes came that are of requests.
    pub(super) fn heard(&self) {
        let mut marks = self.marks();
        if marks.running == 0 {
            marks.heard.get_or_insert_with(Instant::now);
        }
    }

    /// Something of an answer went out: it may be long, and nothing of it is held here any more.
    pub(super) fn told(&self) {
        let mut marks = self.marks();
        if marks.running == 0 && !marks.is_new {
            marks.since = Instant::now();
        }
    }

    /// Until when the next request has to be there; none while one is being answered.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let marks = self.marks();
        if marks.running > 0 {
            return None;
        }
        let begun = if marks.is_new { Some(marks.since) } else { marks.heard };
        Some(begun.map_or_else(|| marks.since + self.idle, |begun| begun + self.header))
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut marks = self.0.marks();
        marks.running = marks.running.saturating_sub(1);
        marks.since = Instant::now();
    }
}
