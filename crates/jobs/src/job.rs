//! The states of a job.

/// Names a job inside the engine: the account's key and the job's number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobRef {
    /// The account's key in the store.
    pub account: i64,
    /// The job's number in the account.
    pub number: i64,
}

/// Where a job is in its life. The text is what the store keeps and what the admin API shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its payload is arriving; invisible, and swept when the upload does not finish.
    Receiving,
    /// Accepted, durable, waiting for its turn.
    Pending,
    /// Being worked, or waiting between two chunks.
    InProgress,
    /// Held back until somebody approves it.
    AwaitingApproval,
    /// A stop was asked for; at most one more chunk is applied.
    AbortInProgress,
    /// Ended: it did what it could, and nothing went wrong.
    Completed,
    /// Ended: something went wrong.
    Failed,
    /// Ended: everything was already as asked.
    NoChange,
    /// Ended: stopped.
    Aborted,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Receiving,
        Self::Pending,
        Self::InProgress,
        Self::AwaitingApproval,
        Self::AbortInProgress,
        Self::Completed,
        Self::Failed,
        Self::NoChange,
        Self::Aborted,
    ];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "RECEIVING",
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::AwaitingApproval => "AWAITING_APPROVAL",
            Self::AbortInProgress => "ABORT_IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::NoChange => "NO_CHANGE",
            Self::Aborted => "ABORTED",
        }
    }

    /// The state with this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the job has ended. A terminal job never changes again.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::NoChange | Self::Aborted)
    }
}
