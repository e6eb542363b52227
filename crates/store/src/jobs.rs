//! Jobs, their payload and their results, as they are read; `writes` has the rest, and idempotency records.

mod idempotency;
mod lease;
mod payload;
mod record;
mod watch;
mod writes;

use std::time::Duration;

use throng_directory::Result;
use throng_directory::ids::{AccountId, JobNumber};
use throng_directory::model::jobs::{
    About, Chunk, ImageBlock, Job, JobsChosen, Part, PartPlace, ResultCounts, ResultPage, RowPage, Stretch,
    Target,
};
use throng_directory::model::schedule::Waiting;
use throng_directory::port::{Glimpse, JobReads, JobsOfKind};
use throng_jobs::{Instant, State};
use uuid::Uuid;

use crate::conn::{Conn, Row, Scope};
use crate::fault::{Fault, Outcome, loaded, stored};
use crate::session::Session;
use lease::queued;
use payload::{From, Payload};
use record::select_job;

/// Names as `,a,b,`, in which one is found between its commas.
fn between_commas<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.fold(",".to_owned(), |text, name| text + name + ",")
}

impl<C: Conn> JobReads for Session<C> {
    fn job(&mut self, account: AccountId, number: JobNumber) -> Result<Option<Job>> {
        // The primary key of jobs.
        let sql = select_job!("where j.account_id = ?1 and j.number = ?2 and j.state <> 'RECEIVING'");
        self.of(account, |conn| conn.first(sql, &[account.0.into(), number.0.into()], record::job))
    }

    fn job_by_uuid(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Job>> {
        // Index jobs_uuid.
        let sql = select_job!("where j.account_id = ?1 and j.uuid = ?2 and j.state <> 'RECEIVING'");
        let uuid = uuid.as_bytes().as_slice();
        self.of(account, |conn| conn.first(sql, &[account.0.into(), uuid.into()], record::job))
    }

    fn job_by_name(&mut self, account: AccountId, name: &str) -> Result<Option<Job>> {
        // Index jobs_name.
        let sql = select_job!("where j.account_id = ?1 and j.name = ?2 and j.state <> 'RECEIVING'");
        self.of(account, |conn| conn.first(sql, &[account.0.into(), name.into()], record::job))
    }

    fn jobs(&mut self, account: AccountId, which: JobsOfKind) -> Result<Vec<Job>> {
        // Index jobs_kind.
        let sql = select_job!(
            "where j.account_id = ?1 and j.kind = ?2 and j.state <> 'RECEIVING' and j.purged_at is null \
             order by j.received_at desc, j.number desc limit ?3"
        );
        self.of(account, |conn| {
            let limit = stored(which.limit as u64)?;
            conn.all(sql, &[account.0.into(), which.kind.as_str().into(), limit.into()], record::job)
        })
    }

    fn jobs_before(
        &mut self,
        account: AccountId,
        chosen: &JobsChosen,
        before: Option<JobNumber>,
        limit: usize,
    ) -> Result<Vec<Job>> {
        // Lists of names stand in one text each, between commas.
        macro_rules! choose {
            ($which:literal) => {
                select_job!(
                    $which,
                    " and j.account_id = ?1 and j.number < ?2 and j.state <> 'RECEIVING' \
                     and (?3 like '%,' || j.kind || ',%' or ?9 like '%,' || j.kind || ',%' and j.client_id = ?10 \
                     or ?11 like '%,' || j.kind || ',%' and j.held_at is not null) \
                     and ?4 like '%,' || j.state || ',%' \
                     and j.purged_at is null and j.received_at >= ?6 and j.received_at < ?7 \
                     order by j.number desc limit ?8"
                )
            };
        }
        let kinds = between_commas(chosen.kinds.iter().map(|kind| kind.as_str()));
        let states: Vec<State> =
            if chosen.states.is_empty() { State::ALL.to_vec() } else { chosen.states.clone() };
        let states = between_commas(states.iter().map(|state| state.as_str()));
        let (client, own) = chosen.own.as_ref().map_or((0, &[][..]), |(client, kinds)| (client.0, kinds));
        let own = between_commas(own.iter().map(|kind| kind.as_str()));
        let held = between_commas(chosen.held.iter().map(|kind| kind.as_str()));
        let (sql, about) = match chosen.about {
            // The primary key of jobs, backwards.
            None => (choose!("where ?5 = 0"), 0),
            Some(About::Nothing) => {
                (choose!("where j.target < ?5 and j.kind <> 'bulk'"), Target::Maintenance.code())
            }
            // Index jobs_about, backwards.
            Some(about) => (choose!("where j.about = ?5"), about.code().unwrap_or_default()),
        };
        self.of(account, |conn| {
            let values = [
                account.0.into(),
                before.map_or(i64::MAX, |number| number.0).into(),
                kinds.as_str().into(),
                states.as_str().into(),
                about.into(),
                chosen.from.map_or(i64::MIN, Instant::micros).into(),
                chosen.until.map_or(i64::MAX, Instant::micros).into(),
                stored(limit as u64)?.into(),
                own.as_str().into(),
                client.into(),
                held.as_str().into(),
            ];
            conn.all(sql, &values, record::job)
        })
    }

    fn jobs_ahead(&mut self, account: AccountId, target: Target, queue_seq: i64) -> Result<u64> {
        // Index jobs_open.
        let sql = concat!(
            "select count(*) from jobs j where ",
            queued!("j"),
            " and j.account_id = ?1 and j.target = ?2 and j.queue_seq < ?3"
        );
        self.of(account, |conn| {
            loaded(conn.number(sql, &[account.0.into(), target.code().into(), queue_seq.into()])?)
        })
    }

    fn is_busy(&mut self, account: AccountId, target: Target) -> Result<bool> {
        // Index jobs_open.
        let sql = concat!(
            "select 1 from jobs j where ",
            queued!("j"),
            " and j.account_id = ?1 and j.target = ?2 limit 1"
        );
        self.of(account, |conn| {
            let found = conn.first(sql, &[account.0.into(), target.code().into()], |_| Ok(()))?;
            Ok(found.is_some())
        })
    }

    fn waiting(&mut self, account: AccountId) -> Result<Waiting> {
        // Index jobs_open. A job without a time may begin whenever it is its turn.
        let sql = "select count(*), cast(coalesce(sum(pending), 0) as bigint), \
                   coalesce(min(coalesce(not_before, 0)), 0) - throng_now() from jobs \
                   where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
                   and account_id = ?1";
        let waiting = |row: &dyn Row| {
            let rests_for = Duration::from_micros(row.int(2)?.try_into().unwrap_or(0));
            Ok(Waiting { jobs: loaded(row.int(0)?)?, items: loaded(row.int(1)?)?, rests_for })
        };
        self.of(account, |conn| {
            conn.first(sql, &[account.0.into()], waiting)?
                .ok_or_else(|| Fault::Defect("a sum without a row".to_owned()))
        })
    }

    fn removed_since(&mut self, account: AccountId, since: Instant, but: JobNumber) -> Result<u64> {
        // Index jobs_ended, then jobs_open.
        let sql = "select cast(coalesce(sum(removed), 0) as bigint) from (\
                   select removed from jobs where account_id = ?1 and ended_at >= ?2 and ended_at is not null \
                   and purged_at is null and number <> ?3 and kind in ('membership', 'deletion', 'import') \
                   union all select removed from jobs \
                   where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
                   and account_id = ?1 and number <> ?3 and kind in ('membership', 'deletion', 'import')) as recent";
        self.of(account, |conn| {
            loaded(conn.number(sql, &[account.0.into(), since.micros().into(), but.0.into()])?)
        })
    }

    fn open_jobs(&mut self) -> Result<Vec<(State, u64, Instant)>> {
        // Index jobs_open, whole: it has none but these.
        let sql = "select state, count(*), min(received_at) from jobs \
                   where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') group by state";
        self.run(Scope::Everywhere, |conn| {
            conn.all(sql, &[], |row| {
                let state = State::parse(row.text(0)?);
                let state = state.ok_or_else(|| Fault::Defect("a job has no state".to_owned()))?;
                Ok((state, row.int(1)?.unsigned_abs(), Instant::from_micros(row.int(2)?)))
            })
        })
    }

    fn held_before(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, JobNumber)>> {
        // Index jobs_held.
        let sql = "select account_id, number from jobs where state = 'AWAITING_APPROVAL' and held_at < ?1 \
                   order by held_at limit ?2";
        self.everywhere(sql, before, limit)
    }

    fn ended_before(&mut self, account: AccountId, before: Instant, limit: usize) -> Result<Vec<JobNumber>> {
        // Index jobs_told: ended_at is by the clock of a node, touched_at by the store's.
        let sql = "select number from jobs where account_id = ?1 and touched_at < ?2 and ended_at is not null \
                   and purged_at is null order by touched_at, number limit ?3";
        self.of(account, |conn| {
            let values = [account.0.into(), before.micros().into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| Ok(JobNumber(row.int(0)?)))
        })
    }

    fn unfinished(&mut self, account: AccountId, after: JobNumber, limit: usize) -> Result<Vec<Glimpse>> {
        self.of(account, |conn| watch::unfinished(conn, account, after, limit))
    }

    fn ended_after(
        &mut self,
        account: AccountId,
        after: (Instant, JobNumber),
        limit: usize,
    ) -> Result<Vec<Glimpse>> {
        self.of(account, |conn| watch::ended_after(conn, account, after, limit))
    }

    fn store_now(&mut self, account: AccountId) -> Result<Instant> {
        self.of(account, |conn| Ok(Instant::from_micros(conn.number("select throng_now()", &[])?)))
    }

    fn purged_before(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, JobNumber)>> {
        // Index jobs_purged.
        let sql = "select account_id, number from jobs where purged_at > 0 and purged_at < ?1 \
                   order by purged_at limit ?2";
        self.everywhere(sql, before, limit)
    }

    fn half_purged(&mut self, limit: usize) -> Result<Vec<(AccountId, JobNumber)>> {
        // Index jobs_purged.
        let sql = "select account_id, number from jobs where purged_at = ?1 order by purged_at limit ?2";
        self.everywhere(sql, Instant::from_micros(0), limit)
    }

    fn parts(
        &mut self,
        account: AccountId,
        job: JobNumber,
        produced: bool,
        first: u32,
        limit: usize,
    ) -> Result<Vec<Part>> {
        self.of(account, |conn| Payload::of(account, job).parts(conn, produced, from(first, limit)))
    }

    fn part_places(&mut self, account: AccountId, job: JobNumber, produced: bool) -> Result<Vec<PartPlace>> {
        self.of(account, |conn| Payload::of(account, job).part_places(conn, produced))
    }

    fn part_stretches(
        &mut self,
        account: AccountId,
        job: JobNumber,
        produced: bool,
        stretches: &[Stretch],
    ) -> Result<Vec<Vec<u8>>> {
        self.of(account, |conn| Payload::of(account, job).part_stretches(conn, produced, stretches))
    }

    fn chunks(&mut self, account: AccountId, job: JobNumber, seq: u64, limit: usize) -> Result<Vec<Chunk>> {
        self.of(account, |conn| Payload::of(account, job).chunks(conn, from(seq, limit)))
    }

    fn row_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        page: u32,
        limit: usize,
    ) -> Result<Vec<RowPage>> {
        self.of(account, |conn| Payload::of(account, job).row_pages(conn, run, from(page, limit)))
    }

    fn row_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        pages: &[u32],
    ) -> Result<Vec<RowPage>> {
        self.of(account, |conn| Payload::of(account, job).row_pages_at(conn, run, pages))
    }

    fn result_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<ResultPage>> {
        self.of(account, |conn| Payload::of(account, job).result_pages(conn, from(page, limit)))
    }

    fn images(
        &mut self,
        account: AccountId,
        job: JobNumber,
        item: u32,
        limit: usize,
    ) -> Result<Vec<ImageBlock>> {
        self.of(account, |conn| Payload::of(account, job).images(conn, from(item, limit)))
    }

    fn result_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        pages: &[u32],
    ) -> Result<Vec<ResultPage>> {
        self.of(account, |conn| Payload::of(account, job).result_pages_at(conn, pages))
    }

    fn outcome_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        pages: &[u32],
    ) -> Result<Vec<ResultPage>> {
        self.of(account, |conn| Payload::of(account, job).outcome_pages_at(conn, pages))
    }

    fn result_stretches(
        &mut self,
        account: AccountId,
        job: JobNumber,
        stretches: &[Stretch],
    ) -> Result<Vec<Vec<u8>>> {
        self.of(account, |conn| Payload::of(account, job).result_stretches(conn, stretches))
    }

    fn result_counts(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<ResultCounts>> {
        self.of(account, |conn| Payload::of(account, job).result_counts(conn, from(page, limit)))
    }

    fn staged(&mut self, idle: Duration, limit: usize) -> Result<Vec<(AccountId, JobNumber)>> {
        // Index jobs_receiving.
        let sql = "select account_id, number from jobs where state = 'RECEIVING' \
                   and touched_at < throng_now() - ?1 order by touched_at limit ?2";
        self.run(Scope::Everywhere, |conn| {
            let values = [micros(idle)?.into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| Ok((AccountId(row.int(0)?), JobNumber(row.int(1)?))))
        })
    }

    fn ended_with_chunks(&mut self, limit: usize) -> Result<Vec<(AccountId, JobNumber)>> {
        self.run(Scope::Everywhere, |conn| payload::ended_with_chunks(conn, limit))
    }
}

impl<C: Conn> Session<C> {
    /// Jobs of all accounts by a time: the parameters are the time and the number of jobs.
    fn everywhere(
        &mut self,
        sql: &'static str,
        before: Instant,
        limit: usize,
    ) -> Result<Vec<(AccountId, JobNumber)>> {
        self.run(Scope::Everywhere, |conn| {
            let values = [before.micros().into(), stored(limit as u64)?.into()];
            conn.all(sql, &values, |row| Ok((AccountId(row.int(0)?), JobNumber(row.int(1)?))))
        })
    }
}

fn from(first: impl Into<u64>, limit: usize) -> From {
    From { first: first.into(), limit }
}

fn counted(n: u64) -> Outcome<usize> {
    usize::try_from(n).map_err(|_| Fault::Defect(format!("{n} rows")))
}

/// A time as columns hold it.
fn micros(time: Duration) -> Outcome<i64> {
    i64::try_from(time.as_micros()).map_err(|_| Fault::Defect(format!("{time:?} does not fit a column")))
}
