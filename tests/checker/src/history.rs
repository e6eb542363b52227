//! Checkers of recorded histories: what several clients asked of one or more servers, when, and what they were
//! told. Pure: whoever makes a history runs the clients and reads the clock.
//!
//! A history is a list of operations with their times. A checker compares it with what the server promises and
//! says what cannot be, and which operations show it. What was [`Outcome::Unknown`] may have happened, at any
//! time after it was asked; what was [`Outcome::Failed`] has not happened. One operation comes before another
//! only if it returned before the other was invoked.
//!
//! | module | what it demands |
//! |---|---|
//! | [`queue`] | every job that was acknowledged is there and ends, once, and in the order of its group |
//! | [`ids`] | no number and no UUID is given twice |
//! | [`counters`] | the counters of a job obey the sum law at every read, and only grow |
//! | [`members`] | nobody is lost from a group, and nobody comes back |
//! | [`names`], [`versions`] | user names and `If-Match` behave as if one server did one thing at a time |
//! | [`keys`] | one `Idempotency-Key`, one job |

pub mod counters;
pub mod ids;
mod jobs;
pub mod keys;
pub mod members;
pub mod names;
mod order;
pub mod queue;
mod record;
pub mod versions;

use std::fmt;

pub use record::{
    Accepted, Action, Change, Class, Counts, CreateAnswer, History, JobSight, ListedJob, Operation, Outcome,
    RenameAnswer, State, Step, Submission, Versioned, WriteAnswer,
};

/// Runs all checkers.
pub fn check(history: &History) -> Vec<Finding> {
    let mut findings = check_times(history);
    findings.extend(queue::check(history));
    findings.extend(ids::check(history));
    findings.extend(counters::check(history));
    findings.extend(members::check(history));
    findings.extend(names::check(history));
    findings.extend(versions::check(history));
    findings.extend(keys::check(history));
    findings
}

/// A history whose times run backwards says nothing.
fn check_times(history: &History) -> Vec<Finding> {
    let backwards = history.operations.iter().enumerate().filter(|(_, op)| op.returned < op.invoked);
    backwards
        .map(|(at, _)| {
            Finding::violation(Checker::Times, "it returned before it was invoked".to_owned(), [at])
        })
        .collect()
}

/// Which checker found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checker {
    /// The history itself is wrong.
    Times,
    /// [`queue`].
    Queue,
    /// [`ids`].
    Ids,
    /// [`counters`].
    Counters,
    /// [`members`].
    Members,
    /// [`names`].
    Names,
    /// [`versions`].
    Versions,
    /// [`keys`].
    Keys,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It cannot be.
    Violation,
    /// The search was given up at its bound: neither right nor wrong was shown.
    Undecided,
}

/// What a checker found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who says so.
    pub checker: Checker,
    /// How sure it is.
    pub verdict: Verdict,
    /// What is wrong.
    pub text: String,
    /// The operations that show it, by their places in the history.
    pub operations: Vec<usize>,
}

impl Finding {
    fn violation(checker: Checker, text: String, operations: impl IntoIterator<Item = usize>) -> Self {
        Self { checker, verdict: Verdict::Violation, text, operations: operations.into_iter().collect() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let undecided = if self.verdict == Verdict::Undecided { " (undecided)" } else { "" };
        write!(f, "{:?}{undecided}: {}; operations {:?}", self.checker, self.text, self.operations)
    }
}

/// A value that somebody saw between two times.
#[derive(Clone, Copy, Debug)]
struct Seen<T> {
    operation: usize,
    invoked: u64,
    returned: u64,
    value: T,
}

/// What must never fall and fell: the operation that saw more, and one that began after it and saw less. For each
/// operation that saw too little at most one pair.
fn falls<T: Ord + Copy>(seen: &[Seen<T>]) -> Vec<(Seen<T>, Seen<T>)> {
    let mut by_invoked: Vec<&Seen<T>> = seen.iter().collect();
    by_invoked.sort_by_key(|each| each.invoked);
    let mut by_returned = by_invoked.clone();
    by_returned.sort_by_key(|each| each.returned);
    let mut before = by_returned.into_iter().peekable();
    let mut most: Option<&Seen<T>> = None;
    let mut pairs = Vec::new();
    for later in by_invoked {
        while let Some(earlier) = before.next_if(|earlier| earlier.returned < later.invoked) {
            if most.is_none_or(|most| most.value < earlier.value) {
                most = Some(earlier);
            }
        }
        if let Some(most) = most.filter(|most| most.value > later.value) {
            pairs.push((*most, *later));
        }
    }
    pairs
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
