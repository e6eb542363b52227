//! Uploads in parts.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::AccountId;
use crate::model::uploads::{OpenUploads, Upload, UploadBlock, UploadPart};

/// Reads of uploads.
pub trait UploadReads {
    /// The upload with this id, unless it is closed.
    fn upload(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Upload>>;

    /// The uploads of an account that are not closed, the newest first. All of them: there are at most `UPLOADS_OPEN_MAX`.
    fn uploads(&mut self, account: AccountId) -> Result<Vec<Upload>>;

    /// What the account's open uploads come to.
    fn open_uploads(&mut self, account: AccountId) -> Result<OpenUploads>;

    /// The part of this number.
    fn upload_part(&mut self, account: AccountId, uuid: Uuid, number: u32) -> Result<Option<UploadPart>>;

    /// Parts by rising number, at most `limit`.
    fn upload_parts(&mut self, account: AccountId, uuid: Uuid, limit: usize) -> Result<Vec<UploadPart>>;

    /// The bytes of the blocks of an attempt, from this one of them on and in order, at most `limit`.
    fn upload_blocks(
        &mut self,
        account: AccountId,
        uuid: Uuid,
        from: (i64, u32),
        limit: usize,
    ) -> Result<Vec<Vec<u8>>>;

    /// Uploads of all accounts that expired before this time, at most `limit`; the closed ones first.
    fn uploads_expired(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, Uuid)>>;
}

/// Writes of uploads.
pub trait UploadWrites {
    /// Locks the uploads of an account until the end of the transaction. In the lock order where users are.
    fn lock_uploads(&mut self, account: AccountId) -> Result<()>;

    /// Inserts an upload. The caller holds the lock, as for every other write of uploads.
    fn insert_upload(&mut self, account: AccountId, upload: &Upload) -> Result<()>;

    /// Stores when an upload expires, and how many bytes its parts have.
    fn update_upload(&mut self, account: AccountId, upload: &Upload) -> Result<()>;

    /// Stores a block.
    fn insert_upload_block(&mut self, account: AccountId, uuid: Uuid, block: UploadBlock<'_>) -> Result<()>;

    /// Stores a part, over an earlier one of its number.
    fn put_upload_part(&mut self, account: AccountId, uuid: Uuid, part: &UploadPart) -> Result<()>;

    /// Removes up to `limit` blocks of an attempt; how many.
    fn delete_upload_blocks(
        &mut self,
        account: AccountId,
        uuid: Uuid,
        attempt: i64,
        limit: usize,
    ) -> Result<u64>;

    /// Removes up to `limit` blocks of an upload, and the upload with its parts when no block is left; how many blocks.
    fn drop_upload(&mut self, account: AccountId, uuid: Uuid, limit: usize) -> Result<u64>;
}
