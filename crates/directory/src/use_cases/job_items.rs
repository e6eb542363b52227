//! The items of a job, one by one: what was asked, whom it was about, what became of it.
//!
//! Items of a membership job come in the order of the request, then the removals that a replace produced; rows of an
//! import in the order of their logins. A page costs the same wherever it begins. While a membership job runs, what is
//! settled is gathered from its chunks.

mod numbered;

use std::borrow::Cow;

use throng_jobs::{Class, Outcome};

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::jobs::{Change, IdentifierText, Job, MembershipSpec, Part, Spec};
use crate::model::memberships::{Action, Operation};
use crate::model::parts::Value;
use crate::model::results::{self, ByIndex, Settled};
use crate::model::users::Identifier;
use crate::port::scan::Place;
use crate::port::{Class as StoreClass, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::job_rows::Walk;
use crate::use_cases::lists::cursor::Binding;

pub use numbered::ItemsByNumber;

/// Which items of a job.
#[derive(Clone, Debug, Default)]
pub struct ItemsQuery {
    /// Only items of these outcomes; all when empty.
    pub outcomes: Vec<Outcome>,
    /// Where the page begins: [`ItemsPage::next`] of the page before; at the first item when none.
    pub cursor: Option<String>,
    /// At most so many, and at most `COUNT_MAX`; `None`: as many as the cursor says, else `COUNT_DEFAULT`.
    pub count: Option<usize>,
}

/// A page of a job's items.
#[derive(Clone, Debug)]
pub struct ItemsPage {
    /// The job as it was when the page was read.
    pub job: Job,
    /// The items.
    pub items: Vec<JobItem>,
    /// The cursor of the next page; none after the last.
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
}

impl ItemOperation {
    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Patch => "patch",
        }
    }
}

impl Directory {
    /// A page of the items of a job.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Scim` `invalidCursor`, `expiredCursor`.
    pub async fn job_items(&self, caller: &Caller, id: &str, query: &ItemsQuery) -> Result<ItemsPage> {
        let job = self.any_job(caller, id).await?;
        let codes: Vec<String> = query.outcomes.iter().map(|outcome| outcome.code().to_string()).collect();
        let binding = Binding::new(caller, &["items", &job.uuid.to_string(), &codes.join(",")]);
        let (place, count) = match &query.cursor {
            None => (Place::Start, query.count.unwrap_or(limits::COUNT_DEFAULT)),
            Some(cursor) => self.open_place(&binding, cursor, query.count).await?,
        };
        let from = match place {
            Place::Key(key) => u64::try_from(key).unwrap_or(0),
            _ => 0,
        };
        let count = count.min(limits::COUNT_MAX);
        let wanted = Wanted { outcomes: &query.outcomes, from, count };
        let (items, next) = match &job.spec {
            Spec::Membership(spec) => self.membership_items(&job, spec, wanted).await?,
            Spec::Import(_) => self.import_items(&job, wanted).await?,
            Spec::Deletion(_) | Spec::Restore(_) => self.people_items(&job, wanted).await?,
            Spec::Bulk(_) => self.bulk_items(&job, wanted).await?,
            // They clear away what is left of somebody who is gone: there is nobody to tell about it.
            Spec::Forget(_) | Spec::ClearGroup | Spec::ClearUser { .. } | Spec::ClearNestedGroup { .. } => {
                (Vec::new(), None)
            }
        };
        let next = match next {
            Some(place) => {
                let place = Place::Key(i64::try_from(place).unwrap_or(i64::MAX));
                Some(self.seal_place(&binding, place, count).await?)
            }
            None => None,
        };
        Ok(ItemsPage { job, items, next })
    }

    /// Items of a deletion or a restoration, by the logins of those whom it lists.
    pub(crate) async fn people_items(
        &self,
        job: &Job,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let Some(spec) = changes_of(job) else { return Ok((Vec::new(), None)) };
        let (mut items, next) = self.membership_items(job, &spec, wanted).await?;
        for item in &mut items {
            let ListedPerson { user, login, .. } = ListedPerson::read(&item.value);
            // Known although they are gone: the job says whom it deleted.
            item.member = user.map(MemberId::User);
            item.value = login.to_owned();
        }
        Ok((items, next))
    }

    async fn import_items(&self, job: &Job, wanted: Wanted<'_>) -> Result<(Vec<JobItem>, Option<u64>)> {
        let (walk, mut items, mut at) = (Walk::new(self, job.clone()), Vec::new(), wanted.from);
        let started = self.now();
        while at < job.rows() && items.len() < wanted.count {
            let end = (at + limits::RESULT_PAGE_ITEMS as u64).min(job.rows());
            let rows = walk.items_between(at, end).await?;
            let read = rows.len();
            let mut looked = 0;
            for mut item in rows {
                if items.len() == wanted.count {
                    break;
                }
                looked += 1;
                item.outcome = at_the_end(job, item.outcome);
                if wanted.has(item.outcome) {
                    items.push(item);
                }
            }
            at += looked;
            if read == 0 || self.now().since(started) > limits::LIST_TIME_MAX {
                break;
            }
        }
        Ok((items, (at < job.rows() && wanted.count > 0).then_some(at)))
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
        let account = job.account;
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
        let (number, operations) = (job.number, spec.operations.clone());
        let show = move |snapshot: &mut dyn Snapshot| {
            let asked = |index: u32| operations.iter().find(|operation| operation.range().contains(&index));
            let (mut listed, mut produced) =
                (Payload::new(account, number, false), Payload::new(account, number, true));
            let mut subjects = Vec::with_capacity(chosen.len());
            for settled in &chosen {
                // Whom a replace removes is known before it is done.
                subjects.push(match asked(settled.index) {
                    None if settled.member.is_none() => produced.key(snapshot, settled.index)?,
                    _ => settled.member,
                });
            }
            let ids = ids_of(snapshot, account, &subjects)?;
            let mut items = Vec::with_capacity(chosen.len());
            for (settled, member) in chosen.iter().zip(ids) {
                let asked = asked(settled.index);
                let operation = match asked.map(|operation| operation.action) {
                    Some(Action::Add) => ItemOperation::Add,
                    Some(Action::Replace) => ItemOperation::Replace,
                    Some(Action::Remove) | None => ItemOperation::Remove,
                };
                let value = match asked {
                    Some(_) => listed.text(snapshot, settled.index)?,
                    None => member.map(|member| member.to_string()).unwrap_or_default(),
                };
                let index = u64::from(settled.index);
                items.push(JobItem {
                    index,
                    operation,
                    value,
                    member,
                    outcome: settled.outcome,
                    note: None,
                    changes: Vec::new(),
                });
            }
            Ok(items)
        };
        let items = self.store.read(Cost::Scan, show).await?;
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
        self.outcomes.is_empty() || self.outcomes.iter().any(|wanted| wanted.name() == outcome.name())
    }
}

/// What a job that has ended left pending was not attempted.
pub(crate) fn at_the_end(job: &Job, outcome: Outcome) -> Outcome {
    if job.state.is_terminal() && outcome.class() == Class::Pending { Outcome::Skipped } else { outcome }
}

/// The ids of those that items are about; none for who is gone.
fn ids_of(
    snapshot: &mut dyn Snapshot,
    account: AccountId,
    members: &[Option<MemberKey>],
) -> Result<Vec<Option<MemberId>>> {
    let mut users: Vec<UserKey> = members.iter().filter_map(|member| (*member)?.as_user()).collect();
    users.sort_unstable();
    users.dedup();
    let uuids = snapshot.user_uuids(account, &users)?;
    let id = |member: MemberKey| match (member.as_user(), member.as_group()) {
        (Some(user), _) => {
            let at = users.binary_search(&user).ok()?;
            uuids.get(at).copied().flatten().map(MemberId::User)
        }
        (None, group) => group.map(MemberId::Group),
    };
    Ok(members.iter().map(|member| member.and_then(id)).collect())
}

/// Parts before an item of which one has it: a part ends when it has `PART_ITEMS_MAX` values or half of
/// `PART_BYTES_MAX`.
pub(crate) const PARTS_LOOKED_AT: usize =
    limits::PART_ITEMS_MAX / (limits::PART_BYTES_MAX / 2 / limits::IDENTIFIER_BYTES_MAX) + 1;

/// A job's listed values, or its produced removals: the part that was read last is kept, since items come in order.
struct Payload {
    account: AccountId,
    job: JobNumber,
    produced: bool,
    first: u32,
    /// Texts of listed values, keys of produced removals.
    texts: Vec<String>,
    keys: Vec<MemberKey>,
}

impl Payload {
    const fn new(account: AccountId, job: JobNumber, produced: bool) -> Self {
        Self { account, job, produced, first: 0, texts: Vec::new(), keys: Vec::new() }
    }

    /// The value of a listed item, as it was given.
    fn text(&mut self, snapshot: &mut dyn Snapshot, index: u32) -> Result<String> {
        let at = self.place(snapshot, index, self.texts.len())?;
        self.texts.get(at).cloned().ok_or_else(missing)
    }

    /// Whom a produced removal removes.
    fn key(&mut self, snapshot: &mut dyn Snapshot, index: u32) -> Result<Option<MemberKey>> {
        let at = self.place(snapshot, index, self.keys.len())?;
        Ok(self.keys.get(at).copied())
    }

    /// Where in the part an item is; `known` values of the part at hand are.
    fn place(&mut self, snapshot: &mut dyn Snapshot, index: u32, known: usize) -> Result<usize> {
        if let Some(at) = index.checked_sub(self.first).filter(|at| (*at as usize) < known) {
            return Ok(at as usize);
        }
        let most = u32::try_from(limits::PART_ITEMS_MAX).unwrap_or(u32::MAX);
        let from = index.saturating_sub(most - 1);
        let parts = snapshot.parts(self.account, self.job, self.produced, from, PARTS_LOOKED_AT)?;
        let has = |part: &&Part| (part.first..part.first + part.items).contains(&index);
        let part = parts.iter().find(has).ok_or_else(missing)?;
        self.first = part.first;
        self.texts.clear();
        self.keys.clear();
        for value in part.values()? {
            match value {
                Value::Uuid(bytes) => self.texts.push(uuid::Uuid::from_bytes(bytes).to_string()),
                Value::Text(text) => self.texts.push(text.to_owned()),
                Value::Key(key) => self.keys.push(key),
            }
        }
        Ok((index - part.first) as usize)
    }
}

fn missing() -> Error {
    Error::internal("a payload part is missing")
}
