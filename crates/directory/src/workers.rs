//! The hands of the job engine: claims jobs and works them chunk by chunk, as the runner commands.

mod checked;
mod cleanup;
mod export;
mod forget;
mod housekeeping;
mod import;
mod membership;
mod people;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use throng_jobs::{Command, Event, Instant, JobRef, Progress, Runner, State, Token, retry};
use tokio::sync::{mpsc, watch};

use crate::directory::{Directory, Settings};
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::model::audit as audit_log;
use crate::model::jobs::{Held, Job, Spec};
use crate::port::{self, Class, StoreExt, Tx};
use crate::use_cases::audit;

use people::People;
use people::deletion::Deletion;
use people::restoring::Restoring;

/// How often a worker that cannot go on tries to give its lease back: 6 s, with the pauses between.
const RELEASES_TRIED: u32 = 8;

/// A claimed job in a worker's hands.
trait Work: Send {
    /// Does one step: at most one transaction that writes. With `give_back` the lease is given back in the
    /// same commit, if the step ends with one.
    ///
    /// # Errors
    /// `LeaseLost`, or what passes and is tried again after a new claim.
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress>;

    /// Takes a new lease. False if another node has worked on the job since this one gave it back: what is in
    /// memory is outdated then and must not be used.
    fn resume(&mut self, held: &Held) -> bool;

    /// The lease that it works under; none when the job has ended.
    fn lease(&self) -> Option<Lease>;
}

/// The message that ends a command.
struct Report {
    event: Event,
    brings: Brings,
}

/// What a report brings back to the host.
enum Brings {
    Nothing,
    /// Work whose job goes on.
    Work(JobRef, Box<dyn Work>),
    /// A job that was claimed.
    Claimed(Box<Held>),
}

/// Works jobs until `shutdown` turns true and every slot is at rest, and keeps house beside them.
pub async fn run(directory: Arc<Directory>, shutdown: watch::Receiver<bool>) {
    directory.sweep_ended().await;
    let keeping = tokio::spawn(housekeeping::run(Arc::clone(&directory)));
    let numbering = tokio::spawn(housekeeping::number(Arc::clone(&directory)));
    work(directory, shutdown).await;
    for beside in [keeping, numbering] {
        beside.abort();
        // It was stopped between two transactions, and lets go of the directory.
        let _ = beside.await;
    }
}

async fn work(directory: Arc<Directory>, mut shutdown: watch::Receiver<bool>) {
    let mut host = Host::new(directory);
    let mut events = vec![Event::Woken];
    loop {
        for event in events.drain(..) {
            if host.take(&event) {
                return;
            }
        }
        let (bell, alarm) = (Arc::clone(&host.directory.bell), host.until_alarm());
        let event = tokio::select! {
            Some(report) = host.reports.recv() => host.settle(report),
            () = bell.wait_for_jobs() => Event::Woken,
            () = tokio::time::sleep(alarm) => Event::Tick,
            changed = shutdown.changed(), if !host.stopping => {
                host.stopping = changed.is_err() || *shutdown.borrow();
                if host.stopping { Event::Shutdown } else { Event::Woken }
            }
        };
        events.push(event);
    }
}

struct Host {
    directory: Arc<Directory>,
    runner: Runner,
    reports: mpsc::UnboundedReceiver<Report>,
    reporter: mpsc::UnboundedSender<Report>,
    /// Work by job: in a slot between two steps, or given back and likely to be claimed again.
    at_hand: Vec<(JobRef, Box<dyn Work>)>,
    alarm: Instant,
    stopping: bool,
}

impl Host {
    fn new(directory: Arc<Directory>) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        let runner = Runner::new(directory.settings.runner);
        let now = directory.now();
        Self { directory, runner, reports, reporter, at_hand: Vec::new(), alarm: now, stopping: false }
    }

    fn until_alarm(&self) -> Duration {
        self.alarm.since(self.directory.now())
    }

    /// Lets the runner take in an event and executes what it commands; true when everything is at rest.
    fn take(&mut self, event: &Event) -> bool {
        let mut stopped = false;
        for command in self.runner.step(self.directory.now(), event) {
            match command {
                Command::Claim { slot, after } => self.claim(slot, after),
                Command::Work { slot, job, give_back } => self.work(slot, job, give_back),
                Command::WakeAt(at) => self.alarm = at,
                Command::Stopped => stopped = true,
            }
        }
        stopped
    }

    fn claim(&mut self, slot: usize, after: Option<i64>) {
        let mut token = [0u8; 16];
        self.directory.ids.fill(&mut token);
        let directory = Arc::clone(&self.directory);
        let reporter = self.reporter.clone();
        tokio::task::spawn_blocking(move || {
            let claimed =
                caught(&directory.worker_panics, || claim(&directory, after, Token::from_bytes(token)));
            let report = match claimed {
                Ok(Some((held, weight))) => {
                    directory.worked.claimed.fetch_add(1, Ordering::Relaxed);
                    let job = held.job.reference();
                    let event = Event::Claimed { slot, job, weight };
                    Report { event, brings: Brings::Claimed(Box::new(held)) }
                }
                Ok(None) => Report { event: Event::NothingToClaim { slot }, brings: Brings::Nothing },
                Err(error) => failed(slot, None, &error),
            };
            // The receiver lives as long as the host; without one nobody needs the report.
            let _ = reporter.send(report);
        });
    }

    fn work(&mut self, slot: usize, job: JobRef, give_back: bool) {
        let Some(at) = self.at_hand.iter().position(|(known, _)| *known == job) else {
            let _ = self.reporter.send(Report { event: Event::Failed { slot }, brings: Brings::Nothing });
            return;
        };
        let (_, mut work) = self.at_hand.swap_remove(at);
        let directory = Arc::clone(&self.directory);
        let reporter = self.reporter.clone();
        tokio::task::spawn_blocking(move || {
            let report = match caught(&directory.worker_panics, || work.step(&directory, give_back)) {
                Ok(progress) => {
                    directory.worked.steps.fetch_add(1, Ordering::Relaxed);
                    if progress == Progress::Done {
                        directory.note_worked(job);
                    }
                    let goes_on = matches!(progress, Progress::More | Progress::GivenBack);
                    let brings = if goes_on { Brings::Work(job, work) } else { Brings::Nothing };
                    Report { event: Event::Worked { slot, progress }, brings }
                }
                Err(Error::LeaseLost) => Report {
                    event: Event::Worked { slot, progress: Progress::Lost },
                    brings: Brings::Nothing,
                },
                Err(error) => {
                    directory.worked.failed.fetch_add(1, Ordering::Relaxed);
                    let _ = reporter.send(failed(slot, Some(job), &error));
                    if let Some(lease) = work.lease() {
                        // Whatever the store answered is not the job's fault; a defect may be.
                        lease.release(&directory, !matches!(error, Error::Internal(_)));
                    }
                    return;
                }
            };
            let _ = reporter.send(report);
        });
    }

    /// Puts work back and passes the event on.
    fn settle(&mut self, report: Report) -> Event {
        match report.brings {
            Brings::Nothing => {}
            Brings::Work(job, work) => self.keep(job, work),
            Brings::Claimed(held) => {
                let job = held.job.reference();
                tracing::debug!(account = job.account, job = job.number, "claimed");
                // Work that was given back goes on with what is in memory.
                let at_hand = self.at_hand.iter_mut().find(|(known, _)| *known == job);
                let resumed =
                    at_hand.is_some_and(|(_, work)| !held.job.state.is_terminal() && work.resume(&held));
                if !resumed {
                    let work = work_for(&self.directory, &held);
                    self.keep(job, work);
                }
            }
        }
        report.event
    }

    fn keep(&mut self, job: JobRef, work: Box<dyn Work>) {
        self.at_hand.retain(|(known, _)| *known != job);
        // Work that was given back is kept for a while; the oldest goes first.
        if self.at_hand.len() > 2 * self.directory.settings.runner.slots.max(1) {
            self.at_hand.remove(0);
        }
        self.at_hand.push((job, work));
    }
}

/// Runs a step. A panic in it is a defect like any other: the lease is given back, the attempt counts, and an item that
/// brings it about again and again is set aside (`jobs/retry.rs`).
fn caught<T>(panics: &AtomicU64, step: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        let panics = panics.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::error!(panics, "a worker panicked");
        Err(Error::internal("a worker panicked"))
    })
}

fn failed(slot: usize, job: Option<JobRef>, error: &Error) -> Report {
    tracing::warn!(%error, ?job, "a job could not go on and will be tried again");
    Report { event: Event::Failed { slot }, brings: Brings::Nothing }
}

/// Claims a job. One whose client's authority was revoked, and one that no worker survives, end in the same transaction.
/// With it the account's weight.
fn claim(directory: &Directory, after: Option<i64>, token: Token) -> Result<Option<(Held, u32)>> {
    let now = directory.now();
    let wanted = port::Claim { after: after.map(AccountId), token, lease: directory.settings.lease, now };
    let chunk_items = directory.settings.chunk_items;
    let claim = move |tx: &mut dyn Tx| {
        let Some(mut held) = tx.claim(&wanted)? else { return Ok(None) };
        if held.job.started_at == Some(now) {
            audit::jobs::tell(tx, None, (audit_log::Event::Started, &held.job), now)?;
        }
        let Job { attempts, planned, .. } = held.job;
        if !tx.client_stands(held.job.account, held.job.client)? {
            held.job.message =
                Some("authority-revoked: the client that submitted this job was revoked".to_owned());
            end(tx, &mut held.job, State::Failed, now)?;
        } else if retry::is_hopeless(attempts, planned, chunk_items) {
            give_up(tx, &mut held.job, now)?;
        }
        let weight = tx.settings(held.job.account)?.job_weight;
        Ok(Some((held, weight)))
    };
    directory.store.write_blocking(Class::Chunk, claim)
}

/// The work of a claimed job.
fn work_for(directory: &Directory, held: &Held) -> Box<dyn Work> {
    let work: Box<dyn Work> = match &held.job.spec {
        _ if held.job.state.is_terminal() => Box::new(Ended),
        // They end when they are made.
        Spec::Bulk(_) => Box::new(Ended),
        Spec::Membership(spec) => {
            let spec = spec.clone();
            Box::new(membership::Membership::new(held, spec))
        }
        Spec::Deletion(spec) => Box::new(People::new(held, Deletion::new(directory, held, spec))),
        Spec::Restore(spec) => Box::new(People::new(held, Restoring::new(held, spec))),
        Spec::Import(spec) => Box::new(import::Import::new(directory, held, spec)),
        Spec::Export(spec) => Box::new(export::Export::new(held, spec.clone())),
        Spec::Forget(spec) => Box::new(forget::Forget::new(held, spec.clone())),
        Spec::ClearGroup | Spec::ClearUser { .. } | Spec::ClearNestedGroup { .. } => {
            Box::new(cleanup::Cleanup::new(held))
        }
    };
    checked::Checked::first(held, work)
}

/// Ends a job in the caller's transaction: what is pending is skipped, the lease is given back.
fn end(tx: &mut dyn Tx, job: &mut Job, state: State, now: Instant) -> Result<()> {
    job.end(state, now);
    audit::jobs::update(tx, job)?;
    tx.give_back(job.account, job.number)
}

/// Ends a job that cannot go on, for a reason that is told.
fn fail(tx: &mut dyn Tx, job: &mut Job, reason: String, now: Instant) -> Result<()> {
    let state = if job.state == State::AbortInProgress { State::Aborted } else { State::Failed };
    job.message = Some(reason);
    end(tx, job, state, now)
}

/// Ends a job whose workers died again and again without any progress, and not by one of its items.
fn give_up(tx: &mut dyn Tx, job: &mut Job, now: Instant) -> Result<()> {
    let (Job { account, number, .. }, deaths) = (&*job, job.attempts.saturating_sub(1));
    tracing::error!(account = account.0, job = number.0, deaths, "no worker survives a job: it is given up");
    let left = if job.counts.processed() == 0 {
        "nothing was done"
    } else {
        "what was done stays done, the rest was not done"
    };
    let reason = format!(
        "given-up: {deaths} workers in a row died of this job; {left}: report the defect, and send something smaller"
    );
    fail(tx, job, reason, now)
}

/// Work of a job that ended at its claim.
struct Ended;

impl Work for Ended {
    fn step(&mut self, directory: &Directory, _: bool) -> Result<Progress> {
        directory.bell.job_ended();
        Ok(Progress::Done)
    }

    fn resume(&mut self, _: &Held) -> bool {
        false
    }

    fn lease(&self) -> Option<Lease> {
        None
    }
}

/// What every step knows: the job's names and its lease.
#[derive(Clone, Copy)]
struct Lease {
    account: AccountId,
    job: JobNumber,
    token: Token,
}

impl Lease {
    const fn of(held: &Held) -> Self {
        Self { account: held.job.account, job: held.job.number, token: held.token }
    }

    /// Holds the job for this transaction and renews the lease.
    fn hold(&self, tx: &mut dyn Tx, timing: &Timing) -> Result<Job> {
        tx.hold(self.account, self.job, self.token, timing.lease)
    }

    /// Gives the lease back outside of a chunk, so that nobody waits for its end. Tries for a few seconds while
    /// the store cannot be reached; then the lease runs out by itself.
    fn release(self, directory: &Directory, blameless: bool) {
        for failures in 1..=RELEASES_TRIED {
            let release = move |tx: &mut dyn Tx| tx.release(self.account, self.job, self.token, blameless);
            match directory.store.write_blocking(Class::Chunk, release) {
                Ok(()) => return directory.bell.job_queued(),
                Err(error) => tracing::debug!(%error, job = self.job.0, "a lease could not be given back"),
            }
            std::thread::sleep(retry::backoff(failures));
        }
    }
}

/// The times of one transaction, fixed before it runs so that it can run again.
#[derive(Clone, Copy)]
struct Timing {
    now: Instant,
    lease: Duration,
    chunk_items: usize,
}

impl Timing {
    fn of(directory: &Directory) -> Self {
        let Settings { lease, chunk_items, .. } = directory.settings;
        Self { now: directory.now(), lease, chunk_items }
    }
}

#[cfg(test)]
mod tests;
