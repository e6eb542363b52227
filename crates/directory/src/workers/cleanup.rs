//! Cleaning behind deleted groups and users.

use throng_jobs::{Outcome, Progress, State, Tally};

use super::{Lease, Timing, Work, end};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::GroupNumber;
use crate::model::groups::GroupRef;
use crate::model::jobs::{Held, Job, Spec, Target};
use crate::port::{AccountLock, Class, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::departures::leave_groups;

/// Groups that one transaction takes a member out of.
const GROUPS_PER_TX: usize = 200;

/// The work of a clearing job.
pub(super) struct Cleanup {
    lease: Lease,
    /// Whose memberships go.
    spec: Spec,
}

impl Cleanup {
    pub(super) fn new(held: &Held) -> Self {
        Self { lease: Lease::of(held), spec: held.job.spec.clone() }
    }
}

impl Work for Cleanup {
    fn step(&mut self, directory: &Directory, give_back: bool) -> Result<Progress> {
        let (lease, timing) = (self.lease, Timing::of(directory));
        let spec = self.spec.clone();
        let clear = move |tx: &mut dyn Tx| {
            let groups = lock_some(tx, &lease, &spec)?;
            let mut job = lease.hold(tx, &timing)?;
            let removed = remove_some(tx, &job, &groups, &timing)?;
            let mut tally = Tally::default();
            tally.add(Outcome::Removed, removed as u64);
            job.counts.add(&tally);
            job.tally.merge(&tally);
            // How many there are is known for sure only at the end.
            job.counts.total = if removed == 0 {
                job.counts.processed()
            } else {
                job.counts.total.max(job.counts.processed())
            };
            job.attempts = 0;
            if removed == 0 {
                job.planned = true;
                end(tx, &mut job, State::Completed, timing.now)?;
                return Ok(Progress::Done);
            }
            audit::jobs::update(tx, &job)?;
            if give_back {
                tx.give_back(job.account, job.number)?;
                return Ok(Progress::GivenBack);
            }
            Ok(Progress::More)
        };
        let progress = directory.store.write_blocking(Class::Chunk, clear)?;
        if progress == Progress::Done {
            directory.bell.job_ended();
        }
        Ok(progress)
    }

    fn resume(&mut self, held: &Held) -> bool {
        self.lease = Lease::of(held);
        true
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.lease)
    }
}

/// Locks the next groups that a deleted member is to leave, before the job: that is the order of locks.
fn lock_some(tx: &mut dyn Tx, lease: &Lease, spec: &Spec) -> Result<Vec<GroupRef>> {
    let Some(member) = spec.cleared_member() else { return Ok(Vec::new()) };
    tx.lock_account(lease.account, AccountLock::Shared)?;
    // Who was restored meanwhile keeps what they are still in.
    if let Some(user) = member.as_user()
        && tx.users_with_keys(lease.account, &[user])?.iter().any(Option::is_some)
    {
        return Ok(Vec::new());
    }
    let groups = tx.groups_of(lease.account, member, GroupNumber(0), GROUPS_PER_TX)?;
    for group in &groups {
        tx.lock_group(lease.account, group.number)?;
    }
    Ok(groups)
}

/// Removes the next memberships; how many.
fn remove_some(tx: &mut dyn Tx, job: &Job, groups: &[GroupRef], timing: &Timing) -> Result<usize> {
    if let Some(member) = job.spec.cleared_member() {
        leave_groups(tx, job.account, member, groups, timing.now)?;
        return Ok(groups.len());
    }
    let (Spec::ClearGroup, Target::Group(group)) = (&job.spec, job.target) else { return Ok(0) };
    let members = tx.members(job.account, group, None, timing.chunk_items)?;
    tx.remove_members(job.account, group, &members)?;
    Ok(members.len())
}
