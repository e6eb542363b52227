//! What was sent, what is staged and what became of it: rows with blobs.

use throng_directory::ids::{AccountId, JobNumber};
use throng_directory::model::jobs::{
    Chunk, ImageBlock, Part, PartForm, PartPlace, ResultCounts, ResultPage, RowPage, Stretch,
};
use throng_jobs::Instant;

use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, loaded, stored};

/// One job's payload and results.
#[derive(Clone, Copy)]
pub struct Payload {
    account: i64,
    job: i64,
}

/// Which rows of a list, by rising number.
#[derive(Clone, Copy)]
pub struct From {
    /// The first number.
    pub first: u64,
    /// Rows at most.
    pub limit: usize,
}

const fn is_produced(form: PartForm) -> bool {
    matches!(form, PartForm::Keys)
}

impl Payload {
    /// The payload of this job.
    pub const fn of(account: AccountId, job: JobNumber) -> Self {
        Self { account: account.0, job: job.0 }
    }

    /// Parts by rising first item; `produced` ones apart.
    pub fn parts<C: Conn>(self, conn: &mut C, produced: bool, from: From) -> Outcome<Vec<Part>> {
        // The primary key of job_parts.
        let sql = "select first, items, form, data from job_parts where account_id = ?1 and job = ?2 \
                   and produced = ?3 and first >= ?4 order by first limit ?5";
        let [first, limit] = from.values()?;
        let values = [self.account.into(), self.job.into(), i64::from(produced).into(), first, limit];
        conn.all(sql, &values, part)
    }

    /// Where parts begin, and how each holds how many items.
    pub fn part_places<C: Conn>(self, conn: &mut C, produced: bool) -> Outcome<Vec<PartPlace>> {
        // The primary key of job_parts; the numbers lie before the blob.
        let sql = "select first, items, form from job_parts where account_id = ?1 and job = ?2 \
                   and produced = ?3 order by first";
        conn.all(sql, &[self.account.into(), self.job.into(), i64::from(produced).into()], part_place)
    }

    /// Stretches of parts, by the item that a part begins at.
    pub fn part_stretches<C: Conn>(
        self,
        conn: &mut C,
        produced: bool,
        stretches: &[Stretch],
    ) -> Outcome<Vec<Vec<u8>>> {
        // The primary key of job_parts.
        let sql =
            "select data from job_parts where account_id = ?1 and job = ?2 and produced = ?3 and first = ?4";
        let common = [self.account.into(), self.job.into(), i64::from(produced).into()];
        conn.stretches(sql, &common, stretches)
    }

    /// Forgets the digest.
    pub fn forget_digest<C: Conn>(self, conn: &mut C) -> Outcome<()> {
        // The primary key of job_specs.
        let sql = "update job_specs set payload = null where account_id = ?1 and job = ?2";
        conn.execute(sql, &[self.account.into(), self.job.into()]).map(drop)
    }

    /// Stores parts.
    pub fn put_parts<C: Conn>(self, conn: &mut C, parts: &[Part]) -> Outcome<()> {
        // Conflicts are found through the primary key of job_parts.
        let sql = "insert into job_parts (account_id, job, produced, first, items, form, data) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (account_id, job, produced, first) \
                   do update set items = excluded.items, form = excluded.form, data = excluded.data";
        let rows = parts.iter().map(|part| {
            [
                Value::Int(i64::from(is_produced(part.form))),
                Value::Int(i64::from(part.first)),
                Value::Int(i64::from(part.items)),
                Value::Int(part.form as i64),
                Value::Blob(&part.data),
            ]
        });
        conn.for_rows(sql, &[self.account.into(), self.job.into()], rows, |_| Ok(()))
    }

    /// Removes the parts of a form.
    pub fn delete_parts<C: Conn>(self, conn: &mut C, form: PartForm) -> Outcome<()> {
        // The primary key of job_parts.
        let sql = "delete from job_parts where account_id = ?1 and job = ?2 and produced = ?3 and form = ?4";
        let produced = i64::from(is_produced(form));
        let values = [self.account.into(), self.job.into(), produced.into(), (form as i64).into()];
        conn.execute(sql, &values).map(drop)
    }

    /// Chunks by rising `seq`.
    pub fn chunks<C: Conn>(self, conn: &mut C, from: From) -> Outcome<Vec<Chunk>> {
        // The primary key of job_chunks.
        let sql = "select seq, items, entries from job_chunks where account_id = ?1 and job = ?2 \
                   and seq >= ?3 order by seq limit ?4";
        let [first, limit] = from.values()?;
        conn.all(sql, &[self.account.into(), self.job.into(), first, limit], |row| {
            Ok(Chunk {
                seq: loaded(row.int(0)?)?,
                items: loaded(row.int(1)?)?,
                entries: row.blob(2)?.to_vec(),
            })
        })
    }

    /// Stores a chunk.
    pub fn put_chunk<C: Conn>(self, conn: &mut C, chunk: &Chunk) -> Outcome<()> {
        let sql = "insert into job_chunks (account_id, job, seq, items, entries) values (?1, ?2, ?3, ?4, ?5)";
        let values = [
            Value::Int(self.account),
            Value::Int(self.job),
            Value::Int(stored(chunk.seq)?),
            Value::Int(i64::from(chunk.items)),
            Value::Blob(&chunk.entries),
        ];
        conn.execute(sql, &values).map(drop)
    }

    /// Removes up to `limit` chunks; how many.
    pub fn delete_chunks<C: Conn>(self, conn: &mut C, limit: usize) -> Outcome<u64> {
        // The primary key of job_chunks.
        let sql = "delete from job_chunks where account_id = ?1 and job = ?2 and seq in \
                   (select seq from job_chunks where account_id = ?1 and job = ?2 order by seq limit ?3)";
        let limit = stored(limit as u64)?;
        conn.execute(sql, &[self.account.into(), self.job.into(), limit.into()])
    }

    /// Pages of a run, in order.
    pub fn row_pages<C: Conn>(self, conn: &mut C, run: u32, from: From) -> Outcome<Vec<RowPage>> {
        // The primary key of job_rows.
        let sql = "select page, items, data from job_rows where account_id = ?1 and job = ?2 and run = ?3 \
                   and page >= ?4 order by page limit ?5";
        let [first, limit] = from.values()?;
        let values = [self.account.into(), self.job.into(), i64::from(run).into(), first, limit];
        conn.all(sql, &values, |row| row_page(run, row))
    }

    /// These pages of a run.
    pub fn row_pages_at<C: Conn>(self, conn: &mut C, run: u32, pages: &[u32]) -> Outcome<Vec<RowPage>> {
        // The primary key of job_rows.
        let sql = "select page, items, data from job_rows where account_id = ?1 and job = ?2 and run = ?3 \
                   and page = ?4";
        let common = [self.account.into(), self.job.into(), i64::from(run).into()];
        at(conn, sql, &common, pages, |row| row_page(run, row))
    }

    /// Stores pages of rows.
    pub fn put_row_pages<C: Conn>(self, conn: &mut C, pages: &[RowPage]) -> Outcome<()> {
        // Conflicts are found through the primary key of job_rows.
        let sql = "insert into job_rows (account_id, job, run, page, items, data) \
                   values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (account_id, job, run, page) \
                   do update set items = excluded.items, data = excluded.data";
        let rows = pages.iter().map(|page| {
            [
                Value::Int(i64::from(page.run)),
                Value::Int(i64::from(page.page)),
                Value::Int(i64::from(page.items)),
                Value::Blob(&page.data),
            ]
        });
        conn.for_rows(sql, &[self.account.into(), self.job.into()], rows, |_| Ok(()))
    }

    /// Removes up to `limit` pages of a run; how many.
    pub fn delete_row_pages<C: Conn>(self, conn: &mut C, run: u32, limit: usize) -> Outcome<u64> {
        // The primary key of job_rows.
        let sql = "delete from job_rows where account_id = ?1 and job = ?2 and run = ?3 and page in \
                   (select page from job_rows where account_id = ?1 and job = ?2 and run = ?3 \
                   order by page limit ?4)";
        let limit = stored(limit as u64)?;
        conn.execute(sql, &[self.account.into(), self.job.into(), i64::from(run).into(), limit.into()])
    }

    /// Result pages, in order.
    pub fn result_pages<C: Conn>(self, conn: &mut C, from: From) -> Outcome<Vec<ResultPage>> {
        // The primary key of job_results.
        let sql = "select page, items, effective, ignored, failed, data from job_results \
                   where account_id = ?1 and job = ?2 and page >= ?3 order by page limit ?4";
        let [first, limit] = from.values()?;
        conn.all(sql, &[self.account.into(), self.job.into(), first, limit], result_page)
    }

    /// These result pages.
    pub fn result_pages_at<C: Conn>(self, conn: &mut C, pages: &[u32]) -> Outcome<Vec<ResultPage>> {
        // The primary key of job_results.
        let sql = "select page, items, effective, ignored, failed, data from job_results \
                   where account_id = ?1 and job = ?2 and page = ?3";
        at(conn, sql, &[self.account.into(), self.job.into()], pages, result_page)
    }

    /// These result pages with their outcomes alone.
    pub fn outcome_pages_at<C: Conn>(self, conn: &mut C, pages: &[u32]) -> Outcome<Vec<ResultPage>> {
        // The primary key of job_results. PostgreSQL reads no more of a page than what is wanted of it.
        let sql = "select page, items, effective, ignored, failed, substr(data, 1, cast(items as integer)) \
                   from job_results where account_id = ?1 and job = ?2 and page = ?3";
        at(conn, sql, &[self.account.into(), self.job.into()], pages, result_page)
    }

    /// Stretches of result pages.
    pub fn result_stretches<C: Conn>(self, conn: &mut C, stretches: &[Stretch]) -> Outcome<Vec<Vec<u8>>> {
        // The primary key of job_results.
        let sql = "select data from job_results where account_id = ?1 and job = ?2 and page = ?3";
        conn.stretches(sql, &[self.account.into(), self.job.into()], stretches)
    }

    /// The numbers of result pages, in order.
    pub fn result_counts<C: Conn>(self, conn: &mut C, from: From) -> Outcome<Vec<ResultCounts>> {
        // The primary key of job_results; the numbers lie before the blob.
        let sql = "select page, items, effective, ignored, failed from job_results \
                   where account_id = ?1 and job = ?2 and page >= ?3 order by page limit ?4";
        let [first, limit] = from.values()?;
        conn.all(sql, &[self.account.into(), self.job.into(), first, limit], |row| {
            Ok(ResultCounts {
                page: loaded(row.int(0)?)?,
                items: loaded(row.int(1)?)?,
                effective: loaded(row.int(2)?)?,
                ignored: loaded(row.int(3)?)?,
                failed: loaded(row.int(4)?)?,
            })
        })
    }

    /// Stores result pages over earlier ones of the same number.
    pub fn put_result_pages<C: Conn>(self, conn: &mut C, pages: &[ResultPage]) -> Outcome<()> {
        // Conflicts are found through the primary key of job_results.
        let sql = "insert into job_results (account_id, job, page, items, effective, ignored, failed, data) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (account_id, job, page) do update set \
                   items = excluded.items, effective = excluded.effective, ignored = excluded.ignored, \
                   failed = excluded.failed, data = excluded.data";
        let rows = pages.iter().map(|page| {
            [
                Value::Int(i64::from(page.page)),
                Value::Int(i64::from(page.items)),
                Value::Int(i64::from(page.effective)),
                Value::Int(i64::from(page.ignored)),
                Value::Int(i64::from(page.failed)),
                Value::Blob(&page.data),
            ]
        });
        conn.for_rows(sql, &[self.account.into(), self.job.into()], rows, |_| Ok(()))
    }

    /// Blocks of images from the one in which an item may be.
    pub fn images<C: Conn>(self, conn: &mut C, from: From) -> Outcome<Vec<ImageBlock>> {
        // The primary key of job_images.
        let sql = "select first, items, taken_at, data from job_images where account_id = ?1 and job = ?2 \
                   and first >= coalesce((select max(first) from job_images where account_id = ?1 and job = ?2 \
                   and first <= ?3), 0) order by first limit ?4";
        let [first, limit] = from.values()?;
        conn.all(sql, &[self.account.into(), self.job.into(), first, limit], |row| {
            Ok(ImageBlock {
                first: loaded(row.int(0)?)?,
                items: loaded(row.int(1)?)?,
                taken_at: Instant::from_micros(row.int(2)?),
                data: row.blob(3)?.to_vec(),
            })
        })
    }

    /// Stores blocks of images.
    pub fn put_images<C: Conn>(self, conn: &mut C, blocks: &[ImageBlock]) -> Outcome<()> {
        // Conflicts are found through the primary key of job_images.
        let sql = "insert into job_images (account_id, job, first, items, taken_at, data) \
                   values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (account_id, job, first) \
                   do update set items = excluded.items, data = excluded.data";
        let rows = blocks.iter().map(|block| {
            [
                Value::Int(i64::from(block.first)),
                Value::Int(i64::from(block.items)),
                Value::Int(block.taken_at.micros()),
                Value::Blob(&block.data),
            ]
        });
        conn.for_rows(sql, &[self.account.into(), self.job.into()], rows, |_| Ok(()))
    }

    /// Notes a sign of life of a job that is being received.
    pub fn touch_staged<C: Conn>(self, conn: &mut C) -> Outcome<bool> {
        // The primary key of jobs. Before 0 = being swept.
        let sql = "update jobs set touched_at = throng_now() where account_id = ?1 and number = ?2 \
                   and state = 'RECEIVING' and touched_at >= 0";
        Ok(conn.execute(sql, &[self.account.into(), self.job.into()])? > 0)
    }

    /// Removes up to `limit` rows of a job that is still being received, and the job when nothing is left.
    /// A job in any other state is left alone.
    pub fn drop_staged<C: Conn>(self, conn: &mut C, limit: usize) -> Outcome<u64> {
        // The primary key of jobs.
        let staged = "update jobs set touched_at = -1 where account_id = ?1 and number = ?2 \
                      and state = 'RECEIVING'";
        let key = [Value::Int(self.account), Value::Int(self.job)];
        // From here on it cannot be accepted any more.
        if conn.execute(staged, &key)? == 0 {
            return Ok(0);
        }
        let limit = limit as u64;
        let mut dropped = 0;
        for sql in [DELETE_PARTS, DELETE_ROWS, DELETE_SECRETS] {
            let left = stored(limit - dropped)?;
            dropped += conn.execute(sql, &[key[0], key[1], left.into()])?;
        }
        if dropped < limit {
            conn.execute("delete from job_specs where account_id = ?1 and job = ?2", &key)?;
            conn.execute("delete from jobs where account_id = ?1 and number = ?2", &key)?;
        }
        Ok(dropped)
    }

    /// Removes up to `limit` parts, pages, chunks and images; how many.
    pub fn delete_items<C: Conn>(self, conn: &mut C, limit: usize) -> Outcome<u64> {
        let mut deleted = self.delete_chunks(conn, limit)?;
        let limit = limit as u64;
        for sql in [DELETE_PARTS, DELETE_ROWS, DELETE_SECRETS, DELETE_RESULTS, DELETE_IMAGES] {
            let left = stored(limit - deleted)?;
            deleted += conn.execute(sql, &[Value::Int(self.account), Value::Int(self.job), left.into()])?;
        }
        Ok(deleted)
    }
}

/// The rows with these numbers that there are, in the order of the numbers.
fn at<C: Conn, T>(
    conn: &mut C,
    sql: &str,
    common: &[Value<'_>],
    numbers: &[u32],
    read: impl Fn(&dyn Row) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut found = Vec::with_capacity(numbers.len());
    let numbers = numbers.iter().map(|number| Value::Int(i64::from(*number)));
    conn.look_up(sql, common, numbers, |row| {
        found.extend(row.map(&read).transpose()?);
        Ok(())
    })?;
    Ok(found)
}

fn part_place(row: &dyn Row) -> Outcome<PartPlace> {
    Ok(PartPlace {
        first: loaded(row.int(0)?)?,
        items: loaded(row.int(1)?)?,
        form: PartForm::from_code(row.int(2)?)
            .ok_or_else(|| Fault::Defect("a part has an unknown form".to_owned()))?,
    })
}

fn part(row: &dyn Row) -> Outcome<Part> {
    let PartPlace { first, items, form } = part_place(row)?;
    Ok(Part { first, items, form, data: row.blob(3)?.to_vec() })
}

fn row_page(run: u32, row: &dyn Row) -> Outcome<RowPage> {
    Ok(RowPage { run, page: loaded(row.int(0)?)?, items: loaded(row.int(1)?)?, data: row.blob(2)?.to_vec() })
}

fn result_page(row: &dyn Row) -> Outcome<ResultPage> {
    Ok(ResultPage {
        page: loaded(row.int(0)?)?,
        items: loaded(row.int(1)?)?,
        effective: loaded(row.int(2)?)?,
        ignored: loaded(row.int(3)?)?,
        failed: loaded(row.int(4)?)?,
        data: row.blob(5)?.to_vec(),
    })
}

/// Removes parts of a job, so many at most. The primary key of `job_parts`.
const DELETE_PARTS: &str = "delete from job_parts where account_id = ?1 and job = ?2 and (produced, first) in \
                            (select produced, first from job_parts where account_id = ?1 and job = ?2 \
                            order by produced, first limit ?3)";
/// Removes pages of rows of a job. The primary key of `job_rows`.
const DELETE_ROWS: &str = "delete from job_rows where account_id = ?1 and job = ?2 and (run, page) in \
                           (select run, page from job_rows where account_id = ?1 and job = ?2 \
                           order by run, page limit ?3)";
/// Removes sealed passwords of a job. The primary key of `job_secrets`.
const DELETE_SECRETS: &str = "delete from job_secrets where account_id = ?1 and job = ?2 and page in \
                              (select page from job_secrets where account_id = ?1 and job = ?2 \
                              order by page limit ?3)";
/// Removes result pages of a job. The primary key of `job_results`.
const DELETE_RESULTS: &str = "delete from job_results where account_id = ?1 and job = ?2 and page in \
                              (select page from job_results where account_id = ?1 and job = ?2 \
                              order by page limit ?3)";

/// Removes blocks of images of a job. The primary key of `job_images`.
const DELETE_IMAGES: &str = "delete from job_images where account_id = ?1 and job = ?2 and first in \
                             (select first from job_images where account_id = ?1 and job = ?2 \
                             order by first limit ?3)";

impl From {
    fn values(self) -> Outcome<[Value<'static>; 2]> {
        Ok([Value::Int(stored(self.first)?), Value::Int(stored(self.limit as u64)?)])
    }
}

/// Ended jobs that still have chunks.
pub fn ended_with_chunks<C: Conn>(conn: &mut C, limit: usize) -> Outcome<Vec<(AccountId, JobNumber)>> {
    // The primary key of job_chunks, entered once for each job that has chunks; then that of jobs.
    let next = "select account_id, job from job_chunks where (account_id, job) > (?1, ?2) \
                order by account_id, job limit 1";
    let ended = "select count(*) from jobs where account_id = ?1 and number = ?2 \
                 and state in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED')";
    let mut found = Vec::new();
    let mut at = (i64::MIN, i64::MIN);
    while found.len() < limit {
        let seen = conn.first(next, &[at.0.into(), at.1.into()], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let Some(job) = seen else { break };
        at = job;
        if conn.number(ended, &[job.0.into(), job.1.into()])? > 0 {
            found.push((AccountId(job.0), JobNumber(job.1)));
        }
    }
    Ok(found)
}
