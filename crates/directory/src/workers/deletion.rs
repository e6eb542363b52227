//! Deletions of people: a few at a time, in the order of the list, with what is attached to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use throng_jobs::{Allowance, Outcome, Progress, State, Tally, allowance, failpoint};
use throng_scim::filter::Filter;
use throng_scim::schema::ResourceType;
use uuid::Uuid;

use super::membership::finish;
use super::{Lease, Timing, Work};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId, GroupNumber, MemberKey};
use crate::limits;
use crate::model::groups::GroupRef;
use crate::model::jobs::{Chunk, DeletionSpec, Held, Job, Part};
use crate::model::results::{self, ByIndex, Settled};
use crate::model::users::User;
use crate::port::scan::Scan;
use crate::port::{AccountLock, Class, Snapshot, StoreExt, Tx};
use crate::use_cases::deletions::listed_person;
use crate::use_cases::departures::Departure;
use crate::use_cases::guards;
use crate::use_cases::lists::documents::still_matches;
use crate::use_cases::memberships::text;

/// People whom one transaction deletes: each takes index entries, and the groups that they are in are locked.
const PEOPLE_PER_TX: usize = 200;

/// The work of one deletion.
pub(super) struct Deletion {
    lease: Lease,
    spec: DeletionSpec,
    phase: Phase,
}

enum Phase {
    /// Whether it may begin is not known yet.
    Guard,
    Delete {
        results: ByIndex,
        next: u32,
    },
    Finish {
        results: ByIndex,
        next_page: usize,
    },
    /// Ended; its chunks are being removed.
    Clean,
}

/// What a chunk committed.
enum Committed {
    Items { settled: Vec<Settled>, given_back: bool },
    Stopped,
}

/// One of the listed.
#[derive(Clone, Copy, Debug)]
struct Listed {
    index: u32,
    user: Option<Uuid>,
    /// So many groups at most, if the number matters.
    groups_max: usize,
}

impl Deletion {
    pub(super) fn new(held: &Held, spec: DeletionSpec) -> Self {
        Self { lease: Lease::of(held), spec, phase: Phase::Guard }
    }

    /// Lets the job wait for approval, or begins, or goes on where stored chunks end.
    fn begin(&self, directory: &Directory) -> Result<Option<Phase>> {
        let (lease, timing, is_dry) = (self.lease, Timing::of(directory), self.spec.is_dry);
        let begin = move |tx: &mut dyn Tx| {
            let mut job = lease.hold(tx, &timing)?;
            if job.planned || job.state == State::AbortInProgress {
                return Ok(Some(job));
            }
            let all = tx.count_users(lease.account, &Scan::All)?;
            if let Some(objection) = guards::objection(tx, &job, (job.counts.total, all), timing.now)? {
                if !is_dry {
                    let removals = job.counts.total;
                    guards::hold_back(tx, &mut job, (objection, removals), timing.now)?;
                    return Ok(None);
                }
                job.message = Some(format!("if it were done, it {objection}"));
            }
            job.planned = true;
            tx.update_job(&job)?;
            Ok(Some(job))
        };
        let Some(job) = directory.store.write_blocking(Class::Chunk, begin)? else {
            directory.bell.job_ended();
            return Ok(None);
        };
        let results = finish::settled_so_far(directory, &lease, &job)?;
        let next = u32::try_from(job.counts.processed()).unwrap_or(u32::MAX);
        Ok(Some(Phase::Delete { results, next }))
    }

    fn delete(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let Phase::Delete { results, next } = &mut self.phase else { return Ok(Progress::More) };
        failpoint::pass("chunk.before_apply");
        let listed =
            listed(directory, &self.lease, *next, directory.settings.chunk_items.min(PEOPLE_PER_TX))?;
        let now = directory.now();
        let write = ChunkWrite {
            lease: self.lease,
            timing: Timing::of(directory),
            filter: self.spec.filter.as_deref().map(Filter::parse).transpose()?,
            user_type: Arc::clone(directory.registry.user()),
            is_dry: self.spec.is_dry,
            as_made: self.spec.as_made,
            jobs: directory.ids.uuids(now, listed.len()),
            listed,
            give_back,
        };
        let committed = directory.store.write_blocking(Class::Chunk, move |tx| write.run(tx))?;
        failpoint::pass("chunk.after_commit");
        let (settled, is_given_back) = match committed {
            Committed::Items { settled, given_back } => (settled, given_back),
            Committed::Stopped => {
                let results = std::mem::replace(results, ByIndex::new(0));
                self.phase = Phase::Finish { results, next_page: 0 };
                return Ok(Progress::More);
            }
        };
        *next += u32::try_from(settled.len()).unwrap_or(u32::MAX);
        let is_end = settled.is_empty();
        for item in settled {
            results.settle(item)?;
        }
        if is_end {
            let results = std::mem::replace(results, ByIndex::new(0));
            self.phase = Phase::Finish { results, next_page: 0 };
        }
        Ok(if is_given_back { Progress::GivenBack } else { Progress::More })
    }
}

impl Work for Deletion {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        // A chunk gives the lease back in its own commit; the rest has none that waits for it.
        if give_back && matches!(self.phase, Phase::Guard | Phase::Finish { .. }) {
            self.lease.release(directory, true);
            return Ok(Progress::GivenBack);
        }
        match &mut self.phase {
            Phase::Guard => match self.begin(directory)? {
                Some(phase) => self.phase = phase,
                None => return Ok(Progress::Done),
            },
            Phase::Delete { .. } => return self.delete(directory, give_back),
            Phase::Finish { results, next_page } => {
                if finish::step(directory, &self.lease, results, next_page)? {
                    self.phase = Phase::Clean;
                }
            }
            Phase::Clean => return finish::clean(directory, &self.lease),
        }
        Ok(Progress::More)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        match &self.phase {
            Phase::Delete { next, .. } => u64::from(*next) == held.job.counts.processed(),
            Phase::Guard => true,
            Phase::Finish { .. } | Phase::Clean => held.job.counts.pending() == 0,
        }
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}

/// The next of the listed, at most so many.
fn listed(directory: &Directory, lease: &Lease, from: u32, limit: usize) -> Result<Vec<Listed>> {
    let (account, job) = (lease.account, lease.job);
    let first = from.saturating_sub(u32::try_from(limits::PART_ITEMS_MAX).unwrap_or(u32::MAX) - 1);
    // The part that begins before may be any of those that begin in so many items.
    let read = move |snapshot: &mut dyn Snapshot| snapshot.parts(account, job, false, first, PARTS_LOOKED_AT);
    let parts = directory.store.read_blocking(read)?;
    let mut found = Vec::with_capacity(limit);
    for part in parts.iter().filter(|part: &&Part| part.first + part.items > from) {
        for (index, value) in (part.first..).zip(part.values()?) {
            if index >= from && found.len() < limit {
                let value = text(value).ok_or_else(|| Error::internal("a deletion lists no ids"))?;
                let (user, groups_max, _) = listed_person(&value);
                found.push(Listed { index, user, groups_max });
            }
        }
    }
    Ok(found)
}

/// Parts in `2 * PART_ITEMS_MAX` items: ids are short, so that a part ends by its number of items.
const PARTS_LOOKED_AT: usize = 3;

/// One chunk: deletions, outcomes, counters, in one transaction.
struct ChunkWrite {
    lease: Lease,
    timing: Timing,
    filter: Option<Filter>,
    user_type: Arc<ResourceType>,
    is_dry: bool,
    /// Only who is as an import made them.
    as_made: bool,
    listed: Vec<Listed>,
    /// UUIDs of the jobs that take people out of many groups.
    jobs: Vec<Uuid>,
    give_back: bool,
}

/// Somebody who goes, and the groups that they are in: all, or more than leave at once.
struct Leaving {
    user: User,
    groups: Vec<GroupRef>,
}

impl ChunkWrite {
    fn run(&self, tx: &mut dyn Tx) -> Result<Committed> {
        let account = self.lease.account;
        // Nobody joins a group while people go.
        tx.lock_account(account, if self.is_dry { AccountLock::Shared } else { AccountLock::Exclusive })?;
        let mut settled = Vec::with_capacity(self.listed.len());
        let mut leaving = Vec::new();
        for item in &self.listed {
            let (outcome, member) = match self.judge(tx, item)? {
                Ok(someone) => {
                    let member = MemberKey::user(someone.user.key);
                    leaving.push(someone);
                    (Outcome::Removed, Some(member))
                }
                Err(outcome) => (outcome, None),
            };
            settled.push(Settled { index: item.index, member, outcome });
        }
        let departing = self.lock(tx, account, &leaving)?;
        let mut job = self.lease.hold(tx, &self.timing)?;
        if job.state == State::AbortInProgress {
            return Ok(Committed::Stopped);
        }
        match allowance(job.attempts, settled.len()) {
            Allowance::SetAside => {
                settled.truncate(1);
                for item in &mut settled {
                    item.outcome = Outcome::Poison;
                }
            }
            Allowance::Items(items) => {
                settled.truncate(items);
                let gone = settled.iter().filter(|item| item.outcome == Outcome::Removed).count();
                if !self.is_dry {
                    self.delete(tx, &job, &leaving[..gone], &departing)?;
                }
            }
        }
        self.record(tx, &mut job, &settled)?;
        failpoint::pass("chunk.before_commit");
        Ok(Committed::Items { settled, given_back: self.give_back })
    }

    /// Whether somebody goes, or what else becomes of the item.
    fn judge(&self, tx: &mut dyn Tx, item: &Listed) -> Result<std::result::Result<Leaving, Outcome>> {
        let account = self.lease.account;
        let user = match item.user {
            Some(uuid) => tx.user(account, uuid)?,
            None => None,
        };
        let Some(user) = user else { return Ok(Err(Outcome::NotFound)) };
        let departure = self.departure(&user, Uuid::nil(), ClientId(0));
        let groups = departure.groups(tx)?;
        let is_as_made = user.version == 1 && groups.len() <= item.groups_max;
        let is_meant = match &self.filter {
            Some(filter) => still_matches(tx, account, &user, (filter, &self.user_type))?,
            None => !self.as_made || is_as_made,
        };
        Ok(if is_meant { Ok(Leaving { user, groups }) } else { Err(Outcome::ChangedSince) })
    }

    const fn departure(&self, user: &User, job: Uuid, client: ClientId) -> Departure {
        let (account, now) = (self.lease.account, self.timing.now);
        Departure { account, member: MemberKey::user(user.key), client, job, now }
    }

    /// Locks the groups that are left, by rising number, then the people; the groups with those who leave them at once.
    fn lock(
        &self,
        tx: &mut dyn Tx,
        account: AccountId,
        leaving: &[Leaving],
    ) -> Result<BTreeMap<GroupNumber, Vec<MemberKey>>> {
        let mut departing: BTreeMap<GroupNumber, Vec<MemberKey>> = BTreeMap::new();
        if self.is_dry {
            return Ok(departing);
        }
        for someone in leaving.iter().filter(|someone| Departure::is_short(&someone.groups)) {
            for group in &someone.groups {
                departing.entry(group.number).or_default().push(MemberKey::user(someone.user.key));
            }
        }
        for group in departing.keys() {
            tx.lock_group(account, *group)?;
        }
        for someone in leaving {
            tx.lock_user(account, someone.user.uuid)?;
        }
        Ok(departing)
    }

    fn delete(
        &self,
        tx: &mut dyn Tx,
        job: &Job,
        leaving: &[Leaving],
        departing: &BTreeMap<GroupNumber, Vec<MemberKey>>,
    ) -> Result<()> {
        let account = self.lease.account;
        let goes =
            |member: &MemberKey| leaving.iter().any(|someone| MemberKey::user(someone.user.key) == *member);
        for (group, members) in departing {
            let mut members: Vec<MemberKey> = members.iter().copied().filter(goes).collect();
            members.sort_unstable();
            tx.remove_members(account, *group, &members)?;
            let fewer = i64::try_from(members.len()).unwrap_or(i64::MAX);
            tx.touch_group(account, *group, -fewer, self.timing.now)?;
        }
        for (someone, uuid) in leaving.iter().zip(&self.jobs) {
            if !Departure::is_short(&someone.groups) {
                self.departure(&someone.user, *uuid, job.client).leave(tx, &someone.groups)?;
            }
            tx.delete_user(account, &someone.user, self.timing.now)?;
        }
        Ok(())
    }

    fn record(&self, tx: &mut dyn Tx, job: &mut Job, settled: &[Settled]) -> Result<()> {
        let mut tally = Tally::default();
        for item in settled {
            tally.add(item.outcome, 1);
        }
        if !settled.is_empty() {
            let items = u32::try_from(settled.len()).unwrap_or(u32::MAX);
            let chunk = Chunk { seq: job.cursor, items, entries: results::encode_chunk(settled) };
            tx.put_chunk(job.account, job.number, &chunk)?;
            job.cursor += 1;
        }
        job.counts.add(&tally);
        job.tally.merge(&tally);
        job.attempts = 0;
        tx.update_job(job)?;
        if self.give_back {
            tx.give_back(job.account, job.number)?;
        }
        Ok(())
    }
}
