//! Forgetting: one block of a job's items at a time, job by job, the latest first.

use std::cell::RefCell;
use std::collections::BTreeSet;

use throng_jobs::{Outcome, Progress, State, Tally, failpoint};
use uuid::Uuid;

use super::{Lease, Timing, Work, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{JobNumber, parse_uuid};
use crate::model::bulk::BulkItem;
use crate::model::canonical::email_key;
use crate::model::images::{self, Image};
use crate::model::jobs::{
    ForgetSpec, Held, ImageBlock, Job, JobsChosen, Kind, Part, ResultPage, RowPage, Spec,
};
use crate::model::parts::FORGOTTEN;
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Row};
use crate::model::users::User;
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::forget::forgotten_key;

/// Blocks of one read.
const BLOCKS_PER_READ: usize = 8;

/// The work of one such job. Its cursor is the number of the job that was looked through last.
pub(super) struct Forget {
    lease: Lease,
    spec: ForgetSpec,
    cursor: u64,
    /// The blocks of the job at hand that were not looked at yet begin here.
    at: Option<(Job, At)>,
    /// Jobs that had not ended.
    unfinished: Vec<i64>,
}

/// Where in the items of a job.
#[derive(Clone, Copy)]
enum At {
    Part(u32),
    Image(u32),
    Page(u32),
}

/// Blocks that are written anew.
#[derive(Clone, Default)]
struct Rewritten {
    parts: Vec<Part>,
    rows: Vec<RowPage>,
    results: Vec<ResultPage>,
    images: Vec<ImageBlock>,
    /// What the job does, where a name stood in that.
    spec: Option<Spec>,
    items: u64,
    /// Other names of who was met by the id.
    met: BTreeSet<String>,
}

impl Forget {
    pub(super) fn new(held: &Held, spec: ForgetSpec) -> Self {
        let cursor = held.job.cursor;
        Self { lease: Lease::of(held), spec, cursor, at: None, unfinished: Vec::new() }
    }

    /// The next job to look through; none when all were.
    fn next_job(&mut self, directory: &Directory) -> Result<Option<Job>> {
        let (account, own) = (self.lease.account, self.lease.job);
        loop {
            let before = i64::try_from(self.cursor).ok().filter(|cursor| *cursor > 0).map(JobNumber);
            let kinds = vec![
                Kind::Membership,
                Kind::Plan,
                Kind::Import,
                Kind::ImportPlan,
                Kind::Deletion,
                Kind::DeletionPlan,
                Kind::Restore,
                Kind::RestorePlan,
                Kind::Bulk,
                Kind::BulkPlan,
                Kind::Export,
            ];
            let chosen = JobsChosen { kinds, ..JobsChosen::default() };
            let read = move |snapshot: &mut dyn Snapshot| snapshot.jobs_before(account, &chosen, before, 1);
            let Some(job) = directory.store.read_blocking(read)?.pop() else { return Ok(None) };
            if job.state.is_terminal() && job.number != own {
                return Ok(Some(job));
            }
            self.unfinished.push(job.number.0);
            self.cursor = u64::try_from(job.number.0).unwrap_or(0);
        }
    }

    /// Looks at the next blocks of a job; what is to be written, and where it goes on.
    fn look(&self, directory: &Directory, job: &Job, at: At) -> Result<(Rewritten, Option<At>)> {
        let (account, number) = (job.account, job.number);
        let mut rewritten = Rewritten::default();
        let mut met = RefCell::new(BTreeSet::new());
        let next = match at {
            At::Part(first) => {
                let read = move |snapshot: &mut dyn Snapshot| {
                    snapshot.parts(account, number, false, first, BLOCKS_PER_READ)
                };
                let parts = directory.store.read_blocking(read)?;
                for part in &parts {
                    let left = |text: &str| {
                        let ListedPerson { user, login, .. } = ListedPerson::read(text);
                        if user.is_some_and(|user| self.is_id(user)) {
                            met.borrow_mut().insert(forgotten_key(login));
                        }
                        self.left_of(job, text)
                    };
                    if let Some(part) = part.forgetting(left)? {
                        rewritten.parts.push(part);
                        rewritten.items += 1;
                    }
                }
                let behind = parts.last().map(|last| At::Part(last.first + last.items));
                behind.or_else(|| matches!(job.spec, Spec::Deletion(_)).then_some(At::Image(0)))
            }
            At::Image(item) => {
                let read = move |snapshot: &mut dyn Snapshot| {
                    snapshot.images(account, number, item, BLOCKS_PER_READ)
                };
                let mut blocks = directory.store.read_blocking(read)?;
                blocks.retain(|block| block.first + block.items > item);
                for block in &blocks {
                    let goes = |image: &Image| {
                        if self.is_id(image.user.uuid) {
                            met.borrow_mut().extend(names_in(image).cloned());
                        }
                        self.is_of(image)
                    };
                    if let Some((block, gone)) = images::forgetting(block, goes)? {
                        rewritten.images.push(block);
                        rewritten.items += gone;
                    }
                }
                blocks.last().map(|last| At::Image(last.first + last.items))
            }
            At::Page(page) => {
                let read = move |snapshot: &mut dyn Snapshot| {
                    let pages = snapshot.row_pages(account, number, RowPage::FINAL, page, BLOCKS_PER_READ)?;
                    Ok((pages, snapshot.result_pages(account, number, page, BLOCKS_PER_READ)?))
                };
                let (pages, results) = directory.store.read_blocking(read)?;
                for rows in &pages {
                    let results = results.iter().find(|results| results.page == rows.page);
                    self.look_at_rows(rows, results, &mut rewritten)?;
                }
                pages.last().map(|last| At::Page(last.page + 1))
            }
        };
        rewritten.met.append(met.get_mut());
        rewritten.spec = job.spec.forgetting(&|text| self.names(text));
        Ok((rewritten, next))
    }

    fn look_at_rows(
        &self,
        page: &RowPage,
        results: Option<&ResultPage>,
        rewritten: &mut Rewritten,
    ) -> Result<()> {
        let mut rows = rows::decode(page)?;
        let mut settled = results.map(results::decode_rows).transpose()?.unwrap_or_default();
        let mut found = 0;
        for (at, row) in rows.iter_mut().enumerate() {
            let result = settled.get_mut(at);
            if result.as_ref().and_then(|result| result.user).is_some_and(|user| self.is_id(user)) {
                rewritten.met.extend(
                    [row.key.clone(), email_key(&row.email)].into_iter().filter(|key| !key.is_empty()),
                );
            }
            if self.is_about(row, result.as_deref()) {
                row.forget();
                found += 1;
                if let Some(result) = result {
                    (result.user, result.note) = (None, None);
                }
            }
        }
        if found > 0 {
            rewritten.rows.push(rows::encode(page.run, page.page, &rows));
            rewritten.results.extend(results.map(|results| results::encode_rows(results.page, &settled)));
            rewritten.items += found;
        }
        Ok(())
    }

    fn is_about(&self, row: &Row, result: Option<&RowResult>) -> bool {
        let user = result.and_then(|result| result.user);
        self.spec.names.contains(&row.key)
            || self.names(&row.email)
            || [user, row.found.and_then(|found| found.user)]
                .into_iter()
                .flatten()
                .any(|user| self.is_id(user))
    }

    fn is_of(&self, image: &Image) -> bool {
        self.is_id(image.user.uuid) || names_in(image).any(|name| self.names(name))
    }

    fn is_id(&self, id: Uuid) -> bool {
        self.spec.names.contains(&id.to_string())
    }

    /// What is left of a listed value of a job that names whom is forgotten; none of one that names somebody else.
    fn left_of(&self, job: &Job, value: &str) -> Result<Option<String>> {
        match &job.spec {
            Spec::Bulk(_) => {
                let left = BulkItem::read(value)?.forgetting(&|text| self.names(text));
                left.map(|item| item.text()).transpose()
            }
            _ => Ok(self.names(value).then(|| FORGOTTEN.to_owned())),
        }
    }

    /// Whether a text names whom is forgotten, as it is or by its canonical form; of somebody whom a deletion lists the id
    /// or the login.
    fn names(&self, text: &str) -> bool {
        let names = &self.spec.names;
        let ListedPerson { user: id, login, .. } = ListedPerson::read(text);
        let is_named = |text: &str| {
            names.contains(text) || names.contains(&forgotten_key(text)) || names.contains(&email_key(text))
        };
        !text.is_empty() && (is_named(text) || id.is_some_and(|id| self.is_id(id) || is_named(login)))
    }

    /// Looks through all jobs again, by the names that were met.
    fn begin_again(&mut self, directory: &Directory) -> Result<Progress> {
        self.spec.again = false;
        (self.cursor, self.unfinished) = (0, Vec::new());
        let (lease, timing, spec) = (self.lease, Timing::of(directory), Spec::Forget(self.spec.clone()));
        let write = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            (job.cursor, job.spec) = (0, spec.clone());
            audit::jobs::update(tx, &job)
        };
        directory.store.write_blocking(Class::Chunk, write)?;
        Ok(Progress::More)
    }

    fn finish(&self, directory: &Directory) -> Result<Progress> {
        let (lease, timing) = (self.lease, Timing::of(directory));
        let ids: Vec<Uuid> = self.spec.names.iter().filter_map(|name| parse_uuid(name)).collect();
        let unfinished: Vec<String> = self.unfinished.iter().map(ToString::to_string).collect();
        let write = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            job.counts.total = job.counts.processed();
            job.planned = true;
            if !unfinished.is_empty() {
                let numbers = unfinished.join(", ");
                job.message =
                    Some(format!("jobs that had not ended were passed over, forget again: {numbers}"));
            }
            for id in &ids {
                tx.forget_id(lease.account, *id)?;
            }
            end(tx, &mut job, State::Completed, timing.now)
        };
        directory.forget_audit(lease.account, |name| self.names(name))?;
        failpoint::pass("forget.before_terminal");
        directory.store.write_blocking(Class::Chunk, write)?;
        directory.bell.job_ended();
        Ok(Progress::Done)
    }
}

/// What somebody is called in their image, but for the id.
fn names_in(image: &Image) -> impl Iterator<Item = &String> {
    let User { name_key, external_id, email_keys, .. } = &image.user;
    let ids = external_id.iter().chain(image.external_ids.iter().map(|(_, id)| id));
    ids.chain(email_keys).chain([name_key])
}

impl Work for Forget {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let (mut job, at) = match self.at.take() {
            Some(at) => at,
            None => match self.next_job(directory)? {
                Some(job) => {
                    let at = if job.rows() > 0 { At::Page(0) } else { At::Part(0) };
                    (job, at)
                }
                None if self.spec.again => return self.begin_again(directory),
                None => return self.finish(directory),
            },
        };
        let (mut rewritten, next) = self.look(directory, &job, at)?;
        if let Some(spec) = &rewritten.spec {
            job.spec = spec.clone();
        }
        let is_through = next.is_none();
        if !rewritten.met.is_subset(&self.spec.names) {
            self.spec.names.append(&mut rewritten.met);
            self.spec.again = true;
        }
        let (lease, timing, number) = (self.lease, Timing::of(directory), job.number);
        let own_spec = Spec::Forget(self.spec.clone());
        let cursor = if is_through { u64::try_from(number.0).unwrap_or(0) } else { self.cursor };
        let write = move |tx: &mut dyn Tx| {
            let mut own = lease.hold(tx, &timing)?;
            if rewritten.items > 0 {
                tx.forget_payload(own.account, number)?;
            }
            tx.put_parts(own.account, number, &rewritten.parts)?;
            tx.put_row_pages(own.account, number, &rewritten.rows)?;
            tx.put_result_pages(own.account, number, &rewritten.results)?;
            tx.put_images(own.account, number, &rewritten.images)?;
            if let Some(spec) = &rewritten.spec {
                tx.put_spec(own.account, number, spec)?;
            }
            let mut tally = Tally::default();
            tally.add(Outcome::Updated, rewritten.items);
            own.counts.add(&tally);
            own.tally.merge(&tally);
            // How many there are is known for sure only at the end.
            own.counts.total = own.counts.total.max(own.counts.processed());
            (own.cursor, own.attempts, own.spec) = (cursor, 0, own_spec.clone());
            audit::jobs::update(tx, &own)?;
            if give_back {
                tx.give_back(own.account, own.number)?;
            }
            Ok(())
        };
        failpoint::pass("forget.before_write");
        directory.store.write_blocking(Class::Chunk, write)?;
        failpoint::pass("forget.after_write");
        directory.views.forget(self.lease.account);
        self.cursor = cursor;
        self.at = next.map(|next| (job, next));
        Ok(if give_back { Progress::GivenBack } else { Progress::More })
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        self.cursor == held.job.cursor
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}
