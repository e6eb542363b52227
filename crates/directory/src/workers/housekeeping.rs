//! What has to be done now and then: dropping what uploads left behind, throwing away what was kept long enough, stopping
//! what nobody approved. All of it in small transactions that let clients go first.

use std::sync::Arc;
use std::time::Duration;

use throng_jobs::{Instant, State};

use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::jobs::lock_target;

/// How often abandoned uploads, and jobs that nobody approved, are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Does what is due, whenever it is, until it is stopped. Beside the workers, so that no job waits for it.
pub(super) async fn run(directory: Arc<Directory>) {
    let mut done = Done { swept_at: directory.now(), purged_at: directory.now() };
    loop {
        tokio::time::sleep(directory.settings.runner.poll).await;
        done.what_is_due(&directory).await;
    }
}

/// When what was done last.
struct Done {
    swept_at: Instant,
    purged_at: Instant,
}

impl Done {
    async fn what_is_due(&mut self, directory: &Directory) {
        let now = directory.now();
        if now.since(self.swept_at) < SWEEP_EVERY {
            return;
        }
        self.swept_at = now;
        directory.sweep_staged().await;
        let again = now.plus(limits::IDEMPOTENCY_RENEWED);
        let purge = move |tx: &mut dyn Tx| tx.purge_idempotency(now, again, limits::PURGE_ROWS);
        while let Ok(1..) = directory.store.write(Class::Chunk, purge).await {}
        if let Err(error) = directory.stop_unapproved().await {
            tracing::warn!(%error, "could not look for jobs that nobody approved");
        }
        if now.since(self.purged_at) < limits::PURGE_EVERY {
            return;
        }
        self.purged_at = now;
        if let Err(error) = directory.purge_jobs().await {
            tracing::warn!(%error, "could not purge jobs");
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

    /// Stops jobs that have waited for approval for `APPROVAL_WAIT_MAX`.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn stop_unapproved(&self) -> Result<()> {
        let now = self.now();
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
                    tx.update_job(&job)?;
                }
                Ok(())
            };
            self.store.write(Class::Chunk, stop).await?;
            self.bell.job_ended();
        }
        Ok(())
    }

    /// Throws away the items of jobs that ended longer ago than their accounts keep them, and forgets jobs whose items
    /// have been gone for `JOB_GONE_KEPT`.
    ///
    /// # Errors
    /// What the store fails with; what is left is done the next time.
    pub async fn purge_jobs(&self) -> Result<()> {
        let (mut after, mut more) = (AccountId(i64::MIN), true);
        while more {
            let list = move |snapshot: &mut dyn Snapshot| snapshot.accounts(after, limits::READ_ROWS_MAX);
            let accounts = self.store.read(Cost::Scan, list).await?;
            more = accounts.len() == limits::READ_ROWS_MAX;
            for (account, _) in accounts {
                self.purge_jobs_of(account).await?;
                after = account;
            }
        }
        let gone = self.now().minus(limits::JOB_GONE_KEPT);
        let find = move |snapshot: &mut dyn Snapshot| snapshot.purged_before(gone, limits::PURGE_ROWS);
        loop {
            let found = self.store.read(Cost::Scan, find).await?;
            for &(account, job) in &found {
                // A crash may have left some behind.
                self.delete_items(account, job).await?;
                self.store.write(Class::Chunk, move |tx| tx.delete_purged(account, job)).await?;
            }
            if found.len() < limits::PURGE_ROWS {
                return Ok(());
            }
        }
    }

    async fn purge_jobs_of(&self, account: AccountId) -> Result<()> {
        let now = self.now();
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

    /// First nobody sees the job any more, then its items go: a job that is shown has all of them.
    async fn purge_job(&self, account: AccountId, job: JobNumber, now: Instant) -> Result<()> {
        self.store.write(Class::Chunk, move |tx| tx.mark_purged(account, job, now)).await?;
        self.delete_items(account, job).await
    }

    /// A few blocks at a time.
    async fn delete_items(&self, account: AccountId, job: JobNumber) -> Result<()> {
        let remove = move |tx: &mut dyn Tx| tx.delete_items(account, job, limits::SWEEP_ROWS);
        while self.store.write(Class::Chunk, remove).await? > 0 {}
        Ok(())
    }
}
