//! Groups: read, list, delete. Writes are in [`super::group_writes`].

use throng_jobs::{Counts, State, Tally};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, JobNumber, MemberKey, parse_number};
use crate::limits;
use crate::model::audit::{Event, Kind};
use crate::model::groups::{Group, GroupRef, Member};
use crate::model::jobs::{Job, Spec, Target};
use crate::model::schedule::Schedule;
use crate::port::{AccountLock, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::audit::{self, Told};
use crate::use_cases::departures::Departure;
use crate::use_cases::members;
use crate::use_cases::sources::SourceView;
use crate::use_cases::writes::Asked;

/// A group, with its members if they were asked for and are few enough to be shown.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// The members without their names: users in order of creation, then groups by number; `None` when not asked
    /// for or more than `EMBEDDED_MEMBERS_MAX`.
    pub members: Option<Vec<Member>>,
}

impl Directory {
    /// The group with this number.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group(&self, caller: &Caller, id: &str, with_members: bool) -> Result<GroupView> {
        caller.require(Permission::GroupsRead)?;
        let (account, number) = (caller.account, parse_group(id)?);
        let source = SourceView::of(caller);
        let read = move |snapshot: &mut dyn Snapshot| {
            let group = snapshot.group(account, number)?.ok_or_else(not_found)?;
            let group = source.see(snapshot, group)?;
            view(snapshot, account, group, with_members)
        };
        self.store.read(Cost::Point, read).await
    }

    /// Deletes a group at once. Its unfinished jobs end ABORTED; its members, and its memberships in other groups,
    /// are cleared in the same transaction up to `INLINE_ITEMS_MAX` each, else by a job. Whether an earlier request with
    /// the same `Idempotency-Key` did it.
    ///
    /// # Errors
    /// `NotFound`, `VersionMismatch`, `Idempotency`.
    pub async fn delete_group(&self, caller: &Caller, id: &str, asked: &Asked) -> Result<bool> {
        caller.require(Permission::GroupsWrite)?;
        self.delete_group_numbered(caller, parse_group(id)?, asked).await
    }

    /// The same for a group whose number is known.
    pub(crate) async fn delete_group_numbered(
        &self,
        caller: &Caller,
        number: GroupNumber,
        asked: &Asked,
    ) -> Result<bool> {
        let (account, now) = (caller.account, self.now());
        let (precondition, client) = (asked.precondition.clone(), caller.client);
        let (clearing, job) = (self.ids.uuid(now), self.ids.uuid(now));
        let (once, trail) = (self.once(caller, asked, 204)?, self.trail(caller));
        let delete = move |tx: &mut dyn Tx| {
            // It joins no group while it goes.
            tx.lock_account(account, AccountLock::Exclusive)?;
            let departure = Departure { account, member: MemberKey::group(number), client, job, now };
            let parents = departure.groups(tx)?;
            let group = lock_with_parents(tx, account, number, &parents)?;
            precondition.check(group.version)?;
            for mut job in tx.lock_unfinished(account, Target::Group(number), limits::READ_ROWS_MAX)? {
                job.end(State::Aborted, now);
                job.message = Some("the group was deleted".to_owned());
                audit::jobs::update(tx, &job)?;
                tx.give_back(account, job.number)?;
            }
            let leaving = departure.leave(tx, &parents)?;
            tx.delete_group(account, number)?;
            let gone = Told::new(Event::Deleted, Kind::Group, &group.uuid).named(&group.display_name);
            trail.tell(tx, gone.with("group", number.0))?;
            let few = tx.members(account, number, None, limits::INLINE_ITEMS_MAX + 1)?;
            if few.len() <= limits::INLINE_ITEMS_MAX {
                tx.remove_members(account, number, &few)?;
                return Ok((group.uuid, leaving));
            }
            let mut job = Job::pending(account, clearing, Spec::ClearGroup, Target::Group(number), now);
            job.client = client;
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.counts = Counts::of_total(group.members);
            tx.insert_job(&job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            Ok((group.uuid, true))
        };
        let write = move |tx: &mut dyn Tx| once.run(tx, &delete, |_, _| Ok(None));
        let deleted = self.write_once(write).await?;
        self.bell.job_ended();
        if deleted.view == Some(true) {
            self.bell.job_queued();
        }
        Ok(deleted.replayed)
    }
}

/// Locks a group that goes and, if it leaves them at once, the groups that it is in, all by rising number.
fn lock_with_parents(
    tx: &mut dyn Tx,
    account: AccountId,
    number: GroupNumber,
    parents: &[GroupRef],
) -> Result<Group> {
    let parents = if Departure::is_short(parents.len()) { parents } else { &[] };
    let (before, behind) = parents.split_at(parents.partition_point(|parent| parent.number < number));
    for parent in before {
        tx.lock_group(account, parent.number)?;
    }
    let group = tx.lock_group(account, number)?.ok_or_else(not_found)?;
    for parent in behind {
        tx.lock_group(account, parent.number)?;
    }
    Ok(group)
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
            payload: None,
            client: crate::ids::ClientId(0),
            received_at: now,
            started_at: None,
            ended_at: None,
            message: None,
            schedule: Schedule::default(),
            held_at: None,
            held_removals: None,
            approved_by: None,
            purged_at: None,
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
    let keys = snapshot.members(account, group.number, None, limits::EMBEDDED_MEMBERS_MAX + 1)?;
    let members = members::shown(snapshot, account, &keys, false)?;
    Ok(GroupView { group, members: Some(members) })
}

pub(crate) fn not_found() -> Error {
    Error::NotFound("The requested resource was not found.".to_owned())
}
