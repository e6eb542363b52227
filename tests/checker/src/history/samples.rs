//! Short ways to write histories down.

use std::collections::BTreeSet;

use super::{
    Accepted, Action, Change, Class, Counts, CreateAnswer, Finding, History, JobSight, ListedJob, Operation,
    Outcome, RenameAnswer, State, Step, Submission, Verdict, Versioned, WriteAnswer,
};

/// A history of steps with their times, all of one account.
pub fn history(steps: impl IntoIterator<Item = (u64, u64, Step)>) -> History {
    let operation = |(client, (invoked, returned, step))| Operation {
        client,
        account: "acme".to_owned(),
        invoked,
        returned,
        step,
    };
    History { operations: (0..).zip(steps).map(operation).collect() }
}

/// What the findings say, with their operations.
pub fn said(findings: &[Finding]) -> Vec<(&str, &[usize])> {
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Violation), "{findings:?}");
    findings.iter().map(|finding| (finding.text.as_str(), finding.operations.as_slice())).collect()
}

/// A request about members of group 1.
pub fn asks(key: &str, marker: &str, action: Action, members: &[&str]) -> Submission {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let members = members.iter().map(|&member| member.to_owned()).collect();
    Submission {
        key: some(key),
        marker: some(marker),
        group: Some(1),
        changes: vec![Change { action, members }],
    }
}

/// A request that made this job.
pub fn made(submission: Submission, job: u64, done: bool) -> Step {
    let accepted = Accepted { job: Some(job), group: submission.group.or(Some(job)), done };
    Step::Submit { submission, outcome: Outcome::Ok(accepted) }
}

/// A request with this outcome, which is no answer.
pub fn tried(submission: Submission, outcome: Outcome<Accepted>) -> Step {
    Step::Submit { submission, outcome }
}

/// A look at a job without counters.
pub fn seen(job: u64, state: State) -> Step {
    Step::ReadJob { job, outcome: Outcome::Ok(Some(JobSight { state, counts: None })) }
}

/// A look at a job that is not there.
pub fn gone(job: u64) -> Step {
    Step::ReadJob { job, outcome: Outcome::Ok(None) }
}

/// A look at the counters of job 1: pending, then created, removed and ignored.
pub fn counted(state: State, pending: u64, classes: [u64; 3]) -> Step {
    let processed = classes.iter().sum::<u64>();
    let mut counts = Counts { total: processed + pending, processed, pending, ..Counts::default() };
    counts.classes = Class::ALL.into_iter().map(|class| (class, 0)).collect();
    counts.classes.extend([Class::Created, Class::Removed, Class::Ignored].into_iter().zip(classes));
    Step::ReadJob { job: 1, outcome: Outcome::Ok(Some(JobSight { state, counts: Some(counts) })) }
}

/// A list of jobs that have ended: number, marker, place.
pub fn listed(jobs: &[(u64, &str, u64)]) -> Step {
    let listed = |&(job, marker, place): &(u64, &str, u64)| ListedJob {
        job,
        state: State::Completed,
        marker: Some(marker.to_owned()),
        place: Some(place),
    };
    Step::ListJobs { outcome: Outcome::Ok(jobs.iter().map(listed).collect()) }
}

/// The members of group 1.
pub fn members(names: &[&str]) -> Step {
    let names: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    Step::ReadMembers { group: 1, outcome: Outcome::Ok(names) }
}

/// A user was made; without an id, the name was taken.
pub fn create(name: &str, id: Option<&str>) -> Step {
    let answer = id.map_or(CreateAnswer::Taken, |id| CreateAnswer::Made(id.to_owned()));
    Step::CreateUser { name: name.to_owned(), outcome: Outcome::Ok(answer) }
}

/// A user may have been made.
pub fn create_unknown(name: &str) -> Step {
    Step::CreateUser { name: name.to_owned(), outcome: Outcome::Unknown }
}

/// A user was deleted, or was not there.
pub fn delete(id: &str, was_there: bool) -> Step {
    Step::DeleteUser { id: id.to_owned(), outcome: Outcome::Ok(was_there) }
}

/// A user was given a name, or not.
pub fn rename(id: &str, name: &str, answer: RenameAnswer) -> Step {
    Step::RenameUser { id: id.to_owned(), name: name.to_owned(), outcome: Outcome::Ok(answer) }
}

/// A user was found by name, or nobody was.
pub fn find(name: &str, id: Option<&str>) -> Step {
    Step::FindUser { name: name.to_owned(), outcome: Outcome::Ok(id.map(str::to_owned)) }
}

/// A resource was read.
pub fn read(version: &str, value: &str) -> Step {
    let read = Versioned { version: version.to_owned(), value: value.to_owned() };
    Step::ReadVersion { resource: "r".to_owned(), outcome: Outcome::Ok(read) }
}

/// A resource was written from a version; without a new version, it had another.
pub fn write(expected: &str, value: &str, new: Option<&str>) -> Step {
    let answer = new.map_or(WriteAnswer::Mismatch, |new| WriteAnswer::Done(new.to_owned()));
    write_with(expected, value, Outcome::Ok(answer))
}

/// A resource was to be written; an empty version = whatever it is.
pub fn write_with(expected: &str, value: &str, outcome: Outcome<WriteAnswer>) -> Step {
    let expected = (!expected.is_empty()).then(|| expected.to_owned());
    Step::WriteVersion { resource: "r".to_owned(), expected, value: value.to_owned(), outcome }
}
