//! New jobs of the items of a job, linked to it, without anything being sent again: what failed tried again, what was done
//! undone, what a dry run said done.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use throng_jobs::{Outcome, State};

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::GroupNumber;
use crate::limits;
use crate::model::document;
use crate::model::groups::MemberId;
use crate::model::jobs::{ImportMode, ImportSpec, Job, Kind, MembershipSpec, Origin, Spec, Target};
use crate::model::memberships::{Action, Operation};
use crate::model::parts::PartsBuilder;
use crate::model::users::Identifier;
use crate::port::{Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::group_writes::ChangeAsked;
use crate::use_cases::idempotency::fingerprint;
use crate::use_cases::imports::{Again, ImportAsked, Imported};
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
    /// Whether the new job only says what it would do.
    pub dry_run: bool,
}

/// What is done with a whole job: undone, or done if it was a dry run.
#[derive(Debug)]
pub struct Following {
    /// Method and path, as received.
    pub request: String,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// When the new job may begin.
    pub schedule: ScheduleAsked,
    /// Whether the new job only says what it would do.
    pub dry_run: bool,
}

/// The new job.
#[derive(Debug)]
pub struct Followed {
    /// The job.
    pub job: Job,
    /// Whether an earlier request with the same `Idempotency-Key` made it.
    pub replayed: bool,
}

impl Directory {
    /// Makes a new job of items of a membership job or an import that has ended: what was to be added, also by a replace,
    /// is added, what was to be removed is removed. It queues like any other such job.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`] and of a write of the group; `WrongState` for a job that has not ended, that has
    /// no such items or is of a kind whose items are not tried again.
    pub async fn redrive_job(
        self: &Arc<Self>,
        caller: &Caller,
        id: &str,
        redrive: Redrive,
    ) -> Result<Followed> {
        let job = self.any_job(caller, id).await?;
        if let Some(detail) = not_redriven(job.spec.kind()) {
            return Err(wrong(detail));
        }
        if job.spec.kind() == Kind::Import {
            return self.redrive_import(caller, job, redrive).await;
        }
        if matches!(job.spec.kind(), Kind::Deletion | Kind::Restore) {
            ended(&job)?;
            if !redrive.values.is_empty() {
                return Err(Error::invalid("values", "values name members of groups"));
            }
            let Redrive { outcomes, request, idempotency_key, schedule, dry_run, .. } = redrive;
            let asked = Following { request, idempotency_key, schedule, dry_run };
            let chosen = (outcomes.as_slice(), Origin::Redrives(job.number.0));
            return match &job.spec {
                Spec::Restore(of) => self.restore_again(caller, (&job, of), chosen, asked).await,
                Spec::Deletion(of) => self.delete_again(caller, (&job, of), chosen, asked).await,
                _ => Err(Error::internal("no job about people")),
            };
        }
        caller.require(Permission::GroupsWrite)?;
        let (spec, group) = membership_of(&job)?;
        ended(&job)?;
        check_values(spec, &redrive.values)?;
        let change = self.again(&job, spec, &redrive).await?;
        let digest = Sha256::digest(format!("{:?} {:?}", redrive.outcomes, redrive.values)).into();
        let Redrive { request, idempotency_key, schedule, dry_run, .. } = redrive;
        let asked = ChangeAsked { request, digest, idempotency_key, schedule, dry_run };
        self.follow(caller, group, change, asked).await
    }

    /// Makes a new job that takes back what a membership job did: whom it added is removed, whom it removed is added. Whom
    /// a later job of the group changed stays: `changed_since`. Attributes of the group stay as they are.
    ///
    /// # Errors
    /// Like [`Directory::redrive_job`].
    pub async fn undo_job(&self, caller: &Caller, id: &str, asked: Following) -> Result<Followed> {
        let job = self.any_job(caller, id).await?;
        if let Some(detail) = not_undone(job.spec.kind()) {
            return Err(wrong(detail));
        }
        ended(&job)?;
        match &job.spec {
            Spec::Import(ImportSpec { mode: ImportMode::Add, .. }) => {
                return self.undo_import(caller, &job, asked).await;
            }
            Spec::Import(ImportSpec { mode: ImportMode::Delete, .. }) => {
                return self.undo_deletion(caller, &job, asked).await;
            }
            Spec::Import(_) => {
                return Err(wrong("what a file changed is not undone: send a file that puts it back"));
            }
            Spec::Deletion(_) => return self.undo_deletion(caller, &job, asked).await,
            Spec::Restore(of) => return self.undo_restoration(caller, &job, of, asked).await,
            _ => {}
        }
        caller.require(Permission::GroupsWrite)?;
        let (spec, group) = membership_of(&job)?;
        let change = self.effects(&job, spec, Origin::Undoes(job.number.0)).await?;
        self.follow(caller, group, change, asked.change("undo")).await
    }

    /// Makes a new job that does what a dry run said: the items that would have an effect, for the people who were found.
    /// Those that are not as they were found end `changed_since`.
    ///
    /// # Errors
    /// Like [`Directory::redrive_job`]; `WrongState` for what is no dry run, for one that was stopped, and where the
    /// request would change more than members; `Gone` for one that ended more than `DRY_RUN_KEPT` ago.
    pub async fn apply_job(
        self: &Arc<Self>,
        caller: &Caller,
        id: &str,
        asked: Following,
    ) -> Result<Followed> {
        let job = self.dry_run_to_apply(caller, id).await?;
        let origin = Origin::Applies(job.number.0);
        match &job.spec {
            Spec::Deletion(of) => {
                return self.delete_again(caller, (&job, of), (&[Outcome::Removed], origin), asked).await;
            }
            Spec::Restore(of) => {
                return self.restore_again(caller, (&job, of), (&[Outcome::Created], origin), asked).await;
            }
            _ => {}
        }
        let Spec::Membership(spec) = &job.spec else {
            let outcomes = vec![Outcome::Created, Outcome::Updated, Outcome::Removed];
            return self.rows_again(caller, asked, Again { job, outcomes, origin }).await;
        };
        caller.require(Permission::GroupsWrite)?;
        let Some(dry_run) = &spec.dry_run else { return Err(wrong("the job is no dry run")) };
        if dry_run.group == 0 || !dry_run.changes.is_empty() {
            let detail = "the request changes more than members: send it itself, without dryRun";
            return Err(wrong(detail));
        }
        let group = GroupNumber(dry_run.group);
        let change = self.effects(&job, spec, origin).await?;
        self.follow(caller, group, change, asked.change("apply")).await
    }

    /// A dry run that can be applied.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `WrongState` for what is no dry run, and for one that has not ended or was stopped;
    /// `Gone` for one that ended more than `DRY_RUN_KEPT` ago.
    pub(crate) async fn dry_run_to_apply(&self, caller: &Caller, id: &str) -> Result<Job> {
        let job = self.any_job(caller, id).await?;
        if !job.spec.kind().is_plan() {
            return Err(wrong("the job is no dry run"));
        }
        ended(&job)?;
        if job.state == State::Aborted {
            return Err(wrong("the dry run was stopped: send the request again"));
        }
        let age = self.now().since(job.ended_at.unwrap_or(job.received_at));
        if age > limits::DRY_RUN_KEPT {
            let detail = "a dry run is good for 24 hours: send the request again";
            return Err(Error::Gone(detail.to_owned()));
        }
        Ok(job)
    }

    async fn follow(
        &self,
        caller: &Caller,
        group: GroupNumber,
        change: MemberChange,
        asked: ChangeAsked,
    ) -> Result<Followed> {
        if change.items == 0 {
            self.refuse_reuse(caller, &asked).await?;
            return Err(nobody_is_chosen(change.origin));
        }
        let written =
            self.change_members(caller, group, change, asked).await.map_err(|error| match error {
                Error::NotFound(_) => wrong("the group of the job was deleted"),
                error => error,
            })?;
        let job = written.job.ok_or_else(|| Error::internal("a change of members made no job"))?;
        Ok(Followed { job, replayed: written.replayed })
    }

    /// Fails if an earlier request used the key for something else. What chooses nothing makes no job, so that nobody
    /// else looks.
    async fn refuse_reuse(&self, caller: &Caller, asked: &ChangeAsked) -> Result<()> {
        let Some(key) = self.idempotency(caller, &asked.request, asked.idempotency_key.clone())? else {
            return Ok(());
        };
        let sent = fingerprint(&asked.request, &asked.digest);
        let look = move |tx: &mut dyn Tx| match key.hold(tx)? {
            Some(earlier) => earlier.check(&sent),
            None => key.release(tx),
        };
        self.store.write(Class::Interactive, look).await
    }

    async fn redrive_import(
        self: &Arc<Self>,
        caller: &Caller,
        job: Job,
        redrive: Redrive,
    ) -> Result<Followed> {
        ended(&job)?;
        if !redrive.values.is_empty() {
            let detail = "values name members of groups: download the failed rows with columns=input, correct them and \
                          send them";
            return Err(Error::invalid("values", detail));
        }
        let Redrive { outcomes, request, idempotency_key, schedule, dry_run, .. } = redrive;
        let asked = Following { request, idempotency_key, schedule, dry_run };
        let origin = Origin::Redrives(job.number.0);
        self.rows_again(caller, asked, Again { job, outcomes, origin }).await
    }

    async fn rows_again(
        self: &Arc<Self>,
        caller: &Caller,
        asked: Following,
        again: Again,
    ) -> Result<Followed> {
        let Following { request, idempotency_key, schedule, dry_run } = asked;
        let Spec::Import(ImportSpec { mode, .. }) = again.job.spec else {
            return Err(Error::internal("rows of a job that has none"));
        };
        let asked = ImportAsked {
            mode,
            group: None,
            job_name: None,
            sheet: None,
            file_name: None,
            content_type: None,
            idempotency_key,
            request,
            schedule,
            dry_run,
        };
        let Imported { job, replayed, .. } = self.import_again(caller, asked, again).await?;
        Ok(Followed { job, replayed })
    }

    /// The items of a job that have an effect, by the ids of those whom they are about: the same, or the opposite if
    /// they are undone. Whom nobody can name any more is named as he was.
    async fn effects(&self, job: &Job, spec: &MembershipSpec, origin: Origin) -> Result<MemberChange> {
        let undoes = matches!(origin, Origin::Undoes(_));
        let (mut items, mut from) = (Items::default(), Some(0));
        while let Some(at) = from {
            let outcomes = &[Outcome::Created, Outcome::Removed];
            let wanted = Wanted { outcomes, from: at, count: limits::RESULT_PAGE_ITEMS };
            let (found, next) = self.membership_items(job, spec, wanted).await?;
            for item in found {
                let value = item.member.map_or(item.value, |member| member.to_string());
                let adds = (item.outcome == Outcome::Created) != undoes;
                items.push(if adds { Action::Add } else { Action::Remove }, &value)?;
            }
            from = next;
        }
        Ok(items.change(Identifier::Id, origin))
    }

    async fn again(&self, job: &Job, spec: &MembershipSpec, redrive: &Redrive) -> Result<MemberChange> {
        let (mut chosen_items, mut from) = (Items::default(), Some(0));
        while let Some(at) = from {
            let wanted = Wanted { outcomes: &[], from: at, count: limits::RESULT_PAGE_ITEMS };
            let (items, next) = self.membership_items(job, spec, wanted).await?;
            let chosen = |item: &JobItem| {
                let named = redrive.values.contains_key(&item.index);
                named || redrive.outcomes.iter().any(|outcome| outcome.reads_as(item.outcome))
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
                    // Nothing that is done to members.
                    ItemOperation::Patch | ItemOperation::Export => continue,
                };
                chosen_items.push(action, &value)?;
            }
            from = next;
        }
        Ok(chosen_items.change(spec.identifier.0, Origin::Redrives(job.number.0)))
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

impl Following {
    fn change(self, verb: &str) -> ChangeAsked {
        let Self { request, idempotency_key, schedule, dry_run } = self;
        ChangeAsked { request, digest: Sha256::digest(verb).into(), idempotency_key, schedule, dry_run }
    }
}

/// The items of a job in the making.
#[derive(Default)]
struct Items {
    parts: PartsBuilder,
    operations: Vec<Operation>,
}

impl Items {
    fn push(&mut self, action: Action, value: &str) -> Result<()> {
        let start = self.parts.items();
        self.parts.push(value)?;
        match self.operations.last_mut() {
            Some(last) if last.action == action => last.end = start + 1,
            _ => self.operations.push(Operation { action, start, end: start + 1 }),
        }
        Ok(())
    }

    fn change(self, identifier: Identifier, origin: Origin) -> MemberChange {
        let items = self.parts.items();
        MemberChange {
            identifier,
            operations: self.operations,
            parts: self.parts.finish(),
            items,
            rejects_unknown: false,
            keeps_groups: false,
            origin: Some(origin),
        }
    }
}

/// Refuses corrections of what was not listed.
fn check_values(spec: &MembershipSpec, values: &BTreeMap<u64, String>) -> Result<()> {
    let listed = spec.operations.iter().map(|operation| u64::from(operation.end)).max().unwrap_or(0);
    for (index, value) in values {
        if *index >= listed {
            let detail =
                format!("values: item {index} was not listed in the request, which lists {listed} from 0 on");
            return Err(Error::invalid("values", detail));
        }
        if value.is_empty() {
            return Err(Error::invalid("values", format!("values: item {index} has an empty value")));
        }
    }
    Ok(())
}

fn wrong(detail: &str) -> Error {
    Error::WrongState(detail.to_owned())
}

/// The refusal where nobody is left of those whom a job would be about, by what it comes of.
pub(crate) fn nobody_is_chosen(origin: Option<Origin>) -> Error {
    wrong(match origin {
        None => "the filter finds nobody",
        Some(Origin::Redrives(_)) => "the job has no items of these outcomes and reasons",
        Some(Origin::Undoes(_)) => "the job changed nobody who is still known: there is nothing to undo",
        Some(Origin::Applies(_)) => "the dry run would change nobody: there is nothing to apply",
    })
}

/// Why items of a job of this kind are not tried again, and what to do instead; none where they are.
const fn not_redriven(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Membership | Kind::Import | Kind::Deletion | Kind::Restore => None,
        Kind::Plan | Kind::ImportPlan | Kind::DeletionPlan | Kind::RestorePlan | Kind::BulkPlan => {
            Some("a dry run tried nothing: apply it, or send its request again")
        }
        Kind::Bulk => Some(
            "operations of a bulk request are not tried again: send those that failed in another bulk request",
        ),
        Kind::Export => Some("an export is not tried again: ask for another one"),
        Kind::Forget => Some("who is to be forgotten is named anew each time: send users/forget again"),
        Kind::ClearGroup | Kind::ClearUser | Kind::ClearNestedGroup => {
            Some("a job that clears away what is gone has no items to try again")
        }
    }
}

/// Why a job of this kind is not undone, and what to do instead; none where it is.
const fn not_undone(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Membership | Kind::Import | Kind::Deletion | Kind::Restore => None,
        Kind::Plan | Kind::ImportPlan | Kind::DeletionPlan | Kind::RestorePlan | Kind::BulkPlan => {
            Some("a dry run changed nothing: undo the job that applied it")
        }
        Kind::Bulk => Some(
            "a bulk request is not undone: send another one that puts back what it changed, as changes of its items \
             show it",
        ),
        Kind::Export => Some("an export changed nothing: there is nothing to undo"),
        Kind::Forget => Some("what was forgotten is kept nowhere and cannot be brought back"),
        Kind::ClearGroup | Kind::ClearUser | Kind::ClearNestedGroup => {
            Some("a job that clears away what is gone is not undone: make the group or the user anew")
        }
    }
}

/// The spec and the group of a job that changed members.
fn membership_of(job: &Job) -> Result<(&MembershipSpec, GroupNumber)> {
    match (&job.spec, job.target) {
        (Spec::Membership(spec), Target::Group(group)) => Ok((spec, group)),
        _ => Err(Error::internal("a job about members of no group")),
    }
}

fn ended(job: &Job) -> Result<()> {
    if job.state.is_terminal() {
        return Ok(());
    }
    Err(wrong("the job has not ended: wait for its end, or abort it"))
}
