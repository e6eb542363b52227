//! Uploads: files that arrive in parts, until they become jobs.

use std::num::NonZeroU32;

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::limits;

/// SHA-256 of something.
pub type Sha256Sum = [u8; 32];

/// An upload as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub uuid: Uuid,
    /// When it was begun.
    pub created_at: Instant,
    /// When it is thrown away; [`CLOSED`] when nobody sees it any more.
    pub expires_at: Instant,
    /// The file's name, if the client gave one.
    pub file_name: Option<String>,
    /// The file's media type, if the client gave one.
    pub content_type: Option<String>,
    /// Bytes that the whole file is to have, if the client said so.
    pub size: Option<u64>,
    /// What the whole file is to be, if the client said so.
    pub sha256: Option<Sha256Sum>,
    /// Bytes of its parts.
    pub bytes: u64,
}

/// When an upload is thrown away that nobody sees any more: at once.
pub const CLOSED: Instant = Instant::from_micros(0);

/// The number of a part, from 1 to `UPLOAD_PARTS_MAX`.
pub type PartNumber = NonZeroU32;

/// A part of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// Its number.
    pub number: PartNumber,
    /// Its bytes (≥ 1).
    pub size: u64,
    /// What it is.
    pub sha256: Sha256Sum,
    /// Which of the stored blocks are its own.
    pub attempt: i64,
}

/// A stretch of a part's bytes as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadBlock<'a> {
    /// Of which attempt to send a part.
    pub attempt: i64,
    /// Which of the part's, from 0.
    pub block: u32,
    /// The bytes.
    pub data: &'a [u8],
}

/// What the open uploads of an account come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenUploads {
    /// How many they are.
    pub uploads: u64,
    /// Bytes of all their parts.
    pub bytes: u64,
}

impl OpenUploads {
    /// Whether there is room for another upload.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn check_another(self) -> Result<()> {
        if self.uploads < limits::UPLOADS_OPEN_MAX {
            return Ok(());
        }
        let max = limits::UPLOADS_OPEN_MAX;
        Err(Error::TooMany(format!(
            "the account has {max} open uploads: commit, delete or let expire some (GET …/uploads lists them)"
        )))
    }

    /// Whether there is room for so many bytes more.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn check_more(self, bytes: u64) -> Result<()> {
        let max = limits::UPLOADS_BYTES_MAX;
        if self.bytes.saturating_add(bytes) <= max {
            return Ok(());
        }
        let detail =
            format!("the account's open uploads would have more than {max} bytes: commit or delete some");
        Err(Error::TooMany(detail))
    }
}

/// Whether these parts, by rising number, are the whole file: 1 to the last without a gap, and as many bytes as the upload
/// says.
///
/// # Errors
/// `Invalid` (field `uploadId`) that says what is missing.
pub fn check_whole(upload: &Upload, parts: &[UploadPart]) -> Result<()> {
    let refused = |detail: String| Err(Error::invalid("uploadId", detail));
    if parts.is_empty() {
        return refused("the upload has no parts".to_owned());
    }
    let numbers = parts.iter().map(|part| part.number.get());
    if let Some((missing, _)) = (1..).zip(numbers).find(|(expected, number)| expected != number) {
        let last = parts.len();
        return refused(format!("part {missing} of the upload is missing, but {last} parts are there"));
    }
    let bytes: u64 = parts.iter().map(|part| part.size).sum();
    match upload.size {
        Some(size) if size != bytes => {
            refused(format!("the parts of the upload have {bytes} bytes, but its size was said to be {size}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
