//! How many requests there were, how they ended and how long they took: numbers for whoever watches over a server. They are
//! told apart by face, never by account or path, so there is a fixed number of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::router::Face;

/// Upper ends of the stretches in which times are counted, in milliseconds. Small group writes wait up to 5 s for their turn.
pub const STRETCHES_MS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];

const FACES: [(Face, &str); 6] = [
    (Face::Scim, "scim"),
    (Face::Report, "report"),
    (Face::OAuth, "oauth"),
    (Face::Admin, "admin"),
    (Face::Native, "native"),
    (Face::Public, "public"),
];

/// The requests of a server.
#[derive(Debug, Default)]
pub(crate) struct Meters([Meter; FACES.len()]);

#[derive(Debug, Default)]
struct Meter {
    /// By the first digit of the status.
    classes: [AtomicU64; 5],
    /// By time; the last is beyond all stretches.
    times: [AtomicU64; STRETCHES_MS.len() + 1],
    micros: AtomicU64,
}

/// The requests of one face so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Its name.
    pub face: &'static str,
    /// How many were answered with 1xx, 2xx and so on.
    pub classes: [u64; 5],
    /// How many took no longer than each of [`STRETCHES_MS`] until their answer began, and all of them at the end.
    pub within: [u64; STRETCHES_MS.len() + 1],
    /// How long all of them took.
    pub time: Duration,
}

impl Meters {
    /// A request was answered after this time.
    pub(crate) fn count(&self, face: Face, status: StatusCode, took: Duration) {
        let Some(at) = FACES.iter().position(|(each, _)| *each == face) else { return };
        let meter = &self.0[at];
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let stretch = STRETCHES_MS.partition_point(|end| Duration::from_millis(*end) < took);
        meter.classes[class].fetch_add(1, Ordering::Relaxed);
        meter.times[stretch].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        meter.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted.
    pub(crate) fn read(&self) -> Vec<Requests> {
        let each = self.0.iter().zip(FACES);
        each.map(|(meter, (_, face))| {
            let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let mut sum = 0;
            let within = meter.times.each_ref().map(|counter| {
                sum += read(counter);
                sum
            });
            let time = Duration::from_micros(read(&meter.micros));
            Requests { face, classes: meter.classes.each_ref().map(read), within, time }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
