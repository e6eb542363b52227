//! The items of a membership job, or of one that lists people, by their indexes: what was listed, then the removals that a
//! replace produced.

mod look;

use std::borrow::Cow;
use std::sync::Arc;

use throng_jobs::Outcome;
use tokio::sync::OnceCell;

use look::{Known, Look, missing};

use super::ids::{Ids, users};
use super::{ItemOperation, JobItem, at_the_end};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::jobs::{Job, MembershipSpec, ResultPage, Spec};
use crate::model::parts::Value;
use crate::model::results::{self, ByIndex, Settled};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::item_choice::{Choice, ItemField, Needs, RowStatus, Seen, Whom, value_key};
use crate::use_cases::item_pages::{Each, Listed};

/// Result pages of one read: about 1.2 MB.
const PAGES_PER_READ: usize = 32;
/// Stored pages of which one read takes what was sent, too: at most `READ_ROWS_MAX` items.
const PAYLOAD_PAGES_PER_READ: usize = limits::READ_ROWS_MAX / limits::RESULT_PAGE_ITEMS;

/// The items of such a job.
pub(crate) struct Members<'a> {
    directory: &'a Directory,
    job: &'a Job,
    spec: &'a MembershipSpec,
    /// What is settled of a job that has no result pages yet.
    running: Option<&'a ByIndex>,
    /// The ids of those whom all items are about, once they were asked for.
    ids: OnceCell<Arc<Ids>>,
}

impl<'a> Members<'a> {
    /// With what [`Directory::gathered`] made of the job.
    pub(crate) const fn new(
        directory: &'a Directory,
        job: &'a Job,
        spec: &'a MembershipSpec,
        running: Option<&'a ByIndex>,
    ) -> Self {
        Self { directory, job, spec, running, ids: OnceCell::const_new() }
    }

    /// These items, whose indexes rise.
    pub(crate) async fn show(&self, chosen: Vec<Settled>) -> Result<Vec<JobItem>> {
        let known = self.known(chosen, true, None).await?;
        Ok(known.into_iter().map(|known| self.shown(known)).collect())
    }

    /// The items with these indexes, which rise, of a job that has result pages.
    async fn show_at(&self, indexes: Vec<u32>) -> Result<Vec<JobItem>> {
        let (look, total) = (self.look(true), index(self.total()));
        let read = move |snapshot: &mut dyn Snapshot| {
            let settled = look.settled(snapshot, total, &indexes)?;
            look.at(snapshot, &settled, None)
        };
        let known = self.directory.store.read(Cost::Scan, read).await?;
        Ok(known.into_iter().map(|known| self.shown(known)).collect())
    }

    fn shown(&self, known: Known) -> JobItem {
        JobItem {
            index: u64::from(known.settled.index),
            operation: known.operation,
            value: known.value,
            member: known.member,
            outcome: at_the_end(self.job, known.settled.outcome),
            note: None,
            changes: Vec::new(),
        }
    }

    /// With whom they are about by these ids; without any, by those of the items.
    async fn known(&self, settled: Vec<Settled>, values: bool, ids: Option<Arc<Ids>>) -> Result<Vec<Known>> {
        let look = self.look(values);
        let read = move |snapshot: &mut dyn Snapshot| look.at(snapshot, &settled, ids.as_deref());
        self.directory.store.read(Cost::Scan, read).await
    }

    fn look(&self, values: bool) -> Look {
        let (account, job) = (self.job.account, self.job.number);
        Look { account, job, operations: self.spec.operations.clone(), values }
    }

    /// The ids of those whom all items are about, of whom it has to be known.
    async fn ids(&self, about: Whom) -> Result<Arc<Ids>> {
        let account = self.job.account;
        let find = async || match about {
            Whom::Nobody => Ok(Arc::default()),
            Whom::One(uuid) => {
                let read = move |snapshot: &mut dyn Snapshot| Ids::of_one(snapshot, account, uuid);
                Ok(Arc::new(self.directory.store.read(Cost::Point, read).await?))
            }
            Whom::Everybody => Ok(Arc::new(self.everybody().await?)),
        };
        self.ids.get_or_try_init(find).await.cloned()
    }

    /// By rising key, so that users who were created one after the other are read so.
    async fn everybody(&self) -> Result<Ids> {
        let account = self.job.account;
        let mut members = Vec::new();
        let pages = u32::try_from(self.total().div_ceil(self.page_items())).unwrap_or(u32::MAX);
        for page in 0..pages {
            let (look, settled) = (self.look(false), self.settled(&[page]).await?);
            let read = move |snapshot: &mut dyn Snapshot| Ok(look.with_produced(snapshot, &settled)?.0);
            let known = self.directory.store.read(Cost::Scan, read).await?;
            members.extend(known.iter().filter_map(|known| known.settled.member));
        }
        let users = users(members.into_iter());
        let mut ids = Ids::default();
        for some in users.chunks(limits::READ_ROWS_MAX) {
            let some = some.to_vec();
            let read = move |snapshot: &mut dyn Snapshot| Ids::of(snapshot, account, &some);
            ids.append(self.directory.store.read(Cost::Scan, read).await?);
        }
        Ok(ids)
    }

    /// What became of all items of these stored pages, in order.
    async fn settled(&self, pages: &[u32]) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        for page in self.result_pages(pages, false).await? {
            settled.append(&mut results::decode_page(&page)?);
        }
        for settled in &mut settled {
            settled.outcome = at_the_end(self.job, settled.outcome);
        }
        Ok(settled)
    }

    /// These result pages, if wanted with nothing but their outcomes.
    async fn result_pages(&self, pages: &[u32], outcomes_alone: bool) -> Result<Vec<ResultPage>> {
        if let Some(running) = self.running {
            return Ok(pages.iter().map(|page| running.page(*page as usize)).collect());
        }
        let (account, job, wanted) = (self.job.account, self.job.number, pages.to_vec());
        let read = move |snapshot: &mut dyn Snapshot| {
            if outcomes_alone {
                snapshot.outcome_pages_at(account, job, &wanted)
            } else {
                snapshot.result_pages_at(account, job, &wanted)
            }
        };
        let found = self.directory.store.read(Cost::Scan, read).await?;
        if found.len() < pages.len() {
            return Err(Error::internal("a page of results is missing"));
        }
        Ok(found)
    }

    /// What became of all items of these stored pages, in order, with their indexes.
    async fn outcomes(&self, pages: &[u32]) -> Result<Vec<(u32, Outcome)>> {
        let mut found = Vec::new();
        for page in self.result_pages(pages, true).await? {
            let first = index(u64::from(page.page) * self.page_items());
            let outcomes = results::decode_outcomes(&page)?.into_iter();
            found.extend((first..).zip(outcomes.map(|outcome| at_the_end(self.job, outcome))));
        }
        Ok(found)
    }

    /// Shows items that were listed, of which nothing is asked but what was listed, and what became of it.
    async fn see_listed(&self, pages: &[u32], each: &mut Each<'_>) -> Result<()> {
        let look = self.look(true);
        let outcomes = self.outcomes(pages).await?;
        let indexes: Vec<u32> = outcomes.iter().map(|(index, _)| *index).collect();
        let reader = look.clone();
        let read = move |snapshot: &mut dyn Snapshot| reader.parts_of(snapshot, false, &indexes);
        let parts = self.directory.store.read(Cost::Scan, read).await?;
        let mut outcomes = outcomes.into_iter();
        for part in &parts {
            for value in part.values()? {
                let (index, outcome) = outcomes.next().ok_or_else(missing)?;
                let operation = look.operation(index);
                let value = match value {
                    Value::Uuid(bytes) => Cow::Owned(uuid::Uuid::from_bytes(bytes).to_string()),
                    Value::Text(text) => Cow::Borrowed(text),
                    Value::Key(_) => return Err(missing()),
                };
                self.show_one((index, outcome), operation, &value, None, each);
            }
        }
        if outcomes.next().is_some() { Err(missing()) } else { Ok(()) }
    }

    fn show_one(
        &self,
        (index, outcome): (u32, Outcome),
        operation: ItemOperation,
        value: &str,
        member: Option<MemberId>,
        each: &mut Each<'_>,
    ) {
        let (member, value) = if self.lists_people() {
            let ListedPerson { user, login, .. } = ListedPerson::read(value);
            (user.map(MemberId::User), login)
        } else {
            (member, value)
        };
        each(&Seen {
            place: u64::from(index),
            index: u64::from(index),
            operation,
            outcome,
            status: RowStatus::of(outcome, false),
            value: value_key(value),
            member: member.map_or(Cow::Borrowed(""), |member| Cow::Owned(member.to_string())),
            first_name: "",
            last_name: "",
        });
    }

    /// A job that lists people says of each more than it shows.
    const fn lists_people(&self) -> bool {
        matches!(self.job.spec, Spec::Deletion(_) | Spec::Restore(_))
    }
}

/// Shows the login and the id of somebody whom a job lists who is known although he may be gone.
pub(super) fn show_person(item: &mut JobItem) {
    let ListedPerson { user, login, .. } = ListedPerson::read(&item.value);
    item.member = user.map(MemberId::User);
    item.value = login.to_owned();
}

impl Listed for Members<'_> {
    type Item = JobItem;

    fn natural(&self) -> ItemField {
        ItemField::Index
    }

    fn directory(&self) -> &Directory {
        self.directory
    }

    fn job(&self) -> &Job {
        self.job
    }

    fn total(&self) -> u64 {
        self.job.counts.total
    }

    fn page_items(&self) -> u64 {
        limits::RESULT_PAGE_ITEMS as u64
    }

    fn pages_at_once(&self, needs: Needs) -> usize {
        if needs == Needs::OUTCOME { PAGES_PER_READ } else { PAYLOAD_PAGES_PER_READ }
    }

    fn is_complete(&self) -> bool {
        self.job.planned
    }

    fn has_results(&self) -> bool {
        self.running.is_none()
    }

    fn unsettled(&self, _place: u64) -> RowStatus {
        RowStatus::of(at_the_end(self.job, Outcome::Pending), false)
    }

    async fn items(&self, places: &[u64]) -> Result<Vec<JobItem>> {
        let mut wanted: Vec<u32> = places.iter().map(|place| index(*place)).collect();
        wanted.sort_unstable();
        let mut items = match self.running {
            Some(running) => {
                let settled: Result<_> = wanted.iter().map(|index| running.settled(*index)).collect();
                self.show(settled?).await?
            }
            None => self.show_at(wanted).await?,
        };
        if self.lists_people() {
            items.iter_mut().for_each(show_person);
        }
        // They were looked at in the order of their indexes.
        let mut order: Vec<(u64, usize)> = places.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let mut ordered: Vec<(usize, JobItem)> = order.into_iter().map(|(_, at)| at).zip(items).collect();
        ordered.sort_unstable_by_key(|(at, _)| *at);
        Ok(ordered.into_iter().map(|(_, item)| item).collect())
    }

    /// What is decided of an outcome holds for every item that has it.
    async fn see_chosen(
        &self,
        choice: &Choice,
        pages: &[u32],
        each: &mut (dyn FnMut(u64) + Send),
    ) -> Result<()> {
        let takes = |outcome| {
            let outcome = at_the_end(self.job, outcome);
            choice.takes(outcome, RowStatus::of(outcome, false))
        };
        let by_code: Vec<Option<bool>> =
            (0..=u8::MAX).map(|code| Outcome::from_code(code).map(takes)).collect();
        for page in self.result_pages(pages, true).await? {
            let first = u64::from(page.page) * self.page_items();
            for (place, code) in (first..).zip(results::outcome_codes(&page)?) {
                let damaged = || Error::internal("a stored outcome is unknown");
                if by_code[usize::from(*code)].ok_or_else(damaged)? {
                    each(place);
                }
            }
        }
        Ok(())
    }

    async fn see(&self, needs: Needs, pages: &[u32], each: &mut Each<'_>) -> Result<()> {
        if needs == Needs::OUTCOME {
            for (index, outcome) in self.outcomes(pages).await? {
                each(&Seen::settled(u64::from(index), outcome, RowStatus::of(outcome, false)));
            }
            return Ok(());
        }
        let values = needs.payload || self.lists_people();
        // Who is listed is said with the id.
        let about = if self.lists_people() { Whom::Nobody } else { needs.member };
        let listed = u64::from(self.spec.operations.last().map_or(0, |operation| operation.end));
        let end = pages.last().map_or(0, |page| (u64::from(*page) + 1) * self.page_items());
        if values && about == Whom::Nobody && end.min(self.total()) <= listed {
            return self.see_listed(pages, each).await;
        }
        let ids = self.ids(about).await?;
        for known in self.known(self.settled(pages).await?, values, Some(ids)).await? {
            let Known { settled: Settled { index, outcome, .. }, operation, value, member } = known;
            self.show_one((index, outcome), operation, &value, member, each);
        }
        Ok(())
    }
}

fn index(place: u64) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
