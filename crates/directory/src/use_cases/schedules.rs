//! What a request says about when its job may begin.

use throng_jobs::Instant;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::schedule::{Priority, Schedule};

/// When a job may begin, as a request says it.
#[derive(Clone, Debug, Default)]
pub struct ScheduleAsked {
    /// `notBefore`.
    pub not_before: Option<Instant>,
    /// `after`: the number or the UUID of a job.
    pub after: Option<String>,
    /// `priority`.
    pub priority: Priority,
}

impl Directory {
    /// The schedule that a request asks for. A moment that has passed and a job that has ended hold nothing back.
    ///
    /// # Errors
    /// `Invalid` for a moment that is too far away and for a job that the caller does not see.
    pub async fn schedule(&self, caller: &Caller, asked: ScheduleAsked) -> Result<Schedule> {
        let now = self.now();
        let not_before = asked.not_before.filter(|at| *at > now);
        if not_before.is_some_and(|at| at > now.plus(limits::NOT_BEFORE_MAX)) {
            return Err(Error::invalid("notBefore", "notBefore is more than 366 days away"));
        }
        let after = match asked.after {
            None => None,
            Some(id) => match self.any_job(caller, &id).await {
                Ok(job) => (!job.state.is_terminal()).then_some(job.number),
                Err(Error::Gone(_)) => None,
                Err(Error::NotFound(_)) => {
                    let detail = "after is the number or the id of a job of this account";
                    return Err(Error::invalid("after", detail));
                }
                Err(error) => return Err(error),
            },
        };
        Ok(Schedule { not_before, after, priority: asked.priority })
    }
}
