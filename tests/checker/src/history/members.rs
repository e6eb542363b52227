//! Members of groups, as a set that must neither lose nor resurrect anybody.
//!
//! The jobs of a group work one after another in the order in which they were accepted, which is known from their
//! places ([`ListedJob::place`](super::ListedJob::place)) or from one having been answered before the next was
//! asked for. Each read of the members must show for everybody what the last change of them left, where *last* may
//! be any change that no finished change must follow. A change counts as finished once somebody was told so; one
//! that was not acknowledged, or whose job did not end well, may have been applied or not. Every group is empty at
//! first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::jobs::{Jobs, Request, gather};
use super::{Action, Checker, Finding, History, Outcome, State, Step};

/// So many names are spelled out in a finding.
const NAMES_MAX: usize = 5;

/// Looks for members that were lost, that came back, and that nobody ever added.
pub fn check(history: &History) -> Vec<Finding> {
    let jobs = gather(history);
    let mut groups: BTreeMap<(&str, u64), Group<'_>> = BTreeMap::new();
    for request in &jobs.requests {
        if let Some(group) = request.group() {
            groups.entry((request.account, group)).or_default().write(&jobs, request);
        }
    }
    let mut findings = Vec::new();
    let nothing = Group::default();
    for (at, operation) in history.operations.iter().enumerate() {
        let Step::ReadMembers { group, outcome: Outcome::Ok(members) } = &operation.step else { continue };
        let written = groups.get(&(operation.account.as_str(), *group)).unwrap_or(&nothing);
        let read = Read { operation: at, invoked: operation.invoked, returned: operation.returned, members };
        for (text, operations) in written.check(&read) {
            let text = format!("group {group} of {:?}: {text}", operation.account);
            findings.push(Finding::violation(Checker::Members, text, operations));
        }
    }
    findings
}

/// A read of all members.
struct Read<'a> {
    operation: usize,
    invoked: u64,
    returned: u64,
    members: &'a BTreeSet<String>,
}

/// A request that changes members.
struct Write {
    operation: usize,
    invoked: u64,
    /// By then it stood in the queue; `u64::MAX` = it may yet come there.
    accepted: u64,
    place: Option<u64>,
    /// By then it was applied; `None` = it may be, or not.
    done: Option<u64>,
}

/// What a read tells of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It came after the read.
    Later,
    /// It may have been applied.
    Open,
    /// It was applied.
    Done,
}

/// What was asked of a group.
#[derive(Default)]
struct Group<'a> {
    writes: Vec<Write>,
    /// By member: writes that name them, and whether they join.
    named: HashMap<&'a str, Vec<(usize, bool)>>,
    /// Writes after which whoever they do not name is out.
    replaces: Vec<usize>,
}

impl<'a> Group<'a> {
    fn write(&mut self, jobs: &Jobs<'a>, request: &Request<'a>) {
        let Some(operation) = request.operations().next() else { return };
        let found = find(jobs, request);
        let (done, place) = match found.job {
            Some(job) => (done(jobs, request, job), jobs.place((request.account, job))),
            None => (request.done(), None),
        };
        let at = self.writes.len();
        let accepted = found.accepted;
        self.writes.push(Write { operation, invoked: request.invoked(), accepted, place, done });
        let (net, replaces) = net(request);
        for (member, joins) in net {
            self.named.entry(member).or_default().push((at, joins));
        }
        if replaces {
            self.replaces.push(at);
        }
    }

    fn check(&self, read: &Read<'_>) -> Vec<(String, Vec<usize>)> {
        let standings: Vec<Standing> = self.writes.iter().map(|write| write.standing(read)).collect();
        let mut wrong: BTreeMap<&str, (Vec<&str>, BTreeSet<usize>)> = BTreeMap::new();
        let mut members: HashSet<&str> = self.named.keys().copied().collect();
        members.extend(read.members.iter().map(String::as_str));
        for member in members {
            if let Some((fault, writes)) = self.fault(member, read.members.contains(member), &standings) {
                let (names, operations) = wrong.entry(fault).or_default();
                names.push(member);
                operations.extend(writes.iter().map(|at| self.writes[*at].operation));
            }
        }
        let spell = |(fault, (mut names, operations)): (&str, (Vec<&str>, BTreeSet<usize>))| {
            names.sort_unstable();
            let more = if names.len() > NAMES_MAX { format!(" of {}", names.len()) } else { String::new() };
            names.truncate(NAMES_MAX);
            (format!("{names:?}{more} {fault}"), operations.into_iter().chain([read.operation]).collect())
        };
        wrong.into_iter().map(spell).collect()
    }

    /// What is wrong with a member who is or is not there, and the writes that say so.
    fn fault(
        &self,
        member: &str,
        is_there: bool,
        standings: &[Standing],
    ) -> Option<(&'static str, Vec<usize>)> {
        let named = self.named.get(member).map_or(&[][..], Vec::as_slice);
        let is_named = |at: usize| named.iter().any(|(by, _)| *by == at);
        let others = self.replaces.iter().filter(|at| !is_named(**at)).map(|at| (*at, false));
        let writes: Vec<(usize, bool)> =
            named.iter().copied().chain(others).filter(|(at, _)| standings[*at] != Standing::Later).collect();
        let done = || writes.iter().map(|(at, _)| *at).filter(|at| standings[*at] == Standing::Done);
        let last_invoked = done().map(|at| self.writes[at].invoked).max();
        let last_place = done().filter_map(|at| self.writes[at].place).max();
        let may_be_last = |at: usize| {
            let write = &self.writes[at];
            let followed = last_invoked.is_some_and(|invoked| write.accepted < invoked)
                || write.place.is_some_and(|place| last_place.is_some_and(|last| place < last));
            !followed
        };
        let may_leave = |joined: bool| writes.iter().any(|(at, joins)| *joins == joined && may_be_last(*at));
        let operations = || writes.iter().map(|(at, _)| *at).collect();
        if is_there && !may_leave(true) {
            let was_added = writes.iter().any(|(_, joins)| *joins);
            let fault =
                if was_added { "were removed and are members" } else { "are members and were never added" };
            return Some((fault, operations()));
        }
        let may_be_out = may_leave(false) || done().next().is_none();
        (!is_there && !may_be_out).then(|| ("were added and are lost", operations()))
    }
}

impl Write {
    fn standing(&self, read: &Read<'_>) -> Standing {
        if self.invoked > read.returned {
            Standing::Later
        } else if self.done.is_some_and(|done| done < read.invoked) {
            Standing::Done
        } else {
            Standing::Open
        }
    }
}

/// The job of a request, as far as it is known.
struct Found {
    job: Option<u64>,
    /// By then it was accepted; `u64::MAX` = perhaps never.
    accepted: u64,
}

/// A request that nobody was told of may be found by its marker.
fn find<'a>(jobs: &Jobs<'a>, request: &Request<'a>) -> Found {
    if let Some(answered) = request.answered() {
        return Found { job: request.job(), accepted: answered };
    }
    let marker = request.submission.marker.as_deref();
    let mut listed = marker.into_iter().flat_map(|marker| jobs.marked(request.account, marker));
    match (listed.next(), listed.next()) {
        // Two jobs for one request are another checker's business.
        (Some((job, list)), None) => Found { job: Some(job), accepted: list.returned },
        _ => Found { job: None, accepted: u64::MAX },
    }
}

/// By when all of a job was applied.
fn done<'a>(jobs: &Jobs<'a>, request: &Request<'a>, job: u64) -> Option<u64> {
    let sights = jobs.sights_of((request.account, job));
    // What was stopped may have been applied in part.
    if sights.iter().any(|sight| matches!(sight.state, State::Failed | State::Aborted)) {
        return None;
    }
    let told = request.done();
    let is_whole = sights.iter().any(|sight| matches!(sight.state, State::Completed | State::NoChange));
    if !is_whole {
        return told;
    }
    let ends = sights.iter().filter(|sight| sight.state.is_terminal());
    ends.map(|sight| sight.returned).chain(told).min()
}

/// Who joins and who leaves by a request, and whether everybody else leaves.
fn net<'a>(request: &Request<'a>) -> (HashMap<&'a str, bool>, bool) {
    let mut net: HashMap<&str, bool> = HashMap::new();
    let mut replaces = false;
    for change in &request.submission.changes {
        if change.action == Action::Replace {
            for joins in net.values_mut() {
                *joins = false;
            }
            replaces = true;
        }
        let joins = change.action != Action::Remove;
        net.extend(change.members.iter().map(|member| (member.as_str(), joins)));
    }
    (net, replaces)
}

#[cfg(test)]
mod tests;
