//! The items of a membership job, or of one that lists people, by their indexes: what was listed, then the removals that a
//! replace produced.

use std::borrow::Cow;

use throng_jobs::Outcome;

use super::{ItemOperation, JobItem, at_the_end};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber, MemberKey, UserKey};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::jobs::{Job, MembershipSpec, ResultPage, Spec};
use crate::model::memberships::{Action, Operation};
use crate::model::parts::Value;
use crate::model::results::{self, ByIndex, Settled};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::deletions::ListedPerson;
use crate::use_cases::item_choice::{ItemField, Needs, RowStatus, Seen, value_key};
use crate::use_cases::item_pages::{Each, Listed};

/// Result pages of one read: about 1.2 MB.
const PAGES_PER_READ: usize = 32;
/// Stored pages of which one read takes what was sent, too: at most `READ_ROWS_MAX` items.
const PAYLOAD_PAGES_PER_READ: usize = limits::READ_ROWS_MAX / limits::RESULT_PAGE_ITEMS;
/// Parts in memory at a time: 16 MiB at worst.
const PARTS_AT_ONCE: usize = 16;

/// The items of such a job.
pub(crate) struct Members<'a> {
    directory: &'a Directory,
    job: &'a Job,
    spec: &'a MembershipSpec,
    /// What is settled of a job that has no result pages yet.
    running: Option<&'a ByIndex>,
}

/// What is known of an item.
struct Known {
    settled: Settled,
    operation: ItemOperation,
    /// As it was given. A removal that a replace produced has the member's id.
    value: String,
    /// Whom it is about, if somebody was found and is there still.
    member: Option<MemberId>,
}

/// Of what to find out about items; all of it can be taken into a read.
#[derive(Clone)]
struct Look {
    account: AccountId,
    job: JobNumber,
    operations: Vec<Operation>,
    needs: Needs,
}

impl<'a> Members<'a> {
    /// With what [`Directory::gathered`] made of the job.
    pub(crate) const fn new(
        directory: &'a Directory,
        job: &'a Job,
        spec: &'a MembershipSpec,
        running: Option<&'a ByIndex>,
    ) -> Self {
        Self { directory, job, spec, running }
    }

    /// These items, whose indexes rise.
    pub(crate) async fn show(&self, chosen: Vec<Settled>) -> Result<Vec<JobItem>> {
        let known = self.known(chosen, Needs { payload: true, member: true }).await?;
        let item = |known: Known| JobItem {
            index: u64::from(known.settled.index),
            operation: known.operation,
            value: known.value,
            member: known.member,
            outcome: known.settled.outcome,
            note: None,
            changes: Vec::new(),
        };
        Ok(known.into_iter().map(item).collect())
    }

    async fn known(&self, settled: Vec<Settled>, needs: Needs) -> Result<Vec<Known>> {
        let (account, job) = (self.job.account, self.job.number);
        let look = Look { account, job, operations: self.spec.operations.clone(), needs };
        let read = move |snapshot: &mut dyn Snapshot| look.at(snapshot, &settled);
        self.directory.store.read(Cost::Scan, read).await
    }

    /// What became of all items of these stored pages, in order.
    async fn settled(&self, pages: &[u32]) -> Result<Vec<Settled>> {
        let mut settled = Vec::new();
        for page in self.result_pages(pages).await? {
            settled.append(&mut results::decode_page(&page)?);
        }
        for settled in &mut settled {
            settled.outcome = at_the_end(self.job, settled.outcome);
        }
        Ok(settled)
    }

    async fn result_pages(&self, pages: &[u32]) -> Result<Vec<ResultPage>> {
        if let Some(running) = self.running {
            return Ok(pages.iter().map(|page| running.page(*page as usize)).collect());
        }
        let (account, job, wanted) = (self.job.account, self.job.number, pages.to_vec());
        let read = move |snapshot: &mut dyn Snapshot| snapshot.result_pages_at(account, job, &wanted);
        let found = self.directory.store.read(Cost::Scan, read).await?;
        if found.len() < pages.len() {
            return Err(Error::internal("a page of results is missing"));
        }
        Ok(found)
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
    const NATURAL: ItemField = ItemField::Index;

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
        if needs.payload { PAYLOAD_PAGES_PER_READ } else { PAGES_PER_READ }
    }

    fn has_results(&self) -> bool {
        self.running.is_none()
    }

    fn unsettled(&self, _place: u64) -> RowStatus {
        RowStatus::of(at_the_end(self.job, Outcome::Pending), false)
    }

    async fn items(&self, places: &[u64]) -> Result<Vec<JobItem>> {
        let index = |place: u64| u32::try_from(place).unwrap_or(u32::MAX);
        let mut wanted: Vec<u32> = places.iter().map(|place| index(*place)).collect();
        wanted.sort_unstable();
        let page_of = |index: u32| index / u32::try_from(limits::RESULT_PAGE_ITEMS).unwrap_or(u32::MAX);
        let by_page: Vec<&[u32]> = wanted.chunk_by(|a, b| page_of(*a) == page_of(*b)).collect();
        let mut chosen = Vec::with_capacity(wanted.len());
        for some in by_page.chunks(PAGES_PER_READ) {
            let pages: Vec<u32> = some.iter().map(|of_page| page_of(of_page[0])).collect();
            for (page, of_page) in self.result_pages(&pages).await?.iter().zip(some) {
                for index in *of_page {
                    let at = *index as usize % limits::RESULT_PAGE_ITEMS;
                    let settled = results::decode_item(page, at)?;
                    let outcome = at_the_end(self.job, settled.outcome);
                    chosen.push(Settled { outcome, ..settled });
                }
            }
        }
        let mut items = self.show(chosen).await?;
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

    async fn see(&self, needs: Needs, pages: &[u32], each: &mut Each<'_>) -> Result<()> {
        let status = |outcome| RowStatus::of(outcome, false);
        if !needs.payload {
            for page in self.result_pages(pages).await? {
                let first = u64::from(page.page) * self.page_items();
                for (place, outcome) in (first..).zip(results::decode_outcomes(&page)?) {
                    let outcome = at_the_end(self.job, outcome);
                    each(&Seen::settled(place, outcome, status(outcome)));
                }
            }
            return Ok(());
        }
        for known in self.known(self.settled(pages).await?, needs).await? {
            let Known { settled: Settled { index, outcome, .. }, operation, value, member } = known;
            let (member, value) = if self.lists_people() {
                let ListedPerson { user, login, .. } = ListedPerson::read(&value);
                (user.map(MemberId::User), Cow::Borrowed(login))
            } else {
                (member, Cow::Borrowed(value.as_str()))
            };
            each(&Seen {
                place: u64::from(index),
                index: u64::from(index),
                operation,
                outcome,
                status: status(outcome),
                value: Cow::Owned(value_key(&value)),
                member: member.map_or(Cow::Borrowed(""), |member| Cow::Owned(member.to_string())),
                first_name: "",
                last_name: "",
            });
        }
        Ok(())
    }
}

impl Look {
    /// What is known of items whose indexes rise.
    fn at(&self, snapshot: &mut dyn Snapshot, settled: &[Settled]) -> Result<Vec<Known>> {
        let mut known: Vec<Known> = settled.iter().map(|settled| self.unread(*settled)).collect();
        // Who is produced comes behind all that was listed.
        let listed = known.partition_point(|known| self.asked(known.settled.index).is_some());
        self.read(snapshot, false, &mut known[..listed])?;
        self.read(snapshot, true, &mut known[listed..])?;
        let asked_about = if self.needs.member { 0 } else { listed };
        let subjects: Vec<_> = known[asked_about..].iter().map(|known| known.settled.member).collect();
        for (known, member) in known[asked_about..].iter_mut().zip(ids_of(snapshot, self.account, &subjects)?)
        {
            known.member = member;
        }
        for known in &mut known[listed..] {
            known.value = known.member.map(|member| member.to_string()).unwrap_or_default();
        }
        Ok(known)
    }

    /// The operation that listed an item; none for what a replace produced.
    fn asked(&self, index: u32) -> Option<Action> {
        let at = self.operations.partition_point(|operation| operation.end <= index);
        let operation = self.operations.get(at).filter(|operation| operation.range().contains(&index));
        operation.map(|operation| operation.action)
    }

    fn unread(&self, settled: Settled) -> Known {
        let operation = match self.asked(settled.index) {
            Some(Action::Add) => ItemOperation::Add,
            Some(Action::Replace) => ItemOperation::Replace,
            Some(Action::Remove) | None => ItemOperation::Remove,
        };
        Known { settled, operation, value: String::new(), member: None }
    }

    /// Reads what was listed; of what was produced, whom it removes, which is known before it is done.
    fn read(&self, snapshot: &mut dyn Snapshot, produced: bool, known: &mut [Known]) -> Result<()> {
        if known.is_empty() {
            return Ok(());
        }
        let parts = snapshot.part_places(self.account, self.job, produced)?;
        let part_of = |known: &Known| parts.partition_point(|(first, _)| *first <= known.settled.index);
        let mut by_part: Vec<&mut [Known]> = known.chunk_by_mut(|a, b| part_of(a) == part_of(b)).collect();
        for some in by_part.chunks_mut(PARTS_AT_ONCE) {
            let mut firsts = Vec::with_capacity(some.len());
            for of_part in some.iter() {
                let part = part_of(&of_part[0]).checked_sub(1).and_then(|at| parts.get(at));
                firsts.push(part.ok_or_else(missing)?.0);
            }
            let parts = snapshot.parts_at(self.account, self.job, produced, &firsts)?;
            if parts.len() < some.len() {
                return Err(missing());
            }
            for (part, of_part) in parts.iter().zip(some) {
                for known in of_part.iter_mut() {
                    let at = known.settled.index.saturating_sub(part.first) as usize;
                    match part.value(at)?.ok_or_else(missing)? {
                        Value::Uuid(bytes) => known.value = uuid::Uuid::from_bytes(bytes).to_string(),
                        Value::Text(text) => text.clone_into(&mut known.value),
                        Value::Key(key) => known.settled.member = known.settled.member.or(Some(key)),
                    }
                }
            }
        }
        Ok(())
    }
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

fn missing() -> Error {
    Error::internal("a payload part is missing")
}
