//! Uploads in parts.

use throng_directory::Result;
use throng_directory::ids::AccountId;
use throng_directory::model::uploads::{CLOSED, OpenUploads, PartNumber, Upload, UploadBlock, UploadPart};
use throng_directory::port::{UploadReads, UploadWrites};
use throng_jobs::Instant;
use uuid::Uuid;

use crate::access::bytes;
use crate::conn::{Conn, Lock, Row, Scope, Value};
use crate::fault::{Fault, Outcome, loaded, stored};
use crate::session::Session;
use crate::users::uuid as uuid_of;

/// Reads the columns of an upload.
fn upload(row: &dyn Row) -> Outcome<Upload> {
    Ok(Upload {
        uuid: uuid_of(row.blob(0)?)?,
        created_at: Instant::from_micros(row.int(1)?),
        expires_at: Instant::from_micros(row.int(2)?),
        file_name: row.opt_text(3)?.map(str::to_owned),
        content_type: row.opt_text(4)?.map(str::to_owned),
        size: row.opt_int(5)?.map(loaded).transpose()?,
        sha256: row.opt_blob(6)?.map(bytes).transpose()?,
        bytes: loaded(row.int(7)?)?,
    })
}

/// Reads the columns of a part.
fn part(row: &dyn Row) -> Outcome<UploadPart> {
    let number = PartNumber::new(loaded(row.int(0)?)?);
    Ok(UploadPart {
        number: number.ok_or_else(|| Fault::Defect("a part of an upload has no number".to_owned()))?,
        size: loaded(row.int(1)?)?,
        sha256: bytes(row.blob(2)?)?,
        attempt: row.int(3)?,
    })
}

fn key(account: AccountId, uuid: &Uuid) -> [Value<'_>; 2] {
    [Value::Int(account.0), Value::Blob(uuid.as_bytes())]
}

impl<C: Conn> UploadReads for Session<C> {
    fn upload(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Upload>> {
        // The primary key of uploads.
        let sql = "select uuid, created_at, expires_at, file_name, content_type, size, sha256, bytes from uploads \
                   where account_id = ?1 and uuid = ?2 and expires_at > ?3";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| conn.first(sql, &[account_id, id, CLOSED.micros().into()], upload))
    }

    fn uploads(&mut self, account: AccountId) -> Result<Vec<Upload>> {
        // The primary key of uploads: an account has few.
        let sql = "select uuid, created_at, expires_at, file_name, content_type, size, sha256, bytes from uploads \
                   where account_id = ?1 and expires_at > ?2 order by created_at desc, uuid";
        let values = [account.0.into(), CLOSED.micros().into()];
        self.of(account, |conn| conn.all(sql, &values, upload))
    }

    fn open_uploads(&mut self, account: AccountId) -> Result<OpenUploads> {
        // The primary key of uploads: an account has few.
        let sql = "select count(*), cast(coalesce(sum(bytes), 0) as bigint) from uploads \
                   where account_id = ?1 and expires_at > ?2";
        self.of(account, |conn| {
            let found = conn.first(sql, &[account.0.into(), CLOSED.micros().into()], |row| {
                Ok(OpenUploads { uploads: loaded(row.int(0)?)?, bytes: loaded(row.int(1)?)? })
            })?;
            Ok(found.unwrap_or_default())
        })
    }

    fn upload_part(&mut self, account: AccountId, uuid: Uuid, number: u32) -> Result<Option<UploadPart>> {
        // The primary key of upload_parts.
        let sql = "select number, size, sha256, attempt from upload_parts \
                   where account_id = ?1 and upload = ?2 and number = ?3";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| conn.first(sql, &[account_id, id, i64::from(number).into()], part))
    }

    fn upload_parts(&mut self, account: AccountId, uuid: Uuid, limit: usize) -> Result<Vec<UploadPart>> {
        // The primary key of upload_parts.
        let sql = "select number, size, sha256, attempt from upload_parts \
                   where account_id = ?1 and upload = ?2 order by number limit ?3";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| conn.all(sql, &[account_id, id, stored(limit as u64)?.into()], part))
    }

    fn upload_blocks(
        &mut self,
        account: AccountId,
        uuid: Uuid,
        (attempt, from): (i64, u32),
        limit: usize,
    ) -> Result<Vec<Vec<u8>>> {
        // The primary key of upload_blocks.
        let sql = "select data from upload_blocks where account_id = ?1 and upload = ?2 and attempt = ?3 \
                   and block >= ?4 order by block limit ?5";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| {
            let (from, limit) = (i64::from(from), stored(limit as u64)?);
            let values = [account_id, id, attempt.into(), from.into(), limit.into()];
            conn.all(sql, &values, |row| Ok(row.blob(0)?.to_vec()))
        })
    }

    fn uploads_expired(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, Uuid)>> {
        // Index uploads_expires.
        let sql = "select account_id, uuid from uploads where expires_at < ?1 order by expires_at limit ?2";
        self.run(Scope::Everywhere, |conn| {
            let values = [before.micros().into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| Ok((AccountId(row.int(0)?), uuid_of(row.blob(1)?)?)))
        })
    }
}

impl<C: Conn> UploadWrites for Session<C> {
    fn lock_uploads(&mut self, account: AccountId) -> Result<()> {
        self.locks(|locks| locks.uploads(account))?;
        let name = account.0.to_string();
        self.of(account, |conn| conn.lock(Lock::Name(&["uploads", &name])))
    }

    fn insert_upload(&mut self, account: AccountId, upload: &Upload) -> Result<()> {
        self.locks(|locks| locks.need_uploads(account))?;
        let sql = "insert into uploads (account_id, uuid, created_at, expires_at, file_name, content_type, size, \
                   sha256, bytes) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let [account_id, id] = key(account, &upload.uuid);
        self.of(account, |conn| {
            let values = [
                account_id,
                id,
                upload.created_at.micros().into(),
                upload.expires_at.micros().into(),
                upload.file_name.as_deref().into(),
                upload.content_type.as_deref().into(),
                upload.size.map(stored).transpose()?.into(),
                upload.sha256.as_ref().map(<[u8; 32]>::as_slice).into(),
                stored(upload.bytes)?.into(),
            ];
            conn.execute(sql, &values).map(drop)
        })
    }

    fn update_upload(&mut self, account: AccountId, upload: &Upload) -> Result<()> {
        self.locks(|locks| locks.need_uploads(account))?;
        // The primary key of uploads.
        let sql = "update uploads set expires_at = ?3, bytes = ?4 where account_id = ?1 and uuid = ?2";
        let [account_id, id] = key(account, &upload.uuid);
        self.of(account, |conn| {
            let values = [account_id, id, upload.expires_at.micros().into(), stored(upload.bytes)?.into()];
            conn.execute(sql, &values).map(drop)
        })
    }

    fn insert_upload_block(&mut self, account: AccountId, uuid: Uuid, block: UploadBlock<'_>) -> Result<()> {
        self.locks(|locks| locks.need_uploads(account))?;
        let sql = "insert into upload_blocks (account_id, upload, attempt, block, data) \
                   values (?1, ?2, ?3, ?4, ?5)";
        let [account_id, id] = key(account, &uuid);
        let number = i64::from(block.block);
        let values = [account_id, id, block.attempt.into(), number.into(), block.data.into()];
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }

    fn put_upload_part(&mut self, account: AccountId, uuid: Uuid, part: &UploadPart) -> Result<()> {
        self.locks(|locks| locks.need_uploads(account))?;
        // Conflicts are found through the primary key of upload_parts.
        let sql = "insert into upload_parts (account_id, upload, number, size, sha256, attempt) \
                   values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (account_id, upload, number) do update set \
                   size = excluded.size, sha256 = excluded.sha256, attempt = excluded.attempt";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| {
            let (number, size) = (i64::from(part.number.get()), stored(part.size)?);
            let sum = Value::Blob(&part.sha256);
            conn.execute(sql, &[account_id, id, number.into(), size.into(), sum, part.attempt.into()])
                .map(drop)
        })
    }

    fn delete_upload_blocks(
        &mut self,
        account: AccountId,
        uuid: Uuid,
        attempt: i64,
        limit: usize,
    ) -> Result<u64> {
        self.locks(|locks| locks.need_uploads(account))?;
        // The primary key of upload_blocks.
        let sql = "delete from upload_blocks where account_id = ?1 and upload = ?2 and attempt = ?3 and block in \
                   (select block from upload_blocks where account_id = ?1 and upload = ?2 and attempt = ?3 \
                   order by block limit ?4)";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| {
            conn.execute(sql, &[account_id, id, attempt.into(), stored(limit as u64)?.into()])
        })
    }

    fn drop_upload(&mut self, account: AccountId, uuid: Uuid, limit: usize) -> Result<u64> {
        self.locks(|locks| locks.need_uploads(account))?;
        // The primary keys of upload_blocks, upload_parts and uploads.
        let blocks = "delete from upload_blocks where account_id = ?1 and upload = ?2 and (attempt, block) in \
                      (select attempt, block from upload_blocks where account_id = ?1 and upload = ?2 \
                      order by attempt, block limit ?3)";
        let parts = "delete from upload_parts where account_id = ?1 and upload = ?2";
        let whole = "delete from uploads where account_id = ?1 and uuid = ?2";
        let [account_id, id] = key(account, &uuid);
        self.of(account, |conn| {
            let limit = limit as u64;
            let dropped = conn.execute(blocks, &[account_id, id, stored(limit)?.into()])?;
            if dropped < limit {
                conn.execute(parts, &[account_id, id])?;
                conn.execute(whole, &[account_id, id])?;
            }
            Ok(dropped)
        })
    }
}
