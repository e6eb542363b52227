//! Bulk requests as jobs: what a dry run of one found, and what became of it when it was applied. Their operations are done
//! by the routes they name, in a rehearsal (ADR 18); here it is kept what came of them.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use throng_jobs::{Class as Settlement, Counts, Outcome, State, Tally};

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::JobNumber;
use crate::limits;
use crate::model::bulk::BulkItem;
use crate::model::groups::MemberId;
use crate::model::jobs::{BulkSpec, Job, Kind, Origin, Part, Spec, Target};
use crate::model::parts::{Parts, PartsBuilder, Value};
use crate::model::results::{ByIndex, Settled};
use crate::port::{Class, Cost, Series, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::idempotency::{Done, Idempotency, Made, fingerprint};
use crate::use_cases::item_choice::{ItemField, Needs, RowStatus, Seen, value_key};
use crate::use_cases::item_pages::{Each, Listed};
use crate::use_cases::job_items::{ItemOperation, JobItem, Wanted, at_the_end};
use crate::use_cases::redrive::Following;

/// Parts of a job that one read takes.
const PARTS_AT_ONCE: usize = 8;

/// What came of a bulk request.
#[derive(Debug)]
pub struct BulkDone {
    /// SHA-256 of what was sent; of what is applied that of its dry run, as it is kept.
    pub digest: [u8; 32],
    /// Its operations in the order of the request, with what became of each.
    pub items: Vec<(BulkItem, Outcome)>,
    /// The number of the dry run that was applied; none for a dry run.
    pub applies: Option<JobNumber>,
    /// What is to be said of the whole, for people.
    pub message: Option<String>,
}

impl BulkDone {
    /// What came of a dry run of this body.
    pub fn dry_run(body: &[u8], items: Vec<(BulkItem, Outcome)>, message: Option<String>) -> Self {
        Self { digest: Sha256::digest(body).into(), items, applies: None, message }
    }
}

/// The use of an `Idempotency-Key` for an application.
#[derive(Clone, Debug)]
pub struct BulkKey {
    idempotency: Idempotency,
    fingerprint: [u8; 32],
}

impl Directory {
    /// Takes the key of an application, or finds the job that an earlier request with it made.
    ///
    /// # Errors
    /// `Invalid` for a key that is none; `Idempotency`.
    pub async fn bulk_key(
        &self,
        caller: &Caller,
        asked: &Following,
    ) -> Result<(Option<BulkKey>, Option<Job>)> {
        let account = caller.account;
        let key = self.idempotency(caller, &asked.request, asked.idempotency_key.clone())?;
        let Some(idempotency) = key else { return Ok((None, None)) };
        let fingerprint = fingerprint(&asked.request, &Sha256::digest("apply").into());
        let kept = Some(BulkKey { idempotency: idempotency.clone(), fingerprint });
        let hold = move |tx: &mut dyn Tx| {
            let Some(earlier) = idempotency.hold(tx)? else { return Ok(None) };
            earlier.check(&fingerprint)?;
            tx.job(account, earlier.made.job()?)
        };
        Ok((kept, self.store.write(Class::Interactive, hold).await?))
    }

    /// Keeps what came of a bulk request as a job that has ended.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn record_bulk(&self, caller: &Caller, done: BulkDone, key: Option<BulkKey>) -> Result<Job> {
        let (account, now) = (caller.account, self.now());
        let BulkDone { digest, items, applies, message } = done;
        let digest = if applies.is_some() { digest } else { self.shown_digest(account, &digest) };
        let spec = BulkSpec {
            origin: applies.map(|job| Origin::Applies(job.0)),
            source: caller.source.as_deref().map(str::to_owned),
            is_dry: applies.is_none(),
        };
        let mut job =
            Job::pending(account, self.ids.uuid(now), Spec::Bulk(spec), Target::Nothing(JobNumber(0)), now);
        (job.client, job.digest, job.planned) = (caller.client, digest, true);
        (job.started_at, job.ended_at, job.message) = (Some(now), Some(now), message);
        let (mut parts, mut results, mut tally) =
            (PartsBuilder::new(), ByIndex::new(items.len()), Tally::default());
        for (index, (item, outcome)) in (0..).zip(&items) {
            parts.push(&item.text()?)?;
            results.settle(Settled { index, member: None, outcome: *outcome })?;
            tally.add(*outcome, 1);
        }
        job.counts = Counts::of_total(items.len() as u64);
        job.counts.add(&tally);
        job.state = ended_state(&job.counts);
        job.tally = tally;
        let Parts { list: parts, digest: payload } = parts.finish();
        job.payload = Some(payload);
        let pages: Vec<_> = (0..results.pages()).map(|page| results.page(page)).collect();
        let trail = self.trail(caller);
        let record = move |tx: &mut dyn Tx| {
            let mut job = job.clone();
            if let Some(key) = &key {
                key.idempotency.hold(tx)?;
            }
            job.number = JobNumber(tx.allocate_number(account, Series::Jobs)?);
            job.target = Target::Nothing(job.number);
            tx.insert_job(&job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            tx.put_parts(account, job.number, &parts)?;
            tx.put_result_pages(account, job.number, &pages)?;
            if let Some(key) = &key {
                let made = Made::Job(job.number);
                let done = Done { made, status: 202, fingerprint: key.fingerprint };
                key.idempotency.settle(tx, &done)?;
            }
            Ok(job)
        };
        self.store.write(Class::Interactive, record).await
    }

    /// The operations of a dry run that would have an effect.
    ///
    /// # Errors
    /// Those of [`Directory::dry_run_to_apply`]; `WrongState` when there are none, when somebody in them was forgotten
    /// since, and for a client of another provisioning source: its `externalId`s are others.
    pub async fn bulk_to_apply(&self, caller: &Caller, id: &str) -> Result<(Job, Vec<BulkItem>)> {
        let job = self.dry_run_to_apply(caller, id).await?;
        let source = if let Spec::Bulk(spec) = &job.spec { spec.source.as_deref() } else { None };
        if source != caller.source.as_deref() {
            return Err(Error::WrongState(format!(
                "this dry run means the externalIds of {}: let a client of that apply it, or send the bulk request \
                 yourself",
                source.map_or_else(
                    || "the default source".to_owned(),
                    |source| format!("the source {source:?}")
                ),
            )));
        }
        let is_effect = |outcome: Outcome| {
            matches!(outcome.class(), Settlement::Created | Settlement::Updated | Settlement::Removed)
        };
        let items = self.bulk_operations(&job).await?.into_iter();
        let effects: Vec<BulkItem> =
            items.filter(|(_, outcome)| is_effect(*outcome)).map(|(item, _)| item).collect();
        if effects.iter().any(|item| item.is_forgotten) {
            let detail =
                "somebody in this dry run was forgotten since: send the bulk request again, without them";
            return Err(Error::WrongState(detail.to_owned()));
        }
        if effects.is_empty() {
            let detail = "the dry run would change nothing: there is nothing to apply";
            return Err(Error::WrongState(detail.to_owned()));
        }
        Ok((job, effects))
    }

    /// Items of a bulk request.
    pub(crate) async fn bulk_items(
        &self,
        job: &Job,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<JobItem>, Option<u64>)> {
        let (mut items, mut next) = (Vec::new(), None);
        for (index, (item, outcome)) in (0..).zip(self.bulk_operations(job).await?) {
            if index < wanted.from || !wanted.has(outcome) {
                continue;
            }
            if items.len() == wanted.count {
                next = Some(index);
                break;
            }
            items.push(shown(index, item, outcome));
        }
        Ok((items, next))
    }

    /// All operations of a job, which are few, with what became of them.
    async fn bulk_operations(&self, job: &Job) -> Result<Vec<(BulkItem, Outcome)>> {
        let (account, number, mut items) = (job.account, job.number, Vec::new());
        loop {
            let from = u32::try_from(items.len()).unwrap_or(u32::MAX);
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.parts(account, number, false, from, PARTS_AT_ONCE)
            };
            let parts = self.store.read(Cost::Scan, read).await?;
            if parts.is_empty() {
                break;
            }
            for part in &parts {
                items.append(&mut operations(part)?);
            }
        }
        let mut outcomes = Vec::with_capacity(items.len());
        for page in 0..job.counts.total.div_ceil(limits::RESULT_PAGE_ITEMS as u64) {
            outcomes.extend(self.results(job, None, page).await?.into_iter().map(|settled| settled.outcome));
        }
        Ok(items.into_iter().zip(outcomes).collect())
    }
}

fn operations(part: &Part) -> Result<Vec<BulkItem>> {
    let read = |value: Value<'_>| match value {
        Value::Text(text) => BulkItem::read(text),
        Value::Uuid(_) | Value::Key(_) => Err(Error::internal("a bulk operation is no text")),
    };
    part.values()?.into_iter().map(read).collect()
}

/// The operations of a bulk job, all of them at hand.
pub(crate) struct Operations<'a> {
    directory: &'a Directory,
    job: &'a Job,
    all: Vec<(BulkItem, Outcome)>,
}

impl<'a> Operations<'a> {
    /// Reads them.
    pub(crate) async fn of(directory: &'a Directory, job: &'a Job) -> Result<Self> {
        Ok(Self { directory, job, all: directory.bulk_operations(job).await? })
    }

    fn item(&self, place: u64) -> Option<JobItem> {
        let (item, outcome) = self.all.get(usize::try_from(place).ok()?)?;
        Some(shown(place, item.clone(), *outcome))
    }
}

impl Listed for Operations<'_> {
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
        self.all.len() as u64
    }

    fn page_items(&self) -> u64 {
        limits::RESULT_PAGE_ITEMS as u64
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn pages_at_once(&self, _: Needs) -> usize {
        self.all.len()
    }

    fn has_results(&self) -> bool {
        true
    }

    fn unsettled(&self, _: u64) -> RowStatus {
        RowStatus::of(at_the_end(self.job, Outcome::Pending), false)
    }

    async fn items(&self, places: &[u64]) -> Result<Vec<JobItem>> {
        Ok(places.iter().filter_map(|place| self.item(*place)).collect())
    }

    async fn see(&self, _: Needs, pages: &[u32], each: &mut Each<'_>) -> Result<()> {
        for page in pages {
            let first = u64::from(*page) * self.page_items();
            for item in (first..first + self.page_items()).map_while(|place| self.item(place)) {
                each(&Seen {
                    place: item.index,
                    index: item.index,
                    operation: item.operation,
                    outcome: item.outcome,
                    status: RowStatus::of(item.outcome, false),
                    value: value_key(&item.value),
                    member: item.member.map_or(Cow::Borrowed(""), |member| Cow::Owned(member.to_string())),
                    first_name: "",
                    last_name: "",
                });
            }
        }
        Ok(())
    }
}

fn shown(index: u64, item: BulkItem, outcome: Outcome) -> JobItem {
    let operation = match item.method.as_str() {
        "POST" => ItemOperation::Add,
        "DELETE" => ItemOperation::Remove,
        "PATCH" => ItemOperation::Patch,
        _ => ItemOperation::Replace,
    };
    let member = item.path.strip_prefix("/Users/").and_then(crate::ids::parse_uuid).map(MemberId::User);
    JobItem { index, operation, value: item.named(), member, outcome, note: item.note, changes: item.changes }
}

/// The end of a bulk request: an operation that failed makes the whole a failure, of which the others were done.
const fn ended_state(counts: &Counts) -> State {
    if counts.failed > 0 {
        State::Failed
    } else if counts.created + counts.updated + counts.removed > 0 {
        State::Completed
    } else {
        State::NoChange
    }
}

/// Whether a job is a dry run of a bulk request.
pub fn is_bulk_plan(job: &Job) -> bool {
    job.spec.kind() == Kind::BulkPlan
}
