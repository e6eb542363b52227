//! Staging: rows into sorted runs, runs into one sequence of pages in login order.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

use throng_jobs::{Instant, State, failpoint};
use uuid::Uuid;

use super::passwords::Ready;
use super::receive;
use super::whole::Everybody;
use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::jobs::{ImportSpec, Job, RowPage, Spec, Target};
use crate::model::passwords::seal::{Sealer, encode_page};
use crate::model::passwords::{Secret, SecretPage};
use crate::model::payload::PayloadDigest;
use crate::model::rows::{self, Fault, Row, RowPassword};
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::idempotency::Idempotency;

/// The first staged run.
const STAGED: u32 = 2;
/// The position of a row that gets one when it is clear that it stays; behind all others of the same login.
pub(super) const UNCOUNTED: u32 = u32::MAX;
/// Pages of a run in memory while it is merged.
const PAGES_AHEAD: usize = 4;

/// Waits for a staging transaction; the job's number.
type Pending = Box<dyn FnOnce() -> Result<JobNumber> + Send>;

/// The rows of an upload on their way into the store.
pub(super) struct Stage<'a> {
    directory: &'a Directory,
    job: Job,
    idempotency: Option<Idempotency>,
    staged: Option<JobNumber>,
    page_items: usize,
    open: Vec<Row>,
    /// Rows that were taken, and how many of them were taken out again.
    taken: u64,
    dropped: u64,
    /// Rows of [`Row::removes`] that stay.
    removals: u64,
    runs: u32,
    waiting: Vec<RowPage>,
    /// What is sealed of the rows of waiting pages in their final order, and ready hashes of those of runs.
    waiting_secrets: Vec<SecretPage>,
    /// The staging transaction that the store works on while the next rows are read.
    pending: Option<Pending>,
    sealer: Option<Sealer>,
    /// Ready hashes of the open rows.
    ready: Ready,
    /// Passwords that are to be hashed.
    passwords: u64,
    /// Of the pages in their final order.
    payload: PayloadDigest,
}

impl<'a> Stage<'a> {
    pub(super) fn new(directory: &'a Directory, caller: &Caller, idempotency: Option<Idempotency>) -> Self {
        let now = directory.now();
        let page_items = limits::ROW_PAGE_ITEMS.min(directory.settings.chunk_items.max(1));
        let spec = Spec::Import(ImportSpec::default());
        let mut job = Job::pending(caller.account, directory.ids.uuid(now), spec, Target::Users, now);
        job.client = caller.client;
        job.state = State::Receiving;
        Self {
            directory,
            job,
            idempotency,
            staged: None,
            page_items,
            open: Vec::new(),
            taken: 0,
            dropped: 0,
            removals: 0,
            runs: 0,
            waiting: Vec::new(),
            waiting_secrets: Vec::new(),
            pending: None,
            sealer: None,
            ready: Ready::default(),
            passwords: 0,
            payload: PayloadDigest::default(),
        }
    }

    pub(super) const fn rows(&self) -> u64 {
        self.taken - self.dropped
    }

    /// How many of the rows are those of [`Row::removes`]: known when all is in its final order.
    pub(super) const fn removals(&self) -> u64 {
        self.removals
    }

    /// How many passwords there are to be hashed.
    pub(super) const fn passwords(&self) -> u64 {
        self.passwords
    }

    /// Rows of a run, if there are ready hashes.
    pub(super) const fn ready_run_items(&self) -> u64 {
        if self.ready.has_any() { limits::RUN_ITEMS as u64 } else { 0 }
    }

    pub(super) fn page_items(&self) -> u32 {
        u32::try_from(self.page_items).unwrap_or(u32::MAX)
    }

    pub(super) const fn uuid(&self) -> Uuid {
        self.job.uuid
    }

    pub(super) const fn received_at(&self) -> Instant {
        self.job.received_at
    }

    pub(super) fn payload(&self) -> [u8; 32] {
        self.payload.clone().finish()
    }

    pub(super) const fn job(&self) -> Option<JobNumber> {
        self.staged
    }

    /// Takes a row.
    pub(super) fn push(&mut self, mut row: Row) -> Result<()> {
        row.position = self.next_position()?;
        match self.open.len() {
            limits::RUN_ITEMS => self.close_run()?,
            // It is a large file: growing on by doubling would take twice the memory for a while.
            limits::READ_ROWS_MAX => self.open.reserve_exact(limits::RUN_ITEMS - limits::READ_ROWS_MAX),
            _ => {}
        }
        self.open.push(row);
        Ok(())
    }

    /// Takes a row with a password in clear text, which is sealed at once.
    pub(super) fn push_clear(&mut self, mut row: Row, password: &Secret) -> Result<()> {
        let (directory, position) = (self.directory, u32::try_from(self.taken).unwrap_or(u32::MAX));
        if let Some(sealer) = self.sealer()? {
            row.password = RowPassword::Sealed(sealer.seal(password, position, &directory.ids)?);
            self.passwords += 1;
        }
        self.push(row)
    }

    /// Takes a row with a ready hash, which is sealed with those of its run.
    pub(super) fn push_ready(&mut self, mut row: Row, hash: &str) -> Result<()> {
        row.password = RowPassword::Apart;
        self.push(row)?;
        self.ready.push(self.open.len() - 1, hash);
        Ok(())
    }

    fn sealer(&mut self) -> Result<Option<&Sealer>> {
        if self.sealer.is_none() {
            let key = self.directory.sealing.as_ref();
            self.sealer = key.map(|key| key.of_job(self.job.account, self.job.uuid)).transpose()?;
        }
        Ok(self.sealer.as_ref())
    }

    /// Seals the ready hashes of the open rows, given these in their order.
    fn seal_ready(&mut self, order: &[usize]) -> Result<()> {
        if self.ready.is_empty() {
            return Ok(());
        }
        let (run, ids) = (self.runs, &self.directory.ids);
        self.sealer()?;
        let sealer = self.sealer.as_ref().ok_or_else(|| Error::internal("there is nothing to seal with"))?;
        let places = order.iter().map(|at| (*at, self.open[*at].position));
        for page in self.ready.seal(run, places, (sealer, ids))? {
            self.waiting_secrets.push(page);
            self.flush_full()?;
        }
        Ok(())
    }

    /// Brings everything into the final order. `everybody`: who is there, by login, if the file is the whole truth of it.
    pub(super) fn finish(&mut self, everybody: Option<Everybody<'_>>) -> Result<()> {
        failpoint::pass("plan.before_store");
        let mut sources: Vec<Box<dyn Sorted + '_>> = Vec::new();
        if self.runs == 0 {
            // One run is in order by itself.
            let order = self.order();
            self.seal_ready(&order)?;
            let mut rows = std::mem::take(&mut self.open);
            let taken = order.into_iter().map(|at| std::mem::take(&mut rows[at])).collect();
            sources.push(Box::new(InMemory { rows: taken }));
        } else {
            self.close_run()?;
            self.settle()?;
            self.open = Vec::new();
            let job = self.staged.ok_or_else(|| Error::internal("nothing was staged"))?;
            let (directory, account) = (self.directory, self.job.account);
            let reader = |run| RunReader::new(directory, account, job, STAGED + run);
            sources.extend((0..self.runs).map(|run| Box::new(reader(run)) as Box<dyn Sorted + '_>));
        }
        if let Some(everybody) = everybody {
            sources.push(Box::new(everybody));
        }
        self.merge(sources)?;
        self.drop_runs()?;
        failpoint::pass("plan.after_store");
        Ok(())
    }

    /// Removes everything; what fails here is swept later.
    pub(super) fn drop_staged(&mut self) {
        // Whether it was written or not: it goes.
        let _ = self.settle();
        let (Some(job), account) = (self.staged, self.job.account) else { return };
        let sweep = move |tx: &mut dyn Tx| tx.drop_staged(account, job, limits::SWEEP_ROWS);
        while let Ok(1..) = self.directory.store.write_blocking(Class::Chunk, sweep) {}
    }

    /// The places of the open rows in their order. The rows stay where they are: each is some hundred bytes.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<(u128, usize)> =
            self.open.iter().enumerate().map(|(at, row)| (beginning(&row.key), at)).collect();
        order.sort_unstable_by(|(a, a_row), (b, b_row)| {
            a.cmp(b).then_with(|| self.open[*a_row].order().cmp(&self.open[*b_row].order()))
        });
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// Writes the open rows as a run.
    fn close_run(&mut self) -> Result<()> {
        let (run, order) = (STAGED + self.runs, self.order());
        self.seal_ready(&order)?;
        for (page, places) in (0..).zip(order.chunks(self.page_items)) {
            let encoded = rows::encode(run, page, places.iter().map(|at| &self.open[*at]));
            self.write(encoded)?;
        }
        self.open.clear();
        self.runs += 1;
        self.flush()
    }

    /// Writes the open rows as the page of this number in the final order.
    fn close_page(&mut self, page: u32) -> Result<()> {
        self.waiting_secrets.extend(take_apart(page, &mut self.open)?);
        let encoded = rows::encode(RowPage::FINAL, page, &self.open);
        self.open.clear();
        self.payload.page(&encoded);
        self.write(encoded)
    }

    /// Writes a page, together with those that wait when there is enough.
    fn write(&mut self, page: RowPage) -> Result<()> {
        self.waiting.push(page);
        self.flush_full()
    }

    /// Writes what waits when there is enough.
    fn flush_full(&mut self) -> Result<()> {
        let bytes: usize = self.waiting.iter().map(|page| page.data.len()).sum();
        let sealed: usize = self.waiting_secrets.iter().map(|page| page.data.len()).sum();
        if bytes + sealed >= limits::PART_BYTES_MAX { self.flush() } else { Ok(()) }
    }

    /// Begins one staging transaction, when the one before has ended.
    fn flush(&mut self) -> Result<()> {
        self.settle()?;
        if self.waiting.is_empty() && self.waiting_secrets.is_empty() {
            return Ok(());
        }
        failpoint::pass("accept.before_stage");
        let pages = std::mem::take(&mut self.waiting);
        let secrets = std::mem::take(&mut self.waiting_secrets);
        let (job, staged, key) = (self.job.clone(), self.staged, self.idempotency.clone());
        let write = move |tx: &mut dyn Tx| {
            if let Some(key) = &key {
                key.hold(tx)?;
            }
            let number = match staged {
                Some(number) => number,
                None => receive(tx, &job)?,
            };
            if !tx.touch_staged(job.account, number)? {
                return Err(Error::Unavailable("the upload took too long; send it again".to_owned()));
            }
            tx.put_row_pages(job.account, number, &pages)?;
            if !secrets.is_empty() {
                tx.put_row_secrets(job.account, number, &secrets)?;
            }
            Ok(number)
        };
        let pending: Pending = Box::new(self.directory.store.start_write(Class::Chunk, write));
        match self.staged {
            Some(_) => self.pending = Some(pending),
            // The next one has to know the job.
            None => self.staged = Some(pending()?),
        }
        Ok(())
    }

    /// Waits for what was begun to be written.
    fn settle(&mut self) -> Result<()> {
        self.pending.take().map_or(Ok(()), |pending| pending().map(drop))
    }

    /// Takes the next row in the final order. One whose login an earlier row of the file has is marked; somebody who is
    /// there and whom the file names is taken out. `last` = the login of the row before.
    fn keep(&mut self, mut row: Row, last: &mut Option<String>) -> Result<()> {
        let is_again = last.as_ref() == Some(&row.key);
        let is_counted = row.position != UNCOUNTED;
        if row.removes && is_again {
            self.dropped += u64::from(is_counted);
            return Ok(());
        }
        if !is_counted {
            row.position = self.next_position()?;
        }
        self.removals += u64::from(row.removes);
        if is_again && row.fault.is_none() {
            row.fault = Some(Fault::Duplicate);
            row.password = RowPassword::None;
        }
        match last {
            Some(last) => last.clone_from(&row.key),
            None => *last = Some(row.key.clone()),
        }
        self.open.push(row);
        Ok(())
    }

    /// Counts a row; its place in the file, or behind all that were counted before.
    fn next_position(&mut self) -> Result<u32> {
        let position = u32::try_from(self.taken).ok().filter(|position| *position != UNCOUNTED);
        self.taken += 1;
        position.ok_or_else(|| Error::TooLarge("too many rows".to_owned()))
    }

    fn merge(&mut self, mut sources: Vec<Box<dyn Sorted + '_>>) -> Result<()> {
        let mut heap = BinaryHeap::new();
        for (at, source) in sources.iter_mut().enumerate() {
            if let Some(row) = source.next()? {
                heap.push(Reverse(Head { row: Box::new(row), source: at }));
            }
        }
        let (mut page, mut last) = (0, None);
        while let Some(mut first) = heap.peek_mut() {
            let Reverse(Head { row, source }) = &mut *first;
            let row = match sources[*source].next()? {
                Some(next) => std::mem::replace(&mut **row, next),
                None => *PeekMut::pop(first).0.row,
            };
            self.keep(row, &mut last)?;
            if self.open.len() == self.page_items {
                self.close_page(page)?;
                page += 1;
            }
        }
        if !self.open.is_empty() {
            self.close_page(page)?;
        }
        self.flush()?;
        self.settle()
    }

    /// Removes what was staged on the way to the final order.
    fn drop_runs(&mut self) -> Result<()> {
        let (Some(job), account) = (self.staged, self.job.account) else { return Ok(()) };
        for run in 0..self.runs {
            let remove = move |tx: &mut dyn Tx| {
                tx.delete_row_pages(account, job, STAGED + run, limits::READ_ROWS_MAX / limits::SWEEP_ROWS)
            };
            while self.directory.store.write_blocking(Class::Chunk, remove)? > 0 {}
        }
        Ok(())
    }
}

/// What is sealed in rows in their final order stands beside their page: what can be checked and shown for as long as the
/// job is kept has nothing of it.
fn take_apart(page: u32, rows: &mut [Row]) -> Result<Option<SecretPage>> {
    let mut taken = Vec::new();
    for (at, row) in rows.iter_mut().enumerate() {
        if let RowPassword::Sealed(sealed) = &mut row.password {
            taken.push((at, std::mem::take(sealed)));
            row.password = RowPassword::Apart;
        }
    }
    if taken.is_empty() {
        return Ok(None);
    }
    let data = encode_page(taken.iter().map(|(at, sealed)| (*at, sealed.as_slice())))?;
    Ok(Some(SecretPage { page, data }))
}

/// The first bytes of a login, which order most of them.
fn beginning(key: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = key.len().min(bytes.len());
    bytes[..length].copy_from_slice(&key.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

/// Rows in the order of logins and positions.
pub(super) trait Sorted {
    /// The next one.
    ///
    /// # Errors
    /// Those of the store, and `Internal` for what is damaged.
    fn next(&mut self) -> Result<Option<Row>>;
}

/// Rows that fit into memory.
struct InMemory {
    rows: VecDeque<Row>,
}

impl Sorted for InMemory {
    fn next(&mut self) -> Result<Option<Row>> {
        Ok(self.rows.pop_front())
    }
}

/// The next row of a source, ordered by login and position.
struct Head {
    row: Box<Row>,
    source: usize,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.row.order() == other.row.order()
    }
}
impl Eq for Head {}
impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.row.order().cmp(&other.row.order())
    }
}

struct RunReader<'a> {
    directory: &'a Directory,
    account: AccountId,
    job: JobNumber,
    run: u32,
    next_page: u32,
    rows: VecDeque<Row>,
}

impl<'a> RunReader<'a> {
    const fn new(directory: &'a Directory, account: AccountId, job: JobNumber, run: u32) -> Self {
        Self { directory, account, job, run, next_page: 0, rows: VecDeque::new() }
    }
}

impl Sorted for RunReader<'_> {
    fn next(&mut self) -> Result<Option<Row>> {
        if self.rows.is_empty() {
            let (account, job, run, page) = (self.account, self.job, self.run, self.next_page);
            let read =
                move |snapshot: &mut dyn Snapshot| snapshot.row_pages(account, job, run, page, PAGES_AHEAD);
            let pages = self.directory.store.read_blocking(read)?;
            self.next_page += u32::try_from(pages.len()).unwrap_or(0);
            for page in &pages {
                self.rows.extend(rows::decode(page)?);
            }
        }
        Ok(self.rows.pop_front())
    }
}
