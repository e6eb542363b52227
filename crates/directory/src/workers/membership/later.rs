//! Whom the jobs of a group changed after another one: what they changed is not undone.

use std::collections::BTreeSet;

use throng_jobs::{Class, State};

use super::Lease;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{GroupNumber, JobNumber, MemberKey};
use crate::limits;
use crate::model::jobs::{About, Job, JobsChosen, Kind, Target};
use crate::model::results;
use crate::port::{Snapshot, StoreExt};

/// Result pages read at once: about 1.2 MB.
const PAGES_PER_READ: usize = 32;

/// The members that jobs of the group changed after this one.
pub(super) fn changed(
    directory: &Directory,
    lease: &Lease,
    group: GroupNumber,
    undone: JobNumber,
) -> Result<BTreeSet<MemberKey>> {
    let account = lease.account;
    let mut members = BTreeSet::new();
    let read = move |snapshot: &mut dyn Snapshot| snapshot.job(account, undone);
    let Some(undone) = directory.store.read_blocking(read)? else { return Ok(members) };
    let chosen = JobsChosen {
        kinds: vec![Kind::Membership],
        states: State::ALL.into_iter().filter(|state| state.is_terminal()).collect(),
        about: Some(About::Queue(Target::Group(group))),
        ..JobsChosen::default()
    };
    let mut before = None;
    loop {
        let chosen = chosen.clone();
        let read = move |snapshot: &mut dyn Snapshot| {
            snapshot.jobs_before(account, &chosen, before, limits::COUNT_MAX)
        };
        let jobs = directory.store.read_blocking(read)?;
        for job in jobs.iter().filter(|job| is_later(job, &undone)) {
            add_changed(directory, job, &mut members)?;
        }
        match jobs.last() {
            Some(last) if jobs.len() == limits::COUNT_MAX => before = Some(last.number),
            _ => return Ok(members),
        }
    }
}

/// Whether a job did its work after another one of the same group. At most one of them is worked at a time, so times
/// tell; but a job that is applied before its answer has the time at which its request was read, and among such the
/// numbers tell, which are given under the lock of the group.
fn is_later(job: &Job, than: &Job) -> bool {
    if job.number == than.number {
        return false;
    }
    if than.started_at == than.ended_at {
        return job.number > than.number || job.started_at > than.ended_at;
    }
    job.ended_at >= than.started_at
}

fn add_changed(directory: &Directory, job: &Job, members: &mut BTreeSet<MemberKey>) -> Result<()> {
    if job.counts.created + job.counts.removed == 0 {
        return Ok(());
    }
    let (account, number, mut page) = (job.account, job.number, 0);
    loop {
        let read =
            move |snapshot: &mut dyn Snapshot| snapshot.result_pages(account, number, page, PAGES_PER_READ);
        let pages = directory.store.read_blocking(read)?;
        let Some(last) = pages.last() else { return Ok(()) };
        page = last.page + 1;
        for page in pages.iter().filter(|page| page.effective > 0) {
            let settled = results::decode_page(page)?;
            let is_effective = |class| matches!(class, Class::Created | Class::Removed);
            let effective = settled.iter().filter(|item| is_effective(item.outcome.class()));
            members.extend(effective.filter_map(|item| item.member));
        }
    }
}
