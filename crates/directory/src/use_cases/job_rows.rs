//! The rows of an import: every person that the file named, with what became of them.
//!
//! Rows lie in pages in login order from acceptance on, results beside them as chunks commit, so a page of the
//! default order costs two small reads at any time. Other orders and filters on names walk all pages.

use std::borrow::Cow;
use std::collections::HashMap;

use throng_jobs::{Class, Outcome, State};
use uuid::Uuid;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::Result;
use crate::model::groups::MemberId;
use crate::model::jobs::{Change, ExportSpec, ImportMode, ImportSpec, Job, ResultPage, RowPage, Spec};
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Row, RowPassword};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::imports::columns;
use crate::use_cases::item_choice::{Choice, ItemField, ItemFilter, ItemOrder, Needs, RowStatus, Seen, Whom};
use crate::use_cases::item_pages::{Begin, Each, Listed, page};
use crate::use_cases::job_items::{ItemOperation, JobItem, at_the_end};

/// Pages of one read: at most `READ_ROWS_MAX` rows.
const PAGES_PER_READ: usize = 32;
/// The same where of each page few rows are looked at, or their outcomes alone.
const SPARSE_PAGES_PER_READ: usize = 128;

/// Pages that are read like a few look-ups, on the thread of whoever asks.
const POINT_PAGES: usize = 4;

/// What a list of rows asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsQuery {
    /// Which rows.
    pub filter: Option<ItemFilter>,
    /// In which order; in that in which they lie when none: by login, of an export as it was asked for.
    pub order: Option<ItemOrder>,
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most.
    pub limit: usize,
}

/// One row as the admin API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// The login as given.
    pub login: String,
    /// The user's id, where a user exists.
    pub user: Option<Uuid>,
    /// `ADD`, `UPDATE` or `DELETE`, or `NO_CHANGE` for a row that was already as asked.
    pub operation: &'static str,
    /// The row's status.
    pub status: RowStatus,
    /// What became of it, for people.
    pub message: String,
}

/// A row with what is known of it.
pub(crate) struct Known {
    mode: Option<ImportMode>,
    pub(crate) row: Row,
    result: Option<RowResult>,
    outcome: Outcome,
    status: RowStatus,
}

impl Directory {
    /// A stretch of an import's rows, and how many the filter selects.
    ///
    /// # Errors
    /// Like [`Directory::import_job`].
    pub async fn import_rows(
        &self,
        caller: &Caller,
        uuid: &str,
        query: &RowsQuery,
    ) -> Result<(Vec<JobRow>, u64)> {
        let job = self.import_job(caller, uuid).await?;
        let rows = Rows::new(self, &job);
        let order = query.order.unwrap_or_else(|| ItemOrder::by(rows.natural()));
        let choice = Choice { outcomes: Vec::new(), filter: query.filter.clone(), order };
        let begin = Begin::Offset(query.offset);
        let found = page(&rows, &choice, &begin, query.limit).await?;
        Ok((found.items.into_iter().map(Known::show).collect(), found.total))
    }

    /// How many rows of an import are in the chunk that a worker has in hand.
    pub fn rows_in_work(&self, job: &Job) -> u64 {
        let in_work =
            job.started_at.is_some() && !job.state.is_terminal() && job.state != State::AwaitingApproval;
        if in_work { job.counts.pending().min(self.settings.chunk_items as u64) } else { 0 }
    }
}

/// What is read of the results of rows.
#[derive(Clone, Copy)]
enum Results {
    None,
    Outcomes,
    Whole,
}

/// The rows of an import, by their places in login order.
pub(crate) struct Rows<'a> {
    directory: &'a Directory,
    job: &'a Job,
}

impl<'a> Rows<'a> {
    pub(crate) const fn new(directory: &'a Directory, job: &'a Job) -> Self {
        Self { directory, job }
    }

    /// The rows between two places.
    pub(crate) async fn between(&self, start: u64, end: u64) -> Result<Vec<Known>> {
        self.items(&(start..end.min(self.total())).collect::<Vec<_>>()).await
    }

    /// Rows as items of their job.
    pub(crate) fn shown(&self, rows: Vec<Known>) -> Vec<JobItem> {
        let is_plan = self.job.spec.kind().is_plan();
        let item = |known: Known| {
            let changes = if is_plan { known.changes() } else { Vec::new() };
            JobItem { changes, ..known.into_item() }
        };
        rows.into_iter().map(item).collect()
    }

    /// What became of the row at a place.
    fn outcome(&self, result: Option<Outcome>, place: u64) -> (Outcome, RowStatus) {
        let outcome = at_the_end(self.job, result.unwrap_or(Outcome::Pending));
        (outcome, RowStatus::of(outcome, self.is_being_worked(place)))
    }

    /// Whether the row belongs to the chunk that a worker has in hand.
    fn is_being_worked(&self, place: u64) -> bool {
        (self.job.cursor..self.job.cursor + self.directory.rows_in_work(self.job)).contains(&place)
    }

    /// Stored pages, if rows are wanted, and what is wanted of their results where there are any.
    async fn read(
        &self,
        pages: &[u32],
        with_rows: bool,
        results: Results,
    ) -> Result<(Vec<RowPage>, Vec<ResultPage>)> {
        let (account, number, pages) = (self.job.account, self.job.number, pages.to_vec());
        let cost = if pages.len() > POINT_PAGES { Cost::Scan } else { Cost::Point };
        let read = move |snapshot: &mut dyn Snapshot| {
            let rows = if with_rows {
                snapshot.row_pages_at(account, number, RowPage::FINAL, &pages)?
            } else {
                Vec::new()
            };
            let results = match results {
                Results::None => Vec::new(),
                Results::Outcomes => snapshot.outcome_pages_at(account, number, &pages)?,
                Results::Whole => snapshot.result_pages_at(account, number, &pages)?,
            };
            Ok((rows, results))
        };
        self.directory.store.read(cost, read).await
    }

    /// None of an export.
    const fn mode(&self) -> Option<ImportMode> {
        match &self.job.spec {
            Spec::Import(import) => Some(import.mode),
            _ => None,
        }
    }

    fn first(&self, page: u32) -> u64 {
        u64::from(page) * self.page_items()
    }
}

impl Listed for Rows<'_> {
    type Item = Known;

    /// Of an export the order that was asked for, in which the rows are counted.
    fn natural(&self) -> ItemField {
        if matches!(self.job.spec, Spec::Export(_)) { ItemField::Index } else { ItemField::Value }
    }

    fn directory(&self) -> &Directory {
        self.directory
    }

    fn job(&self) -> &Job {
        self.job
    }

    fn total(&self) -> u64 {
        self.job.rows()
    }

    fn page_items(&self) -> u64 {
        match &self.job.spec {
            Spec::Import(ImportSpec { page_items, .. }) | Spec::Export(ExportSpec { page_items, .. }) => {
                u64::from((*page_items).max(1))
            }
            _ => 1,
        }
    }

    fn pages_at_once(&self, needs: Needs) -> usize {
        if needs == Needs::OUTCOME { SPARSE_PAGES_PER_READ } else { PAGES_PER_READ }
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn has_results(&self) -> bool {
        true
    }

    fn unsettled(&self, place: u64) -> RowStatus {
        RowStatus::of(at_the_end(self.job, Outcome::Pending), self.is_being_worked(place))
    }

    async fn items(&self, places: &[u64]) -> Result<Vec<Known>> {
        // Where each is wanted; of each page the rows in order, so that the others are passed over.
        let mut wanted: Vec<(u64, usize)> = places.iter().copied().zip(0..).collect();
        wanted.sort_unstable();
        let mut found: Vec<Option<Known>> = Vec::new();
        found.resize_with(places.len(), || None);
        let page_of = |place: u64| u32::try_from(place / self.page_items()).unwrap_or(u32::MAX);
        let by_page: Vec<&[(u64, usize)]> = wanted.chunk_by(|a, b| page_of(a.0) == page_of(b.0)).collect();
        for some in by_page.chunks(SPARSE_PAGES_PER_READ) {
            let pages: Vec<u32> = some.iter().map(|of_page| page_of(of_page[0].0)).collect();
            let (row_pages, results) = self.read(&pages, true, Results::Whole).await?;
            let results: HashMap<u32, &ResultPage> = results.iter().map(|page| (page.page, page)).collect();
            let row_pages: HashMap<u32, &RowPage> = row_pages.iter().map(|page| (page.page, page)).collect();
            for (page, of_page) in pages.iter().zip(some) {
                let Some(row_page) = row_pages.get(page) else { continue };
                let offset = |place: u64| usize::try_from(place - self.first(*page)).unwrap_or(usize::MAX);
                let offsets: Vec<usize> = of_page.iter().map(|(place, _)| offset(*place)).collect();
                // Those that are settled come first.
                let settled =
                    results.get(page).map(|page| results::decode_rows_at(page, &offsets)).transpose()?;
                let mut settled = settled.unwrap_or_default().into_iter();
                for ((place, at), row) in of_page.iter().zip(rows::decode_at(row_page, &offsets)?) {
                    let result = settled.next();
                    let (outcome, status) =
                        self.outcome(result.as_ref().map(|result| result.outcome), *place);
                    found[*at] = Some(Known { mode: self.mode(), row, result, outcome, status });
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    async fn see(&self, needs: Needs, pages: &[u32], each: &mut Each<'_>) -> Result<()> {
        let wanted = match (needs.progress, needs.member) {
            (false, Whom::Nobody) => Results::None,
            (true, Whom::Nobody) => Results::Outcomes,
            (_, Whom::One(_) | Whom::Everybody) => Results::Whole,
        };
        let (row_pages, results) = self.read(pages, needs != Needs::OUTCOME, wanted).await?;
        let mut row_pages = row_pages.iter();
        let mut results = results.iter().peekable();
        for page in pages {
            let settled = results.next_if(|results| results.page == *page);
            let first = self.first(*page);
            if needs == Needs::OUTCOME {
                let settled = settled.map(results::decode_outcomes).transpose()?.unwrap_or_default();
                let mut settled = settled.into_iter();
                for place in first..(first + self.page_items()).min(self.total()) {
                    let (outcome, status) = self.outcome(settled.next(), place);
                    each(&Seen::settled(place, outcome, status));
                }
            } else {
                let Some(row_page) = row_pages.next() else { break };
                let mut users = match settled {
                    Some(page) if needs.member != Whom::Nobody => results::decode_rows(page)?,
                    _ => Vec::new(),
                }
                .into_iter();
                let mut settled =
                    settled.map(results::decode_outcomes).transpose()?.unwrap_or_default().into_iter();
                let mut places = first..;
                rows::each_named(row_page, |row| {
                    let place = places.next().unwrap_or(u64::MAX);
                    let (outcome, status) = self.outcome(settled.next(), place);
                    let user = users.next().and_then(|result| result.user);
                    each(&Seen {
                        place,
                        index: u64::from(row.position),
                        operation: operation(self.mode(), row.removes),
                        outcome,
                        status,
                        value: Cow::Borrowed(row.key),
                        member: user.map_or(Cow::Borrowed(""), |user| Cow::Owned(user.to_string())),
                        first_name: row.first_name,
                        last_name: row.last_name,
                    });
                })?;
            }
        }
        Ok(())
    }
}

/// What a row asks. Of who may be there already it asks to be as the row says.
const fn operation(mode: Option<ImportMode>, removes: bool) -> ItemOperation {
    match mode {
        _ if removes => ItemOperation::Remove,
        None => ItemOperation::Export,
        Some(ImportMode::Add) => ItemOperation::Add,
        Some(ImportMode::Update) => ItemOperation::Patch,
        Some(ImportMode::Delete) => ItemOperation::Remove,
        Some(ImportMode::Upsert | ImportMode::Sync) => ItemOperation::Replace,
    }
}

impl Known {
    /// Whether it is about somebody who is known, and not forgotten.
    pub(crate) fn has_somebody(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.user.is_some())
    }

    /// What became of it so far.
    pub(crate) const fn outcome(&self) -> Outcome {
        self.outcome
    }

    pub(crate) fn into_item(self) -> JobItem {
        let outcome = self.outcome;
        let (user, note) = self.result.map_or((None, None), |result| (result.user, result.note));
        JobItem {
            index: u64::from(self.row.position),
            operation: operation(self.mode, self.row.removes),
            value: self.row.login,
            member: user.map(MemberId::User),
            outcome,
            note,
            changes: Vec::new(),
        }
    }

    /// The attributes and the groups that the row would give the person; of who is there already, what it would empty is
    /// not among them.
    fn changes(&self) -> Vec<Change> {
        let row = &self.row;
        if !matches!(self.outcome, Outcome::Created | Outcome::Updated) {
            return Vec::new();
        }
        let texts = [
            ("userName", &row.login),
            ("name.givenName", &row.first_name),
            ("name.familyName", &row.last_name),
            ("displayName", &row.display_name),
            ("emails", &row.email),
            ("organizationNodeId", &row.node),
            ("profileId", &row.profile),
        ];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let lists = [("roles", &row.roles), ("groups", &row.member_of), ("ownedGroups", &row.owned_groups)];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let to = texts
            .map(|(attribute, text)| (attribute, text.as_str().into()))
            .chain(lists.map(|(attribute, list)| (attribute, list.clone().into())));
        to.map(|(attribute, to)| Change { attribute: attribute.to_owned(), from: None, to: Some(to) })
            .collect()
    }

    pub(crate) fn show(self) -> JobRow {
        let outcome = self.outcome;
        let mut message = match (self.status, outcome) {
            (RowStatus::Pending, _) => "Operation is pending".to_owned(),
            (RowStatus::InProgress, _) => "Operation is in progress".to_owned(),
            (RowStatus::Aborted, _) => "Operation was stopped".to_owned(),
            (_, Outcome::Created) => "User successfully added".to_owned(),
            (_, Outcome::Updated) => "User successfully updated".to_owned(),
            (_, Outcome::Removed) => "User successfully deleted".to_owned(),
            (_, Outcome::NotFound) => "No user with this loginId exists".to_owned(),
            (_, Outcome::Exported) => "User successfully exported".to_owned(),
            (_, Outcome::Unchanged) => "User is already as asked".to_owned(),
            (_, Outcome::NotMember) => "User is no member of the group any more".to_owned(),
            (_, Outcome::ChangedSince) => "User was made after the file was sent".to_owned(),
            (_, Outcome::InternalError | Outcome::Poison) => "system error".to_owned(),
            _ => outcome.name().to_owned(),
        };
        if let Some(note) = self.result.as_ref().and_then(|result| result.note.clone()) {
            message = note;
        }
        let is_done = matches!(outcome, Outcome::Created | Outcome::Updated);
        message.push_str(match (self.status, &self.row.password) {
            (_, RowPassword::Dropped) if is_done => " (password ignored)",
            (_, RowPassword::Gone) if is_done => " (password not set: send it again)",
            // No file of failed rows has it.
            (RowStatus::Failed, RowPassword::Sealed(_) | RowPassword::Apart | RowPassword::Gone) => {
                " (to be sent again with its password)"
            }
            _ => "",
        });
        if let (RowStatus::Failed, line @ 1..) = (self.status, self.row.line) {
            let named = columns::named(line);
            // Behind what is wrong, by which clients know it; of a row that could not be read it stands before it.
            if !message.starts_with(&named) {
                message = format!("{message} ({named})");
            }
        }
        JobRow {
            login: self.row.login,
            user: self.result.and_then(|result| result.user),
            operation: shown_operation(self.mode, self.row.removes, outcome),
            status: self.status,
            message,
        }
    }
}

/// What was done, in the words of the admin API; what was asked, where nothing was done.
const fn shown_operation(mode: Option<ImportMode>, removes: bool, outcome: Outcome) -> &'static str {
    let Some(mode) = mode else { return EXPORT };
    match outcome.class() {
        Class::Created => "ADD",
        Class::Updated => "UPDATE",
        Class::Removed => "DELETE",
        Class::Ignored => "NO_CHANGE",
        _ if removes => "DELETE",
        _ => operation_of(mode),
    }
}

/// What an export does, in the words of the admin API.
const EXPORT: &str = "EXPORT";

/// What an import does, in the words of the admin API.
const fn operation_of(mode: ImportMode) -> &'static str {
    match mode {
        ImportMode::Add => "ADD",
        ImportMode::Update | ImportMode::Upsert | ImportMode::Sync => "UPDATE",
        ImportMode::Delete => "DELETE",
    }
}

/// What a job does to its users, in the words of the admin API; nothing of a job that is not its own.
pub const fn operation_of_job(job: &Job) -> &'static str {
    match &job.spec {
        Spec::Import(spec) => operation_of(spec.mode),
        Spec::Export(_) => EXPORT,
        _ => "",
    }
}
