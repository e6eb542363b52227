//! What a history is made of. Its file form is JSON Lines, an operation a line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

/// What clients did, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The operations. Findings name them by their places here.
    pub operations: Vec<Operation>,
}

impl History {
    /// Reads JSON Lines; empty lines are skipped.
    ///
    /// # Errors
    /// What the input refuses, and `InvalidData` with its number for a line that is no operation.
    pub fn read(input: impl BufRead) -> io::Result<Self> {
        let mut operations = Vec::new();
        for (at, line) in (1u64..).zip(input.lines()) {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let operation = serde_json::from_str(&line)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("line {at}: {error}")))?;
            operations.push(operation);
        }
        Ok(Self { operations })
    }

    /// Writes JSON Lines.
    ///
    /// # Errors
    /// What the output refuses.
    pub fn write(&self, mut output: impl Write) -> io::Result<()> {
        for operation in &self.operations {
            serde_json::to_writer(&mut output, operation)?;
            output.write_all(b"\n")?;
        }
        output.flush()
    }
}

/// One thing that a client asked, and what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Who asked.
    pub client: u32,
    /// The account that it is about. Nothing is shared between accounts.
    pub account: String,
    /// When the request was sent: nanoseconds of the test's one monotonic clock.
    pub invoked: u64,
    /// When the answer was there, or was given up: on the same clock.
    pub returned: u64,
    /// What was asked and answered.
    pub step: Step,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<T> {
    /// It was answered. A refusal that says something about the state (a conflict, a wrong version) is such an
    /// answer.
    Ok(T),
    /// It has not happened and never will.
    Failed,
    /// The connection was lost, or the server does not know: it may have happened or may yet happen.
    Unknown,
}

impl<T> Outcome<T> {
    /// The answer, if there is one.
    pub const fn answer(&self) -> Option<&T> {
        match self {
            Self::Ok(answer) => Some(answer),
            Self::Failed | Self::Unknown => None,
        }
    }
}

/// What was asked, with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Whatever makes a job: a group with members, a change of a group's members, an import.
    Submit {
        /// The request.
        submission: Submission,
        /// What was made.
        outcome: Outcome<Accepted>,
    },
    /// A read of one job; no job under this number is `None`.
    ReadJob {
        /// Its number.
        job: u64,
        /// What was seen.
        outcome: Outcome<Option<JobSight>>,
    },
    /// All jobs of the account: from a list, or from the database once the servers are dead.
    ListJobs {
        /// The jobs.
        outcome: Outcome<Vec<ListedJob>>,
    },
    /// All members of a group.
    ReadMembers {
        /// The group's number.
        group: u64,
        /// The members, by the names that submissions use.
        outcome: Outcome<BTreeSet<String>>,
    },
    /// A user is made. Every name is free at first.
    CreateUser {
        /// The canonical key of the `userName`.
        name: String,
        /// What was answered.
        outcome: Outcome<CreateAnswer>,
    },
    /// A user is deleted.
    DeleteUser {
        /// The user's id.
        id: String,
        /// Whether there was one.
        outcome: Outcome<bool>,
    },
    /// A user gets another name.
    RenameUser {
        /// The user's id.
        id: String,
        /// The canonical key of the new `userName`.
        name: String,
        /// What was answered.
        outcome: Outcome<RenameAnswer>,
    },
    /// A user is looked for by name.
    FindUser {
        /// The canonical key of the `userName`.
        name: String,
        /// The id of the user who has it.
        outcome: Outcome<Option<String>>,
    },
    /// A resource is read with its version.
    ReadVersion {
        /// Which resource.
        resource: String,
        /// What was read.
        outcome: Outcome<Versioned>,
    },
    /// A resource is written; with `If-Match` only from this version. A search is exact only if no value is
    /// written twice.
    WriteVersion {
        /// Which resource.
        resource: String,
        /// The version of `If-Match`, which the client was told before; `None` = whatever it is.
        expected: Option<String>,
        /// What is written.
        value: String,
        /// What was answered.
        outcome: Outcome<WriteAnswer>,
    },
}

/// A request that makes a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The `Idempotency-Key`. Requests of one account with one key are attempts at one thing.
    pub key: Option<String>,
    /// By which the job can be recognised in a list of jobs; the same for all attempts, and of no other request.
    pub marker: Option<String>,
    /// The group whose queue it joins; `None` for an import, and for a group that is being made.
    pub group: Option<u64>,
    /// What becomes of the members, in order; the last word about a member decides. Every name must be that of
    /// somebody who exists throughout. An import's memberships do not queue and have no place here.
    pub changes: Vec<Change>,
}

/// A change of a group's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// To whom.
    pub members: Vec<String>,
}

/// What is done to listed members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They join.
    Add,
    /// They leave.
    Remove,
    /// They join, and everybody else leaves.
    Replace,
}

/// What a request made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The job's number, if a job was needed.
    pub job: Option<u64>,
    /// The group's number, where the request made or changed one.
    pub group: Option<u64>,
    /// Whether the answer says that everything is done.
    pub done: bool,
}

/// A job as one read shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSight {
    /// Its state.
    pub state: State,
    /// Its counters, where they are shown.
    pub counts: Option<Counts>,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It waits.
    Pending,
    /// It is worked.
    InProgress,
    /// It waits for approval.
    AwaitingApproval,
    /// It is being stopped.
    AbortInProgress,
    /// Not ended; more is not shown.
    Ongoing,
    /// Ended; how is not shown.
    Finished,
    /// Ended with all its work done.
    Completed,
    /// Ended, and there was nothing to do.
    NoChange,
    /// Ended without success.
    Failed,
    /// Ended before its work was done.
    Aborted,
}

impl State {
    /// Whether a job never leaves it.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Completed | Self::NoChange | Self::Failed | Self::Aborted)
    }
}

/// The counters of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All items.
    pub total: u64,
    /// Settled items.
    pub processed: u64,
    /// Items that are not settled.
    pub pending: u64,
    /// Settled items by class, as far as they are shown. When all classes are there, they add up to `processed`.
    pub classes: BTreeMap<Class, u64>,
}

/// What settled an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It was made, or joined.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted, or left.
    Removed,
    /// There was nothing to do.
    Ignored,
    /// It could not be done.
    Failed,
    /// It was not attempted.
    Skipped,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Removed, Self::Ignored, Self::Failed, Self::Skipped];
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedJob {
    /// Its number.
    pub job: u64,
    /// Its state.
    pub state: State,
    /// The marker of the request that made it; `None` where it cannot be told.
    pub marker: Option<String>,
    /// Its place among all jobs that its group ever had, in the order in which they were accepted; `None` where it
    /// cannot be told. Numbers are no such places: nodes take them in blocks.
    pub place: Option<u64>,
}

/// What making a user came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateAnswer {
    /// A user was made, with this id.
    Made(String),
    /// Somebody has the name.
    Taken,
}

/// What renaming a user came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenameAnswer {
    /// The user has the name.
    Done,
    /// Somebody else has the name.
    Taken,
    /// There is no such user.
    Missing,
}

/// A value and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    /// The `ETag`.
    pub version: String,
    /// What stands there.
    pub value: String,
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteAnswer {
    /// It is written, and this is the new version.
    Done(String),
    /// The version is another.
    Mismatch,
}
