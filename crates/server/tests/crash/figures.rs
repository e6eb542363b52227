//! What is counted over all runs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use throng_jobs::failpoint::POINTS;

use crate::crash::process::{Death, Point};

/// How much must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Goals {
    pub kills: u64,
    pub half_done: u64,
    pub hits: u64,
}

/// What happened.
#[derive(Default)]
pub struct Figures {
    pub runs: u64,
    pub killed: u64,
    pub hits: BTreeMap<&'static str, u64>,
    /// Kills that fell between a job's first and its last chunk.
    pub half_done: u64,
    pub jobs: u64,
    pub items: u64,
    pub repeated: u64,
    pub replayed: u64,
    /// Requests that had to wait for the key that a dead server held.
    pub held: u64,
    starts: Vec<Duration>,
}

impl Figures {
    /// Counts a death.
    pub fn died(&mut self, death: Death, point: Option<Point>) {
        match (death, point) {
            (Death::AtFailpoint, Some((name, _))) => *self.hits.entry(name).or_default() += 1,
            _ => self.killed += 1,
        }
    }

    /// Counts a start.
    pub fn started(&mut self, ready_after: Duration) {
        self.starts.push(ready_after);
    }

    /// All kills, of both kinds.
    pub fn kills(&self) -> u64 {
        self.killed + self.hits.values().sum::<u64>()
    }

    /// How often the server died at this failpoint.
    pub fn hits_of(&self, name: &str) -> u64 {
        self.hits.get(name).copied().unwrap_or(0)
    }

    /// Whether enough has happened.
    pub fn reach(&self, goals: &Goals) -> bool {
        self.kills() >= goals.kills
            && self.half_done >= goals.half_done
            && POINTS.iter().all(|name| self.hits_of(name) >= goals.hits)
    }

    fn start_time(&self, percent: usize) -> Duration {
        let mut starts = self.starts.clone();
        starts.sort_unstable();
        let at = (starts.len() * percent).div_ceil(100).max(1) - 1;
        starts.get(at).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills ({} SIGKILL, {} at failpoints), {} between a job's first and last chunk; {} runs, {} \
             acknowledged jobs, 0 lost; {} items, 0 applied or counted twice; {} requests repeated ({} found their \
             key held), {} answers replayed; ready after {:.0?} (median), {:.0?} (p99); failpoints: ",
            self.kills(),
            self.killed,
            self.kills() - self.killed,
            self.half_done,
            self.runs,
            self.jobs,
            self.items,
            self.repeated,
            self.held,
            self.replayed,
            self.start_time(50),
            self.start_time(99),
        )?;
        let hits: Vec<String> = self.hits.iter().map(|(name, hits)| format!("{name} {hits}")).collect();
        f.write_str(&hits.join(", "))
    }
}
