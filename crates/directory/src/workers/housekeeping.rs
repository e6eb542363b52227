//! What has to be done now and then: dropping what uploads left behind, throwing away what was kept long enough, stopping
//! what nobody approved. All of it in small transactions that let clients go first.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use throng_jobs::{Instant, State, failpoint};

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::job_removal;
use crate::use_cases::jobs::lock_target;

/// How often abandoned uploads, and jobs that nobody approved, are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Does what is due, whenever it is, until it is stopped. Beside the workers, so that no job waits for it. At once, too:
/// whatever fell due while no server ran.
pub(super) async fn run(directory: Arc<Directory>) {
    let (mut swept_at, mut purged_at) = (None, None);
    loop {
        tokio::time::sleep(directory.settings.runner.poll).await;
        let now = directory.now();
        // A clock that was set back is no reason to wait until it has caught up.
        let is_due = |done_at: Option<Instant>, every| {
            done_at.is_none_or(|done_at| done_at > now || now.since(done_at) >= every)
        };
        if !is_due(swept_at, SWEEP_EVERY) {
            continue;
        }
        swept_at = Some(now);
        directory.sweep_staged().await;
        if let Err(error) = directory.drop_uploads(None).await {
            tracing::warn!(%error, "uploads that are done could not be thrown away");
        }
        let purges = is_due(purged_at, limits::PURGE_EVERY);
        match directory.throw_away(purges).await {
            // What was not done because of the clock is due the next time.
            Ok(is_done) if is_done && purges => purged_at = Some(now),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "what has been kept long enough could not be thrown away"),
        }
    }
}

/// Numbers the rows of the audit log, whenever there are some, until it is stopped: beside everything else, so that no row
/// waits behind a long purge.
pub(super) async fn number(directory: Arc<Directory>) {
    loop {
        tokio::time::sleep(directory.settings.runner.poll).await;
        if let Err(error) = directory.tell_more_refused().await {
            tracing::warn!(%error, "refused requests could not be told in the audit log");
        }
        if let Err(error) = directory.number_audit().await {
            tracing::warn!(%error, "rows of the audit log could not be numbered");
        }
    }
}

impl Directory {
    /// Removes the chunks that were left behind ended jobs: by a crash, or by a job whose group was deleted. Where they
    /// are all that tells what became of its items, they become result pages first.
    pub(super) async fn sweep_ended(&self) {
        let find = |snapshot: &mut dyn Snapshot| snapshot.ended_with_chunks(limits::READ_ROWS_MAX);
        match self.store.read(Cost::Scan, find).await {
            Ok(found) => {
                for (account, job) in found {
                    if let Err(error) = self.settle_results(account, job).await {
                        tracing::warn!(%error, job = job.0, "the outcomes of an ended job could not be kept");
                        continue;
                    }
                    let remove = move |tx: &mut dyn Tx| tx.delete_chunks(account, job, limits::SWEEP_ROWS);
                    while let Ok(1..) = self.store.write(Class::Chunk, remove).await {}
                }
            }
            Err(error) => tracing::warn!(%error, "could not look for chunks of ended jobs"),
        }
    }

    /// Drops what uploads staged that fell silent, or whose server is known to have ended. Called before the
    /// server listens, and now and then.
    pub async fn sweep_staged(&self) {
        let find =
            |snapshot: &mut dyn Snapshot| snapshot.staged(limits::STAGING_IDLE_MAX, limits::READ_ROWS_MAX);
        match self.store.read(Cost::Scan, find).await {
            Ok(found) => {
                for (account, job) in found {
                    self.drop_staged(account, job).await;
                }
            }
            Err(error) => tracing::warn!(%error, "could not look for abandoned uploads"),
        }
    }

    /// Forgets what was remembered long enough, stops what nobody approved and, with `purges`, throws away jobs and rows of the
    /// audit log that were kept long enough, all by the store's clock. Nothing of it while that clock has gone on by more than
    /// `CLOCK_JUMP_MAX` since this was called last: it may be wrong, and what is gone does not come back (G21). Whether
    /// it was done.
    ///
    /// # Errors
    /// What the store fails with; what is left is done the next time.
    pub async fn throw_away(&self, purges: bool) -> Result<bool> {
        let note = |tx: &mut dyn Tx| tx.note_clock(limits::CLOCK_JUMP_MAX);
        let Some(now) = self.store.write(Class::Chunk, note).await? else {
            self.clock_jumped.store(true, Ordering::Relaxed);
            tracing::error!(
                "the clock has gone on by more than a day since it was looked at last: nothing is thrown away until \
                 `throng clock confirm` says that it is right"
            );
            return Ok(false);
        };
        self.clock_jumped.store(false, Ordering::Relaxed);
        let again = now.plus(limits::IDEMPOTENCY_RENEWED);
        let purge = move |tx: &mut dyn Tx| tx.purge_idempotency(now, again, limits::PURGE_ROWS);
        while self.store.write(Class::Chunk, purge).await? > 0 {}
        self.stop_unapproved(now).await?;
        self.drop_uploads(Some(now)).await?;
        if purges {
            self.purge_jobs(now).await?;
            self.purge_audit(now).await?;
        }
        Ok(true)
    }

    /// Stops jobs that have waited for approval for `APPROVAL_WAIT_MAX`.
    async fn stop_unapproved(&self, now: Instant) -> Result<()> {
        let before = now.minus(limits::APPROVAL_WAIT_MAX);
        let find = move |snapshot: &mut dyn Snapshot| snapshot.held_before(before, limits::READ_ROWS_MAX);
        for (account, number) in self.store.read(Cost::Scan, find).await? {
            let stop = move |tx: &mut dyn Tx| {
                let Some(job) = tx.job(account, number)? else { return Ok(()) };
                let unfinished = lock_target(tx, account, job.target)?;
                let Some(mut job) = unfinished.into_iter().find(|job| job.number == number) else {
                    return Ok(());
                };
                if job.state == State::AwaitingApproval {
                    job.message = Some("nobody approved it in time".to_owned());
                    job.end(State::Aborted, now);
                    audit::jobs::update(tx, &job)?;
                }
                Ok(())
            };
            self.store.write(Class::Chunk, stop).await?;
            self.bell.job_ended();
        }
        Ok(())
    }

    /// Throws away the items of jobs that ended longer ago than their accounts keep them, and forgets jobs whose items
    /// have been gone for `JOB_GONE_KEPT`. What is left after a failure is done the next time.
    async fn purge_jobs(&self, now: Instant) -> Result<()> {
        // What a crash left half done; more of it is found the next time.
        let half = |snapshot: &mut dyn Snapshot| snapshot.half_purged(limits::PURGE_ROWS);
        for (account, job) in self.store.read(Cost::Scan, half).await? {
            self.finish_purge(account, job).await?;
        }
        let (mut after, mut more) = (AccountId(i64::MIN), true);
        while more {
            let list = move |snapshot: &mut dyn Snapshot| snapshot.accounts(after, limits::READ_ROWS_MAX);
            let accounts = self.store.read(Cost::Scan, list).await?;
            more = accounts.len() == limits::READ_ROWS_MAX;
            for (account, _) in accounts {
                self.purge_jobs_of(account, now).await?;
                after = account;
            }
        }
        let gone = now.minus(limits::JOB_GONE_KEPT);
        let find = move |snapshot: &mut dyn Snapshot| snapshot.purged_before(gone, limits::PURGE_ROWS);
        loop {
            let found = self.store.read(Cost::Scan, find).await?;
            for &(account, job) in &found {
                failpoint::pass("purge.before_forget");
                self.store.write(Class::Chunk, move |tx| tx.delete_purged(account, job)).await?;
                failpoint::pass("purge.after_forget");
            }
            if found.len() < limits::PURGE_ROWS {
                return Ok(());
            }
        }
    }

    async fn purge_jobs_of(&self, account: AccountId, now: Instant) -> Result<()> {
        let old = now.minus(limits::IMAGES_KEPT);
        let remove = move |tx: &mut dyn Tx| tx.delete_images(account, old, limits::SWEEP_ROWS);
        while self.store.write(Class::Chunk, remove).await? > 0 {}
        let find = move |snapshot: &mut dyn Snapshot| {
            let before = now.minus(snapshot.settings(account)?.retention());
            snapshot.ended_before(account, before, limits::PURGE_ROWS)
        };
        loop {
            let found = self.store.read(Cost::Scan, find).await?;
            for &job in &found {
                self.purge_job(account, job, now).await?;
            }
            if found.len() < limits::PURGE_ROWS {
                return Ok(());
            }
        }
    }

    /// First nobody sees the job any more, and what it was told goes, then its items: a job that is shown has all of them.
    async fn purge_job(&self, account: AccountId, job: JobNumber, now: Instant) -> Result<()> {
        failpoint::pass("purge.before_mark");
        let hide = move |tx: &mut dyn Tx| job_removal::hide(tx, (account, job), None, now);
        self.store.write(Class::Chunk, hide).await?;
        failpoint::pass("purge.after_mark");
        self.finish_purge(account, job).await
    }

    /// Removes the items of a hidden job, a few blocks at a time.
    async fn finish_purge(&self, account: AccountId, job: JobNumber) -> Result<()> {
        let remove = move |tx: &mut dyn Tx| tx.delete_items(account, job, limits::SWEEP_ROWS);
        while self.store.write(Class::Chunk, remove).await? > 0 {
            failpoint::pass("purge.after_items");
        }
        self.store.write(Class::Chunk, move |tx| tx.mark_purged(account, job)).await
    }
}
