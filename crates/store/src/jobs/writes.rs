//! Writes of jobs, their payload, their results, and idempotency records.

use std::time::Duration;

use throng_directory::Result;
use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::{
    Chunk, Held, IdempotencyRecord, ImageBlock, Job, Part, PartForm, ResultPage, RowPage, Spec, Target,
};
use throng_directory::port::{Claim, JobReads, JobWrites};
use throng_jobs::{Instant, Token};

use super::payload::Payload;
use super::record::select_job;
use super::{counted, idempotency, lease, micros, record};
use crate::conn::{Conn, Scope, Value};
use crate::fault::stored;
use crate::locks::Locks;
use crate::session::Session;

/// Under which account stands what is the same for all.
const EVERYBODY: AccountId = AccountId(0);

impl<C: Conn> JobWrites for Session<C> {
    fn insert_job(&mut self, job: &Job) -> Result<()> {
        self.of(job.account, |conn| record::insert(conn, job))
    }

    fn update_job(&mut self, job: &Job) -> Result<()> {
        self.locks(|locks| locks.need_job())?;
        self.of(job.account, |conn| record::update(conn, job))
    }

    fn lock_unfinished(&mut self, account: AccountId, target: Target, limit: usize) -> Result<Vec<Job>> {
        // Index jobs_open.
        const READ: &str = select_job!(
            "where j.state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
             and j.account_id = ?1 and j.target = ?2 order by j.queue_seq, j.number limit ?3"
        );
        let sql = C::DIALECT.locking(READ);
        self.locks(Locks::job)?;
        self.of(account, |conn| {
            let limit = stored(limit as u64)?;
            conn.all(&sql, &[account.0.into(), target.code().into(), limit.into()], record::job)
        })
    }

    fn next_queue_seq(&mut self, account: AccountId, target: Target) -> Result<i64> {
        // Index jobs_open. An empty queue begins anew at 1: places are compared only inside a queue.
        let sql = "select coalesce(max(queue_seq), 0) + 1 from jobs \
                   where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
                   and account_id = ?1 and target = ?2";
        self.locks(|locks| match target {
            Target::Group(group) => locks.need_group(group),
            Target::Users | Target::Maintenance => locks.need_account_alone(account),
            // Nobody else queues there.
            Target::Nothing(_) => Ok(()),
        })?;
        self.of(account, |conn| conn.number(sql, &[account.0.into(), target.code().into()]))
    }

    fn touch_staged(&mut self, account: AccountId, job: JobNumber) -> Result<bool> {
        self.locks(Locks::job)?;
        self.of(account, |conn| Payload::of(account, job).touch_staged(conn))
    }

    fn claim(&mut self, claim: &Claim) -> Result<Option<Held>> {
        self.locks(Locks::job)?;
        self.run(Scope::Everywhere, |conn| lease::claim(conn, claim))
    }

    fn hold(&mut self, account: AccountId, job: JobNumber, token: Token, lease: Duration) -> Result<Job> {
        self.locks(Locks::job)?;
        self.of(account, |conn| lease::hold(conn, account, job, token, lease))
    }

    fn give_back(&mut self, account: AccountId, job: JobNumber) -> Result<()> {
        self.locks(|locks| locks.need_job())?;
        self.of(account, |conn| lease::give_back(conn, account, job))
    }

    fn release(&mut self, account: AccountId, job: JobNumber, token: Token, blameless: bool) -> Result<()> {
        self.locks(Locks::job)?;
        self.of(account, |conn| lease::release(conn, account, job, token, blameless))
    }

    fn forget_payload(&mut self, account: AccountId, job: JobNumber) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).forget_digest(conn))
    }

    fn put_spec(&mut self, account: AccountId, job: JobNumber, spec: &Spec) -> Result<()> {
        // The primary key of job_specs.
        let sql = "update job_specs set spec = ?3 where account_id = ?1 and job = ?2";
        self.of(account, |conn| {
            let spec = record::spec_text(spec)?;
            conn.execute(sql, &[account.0.into(), job.0.into(), spec.as_str().into()]).map(drop)
        })
    }

    fn put_parts(&mut self, account: AccountId, job: JobNumber, parts: &[Part]) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).put_parts(conn, parts))
    }

    fn delete_parts(&mut self, account: AccountId, job: JobNumber, form: PartForm) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).delete_parts(conn, form))
    }

    fn put_chunk(&mut self, account: AccountId, job: JobNumber, chunk: &Chunk) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).put_chunk(conn, chunk))
    }

    fn delete_chunks(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize> {
        self.of(account, |conn| counted(Payload::of(account, job).delete_chunks(conn, limit)?))
    }

    fn put_row_pages(&mut self, account: AccountId, job: JobNumber, pages: &[RowPage]) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).put_row_pages(conn, pages))
    }

    fn delete_row_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        limit: usize,
    ) -> Result<usize> {
        self.of(account, |conn| counted(Payload::of(account, job).delete_row_pages(conn, run, limit)?))
    }

    fn put_result_pages(&mut self, account: AccountId, job: JobNumber, pages: &[ResultPage]) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).put_result_pages(conn, pages))
    }

    fn put_images(&mut self, account: AccountId, job: JobNumber, blocks: &[ImageBlock]) -> Result<()> {
        self.of(account, |conn| Payload::of(account, job).put_images(conn, blocks))
    }

    fn delete_images(&mut self, account: AccountId, before: Instant, limit: usize) -> Result<usize> {
        // Index job_images_taken, then the primary key of job_images.
        let sql = "delete from job_images where account_id = ?1 and (job, first) in \
                   (select job, first from job_images where account_id = ?1 and taken_at < ?2 \
                   order by taken_at limit ?3)";
        self.of(account, |conn| {
            let values = [account.0.into(), before.micros().into(), stored(limit as u64)?.into()];
            counted(conn.execute(sql, &values)?)
        })
    }

    fn delete_items(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize> {
        self.of(account, |conn| counted(Payload::of(account, job).delete_items(conn, limit)?))
    }

    fn hide_job(&mut self, account: AccountId, job: JobNumber) -> Result<()> {
        // The primary key of jobs.
        let sql = "update jobs set purged_at = 0, name = null where account_id = ?1 and number = ?2 and ended_at is not null \
             and purged_at is null";
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), job.0.into()]).map(drop))
    }

    fn mark_purged(&mut self, account: AccountId, job: JobNumber) -> Result<()> {
        // The primary key of jobs.
        let sql = "update jobs set purged_at = throng_now() where account_id = ?1 and number = ?2 \
                   and (purged_at = 0 or purged_at > throng_now())";
        self.of(account, |conn| conn.execute(sql, &[account.0.into(), job.0.into()]).map(drop))
    }

    fn note_clock(&mut self, jump_max: Duration) -> Result<Option<Instant>> {
        // Conflicts are found through the primary key of clock_marks. A clock that was set back keeps the mark.
        let sql = "insert into clock_marks (account_id, seen_at) values (0, throng_now()) \
                   on conflict (account_id) do update set seen_at = case when excluded.seen_at > clock_marks.seen_at \
                   then excluded.seen_at else clock_marks.seen_at end \
                   where excluded.seen_at <= clock_marks.seen_at + ?1";
        match self.of(EVERYBODY, |conn| conn.execute(sql, &[micros(jump_max)?.into()]))? {
            0 => Ok(None),
            _ => self.store_now(EVERYBODY).map(Some),
        }
    }

    fn trust_clock(&mut self) -> Result<()> {
        // Conflicts are found through the primary key of clock_marks.
        let sql = "insert into clock_marks (account_id, seen_at) values (0, throng_now()) \
                   on conflict (account_id) do update set seen_at = excluded.seen_at";
        self.of(EVERYBODY, |conn| conn.execute(sql, &[]).map(drop))
    }

    fn delete_purged(&mut self, account: AccountId, job: JobNumber) -> Result<()> {
        // The primary keys of jobs and job_specs.
        let sql = "delete from jobs where account_id = ?1 and number = ?2 and purged_at is not null";
        let spec = "delete from job_specs where account_id = ?1 and job = ?2";
        self.of(account, |conn| {
            let key = [account.0.into(), job.0.into()];
            if conn.execute(sql, &key)? > 0 {
                conn.execute(spec, &key)?;
            }
            Ok(())
        })
    }

    fn drop_staged(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize> {
        self.of(account, |conn| counted(Payload::of(account, job).drop_staged(conn, limit)?))
    }

    fn lock_idempotency(
        &mut self,
        account: AccountId,
        client: ClientId,
        route: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>> {
        self.locks(Locks::key)?;
        self.of(account, |conn| idempotency::lock(conn, account, client, route, key))
    }

    fn put_idempotency(&mut self, account: AccountId, record: &IdempotencyRecord) -> Result<()> {
        self.locks(|locks| locks.need_key())?;
        self.of(account, |conn| idempotency::put(conn, account, record))
    }

    fn purge_idempotency(&mut self, before: Instant, again: Instant, limit: usize) -> Result<usize> {
        self.run(Scope::Everywhere, |conn| idempotency::purge(conn, (before, again), limit))
    }

    fn delete_idempotency(
        &mut self,
        account: AccountId,
        client: ClientId,
        route: &str,
        key: &str,
    ) -> Result<()> {
        // The primary key of idempotency.
        let sql =
            "delete from idempotency where account_id = ?1 and client_id = ?2 and route = ?3 and key = ?4";
        let values = [Value::Int(account.0), Value::Int(client.0), Value::Text(route), Value::Text(key)];
        self.locks(|locks| locks.need_key())?;
        self.of(account, |conn| conn.execute(sql, &values).map(drop))
    }
}
