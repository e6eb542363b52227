//! Waiting for a server: look again until it is so, or until it has taken too long.

use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How long to wait between two looks.
const PAUSE_MILLISECONDS: u64 = 20;

/// Looks until `reached` says yes.
///
/// # Errors
/// `reached`'s own, or a sentence with `what` when it has not come to be after this many seconds.
pub fn until(seconds: u64, what: &str, mut reached: impl FnMut() -> Outcome<bool>) -> Outcome {
    let start = now();
    while !reached()? {
        if start.elapsed() >= Duration::from_secs(seconds) {
            return Err(format!("{what}: not within {seconds} s"));
        }
        thread::sleep(Duration::from_millis(PAUSE_MILLISECONDS));
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only clock of this crate: how long has it waited for a process"
)]
fn now() -> Instant {
    Instant::now()
}
