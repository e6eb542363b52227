//! A write that only says what it would do: a job that is its own queue, and whose only writes are its own items.

use serde_json::Map;

use super::accept::{changed, group_from, settle};
use super::{Acceptance, Accepted, AttributeChange, Subject};
use crate::error::{Error, Result};
use crate::ids::JobNumber;
use crate::model::access::GroupNames;
use crate::model::document;
use crate::model::groups::Group;
use crate::model::jobs::{Change, DryRun, Spec, Target};
use crate::port::scan::{NameRange, Page, Scan};
use crate::port::{Series, Tx};
use crate::use_cases::groups::not_found;
use crate::use_cases::membership_jobs::{self, MemberChange};

/// The accepting transaction. The attributes are judged here, the members by the job.
pub(super) fn run(tx: &mut dyn Tx, acceptance: &Acceptance) -> Result<Accepted> {
    let account = acceptance.account;
    let (was, group) = judge(tx, acceptance)?;
    let doc =
        |group: Option<&Group>| group.map_or_else(|| Ok(Map::new()), |group| document::read(&group.doc));
    let changes = match &group {
        Some(group) => Change::between(&doc(was.as_ref())?, &doc(Some(group))?),
        None => Vec::new(),
    };
    let nothing = MemberChange::nothing();
    let change = acceptance.parsed.members.as_ref().unwrap_or(&nothing);
    let mut job = membership_jobs::new_job(&acceptance.job, was.is_none(), change);
    if let Spec::Membership(spec) = &mut job.spec {
        let group = was.map_or(0, |group| group.number.0);
        spec.dry_run = Some(DryRun { group, changes });
    }
    tx.waiting(account)?.check(&acceptance.quota, job.counts.total)?;
    if !acceptance.staged {
        job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
    }
    job.target = Target::Nothing(job.number);
    if acceptance.staged {
        membership_jobs::accept(tx, &mut job)?;
    } else {
        membership_jobs::queue(tx, &mut job, &change.parts.list)?;
    }
    settle(tx, acceptance, &job)?;
    Ok(Accepted { view: None, job: Some(job), replayed_status: None })
}

/// The group as it is, and as its attributes would be if they changed.
fn judge(tx: &mut dyn Tx, acceptance: &Acceptance) -> Result<(Option<Group>, Option<Group>)> {
    let (account, source) = (acceptance.account, &acceptance.shown.source);
    let (was, group) = match acceptance.subject {
        Subject::New(uuid) => {
            let AttributeChange::Create(attributes) = &acceptance.parsed.attributes else {
                return Err(Error::internal("a new group without attributes"));
            };
            (None, Some(group_from(attributes, uuid, acceptance.now)?))
        }
        Subject::Existing(number) => {
            let was = tx.group(account, number)?.ok_or_else(not_found)?;
            acceptance.precondition.check(was.version)?;
            let was = source.see(tx, was)?;
            let group = changed(acceptance, &was)?;
            (Some(was), group)
        }
    };
    if let Some(group) = &group
        && tx.settings(account)?.group_names == GroupNames::Unique
    {
        let number = was.as_ref().map(|group| group.number);
        let same = tx.groups(account, &Scan::Names(NameRange::only(&group.name_key)), &Page::first(2))?;
        if same.iter().any(|other| Some(other.number) != number) {
            return Err(Error::taken("displayName", "a group with this displayName exists"));
        }
    }
    Ok((was, group))
}
