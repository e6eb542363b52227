//! What a history says about jobs, gathered: requests with their attempts, and who saw what of which job.

use std::collections::{BTreeMap, HashMap};

use super::record::{Accepted, Counts, History, ListedJob, Operation, Outcome, State, Step, Submission};

/// A job: account and number.
pub type Name<'a> = (&'a str, u64);

/// A request with all its attempts: several if it has an `Idempotency-Key`.
#[derive(Debug)]
pub struct Request<'a> {
    pub account: &'a str,
    /// That of the first attempt.
    pub submission: &'a Submission,
    /// Attempts that may have happened.
    pub attempts: Vec<Attempt<'a>>,
}

/// One attempt at a request.
#[derive(Debug)]
pub struct Attempt<'a> {
    pub operation: usize,
    pub invoked: u64,
    pub returned: u64,
    pub submission: &'a Submission,
    /// `None` = unknown.
    pub accepted: Option<&'a Accepted>,
}

impl<'a> Request<'a> {
    /// Before this nothing of it can have happened.
    pub fn invoked(&self) -> u64 {
        self.attempts.iter().map(|attempt| attempt.invoked).min().unwrap_or(0)
    }

    /// By then it was accepted; `None` if nobody was told.
    pub fn answered(&self) -> Option<u64> {
        self.answers().map(|attempt| attempt.returned).min()
    }

    /// The attempts that were answered.
    pub fn answers(&self) -> impl Iterator<Item = &Attempt<'a>> {
        self.attempts.iter().filter(|attempt| attempt.accepted.is_some())
    }

    /// The job that it was told.
    pub fn job(&self) -> Option<u64> {
        self.attempts.iter().find_map(|attempt| attempt.accepted.and_then(|accepted| accepted.job))
    }

    /// The group whose members it changes.
    pub fn group(&self) -> Option<u64> {
        let told =
            || self.attempts.iter().find_map(|attempt| attempt.accepted.and_then(|accepted| accepted.group));
        self.submission.group.or_else(told)
    }

    /// By then a client was told that it is done.
    pub fn done(&self) -> Option<u64> {
        let done = |attempt: &&Attempt<'_>| attempt.accepted.is_some_and(|accepted| accepted.done);
        self.attempts.iter().filter(done).map(|attempt| attempt.returned).min()
    }

    /// Its operations.
    pub fn operations(&self) -> impl Iterator<Item = usize> {
        self.attempts.iter().map(|attempt| attempt.operation)
    }
}

/// What one operation saw of a job.
#[derive(Debug)]
pub struct Sight<'a> {
    pub operation: usize,
    pub invoked: u64,
    pub returned: u64,
    pub state: State,
    pub counts: Option<&'a Counts>,
}

/// An operation that looked for a job.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub operation: usize,
    pub invoked: u64,
}

/// A list of all jobs of an account.
#[derive(Debug)]
pub struct List<'a> {
    pub account: &'a str,
    pub operation: usize,
    pub invoked: u64,
    pub returned: u64,
    pub jobs: &'a [ListedJob],
}

/// Everything about jobs.
#[derive(Debug, Default)]
pub struct Jobs<'a> {
    pub requests: Vec<Request<'a>>,
    pub sights: BTreeMap<Name<'a>, Vec<Sight<'a>>>,
    /// Reads that did not find a job.
    pub absences: BTreeMap<Name<'a>, Vec<Look>>,
    pub lists: Vec<List<'a>>,
    places: HashMap<Name<'a>, u64>,
    /// By account and marker: jobs, each with the first list that shows it.
    marked: HashMap<(&'a str, &'a str), BTreeMap<u64, usize>>,
}

/// Gathers what a history says about jobs.
pub fn gather(history: &History) -> Jobs<'_> {
    let mut jobs = Jobs::default();
    let mut by_key: HashMap<(&str, &str), usize> = HashMap::new();
    for (at, operation) in history.operations.iter().enumerate() {
        match &operation.step {
            Step::Submit { submission, outcome } => {
                if let Some(attempt) = attempt(at, operation, submission, outcome) {
                    jobs.attempted(&operation.account, attempt, &mut by_key);
                }
            }
            Step::ReadJob { job, outcome: Outcome::Ok(Some(seen)) } => {
                jobs.saw((&operation.account, *job), sight(at, operation, seen.state, seen.counts.as_ref()));
            }
            Step::ReadJob { job, outcome: Outcome::Ok(None) } => {
                let look = Look { operation: at, invoked: operation.invoked };
                jobs.absences.entry((&operation.account, *job)).or_default().push(look);
            }
            Step::ListJobs { outcome: Outcome::Ok(listed) } => {
                jobs.listed(at, operation, listed);
            }
            _ => {}
        }
    }
    jobs
}

/// `None` for what never happened.
fn attempt<'a>(
    at: usize,
    operation: &Operation,
    submission: &'a Submission,
    outcome: &'a Outcome<Accepted>,
) -> Option<Attempt<'a>> {
    let accepted = match outcome {
        Outcome::Ok(accepted) => Some(accepted),
        Outcome::Unknown => None,
        Outcome::Failed => return None,
    };
    let (invoked, returned) = (operation.invoked, operation.returned);
    Some(Attempt { operation: at, invoked, returned, submission, accepted })
}

fn sight<'a>(at: usize, operation: &Operation, state: State, counts: Option<&'a Counts>) -> Sight<'a> {
    Sight { operation: at, invoked: operation.invoked, returned: operation.returned, state, counts }
}

impl<'a> Jobs<'a> {
    fn attempted(
        &mut self,
        account: &'a str,
        attempt: Attempt<'a>,
        by_key: &mut HashMap<(&'a str, &'a str), usize>,
    ) {
        let submission = attempt.submission;
        let Some(key) = &submission.key else {
            self.requests.push(Request { account, submission, attempts: vec![attempt] });
            return;
        };
        let at = *by_key.entry((account, key)).or_insert_with(|| {
            self.requests.push(Request { account, submission, attempts: Vec::new() });
            self.requests.len() - 1
        });
        self.requests[at].attempts.push(attempt);
    }

    fn listed(&mut self, at: usize, operation: &'a Operation, listed: &'a [ListedJob]) {
        let account = operation.account.as_str();
        for job in listed {
            self.saw((account, job.job), sight(at, operation, job.state, None));
            if let Some(place) = job.place {
                self.places.insert((account, job.job), place);
            }
            if let Some(marker) = &job.marker {
                let of_marker = self.marked.entry((account, marker)).or_default();
                of_marker.entry(job.job).or_insert(self.lists.len());
            }
        }
        let (invoked, returned) = (operation.invoked, operation.returned);
        self.lists.push(List { account, operation: at, invoked, returned, jobs: listed });
    }

    fn saw(&mut self, name: Name<'a>, sight: Sight<'a>) {
        self.sights.entry(name).or_default().push(sight);
    }

    /// What was seen of a job.
    pub fn sights_of(&self, name: Name<'a>) -> &[Sight<'a>] {
        self.sights.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The place of a job in its group's queue.
    pub fn place(&self, name: Name<'a>) -> Option<u64> {
        self.places.get(&name).copied()
    }

    /// The listed jobs of an account that carry a marker, each with the first list that shows it.
    pub fn marked(&self, account: &'a str, marker: &'a str) -> impl Iterator<Item = (u64, &List<'a>)> {
        let jobs = self.marked.get(&(account, marker)).into_iter().flatten();
        jobs.map(|(job, list)| (*job, &self.lists[*list]))
    }
}
