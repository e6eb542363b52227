//! Small requests at a steady pace, beside whatever else the server does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::clock::Watch;
use crate::connection::Connection;
use crate::server::Server;
use crate::stats::Spread;
use crate::{Failure, Outcome};

/// Between two writes.
const WRITE_EVERY: Duration = Duration::from_millis(5);
/// Between two reads.
const READ_EVERY: Duration = Duration::from_millis(2);

/// What to send.
#[derive(Debug)]
pub struct Requests {
    /// Writes, in turn.
    pub writes: Vec<Vec<u8>>,
    /// Reads, in turn.
    pub reads: Vec<Vec<u8>>,
}

/// How they were answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Writes, from when they were sent.
    pub writes: Spread,
    /// Writes, from when they were due: waiting for the one before counts.
    pub writes_due: Spread,
    /// Reads, from when they were sent.
    pub reads: Spread,
}

/// Sends both kinds while `work` runs.
///
/// # Errors
/// An answer other than 200; what `work` fails with.
pub fn beside<T>(
    server: &Server,
    requests: &Requests,
    work: impl FnOnce() -> Outcome<T>,
) -> Outcome<(T, Answered)> {
    let over = AtomicBool::new(false);
    let (mut one, mut other) = (server.connect()?, server.connect()?);
    thread::scope(|scope| {
        let writes = scope.spawn(|| pace(&mut one, &requests.writes, WRITE_EVERY, &over));
        let reads = scope.spawn(|| pace(&mut other, &requests.reads, READ_EVERY, &over));
        let done = work();
        over.store(true, Ordering::Relaxed);
        let panicked = |_| Failure::from("a thread of the load panicked");
        let (writes, reads) = (writes.join().map_err(panicked)??, reads.join().map_err(panicked)??);
        let answered = Answered {
            writes: Spread::of(&writes.sent),
            writes_due: Spread::of(&writes.due),
            reads: Spread::of(&reads.sent),
        };
        Ok((done?, answered))
    })
}

/// Latencies of one pace.
#[derive(Debug, Default)]
struct Latencies {
    sent: Vec<Duration>,
    due: Vec<Duration>,
}

fn pace(
    connection: &mut Connection,
    requests: &[Vec<u8>],
    every: Duration,
    over: &AtomicBool,
) -> Outcome<Latencies> {
    let mut latencies = Latencies::default();
    let watch = Watch::start();
    let mut due = Duration::ZERO;
    for request in requests.iter().cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        if let Some(early) = due.checked_sub(watch.elapsed()) {
            thread::sleep(early);
        }
        let (status, took) = connection.timed(request)?;
        connection.expect(status, 200)?;
        latencies.sent.push(took);
        latencies.due.push(watch.elapsed().saturating_sub(due));
        due += every;
    }
    Ok(latencies)
}
