//! What is remembered of requests with an `Idempotency-Key`.

use std::time::Duration;

use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::IdempotencyRecord;
use throng_jobs::{Instant, Token};

use super::micros;
use crate::access::bytes;
use crate::conn::{Conn, Lock, Value};
use crate::fault::{Outcome, loaded};
use crate::users::uuid;

/// The record under this key, which is locked whether there is one or not.
pub fn lock<C: Conn>(
    conn: &mut C,
    account: AccountId,
    client: ClientId,
    route: &str,
    key: &str,
) -> Outcome<Option<IdempotencyRecord>> {
    // The primary key of idempotency.
    let sql = "select fingerprint, job, resource, status, holder, until_at - throng_now() from idempotency \
               where account_id = ?1 and client_id = ?2 and route = ?3 and key = ?4";
    let owner = format!("{account} {client}");
    conn.lock(Lock::Name(&["idempotency", &owner, route, key]))?;
    let values = [account.0.into(), client.0.into(), route.into(), key.into()];
    conn.first(sql, &values, |row| {
        Ok(IdempotencyRecord {
            client,
            route: route.to_owned(),
            key: key.to_owned(),
            fingerprint: row.opt_blob(0)?.map(bytes).transpose()?,
            job: row.opt_int(1)?.map(JobNumber),
            resource: row.opt_blob(2)?.map(uuid).transpose()?,
            status: loaded(row.int(3)?)?,
            holder: row.opt_blob(4)?.map(bytes).transpose()?.map(Token::from_bytes),
            lasts: Duration::from_micros(row.int(5)?.try_into().unwrap_or(0)),
        })
    })
}

/// Stores or overwrites a record.
pub fn put<C: Conn>(conn: &mut C, account: AccountId, record: &IdempotencyRecord) -> Outcome<()> {
    // Conflicts are found through the primary key of idempotency.
    let sql = "insert into idempotency (account_id, client_id, route, key, fingerprint, job, resource, \
               status, holder, until_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, throng_now() + ?10) \
               on conflict (account_id, client_id, route, key) do update set \
               fingerprint = excluded.fingerprint, job = excluded.job, resource = excluded.resource, \
               status = excluded.status, holder = excluded.holder, until_at = excluded.until_at";
    let values = [
        Value::Int(account.0),
        Value::Int(record.client.0),
        Value::Text(&record.route),
        Value::Text(&record.key),
        record.fingerprint.as_ref().map_or(Value::Null, |bytes| Value::Blob(bytes)),
        record.job.map(|job| job.0).into(),
        record.resource.as_ref().map_or(Value::Null, |uuid| Value::Blob(uuid.as_bytes())),
        Value::Int(i64::from(record.status)),
        record.holder.as_ref().map_or(Value::Null, |token| Value::Blob(token.as_bytes())),
        Value::Int(micros(record.lasts)?),
    ];
    conn.execute(sql, &values).map(drop)
}

/// Forgets records whose time ended before `before`; those whose job is shown are looked at again after `again`. How
/// many were one or the other.
pub fn purge<C: Conn>(conn: &mut C, (before, again): (Instant, Instant), limit: usize) -> Outcome<usize> {
    // The index idempotency_until finds them, the primary keys of idempotency and of jobs do the rest.
    let renew = "update idempotency set until_at = ?3 where (account_id, client_id, route, key) in \
                 (select i.account_id, i.client_id, i.route, i.key from idempotency i \
                 join jobs j on j.account_id = i.account_id and j.number = i.job \
                 where i.until_at < ?1 and j.purged_at is null order by i.until_at limit ?2)";
    let forget = "delete from idempotency where (account_id, client_id, route, key) in \
                  (select i.account_id, i.client_id, i.route, i.key from idempotency i where i.until_at < ?1 \
                  and not exists (select 1 from jobs j where j.account_id = i.account_id and j.number = i.job \
                  and j.purged_at is null) order by i.until_at limit ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (before, limit) = (Value::Int(before.micros()), Value::Int(limit));
    let renewed = conn.execute(renew, &[before, limit, Value::Int(again.micros())])?;
    let removed = conn.execute(forget, &[before, limit])?;
    Ok(usize::try_from(renewed + removed).unwrap_or(usize::MAX))
}
