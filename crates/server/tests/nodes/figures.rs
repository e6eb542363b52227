//! What is counted over all rounds.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use throng_jobs::failpoint::POINTS;

/// What happened.
#[derive(Default)]
pub struct Figures {
    /// SIGKILL of a node.
    pub kills: u64,
    /// SIGTERM of a node.
    pub stops: u64,
    /// SIGKILL of the database.
    pub database_kills: u64,
    /// SIGSTOP of a node at any instant.
    pub pauses: u64,
    /// The same at failpoints.
    pub at_points: BTreeMap<&'static str, u64>,
    /// How long a job stood still after its node was killed.
    pub after_kill: Vec<Duration>,
    /// The same after its node was told to stop.
    pub after_stop: Vec<Duration>,
    /// The same after its node was paused.
    pub after_pause: Vec<Duration>,
}

impl Figures {
    /// All pauses.
    pub fn all_pauses(&self) -> u64 {
        self.pauses + self.at_points.values().sum::<u64>()
    }

    /// How often a node stood still at this failpoint.
    pub fn at_point(&self, name: &str) -> u64 {
        self.at_points.get(name).copied().unwrap_or(0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} SIGKILL, {} SIGTERM, {} pauses ({} at any instant, {} at {} of {} failpoints), {} SIGKILL of PostgreSQL; \
             jobs stood still {} after SIGKILL, {} after SIGTERM, {} after a pause",
            self.kills,
            self.stops,
            self.all_pauses(),
            self.pauses,
            self.all_pauses() - self.pauses,
            self.at_points.len(),
            POINTS.len(),
            self.database_kills,
            Spread(&self.after_kill),
            Spread(&self.after_stop),
            Spread(&self.after_pause),
        )
    }
}

/// Times, as the middle and the longest.
pub struct Spread<'a>(pub &'a [Duration]);

impl fmt::Display for Spread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.0.to_vec();
        times.sort_unstable();
        let (Some(median), Some(longest)) = (times.get(times.len() / 2), times.last()) else {
            return f.write_str("(never measured)");
        };
        write!(f, "{median:.2?} (median), {longest:.2?} (longest of {})", times.len())
    }
}
