//! The counters of one job over all reads: the sum law at every read, nothing ever falls, the total is fixed once
//! items are settled, and what has ended stays as it is.
//!
//! Reads that overlap may come in either order. But a job's counters pass through one line of values, so of any two
//! reads one must show at least as much as the other in every class.

use std::collections::BTreeMap;

use super::jobs::{Name, Sight, gather};
use super::{Checker, Class, Counts, Finding, History, Seen, falls};

/// Looks for counters that do not add up, that fell, and that changed after the end.
pub fn check(history: &History) -> Vec<Finding> {
    let jobs = gather(history);
    let mut findings = Vec::new();
    for (&name, sights) in &jobs.sights {
        let reads: Vec<Read<'_>> =
            sights.iter().filter_map(|sight| Some(Read { sight, counts: sight.counts? })).collect();
        for read in &reads {
            check_sums(name, read, &mut findings);
        }
        check_growth(name, &reads, &mut findings);
        check_line(name, &reads, &mut findings);
        check_total(name, &reads, &mut findings);
    }
    findings
}

/// A sight with counters.
struct Read<'a> {
    sight: &'a Sight<'a>,
    counts: &'a Counts,
}

impl Read<'_> {
    /// Whether the total is known to be fixed.
    fn is_fixed(&self) -> bool {
        self.counts.processed > 0 || self.sight.state.is_terminal()
    }
}

fn violation(name: Name<'_>, text: &str, operations: impl IntoIterator<Item = usize>) -> Finding {
    Finding::violation(Checker::Counters, format!("job {} of {:?}: {text}", name.1, name.0), operations)
}

fn check_sums(name: Name<'_>, read: &Read<'_>, findings: &mut Vec<Finding>) {
    let counts = read.counts;
    let mut wrong = |text: &str| findings.push(violation(name, text, [read.sight.operation]));
    if counts.processed.checked_add(counts.pending) != Some(counts.total) {
        wrong(&format!(
            "processed {} + pending {} is not total {}",
            counts.processed, counts.pending, counts.total
        ));
    }
    let sum = counts.classes.values().try_fold(0u64, |sum, n| sum.checked_add(*n));
    let is_whole = Class::ALL.iter().all(|class| counts.classes.contains_key(class));
    let fits = |sum: u64| if is_whole { sum == counts.processed } else { sum <= counts.processed };
    if !sum.is_some_and(fits) {
        wrong(&format!("its classes sum up to {sum:?}, processed is {}", counts.processed));
    }
    if read.sight.state.is_terminal() && counts.pending > 0 {
        wrong(&format!("it has ended with {} pending", counts.pending));
    }
}

/// What one read showed, no later one shows less of.
fn check_growth(name: Name<'_>, reads: &[Read<'_>], findings: &mut Vec<Finding>) {
    let mut check = |what: &str, value: &dyn Fn(&Counts) -> Option<u64>| {
        let seen: Vec<Seen<u64>> = reads
            .iter()
            .filter_map(|Read { sight, counts }| {
                let value = value(counts)?;
                Some(Seen {
                    operation: sight.operation,
                    invoked: sight.invoked,
                    returned: sight.returned,
                    value,
                })
            })
            .collect();
        for (earlier, later) in falls(&seen) {
            let text = format!("{what} fell from {} to {}", earlier.value, later.value);
            findings.push(violation(name, &text, [earlier.operation, later.operation]));
        }
    };
    check("processed", &|counts| Some(counts.processed));
    check("total", &|counts| Some(counts.total));
    for class in Class::ALL {
        check(&format!("{class:?}"), &|counts| counts.classes.get(&class).copied());
    }
}

/// Of two reads, the one with more processed items shows no less of any class; with as many, the same.
fn check_line(name: Name<'_>, reads: &[Read<'_>], findings: &mut Vec<Finding>) {
    let mut ordered: Vec<&Read<'_>> = reads.iter().collect();
    ordered.sort_by_key(|read| read.counts.processed);
    // By class: the most so far, with the number of processed items and the operation that showed it.
    let mut most: BTreeMap<Class, (u64, u64, usize)> = BTreeMap::new();
    for read in ordered {
        let (processed, operation) = (read.counts.processed, read.sight.operation);
        for (&class, &value) in &read.counts.classes {
            let so_far = most.entry(class).or_insert((value, processed, operation));
            let fits = if so_far.1 == processed { value == so_far.0 } else { value >= so_far.0 };
            if !fits {
                let text = format!(
                    "{class:?} is {} with {} processed, and {value} with {processed}",
                    so_far.0, so_far.1
                );
                findings.push(violation(name, &text, [so_far.2, operation]));
            }
            if value >= so_far.0 {
                *so_far = (value, processed, operation);
            }
        }
    }
}

/// Once an item is settled the total stays; before, it is never larger.
fn check_total(name: Name<'_>, reads: &[Read<'_>], findings: &mut Vec<Finding>) {
    let Some(fixed) = reads.iter().find(|read| read.is_fixed()) else { return };
    for read in reads {
        let (total, operation) = (read.counts.total, read.sight.operation);
        let fits = if read.is_fixed() { total == fixed.counts.total } else { total <= fixed.counts.total };
        if !fits {
            let text = format!("its total is {} and {total}", fixed.counts.total);
            findings.push(violation(name, &text, [fixed.sight.operation, operation]));
        }
    }
}

#[cfg(test)]
mod tests;
