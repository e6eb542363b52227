//! Import jobs: pages of rows in login order, one result page beside each.
//!
//! The job's cursor counts settled rows. A chunk commits users, memberships, results, counters and cursor
//! together; the chunk that settles the last row ends the job.

use std::collections::BTreeMap;
use std::sync::Arc;

use throng_jobs::{Allowance, Outcome, Progress, State, Tally, allowance, failpoint};
use uuid::Uuid;

use super::{Lease, Timing, Work, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey};
use crate::model::canonical;
use crate::model::jobs::{Held, ImportSpec, Job, Origin, RowPage};
use crate::model::memberships::Subject;
use crate::model::people;
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Fault, Row};
use crate::model::users::User;
use crate::port::scan::{NameRange, Page, Scan};
use crate::port::{Class, Snapshot, StoreExt, Tx};

/// The work of one import.
pub(super) struct Import {
    lease: Lease,
    page_items: u64,
    manner: Manner,
    cursor: u64,
    ready: Vec<Prepared>,
}

/// How rows are taken.
#[derive(Clone, Copy)]
struct Manner {
    /// Nothing is written but what would become of them.
    is_dry: bool,
    /// A row that cannot be taken was found to be takeable before.
    expects_change: bool,
}

/// A row, with the user that it would make.
type Prospect = (Row, Option<User>);

/// A page of rows.
struct Prepared {
    page: u32,
    rows: Arc<Vec<Prospect>>,
}

/// The next rows of one page.
struct Stretch<'a> {
    page: u32,
    /// Rows of the page that are settled already.
    start: usize,
    rows: &'a [Prospect],
}

/// What a chunk came to.
struct Chunk {
    results: Vec<RowResult>,
    tally: Tally,
}

/// What a chunk committed.
struct Committed {
    cursor: u64,
    progress: Progress,
}

impl Import {
    pub(super) fn new(held: &Held, spec: &ImportSpec) -> Self {
        let expects_change = matches!(spec.origin, Some(Origin::Applies(_)));
        Self {
            lease: Lease::of(held),
            page_items: u64::from(spec.page_items.max(1)),
            manner: Manner { is_dry: spec.is_dry, expects_change },
            cursor: held.job.cursor,
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
        let read =
            move |snapshot: &mut dyn Snapshot| snapshot.row_pages(account, job, RowPage::FINAL, from, limit);
        for page in directory.store.read_blocking(read)? {
            let rows = rows::decode(&page)?;
            let now = directory.now();
            let uuids = directory.ids.uuids(now, rows.len());
            let users = rows.into_iter().zip(uuids).map(|(row, uuid)| {
                let user = row.fault.is_none().then(|| people::user_from_row(&row, uuid, now));
                (row, user)
            });
            self.ready.push(Prepared { page: page.page, rows: Arc::new(users.collect()) });
        }
        Ok(())
    }
}

impl Work for Import {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        if self.ready.is_empty() {
            self.prepare(directory, 0)?;
        }
        failpoint::pass("chunk.before_apply");
        let (lease, timing) = (self.lease, Timing::of(directory));
        let (page_items, manner) = (self.page_items, self.manner);
        let pages: Vec<Prepared> = self
            .ready
            .iter()
            .map(|ready| Prepared { page: ready.page, rows: Arc::clone(&ready.rows) })
            .collect();
        let chunk = ChunkWrite { lease, timing, pages, page_items, manner, give_back };
        let write = move |tx: &mut dyn Tx| chunk.run(tx);
        let pending = directory.store.start_write(Class::Chunk, write);
        // While the writer has this chunk, the next one is read and made ready.
        let prepared = self.prepare(directory, 1);
        let committed = pending()?;
        failpoint::pass("chunk.after_commit");
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
    give_back: bool,
}

impl ChunkWrite {
    fn run(&self, tx: &mut dyn Tx) -> Result<Committed> {
        let (lease, timing) = (&self.lease, &self.timing);
        let groups = name_groups(tx, lease.account, &self.pages, self.manner)?;
        let mut job = lease.hold(tx, timing)?;
        if job.state == State::AbortInProgress {
            end(tx, &mut job, State::Aborted, timing.now)?;
            return Ok(Committed { cursor: job.cursor, progress: Progress::Done });
        }
        match allowance(job.attempts, timing.chunk_items) {
            Allowance::SetAside => {
                for stretch in stretches(&self.pages, &job, self.page_items, 1) {
                    let rows = stretch.rows.len();
                    record(tx, &mut job, &[stretch], set_aside(rows))?;
                }
            }
            Allowance::Items(items) => self.settle(tx, &mut job, &groups, items)?,
        }
        job.attempts = 0;
        let progress = if job.counts.pending() == 0 {
            failpoint::pass("finish.before_terminal");
            let state = ended_state(&job);
            end(tx, &mut job, state, timing.now)?;
            Progress::Done
        } else {
            tx.update_job(&job)?;
            if self.give_back {
                tx.give_back(job.account, job.number)?;
            }
            if self.give_back { Progress::GivenBack } else { Progress::More }
        };
        failpoint::pass("chunk.before_commit");
        Ok(Committed { cursor: job.cursor, progress })
    }

    /// Takes the next rows, at most so many, or fewer when the transaction should end.
    fn settle(
        &self,
        tx: &mut dyn Tx,
        job: &mut Job,
        groups: &BTreeMap<String, GroupNumber>,
        mut left: usize,
    ) -> Result<()> {
        while left > 0 {
            let taken = stretches(&self.pages, job, self.page_items, left.min(tx.batch_items()));
            if taken.is_empty() {
                break;
            }
            let rows: Vec<&Prospect> = taken.iter().flat_map(|stretch| stretch.rows).collect();
            left -= rows.len();
            let done = self.apply(tx, &rows, groups)?;
            record(tx, job, &taken, done)?;
            if tx.should_yield() {
                break;
            }
        }
        Ok(())
    }

    /// Adds the people of these rows, given in login order.
    fn apply(
        &self,
        tx: &mut dyn Tx,
        rows: &[&Prospect],
        groups: &BTreeMap<String, GroupNumber>,
    ) -> Result<Chunk> {
        let account = self.lease.account;
        let knows_groups = |row: &Row| row.member_of.iter().all(|name| groups.contains_key(name));
        let users: Vec<&User> =
            rows.iter().filter(|(row, _)| knows_groups(row)).filter_map(|(_, user)| user.as_ref()).collect();
        let (users, inserted) = if self.manner.is_dry {
            would_insert(tx, account, &users)?
        } else {
            insert(tx, account, &users)?
        };
        let mut outcomes = users.iter().zip(inserted);
        let mut joining: BTreeMap<GroupNumber, Vec<MemberKey>> = BTreeMap::new();
        let mut done = Chunk { results: Vec::with_capacity(rows.len()), tally: Tally::default() };
        for (row, user) in rows {
            let result = match (&row.fault, user) {
                (Some(Fault::Invalid(message)), _) => failed(Outcome::Invalid, message),
                (Some(Fault::Duplicate), _) => {
                    failed(Outcome::Conflict, "Login Id is listed more than once in this file")
                }
                (None, _) if !knows_groups(row) => {
                    failed(Outcome::Invalid, "Invalid member of group provided")
                }
                (None, _) => match outcomes.next() {
                    Some(((key, user), true)) => {
                        for name in &row.member_of {
                            if let Some(group) = groups.get(name) {
                                joining.entry(*group).or_default().push(MemberKey::user(*key));
                            }
                        }
                        // Who is not made has no id that anybody could ask for.
                        let user = (!self.manner.is_dry).then_some(user.uuid);
                        RowResult { outcome: Outcome::Created, user, note: None }
                    }
                    _ if self.manner.expects_change => {
                        failed(Outcome::ChangedSince, "A user with this loginId exists since the dry run")
                    }
                    _ => failed(Outcome::Conflict, "A user with this loginId already exists"),
                },
            };
            done.tally.add(result.outcome, 1);
            done.results.push(result);
        }
        if self.manner.is_dry {
            return Ok(done);
        }
        for (group, mut keys) in joining {
            keys.dedup();
            tx.add_members(account, group, &keys)?;
            tx.touch_group(account, group, i64::try_from(keys.len()).unwrap_or(i64::MAX), self.timing.now)?;
        }
        Ok(done)
    }
}

/// New users with their keys, and whether each was inserted.
type Inserted<'a> = (Vec<(UserKey, &'a User)>, Vec<bool>);

fn insert<'a>(tx: &mut dyn Tx, account: AccountId, users: &[&'a User]) -> Result<Inserted<'a>> {
    let first_key = tx.allocate_users(account, users.len() as u64)?;
    let users: Vec<(UserKey, &User)> = (first_key.0..).map(UserKey).zip(users.iter().copied()).collect();
    let inserted = tx.insert_users(account, &users)?;
    Ok((users, inserted))
}

/// What [`insert`] would come to. Equal logins of one file were marked before.
fn would_insert<'a>(tx: &mut dyn Tx, account: AccountId, users: &[&'a User]) -> Result<Inserted<'a>> {
    let names: Vec<&str> = users.iter().map(|user| user.name_key.as_str()).collect();
    // Few names: single look-ups, however many users there are.
    let found = tx.resolve_names(account, &names, u64::MAX)?;
    let free = found.into_iter().map(|subject| subject == Subject::Unknown).collect();
    Ok((users.iter().map(|user| (UserKey(0), *user)).collect(), free))
}

/// The next rows to settle, at most so many, page by page.
fn stretches<'a>(pages: &'a [Prepared], job: &Job, page_items: u64, rows_max: usize) -> Vec<Stretch<'a>> {
    let mut left = rows_max;
    let mut taken = Vec::new();
    for Prepared { page, rows } in pages {
        let settled = job.cursor.saturating_sub(u64::from(*page) * page_items);
        let start = usize::try_from(settled).unwrap_or(usize::MAX);
        if left > 0 && start < rows.len() {
            let rows = &rows[start..rows.len().min(start + left)];
            left -= rows.len();
            taken.push(Stretch { page: *page, start, rows });
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

/// The groups that the rows name, by the name as given; locked by rising number unless nothing is written.
fn name_groups(
    tx: &mut dyn Tx,
    account: AccountId,
    pages: &[Prepared],
    manner: Manner,
) -> Result<BTreeMap<String, GroupNumber>> {
    let mut by_name = BTreeMap::new();
    let rows = pages.iter().flat_map(|prepared| prepared.rows.iter());
    for name in rows.filter(|(row, _)| row.fault.is_none()).flat_map(|(row, _)| &row.member_of) {
        if !by_name.contains_key(name)
            && let Ok(key) = canonical::group_name_key(name)
            // A name that several groups have names none of them for certain.
            && let [group] = tx.groups(account, &Scan::Names(NameRange::only(&key)), &Page::first(2))?.as_slice()
        {
            by_name.insert(name.clone(), group.number);
        }
    }
    if manner.is_dry {
        return Ok(by_name);
    }
    let mut numbers: Vec<GroupNumber> = by_name.values().copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut alive = Vec::with_capacity(numbers.len());
    for number in numbers {
        if tx.lock_group(account, number)?.is_some() {
            alive.push(number);
        }
    }
    by_name.retain(|_, number| alive.contains(number));
    Ok(by_name)
}

fn failed(outcome: Outcome, why: &str) -> RowResult {
    RowResult { outcome, user: None::<Uuid>, note: Some(why.to_owned()) }
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
