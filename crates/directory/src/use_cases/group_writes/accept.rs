//! The accepting transaction: attributes, and the membership job inline or queued.

use serde_json::{Map, Value};
use throng_jobs::Instant;
use throng_scim as scim;
use uuid::Uuid;

use super::{Acceptance, Accepted, AttributeChange, Purpose, Subject, dry_run};
use crate::error::{Error, Result};
use crate::ids::{GroupNumber, JobNumber};
use crate::limits;
use crate::model::access::LargeGroupWrites;
use crate::model::audit::{Event, Kind};
use crate::model::groups::Group;
use crate::model::jobs::{Job, Origin, Target};
use crate::model::{canonical, document};
use crate::port::{AccountLock, Series, Tx};
use crate::use_cases::audit::{self, Told};
use crate::use_cases::groups::not_found;
use crate::use_cases::idempotency::{Done, Made};
use crate::use_cases::membership_jobs::{self, MemberChange};

/// The accepting transaction.
pub(super) fn run(tx: &mut dyn Tx, acceptance: &Acceptance) -> Result<Accepted> {
    let account = acceptance.account;
    if let Some(key) = &acceptance.idempotency
        && let Some(earlier) = key.hold(tx)?
    {
        earlier.check(&acceptance.fingerprint)?;
        return replay(tx, acceptance, &earlier);
    }
    if acceptance.purpose == Purpose::DryRun {
        return dry_run::run(tx, acceptance);
    }
    if acceptance.parsed.members.is_none() && acceptance.job.schedule.is_set() {
        let detail = "this speaks of no members, and attributes are changed at once: notBefore and after are for members";
        return Err(Error::invalid("notBefore", detail));
    }
    let written = write_attributes(tx, acceptance)?;
    let (told, is_changed) = (written.told(), written.created || !written.fields.is_empty());
    let Attributes { group, created, .. } = written;
    let target = Target::Group(group.number);
    let mut job = acceptance.job.clone();
    job.target = target;
    if !acceptance.staged {
        job.number = JobNumber(0);
    }
    let nothing = MemberChange::nothing();
    let change = match &acceptance.parsed.members {
        Some(change) => change,
        None if acceptance.always_job => &nothing,
        None => {
            if is_changed {
                acceptance.trail.tell(tx, told)?;
            }
            settle_without_job(tx, acceptance, &group, created)?;
            let view = Some(acceptance.shown.view(tx, group)?);
            return Ok(Accepted { view, job: None, replayed_status: None });
        }
    };
    job = membership_jobs::new_job(&job, created, change);
    if acceptance.staged {
        tx.waiting(account)?.check(&acceptance.quota, job.counts.total)?;
        membership_jobs::accept(tx, &mut job)?;
    } else {
        job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
        let speaks_of_members = acceptance.parsed.members.is_some();
        let inline = change.items as usize <= limits::INLINE_ITEMS_MAX
            && !job.schedule.is_set()
            && !matches!(change.origin, Some(Origin::Undoes(_)))
            && (!speaks_of_members || !tx.is_busy(account, target)?)
            && membership_jobs::run_inline(tx, &mut job, &group, change, acceptance.now)?;
        if !inline {
            if acceptance.large_writes == LargeGroupWrites::Refuse
                && !membership_jobs::fits_inline(tx, account, (&group, change))?
            {
                return Err(too_large());
            }
            tx.waiting(account)?.check(&acceptance.quota, job.counts.total)?;
            if let Purpose::Trial(items_max) = acceptance.purpose {
                let of = (&group, change);
                membership_jobs::rehearse(tx, &mut job, of, items_max, acceptance.now)?;
            } else {
                membership_jobs::queue(tx, &mut job, &change.parts.list)?;
            }
        }
    }
    acceptance.trail.tell(tx, told.with("job", job.number.0))?;
    settle(tx, acceptance, &job)?;
    let group = tx.group(account, group.number)?.ok_or_else(not_found)?;
    let view = Some(acceptance.shown.view(tx, group)?);
    Ok(Accepted { view, job: Some(job), replayed_status: None })
}

fn too_large() -> Error {
    let max = limits::INLINE_ITEMS_MAX;
    Error::TooLarge(format!(
        "this changes more than {max} members, produced removals included, and the account's setting \
         large_group_writes is refuse: send fewer at a time, or ask for a job with Prefer: respond-async"
    ))
}

/// A request that made no job is remembered by its group, and was not answered as accepted.
fn settle_without_job(tx: &mut dyn Tx, acceptance: &Acceptance, group: &Group, created: bool) -> Result<()> {
    let Some(key) = &acceptance.idempotency else { return Ok(()) };
    let (made, status) = (Made::Resource(group.uuid), if created { 201 } else { 200 });
    let done = Done { made, status, fingerprint: acceptance.fingerprint };
    key.settle(tx, &done)
}

fn replay(tx: &mut dyn Tx, acceptance: &Acceptance, earlier: &Done) -> Result<Accepted> {
    let account = acceptance.account;
    let (job, group) = match earlier.made {
        Made::Resource(uuid) => (None, tx.group_by_uuid(account, uuid)?),
        Made::Job(number) => {
            let job = tx.job(account, number)?.ok_or_else(not_found)?;
            let group = match job.target {
                Target::Group(number) => tx.group(account, number)?,
                _ => None,
            };
            (Some(job), group)
        }
    };
    let view = group.map(|group| acceptance.shown.view(tx, group));
    Ok(Accepted { view: view.transpose()?, job, replayed_status: Some(earlier.status) })
}

/// Tells of the job that a request made, and remembers it.
pub(super) fn settle(tx: &mut dyn Tx, acceptance: &Acceptance, job: &Job) -> Result<()> {
    audit::jobs::accepted(tx, Some(&acceptance.trail), job)?;
    match &acceptance.idempotency {
        Some(key) => key.settle(tx, &acceptance.done(job.number)),
        None => Ok(()),
    }
}

/// A group whose attributes were written.
struct Attributes {
    /// As it is now.
    group: Group,
    /// Whether it is new.
    created: bool,
    /// The names of those that changed.
    fields: Vec<Value>,
}

impl Attributes {
    /// The row of the audit log about it.
    fn told(&self) -> Told {
        let event = if self.created { Event::Created } else { Event::Updated };
        Told::new(event, Kind::Group, &self.group.uuid)
            .named(&self.group.display_name)
            .with("group", self.group.number.0)
            .with("fields", self.fields.as_slice())
    }
}

/// Creates the group or changes its attributes.
fn write_attributes(tx: &mut dyn Tx, acceptance: &Acceptance) -> Result<Attributes> {
    let (account, source) = (acceptance.account, &acceptance.shown.source);
    let number = match acceptance.subject {
        Subject::New(uuid) => {
            let AttributeChange::Create(attributes) = &acceptance.parsed.attributes else {
                return Err(Error::internal("a new group without attributes"));
            };
            tx.lock_account(account, AccountLock::Shared)?;
            let mut group = group_from(attributes, uuid, acceptance.now)?;
            group.number = GroupNumber(tx.allocate_number(account, Series::Groups)?);
            tx.insert_group(account, source.stored(&group, None)?.as_ref())?;
            source.keep(tx, &group)?;
            return Ok(Attributes { group, created: true, fields: Vec::new() });
        }
        Subject::Existing(number) => number,
    };
    tx.lock_account(account, AccountLock::Shared)?;
    let was = tx.lock_group(account, number)?.ok_or_else(not_found)?;
    if acceptance.precondition.names_versions() && tx.is_busy(account, Target::Group(number))? {
        let detail =
            "jobs that wait on this group will change it; repeat without If-Match or when they ended";
        return Err(Error::VersionMismatch(detail.to_owned()));
    }
    acceptance.precondition.check(was.version)?;
    let default_id = was.external_id.clone();
    let was = source.see(tx, was)?;
    let Some(group) = changed(acceptance, &was)? else {
        return Ok(Attributes { group: was, created: false, fields: Vec::new() });
    };
    tx.replace_group(account, source.stored(&group, default_id)?.as_ref())?;
    source.keep(tx, &group)?;
    let fields = audit::changed(&was.doc, &group.doc)?;
    Ok(Attributes { group, created: false, fields })
}

/// The group as its attributes would be; none where they would be as they are.
pub(super) fn changed(acceptance: &Acceptance, was: &Group) -> Result<Option<Group>> {
    let doc = || document::read(&was.doc);
    let attributes = match &acceptance.parsed.attributes {
        AttributeChange::Create(attributes) => attributes.clone(),
        AttributeChange::Replace(attributes) => {
            scim::resource::replace(&doc()?, attributes.clone(), &acceptance.group_type)?
        }
        AttributeChange::Patch(operations) if operations.is_empty() => return Ok(None),
        AttributeChange::Patch(operations) => {
            scim::patch::apply(&doc()?, operations, &acceptance.group_type)?.attributes
        }
    };
    let mut group = group_from(&attributes, was.uuid, acceptance.now.max(was.modified_at))?;
    if group.doc == was.doc {
        return Ok(None);
    }
    group.number = was.number;
    group.version = was.version + 1;
    group.created_at = was.created_at;
    group.members = was.members;
    Ok(Some(group))
}

pub(super) fn group_from(attributes: &Map<String, Value>, uuid: Uuid, now: Instant) -> Result<Group> {
    let display_name = attributes.get("displayName").and_then(Value::as_str).unwrap_or_default();
    if display_name.is_empty() {
        return Err(Error::invalid("displayName", "displayName is required"));
    }
    let name_key = canonical::group_name_key(display_name)?;
    Ok(Group {
        number: GroupNumber(0),
        uuid,
        version: 1,
        created_at: now,
        modified_at: now,
        display_name: display_name.to_owned(),
        name_key,
        external_id: canonical::external_id(attributes.get("externalId").and_then(Value::as_str))?,
        members: 0,
        doc: document::write(attributes)?,
    })
}
