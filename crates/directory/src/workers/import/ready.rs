//! Ready hashes of rows: read run by run, in the order in which the rows come.

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

use super::passwords::Due;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, JobNumber};
use crate::model::jobs::{Held, ImportSpec, Job};
use crate::model::passwords::ready;
use crate::model::passwords::seal::Sealer;
use crate::model::passwords::{Hash, SecretPage};
use crate::port::{Snapshot, StoreExt};

/// Pages of a run that are read at once.
const PAGES_AHEAD: usize = 2;

/// The ready hashes of a job that were not taken yet.
pub(super) struct ReadyHashes {
    account: AccountId,
    job: JobNumber,
    /// That of the job, for which they are sealed.
    uuid: Uuid,
    /// None without the key, and at first.
    sealer: Option<Sealer>,
    /// Rows of a run; 0 where there are no ready hashes.
    run_items: u64,
    runs: BTreeMap<u32, Run>,
}

/// Those of one run.
struct Run {
    /// The page that is read next.
    next: u32,
    waiting: VecDeque<Waiting>,
    /// Whether it was begun anew.
    is_second: bool,
}

struct Waiting {
    position: u32,
    hash: Hash,
    /// The number of the page of which it is the last one.
    ends: Option<u32>,
}

impl ReadyHashes {
    /// Those of a job.
    pub(super) const fn new(held: &Held, spec: &ImportSpec) -> Self {
        let Job { account, number, uuid, .. } = held.job;
        let run_items = spec.ready_run_items;
        Self { account, job: number, uuid, sealer: None, run_items, runs: BTreeMap::new() }
    }

    /// Makes what opens them, if there is a key.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(super) fn unlock(&mut self, directory: &Directory) -> Result<()> {
        if self.sealer.is_none() {
            let key = directory.sealing.as_ref();
            self.sealer = key.map(|key| key.of_job(self.account, self.uuid)).transpose()?;
        }
        Ok(())
    }

    /// What opens the passwords of the job.
    pub(super) const fn sealer(&self) -> Option<&Sealer> {
        self.sealer.as_ref()
    }

    /// Takes that of the row at this place of the file. Rows come in login order; what is passed over has a row that does not
    /// count, or one that is settled. `spent`: pages of which nothing is left.
    ///
    /// # Errors
    /// Those of the store, and `Internal` when a page is damaged.
    pub(super) fn take(&mut self, directory: &Directory, position: u32, spent: &mut Vec<u32>) -> Result<Due> {
        let run = u64::from(position).checked_div(self.run_items).map(u32::try_from);
        let (Some(Ok(number)), Some(_)) = (run, &self.sealer) else { return Ok(Due::Lost) };
        let first = ready::first_page(number)?;
        let begun = || Run { next: first, waiting: VecDeque::new(), is_second: false };
        self.runs.entry(number).or_insert_with(begun);
        loop {
            let Some(run) = self.runs.get_mut(&number) else { return Ok(Due::Lost) };
            while let Some(Waiting { position: at, hash, ends }) = run.waiting.pop_front() {
                spent.extend(ends);
                if at == position {
                    return Ok(Due::Hash(hash));
                }
            }
            if !self.read(directory, number)? && !self.begin_anew(number, first) {
                return Ok(Due::Lost);
            }
        }
    }

    /// Lets a run be read again from what is left of its beginning, once: what it has of a row may have been passed over.
    fn begin_anew(&mut self, number: u32, first: u32) -> bool {
        let Some(run) = self.runs.get_mut(&number).filter(|run| !run.is_second) else { return false };
        *run = Run { next: first, waiting: VecDeque::new(), is_second: true };
        true
    }

    /// Reads the next pages of a run; whether there were any. What cannot be opened has nothing.
    fn read(&mut self, directory: &Directory, number: u32) -> Result<bool> {
        let (account, job, end) = (self.account, self.job, ready::first_page(number + 1)?);
        let (Some(run), Some(sealer)) = (self.runs.get_mut(&number), &self.sealer) else { return Ok(false) };
        let from = run.next;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.row_secrets(account, job, from, PAGES_AHEAD);
        let pages: Vec<SecretPage> = directory.store.read_blocking(read)?;
        let before = run.next;
        for page in pages.into_iter().take_while(|page| page.page < end) {
            let number = page.page;
            run.next = number + 1;
            let mut hashes = ready::open(page, sealer)?.unwrap_or_default();
            let last = hashes.pop();
            let wait = |(position, hash), ends| Waiting { position, hash, ends };
            run.waiting.extend(hashes.into_iter().map(|hash| wait(hash, None)));
            run.waiting.extend(last.map(|hash| wait(hash, Some(number))));
        }
        Ok(run.next > before)
    }
}
