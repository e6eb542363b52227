//! Who works which job. Leases go by the clock of the database.

use std::time::Duration;

use throng_directory::Error;
use throng_directory::ids::{AccountId, JobNumber};
use throng_directory::model::jobs::{Held, Job};
use throng_directory::model::schedule::Priority;
use throng_directory::port::Claim;
use throng_jobs::{State, Token};

use super::micros;
use super::record::{self, select_job};
use crate::access::settings_of;
use crate::conn::{Conn, Row, Scope};
use crate::fault::{Fault, Outcome};

/// The first job of a target's queue, as far as a claim looks at it.
struct Head {
    account: i64,
    target: i64,
    number: i64,
    waiting: bool,
    /// No worker holds it.
    free: bool,
}

/// Claims a job; see the port. Accounts take turns from `after` on; inside an account its targets take turns.
pub fn claim<C: Conn>(conn: &mut C, claim: &Claim) -> Outcome<Option<Held>> {
    // The accounts behind `after`, then the others, `after` itself last.
    let after = claim.after.map_or(-1, |account| account.0);
    let mut account = next_account(conn, after)?;
    while let Some(found) = account {
        if let Some(held) = claim_in(conn, found, claim)? {
            return Ok(Some(held));
        }
        account = next_account(conn, found)?;
    }
    account = next_account(conn, -1)?;
    while let Some(found) = account.filter(|found| *found <= after) {
        if let Some(held) = claim_in(conn, found, claim)? {
            return Ok(Some(held));
        }
        account = next_account(conn, found)?;
    }
    Ok(None)
}

/// The next account with jobs in a queue.
fn next_account<C: Conn>(conn: &mut C, behind: i64) -> Outcome<Option<i64>> {
    // Index jobs_open.
    let sql = "select account_id from jobs \
               where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
               and account_id > ?1 order by account_id limit 1";
    conn.enter(Scope::Everywhere);
    conn.first(sql, &[behind.into()], |row| row.int(0))
}

/// Claims a job of this account: of its most urgent heads of queues the first behind the target that was served last.
fn claim_in<C: Conn>(conn: &mut C, account: i64, claim: &Claim) -> Outcome<Option<Held>> {
    conn.enter(Scope::Everywhere);
    if settings_of(conn, account)?.is_suspended() {
        return Ok(None);
    }
    // Index jobs_urgency.
    let urgent = "select priority from jobs \
                  where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') \
                  and account_id = ?1 and priority < ?2 order by priority desc limit 1";
    let mut above = Priority::High.code() + 1;
    loop {
        conn.enter(Scope::Account(account));
        let next = conn.first(urgent, &[account.into(), above.into()], |row| row.int(0))?;
        let Some(priority) = next else { return Ok(None) };
        if let Some(held) = claim_of(conn, account, priority, claim)? {
            return Ok(Some(held));
        }
        above = priority;
    }
}

/// Claims a job of this account and priority, beginning behind the target that was served last.
fn claim_of<C: Conn>(conn: &mut C, account: i64, priority: i64, claim: &Claim) -> Outcome<Option<Held>> {
    // The primary key of turns.
    let last = "select last_target from turns where account_id = ?1";
    let served = conn.first(last, &[account.into()], |row| row.int(0))?.unwrap_or(-1);
    let mut behind = served;
    let mut wrapped = false;
    loop {
        match next_head(conn, account, priority, behind)? {
            Some(head) if wrapped && head.target > served => return Ok(None),
            Some(head) => {
                behind = head.target;
                if let Some(head) = claimable(conn, head)?
                    && let Some(held) = take(conn, &head, claim)?
                {
                    return Ok(Some(held));
                }
            }
            None if wrapped => return Ok(None),
            None => {
                wrapped = true;
                behind = i64::MIN;
            }
        }
    }
}

/// Whether `j` stands in its queue: it waits neither for approval nor for its time nor for another job's end.
macro_rules! queued {
    ($job:literal) => {
        concat!(
            $job,
            ".state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS') and ",
            $job,
            ".state <> 'AWAITING_APPROVAL' and (",
            $job,
            ".not_before is null or ",
            $job,
            ".not_before <= throng_now()) and (",
            $job,
            ".after_job is null or not exists (select 1 from jobs a where a.account_id = ",
            $job,
            ".account_id and a.number = ",
            $job,
            ".after_job and a.state not in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED')))"
        )
    };
}
pub(super) use queued;

/// The head of the next queue of the account behind a target, among those whose head has this priority.
fn next_head<C: Conn>(conn: &mut C, account: i64, priority: i64, behind: i64) -> Outcome<Option<Head>> {
    // Index jobs_urgency; what comes before it in its queue, index jobs_open.
    let sql = concat!(
        "select j.account_id, j.target, j.number, j.state, \
         case when j.lease_until >= throng_now() then 1 else 0 end from jobs j where ",
        queued!("j"),
        " and j.account_id = ?1 and j.priority = ?2 and j.target > ?3 \
         and not exists (select 1 from jobs e where ",
        queued!("e"),
        " and e.account_id = j.account_id and e.target = j.target and e.queue_seq < j.queue_seq) \
         order by j.target, j.queue_seq, j.number limit 1"
    );
    conn.first(sql, &[account.into(), priority.into(), behind.into()], head)
}

fn head(row: &dyn Row) -> Outcome<Head> {
    Ok(Head {
        account: row.int(0)?,
        target: row.int(1)?,
        number: row.int(2)?,
        waiting: row.text(3)? == State::Pending.as_str(),
        free: row.int(4)? == 0,
    })
}

/// The job to claim of this queue, if there is one now.
fn claimable<C: Conn>(conn: &mut C, first: Head) -> Outcome<Option<Head>> {
    // Index jobs_working. A job in work is its queue's only candidate, also when it is not the first.
    let sql = "select account_id, target, number, state, \
               case when lease_until >= throng_now() then 1 else 0 end from jobs \
               where state in ('IN_PROGRESS', 'ABORT_IN_PROGRESS') and account_id = ?1 and target = ?2 limit 1";
    let candidate = if first.waiting {
        conn.first(sql, &[first.account.into(), first.target.into()], head)?.unwrap_or(first)
    } else {
        first
    };
    Ok(candidate.free.then_some(candidate))
}

/// Takes a job that looked free; none when another worker was faster.
fn take<C: Conn>(conn: &mut C, head: &Head, claim: &Claim) -> Outcome<Option<Held>> {
    // The primary key of jobs.
    let sql = "update jobs set state = case state when 'ABORT_IN_PROGRESS' then state else 'IN_PROGRESS' end, \
               lease_token = ?3, lease_until = throng_now() + ?4, started_at = coalesce(started_at, ?5), \
               attempts = attempts + 1 where account_id = ?1 and number = ?2 \
               and state in ('PENDING', 'IN_PROGRESS', 'ABORT_IN_PROGRESS') \
               and (lease_until is null or lease_until < throng_now())";
    // The primary key of turns.
    let served = "insert into turns (account_id, last_target) values (?1, ?2) \
                  on conflict (account_id) do update set last_target = excluded.last_target";
    // The primary key of jobs. Who locked the job is working it, or looks at it: others need not wait.
    let free = "select number from jobs where account_id = ?1 and number = ?2";
    let key = [head.account.into(), head.number.into()];
    if conn.first(&C::DIALECT.locking_free(free), &key, |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    let token = claim.token.as_bytes().as_slice();
    let values = [
        head.account.into(),
        head.number.into(),
        token.into(),
        micros(claim.lease)?.into(),
        claim.now.micros().into(),
    ];
    // Index jobs_working refuses a second job of the target.
    let updated = conn.execute(sql, &values).map_err(|fault| match fault {
        Fault::Unique(text) if text.contains("target") || text.contains("jobs_working") => {
            Fault::Busy("another worker was faster".to_owned())
        }
        other => other,
    })?;
    if updated == 0 {
        return Ok(None);
    }
    conn.execute(served, &[head.account.into(), head.target.into()])?;
    let job = read(conn, AccountId(head.account), JobNumber(head.number))?;
    Ok(Some(Held { job, token: claim.token }))
}

/// Renews a lease and reads its job.
pub fn hold<C: Conn>(
    conn: &mut C,
    account: AccountId,
    job: JobNumber,
    token: Token,
    lease: Duration,
) -> Outcome<Job> {
    // The primary key of jobs.
    let sql = "update jobs set lease_until = throng_now() + ?4 \
               where account_id = ?1 and number = ?2 and lease_token = ?3";
    let token = token.as_bytes().as_slice();
    let values = [account.0.into(), job.0.into(), token.into(), micros(lease)?.into()];
    match conn.execute(sql, &values)? {
        0 => Err(Fault::Refused(Error::LeaseLost)),
        _ => read(conn, account, job),
    }
}

/// Gives a lease back.
pub fn give_back<C: Conn>(conn: &mut C, account: AccountId, job: JobNumber) -> Outcome<()> {
    // The primary key of jobs.
    let sql = "update jobs set lease_token = null, lease_until = null where account_id = ?1 and number = ?2";
    conn.execute(sql, &[account.0.into(), job.0.into()]).map(drop)
}

/// Gives back the lease of this token; `blameless` as if the job had not been claimed.
pub fn release<C: Conn>(
    conn: &mut C,
    account: AccountId,
    job: JobNumber,
    token: Token,
    blameless: bool,
) -> Outcome<()> {
    // The primary key of jobs.
    let sql = "update jobs set lease_token = null, lease_until = null, \
               attempts = case when attempts >= ?4 then attempts - ?4 else 0 end \
               where account_id = ?1 and number = ?2 and lease_token = ?3";
    let token = token.as_bytes().as_slice();
    conn.execute(sql, &[account.0.into(), job.0.into(), token.into(), i64::from(blameless).into()]).map(drop)
}

fn read<C: Conn>(conn: &mut C, account: AccountId, job: JobNumber) -> Outcome<Job> {
    // The primary key of jobs.
    let sql = select_job!("where j.account_id = ?1 and j.number = ?2");
    conn.first(sql, &[account.0.into(), job.0.into()], record::job)?
        .ok_or_else(|| Fault::Defect("a job vanished inside a transaction".to_owned()))
}
