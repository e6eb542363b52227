//! Jobs, their payload, their results, and idempotency records.

use std::time::Duration;

use throng_jobs::{Instant, State, Token};
use uuid::Uuid;

use crate::error::Result;
use crate::ids::{AccountId, ClientId, JobNumber};
use crate::model::jobs::{
    Chunk, Held, IdempotencyRecord, ImageBlock, Job, JobsChosen, Kind, Part, PartForm, PartPlace,
    ResultCounts, ResultPage, RowPage, Spec, Stretch, Target,
};
use crate::model::schedule::Waiting;

/// Which jobs a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobsOfKind {
    /// The kind.
    pub kind: Kind,
    /// Jobs at most, the latest first.
    pub limit: usize,
}

/// A look for work.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The account served last.
    pub after: Option<AccountId>,
    /// The new lease.
    pub token: Token,
    /// How long it lasts.
    pub lease: Duration,
    /// The present, for `started_at`.
    pub now: Instant,
}

/// A job in short, for whoever watches all of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// Its number.
    pub number: JobNumber,
    /// Its kind.
    pub kind: Kind,
    /// The client that submitted it.
    pub client: ClientId,
    /// Whether it has waited for approval.
    pub was_held: bool,
    /// Where it is.
    pub state: State,
    /// Settled items.
    pub processed: u64,
    /// Items.
    pub total: u64,
    /// Its last sign of life by the store's clock: when it ended, if it has.
    pub touched_at: Instant,
}

/// Reads of jobs. Jobs that are still received are invisible except to [`JobReads::staged`].
pub trait JobReads {
    /// The job with this number.
    fn job(&mut self, account: AccountId, number: JobNumber) -> Result<Option<Job>>;

    /// The job with this UUID.
    fn job_by_uuid(&mut self, account: AccountId, uuid: Uuid) -> Result<Option<Job>>;

    /// The job with this name.
    fn job_by_name(&mut self, account: AccountId, name: &str) -> Result<Option<Job>>;

    /// The account's jobs of one kind, the latest received first.
    fn jobs(&mut self, account: AccountId, which: JobsOfKind) -> Result<Vec<Job>>;

    /// The account's jobs that are chosen, before a number, the highest number first.
    fn jobs_before(
        &mut self,
        account: AccountId,
        chosen: &JobsChosen,
        before: Option<JobNumber>,
        limit: usize,
    ) -> Result<Vec<Job>>;

    /// What the account has waiting.
    fn waiting(&mut self, account: AccountId) -> Result<Waiting>;

    /// Jobs that have not ended, of all accounts: how many are in each state, and when the earliest of them came.
    fn open_jobs(&mut self) -> Result<Vec<(State, u64, Instant)>>;

    /// Members and people whom the account's jobs, also files, removed that ended since then or have not ended, but for one
    /// job, and without what clears away what is gone.
    fn removed_since(&mut self, account: AccountId, since: Instant, but: JobNumber) -> Result<u64>;

    /// Jobs that have waited for approval since before that moment, in all accounts.
    fn held_before(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, JobNumber)>>;

    /// The account's jobs that ended before that moment, by the store's clock, and still have their items, the earliest
    /// first.
    fn ended_before(&mut self, account: AccountId, before: Instant, limit: usize) -> Result<Vec<JobNumber>>;

    /// The account's jobs behind this number that have not ended, by rising number.
    fn unfinished(&mut self, account: AccountId, after: JobNumber, limit: usize) -> Result<Vec<Glimpse>>;

    /// The account's jobs that ended behind that moment and, of those that ended at it, behind that number, by the
    /// store's clock, the earliest first. Those whose items were thrown away are left out.
    fn ended_after(
        &mut self,
        account: AccountId,
        after: (Instant, JobNumber),
        limit: usize,
    ) -> Result<Vec<Glimpse>>;

    /// The present by the store's clock, for whom reads of this account.
    fn store_now(&mut self, account: AccountId) -> Result<Instant>;

    /// Jobs whose items were thrown away before that moment, in all accounts.
    fn purged_before(&mut self, before: Instant, limit: usize) -> Result<Vec<(AccountId, JobNumber)>>;

    /// Jobs that are hidden, and whose items may not be gone yet, in all accounts.
    fn half_purged(&mut self, limit: usize) -> Result<Vec<(AccountId, JobNumber)>>;

    /// How many jobs of the target come before this place in its queue.
    fn jobs_ahead(&mut self, account: AccountId, target: Target, queue_seq: i64) -> Result<u64>;

    /// Whether the target has a job in its queue. What waits for approval, for its time or for the end of another job
    /// is in no queue.
    fn is_busy(&mut self, account: AccountId, target: Target) -> Result<bool>;

    /// Parts of a payload, by rising first item, from the one that starts at `first` or later; listed values
    /// and produced removals apart by form (`produced` = [`PartForm::Keys`] only, else all others).
    fn parts(
        &mut self,
        account: AccountId,
        job: JobNumber,
        produced: bool,
        first: u32,
        limit: usize,
    ) -> Result<Vec<Part>>;

    /// Where the parts of a payload begin, and how each holds how many items, by rising first item; as
    /// [`JobReads::parts`], but without their data.
    fn part_places(&mut self, account: AccountId, job: JobNumber, produced: bool) -> Result<Vec<PartPlace>>;

    /// Stretches of the data of a payload's parts, whose numbers are those of their first items.
    ///
    /// # Errors
    /// `Internal` when one of the parts is not there.
    fn part_stretches(
        &mut self,
        account: AccountId,
        job: JobNumber,
        produced: bool,
        stretches: &[Stretch],
    ) -> Result<Vec<Vec<u8>>>;

    /// Chunks of a membership job from `seq` on.
    fn chunks(&mut self, account: AccountId, job: JobNumber, seq: u64, limit: usize) -> Result<Vec<Chunk>>;

    /// Pages of rows of one run from `page` on; see [`RowPage::run`].
    fn row_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        page: u32,
        limit: usize,
    ) -> Result<Vec<RowPage>>;

    /// These pages of rows of one run, in their order; those that there are none of are left out.
    fn row_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        pages: &[u32],
    ) -> Result<Vec<RowPage>>;

    /// Result pages from `page` on.
    fn result_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<ResultPage>>;

    /// Blocks of images by rising first item, from the one in which this item may be.
    fn images(
        &mut self,
        account: AccountId,
        job: JobNumber,
        item: u32,
        limit: usize,
    ) -> Result<Vec<ImageBlock>>;

    /// These result pages, in their order; those that there are none of are left out.
    fn result_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        pages: &[u32],
    ) -> Result<Vec<ResultPage>>;

    /// The same with nothing in their data but the outcomes; see [`crate::model::results::decode_outcomes`].
    fn outcome_pages_at(
        &mut self,
        account: AccountId,
        job: JobNumber,
        pages: &[u32],
    ) -> Result<Vec<ResultPage>>;

    /// Stretches of the data of result pages.
    ///
    /// # Errors
    /// `Internal` when one of the pages is not there.
    fn result_stretches(
        &mut self,
        account: AccountId,
        job: JobNumber,
        stretches: &[Stretch],
    ) -> Result<Vec<Vec<u8>>>;

    /// The numbers of result pages from `page` on, without their data.
    fn result_counts(
        &mut self,
        account: AccountId,
        job: JobNumber,
        page: u32,
        limit: usize,
    ) -> Result<Vec<ResultCounts>>;

    /// Jobs still received that have been silent for `idle`, by the store's clock, in all accounts; also
    /// those whose receiver is known to be gone.
    fn staged(&mut self, idle: Duration, limit: usize) -> Result<Vec<(AccountId, JobNumber)>>;

    /// Ended jobs that still have chunks, in all accounts: what a crash between a job's end and the
    /// removal of its chunks leaves behind.
    fn ended_with_chunks(&mut self, limit: usize) -> Result<Vec<(AccountId, JobNumber)>>;
}

/// Writes of jobs.
pub trait JobWrites {
    /// Inserts a job as it is.
    ///
    /// # Errors
    /// `AlreadyExists` (field `jobName`) when its name is taken.
    fn insert_job(&mut self, job: &Job) -> Result<()>;

    /// Overwrites everything of a job but its lease.
    ///
    /// # Errors
    /// `AlreadyExists` (field `jobName`) when its name is taken.
    fn update_job(&mut self, job: &Job) -> Result<()>;

    /// Locks the jobs of the target that have not ended, until the end of the transaction, and reads them. The
    /// caller holds the target's lock.
    fn lock_unfinished(&mut self, account: AccountId, target: Target, limit: usize) -> Result<Vec<Job>>;

    /// The next place in a target's queue. The caller holds the target's lock.
    fn next_queue_seq(&mut self, account: AccountId, target: Target) -> Result<i64>;

    /// Notes a sign of life of a job that is being received, and locks it. `false` when sweeping it has begun.
    fn touch_staged(&mut self, account: AccountId, job: JobNumber) -> Result<bool>;

    /// Claims a job: due, and first in its queue with no job of its target in work, or in work with no lease
    /// or one that ran out by the store's clock. Accounts behind the one served last come first, in the order
    /// of their keys, then the others; in an account those of the highest priority. Sets the lease, `IN_PROGRESS` (an abort in progress stays one),
    /// `started_at` if unset, and counts the attempt.
    fn claim(&mut self, claim: &Claim) -> Result<Option<Held>>;

    /// Locks a job for its holder, renews the lease for so long by the store's clock, and reads the job. Last
    /// in the lock order.
    ///
    /// # Errors
    /// `LeaseLost` when the lease is not `token`'s.
    fn hold(&mut self, account: AccountId, job: JobNumber, token: Token, lease: Duration) -> Result<Job>;

    /// Gives the lease back: the job can be claimed at once. The caller holds the job, or has locked it.
    fn give_back(&mut self, account: AccountId, job: JobNumber) -> Result<()>;

    /// Gives back the lease of a holder that could not go on, if it is still `token`'s: the job can be claimed
    /// at once. `blameless` = the job is not the reason, so the attempt does not count.
    fn release(&mut self, account: AccountId, job: JobNumber, token: Token, blameless: bool) -> Result<()>;

    /// Forgets the digest of a payload that is no longer as it was accepted.
    fn forget_payload(&mut self, account: AccountId, job: JobNumber) -> Result<()>;

    /// Overwrites what a job does, of one that has ended: without names that were forgotten.
    fn put_spec(&mut self, account: AccountId, job: JobNumber, spec: &Spec) -> Result<()>;

    /// Stores parts of a payload, replacing earlier ones that begin at the same item.
    fn put_parts(&mut self, account: AccountId, job: JobNumber, parts: &[Part]) -> Result<()>;

    /// Removes all parts of a form; for produced removals that a restarted plan makes anew.
    fn delete_parts(&mut self, account: AccountId, job: JobNumber, form: PartForm) -> Result<()>;

    /// Stores what a chunk settled.
    fn put_chunk(&mut self, account: AccountId, job: JobNumber, chunk: &Chunk) -> Result<()>;

    /// Removes up to `limit` chunks of a job; how many.
    fn delete_chunks(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize>;

    /// Stores pages of rows, replacing earlier ones of the same number.
    fn put_row_pages(&mut self, account: AccountId, job: JobNumber, pages: &[RowPage]) -> Result<()>;

    /// Removes up to `limit` pages of one run; how many.
    fn delete_row_pages(
        &mut self,
        account: AccountId,
        job: JobNumber,
        run: u32,
        limit: usize,
    ) -> Result<usize>;

    /// Stores result pages, replacing earlier ones of the same number.
    fn put_result_pages(&mut self, account: AccountId, job: JobNumber, pages: &[ResultPage]) -> Result<()>;

    /// Stores blocks of images, replacing earlier ones that begin at the same item.
    fn put_images(&mut self, account: AccountId, job: JobNumber, blocks: &[ImageBlock]) -> Result<()>;

    /// Removes up to `limit` blocks of images that were taken before that moment; how many.
    fn delete_images(&mut self, account: AccountId, before: Instant, limit: usize) -> Result<usize>;

    /// Removes up to `limit` parts, pages, chunks and images of a job that has ended; how many.
    fn delete_items(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize>;

    /// Lets nobody see a job any more that has ended: its items are being thrown away, and its name is free.
    fn hide_job(&mut self, account: AccountId, job: JobNumber) -> Result<()>;

    /// Notes that the items of a hidden job are gone, as of now by the store's clock; of several times the
    /// first counts.
    fn mark_purged(&mut self, account: AccountId, job: JobNumber) -> Result<()>;

    /// Removes a job whose items are gone.
    fn delete_purged(&mut self, account: AccountId, job: JobNumber) -> Result<()>;

    /// Removes up to `limit` parts and pages of a job that was never accepted; how many. When none is left,
    /// removes the job.
    fn drop_staged(&mut self, account: AccountId, job: JobNumber, limit: usize) -> Result<usize>;

    /// What is remembered under an `Idempotency-Key`. Nobody else reads or writes it through this method until
    /// the end of the transaction, also where there is no record. Before all other locks.
    fn lock_idempotency(
        &mut self,
        account: AccountId,
        client: ClientId,
        route: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>>;

    /// Notes that the store's clock was right, and reads it; none when it has gone on by more than `jump_max` since that
    /// was noted last, which is left as it is then. All the same for all accounts.
    fn note_clock(&mut self, jump_max: Duration) -> Result<Option<Instant>>;

    /// Notes that the store's clock is right, however far it has gone on or back.
    fn trust_clock(&mut self) -> Result<()>;

    /// Stores or overwrites an idempotency record, which is locked.
    fn put_idempotency(&mut self, account: AccountId, record: &IdempotencyRecord) -> Result<()>;

    /// Forgets up to `limit` idempotency records of all accounts whose time ended before `before`, but for those whose
    /// job is shown, which stay until `again` and so on; how many were one or the other.
    fn purge_idempotency(&mut self, before: Instant, again: Instant, limit: usize) -> Result<usize>;

    /// Forgets an idempotency record.
    fn delete_idempotency(
        &mut self,
        account: AccountId,
        client: ClientId,
        route: &str,
        key: &str,
    ) -> Result<()>;
}
