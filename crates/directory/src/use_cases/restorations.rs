//! Undoing deletions of people, and undoing that.

use std::collections::BTreeMap;

use throng_jobs::{Instant, Outcome};

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::images::{self, Image};
use crate::model::jobs::{DeletionSpec, Job, Kind, Origin, RestoreSpec, Spec};
use crate::model::parts::PartsBuilder;
use crate::model::rows::Row;
use crate::port::{Cost, JobsOfKind, Snapshot, StoreExt};
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::job_items::{JobItem, Wanted, changes_of};
use crate::use_cases::redrive::{Followed, Following};

/// The images that items of a deletion have, given by rising index, of those that were taken since then.
pub(crate) fn images_of(
    snapshot: &mut dyn Snapshot,
    (account, job): (AccountId, JobNumber),
    items: &[u32],
    since: Instant,
) -> Result<BTreeMap<u32, Image>> {
    let (mut found, mut at) = (BTreeMap::new(), 0);
    while let Some(item) = items.get(at) {
        let Some(block) = snapshot.images(account, job, *item, 1)?.pop() else { break };
        let end = block.first + block.items;
        if block.taken_at >= since && end > *item {
            let wanted = |image: &Image| items[at..].binary_search(&image.index).is_ok();
            let images = images::decode(&block)?.into_iter().filter(wanted);
            found.extend(images.map(|image| (image.index, image)));
        }
        // None of those before the block's end is in a later one.
        let behind = items[at..].partition_point(|item| *item < end);
        at += behind.max(1);
    }
    Ok(found)
}

impl Directory {
    /// Restores the people whom a deletion deleted, or an import that deletes.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`].
    pub(crate) async fn undo_deletion(
        &self,
        caller: &Caller,
        job: &Job,
        asked: Following,
    ) -> Result<Followed> {
        self.refuse_second_undo(job.account, job.number).await?;
        let (of, origin) = (job.number.0, Some(Origin::Undoes(job.number.0)));
        let spec = Spec::Restore(RestoreSpec { of, origin, is_dry: asked.dry_run });
        if matches!(job.spec, Spec::Import(_)) {
            let deleted = |place, row: &Row, user| ListedPerson::write(user, place, 1, &row.login);
            let people = self.people_of_rows(job, Outcome::Removed, deleted);
            return self.job_of_people(caller, (spec, &[]), asked, people).await;
        }
        self.job_of_people(caller, (spec, &[]), asked, self.people_deleted(job)).await
    }

    /// Deletes the people whom a restoration restored, as far as they are as it left them.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`].
    pub(crate) async fn undo_restoration(
        &self,
        caller: &Caller,
        job: &Job,
        of: &RestoreSpec,
        asked: Following,
    ) -> Result<Followed> {
        let origin = Some(Origin::Undoes(job.number.0));
        let spec =
            Spec::Deletion(DeletionSpec { filter: None, as_made: true, origin, is_dry: asked.dry_run });
        let people = self.people_restored(job, JobNumber(of.of));
        self.job_of_people(caller, (spec, &[]), asked, people).await
    }

    /// Restores those of a restoration whose items had these outcomes, by another one.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`].
    pub(crate) async fn restore_again(
        &self,
        caller: &Caller,
        (job, of): (&Job, &RestoreSpec),
        (outcomes, origin): (&[Outcome], Origin),
        asked: Following,
    ) -> Result<Followed> {
        if matches!(origin, Origin::Redrives(_)) && outcomes.contains(&Outcome::Created) {
            return Err(Error::invalid("outcomes", "who was restored is not restored again"));
        }
        let spec = RestoreSpec { origin: Some(origin), is_dry: asked.dry_run, ..of.clone() };
        let people = self.people_listed(job, outcomes);
        self.job_of_people(caller, (Spec::Restore(spec), outcomes), asked, people).await
    }

    /// Refuses to restore anew from a deletion of which somebody was restored: what it kept of people is older than what may
    /// have become of them since.
    async fn refuse_second_undo(&self, account: AccountId, of: JobNumber) -> Result<()> {
        let restorations = JobsOfKind { kind: Kind::Restore, limit: limits::READ_ROWS_MAX };
        let read = move |snapshot: &mut dyn Snapshot| snapshot.jobs(account, restorations);
        let jobs = self.store.read(Cost::Scan, read).await?;
        let has_restored = |job: &&Job| {
            job.counts.created > 0 && matches!(&job.spec, Spec::Restore(spec) if spec.of == of.0)
        };
        match jobs.iter().find(has_restored) {
            Some(Job { number, .. }) => Err(Error::WrongState(format!(
                "job {number} has restored people of this deletion: redrive that job to try the others again"
            ))),
            None => Ok(()),
        }
    }

    /// Those whom a deletion deleted, by the items that did.
    async fn people_deleted(&self, job: &Job) -> Result<PartsBuilder> {
        let (mut people, mut from) = (PartsBuilder::new(), Some(0));
        while let Some(at) = from {
            let (items, next) = self.people_with(job, Outcome::Removed, at).await?;
            for item in &items {
                let person = ListedPerson::read(&item.value);
                // Who was forgotten has no id.
                if let Some(user) = person.user {
                    let index = usize::try_from(item.index).unwrap_or(usize::MAX);
                    people.push(&ListedPerson::write(user, index, 1, person.login))?;
                }
            }
            from = next;
        }
        Ok(people)
    }

    /// Those whom a restoration restored, with the groups and the version that it left at most.
    async fn people_restored(&self, job: &Job, of: JobNumber) -> Result<PartsBuilder> {
        let (mut people, mut from, account) = (PartsBuilder::new(), Some(0), job.account);
        while let Some(at) = from {
            let (items, next) = self.people_with(job, Outcome::Created, at).await?;
            let mut numbers: Vec<u32> =
                items.iter().map(|item| ListedPerson::read(&item.value).number).collect();
            numbers.sort_unstable();
            let since = Instant::from_micros(i64::MIN);
            let read = move |snapshot: &mut dyn Snapshot| images_of(snapshot, (account, of), &numbers, since);
            let images = self.store.read(Cost::Scan, read).await?;
            for item in &items {
                let ListedPerson { user, number, login, .. } = ListedPerson::read(&item.value);
                if let Some(user) = user {
                    // Without the image nobody can tell, so that they stay.
                    let (groups, version) = images
                        .get(&number)
                        .map_or((0, 0), |image| (image.groups.len(), image.user.version + 1));
                    people.push(&ListedPerson::write(user, groups, version, login))?;
                }
            }
            from = next;
        }
        Ok(people)
    }

    /// A page of the items of a job about people that have this outcome, as they are listed.
    async fn people_with(
        &self,
        job: &Job,
        outcome: Outcome,
        from: u64,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let Some(spec) = changes_of(job) else { return Ok((Vec::new(), None)) };
        let wanted = Wanted { outcomes: &[outcome], from, count: limits::RESULT_PAGE_ITEMS };
        self.membership_items(job, &spec, wanted).await
    }
}
