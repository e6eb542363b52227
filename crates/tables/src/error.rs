//! What ends the reading of a file.

use std::fmt;

/// Why a file, or the rest of it, is not read.
///
/// The text (by `Display`) says where and what, for the person who sent the file.
#[derive(Debug)]
pub enum Error {
    /// A limit of [`crate::Limits`] was reached (HTTP: 413).
    TooLarge {
        /// What was too large, and the limit.
        message: String,
        /// The row it happened in, counted as [`crate::Row::number`]; none for the whole file.
        row: Option<u64>,
    },
    /// The file is not what it should be (HTTP: 400).
    Unreadable {
        /// What is wrong.
        message: String,
        /// The row it happened in, counted as [`crate::Row::number`]; none for the whole file.
        row: Option<u64>,
    },
    /// There is no row of column names: the file is empty (HTTP: 400).
    NoHeader,
    /// The input stream failed: the fault is not in the file.
    Input(std::io::Error),
    /// The file could not be kept for reading, on the disk that has the temporary files: no fault of the file.
    Disk(std::io::Error),
}

impl Error {
    pub(crate) fn too_large(row: Option<u64>, message: impl Into<String>) -> Self {
        Self::TooLarge { message: message.into(), row }
    }

    pub(crate) fn unreadable(row: Option<u64>, message: impl Into<String>) -> Self {
        Self::Unreadable { message: message.into(), row }
    }

    /// The error as one of a stream that passes it on. [`Error::of_io`] takes it out again.
    pub(crate) fn into_io(self) -> std::io::Error {
        std::io::Error::other(self)
    }

    /// What a stream failed with: the error that [`Error::into_io`] put in, else a failure of the input.
    pub(crate) fn of_io(error: std::io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Input)
    }

    /// The error with the row it happened in, if it has none yet.
    pub(crate) fn at(mut self, number: Option<u64>) -> Self {
        if let Self::TooLarge { row, .. } | Self::Unreadable { row, .. } = &mut self {
            *row = row.or(number);
        }
        self
    }

    /// The error as one of a file in an archive, which is named; its row counts on from the files before.
    pub(crate) fn inside(self, file: &str, counted: impl FnOnce(u64) -> u64) -> Self {
        let said = |message: String| format!("in '{file}': {message}");
        match self {
            Self::TooLarge { message, row } => {
                Self::TooLarge { message: said(message), row: row.map(counted) }
            }
            Self::Unreadable { message, row } => {
                Self::Unreadable { message: said(message), row: row.map(counted) }
            }
            Self::NoHeader => Self::unreadable(None, said("its first row must name the columns".to_owned())),
            other => other,
        }
    }

    /// Whether the file was refused for its size (HTTP 413) and not for its content (400).
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }

    /// Whether the stream failed, so that nothing can be said about the file.
    pub fn is_input(&self) -> bool {
        matches!(self, Self::Input(_))
    }

    /// The row the reading stopped in, where there is one; numbered as [`crate::Row::number`].
    pub fn row(&self) -> Option<u64> {
        match self {
            Self::TooLarge { row, .. } | Self::Unreadable { row, .. } => *row,
            Self::NoHeader | Self::Input(_) | Self::Disk(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row() {
            write!(f, "row {row}: ")?;
        }
        match self {
            Self::TooLarge { message, .. } | Self::Unreadable { message, .. } => f.write_str(message),
            Self::NoHeader => f.write_str("the file is empty: its first row must name the columns"),
            Self::Input(error) => write!(f, "the file could not be read to its end: {error}"),
            Self::Disk(error) => {
                write!(f, "the file could not be kept on the disk while it is read: {error}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Input(error) | Self::Disk(error) => Some(error),
            _ => None,
        }
    }
}
