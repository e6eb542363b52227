//! What a statement can fail with.

use throng_directory::Error;

/// A failed statement, or a refusal by a repository.
#[derive(Debug)]
pub enum Fault {
    /// A unique index refused; the text names its columns or itself.
    Unique(String),
    /// The storage is full.
    Full,
    /// The database cannot do it now.
    Busy(String),
    /// Reading or writing the storage failed.
    Storage(String),
    /// A repository refused, by contract.
    Refused(Error),
    /// A defect: a broken check, a malformed row, a wrong statement.
    Defect(String),
}

/// The result of a statement.
pub type Outcome<T> = std::result::Result<T, Fault>;

impl Fault {
    /// A refused unique value as the port spells it, where `index` tells the index by a part of its text;
    /// every other fault stays what it is.
    pub fn or_taken(self, index: &str, field: &'static str, detail: &str) -> Self {
        match self {
            Self::Unique(text) if text.contains(index) => Self::taken(field, detail),
            other => other,
        }
    }

    /// A unique value that is taken.
    pub fn taken(field: &'static str, detail: &str) -> Self {
        Self::Refused(Error::taken(field, detail))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unique(text) => Self::internal(format!("a unique index refused a row: {text}")),
            Fault::Full => Self::StorageFull,
            Fault::Busy(text) | Fault::Storage(text) => Self::Unavailable(text),
            Fault::Refused(error) => error,
            Fault::Defect(text) => Self::Internal(text),
        }
    }
}

/// Turns an unsigned number into what a column holds.
pub fn stored(n: u64) -> Outcome<i64> {
    i64::try_from(n).map_err(|_| Fault::Defect(format!("{n} does not fit a column")))
}

/// Reads a number from a column that holds only what `T` can.
pub fn loaded<T: TryFrom<i64>>(n: i64) -> Outcome<T> {
    T::try_from(n).map_err(|_| Fault::Defect(format!("a column holds {n}, which is out of range")))
}
