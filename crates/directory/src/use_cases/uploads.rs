//! Uploads in parts: begun, filled, looked at, given up. `imports` makes them jobs.
//!
//! A part is stored in blocks, a transaction each, and is there with the last of them. What is sent of a part belongs to one
//! attempt, so that a part that is sent again never mixes with an earlier one. Blocks are sealed where the server has a key
//! for it, since a file may have passwords.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use throng_jobs::{Instant, failpoint};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, parse_uuid};
use crate::limits;
use crate::model::audit::{Event, Kind};
use crate::model::faults::Faults;
use crate::model::passwords::seal::{BlockPlace, Blocks};
use crate::model::uploads::{CLOSED, PartNumber, Sha256Sum, Upload, UploadBlock, UploadPart};
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::{Told, Trail};
use crate::use_cases::groups::not_found;
use crate::use_cases::writes::{Asked, Written};

/// An upload as a client begins it.
#[derive(Clone, Debug, Default)]
pub struct UploadGiven {
    /// The file's name.
    pub file_name: Option<String>,
    /// The file's media type.
    pub content_type: Option<String>,
    /// Bytes that the file is to have.
    pub size: Option<u64>,
    /// What the file is to be.
    pub sha256: Option<Sha256Sum>,
}

/// A part as a client sends it.
#[derive(Clone, Debug)]
pub struct PartGiven {
    /// Its number.
    pub number: PartNumber,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they are to be.
    pub sha256: Sha256Sum,
}

/// An upload with the parts that are there, by rising number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadView {
    /// The upload.
    pub upload: Upload,
    /// Its parts.
    pub parts: Vec<UploadPart>,
}

impl Directory {
    /// Begins an upload.
    ///
    /// # Errors
    /// `Faults`; `TooLarge` for a file that is to be larger than the account allows; `TooManyWaiting` when the account has
    /// `UPLOADS_OPEN_MAX` open ones; `Idempotency`.
    pub async fn create_upload(
        &self,
        caller: &Caller,
        given: UploadGiven,
        asked: &Asked,
    ) -> Result<Written<UploadView>> {
        caller.require(Permission::AdminWrite)?;
        check(&given, caller.settings.upload_bytes_max)?;
        let (account, uuid) = (caller.account, self.ids.uuid(self.now()));
        let (once, trail) = (self.once(caller, asked, 201)?, self.trail(caller));
        let begun = Upload {
            uuid,
            created_at: CLOSED,
            expires_at: CLOSED,
            file_name: given.file_name,
            content_type: given.content_type,
            size: given.size,
            sha256: given.sha256,
            bytes: 0,
        };
        let create = move |tx: &mut dyn Tx| {
            tx.lock_uploads(account)?;
            // Uploads are thrown away by the store's clock.
            let now = tx.store_now(account)?;
            if let Err(refused) = tx.open_uploads(account)?.check_another() {
                let open = tx.uploads(account)?;
                let first = open.iter().map(|upload| upload.expires_at).min().unwrap_or(now);
                return Err(Error::TooManyWaiting {
                    detail: refused.to_string(),
                    at_least: first.since(now),
                });
            }
            let expires_at = now.plus(limits::UPLOAD_KEPT);
            let upload = Upload { created_at: now, expires_at, ..begun.clone() };
            tx.insert_upload(account, &upload)?;
            trail.tell(tx, Told::new(Event::Created, Kind::Upload, &uuid))?;
            Ok((uuid, UploadView { upload, parts: Vec::new() }))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &create, |tx, uuid| view(tx, account, uuid));
        self.write_once(write).await
    }

    /// The uploads that are open, without their parts, the newest first: at most `UPLOADS_OPEN_MAX`.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn uploads(&self, caller: &Caller) -> Result<Vec<Upload>> {
        caller.require(Permission::AdminRead)?;
        let account = caller.account;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.uploads(account);
        self.store.read(Cost::Point, read).await
    }

    /// An upload with its parts.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn upload(&self, caller: &Caller, id: &str) -> Result<UploadView> {
        caller.require(Permission::AdminRead)?;
        let (account, uuid) = (caller.account, parse_upload(id)?);
        let read = move |snapshot: &mut dyn Snapshot| view(snapshot, account, uuid)?.ok_or_else(not_found);
        self.store.read(Cost::Scan, read).await
    }

    /// Stores a part, in the place of an earlier one of its number. It is durable when this returns.
    ///
    /// # Errors
    /// `Invalid` for no bytes, and for others than were to come; `NotFound`; `TooLarge` and `TooMany` where the upload, or
    /// what the account has open, would become too large. Nothing is kept then.
    pub async fn replace_upload_part(
        self: &Arc<Self>,
        caller: &Caller,
        id: &str,
        given: PartGiven,
    ) -> Result<UploadPart> {
        caller.require(Permission::AdminWrite)?;
        let (directory, account, upload) = (Arc::clone(self), caller.account, parse_upload(id)?);
        let mut attempt = [0; 8];
        self.ids.fill(&mut attempt);
        let (attempt, trail) = (i64::from_le_bytes(attempt), self.trail(caller));
        let bytes_max = caller.settings.upload_bytes_max;
        let store = move || {
            let place = Place { account, upload, bytes_max };
            directory.store_part(place, given, attempt, &trail)
        };
        tokio::task::spawn_blocking(store).await.map_err(|error| Error::internal(error.to_string()))?
    }

    /// Gives up an upload. What it holds is thrown away soon after.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_upload(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.require(Permission::AdminWrite)?;
        let (account, uuid, trail) = (caller.account, parse_upload(id)?, self.trail(caller));
        let give_up = move |tx: &mut dyn Tx| {
            close(tx, account, uuid)?;
            trail.tell(tx, Told::new(Event::Deleted, Kind::Upload, &uuid))
        };
        self.store.write(Class::Interactive, give_up).await
    }

    fn store_part(&self, place: Place, given: PartGiven, attempt: i64, trail: &Trail) -> Result<UploadPart> {
        if given.bytes.is_empty() {
            return Err(Error::invalid("", "a part has at least one byte"));
        }
        if <Sha256Sum>::from(Sha256::digest(&given.bytes)) != given.sha256 {
            let detail = "the bytes of the part are not what the checksum says: send it again";
            return Err(Error::invalid("Content-Digest", detail));
        }
        let part = UploadPart {
            number: given.number,
            size: given.bytes.len() as u64,
            sha256: given.sha256,
            attempt,
        };
        match self.store_blocks(place, part, given.bytes, trail.clone()) {
            Ok(replaced) => {
                failpoint::pass("upload.after_part");
                if let Some(earlier) = replaced {
                    self.drop_blocks(place, earlier);
                }
                Ok(part)
            }
            Err(error) => {
                // Where it is not known whether the part is there its blocks may be needed.
                if error != Error::OutcomeUnknown {
                    self.drop_blocks(place, attempt);
                }
                Err(error)
            }
        }
    }

    /// Stores the blocks of a part, the part with the last of them. The attempt in whose place it stands.
    fn store_blocks(
        &self,
        place: Place,
        part: UploadPart,
        bytes: Vec<u8>,
        trail: Trail,
    ) -> Result<Option<i64>> {
        let blocks = self.blocks_of(place.account, place.upload)?;
        let last = (bytes.len() - 1) / limits::UPLOAD_BLOCK_BYTES;
        let mut stored = Vec::new();
        for (block, clear) in (0..).zip(bytes.chunks(limits::UPLOAD_BLOCK_BYTES)) {
            let data = blocks.store(clear, part.block(block), &self.ids)?;
            if block as usize == last {
                stored = data;
                break;
            }
            let store = move |tx: &mut dyn Tx| {
                place.room_for(tx, &part)?;
                place.insert_block(tx, &part, block, &data)
            };
            self.store.write_blocking(Class::Chunk, store)?;
        }
        drop(bytes);
        let last = u32::try_from(last).map_err(|_| Error::internal("a part has too many blocks"))?;
        failpoint::pass("upload.after_blocks");
        let finish = move |tx: &mut dyn Tx| {
            let (mut upload, earlier) = place.room_for(tx, &part)?;
            place.insert_block(tx, &part, last, &stored)?;
            tx.put_upload_part(place.account, place.upload, &part)?;
            upload.bytes = upload.bytes - earlier.map_or(0, |earlier| earlier.size) + part.size;
            let now = tx.store_now(place.account)?;
            upload.expires_at = upload.expires_at.max(now.plus(limits::UPLOAD_KEPT));
            tx.update_upload(place.account, &upload)?;
            let told = Told::new(Event::Updated, Kind::Upload, &place.upload);
            trail.tell(tx, told.with("part", part.number.get()).with("bytes", part.size))?;
            Ok(earlier.map(|earlier| earlier.attempt))
        };
        self.store.write_blocking(Class::Interactive, finish)
    }

    /// How the blocks of an upload are stored.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn blocks_of(&self, account: AccountId, upload: Uuid) -> Result<Blocks> {
        Blocks::of(self.sealing.as_deref(), account, upload)
    }

    /// Removes the blocks of an attempt that is no part. What is left goes with the upload.
    fn drop_blocks(&self, Place { account, upload, .. }: Place, attempt: i64) {
        let remove = move |tx: &mut dyn Tx| {
            tx.lock_uploads(account)?;
            tx.delete_upload_blocks(account, upload, attempt, limits::SWEEP_ROWS)
        };
        loop {
            match self.store.write_blocking(Class::Chunk, remove) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "blocks of a part that was sent again stay until its upload goes");
                    return;
                }
            }
        }
    }

    /// Throws away uploads that nobody sees any more, a few blocks at a time, and with `now` those that have expired.
    ///
    /// # Errors
    /// What the store fails with; what is left is done the next time.
    pub(crate) async fn drop_uploads(&self, now: Option<Instant>) -> Result<()> {
        let before = now.unwrap_or(Instant::from_micros(CLOSED.micros() + 1));
        let find = move |snapshot: &mut dyn Snapshot| snapshot.uploads_expired(before, limits::PURGE_ROWS);
        loop {
            let found = self.store.read(Cost::Scan, find).await?;
            for &(account, uuid) in &found {
                self.drop_upload(account, uuid, before).await?;
            }
            if found.len() < limits::PURGE_ROWS {
                return Ok(());
            }
        }
    }

    async fn drop_upload(&self, account: AccountId, uuid: Uuid, before: Instant) -> Result<()> {
        let hide = move |tx: &mut dyn Tx| {
            tx.lock_uploads(account)?;
            // A part may have come since.
            match tx.upload(account, uuid)? {
                Some(upload) if upload.expires_at >= before => Ok(false),
                Some(upload) => {
                    tx.update_upload(account, &Upload { expires_at: CLOSED, ..upload })?;
                    Ok(true)
                }
                None => Ok(true),
            }
        };
        if !self.store.write(Class::Chunk, hide).await? {
            return Ok(());
        }
        let remove = move |tx: &mut dyn Tx| {
            tx.lock_uploads(account)?;
            tx.drop_upload(account, uuid, limits::SWEEP_ROWS)
        };
        while self.store.write(Class::Chunk, remove).await? > 0 {
            failpoint::pass("upload.after_drop");
        }
        Ok(())
    }
}

impl UploadPart {
    /// Where a block of this part has its place.
    pub(crate) const fn block(&self, block: u32) -> BlockPlace {
        BlockPlace { part: self.number.get(), attempt: self.attempt, block }
    }
}

/// Of which upload a part is, and how large that may become.
#[derive(Clone, Copy)]
struct Place {
    account: AccountId,
    upload: Uuid,
    bytes_max: u64,
}

impl Place {
    /// The upload, and the part that this one would replace, if there is room for it.
    fn room_for(self, tx: &mut dyn Tx, part: &UploadPart) -> Result<(Upload, Option<UploadPart>)> {
        tx.lock_uploads(self.account)?;
        let upload = tx.upload(self.account, self.upload)?.ok_or_else(not_found)?;
        let earlier = tx.upload_part(self.account, self.upload, part.number.get())?;
        let more = part.size.saturating_sub(earlier.map_or(0, |earlier| earlier.size));
        if upload.bytes + more > self.bytes_max {
            return Err(too_large(self.bytes_max));
        }
        tx.open_uploads(self.account)?.check_more(more)?;
        Ok((upload, earlier))
    }

    fn insert_block(self, tx: &mut dyn Tx, part: &UploadPart, block: u32, data: &[u8]) -> Result<()> {
        let block = UploadBlock { attempt: part.attempt, block, data };
        tx.insert_upload_block(self.account, self.upload, block)
    }
}

/// Lets nobody see an upload any more.
///
/// # Errors
/// `NotFound` when it is closed already.
pub(crate) fn close(tx: &mut dyn Tx, account: AccountId, uuid: Uuid) -> Result<()> {
    tx.lock_uploads(account)?;
    let upload = tx.upload(account, uuid)?.ok_or_else(not_found)?;
    tx.update_upload(account, &Upload { expires_at: CLOSED, ..upload })
}

/// Reads the id of an upload.
///
/// # Errors
/// `NotFound` for what is none.
pub(crate) fn parse_upload(id: &str) -> Result<Uuid> {
    parse_uuid(id).ok_or_else(not_found)
}

/// An upload with its parts; none when it is closed.
pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    uuid: Uuid,
) -> Result<Option<UploadView>> {
    let Some(upload) = snapshot.upload(account, uuid)? else { return Ok(None) };
    let parts = snapshot.upload_parts(account, uuid, limits::UPLOAD_PARTS_MAX as usize)?;
    Ok(Some(UploadView { upload, parts }))
}

fn check(given: &UploadGiven, bytes_max: u64) -> Result<()> {
    let mut faults = Faults::default();
    for (field, text) in [("fileName", &given.file_name), ("contentType", &given.content_type)] {
        let Some(text) = text else { continue };
        faults.sized(field, text, 1..=limits::UPLOAD_NAME_CHARS_MAX);
        if text.chars().any(char::is_control) {
            faults.form(field, format!("{field} has no control characters"));
        }
    }
    faults.refuse()?;
    match given.size {
        Some(size) if size > bytes_max => Err(too_large(bytes_max)),
        _ => Ok(()),
    }
}

fn too_large(bytes_max: u64) -> Error {
    Error::TooLarge(format!("an upload has at most {bytes_max} bytes"))
}
