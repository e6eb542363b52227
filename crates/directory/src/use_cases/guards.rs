//! Guards: what a job takes away beyond an account's measure waits until somebody else approves it.

use throng_jobs::{Instant, State, failpoint};

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::audit::Event;
use crate::model::jobs::Job;
use crate::port::{Class, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::groups::not_found;
use crate::use_cases::jobs::{JobView, lock_target};

/// How the message of a job begins that waits.
pub(crate) const WAITS: &str = "waits for approval";

/// Why a job has to wait for approval; none when it need not. `removals` = what it would take away at most, of `all`
/// members or users.
///
/// # Errors
/// What the store fails with.
pub(crate) fn objection(
    tx: &mut dyn Tx,
    job: &Job,
    (removals, all): (u64, u64),
    now: Instant,
) -> Result<Option<String>> {
    // What was approved is what was seen: more is looked at again.
    let is_approved = job.approved_by.is_some() && job.held_removals.is_some_and(|seen| removals <= seen);
    if removals == 0 || is_approved {
        return Ok(None);
    }
    let Some(guard) = tx.settings(job.account)?.guard() else { return Ok(None) };
    let recent = tx.removed_since(job.account, now.minus(limits::GUARD_WINDOW), job.number)?;
    let free = guard.free_of(all);
    if removals.saturating_add(recent) <= free {
        return Ok(None);
    }
    Ok(Some(format!(
        "{WAITS}: it removes {removals} of {all}, after {recent} removed in 24 hours, and the account's guard \
         lets {free} go"
    )))
}

/// Takes a job out of its queue until somebody approves so many removals. The caller holds the job.
pub(crate) fn hold_back(tx: &mut dyn Tx, job: &mut Job, (objection, removals): (String, u64)) -> Result<()> {
    (job.held_removals, job.approved_by) = (Some(removals), None);
    job.state = State::AwaitingApproval;
    // Any node may stop it when its time is over, so it goes by a clock that they share.
    job.held_at = Some(tx.store_now(job.account)?);
    job.message = Some(objection);
    job.attempts = 0;
    failpoint::pass("guard.before_hold");
    audit::jobs::update(tx, job)?;
    audit::jobs::tell(tx, None, (Event::Held, job), job.held_at.unwrap_or(job.received_at))?;
    tx.give_back(job.account, job.number)?;
    failpoint::pass("guard.after_hold");
    Ok(())
}

impl Directory {
    /// Lets a job go on that waits for approval: it goes to the end of its queue, and is planned again.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Forbidden` for the client that submitted it and for who may not approve,
    /// `WrongState` for a job that does not wait for approval.
    pub async fn approve_job(&self, caller: &Caller, id: &str) -> Result<JobView> {
        caller.require(Permission::JobsApprove)?;
        let job = self.any_job(caller, id).await?;
        let (account, number, target, now) = (job.account, job.number, job.target, self.now());
        let (approver, trail) = (caller.client, self.trail(caller));
        let approve = move |tx: &mut dyn Tx| {
            let unfinished = lock_target(tx, account, target)?;
            let job = unfinished.into_iter().find(|job| job.number == number);
            let Some(mut job) = job.filter(|job| job.state == State::AwaitingApproval) else {
                let state = tx.job(account, number)?.ok_or_else(not_found)?.state;
                let detail = format!("the job does not wait for approval: {}", state.as_str());
                return Err(Error::WrongState(detail));
            };
            if job.client == approver {
                let detail = "a job is approved by another client than the one that submitted it";
                return Err(Error::Forbidden(detail.to_owned()));
            }
            job.state = State::Pending;
            // It begins when it is planned anew: by that moment later jobs are told from earlier ones.
            job.started_at = None;
            job.queue_seq = tx.next_queue_seq(account, target)?;
            job.approved_by = Some(approver);
            // What was seen stays to be read.
            job.message = job.message.map(|message| message.replacen(WAITS, "approved", 1));
            audit::jobs::update(tx, &job)?;
            audit::jobs::tell(tx, Some(&trail), (Event::Approved, &job), now)?;
            failpoint::pass("approve.before_commit");
            JobView::of(tx, job, now)
        };
        let view = self.store.write(Class::Interactive, approve).await?;
        failpoint::pass("approve.after_commit");
        self.bell.job_queued();
        Ok(view)
    }
}
