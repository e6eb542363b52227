//! `Idempotency-Key`: all answers to one key name one job, and at most one job was made for it. Jobs are recognised
//! by the markers of their requests, so that duplicates show even if nobody was told of them.

use std::collections::{BTreeMap, BTreeSet};

use super::jobs::{Jobs, Request, gather};
use super::{Checker, Finding, History, Outcome, Step};

/// Looks for keys with several jobs, and for requests that made more jobs than they could.
pub fn check(history: &History) -> Vec<Finding> {
    let jobs = gather(history);
    let mut findings = Vec::new();
    for request in jobs.requests.iter().filter(|request| request.submission.key.is_some()) {
        check_answers(request, &mut findings);
    }
    check_markers(history, &jobs, &mut findings);
    findings
}

fn violation(text: String, operations: impl IntoIterator<Item = usize>) -> Finding {
    Finding::violation(Checker::Keys, text, operations)
}

fn check_answers(request: &Request<'_>, findings: &mut Vec<Finding>) {
    let key = request.submission.key.as_deref().unwrap_or_default();
    let account = request.account;
    let made: BTreeSet<(Option<u64>, Option<u64>)> = request
        .answers()
        .filter_map(|attempt| Some((attempt.accepted?.job, attempt.accepted?.group)))
        .collect();
    if made.len() > 1 {
        let text = format!("key {key:?} of {account:?} was answered with {} jobs or groups", made.len());
        findings.push(violation(text, request.answers().map(|attempt| attempt.operation)));
    }
    let mut answered = request.answers();
    let Some(first) = answered.next() else { return };
    if let Some(other) = answered.find(|attempt| attempt.submission != first.submission) {
        let text = format!("key {key:?} of {account:?} was answered for two different requests");
        findings.push(violation(text, [first.operation, other.operation]));
    }
}

/// No request made more jobs than one, and none that failed made any.
fn check_markers(history: &History, jobs: &Jobs<'_>, findings: &mut Vec<Finding>) {
    // By account and marker: the requests that may have happened.
    let mut requests: BTreeMap<(&str, &str), Vec<&Request<'_>>> = BTreeMap::new();
    for request in &jobs.requests {
        if let Some(marker) = &request.submission.marker {
            requests.entry((request.account, marker)).or_default().push(request);
        }
    }
    for (at, operation) in history.operations.iter().enumerate() {
        let Step::Submit { submission, outcome: Outcome::Failed } = &operation.step else { continue };
        let Some(marker) = &submission.marker else { continue };
        let account = operation.account.as_str();
        if requests.contains_key(&(account, marker.as_str())) {
            continue;
        }
        if let Some((job, list)) = jobs.marked(account, marker).next() {
            let text = format!("request {marker:?} of {account:?} has failed, and job {job} was made by it");
            findings.push(violation(text, [at, list.operation]));
        }
    }
    for ((account, marker), requests) in requests {
        let made: BTreeMap<u64, usize> =
            jobs.marked(account, marker).map(|(job, list)| (job, list.operation)).collect();
        let operations = || requests.iter().flat_map(|request| request.operations());
        if made.len() > requests.len() {
            let numbers: Vec<u64> = made.keys().copied().collect();
            let text = format!("request {marker:?} of {account:?} made the jobs {numbers:?}");
            findings.push(violation(text, operations().chain(made.values().copied())));
        }
    }
    check_owners(jobs, findings);
}

/// The job that a request was told carries its marker.
fn check_owners(jobs: &Jobs<'_>, findings: &mut Vec<Finding>) {
    let mut told: BTreeMap<(&str, u64), &Request<'_>> = BTreeMap::new();
    for request in &jobs.requests {
        if let Some(job) = request.job() {
            told.insert((request.account, job), request);
        }
    }
    for list in &jobs.lists {
        for job in list.jobs {
            let Some(request) = told.get(&(list.account, job.job)) else { continue };
            if let (Some(own), Some(listed)) = (&request.submission.marker, &job.marker)
                && own != listed
            {
                let text = format!(
                    "job {} of {:?} belongs to {own:?} and is listed as {listed:?}",
                    job.job, list.account
                );
                findings.push(violation(text, request.operations().chain([list.operation])));
            }
        }
    }
}

#[cfg(test)]
mod tests;
