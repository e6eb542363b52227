//! The items of a job, one by one: what was asked, whom it was about, what became of it.
//!
//! Items of a membership job come in the order of the request, then the removals that a replace produced; rows of an
//! import in the order of their logins. A page costs the same wherever it begins. While a membership job runs, what is
//! settled is gathered from its chunks.

mod ids;
mod members;

use std::borrow::Cow;

use throng_jobs::{Class, Outcome};

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::jobs::{Change, IdentifierText, Job, MembershipSpec, Spec};
use crate::model::memberships::{Action, Operation};
use crate::model::results::{self, ByIndex, Settled};
use crate::model::users::Identifier;
use crate::port::{Class as StoreClass, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::bulk::Operations;
use crate::use_cases::item_choice::{Choice, Fields, ItemField, ItemFilter, ItemOrder};
use crate::use_cases::item_pages::{Begin, Page, page};
use crate::use_cases::job_rows::Rows;
use crate::use_cases::lists::cursor::Binding;

use members::Members;

/// Which items of a job.
#[derive(Clone, Debug, Default)]
pub struct ItemsQuery {
    /// Only items of these outcomes; all when empty.
    pub outcomes: Vec<Outcome>,
    /// And of these only those that this selects; see [`ItemFilter::parse`].
    pub filter: Option<String>,
    /// In which order; see [`ItemOrder::parse`].
    pub order: Option<String>,
    /// Where the page begins.
    pub from: ItemsFrom,
    /// At most so many, and at most `COUNT_MAX`; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
}

/// Where a page of items begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemsFrom {
    /// Behind so many items.
    Offset(u64),
    /// At the first item; or where a cursor says: [`ItemsPage::next`] of the page before.
    Cursor(Option<String>),
}

impl Default for ItemsFrom {
    fn default() -> Self {
        Self::Cursor(None)
    }
}

/// A page of a job's items.
#[derive(Clone, Debug)]
pub struct ItemsPage {
    /// The job as it was when the page was read.
    pub job: Job,
    /// The items.
    pub items: Vec<JobItem>,
    /// How many items are chosen.
    pub total: u64,
    /// The cursor of the next page; none after the last, and where pages go by number.
    pub next: Option<String>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobItem {
    /// Its place in the job, from 0. Of an import: the row of the file, from 0.
    pub index: u64,
    /// What was asked.
    pub operation: ItemOperation,
    /// What it names, as it was given. A removal that a replace produced has the member's id.
    pub value: String,
    /// Whom it was about, where somebody was found and is there still.
    pub member: Option<MemberId>,
    /// What became of it.
    pub outcome: Outcome,
    /// What else is to be said, for people.
    pub note: Option<String>,
    /// What a dry run of an import would write; what an operation of a bulk request changes.
    pub changes: Vec<Change>,
}

/// What an item asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemOperation {
    /// To be a member; to be a user.
    Add,
    /// To be no member.
    Remove,
    /// To be a member beside those who are listed with it, and nobody else.
    Replace,
    /// To be changed.
    Patch,
    /// To be written down.
    Export,
}

impl ItemOperation {
    pub(crate) const ALL: [Self; 3] = [Self::Add, Self::Remove, Self::Replace];

    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Patch => "patch",
            Self::Export => "export",
        }
    }
}

impl Directory {
    /// A page of the items of a job.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Invalid` for a filter and an order that items of such a job do not have; `Scim`
    /// `invalidCursor`, `expiredCursor`.
    pub async fn job_items(&self, caller: &Caller, id: &str, query: &ItemsQuery) -> Result<ItemsPage> {
        let job = self.any_job(caller, id).await?;
        let choice = choice(&job, query)?;
        let uuid = job.uuid.to_string();
        let binding = Binding::new(caller, &["items", &uuid, &format!("{choice:?}")]);
        let (begin, count) = match &query.from {
            ItemsFrom::Offset(offset) => (Begin::Offset(*offset), None),
            ItemsFrom::Cursor(None) => (Begin::Offset(0), None),
            ItemsFrom::Cursor(Some(cursor)) => {
                let (place, count) = self.open_place(&binding, cursor, query.count).await?;
                (Begin::Behind(place), Some(count))
            }
        };
        let count = count.or(query.count).unwrap_or(limits::COUNT_DEFAULT).min(limits::COUNT_MAX);
        let found = self.chosen_items(&job, &choice, &begin, count).await?;
        let next = match (found.next, &query.from) {
            (Some(place), ItemsFrom::Cursor(_)) => Some(self.seal_place(&binding, place, count).await?),
            _ => None,
        };
        Ok(ItemsPage { job, items: found.items, total: found.total, next })
    }

    async fn chosen_items(
        &self,
        job: &Job,
        choice: &Choice,
        begin: &Begin,
        count: usize,
    ) -> Result<Page<JobItem>> {
        if let Spec::Import(_) | Spec::Export(_) = &job.spec {
            let rows = Rows::new(self, job);
            let Page { items, total, next } = page(&rows, choice, begin, count).await?;
            return Ok(Page { items: rows.shown(items), total, next });
        }
        if let Spec::Bulk(_) = &job.spec {
            return page(&Operations::of(self, job).await?, choice, begin, count).await;
        }
        // Others clear away what is left of somebody who is gone: there is nobody to tell about it.
        let Some(spec) = changes_of(job) else { return Ok(Page { items: Vec::new(), total: 0, next: None }) };
        let running = self.gathered(job).await?;
        page(&Members::new(self, job, &spec, running.as_ref()), choice, begin, count).await
    }

    /// Items of a deletion or a restoration, by the logins of those whom it lists.
    pub(crate) async fn people_items(
        &self,
        job: &Job,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let Some(spec) = changes_of(job) else { return Ok((Vec::new(), None)) };
        let (mut items, next) = self.membership_items(job, &spec, wanted).await?;
        items.iter_mut().for_each(members::show_person);
        Ok((items, next))
    }

    /// Items of a membership job, and where the next ones are.
    pub(crate) async fn membership_items(
        &self,
        job: &Job,
        spec: &MembershipSpec,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let running = self.gathered(job).await?;
        self.items_after_gathering(job, spec, running.as_ref(), wanted).await
    }

    /// Items of a membership job, with what [`Self::gathered`] made of it, and where the next ones are.
    pub(crate) async fn items_after_gathering(
        &self,
        job: &Job,
        spec: &MembershipSpec,
        running: Option<&ByIndex>,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let total = job.counts.total;
        let (mut chosen, mut at) = (Vec::new(), wanted.from);
        let started = self.now();
        while at < total && chosen.len() < wanted.count {
            let page = at / limits::RESULT_PAGE_ITEMS as u64;
            for settled in self.results(job, running, page).await? {
                let index = u64::from(settled.index);
                if index < at {
                    continue;
                }
                if chosen.len() == wanted.count {
                    break;
                }
                at = index + 1;
                let outcome = at_the_end(job, settled.outcome);
                if wanted.has(outcome) {
                    chosen.push(Settled { outcome, ..settled });
                }
            }
            if chosen.len() < wanted.count {
                at = ((page + 1) * limits::RESULT_PAGE_ITEMS as u64).min(total);
            }
            if self.now().since(started) > limits::LIST_TIME_MAX {
                break;
            }
        }
        let items = Members::new(self, job, spec, running).show(chosen).await?;
        Ok((items, (at < total && wanted.count > 0).then_some(at)))
    }

    /// What the chunks of a job have settled that has no result pages yet; none for one that has.
    pub(crate) async fn gathered(&self, job: &Job) -> Result<Option<ByIndex>> {
        let (account, number) = (job.account, job.number);
        let total = usize::try_from(job.counts.total).unwrap_or(usize::MAX);
        if job.ended_at.is_some() {
            let read = move |snapshot: &mut dyn Snapshot| snapshot.result_counts(account, number, 0, 1);
            // The first page is written last; see `settle_results`.
            if self.store.read(Cost::Point, read).await?.first().is_some_and(|counts| counts.page == 0) {
                return Ok(None);
            }
        }
        let mut gathered = ByIndex::new(total);
        let mut seq = 0;
        loop {
            let limit = CHUNKS_AT_ONCE;
            let read = move |snapshot: &mut dyn Snapshot| snapshot.chunks(account, number, seq, limit);
            let chunks = self.store.read(Cost::Scan, read).await?;
            for chunk in &chunks {
                for settled in results::decode_chunk(&chunk.entries)? {
                    // Plan may have fixed a larger total since the job was read.
                    if (settled.index as usize) < total {
                        gathered.settle(settled)?;
                    }
                }
            }
            match chunks.last() {
                Some(last) if chunks.len() == limit => seq = last.seq + 1,
                _ => return Ok(Some(gathered)),
            }
        }
    }

    /// Makes result pages of the chunks of a membership job that has ended without any.
    ///
    /// # Errors
    /// What the store fails with.
    pub(crate) async fn settle_results(&self, account: AccountId, number: JobNumber) -> Result<()> {
        let read = move |snapshot: &mut dyn Snapshot| snapshot.job(account, number);
        let Some(job) = self.store.read(Cost::Point, read).await? else { return Ok(()) };
        let Some(gathered) = self.gathered(&job).await? else { return Ok(()) };
        // Backwards: once the first page is there, all are.
        for page in (0..gathered.pages()).rev() {
            let page = gathered.page(page);
            let write =
                move |tx: &mut dyn Tx| tx.put_result_pages(account, number, std::slice::from_ref(&page));
            self.store.write(StoreClass::Chunk, write).await?;
        }
        Ok(())
    }

    pub(crate) async fn results(
        &self,
        job: &Job,
        gathered: Option<&ByIndex>,
        page: u64,
    ) -> Result<Vec<Settled>> {
        let number = u32::try_from(page).unwrap_or(u32::MAX);
        if let Some(gathered) = gathered {
            return results::decode_page(&gathered.page(number as usize));
        }
        let (account, job) = (job.account, job.number);
        let read = move |snapshot: &mut dyn Snapshot| snapshot.result_pages(account, job, number, 1);
        let found = self.store.read(Cost::Point, read).await?;
        match found.first().filter(|found| found.page == number) {
            Some(found) => results::decode_page(found),
            None => Err(Error::internal("a page of results is missing")),
        }
    }
}

/// What a job asks of each of its listed values, if they are members or people; a deletion removes all of them, a
/// restoration adds them.
pub(crate) fn changes_of(job: &Job) -> Option<Cow<'_, MembershipSpec>> {
    let (action, origin) = match &job.spec {
        Spec::Membership(spec) => return Some(Cow::Borrowed(spec)),
        Spec::Deletion(spec) => (Action::Remove, spec.origin),
        Spec::Restore(spec) => (Action::Add, spec.origin),
        _ => return None,
    };
    let end = u32::try_from(job.counts.total).unwrap_or(u32::MAX);
    Some(Cow::Owned(MembershipSpec {
        keeps_groups: false,
        creates_group: false,
        identifier: IdentifierText(Identifier::Id),
        operations: vec![Operation { action, start: 0, end }],
        origin,
        dry_run: None,
    }))
}

/// Chunks that one read gathers.
const CHUNKS_AT_ONCE: usize = 32;

/// What of a job's items is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Only these; all when empty.
    pub(crate) outcomes: &'a [Outcome],
    /// The index, or place in login order, of the first that is looked at.
    pub(crate) from: u64,
    /// At most so many.
    pub(crate) count: usize,
}

impl Wanted<'_> {
    pub(crate) fn has(self, outcome: Outcome) -> bool {
        self.outcomes.is_empty() || self.outcomes.iter().any(|wanted| wanted.reads_as(outcome))
    }
}

/// What a job that has ended left pending was not attempted.
pub(crate) fn at_the_end(job: &Job, outcome: Outcome) -> Outcome {
    if job.state.is_terminal() && outcome.class() == Class::Pending { Outcome::Skipped } else { outcome }
}

/// What a query chooses of a job's items, by the fields that they have.
fn choice(job: &Job, query: &ItemsQuery) -> Result<Choice> {
    let (fields, natural) = match &job.spec {
        Spec::Import(_) => (Fields::PEOPLE, ItemField::Value),
        Spec::Export(_) => (Fields::PEOPLE, ItemField::Index),
        Spec::Deletion(_) | Spec::Restore(_) => (Fields::DELETED, ItemField::Index),
        _ => (Fields::MEMBERS, ItemField::Index),
    };
    let filter = query.filter.as_deref().map(|filter| ItemFilter::parse(filter, &fields)).transpose()?;
    let order = query.order.as_deref().map(|order| ItemOrder::parse(order, &fields)).transpose()?;
    let order = order.unwrap_or(ItemOrder::by(natural));
    Ok(Choice { outcomes: query.outcomes.clone(), filter, order })
}
