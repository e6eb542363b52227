//! Unique ids: within an account no two requests are given the same job, no two groups the same number, no two
//! users the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::jobs::gather;
use super::{Checker, CreateAnswer, Finding, History, Outcome, Step};

/// Looks for ids that were given twice.
pub fn check(history: &History) -> Vec<Finding> {
    let jobs = gather(history);
    let mut numbers = Given::default();
    let mut groups = Given::default();
    let mut users = Given::default();
    for (who, request) in jobs.requests.iter().enumerate() {
        for attempt in request.answers() {
            let Some(accepted) = attempt.accepted else { continue };
            if let Some(job) = accepted.job {
                numbers.give(request.account, job, who, attempt.operation);
            }
            if let (Some(group), None) = (accepted.group, request.submission.group) {
                groups.give(request.account, group, who, attempt.operation);
            }
        }
    }
    for (at, operation) in history.operations.iter().enumerate() {
        if let Step::CreateUser { outcome: Outcome::Ok(CreateAnswer::Made(id)), .. } = &operation.step {
            users.give(&operation.account, id.as_str(), at, at);
        }
    }
    let mut findings = numbers.findings("job number");
    findings.extend(groups.findings("group number"));
    findings.extend(users.findings("user id"));
    for list in &jobs.lists {
        let mut seen = BTreeSet::new();
        for job in list.jobs.iter().filter(|job| !seen.insert(job.job)) {
            let text = format!("job {} of {:?} is listed twice", job.job, list.account);
            findings.push(Finding::violation(Checker::Ids, text, [list.operation]));
        }
    }
    findings
}

/// Ids by account, with the requests that were given them and their operations.
struct Given<'a, T>(BTreeMap<(&'a str, T), BTreeMap<usize, usize>>);

impl<T> Default for Given<'_, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'a, T: Ord + Display> Given<'a, T> {
    fn give(&mut self, account: &'a str, id: T, to: usize, operation: usize) {
        self.0.entry((account, id)).or_default().entry(to).or_insert(operation);
    }

    fn findings(&self, kind: &str) -> Vec<Finding> {
        let twice = self.0.iter().filter(|(_, given)| given.len() > 1);
        twice
            .map(|((account, id), given)| {
                let text = format!("{kind} {id} of {account:?} was given {} times", given.len());
                Finding::violation(Checker::Ids, text, given.values().copied())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
