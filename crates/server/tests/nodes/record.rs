//! What clients asked and were told, in the order in which they were told it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use throng_checker::JobRecord;
use throng_checker::history::{History, ListedJob, Operation, Outcome, Step};

use crate::nodes::world::ACCOUNT;

/// Imports are known by their UUIDs; until the end stand-ins from here on are recorded for their numbers.
const STAND_INS: u64 = 1 << 60;

/// The history of a test while it is made.
pub struct Recorder {
    started: Instant,
    recorded: Mutex<Recorded>,
}

#[derive(Default)]
struct Recorded {
    operations: Vec<Operation>,
    /// The stand-ins of imports.
    imports: HashMap<String, u64>,
    uuids: HashMap<u64, String>,
    complaints: Vec<String>,
    refused: u64,
    unknown: u64,
}

impl Recorder {
    /// Nothing was asked yet.
    pub fn new() -> Self {
        Self { started: Instant::now(), recorded: Mutex::default() }
    }

    /// Nanoseconds since the start.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap()
    }

    /// Takes in what was asked at `invoked` and answered now.
    pub fn record(&self, client: u32, invoked: u64, step: Step) {
        let mut recorded = self.recorded();
        let returned = self.now();
        let account = ACCOUNT.to_owned();
        recorded.operations.push(Operation { client, account, invoked, returned, step });
    }

    /// The stand-in of an import.
    pub fn import(&self, uuid: &str) -> u64 {
        let mut recorded = self.recorded();
        let next = STAND_INS + recorded.imports.len() as u64;
        let stand_in = *recorded.imports.entry(uuid.to_owned()).or_insert(next);
        recorded.uuids.entry(stand_in).or_insert_with(|| uuid.to_owned());
        stand_in
    }

    /// The UUID of an import, given its stand-in.
    pub fn uuid(&self, job: u64) -> Option<String> {
        self.recorded().uuids.get(&job).cloned()
    }

    /// Takes in an answer that must not be.
    pub fn complain(&self, text: String) {
        self.recorded().complaints.push(text);
    }

    /// Counts a request that was refused because the database could not be written just then.
    pub fn refused(&self) {
        self.recorded().refused += 1;
    }

    /// Counts a request of which nobody knows what it did.
    pub fn unknown(&self) {
        self.recorded().unknown += 1;
    }

    /// How many requests were answered, were refused for a while, and came to nobody knows what.
    pub fn counts(&self) -> (usize, u64, u64) {
        let recorded = self.recorded();
        (recorded.operations.len(), recorded.refused, recorded.unknown)
    }

    /// What must not have been answered.
    pub fn complaints(&self) -> Vec<String> {
        self.recorded().complaints.clone()
    }

    /// The whole history, with all jobs of the database at its end.
    pub fn finish(&self, jobs: &[JobRecord]) -> History {
        let invoked = self.now();
        let listed: Vec<ListedJob> = jobs.iter().map(|job| job.listed().unwrap()).collect();
        self.record(0, invoked, Step::ListJobs { outcome: Outcome::Ok(listed) });
        let mut recorded = self.recorded();
        let mut operations = std::mem::take(&mut recorded.operations);
        let numbers: HashMap<u64, u64> = jobs
            .iter()
            .filter_map(|job| Some((*recorded.imports.get(&job.uuid)?, u64::try_from(job.number).ok()?)))
            .collect();
        for operation in &mut operations {
            let job = match &mut operation.step {
                Step::Submit { outcome: Outcome::Ok(accepted), .. } => accepted.job.as_mut(),
                Step::ReadJob { job, .. } => Some(job),
                _ => None,
            };
            // An import that is not there keeps its stand-in, and counts as lost.
            if let Some(job) = job
                && let Some(number) = numbers.get(job)
            {
                *job = *number;
            }
        }
        History { operations }
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap()
    }
}
