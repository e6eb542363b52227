//! What deleting a user or a group takes with it: its memberships in groups.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, ClientId, GroupNumber, JobNumber, MemberKey};
use crate::limits;
use crate::model::groups::GroupRef;
use crate::model::jobs::{Job, Spec, Target};
use crate::port::{Series, Tx};
use crate::use_cases::audit;

/// A user or a group that is being deleted. The caller holds the account's lock alone, so that it joins no group
/// any more.
pub(crate) struct Departure {
    /// The account.
    pub account: AccountId,
    /// Who goes.
    pub member: MemberKey,
    /// Who deletes.
    pub client: ClientId,
    /// The UUID of the job, should one be needed.
    pub job: Uuid,
    /// When.
    pub now: Instant,
}

impl Departure {
    /// The groups that it is in, by number: all, or more than `INLINE_ITEMS_MAX` of them.
    pub(crate) fn groups(&self, tx: &mut dyn Tx) -> Result<Vec<GroupRef>> {
        tx.groups_of(self.account, self.member, GroupNumber(0), limits::INLINE_ITEMS_MAX + 1)
    }

    /// Whether it leaves so many groups in this transaction; a job does it otherwise.
    pub(crate) const fn is_short(groups: usize) -> bool {
        groups <= limits::INLINE_ITEMS_MAX
    }

    /// Leaves the groups that [`Departure::groups`] found, or queues the job that does; whether one was queued.
    pub(crate) fn leave(&self, tx: &mut dyn Tx, groups: &[GroupRef]) -> Result<bool> {
        if Self::is_short(groups.len()) {
            leave_groups(tx, self.account, self.member, groups, self.now)?;
            return Ok(false);
        }
        self.queue(tx)?;
        Ok(true)
    }

    /// Queues the job that leaves the groups.
    pub(crate) fn queue(&self, tx: &mut dyn Tx) -> Result<()> {
        let spec = Spec::clear_member(self.member);
        let mut job = Job::pending(self.account, self.job, spec, Target::Maintenance, self.now);
        job.client = self.client;
        job.number = JobNumber(tx.allocate_number(self.account, Series::Jobs)?);
        job.queue_seq = tx.next_queue_seq(self.account, job.target)?;
        tx.insert_job(&job)?;
        // Who deletes has told so.
        audit::jobs::accepted(tx, None, &job)
    }
}

/// Removes a user or a group from groups, given by rising number.
pub(crate) fn leave_groups(
    tx: &mut dyn Tx,
    account: AccountId,
    member: MemberKey,
    groups: &[GroupRef],
    now: Instant,
) -> Result<()> {
    for group in groups {
        tx.lock_group(account, group.number)?;
        tx.remove_members(account, group.number, &[member])?;
        tx.touch_group(account, group.number, -1, now)?;
    }
    Ok(())
}
