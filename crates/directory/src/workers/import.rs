//! Import jobs: pages of rows in login order, one result page beside each.
//!
//! The job's cursor counts settled rows. A chunk commits users, memberships, results, counters and cursor
//! together; the chunk that settles the last row ends the job.

mod foresight;
mod groups;
mod passwords;
mod ready;
mod rows;

use std::sync::Arc;

use throng_jobs::{Allowance, Outcome, Progress, State, Tally, allowance, failpoint};

use super::{Lease, Timing, Work, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::limits;
use crate::model::jobs::{Held, ImportMode, ImportSpec, Job, RowPage};
use crate::model::people;
use crate::model::results;
use crate::model::rows::{self as stored, Row};
use crate::model::users::User;
use crate::port::scan::Scan;
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::guards;

use foresight::Foreseen;
use passwords::{Due, Hashing, Passwords};
use ready::ReadyHashes;
use rows::{Chunk, Manner, Scene, failed};

/// Rows that the first chunk takes which looks for people who are there: the next ones are as large as the time of a
/// transaction allows.
const FIRST_CHUNK: usize = 256;

/// The work of one import.
pub(super) struct Import {
    lease: Lease,
    /// Whether passwords may stand beside pages.
    has_beside: bool,
    hashes: ReadyHashes,
    page_items: u64,
    manner: Manner,
    cursor: u64,
    /// Rows that the next chunk takes at most.
    most: usize,
    ready: Vec<Prepared>,
}

/// A row, with what it would make.
struct Prospect {
    row: Row,
    /// Whom, of nobody.
    user: Option<User>,
    /// What, of somebody who is there.
    foreseen: Option<Foreseen>,
}

/// A page of rows.
#[derive(Clone)]
struct Prepared {
    page: u32,
    rows: Arc<Vec<Prospect>>,
    passwords: Arc<Passwords>,
    /// The pages of passwords that go when its rows are settled.
    spent: Arc<Vec<u32>>,
}

/// The next rows of one page.
struct Stretch<'a> {
    page: u32,
    /// Rows of the page that are settled already.
    start: usize,
    rows: &'a [Prospect],
    /// Those of the whole page.
    passwords: &'a Passwords,
}

impl<'a> Stretch<'a> {
    /// The rows, each with what is due of its password.
    fn each(&self) -> impl Iterator<Item = (&'a Prospect, Option<&'a Due>)> {
        let passwords = self.passwords;
        (self.start..).zip(self.rows).map(|(at, row)| (row, passwords.get(&at)))
    }
}

/// What a chunk committed.
struct Committed {
    cursor: u64,
    progress: Progress,
    /// Whether the time of the transaction was used up.
    is_late: bool,
}

impl Import {
    pub(super) fn new(directory: &Directory, held: &Held, spec: &ImportSpec) -> Self {
        Self {
            lease: Lease::of(held),
            // A job of an earlier version has ready hashes there too.
            has_beside: spec.passwords > 0 || spec.ready_run_items == 0,
            hashes: ReadyHashes::new(held, spec),
            page_items: u64::from(spec.page_items.max(1)),
            manner: Manner::new(directory, held, spec),
            cursor: held.job.cursor,
            most: if spec.mode == ImportMode::Add { usize::MAX } else { FIRST_CHUNK },
            ready: Vec::new(),
        }
    }

    /// Reads the pages of the next chunk, and of `ahead` more, and makes users of their rows, outside of any
    /// transaction.
    fn prepare(&mut self, directory: &Directory, ahead: u64) -> Result<()> {
        let here = u32::try_from(self.cursor / self.page_items).unwrap_or(u32::MAX);
        self.ready.retain(|prepared| prepared.page >= here);
        let wanted = (directory.settings.chunk_items as u64).div_ceil(self.page_items) * (1 + ahead) + 1;
        let from = self.ready.last().map_or(here, |last| last.page + 1);
        let have = self.ready.len() as u64;
        if have >= wanted {
            return Ok(());
        }
        let (account, job) = (self.lease.account, self.lease.job);
        let limit = usize::try_from(wanted - have).unwrap_or(1);
        let secrets_max = if self.has_beside { limit } else { 0 };
        let read = move |snapshot: &mut dyn Snapshot| {
            let secrets = snapshot.row_secrets(account, job, from, secrets_max)?;
            Ok((snapshot.row_pages(account, job, RowPage::FINAL, from, limit)?, secrets))
        };
        self.hashes.unlock(directory)?;
        let (pages, secrets) = directory.store.read_blocking(read)?;
        for page in pages {
            let rows = stored::decode(&page)?;
            let mut foreseen = foresight::of_rows(directory, &self.manner, &rows)?.into_iter();
            let beside = secrets.iter().find(|secrets| secrets.page == page.page);
            let (passwords, spent) = if self.manner.is_dry {
                Default::default()
            } else {
                passwords::open(directory, &mut self.hashes, &rows, beside)?
            };
            let now = directory.now();
            let uuids = directory.ids.uuids(now, rows.len());
            let users = rows.into_iter().zip(uuids).map(|(row, uuid)| {
                let makes = row.fault.is_none() && !row.removes && self.manner.mode.adds();
                let user = makes.then(|| people::user_from_row(&row, uuid, now));
                Prospect { row, user, foreseen: foreseen.next().flatten() }
            });
            let (rows, passwords) = (Arc::new(users.collect()), Arc::new(passwords));
            self.ready.push(Prepared { page: page.page, rows, passwords, spent: Arc::new(spent) });
        }
        Ok(())
    }
}

impl Import {
    /// Hashes the passwords of the next rows, outside of any transaction. How many rows can be taken then: those before the
    /// first whose password is not hashed.
    fn hash(&mut self, directory: &Directory) -> Result<usize> {
        let cursor = self.cursor;
        let mut dues = Vec::new();
        let mut places = Vec::new();
        for Prepared { page, rows, passwords, .. } in &mut self.ready {
            let first = u64::from(*page) * self.page_items;
            let waits =
                |(at, due): (&usize, &Due)| matches!(due, Due::Clear(_)) && first + *at as u64 >= cursor;
            if !passwords.iter().any(waits) {
                continue;
            }
            // Nobody else looks at them between chunks.
            for (at, due) in Arc::make_mut(passwords).iter_mut().filter(|(at, due)| waits((*at, &**due))) {
                let key = rows.get(*at).map_or("", |prospect| prospect.row.key.as_str());
                dues.push(Hashing { key, due, had: Vec::new() });
                places.push(first + *at as u64);
            }
            if dues.len() > limits::HASHES_PER_CHUNK {
                break;
            }
        }
        if dues.is_empty() {
            return Ok(usize::MAX);
        }
        if self.manner.mode != ImportMode::Add {
            passwords::find_earlier(directory, self.manner.account, &mut dues)?;
        }
        let hashed = passwords::hash_next(directory, dues)?;
        let next = places.get(hashed).map_or(u64::MAX, |place| place - cursor);
        Ok(usize::try_from(next).unwrap_or(usize::MAX))
    }

    /// Chunks that look for people take twice as many if there was time for more, else so many as there was time for.
    fn adapt(&mut self, committed: &Committed, chunk_items: usize) {
        if self.manner.mode != ImportMode::Add {
            let taken = usize::try_from(committed.cursor.saturating_sub(self.cursor)).unwrap_or(usize::MAX);
            self.most = if committed.is_late { taken.max(1) } else { (2 * self.most).min(chunk_items) };
        }
    }
}

impl Work for Import {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        if self.ready.is_empty() {
            self.prepare(directory, 0)?;
        }
        let hashed = self.hash(directory)?;
        failpoint::pass("chunk.before_apply");
        let (lease, timing) = (self.lease, Timing::of(directory));
        let pages = self.ready.clone();
        let chunk = ChunkWrite {
            lease,
            timing,
            pages,
            page_items: self.page_items,
            manner: self.manner.clone(),
            cursor: self.cursor,
            most: self.most.min(directory.settings.chunk_items).min(hashed),
            give_back,
        };
        let write = move |tx: &mut dyn Tx| chunk.run(tx);
        let pending = directory.store.start_write(Class::Chunk, write);
        // While the writer has this chunk, the next one is read and made ready.
        let prepared = self.prepare(directory, 1);
        let committed = pending()?;
        failpoint::pass("chunk.after_commit");
        self.adapt(&committed, directory.settings.chunk_items);
        self.cursor = committed.cursor;
        if committed.progress == Progress::Done {
            directory.bell.job_ended();
            failpoint::pass("finish.after_terminal");
            return Ok(Progress::Done);
        }
        prepared?;
        let here = u32::try_from(self.cursor / self.page_items).unwrap_or(u32::MAX);
        self.ready.retain(|ready| ready.page >= here);
        Ok(committed.progress)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        self.cursor = held.job.cursor;
        true
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}

/// One chunk, in one transaction.
struct ChunkWrite {
    lease: Lease,
    timing: Timing,
    pages: Vec<Prepared>,
    page_items: u64,
    manner: Manner,
    /// Rows that are settled.
    cursor: u64,
    /// Rows to settle at most.
    most: usize,
    give_back: bool,
}

impl ChunkWrite {
    fn run(&self, tx: &mut dyn Tx) -> Result<Committed> {
        let (lease, timing) = (&self.lease, &self.timing);
        let next = stretches(&self.pages, self.cursor, self.page_items, self.most);
        let rows: Vec<&Row> =
            next.iter().flat_map(|stretch| stretch.rows).map(|prospect| &prospect.row).collect();
        let mut scene = Scene::find(tx, &self.manner, &rows)?;
        let mut job = lease.hold(tx, timing)?;
        let committed = |job: &Job, progress| Committed { cursor: job.cursor, progress, is_late: false };
        if job.state == State::AbortInProgress {
            end(tx, &mut job, State::Aborted, timing.now)?;
            return Ok(committed(&job, Progress::Done));
        }
        if job.cursor != self.cursor {
            // Somebody else went on with it in between: what is next is read anew.
            return Ok(committed(&job, Progress::More));
        }
        if job.cursor == 0 && self.is_held_back(tx, &mut job)? {
            return Ok(committed(&job, Progress::Done));
        }
        let mut is_late = false;
        match allowance(job.attempts, timing.chunk_items) {
            Allowance::SetAside => {
                for stretch in stretches(&self.pages, job.cursor, self.page_items, 1) {
                    let rows = stretch.rows.len();
                    record(tx, &mut job, &[stretch], set_aside(rows))?;
                }
            }
            Allowance::Items(items) => {
                is_late = self.settle(tx, &mut job, &mut scene, items.min(self.most))?;
            }
        }
        self.wipe(tx, &job)?;
        job.attempts = 0;
        let progress = if job.counts.pending() == 0 {
            failpoint::pass("finish.before_terminal");
            let state = ended_state(&job);
            end(tx, &mut job, state, timing.now)?;
            Progress::Done
        } else {
            audit::jobs::update(tx, &job)?;
            if self.give_back {
                tx.give_back(job.account, job.number)?;
            }
            if self.give_back { Progress::GivenBack } else { Progress::More }
        };
        failpoint::pass("chunk.before_commit");
        Ok(Committed { is_late, ..committed(&job, progress) })
    }

    /// Deletes what is sealed of pages whose rows are all settled.
    fn wipe(&self, tx: &mut dyn Tx, job: &Job) -> Result<()> {
        for Prepared { page, rows, spent, .. } in &self.pages {
            let end = u64::from(*page) * self.page_items + rows.len() as u64;
            for secrets in spent.iter().filter(|_| job.cursor >= end) {
                tx.delete_row_secrets(job.account, job.number, *secrets)?;
            }
        }
        Ok(())
    }

    /// Lets the job wait for approval if it takes away more than the account's guard lets go.
    fn is_held_back(&self, tx: &mut dyn Tx, job: &mut Job) -> Result<bool> {
        let removals = job.asked_destroy;
        if removals == 0 {
            return Ok(false);
        }
        let account = self.lease.account;
        let all = match self.manner.group {
            None => tx.count_users(account, &Scan::All)?,
            Some(group) => tx.group(account, group)?.map_or(0, |group| group.members),
        };
        let Some(objection) = guards::objection(tx, job, (removals, all), self.timing.now)? else {
            return Ok(false);
        };
        if self.manner.is_dry {
            job.message = Some(format!("if it were done, it {objection}"));
            return Ok(false);
        }
        guards::hold_back(tx, job, (objection, removals))?;
        Ok(true)
    }

    /// Takes the next rows, at most so many, or fewer when the transaction should end; whether it should.
    fn settle(&self, tx: &mut dyn Tx, job: &mut Job, scene: &mut Scene, mut left: usize) -> Result<bool> {
        while left > 0 {
            let taken = stretches(&self.pages, job.cursor, self.page_items, left.min(tx.batch_items()));
            if taken.is_empty() {
                break;
            }
            let rows: Vec<_> = taken.iter().flat_map(Stretch::each).collect();
            left -= rows.len();
            let done = scene.take(tx, (&self.manner, job, self.timing.now), job.cursor, &rows)?;
            record(tx, job, &taken, done)?;
            if tx.should_yield() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The next rows to settle, at most so many, page by page.
fn stretches(pages: &[Prepared], cursor: u64, page_items: u64, rows_max: usize) -> Vec<Stretch<'_>> {
    let mut left = rows_max;
    let mut taken = Vec::new();
    for Prepared { page, rows, passwords, .. } in pages {
        let settled = cursor.saturating_sub(u64::from(*page) * page_items);
        let start = usize::try_from(settled).unwrap_or(usize::MAX);
        if left > 0 && start < rows.len() {
            let rows = &rows[start..rows.len().min(start + left)];
            left -= rows.len();
            taken.push(Stretch { page: *page, start, rows, passwords });
        }
    }
    taken
}

/// Any failed row makes the job FAILED; a job that changed nothing is `NO_CHANGE`.
const fn ended_state(job: &Job) -> State {
    if job.counts.failed > 0 {
        State::Failed
    } else if job.counts.created + job.counts.updated + job.counts.removed == 0 {
        State::NoChange
    } else {
        State::Completed
    }
}

/// Settles rows without attempting them: they killed their workers again and again.
fn set_aside(rows: usize) -> Chunk {
    let mut tally = Tally::default();
    tally.add(Outcome::Poison, rows as u64);
    Chunk { results: vec![failed(Outcome::Poison, "system error"); rows], tally }
}

/// Stores the results of stretches, each behind those that an earlier chunk stored for its page, and moves the
/// job's counters.
fn record(tx: &mut dyn Tx, job: &mut Job, stretches: &[Stretch<'_>], done: Chunk) -> Result<()> {
    let mut results = done.results.into_iter();
    let mut pages = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let mut all = Vec::new();
        if stretch.start > 0 {
            let earlier = tx.result_pages(job.account, job.number, stretch.page, 1)?;
            for results in earlier.iter().filter(|results| results.page == stretch.page) {
                all.extend(results::decode_rows(results)?);
            }
        }
        all.extend(results.by_ref().take(stretch.rows.len()));
        job.cursor += stretch.rows.len() as u64;
        pages.push(results::encode_rows(stretch.page, &all));
    }
    tx.put_result_pages(job.account, job.number, &pages)?;
    job.counts.add(&done.tally);
    job.tally.merge(&done.tally);
    Ok(())
}
