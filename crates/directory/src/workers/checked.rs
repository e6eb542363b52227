//! Before a node works a job, it reads the job's payload once and compares it with what was accepted (G2).

use throng_jobs::Progress;

use super::{Lease, Timing, Work, fail};
use crate::directory::Directory;
use crate::error::Result;
use crate::model::jobs::{Held, RowPage};
use crate::model::payload::PayloadDigest;
use crate::port::{Class, Snapshot, StoreExt, Tx};

/// Blocks of one read: at most 8 MiB.
const BLOCKS_PER_READ: usize = 8;

/// Work whose payload has to be looked at first.
pub(super) struct Checked {
    lease: Lease,
    accepted: [u8; 32],
    looking: Option<Looking>,
    work: Box<dyn Work>,
}

/// How far the look is.
#[derive(Clone, Default)]
struct Looking {
    digest: PayloadDigest,
    /// The next block: the first item of a part, or a page.
    next: u32,
    has_rows: bool,
}

impl Checked {
    /// The work, behind a check if its job has a digest.
    pub(super) fn first(held: &Held, work: Box<dyn Work>) -> Box<dyn Work> {
        match held.job.payload {
            Some(accepted) if !held.job.state.is_terminal() => {
                let looking = Some(Looking { has_rows: held.job.rows() > 0, ..Looking::default() });
                Box::new(Self { lease: Lease::of(held), accepted, looking, work })
            }
            _ => work,
        }
    }

    /// Ends the job, whose payload is another than the accepted.
    fn refuse(&self, directory: &Directory) -> Result<Progress> {
        tracing::error!(account = self.lease.account.0, job = self.lease.job.0, "a payload is corrupt");
        let (lease, timing) = (self.lease, Timing::of(directory));
        let refuse = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            let reason = "payload-corrupt: what is stored is not what was accepted; the rest was not done, send it again";
            fail(tx, &mut job, reason.to_owned(), timing.now)
        };
        directory.store.write_blocking(Class::Chunk, refuse)?;
        directory.bell.job_ended();
        Ok(Progress::Done)
    }
}

impl Looking {
    /// Takes in the next blocks; none when there are no more.
    fn go_on(mut self, directory: &Directory, lease: &Lease) -> Result<(Self, bool)> {
        let (account, job, next) = (lease.account, lease.job, self.next);
        let is_end = if self.has_rows {
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.row_pages(account, job, RowPage::FINAL, next, BLOCKS_PER_READ)
            };
            let pages = directory.store.read_blocking(read)?;
            for page in &pages {
                self.digest.page(page);
            }
            self.next = pages.last().map_or(next, |last| last.page + 1);
            pages.is_empty()
        } else {
            let read =
                move |snapshot: &mut dyn Snapshot| snapshot.parts(account, job, false, next, BLOCKS_PER_READ);
            let parts = directory.store.read_blocking(read)?;
            for part in &parts {
                self.digest.part(part);
            }
            self.next = parts.last().map_or(next, |last| last.first.saturating_add(last.items));
            parts.is_empty()
        };
        Ok((self, is_end))
    }
}

impl Work for Checked {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let Some(looking) = self.looking.take() else { return self.work.step(directory, give_back) };
        let (looking, is_end) = looking.go_on(directory, &self.lease)?;
        if !is_end {
            self.looking = Some(looking);
        } else if looking.digest.finish() != self.accepted {
            return self.refuse(directory);
        }
        if give_back {
            self.lease.release(directory, true);
            return Ok(Progress::GivenBack);
        }
        Ok(Progress::More)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        self.work.resume(held)
    }

    fn lease(&self) -> Option<Lease> {
        self.work.lease()
    }
}
