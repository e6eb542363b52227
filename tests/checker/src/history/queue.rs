//! The queue: a job that was acknowledged, or that anybody saw, is there from then on and ends; its end never
//! changes; the jobs of a group are accepted in the order of their places.
//!
//! A history must end with a read of every job after it has ended (one [`Step::ListJobs`] per account will do).
//!
//! [`Step::ListJobs`]: super::Step::ListJobs

use std::collections::{BTreeMap, BTreeSet};

use super::jobs::{Jobs, Name, Sight, gather};
use super::{Checker, Finding, History, Seen, State, falls};

/// Looks for jobs that were lost, that did not end, whose end changed, and that were worked out of order.
pub fn check(history: &History) -> Vec<Finding> {
    let jobs = gather(history);
    let known = known(&jobs);
    let mut findings = Vec::new();
    let listed: Vec<BTreeSet<u64>> =
        jobs.lists.iter().map(|list| list.jobs.iter().map(|job| job.job).collect()).collect();
    for (&name, &(since, operation)) in &known {
        check_presence(&jobs, name, since, operation, &mut findings);
        for (list, numbers) in jobs.lists.iter().zip(&listed) {
            if list.account == name.0 && list.invoked > since && !numbers.contains(&name.1) {
                let text = format!("{} is missing in a list of all jobs", called(name));
                findings.push(violation(text, [operation, list.operation]));
            }
        }
        check_end(&jobs, name, operation, &mut findings);
    }
    check_done(&jobs, &mut findings);
    check_order(&jobs, &mut findings);
    findings
}

fn violation(text: String, operations: impl IntoIterator<Item = usize>) -> Finding {
    Finding::violation(Checker::Queue, text, operations)
}

fn called((account, number): Name<'_>) -> String {
    format!("job {number} of {account:?}")
}

/// Every job that somebody was told of: since when it must be there, and the operation that told it.
fn known<'a>(jobs: &Jobs<'a>) -> BTreeMap<Name<'a>, (u64, usize)> {
    let told = jobs.requests.iter().flat_map(|request| {
        request.answers().filter_map(|attempt| {
            let job = attempt.accepted.and_then(|accepted| accepted.job)?;
            Some(((request.account, job), (attempt.returned, attempt.operation)))
        })
    });
    let seen = jobs
        .sights
        .iter()
        .flat_map(|(name, sights)| sights.iter().map(|sight| (*name, (sight.returned, sight.operation))));
    let mut known: BTreeMap<Name<'a>, (u64, usize)> = BTreeMap::new();
    for (name, told) in told.chain(seen) {
        let first = known.entry(name).or_insert(told);
        *first = told.min(*first);
    }
    known
}

fn check_presence(
    jobs: &Jobs<'_>,
    name: Name<'_>,
    since: u64,
    operation: usize,
    findings: &mut Vec<Finding>,
) {
    let absences = jobs.absences.get(&name).into_iter().flatten();
    if let Some(absence) = absences.filter(|look| look.invoked > since).min_by_key(|look| look.invoked) {
        let text = format!("{} was there and is not found", called(name));
        findings.push(violation(text, [operation, absence.operation]));
    }
}

/// The last look shows an end, and no look after an end shows anything else.
fn check_end<'a>(jobs: &Jobs<'a>, name: Name<'a>, operation: usize, findings: &mut Vec<Finding>) {
    let sights = jobs.sights_of(name);
    let Some(last) = sights.iter().max_by_key(|sight| sight.invoked) else {
        findings.push(violation(
            format!("{} was acknowledged and nobody looked at it", called(name)),
            [operation],
        ));
        return;
    };
    let ends: Vec<&Sight<'_>> = sights.iter().filter(|sight| sight.state.is_terminal()).collect();
    let Some(first) = ends.iter().min_by_key(|sight| sight.returned) else {
        let text = format!("{} has not ended: it is {:?}", called(name), last.state);
        findings.push(violation(text, [operation, last.operation]));
        return;
    };
    let mut exact = ends.iter().map(|sight| sight.state).filter(|state| *state != State::Finished);
    let one = exact.next();
    if exact.any(|other| Some(other) != one) {
        let text = format!("{} has ended in different states", called(name));
        findings.push(violation(text, ends.iter().map(|sight| sight.operation)));
    }
    let reopened = sights.iter().find(|sight| !sight.state.is_terminal() && sight.invoked > first.returned);
    if let Some(reopened) = reopened {
        let text = format!("{} had ended and is {:?}", called(name), reopened.state);
        findings.push(violation(text, [first.operation, reopened.operation]));
    }
}

/// Who was told that a job is done sees it done.
fn check_done(jobs: &Jobs<'_>, findings: &mut Vec<Finding>) {
    for request in &jobs.requests {
        let (Some(done), Some(job)) = (request.done(), request.job()) else { continue };
        let name = (request.account, job);
        let undone =
            jobs.sights_of(name).iter().find(|sight| sight.invoked > done && !sight.state.is_terminal());
        if let Some(undone) = undone {
            let text = format!("{} was answered as done and is {:?}", called(name), undone.state);
            findings.push(violation(text, request.operations().chain([undone.operation])));
        }
    }
}

/// What was acknowledged before the next was asked for has the earlier place.
fn check_order(jobs: &Jobs<'_>, findings: &mut Vec<Finding>) {
    let mut queues: BTreeMap<(&str, u64), Vec<Seen<u64>>> = BTreeMap::new();
    for request in &jobs.requests {
        let (Some(job), Some(group)) = (request.job(), request.group()) else { continue };
        let (Some(place), Some(returned)) = (jobs.place((request.account, job)), request.answered()) else {
            continue;
        };
        let operation = request.answers().next().map_or(0, |attempt| attempt.operation);
        let seen = Seen { operation, invoked: request.invoked(), returned, value: place };
        queues.entry((request.account, group)).or_default().push(seen);
    }
    for ((account, group), queue) in queues {
        for (earlier, later) in falls(&queue) {
            let text = format!(
                "group {group} of {account:?}: a job was accepted at place {} after another at place {}",
                later.value, earlier.value
            );
            findings.push(violation(text, [earlier.operation, later.operation]));
        }
    }
}

#[cfg(test)]
mod tests;
