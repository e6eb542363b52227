//! Deleting many people by one job: those whom a filter finds, or those whom an import made.
//!
//! Who is meant is found out before the answer and stored as a list of ids; a worker deletes them chunk by chunk, and
//! looks again at each whether the reason still holds.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use throng_jobs::{Counts, Outcome, State};
use throng_scim::filter::Filter;
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::parse_uuid;
use crate::limits;
use crate::model::jobs::{DeletionSpec, Job, Origin, RowPage, Spec, Target};
use crate::model::parts::{Parts, PartsBuilder};
use crate::model::rows::Row;
use crate::model::users::User;
use crate::model::{results, rows};
use crate::port::{AccountLock, Class, Cost, Snapshot, StoreExt, Tx};
use crate::use_cases::audit;
use crate::use_cases::group_writes::stage::Staging;
use crate::use_cases::groups::not_found;
use crate::use_cases::idempotency::{Done, Idempotency, Made, fingerprint};
use crate::use_cases::job_items::changes_of;
use crate::use_cases::lists::documents::names_external_id;
use crate::use_cases::redrive::{Followed, Following, nobody_is_chosen};

/// Pages of rows that one read takes: at most `READ_ROWS_MAX` rows.
const PAGES_PER_READ: usize = 32;

/// Somebody whom a job lists, as the value of the item has it: id, number and login, separated by `+`; see
/// [`DeletionSpec`]. Behind the number `.` and a version, where that is not 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListedPerson<'a> {
    /// The id.
    pub(crate) user: Option<Uuid>,
    /// Of a deletion: the number of groups that they were put in.
    pub(crate) number: u32,
    /// Of a deletion: the version that another job left.
    pub(crate) version: i64,
    /// The login.
    pub(crate) login: &'a str,
}

/// What separates the id, the number and the login.
const MARK: char = '+';

impl<'a> ListedPerson<'a> {
    /// Reads a listed value.
    pub(crate) fn read(value: &'a str) -> Self {
        let mut pieces = value.splitn(3, MARK);
        let user = pieces.next().and_then(parse_uuid);
        let numbers = pieces.next().unwrap_or_default();
        let (number, version) = numbers.split_once('.').unwrap_or((numbers, "1"));
        let login = pieces.next().unwrap_or(value);
        Self { user, number: number.parse().unwrap_or(0), version: version.parse().unwrap_or(0), login }
    }

    /// Writes it.
    pub(crate) fn write(user: Uuid, number: usize, version: i64, login: &str) -> String {
        if version == 1 {
            format!("{user}{MARK}{number}{MARK}{login}")
        } else {
            format!("{user}{MARK}{number}.{version}{MARK}{login}")
        }
    }
}

impl Directory {
    /// Deletes the people whom a filter finds, by a job.
    ///
    /// # Errors
    /// `Forbidden`; `Scim` for a filter that is none or costs too much; `WrongState` when it finds nobody; `TooMany`,
    /// `Idempotency`.
    pub async fn delete_users(&self, caller: &Caller, filter: &str, asked: Following) -> Result<Followed> {
        caller.require(Permission::AdminWrite)?;
        let parsed = Filter::parse(filter)?;
        if caller.source.is_some() && names_external_id(&parsed, self.registry.user()) {
            let detail = "externalId in this filter works for clients of the default source only";
            return Err(Error::invalid("filter", detail));
        }
        let filter = Some(filter.to_owned());
        let spec = DeletionSpec { filter, as_made: false, origin: None, is_dry: asked.dry_run };
        let people = self.people_found(caller, parsed);
        self.job_of_people(caller, (Spec::Deletion(spec), &[]), asked, people).await
    }

    /// Deletes the people whom an import made, as far as they are as it left them.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`].
    pub(crate) async fn undo_import(&self, caller: &Caller, job: &Job, asked: Following) -> Result<Followed> {
        let origin = Some(Origin::Undoes(job.number.0));
        let spec = DeletionSpec { filter: None, as_made: true, origin, is_dry: asked.dry_run };
        let made = |_, row: &Row, user| ListedPerson::write(user, row.member_of.len(), 1, &row.login);
        let people = self.people_of_rows(job, Outcome::Created, made);
        self.job_of_people(caller, (Spec::Deletion(spec), &[]), asked, people).await
    }

    /// Deletes those of a deletion whose items had these outcomes, by another one.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`].
    pub(crate) async fn delete_again(
        &self,
        caller: &Caller,
        (job, of): (&Job, &DeletionSpec),
        (outcomes, origin): (&[Outcome], Origin),
        asked: Following,
    ) -> Result<Followed> {
        let spec = DeletionSpec { origin: Some(origin), is_dry: asked.dry_run, ..of.clone() };
        let people = self.people_listed(job, outcomes);
        self.job_of_people(caller, (Spec::Deletion(spec), outcomes), asked, people).await
    }

    /// Makes a job about people, unless an earlier request did. `outcomes`: those of another job whose items it is about.
    ///
    /// # Errors
    /// Like [`Directory::delete_users`], and what finding them fails with.
    pub(crate) async fn job_of_people(
        &self,
        caller: &Caller,
        (spec, outcomes): (Spec, &[Outcome]),
        asked: Following,
        found: impl Future<Output = Result<PartsBuilder>> + Send,
    ) -> Result<Followed> {
        caller.require(Permission::AdminWrite)?;
        let origin = spec.origin();
        let making = Making::new(self, caller, (spec, outcomes), &asked)?;
        if let Some(earlier) = self.earlier(&making).await? {
            return Ok(earlier);
        }
        let key = making.idempotency.clone();
        let made = match found.await {
            Ok(people) if people.items() == 0 => Err(nobody_is_chosen(origin)),
            Ok(people) => self.accept_people(making, asked, people).await,
            Err(error) => Err(error),
        };
        if made.is_err() {
            self.release(key.as_ref()).await;
        }
        made
    }

    /// The listed values of the items of a job about people that had these outcomes.
    pub(crate) async fn people_listed(&self, job: &Job, outcomes: &[Outcome]) -> Result<PartsBuilder> {
        let (mut people, mut from) = (PartsBuilder::new(), Some(0));
        let Some(spec) = changes_of(job) else { return Ok(people) };
        while let Some(at) = from {
            let wanted =
                crate::use_cases::job_items::Wanted { outcomes, from: at, count: limits::RESULT_PAGE_ITEMS };
            let (items, next) = self.membership_items(job, &spec, wanted).await?;
            items.iter().try_for_each(|item| people.push(&item.value))?;
            from = next;
        }
        Ok(people)
    }

    /// The ids of those whom a filter finds.
    async fn people_found(&self, caller: &Caller, filter: Filter) -> Result<PartsBuilder> {
        let mut people = PartsBuilder::new();
        let take = |user: &User| people.push(&ListedPerson::write(user.uuid, 0, 1, &user.name_key));
        self.each_user(caller, filter, take).await?;
        Ok(people)
    }

    /// Those whom rows of an import had this outcome, as `listed` writes them: the place of the row in the job, the row, the
    /// person.
    pub(crate) async fn people_of_rows(
        &self,
        job: &Job,
        outcome: Outcome,
        listed: fn(usize, &Row, Uuid) -> String,
    ) -> Result<PartsBuilder> {
        let mut people = PartsBuilder::new();
        let (account, number, mut page) = (job.account, job.number, 0);
        let page_items = match &job.spec {
            Spec::Import(spec) => spec.page_items as usize,
            _ => return Err(Error::internal("rows of a job that has none")),
        };
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                let results = snapshot.result_pages(account, number, page, PAGES_PER_READ)?;
                Ok((results, snapshot.row_pages(account, number, RowPage::FINAL, page, PAGES_PER_READ)?))
            };
            let (results, pages) = self.store.read(Cost::Scan, read).await?;
            let Some(last) = results.last() else { return Ok(people) };
            page = last.page + 1;
            for (settled, rows) in results.iter().zip(&pages).filter(|(settled, _)| settled.effective > 0) {
                let first = settled.page as usize * page_items;
                let settled = results::decode_rows(settled)?;
                for ((place, settled), row) in (first..).zip(settled).zip(rows::decode(rows)?) {
                    if let Some(user) = settled.user.filter(|_| settled.outcome == outcome) {
                        people.push(&listed(place, &row, user))?;
                    }
                }
            }
        }
    }

    /// The job that an earlier request with the same key made.
    async fn earlier(&self, making: &Making) -> Result<Option<Followed>> {
        let Some(key) = making.idempotency.clone() else { return Ok(None) };
        let (account, sent) = (making.job.account, making.fingerprint);
        let hold = move |tx: &mut dyn Tx| {
            let Some(earlier) = key.hold(tx)? else { return Ok(None) };
            earlier.check(&sent)?;
            replay(tx, account, earlier).map(Some)
        };
        self.store.write(Class::Interactive, hold).await
    }

    async fn accept_people(
        &self,
        making: Making,
        asked: Following,
        people: PartsBuilder,
    ) -> Result<Followed> {
        let Making { mut job, idempotency, fingerprint, caller } = making;
        job.schedule = self.schedule(&caller, asked.schedule).await?;
        let items = u64::from(people.items());
        job.counts = Counts::of_total(items);
        match &job.spec {
            Spec::Restore(_) => job.asked_create = items,
            _ => job.asked_destroy = items,
        }
        let Parts { list, digest } = people.finish();
        job.payload = Some(digest);
        let parts = Arc::new(list);
        let staging = Staging { job: job.clone(), idempotency: idempotency.clone(), fingerprint };
        job.number = self.stage(staging, parts).await?;
        let (account, number) = (job.account, job.number);
        let (quota, is_dry) = (caller.settings.quota(), asked.dry_run);
        let trail = self.trail(&caller);
        let accept = move |tx: &mut dyn Tx| {
            let mut job = job.clone();
            if let Some(key) = &idempotency
                && key.hold(tx)?.is_some()
            {
                return Err(Error::Idempotency(crate::error::IdempotencyFault::InFlight));
            }
            job.target = if is_dry { Target::Nothing(job.number) } else { Target::Users };
            tx.lock_account(account, AccountLock::Exclusive)?;
            tx.waiting(account)?.check(&quota, job.counts.total)?;
            job.queue_seq = tx.next_queue_seq(account, job.target)?;
            job.state = State::Pending;
            if !tx.touch_staged(account, job.number)? {
                return Err(Error::Unavailable("staging took too long; send it again".to_owned()));
            }
            audit::jobs::update(tx, &job)?;
            audit::jobs::accepted(tx, Some(&trail), &job)?;
            if let Some(key) = &idempotency {
                key.settle(tx, &Done { made: Made::Job(job.number), status: 202, fingerprint })?;
            }
            Ok(job)
        };
        match self.store.write(Class::Interactive, accept).await {
            Ok(job) => {
                self.bell.job_queued();
                Ok(Followed { job, replayed: false })
            }
            Err(error) => {
                self.drop_staged(account, number).await;
                Err(error)
            }
        }
    }
}

/// A job about people in the making.
struct Making {
    job: Job,
    idempotency: Option<Idempotency>,
    fingerprint: [u8; 32],
    caller: Caller,
}

impl Making {
    /// `outcomes`: those of another job whose items it is about.
    fn new(
        directory: &Directory,
        caller: &Caller,
        (spec, outcomes): (Spec, &[Outcome]),
        asked: &Following,
    ) -> Result<Self> {
        let now = directory.now();
        let digest = Sha256::digest(format!("{spec:?} {outcomes:?}")).into();
        // With a key of its own, since it makes something else.
        let request =
            if asked.dry_run { format!("{}?dryRun=true", asked.request) } else { asked.request.clone() };
        let idempotency = directory.idempotency(caller, &request, asked.idempotency_key.clone())?;
        let fingerprint = fingerprint(&request, &digest);
        let uuid = directory.ids.uuid(now);
        let mut job = Job::pending(caller.account, uuid, spec, Target::Users, now);
        job.client = caller.client;
        job.digest = digest;
        Ok(Self { job, idempotency, fingerprint, caller: caller.clone() })
    }
}

fn replay(tx: &mut dyn Tx, account: crate::ids::AccountId, earlier: Done) -> Result<Followed> {
    let job = tx.job(account, earlier.made.job()?)?.ok_or_else(not_found)?;
    Ok(Followed { job, replayed: true })
}
