//! Jobs: their rows, their queues, their numbers, the keys that name them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::blobs::{self, Class};
use crate::database::Database;
use crate::findings::Findings;
use crate::{Read, Totals};

/// A job's row with its spec.
#[derive(Clone, Debug)]
pub struct Job {
    pub account: i64,
    pub number: i64,
    pub uuid: Vec<u8>,
    pub kind: String,
    pub target: i64,
    pub queue_seq: i64,
    pub state: String,
    pub total: i64,
    pub created: i64,
    pub updated: i64,
    pub removed: i64,
    pub ignored: i64,
    pub failed: i64,
    pub skipped: i64,
    pub processed: i64,
    pub pending: i64,
    pub reasons: String,
    pub asked_create: i64,
    pub asked_destroy: i64,
    pub planned: bool,
    pub cursor: i64,
    pub leased: bool,
    pub started: Option<i64>,
    pub ended: Option<i64>,
    pub spec: Option<Value>,
    pub digest: Vec<u8>,
    /// The digest of its payload.
    pub payload: Option<Vec<u8>>,
    /// When its items were thrown away; 0 while they are.
    pub purged: Option<i64>,
}

impl Job {
    /// How findings call it.
    pub fn name(&self) -> String {
        format!("{} job {} of account {}", self.kind, self.number, self.account)
    }

    /// Whether it was acknowledged, or may have been.
    pub fn is_accepted(&self) -> bool {
        self.state != "RECEIVING"
    }

    /// Whether it never changes again.
    pub fn is_terminal(&self) -> bool {
        matches!(self.state.as_str(), "COMPLETED" | "FAILED" | "NO_CHANGE" | "ABORTED")
    }

    /// Whether it ended after all its items were worked.
    pub fn ran_to_its_end(&self) -> bool {
        self.is_terminal() && self.skipped == 0 && self.state != "ABORTED"
    }

    /// Whether a worker may be on it.
    pub fn is_working(&self) -> bool {
        matches!(self.state.as_str(), "IN_PROGRESS" | "ABORT_IN_PROGRESS")
    }

    /// Items by code of their outcome, as the row counts them; `None` when the column cannot be read.
    pub fn tally(&self) -> Option<BTreeMap<u8, u64>> {
        let pairs = self.reasons.split(',').filter(|pair| !pair.is_empty());
        let read = pairs.map(|pair| {
            let (code, n) = pair.split_once(':')?;
            Some((code.parse().ok()?, n.parse().ok()?))
        });
        read.collect()
    }
}

/// Reads all jobs.
pub fn load(db: &Database) -> Read<Vec<Job>> {
    let sql = "select j.account_id, j.number, j.uuid, j.kind, j.target, j.queue_seq, j.state, j.total, j.created, \
               j.updated, j.removed, j.ignored, j.failed, j.skipped, j.processed, j.pending, j.reasons, \
               j.asked_create, j.asked_destroy, j.planned, j.cursor, j.lease_token is not null, \
               j.started_at, j.ended_at, s.spec, j.digest, s.payload, j.purged_at from jobs j \
               left join job_specs s on s.account_id = j.account_id and s.job = j.number \
               order by j.account_id, j.number";
    db.all(sql, &[], |row| {
        let spec: Option<String> = row.get(24)?;
        Ok(Job {
            account: row.get(0)?,
            number: row.get(1)?,
            uuid: row.get(2)?,
            kind: row.get(3)?,
            target: row.get(4)?,
            queue_seq: row.get(5)?,
            state: row.get(6)?,
            total: row.get(7)?,
            created: row.get(8)?,
            updated: row.get(9)?,
            removed: row.get(10)?,
            ignored: row.get(11)?,
            failed: row.get(12)?,
            skipped: row.get(13)?,
            processed: row.get(14)?,
            pending: row.get(15)?,
            reasons: row.get(16)?,
            asked_create: row.get(17)?,
            asked_destroy: row.get(18)?,
            planned: row.get(19)?,
            cursor: row.get(20)?,
            leased: row.get(21)?,
            started: row.get(22)?,
            ended: row.get(23)?,
            spec: spec.and_then(|text| serde_json::from_str(&text).ok()),
            digest: row.get(25)?,
            payload: row.get(26)?,
            purged: row.get(27)?,
        })
    })
}

/// The sum law, the states, and the tally against the counters.
pub fn check_rows(jobs: &[Job], findings: &mut Findings, totals: &mut Totals) {
    for job in jobs {
        if !job.is_accepted() {
            totals.receiving += 1;
            findings.note(format!("{} is being received", job.name()));
            continue;
        }
        totals.jobs += 1;
        totals.ended += u64::from(job.is_terminal());
        totals.half_done += u64::from(!job.is_terminal() && job.processed > 0 && job.pending > 0);
        check_row(job, findings);
        check_tally(job, findings, totals);
    }
}

fn check_row(job: &Job, findings: &mut Findings) {
    let name = || job.name();
    let classes = [job.created, job.updated, job.removed, job.ignored, job.failed, job.skipped];
    let sum: i64 = classes.iter().sum();
    findings.demand(classes.iter().all(|n| *n >= 0) && job.pending >= 0, || {
        format!("{} counts below zero", name())
    });
    findings.demand(sum == job.processed, || {
        format!("{}: its classes sum up to {sum}, processed is {}", name(), job.processed)
    });
    findings.demand(job.processed + job.pending == job.total, || {
        format!(
            "{}: processed {} + pending {} is not total {}",
            name(),
            job.processed,
            job.pending,
            job.total
        )
    });
    if job.is_terminal() {
        findings.demand(job.pending == 0, || format!("{} has ended with {} pending", name(), job.pending));
        findings.demand(job.ended.is_some(), || format!("{} has ended, but not at any time", name()));
        findings.demand(!job.leased, || format!("{} has ended and is leased", name()));
    } else {
        findings
            .demand(job.ended.is_none(), || format!("{} has an end, but its state is {}", name(), job.state));
        let idle = job.processed == 0 && job.cursor == 0 && !job.leased;
        findings.demand(job.state != "PENDING" || idle, || format!("{} is PENDING and was worked", name()));
        findings.demand(!job.is_working() || job.started.is_some(), || {
            format!("{} is worked and never began", name())
        });
        findings.demand(job.spec.is_some(), || format!("{} has no spec", name()));
    }
}

fn check_tally(job: &Job, findings: &mut Findings, totals: &mut Totals) {
    let Some(tally) = job.tally() else {
        findings.violation(format!("{}: reasons {:?} cannot be read", job.name(), job.reasons));
        return;
    };
    totals.poison += tally.get(&blobs::POISON).copied().unwrap_or(0);
    let counted = |wanted: Class| -> i64 {
        let of_class = tally.iter().filter(|(code, _)| blobs::class(**code) == Some(wanted));
        of_class.map(|(_, n)| i64::try_from(*n).unwrap_or(i64::MAX)).sum()
    };
    for (code, _) in tally.iter().filter(|(code, _)| blobs::class(**code).is_none()) {
        findings.violation(format!("{}: reasons count code {code}", job.name()));
    }
    let pairs = [
        ("created", Class::Created, job.created),
        ("updated", Class::Updated, job.updated),
        ("removed", Class::Removed, job.removed),
        ("ignored", Class::Ignored, job.ignored),
        ("failed", Class::Failed, job.failed),
    ];
    for (name, class, counter) in pairs {
        let sum = counted(class);
        findings.demand(sum == counter, || {
            format!("{}: {name} is {counter}, its reasons sum up to {sum}", job.name())
        });
    }
    // What a stopped job left is skipped without a reason of its own.
    findings.demand(counted(Class::Skipped) <= job.skipped, || {
        format!("{}: more reasons than skipped items", job.name())
    });
}

/// Each target works at most one job, and the one that came first.
pub fn check_queues(jobs: &[Job], findings: &mut Findings) {
    let mut by_target: BTreeMap<(i64, i64), Vec<&Job>> = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.is_accepted() && !job.is_terminal()) {
        by_target.entry((job.account, job.target)).or_default().push(job);
    }
    for ((account, target), queue) in by_target {
        let working: Vec<&&Job> = queue.iter().filter(|job| job.is_working()).collect();
        findings.demand(working.len() <= 1, || {
            format!("target {target} of account {account} has {} jobs in progress", working.len())
        });
        let places: BTreeSet<i64> = queue.iter().map(|job| job.queue_seq).collect();
        findings.demand(places.len() == queue.len(), || {
            format!("target {target} of account {account}: two jobs share a place in the queue")
        });
        if let (Some(first), Some(at_work)) = (places.first(), working.first()) {
            findings.demand(at_work.queue_seq == *first, || {
                format!("{} is in progress before its turn", at_work.name())
            });
        }
    }
}

/// No number that is in use may be given again.
pub fn check_numbers(db: &Database, jobs: &[Job], findings: &mut Findings) -> Read<()> {
    let mut used: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for job in jobs {
        let last = used.entry((job.account, "jobs")).or_default();
        *last = job.number.max(*last);
    }
    for (account, number) in
        db.all("select account_id, max(number) from groups group by account_id", &[], |row| {
            Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
        })?
    {
        used.insert((account, "groups"), number);
    }
    // The keys of users are one series for all accounts.
    let users = "select max(user_key) from (select user_key from users \
                 union all select user_key from deleted_users) as given";
    for last in db.all(users, &[], |row| row.get::<Option<i64>>(0))?.into_iter().flatten() {
        used.insert((0, "users"), last);
    }
    let next = db.all("select account_id, series, next from numbers", &[], |row| {
        Ok(((row.get::<i64>(0)?, row.get::<String>(1)?), row.get::<i64>(2)?))
    })?;
    let next: BTreeMap<(i64, String), i64> = next.into_iter().collect();
    for ((account, series), last) in used {
        let behind = next.get(&(account, series.to_owned())).copied().unwrap_or(1);
        findings.demand(behind > last, || {
            format!("account {account}: the next of {series} is {behind}, but {last} is in use")
        });
    }
    Ok(())
}

/// Accounts that had jobs of which nothing is known any more: the first that they had is not there.
pub fn forgetful(db: &Database, jobs: &[Job]) -> Read<Vec<i64>> {
    let had =
        db.all("select account_id from numbers where series = 'jobs' and next > 1", &[], |row| row.get(0))?;
    let has_first = |account: &i64| jobs.iter().any(|job| job.account == *account && job.number == 1);
    Ok(had.into_iter().filter(|account| !has_first(account)).collect())
}

/// A job whose items were thrown away has none.
pub fn check_purged(db: &Database, job: &Job, findings: &mut Findings) -> Read<()> {
    for table in ["job_parts", "job_rows", "job_results", "job_chunks", "job_images"] {
        let sql = format!("select count(*) from {table} where account_id = ?1 and job = ?2");
        let left: i64 =
            db.all(&sql, &[job.account, job.number], |row| row.get(0))?.first().copied().unwrap_or(0);
        let text = || format!("{} is not kept any more and has {left} rows in {table}", job.name());
        if job.purged == Some(0) {
            findings.note(format!("{} is being thrown away", job.name()));
        } else {
            findings.demand(left == 0, text);
        }
    }
    findings.demand(job.is_terminal(), || format!("{} has not ended and is not kept any more", job.name()));
    Ok(())
}

/// A remembered `Idempotency-Key` names an accepted job or a resource, which may be gone, and no job has two.
pub fn check_keys(db: &Database, jobs: &[Job], findings: &mut Findings) -> Read<()> {
    let accepted: BTreeSet<(i64, i64)> =
        jobs.iter().filter(|job| job.is_accepted()).map(|job| (job.account, job.number)).collect();
    let sql = "select account_id, key, job, fingerprint is not null, resource is not null \
               from idempotency where status <> 0";
    let keys: Vec<(i64, String, Option<i64>, bool, bool)> =
        db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let mut named = BTreeSet::new();
    for (account, key, job, fingerprinted, has_resource) in keys {
        findings.demand(fingerprinted, || format!("key {key:?} of account {account} has no fingerprint"));
        findings.demand(job.is_some() != has_resource, || {
            format!("key {key:?} of account {account} does not name one thing")
        });
        let Some(job) = job else { continue };
        findings.demand(accepted.contains(&(account, job)), || {
            format!("key {key:?} of account {account} names job {job}, which is not there")
        });
        findings.demand(named.insert((account, job)), || {
            format!("job {job} of account {account} was made by two keys")
        });
    }
    Ok(())
}
