//! Uploads in parts: every part that is there has its bytes, and no bytes are nobody's.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::Read;
use crate::database::Database;
use crate::findings::Findings;

/// Account and id of an upload.
type Key = (i64, [u8; 16]);

/// The last byte of a block that is sealed …
const SEALED: u8 = 1;
/// … and what sealing adds before it: a nonce and a tag.
const SEAL_BYTES: usize = 12 + 16;

/// A part as it was sent, and what is stored of it.
struct Part {
    size: i64,
    sum: Vec<u8>,
    digest: Sha256,
    bytes: i64,
    /// Only its length can be told.
    is_sealed: bool,
}

/// Checks that uploads, their parts and the blocks of these fit together.
pub fn check(db: &Database, findings: &mut Findings) -> Read<()> {
    let mut uploads: BTreeMap<Key, i64> = BTreeMap::new();
    let sql = "select account_id, uuid, bytes, expires_at from uploads";
    for (key, bytes, expires_at) in
        db.all(sql, &[], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?, row.get::<i64>(3)?)))?
    {
        if expires_at > 0 {
            uploads.insert(key, bytes);
        } else {
            findings.note(format!("an upload of account {} is being thrown away", key.0));
        }
    }
    check_parts(db, uploads, findings)?;
    for table in ["upload_parts", "upload_blocks"] {
        let sql = format!(
            "select count(*) from {table} p where not exists \
             (select 1 from uploads u where u.account_id = p.account_id and u.uuid = p.upload)"
        );
        let lost = db.all(&sql, &[], |row| row.get::<i64>(0))?;
        findings.demand(lost == [0], || format!("{table} has {lost:?} rows of no upload"));
    }
    Ok(())
}

/// Every part of an open upload is what it was, and together they are as large as the upload says.
fn check_parts(db: &Database, mut uploads: BTreeMap<Key, i64>, findings: &mut Findings) -> Read<()> {
    let sql = "select p.account_id, p.upload, p.number, p.size, p.sha256, b.data from upload_parts p \
               left join upload_blocks b on b.account_id = p.account_id and b.upload = p.upload \
               and b.attempt = p.attempt order by p.account_id, p.upload, p.number, b.block";
    let mut parts: BTreeMap<(Key, i64), Part> = BTreeMap::new();
    for (part, size, sum, data) in db.all(sql, &[], |row| {
        let part: (Key, i64) = ((row.get(0)?, row.get(1)?), row.get(2)?);
        Ok((part, row.get::<i64>(3)?, row.get::<Vec<u8>>(4)?, row.get::<Option<Vec<u8>>>(5)?))
    })? {
        let begun = Part { size, sum, digest: Sha256::new(), bytes: 0, is_sealed: false };
        let part = parts.entry(part).or_insert(begun);
        let Some((&how, data)) = data.as_deref().and_then(<[u8]>::split_last) else { continue };
        let clear = if how == SEALED { data.len().saturating_sub(SEAL_BYTES) } else { data.len() };
        part.is_sealed |= how == SEALED;
        part.bytes += i64::try_from(clear).unwrap_or(i64::MAX);
        part.digest.update(data);
    }
    for ((key, number), Part { size, sum, digest, bytes, is_sealed }) in parts {
        let Some(left) = uploads.get_mut(&key) else { continue };
        *left -= size;
        let account = key.0;
        findings.demand(size == bytes && (is_sealed || digest.finalize().as_slice() == sum), || {
            format!("part {number} of an upload of account {account} is not there as it was sent")
        });
    }
    for ((account, _), left) in uploads {
        findings
            .demand(left == 0, || format!("an upload of account {account} is {left} bytes off its parts"));
    }
    Ok(())
}
