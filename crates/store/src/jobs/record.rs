//! A job's row.

use throng_directory::Error;
use throng_directory::ids::{AccountId, ClientId, JobNumber};
use throng_directory::model::jobs::{About, Job, Spec, Target};
use throng_directory::model::schedule::{Priority, Schedule};
use throng_jobs::{Counts, Instant, Outcome as ItemOutcome, State, Tally};

use crate::access::bytes;
use crate::conn::{Conn, Row, Value};
use crate::fault::{Fault, Outcome, loaded, stored};
use crate::passwords;
use crate::users::uuid;

/// The columns that [`job`] reads, in its order, from `jobs j` and `job_specs s`.
macro_rules! select_job {
    ($($rest:literal),+) => {
        concat!(
            "select j.account_id, j.number, j.uuid, j.target, j.queue_seq, j.name, j.state, j.total, j.created, \
             j.updated, j.removed, j.ignored, j.failed, j.skipped, j.reasons, j.asked_create, j.asked_destroy, \
             j.planned, j.cursor, j.attempts, j.digest, j.client_id, j.received_at, j.started_at, j.ended_at, \
             j.message, s.spec, j.not_before, j.after_job, j.priority, j.held_at, j.approved_by, j.purged_at, j.held_removals, \
             s.payload from jobs j join job_specs s on s.account_id = j.account_id and s.job = j.number ",
            $($rest),+
        )
    };
}
pub(super) use select_job;

/// Reads a row of [`select_job`].
pub fn job(row: &dyn Row) -> Outcome<Job> {
    let spec = serde_json::from_str(row.text(26)?)
        .map_err(|error| Fault::Defect(format!("a job's spec cannot be read: {error}")))?;
    let state = State::parse(row.text(6)?).ok_or_else(|| Fault::Defect("a job has no state".to_owned()))?;
    Ok(Job {
        account: AccountId(row.int(0)?),
        number: JobNumber(row.int(1)?),
        uuid: uuid(row.blob(2)?)?,
        spec,
        target: Target::from_code(row.int(3)?),
        queue_seq: row.int(4)?,
        name: row.opt_text(5)?.map(str::to_owned),
        state,
        counts: Counts {
            total: loaded(row.int(7)?)?,
            created: loaded(row.int(8)?)?,
            updated: loaded(row.int(9)?)?,
            removed: loaded(row.int(10)?)?,
            ignored: loaded(row.int(11)?)?,
            failed: loaded(row.int(12)?)?,
            skipped: loaded(row.int(13)?)?,
        },
        tally: parse_tally(row.text(14)?)?,
        asked_create: loaded(row.int(15)?)?,
        asked_destroy: loaded(row.int(16)?)?,
        planned: row.int(17)? != 0,
        cursor: loaded(row.int(18)?)?,
        attempts: loaded(row.int(19)?)?,
        digest: bytes(row.blob(20)?)?,
        client: ClientId(row.int(21)?),
        received_at: Instant::from_micros(row.int(22)?),
        started_at: row.opt_int(23)?.map(Instant::from_micros),
        ended_at: row.opt_int(24)?.map(Instant::from_micros),
        message: row.opt_text(25)?.map(str::to_owned),
        schedule: Schedule {
            not_before: row.opt_int(27)?.map(Instant::from_micros),
            after: row.opt_int(28)?.map(JobNumber),
            priority: Priority::from_code(row.int(29)?)
                .ok_or_else(|| Fault::Defect("a job has no priority".to_owned()))?,
        },
        held_at: row.opt_int(30)?.map(Instant::from_micros),
        approved_by: row.opt_int(31)?.map(ClientId),
        purged_at: row.opt_int(32)?.map(Instant::from_micros),
        held_removals: row.opt_int(33)?.map(loaded).transpose()?,
        payload: row.opt_blob(34)?.map(bytes).transpose()?,
    })
}

/// Writes a tally as `code:items` joined by commas.
fn tally_text(tally: &Tally) -> String {
    let items = tally.iter().map(|(outcome, n)| format!("{}:{n}", outcome.code()));
    items.collect::<Vec<_>>().join(",")
}

/// Reads what [`tally_text`] writes.
fn parse_tally(text: &str) -> Outcome<Tally> {
    let mut tally = Tally::default();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let read = item
            .split_once(':')
            .and_then(|(code, n)| Some((ItemOutcome::from_code(code.parse().ok()?)?, n.parse().ok()?)));
        let (outcome, n) = read.ok_or_else(|| Fault::Defect(format!("a job counts {item:?}")))?;
        tally.add(outcome, n);
    }
    Ok(tally)
}

/// What a job does, as stored.
pub fn spec_text(spec: &Spec) -> Outcome<String> {
    serde_json::to_string(spec).map_err(|error| Fault::Defect(format!("a job's spec: {error}")))
}

/// The job's values in the order of the parameters `?1` to `?37` of [`insert`] and [`update`].
fn values<'a>(job: &'a Job, reasons: &'a str) -> Outcome<[Value<'a>; 37]> {
    let counts = &job.counts;
    Ok([
        Value::Int(job.account.0),
        Value::Int(job.number.0),
        Value::Blob(job.uuid.as_bytes()),
        Value::Text(job.spec.kind().as_str()),
        Value::Int(job.target.code()),
        Value::Int(job.queue_seq),
        job.name.as_deref().into(),
        Value::Text(job.state.as_str()),
        Value::Int(stored(counts.total)?),
        Value::Int(stored(counts.created)?),
        Value::Int(stored(counts.updated)?),
        Value::Int(stored(counts.removed)?),
        Value::Int(stored(counts.ignored)?),
        Value::Int(stored(counts.failed)?),
        Value::Int(stored(counts.skipped)?),
        Value::Int(stored(counts.processed())?),
        Value::Int(stored(counts.pending())?),
        Value::Text(reasons),
        Value::Int(stored(job.asked_create)?),
        Value::Int(stored(job.asked_destroy)?),
        Value::Int(i64::from(job.planned)),
        Value::Int(stored(job.cursor)?),
        Value::Int(i64::from(job.attempts)),
        Value::Blob(&job.digest),
        Value::Int(job.client.0),
        Value::Int(job.received_at.micros()),
        job.started_at.map(Instant::micros).into(),
        job.ended_at.map(Instant::micros).into(),
        job.message.as_deref().into(),
        job.schedule.not_before.map(Instant::micros).into(),
        job.schedule.after.map(|job| job.0).into(),
        Value::Int(job.schedule.priority.code()),
        job.held_at.map(Instant::micros).into(),
        job.approved_by.map(|client| client.0).into(),
        job.purged_at.map(Instant::micros).into(),
        job.held_removals.map(stored).transpose()?.into(),
        job.about().and_then(About::code).into(),
    ])
}

/// The values of a row of `job_specs`.
fn spec_values<'a>(job: &'a Job, spec: &'a str) -> [Value<'a>; 4] {
    let payload = job.payload.as_ref().map(<[u8; 32]>::as_slice);
    [job.account.0.into(), job.number.0.into(), spec.into(), payload.into()]
}

/// What to say of a name that is taken.
fn name_taken(fault: Fault) -> Fault {
    fault.or_taken("name", "jobName", "a job of this name exists")
}

/// Inserts a job with its spec. Its last sign of life is now, by the store's clock.
pub fn insert<C: Conn>(conn: &mut C, job: &Job) -> Outcome<()> {
    // Index jobs_name refuses a name that is taken.
    let sql = "insert into jobs (account_id, number, uuid, kind, target, queue_seq, name, state, total, created, \
               updated, removed, ignored, failed, skipped, processed, pending, reasons, asked_create, \
               asked_destroy, planned, cursor, attempts, digest, client_id, received_at, started_at, ended_at, \
               message, not_before, after_job, priority, held_at, approved_by, purged_at, held_removals, about, \
               touched_at) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, \
               ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, \
               ?34, ?35, ?36, ?37, throng_now())";
    let spec_sql = "insert into job_specs (account_id, job, spec, payload) values (?1, ?2, ?3, ?4)";
    let reasons = tally_text(&job.tally);
    conn.execute(sql, &values(job, &reasons)?).map_err(name_taken)?;
    let spec = spec_text(&job.spec)?;
    conn.execute(spec_sql, &spec_values(job, &spec)).map(drop)
}

/// Overwrites a job but for its lease. Its last sign of life, by the store's clock, is its end.
pub fn update<C: Conn>(conn: &mut C, job: &Job) -> Outcome<()> {
    // The primary key of jobs; index jobs_name refuses a name that is taken.
    let sql = "update jobs set uuid = ?3, kind = ?4, target = ?5, queue_seq = ?6, name = ?7, state = ?8, \
               total = ?9, created = ?10, updated = ?11, removed = ?12, ignored = ?13, failed = ?14, \
               skipped = ?15, processed = ?16, pending = ?17, reasons = ?18, asked_create = ?19, \
               asked_destroy = ?20, planned = ?21, cursor = ?22, attempts = ?23, digest = ?24, \
               client_id = ?25, received_at = ?26, started_at = ?27, ended_at = ?28, message = ?29, \
               not_before = ?30, after_job = ?31, priority = ?32, held_at = ?33, approved_by = ?34, \
               purged_at = ?35, held_removals = ?36, about = ?37, \
               touched_at = case when cast(?28 as bigint) is null then touched_at else throng_now() end \
               where account_id = ?1 and number = ?2";
    // The primary key of job_specs. Compared first, because the spec can be long and hardly ever changes.
    let spec_sql = "update job_specs set spec = ?3, payload = ?4 where account_id = ?1 and job = ?2 \
                    and (spec <> ?3 or payload is distinct from ?4)";
    let reasons = tally_text(&job.tally);
    if conn.execute(sql, &values(job, &reasons)?).map_err(name_taken)? == 0 {
        return Err(Fault::Refused(Error::internal("a job to update does not exist")));
    }
    let spec = spec_text(&job.spec)?;
    conn.execute(spec_sql, &spec_values(job, &spec))?;
    if job.state.is_terminal() && matches!(job.spec, Spec::Import(_)) {
        passwords::delete_row_secrets(conn, job.account.0, job.number.0)?;
    }
    Ok(())
}
