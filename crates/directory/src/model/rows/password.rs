//! What a page says of the passwords of its rows.

use super::{APART, Head, PASSWORD_DROPPED, Reader, SEALED, write_length};
use crate::error::Result;

/// What is there of a row's password: never the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RowPassword {
    /// Nothing: the row says nothing of one.
    #[default]
    None,
    /// It was dropped.
    Dropped,
    /// It is sealed: of a row on its way to its page.
    Sealed(Vec<u8>),
    /// It stands sealed beside the row's page or among the ready hashes, until the row is settled; of a dry run, it would.
    Apart,
    /// An earlier job had it, and it is gone.
    Gone,
}

impl RowPassword {
    /// Its bits in front of a row, and among those of what few rows have.
    pub(super) const fn bits(&self) -> (u8, u8) {
        match self {
            Self::None => (0, 0),
            Self::Dropped => (PASSWORD_DROPPED, 0),
            Self::Sealed(_) => (0, SEALED),
            Self::Apart => (0, APART),
            Self::Gone => (PASSWORD_DROPPED, APART),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Self::Sealed(sealed) = self {
            write_length(sealed.len(), out);
            out.extend_from_slice(sealed);
        }
    }

    pub(super) fn read(head: &Head, reader: &mut Reader<'_>) -> Result<Self> {
        if head.has(SEALED) {
            let length = reader.length()?;
            return Ok(Self::Sealed(reader.bytes(length)?.to_vec()));
        }
        Ok(match (head.has(APART), head.flags & PASSWORD_DROPPED != 0) {
            (false, false) => Self::None,
            (false, true) => Self::Dropped,
            (true, false) => Self::Apart,
            (true, true) => Self::Gone,
        })
    }
}
