//! Groups: read, list, delete. Writes are in [`super::group_writes`].

use throng_jobs::{Counts, State, Tally};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, JobNumber, UserKey, parse_number};
use crate::limits;
use crate::model::groups::Group;
use crate::model::jobs::{Job, Spec, Target};
use crate::port::{Class, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::versions::Precondition;

/// A group, with its members if they were asked for and are few enough to be shown.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// The members' ids, in order of their creation; `None` when not asked for or more than
    /// `EMBEDDED_MEMBERS_MAX`.
    pub members: Option<Vec<Uuid>>,
}

impl Directory {
    /// The group with this number.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group(&self, caller: &Caller, id: &str, with_members: bool) -> Result<GroupView> {
        caller.require(Permission::GroupsRead)?;
        let (account, number) = (caller.account, parse_group(id)?);
        let read = move |snapshot: &mut dyn Snapshot| {
            let group = snapshot.group(account, number)?.ok_or_else(not_found)?;
            view(snapshot, account, group, with_members)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Deletes a group at once. Its unfinished jobs end ABORTED; its memberships are cleared in the same
    /// transaction up to `INLINE_ITEMS_MAX`, else by a job.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`.
    pub async fn delete_group(&self, caller: &Caller, id: &str, precondition: &Precondition) -> Result<()> {
        caller.require(Permission::GroupsWrite)?;
        let (account, number, now) = (caller.account, parse_group(id)?, self.now());
        let (precondition, uuid, client) = (precondition.clone(), self.ids.uuid(now), caller.client);
        let delete = move |tx: &mut dyn Tx| {
            let group = tx.lock_group(account, number)?.ok_or_else(not_found)?;
            precondition.check(group.version)?;
            for mut job in tx.lock_unfinished(account, Target::Group(number), limits::READ_ROWS_MAX)? {
                job.state = State::Aborted;
                job.counts.skip_rest();
                job.ended_at = Some(now);
                job.message = Some("the group was deleted".to_owned());
                tx.update_job(&job)?;
                tx.give_back(account, job.number)?;
            }
            tx.delete_group(account, number)?;
            let few = tx.members(account, number, UserKey(0), limits::INLINE_ITEMS_MAX + 1)?;
            if few.len() <= limits::INLINE_ITEMS_MAX {
                tx.remove_members(account, number, &few)?;
                return Ok(false);
            }
            let mut job = Job::pending(account, uuid, Spec::ClearGroup, Target::Group(number), now);
            job.client = client;
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.counts = Counts::of_total(group.members);
            tx.insert_job(&job)?;
            Ok(true)
        };
        let queued = self.store.write(Class::Interactive, delete).await?;
        self.bell.job_ended();
        if queued {
            self.bell.job_queued();
        }
        Ok(())
    }
}

impl Job {
    /// A job that waits for its turn, with nothing in it yet.
    pub(crate) fn pending(
        account: AccountId,
        uuid: Uuid,
        spec: Spec,
        target: Target,
        now: throng_jobs::Instant,
    ) -> Self {
        Self {
            account,
            number: JobNumber(0),
            uuid,
            spec,
            target,
            queue_seq: 0,
            name: None,
            state: State::Pending,
            counts: Counts::default(),
            tally: Tally::default(),
            asked_create: 0,
            asked_destroy: 0,
            planned: false,
            cursor: 0,
            attempts: 0,
            digest: [0; 32],
            client: crate::ids::ClientId(0),
            received_at: now,
            started_at: None,
            ended_at: None,
            message: None,
        }
    }
}

pub(crate) fn parse_group(id: &str) -> Result<GroupNumber> {
    parse_number(id).map(GroupNumber).ok_or_else(not_found)
}

pub(crate) fn view<S: Snapshot + ?Sized>(
    snapshot: &mut S,
    account: AccountId,
    group: Group,
    with_members: bool,
) -> Result<GroupView> {
    if !with_members || group.members > limits::EMBEDDED_MEMBERS_MAX as u64 {
        return Ok(GroupView { group, members: None });
    }
    let keys = snapshot.members(account, group.number, UserKey(0), limits::EMBEDDED_MEMBERS_MAX + 1)?;
    let uuids = snapshot.user_uuids(account, &keys)?;
    Ok(GroupView { group, members: Some(uuids.into_iter().flatten().collect()) })
}

pub(crate) fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}
