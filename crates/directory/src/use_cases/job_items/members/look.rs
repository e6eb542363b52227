//! What is found out about items in one read: results, and what was listed or produced.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::ids::{AccountId, JobNumber};
use crate::limits;
use crate::model::groups::MemberId;
use crate::model::jobs::{Part, Stretch};
use crate::model::memberships::{Action, Operation};
use crate::model::parts::{Run, Value};
use crate::model::results::{self, Settled};
use crate::port::Snapshot;
use crate::use_cases::job_items::ItemOperation;
use crate::use_cases::job_items::ids::{Ids, users};

/// Items so near to each other are read with what lies between them.
const NEAR_ITEMS: u32 = 64;

/// What is known of an item.
pub(super) struct Known {
    pub(super) settled: Settled,
    pub(super) operation: ItemOperation,
    /// As it was given. A removal that a replace produced has the member's id.
    pub(super) value: String,
    /// Whom it is about, if somebody was found and is there still.
    pub(super) member: Option<MemberId>,
}

/// Of what to find out about items; all of it can be taken into a read.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) account: AccountId,
    pub(super) job: JobNumber,
    pub(super) operations: Vec<Operation>,
    /// Whether what was listed is read.
    pub(super) values: bool,
}

impl Look {
    /// What is known of items whose indexes rise.
    pub(super) fn at(
        &self,
        snapshot: &mut dyn Snapshot,
        settled: &[Settled],
        ids: Option<&Ids>,
    ) -> Result<Vec<Known>> {
        let (mut known, listed) = self.with_produced(snapshot, settled)?;
        if self.values {
            self.read(snapshot, false, &mut known[..listed])?;
        }
        let of = |known: &[Known]| users(known.iter().filter_map(|known| known.settled.member));
        // What a replace produced names whom it is about by the id.
        let own = match ids {
            None => Ids::of(snapshot, self.account, &of(&known))?,
            Some(_) if self.values => Ids::of(snapshot, self.account, &of(&known[listed..]))?,
            Some(_) => Ids::default(),
        };
        for (at, known) in known.iter_mut().enumerate() {
            let id = |ids: &Ids| known.settled.member.and_then(|member| ids.get(member));
            known.member = id(ids.unwrap_or(&own));
            if at >= listed {
                known.value = id(&own).map(|member| member.to_string()).unwrap_or_default();
            }
        }
        Ok(known)
    }

    /// What is known of items without what was listed; and how many of them were listed.
    pub(super) fn with_produced(
        &self,
        snapshot: &mut dyn Snapshot,
        settled: &[Settled],
    ) -> Result<(Vec<Known>, usize)> {
        let mut known: Vec<Known> = settled.iter().map(|settled| self.unread(*settled)).collect();
        // Who is produced comes behind all that was listed.
        let listed = known.partition_point(|known| self.asked(known.settled.index).is_some());
        self.read(snapshot, true, &mut known[listed..])?;
        Ok((known, listed))
    }

    /// The operation that listed an item; none for what a replace produced.
    fn asked(&self, index: u32) -> Option<Action> {
        let at = self.operations.partition_point(|operation| operation.end <= index);
        let operation = self.operations.get(at).filter(|operation| operation.range().contains(&index));
        operation.map(|operation| operation.action)
    }

    fn unread(&self, settled: Settled) -> Known {
        let operation = self.operation(settled.index);
        Known { settled, operation, value: String::new(), member: None }
    }

    /// What is done with an item.
    pub(super) fn operation(&self, index: u32) -> ItemOperation {
        match self.asked(index) {
            Some(Action::Add) => ItemOperation::Add,
            Some(Action::Replace) => ItemOperation::Replace,
            Some(Action::Remove) | None => ItemOperation::Remove,
        }
    }

    /// Results of these items, whose indexes rise, of a job of so many.
    pub(super) fn settled(
        &self,
        snapshot: &mut dyn Snapshot,
        total: u32,
        indexes: &[u32],
    ) -> Result<Vec<Settled>> {
        let page_of = |index: u32| index as usize / limits::RESULT_PAGE_ITEMS;
        let runs = runs(indexes, |index| *index, |a, b| page_of(a) == page_of(b));
        let stretches: Vec<Stretch> =
            runs.iter().flat_map(|(run, _)| results::stretches(total, run.clone())).collect();
        let read = snapshot.result_stretches(self.account, self.job, &stretches)?;
        let mut settled = Vec::with_capacity(indexes.len());
        for ((run, of_run), bytes) in runs.iter().zip(read.as_chunks::<2>().0) {
            let found = results::decode_stretches(run.clone(), &bytes[0], &bytes[1])?;
            settled.extend(of_run.iter().map(|index| found[(index - run.start) as usize]));
        }
        Ok(settled)
    }

    /// Reads what was listed; of what was produced, whom it removes, which is known before it is done.
    fn read(&self, snapshot: &mut dyn Snapshot, produced: bool, known: &mut [Known]) -> Result<()> {
        let indexes: Vec<u32> = known.iter().map(|known| known.settled.index).collect();
        let mut parts = self.parts_of(snapshot, produced, &indexes)?.into_iter().peekable();
        for known in known {
            let index = known.settled.index;
            while parts.next_if(|part| part.first + part.items <= index).is_some() {}
            let part = parts.peek().filter(|part| part.first <= index).ok_or_else(missing)?;
            match part.value((index - part.first) as usize)?.ok_or_else(missing)? {
                Value::Uuid(bytes) => known.value = uuid::Uuid::from_bytes(bytes).to_string(),
                Value::Text(text) => text.clone_into(&mut known.value),
                Value::Key(key) => known.settled.member = known.settled.member.or(Some(key)),
            }
        }
        Ok(())
    }

    /// Parts of the values of these items, whose indexes rise, and of some between them.
    pub(super) fn parts_of(
        &self,
        snapshot: &mut dyn Snapshot,
        produced: bool,
        indexes: &[u32],
    ) -> Result<Vec<Part>> {
        if indexes.is_empty() {
            return Ok(Vec::new());
        }
        let places = snapshot.part_places(self.account, self.job, produced)?;
        let part_of = |index: u32| places.partition_point(|place| place.first <= index);
        let mut wanted = Vec::new();
        for (run, _) in runs(indexes, |index| *index, |a, b| part_of(a) == part_of(b)) {
            let place =
                *part_of(run.start).checked_sub(1).and_then(|at| places.get(at)).ok_or_else(missing)?;
            wanted.push(Run { place, items: run.start - place.first..run.end - place.first });
        }
        self.parts(snapshot, produced, &wanted)
    }

    /// Parts of these values alone.
    fn parts(&self, snapshot: &mut dyn Snapshot, produced: bool, runs: &[Run]) -> Result<Vec<Part>> {
        let heads: Vec<Stretch> = runs.iter().map(Run::head).collect();
        let heads = snapshot.part_stretches(self.account, self.job, produced, &heads)?;
        let texts: Vec<Option<Stretch>> =
            runs.iter().zip(&heads).map(|(run, head)| run.texts(head)).collect::<Result<_>>()?;
        let wanted: Vec<Stretch> = texts.iter().copied().flatten().collect();
        let mut read = if wanted.is_empty() {
            Vec::new()
        } else {
            snapshot.part_stretches(self.account, self.job, produced, &wanted)?
        }
        .into_iter();
        let of_run = |((run, head), texts): ((&Run, Vec<u8>), Option<Stretch>)| {
            run.part(head, texts.and_then(|_| read.next()).unwrap_or_default())
        };
        Ok(runs.iter().zip(heads).zip(texts).map(of_run).collect())
    }
}

/// Cuts items whose indexes rise where one is far behind the one before it, or in another block.
fn runs<T>(
    items: &[T],
    index: impl Fn(&T) -> u32,
    same_block: impl Fn(u32, u32) -> bool,
) -> Vec<(Range<u32>, &[T])> {
    let near = |a: &T, b: &T| index(b) - index(a) <= NEAR_ITEMS && same_block(index(a), index(b));
    let range = |run: &[T]| index(&run[0])..run.last().map_or(0, &index) + 1;
    items.chunk_by(near).map(|run| (range(run), run)).collect()
}

pub(super) fn missing() -> Error {
    Error::internal("a payload part is missing")
}
