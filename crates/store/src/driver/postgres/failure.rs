//! What the database's errors mean.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::fault::Fault;

/// Why something asked of a connection did not come about.
#[derive(Debug)]
pub enum Failure {
    /// The server refused, or the connection broke.
    Server(Error),
    /// No answer came in time.
    TimedOut,
    /// This machine has no means for a connection.
    Machine(std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// What a failure means for the transaction, beyond the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It met another transaction: the closure may run again.
    Conflict,
    /// The connection cannot be used any more, and the transaction is gone with it.
    Lost,
    /// It cannot be committed.
    Failed,
}

impl Failure {
    /// What it means for the transaction.
    pub fn trouble(&self) -> Trouble {
        let Self::Server(error) = self else { return Trouble::Lost };
        match error.as_db_error() {
            Some(refusal) => refused(refusal),
            // A value that could not be written or read; the connection does not know of it.
            None if is_local(error) => Trouble::Failed,
            None => Trouble::Lost,
        }
    }

    /// What it means for the statement.
    pub fn fault(&self) -> Fault {
        let error = match self {
            Self::Server(error) => error,
            Self::TimedOut => return Fault::Busy("the database did not answer in time".to_owned()),
            Self::Machine(error) => return Fault::Busy(format!("no connection can be made: {error}")),
        };
        match error.as_db_error() {
            Some(refusal) => fault(refusal),
            None if is_local(error) => Fault::Defect(text(error)),
            None => Fault::Busy(format!("the connection to the database is lost: {}", text(error))),
        }
    }

    /// Whether it certainly means that a commit did not happen. After a connection broke nobody knows; but a
    /// session that was ended for its idle transaction had not begun the commit.
    pub fn undoes_commit(&self) -> bool {
        let Self::Server(error) = self else { return false };
        error.as_db_error().is_some_and(|refusal| {
            *refusal.code() == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
                || refusal.parsed_severity() == Some(Severity::Error)
        })
    }
}

/// An error with its causes, without what a server's message has beyond its first line.
pub fn text(error: &Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Whether an error is about a value, not the connection.
fn is_local(error: &Error) -> bool {
    let text = error.to_string();
    ["error serializing", "error deserializing", "error encoding", "expected "]
        .iter()
        .any(|start| text.starts_with(start))
}

/// What a prepared statement is refused with when its plan would give other columns, or when it is not there or
/// there twice.
const STALE: [&str; 3] = ["0A000", "26000", "42P05"];

fn refused(refusal: &DbError) -> Trouble {
    let code = refusal.code();
    if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
        return Trouble::Conflict;
    }
    // A server that became a standby or goes down, and statements that were prepared for another schema or on
    // another session.
    let gone = *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || STALE.contains(&code.code())
        || code.code().starts_with("08")
        || code.code().starts_with("57P")
        || refusal.parsed_severity() != Some(Severity::Error);
    if gone { Trouble::Lost } else { Trouble::Failed }
}

fn fault(refusal: &DbError) -> Fault {
    let code = refusal.code();
    let words = || format!("{} ({})", refusal.message(), code.code());
    match code.code() {
        "23505" => Fault::Unique(refusal.constraint().unwrap_or("a unique index without a name").to_owned()),
        "53100" => Fault::Full,
        // Out of a resource, locks that are not given in time, cancelled, deadlocked, read-only, ended.
        "25006" | "25P03" | "40001" | "40P01" | "53000" | "53200" | "53300" | "55P03" | "57014" => {
            Fault::Busy(words())
        }
        "58030" => Fault::Storage(words()),
        code if STALE.contains(&code) => Fault::Busy(words()),
        other if other.starts_with("08") || other.starts_with("57P") => Fault::Busy(words()),
        _ => Fault::Defect(words()),
    }
}
