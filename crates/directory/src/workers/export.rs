//! Exports: first the keys of all who are to be in it are noted, in the order asked for, then people are written as rows
//! and results, one part of the keys after the other.
//!
//! Nobody who was noted is written twice or left out, whatever breaks between: noted keys stay, and the job's cursor counts
//! the rows that are written. Where people come by login, a look that broke off goes on behind the last one noted; in other
//! orders it begins anew, since the first of them may be found last.

mod people;

use std::collections::VecDeque;

use throng_jobs::{Counts, Progress, State, Tally, failpoint};
use throng_scim::sort::SortKey;

use super::{Lease, Timing, Work, end, fail};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{MemberKey, UserKey};
use crate::limits;
use crate::model::exports::ExportSpec;
use crate::model::jobs::{Held, Part, PartForm, ResultPage, RowPage, Spec};
use crate::model::parts::{self, Value};
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Row};
use crate::port::scan::Place;
use crate::port::{Class, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::lists::everybody::{Everybody, Somebody};

use people::Written;

/// Parts of keys that one transaction stores.
const PARTS_AT_ONCE: usize = limits::STORED_BYTES_AT_ONCE / (8 * limits::PART_ITEMS_MAX);

/// The work of one export.
pub(super) struct Export {
    lease: Lease,
    spec: ExportSpec,
    cursor: u64,
    /// None when all were noted.
    finding: Option<Finding>,
}

/// How far the look for people is.
#[derive(Default)]
struct Finding {
    has_begun: bool,
    /// Where the next ones are; none behind the last.
    at: Option<Place>,
    /// Those who are to be sorted.
    unsorted: Vec<(SortKey, UserKey)>,
    /// Those who are to be noted next, with their logins where they come by login.
    ready: VecDeque<(UserKey, Option<String>)>,
}

/// What a step of the look notes.
#[derive(Clone)]
struct Noted {
    parts: Vec<Part>,
    people: u64,
    behind: Option<String>,
    /// Whether parts of an earlier look are thrown away.
    begins: bool,
    is_last: bool,
}

impl Export {
    pub(super) fn new(held: &Held, spec: ExportSpec) -> Self {
        let finding = (!held.job.planned).then(Finding::default);
        Self { lease: Lease::of(held), spec, cursor: held.job.cursor, finding }
    }

    /// Looks for the next people, and notes those whose turn it is.
    fn find(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let Some(finding) = &mut self.finding else { return Ok(Progress::More) };
        let asked = self.spec.asked().and_then(|asked| Everybody::of(directory, self.lease.account, asked));
        let everybody = match asked {
            Ok(everybody) => everybody,
            // The configuration has changed since it was accepted.
            Err(error @ (Error::Scim(_) | Error::Invalid { .. })) => {
                return self.give_up(directory, error.to_string());
            }
            Err(error) => return Err(error),
        };
        let in_order = everybody.is_in_order();
        if give_back && !in_order && directory.bell.is_closed() {
            self.lease.release(directory, true);
            return Ok(Progress::GivenBack);
        }
        let begins = !finding.has_begun && (!in_order || self.spec.behind.is_none());
        if !finding.has_begun {
            let behind = self.spec.behind.clone().filter(|_| in_order);
            finding.at = Some(behind.map_or(Place::Start, |name| everybody.behind(name)));
            finding.has_begun = true;
        }
        finding.look(directory, &everybody)?;
        if finding.unsorted.len() > limits::EXPORT_SORTED_MAX {
            let max = limits::EXPORT_SORTED_MAX;
            let reason = format!(
                "more than {max} people: order them by loginId, which has no such limit, or choose fewer"
            );
            return self.give_up(directory, reason);
        }
        if begins {
            self.spec.found = 0;
        }
        let mut noted = finding.next(self.spec.found)?;
        noted.begins = begins;
        // What waits to be sorted would be lost with the lease.
        let can_wait = in_order || noted.is_last;
        self.note(directory, noted, give_back && can_wait)
    }

    /// Stores what was found.
    fn note(&mut self, directory: &Directory, noted: Noted, give_back: bool) -> Result<Progress> {
        self.spec.found += noted.people;
        if noted.people > 0 || noted.is_last {
            self.spec.behind = noted.behind.clone().filter(|_| !noted.is_last);
        }
        let (lease, timing, spec) = (self.lease, Timing::of(directory), self.spec.clone());
        let is_last = noted.is_last;
        let write = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            if job.state == State::AbortInProgress {
                end(tx, &mut job, State::Aborted, timing.now)?;
                return Ok(Progress::Done);
            }
            if noted.begins {
                tx.delete_parts(job.account, job.number, PartForm::Keys)?;
            }
            tx.put_parts(job.account, job.number, &noted.parts)?;
            if noted.people > 0 {
                job.attempts = 0;
            }
            job.spec = Spec::Export(spec.clone());
            if noted.is_last {
                job.planned = true;
                job.counts = Counts::of_total(spec.found);
                if spec.found == 0 {
                    end(tx, &mut job, State::Completed, timing.now)?;
                    return Ok(Progress::Done);
                }
            }
            audit::jobs::update(tx, &job)?;
            if give_back {
                tx.give_back(job.account, job.number)?;
            }
            Ok(if give_back { Progress::GivenBack } else { Progress::More })
        };
        failpoint::pass("export.before_keys");
        let progress = directory.store.write_blocking(Class::Chunk, write)?;
        failpoint::pass("export.after_keys");
        if is_last {
            self.finding = None;
        }
        if progress == Progress::Done {
            directory.bell.job_ended();
        }
        Ok(progress)
    }

    fn give_up(&self, directory: &Directory, reason: String) -> Result<Progress> {
        let (lease, timing) = (self.lease, Timing::of(directory));
        let give_up = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            fail(tx, &mut job, reason.clone(), timing.now)
        };
        directory.store.write_blocking(Class::Chunk, give_up)?;
        directory.bell.job_ended();
        Ok(Progress::Done)
    }

    /// Writes those whose keys are in the next part.
    fn write(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let (lease, cursor) = (self.lease, self.cursor);
        let first = u32::try_from(cursor).unwrap_or(u32::MAX);
        let read = move |snapshot: &mut dyn Snapshot| {
            let part = snapshot.parts(lease.account, lease.job, true, first, 1)?.pop();
            let part = part.filter(|part| part.first == first);
            let keys = keys_of(&part.ok_or_else(|| Error::internal("keys of an export are missing"))?)?;
            people::written(snapshot, lease.account, &keys, first)
        };
        let written = directory.store.read_blocking(read)?;
        let people = written.len() as u64;
        let (row_pages, result_pages, tally) = pages(written, first, self.spec.page_items);
        let timing = Timing::of(directory);
        let write = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            if job.state == State::AbortInProgress {
                end(tx, &mut job, State::Aborted, timing.now)?;
                return Ok(Progress::Done);
            }
            if job.cursor != cursor {
                return Err(Error::LeaseLost);
            }
            tx.put_row_pages(job.account, job.number, &row_pages)?;
            tx.put_result_pages(job.account, job.number, &result_pages)?;
            job.counts.add(&tally);
            job.tally.merge(&tally);
            job.cursor += people;
            job.attempts = 0;
            if job.counts.pending() == 0 {
                end(tx, &mut job, State::Completed, timing.now)?;
                return Ok(Progress::Done);
            }
            audit::jobs::update(tx, &job)?;
            if give_back {
                tx.give_back(job.account, job.number)?;
            }
            Ok(if give_back { Progress::GivenBack } else { Progress::More })
        };
        failpoint::pass("export.before_pages");
        let progress = directory.store.write_blocking(Class::Chunk, write)?;
        failpoint::pass("export.after_pages");
        self.cursor += people;
        if progress == Progress::Done {
            directory.bell.job_ended();
        }
        Ok(progress)
    }
}

impl Finding {
    /// Takes in the next people, unless all were found or there are enough to be noted.
    fn look(&mut self, directory: &Directory, everybody: &Everybody) -> Result<()> {
        if self.ready.len() >= PARTS_AT_ONCE * limits::PART_ITEMS_MAX {
            return Ok(());
        }
        let Some(at) = self.at.take() else { return Ok(()) };
        let (people, next) = everybody.next(directory, at)?;
        for Somebody { key, sort, name } in people {
            match sort {
                Some(sort) => self.unsorted.push((sort, key)),
                None => self.ready.push_back((key, Some(name))),
            }
        }
        self.at = next;
        if self.at.is_none() {
            let mut sorted = std::mem::take(&mut self.unsorted);
            sorted.sort_unstable();
            self.ready.extend(sorted.into_iter().map(|(_, key)| (key, None)));
        }
        Ok(())
    }

    /// The next people as parts, of which only the last of all may be short. `found`: how many were noted before.
    fn next(&mut self, found: u64) -> Result<Noted> {
        let part = limits::PART_ITEMS_MAX;
        let mut people = self.ready.len().min(PARTS_AT_ONCE * part);
        let is_last = self.at.is_none() && people == self.ready.len();
        if !is_last {
            people -= people % part;
        }
        let first = u32::try_from(found).map_err(|_| Error::internal("an export of too many people"))?;
        let mut behind = None;
        let keys: Vec<MemberKey> = self
            .ready
            .drain(..people)
            .map(|(key, name)| {
                behind = name;
                MemberKey::user(key)
            })
            .collect();
        let parts = parts::produced(first, &keys);
        Ok(Noted { parts, people: people as u64, behind, begins: false, is_last })
    }
}

fn keys_of(part: &Part) -> Result<Vec<UserKey>> {
    let user = |value: Value<'_>| match value {
        Value::Key(member) => member.as_user().ok_or_else(|| Error::internal("an export lists a group")),
        Value::Uuid(_) | Value::Text(_) => Err(Error::internal("an export lists no keys")),
    };
    part.values()?.into_iter().map(user).collect()
}

/// Rows and results as pages, which begin with a whole page.
fn pages(written: Written, first: u32, page_items: u32) -> (Vec<RowPage>, Vec<ResultPage>, Tally) {
    let page_items = page_items.max(1);
    let (mut tally, mut row_pages, mut result_pages) = (Tally::default(), Vec::new(), Vec::new());
    let mut written = written.into_iter().peekable();
    let mut page = first / page_items;
    while written.peek().is_some() {
        let some = written.by_ref().take(page_items as usize);
        let (rows, results): (Vec<Row>, Vec<RowResult>) = some.unzip();
        row_pages.push(rows::encode(RowPage::FINAL, page, &rows));
        for result in &results {
            tally.add(result.outcome, 1);
        }
        result_pages.push(results::encode_rows(page, &results));
        page += 1;
    }
    (row_pages, result_pages, tally)
}

impl Work for Export {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        if self.finding.is_some() {
            return self.find(directory, give_back);
        }
        self.write(directory, give_back)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        let found = match &held.job.spec {
            Spec::Export(spec) => spec.found,
            _ => return false,
        };
        self.cursor == held.job.cursor
            && self.spec.found == found
            && self.finding.is_none() == held.job.planned
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}
