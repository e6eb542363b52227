//! The parts of an upload as one file, read a few blocks at a time.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::vec;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;
use crate::model::passwords::seal::Blocks;
use crate::model::uploads::{self, UploadPart};
use crate::port::{Snapshot, Store, StoreExt};
use crate::use_cases::groups::not_found;
use crate::use_cases::uploads::{UploadView, view};

use super::{Digesting, FileNames, Import, Staged};
use crate::use_cases::imports::runs::Stage;

impl Import<'_> {
    /// Stages the rows of an upload.
    ///
    /// # Errors
    /// Those of reading a file; `NotFound`; `Invalid` (field `uploadId`) where parts are missing, or are not the file that
    /// was to come.
    pub(super) fn read_upload(&self, uuid: Uuid, stage: &mut Stage<'_>) -> Result<Staged> {
        let account = self.caller.account;
        let read = move |snapshot: &mut dyn Snapshot| view(snapshot, account, uuid)?.ok_or_else(not_found);
        let UploadView { upload, parts } = self.directory.store.read_blocking(read)?;
        uploads::check_whole(&upload, &parts)?;
        let failure = Failure::default();
        let reader = PartsReader {
            store: Arc::clone(&self.directory.store),
            account,
            upload: uuid,
            blocks: self.directory.blocks_of(account, uuid)?,
            parts: parts.into_iter(),
            current: None,
            block: io::Cursor::default(),
            failure: failure.clone(),
        };
        let file = Digesting::new(Box::new(reader));
        let names = FileNames {
            file_name: upload.file_name.as_deref(),
            content_type: upload.content_type.as_deref(),
        };
        let staged = self.read_rows(&file, names, stage).and_then(|staged| {
            let found = file.finish()?;
            match upload.sha256 {
                Some(expected) if expected != found => {
                    let detail = "the parts of the upload are not the file that its sha256 was said to be";
                    Err(Error::invalid("uploadId", detail))
                }
                _ => Ok(staged),
            }
        });
        // What the reader of a format makes of it says less.
        failure.take().map_or(staged, Err)
    }
}

/// Why the parts could not be read.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    fn note(&self, error: Error) -> io::Error {
        let told = io::Error::other(error.to_string());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        told
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct PartsReader {
    store: Arc<dyn Store>,
    account: AccountId,
    upload: Uuid,
    blocks: Blocks,
    parts: vec::IntoIter<UploadPart>,
    /// The part that is being read.
    current: Option<Reading>,
    /// Bytes of it that were read from the store.
    block: io::Cursor<Vec<u8>>,
    failure: Failure,
}

struct Reading {
    part: UploadPart,
    next_block: u32,
    digest: Sha256,
}

impl PartsReader {
    /// Fetches the next bytes; whether there are any.
    fn fetch(&mut self) -> Result<bool> {
        loop {
            let Some(reading) = &mut self.current else {
                let Some(part) = self.parts.next() else { return Ok(false) };
                self.current = Some(Reading { part, next_block: 0, digest: Sha256::new() });
                continue;
            };
            let (account, upload, from) =
                (self.account, self.upload, (reading.part.attempt, reading.next_block));
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.upload_blocks(account, upload, from, limits::UPLOAD_BLOCKS_AT_ONCE)
            };
            let blocks = self.store.read_blocking(read)?;
            if !blocks.is_empty() {
                let mut bytes = Vec::new();
                for block in blocks {
                    let block = self.blocks.load(block, reading.part.block(reading.next_block));
                    bytes.append(&mut block.ok_or_else(|| gone(&reading.part))?);
                    reading.next_block += 1;
                }
                reading.digest.update(&bytes);
                self.block = io::Cursor::new(bytes);
                return Ok(true);
            }
            if <[u8; 32]>::from(reading.digest.finalize_reset()) != reading.part.sha256 {
                return Err(gone(&reading.part));
            }
            self.current = None;
        }
    }
}

/// Sent again, or given up, since the parts were listed; sealed with another key; or the database is damaged.
fn gone(part: &UploadPart) -> Error {
    let number = part.number;
    Error::WrongState(format!(
        "part {number} of the upload cannot be read as it was sent: it changed meanwhile, or the server's sealing key \
         did; send the parts again"
    ))
}

impl Read for PartsReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.position() >= self.block.get_ref().len() as u64 {
            match self.fetch() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(error) => return Err(self.failure.note(error)),
            }
        }
        self.block.read(buffer)
    }
}
