//! Finish: the outcomes in the order of the request, then the end, then the chunks go.

use throng_jobs::{Progress, State, failpoint};

use super::{Lease, Timing, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::limits;
use crate::model::jobs::{Job, Spec};
use crate::model::results::{self, ByIndex};
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::membership_jobs::ended_state;

/// Chunks read at once.
const CHUNKS_PER_READ: usize = 32;
/// Result pages of one transaction.
const PAGES_PER_TX: usize = limits::STORED_BYTES_AT_ONCE / (9 * limits::RESULT_PAGE_ITEMS);

/// What the stored chunks of a job hold.
pub(in crate::workers) fn settled_so_far(directory: &Directory, lease: &Lease, job: &Job) -> Result<ByIndex> {
    let mut settled = ByIndex::new(usize::try_from(job.counts.total).unwrap_or(usize::MAX));
    let (account, number, mut seq) = (lease.account, lease.job, 0);
    while seq < job.cursor {
        let read = move |snapshot: &mut dyn Snapshot| snapshot.chunks(account, number, seq, CHUNKS_PER_READ);
        let chunks = directory.store.read_blocking(read)?;
        let Some(last) = chunks.last() else { break };
        seq = last.seq + 1;
        for chunk in &chunks {
            for item in results::decode_chunk(&chunk.entries)? {
                settled.settle(item)?;
            }
        }
    }
    Ok(settled)
}

/// Writes the next result pages or, after the last, ends the job; true when it has ended.
pub(in crate::workers) fn step(
    directory: &Directory,
    lease: &Lease,
    results: &ByIndex,
    next_page: &mut usize,
) -> Result<bool> {
    let (lease, timing) = (*lease, Timing::of(directory));
    let last = (*next_page + PAGES_PER_TX).min(results.pages());
    let pages: Vec<_> = (*next_page..last).map(|page| results.page(page)).collect();
    let is_last = last == results.pages();
    if is_last {
        failpoint::pass("finish.before_terminal");
    }
    let write = move |tx: &mut dyn Tx| {
        let mut job = lease.hold(tx, &timing)?;
        tx.put_result_pages(lease.account, lease.job, &pages)?;
        if is_last {
            let stopped = job.state == State::AbortInProgress && job.counts.pending() > 0;
            // Whoever is not restored is missed.
            let is_failed = job.counts.failed > 0 && matches!(job.spec, Spec::Restore(_));
            let state = match ended_state(&job.counts) {
                _ if stopped => State::Aborted,
                _ if is_failed => State::Failed,
                state => state,
            };
            end(tx, &mut job, state, timing.now)?;
        }
        Ok(())
    };
    directory.store.write_blocking(Class::Chunk, write)?;
    *next_page = last;
    if is_last {
        directory.bell.job_ended();
        failpoint::pass("finish.after_terminal");
    }
    Ok(is_last)
}

/// Removes chunks of the ended job, a few at a time.
pub(in crate::workers) fn clean(directory: &Directory, lease: &Lease) -> Result<Progress> {
    let lease = *lease;
    let remove = move |tx: &mut dyn Tx| tx.delete_chunks(lease.account, lease.job, limits::SWEEP_ROWS);
    let removed = directory.store.write_blocking(Class::Chunk, remove)?;
    Ok(if removed > 0 { Progress::More } else { Progress::Done })
}
