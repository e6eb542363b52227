//! Trying items of a job again, by a new job that is linked to it, without anything being sent again.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use throng_jobs::Outcome;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::document;
use crate::model::groups::MemberId;
use crate::model::jobs::{Job, MembershipSpec, Spec, Target};
use crate::model::memberships::{Action, Operation};
use crate::model::parts::PartsBuilder;
use crate::model::users::Identifier;
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::group_writes::{ChangeAsked, GroupWritten};
use crate::use_cases::job_items::{ItemOperation, JobItem, Wanted};
use crate::use_cases::membership_jobs::MemberChange;
use crate::use_cases::schedules::ScheduleAsked;

/// Which items are tried again.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// Those of these outcomes.
    pub outcomes: Vec<Outcome>,
    /// And those of these indexes, with other values than they were given.
    pub values: BTreeMap<u64, String>,
    /// Method and path, as received.
    pub request: String,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// When the new job may begin.
    pub schedule: ScheduleAsked,
}

impl Directory {
    /// Makes a new job of items of a membership job that has ended: what was to be added, also by a replace, is added,
    /// what was to be removed is removed. It queues like any other write of the group's members.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`] and of a write of the group; `WrongState` for a job that has not ended, that has
    /// no such items or is not about the members of a group.
    pub async fn redrive_job(&self, caller: &Caller, id: &str, redrive: Redrive) -> Result<GroupWritten> {
        let job = self.any_job(caller, id).await?;
        caller.require(Permission::GroupsWrite)?;
        let (Spec::Membership(spec), Target::Group(group)) = (&job.spec, job.target) else {
            let detail =
                "only jobs about the members of a group are redriven; send the failed rows of a file again";
            return Err(Error::WrongState(detail.to_owned()));
        };
        if !job.state.is_terminal() {
            let detail = "the job has not ended: wait for its end, or abort it";
            return Err(Error::WrongState(detail.to_owned()));
        }
        let change = self.again(&job, spec, &redrive).await?;
        if change.items == 0 {
            return Err(Error::WrongState("the job has no such items".to_owned()));
        }
        let digest = Sha256::digest(format!("{:?} {:?}", redrive.outcomes, redrive.values)).into();
        let Redrive { request, idempotency_key, schedule, .. } = redrive;
        let asked = ChangeAsked { request, digest, idempotency_key, schedule };
        self.change_members(caller, group, change, asked).await
    }

    async fn again(&self, job: &Job, spec: &MembershipSpec, redrive: &Redrive) -> Result<MemberChange> {
        let (mut parts, mut operations) = (PartsBuilder::new(), Vec::<Operation>::new());
        let mut from = Some(0);
        while let Some(at) = from {
            let wanted = Wanted { outcomes: &[], from: at, count: limits::RESULT_PAGE_ITEMS };
            let (items, next) = self.membership_items(job, spec, wanted).await?;
            let chosen = |item: &JobItem| {
                let named = redrive.values.contains_key(&item.index);
                named || redrive.outcomes.iter().any(|outcome| outcome.name() == item.outcome.name())
            };
            for item in items.into_iter().filter(chosen) {
                let listed = spec.operations.iter().any(|of| u64::from(of.end) > item.index);
                let value = match redrive.values.get(&item.index) {
                    Some(value) => Some(value.clone()),
                    None if listed || spec.identifier.0 == Identifier::Id => Some(item.value),
                    None => self.named(job, item.member, spec.identifier.0).await?,
                };
                let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
                let action = match item.operation {
                    ItemOperation::Add | ItemOperation::Replace => Action::Add,
                    ItemOperation::Remove => Action::Remove,
                };
                let start = parts.items();
                parts.push(&value)?;
                match operations.last_mut() {
                    Some(last) if last.action == action => last.end = start + 1,
                    _ => operations.push(Operation { action, start, end: start + 1 }),
                }
            }
            from = next;
        }
        let items = parts.items();
        Ok(MemberChange {
            identifier: spec.identifier.0,
            operations,
            parts: parts.finish(),
            items,
            rejects_unknown: false,
            redrives: Some(job.number.0),
        })
    }

    /// How the job's values would name a member whom a replace was to remove; none for who is gone, and for a group,
    /// which only its id names.
    pub(crate) async fn named(
        &self,
        job: &Job,
        member: Option<MemberId>,
        by: Identifier,
    ) -> Result<Option<String>> {
        let Some(MemberId::User(uuid)) = member else { return Ok(None) };
        let account = job.account;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.user(account, uuid);
        let Some(user) = self.store.read(Cost::Point, read).await? else { return Ok(None) };
        let attributes = document::read(&user.doc)?;
        let name = match by {
            Identifier::Id => return Ok(Some(uuid.to_string())),
            Identifier::UserName => attributes.get("userName"),
            Identifier::Email => attributes.get("emails").and_then(|emails| emails.get(0)?.get("value")),
        };
        Ok(name.and_then(|name| name.as_str()).map(str::to_owned))
    }
}
