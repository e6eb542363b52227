//! The rows of an import: every person that the file named, with what became of them.
//!
//! Rows lie in pages in login order from acceptance on, results beside them as chunks commit, so a page of the
//! default order costs two small reads at any time. Other orders and filters on names walk all pages.

mod query;
pub(crate) mod views;

use std::sync::Arc;

use throng_jobs::Outcome;
use uuid::Uuid;

pub use query::{NameField, NamePattern, OrderField, RowFilter, RowOrder, RowStatus, RowsQuery};

use views::ViewKey;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::Result;
use crate::model::canonical::person_name_key;
use crate::model::groups::MemberId;
use crate::model::jobs::{Change, Job, ResultCounts, Spec};
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Row};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::job_items::{ItemOperation, JobItem};

/// Pages of one read: at most `READ_ROWS_MAX` rows.
const PAGES_PER_READ: usize = 32;

/// One row as the admin API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// The login as given.
    pub login: String,
    /// The user's id, where a user exists.
    pub user: Option<Uuid>,
    /// `ADD`, or `NO_CHANGE` for a row that was already as asked.
    pub operation: &'static str,
    /// The row's status.
    pub status: RowStatus,
    /// What became of it, for people.
    pub message: String,
}

/// A row with what is known of it.
pub(crate) struct Known {
    pub(crate) row: Row,
    result: Option<RowResult>,
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
        let (rows, total) = Walk::new(self, job).chosen(query).await?;
        Ok((rows.into_iter().map(Known::show).collect(), total))
    }
}

impl Directory {
    /// How many rows of an import are in the chunk that a worker has in hand.
    pub fn rows_in_work(&self, job: &Job) -> u64 {
        let in_work = job.started_at.is_some() && !job.state.is_terminal();
        if in_work { job.counts.pending().min(self.settings.chunk_items as u64) } else { 0 }
    }
}

/// A job whose rows are read.
pub(crate) struct Walk<'a> {
    directory: &'a Directory,
    job: Job,
}

impl<'a> Walk<'a> {
    pub(crate) const fn new(directory: &'a Directory, job: Job) -> Self {
        Self { directory, job }
    }

    /// A stretch of the rows, and how many the filter selects.
    async fn chosen(&self, query: &RowsQuery) -> Result<(Vec<Known>, u64)> {
        let by_login = query.order.field == OrderField::LoginId;
        match &query.filter {
            None if by_login => self.stretch(query).await,
            Some(RowFilter::Status(status)) if by_login && status.len() == 1 => {
                self.of_status(status[0], query).await
            }
            _ => self.everything(query).await,
        }
    }

    /// The same as items of their job.
    pub(crate) async fn chosen_items(&self, query: &RowsQuery) -> Result<(Vec<JobItem>, u64)> {
        let (rows, total) = self.chosen(query).await?;
        Ok((self.items(rows), total))
    }

    /// The rows between two places in login order, as items of their job.
    pub(crate) async fn items_between(&self, start: u64, end: u64) -> Result<Vec<JobItem>> {
        Ok(self.items(self.rows_between(start, end).await?))
    }

    fn items(&self, rows: Vec<Known>) -> Vec<JobItem> {
        let is_plan = self.job.spec.kind().is_plan();
        let item = |known: Known| {
            let changes = if is_plan { known.changes() } else { Vec::new() };
            JobItem { changes, ..known.into_item() }
        };
        rows.into_iter().map(item).collect()
    }

    fn page_items(&self) -> u64 {
        match &self.job.spec {
            Spec::Import(import) => u64::from(import.page_items.max(1)),
            _ => 1,
        }
    }

    fn pages(&self) -> u64 {
        self.job.rows().div_ceil(self.page_items())
    }

    /// The rows of `n` pages from `page` on, in login order.
    async fn read(&self, page: u64, n: usize) -> Result<Vec<Known>> {
        let (account, number) = (self.job.account, self.job.number);
        let from = u32::try_from(page).unwrap_or(u32::MAX);
        let read = move |snapshot: &mut dyn Snapshot| {
            let pages = snapshot.row_pages(account, number, 1, from, n)?;
            let results = snapshot.result_pages(account, number, from, n)?;
            Ok((pages, results))
        };
        let (pages, result_pages) = self.directory.store.read(Cost::Point, read).await?;
        let mut known = Vec::new();
        for page in pages {
            let result_page = result_pages.iter().find(|results| results.page == page.page);
            let mut settled =
                result_page.map(results::decode_rows).transpose()?.unwrap_or_default().into_iter();
            let first = u64::from(page.page) * self.page_items();
            for (at, row) in (first..).zip(rows::decode(&page)?) {
                let result = settled.next();
                let status = self.status(result.as_ref(), at);
                known.push(Known { row, result, status });
            }
        }
        Ok(known)
    }

    /// The status of the row at a place in login order.
    fn status(&self, result: Option<&RowResult>, at: u64) -> RowStatus {
        use throng_jobs::Class;
        match result.map(|result| result.outcome.class()) {
            Some(Class::Created | Class::Updated | Class::Removed | Class::Ignored) => RowStatus::Completed,
            Some(Class::Failed) => RowStatus::Failed,
            Some(Class::Skipped) => RowStatus::Aborted,
            Some(Class::Pending) | None if self.job.state.is_terminal() => RowStatus::Aborted,
            Some(Class::Pending) | None if self.is_being_worked(at) => RowStatus::InProgress,
            Some(Class::Pending) | None => RowStatus::Pending,
        }
    }

    /// Whether the row belongs to the chunk that a worker has in hand.
    fn is_being_worked(&self, at: u64) -> bool {
        (self.job.cursor..self.job.cursor + self.directory.rows_in_work(&self.job)).contains(&at)
    }

    /// Login order without a filter: the pages are where the numbers say.
    async fn stretch(&self, query: &RowsQuery) -> Result<(Vec<Known>, u64)> {
        let total = self.job.rows();
        let first = query.offset.min(total);
        let last = first.saturating_add(query.limit as u64).min(total);
        // Counted from the end when the order is turned round.
        let (start, end) = if query.order.descending { (total - last, total - first) } else { (first, last) };
        let mut found = self.rows_between(start, end).await?;
        if query.order.descending {
            found.reverse();
        }
        Ok((found, total))
    }

    /// The rows between two places in login order.
    pub(crate) async fn rows_between(&self, start: u64, end: u64) -> Result<Vec<Known>> {
        let mut found = Vec::new();
        let mut page = start / self.page_items();
        while page * self.page_items() < end {
            let n = (end.div_ceil(self.page_items()) - page).min(PAGES_PER_READ as u64);
            let first = page * self.page_items();
            let rows = self.read(page, usize::try_from(n).unwrap_or(PAGES_PER_READ)).await?;
            let wanted = |(at, row): (u64, Known)| (start..end).contains(&at).then_some(row);
            found.extend((first..).zip(rows).filter_map(wanted));
            page += n;
        }
        Ok(found)
    }

    /// Login order, one status: the counts of the result pages say which pages to read.
    async fn of_status(&self, status: RowStatus, query: &RowsQuery) -> Result<(Vec<Known>, u64)> {
        let per_page = self.counts(status).await?;
        let total: u64 = per_page.iter().sum();
        let mut pages: Vec<(u64, u64)> = (0..).zip(per_page).collect();
        if query.order.descending {
            pages.reverse();
        }
        let (mut skip, mut found) = (query.offset, Vec::new());
        for (page, matching) in pages {
            if found.len() >= query.limit {
                break;
            }
            if matching <= skip {
                skip -= matching;
                continue;
            }
            let mut rows = self.read(page, 1).await?;
            rows.retain(|known| known.status == status);
            if query.order.descending {
                rows.reverse();
            }
            found.extend(rows.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)));
            skip = 0;
        }
        found.truncate(query.limit);
        Ok((found, total))
    }

    /// How many rows of each page have the status.
    async fn counts(&self, status: RowStatus) -> Result<Vec<u64>> {
        let (account, number) = (self.job.account, self.job.number);
        let mut settled: Vec<Option<ResultCounts>> = vec![None; usize::try_from(self.pages()).unwrap_or(0)];
        let mut from = 0u32;
        loop {
            let limit = crate::limits::READ_ROWS_MAX;
            let read =
                move |snapshot: &mut dyn Snapshot| snapshot.result_counts(account, number, from, limit);
            let counts = self.directory.store.read(Cost::Scan, read).await?;
            for count in &counts {
                if let Some(slot) = settled.get_mut(count.page as usize) {
                    *slot = Some(*count);
                }
            }
            match counts.last() {
                Some(last) if counts.len() == limit => from = last.page + 1,
                _ => break,
            }
        }
        Ok((0..).zip(settled).map(|(page, counts)| self.count_in(page, counts, status)).collect())
    }

    fn count_in(&self, page: u64, counts: Option<ResultCounts>, status: RowStatus) -> u64 {
        let first = page * self.page_items();
        let rows = self.page_items().min(self.job.rows() - first);
        let (settled, completed, failed) = counts.map_or((0, 0, 0), |c| {
            (u64::from(c.items), u64::from(c.effective + c.ignored), u64::from(c.failed))
        });
        match status {
            RowStatus::Completed => completed,
            RowStatus::Failed => failed,
            RowStatus::Aborted if self.job.state.is_terminal() => rows - completed - failed,
            RowStatus::Pending | RowStatus::InProgress | RowStatus::Aborted => {
                let unsettled = first + settled..first + rows;
                unsettled.filter(|at| self.status(None, *at) == status).count() as u64
            }
            RowStatus::NoChange | RowStatus::AbortInProgress => 0,
        }
    }

    /// Any filter and order: walks all pages for the places that match, then reads the stretch. Of a job that has ended
    /// the places are kept.
    async fn everything(&self, query: &RowsQuery) -> Result<(Vec<Known>, u64)> {
        let (account, job) = (self.job.account, self.job.number);
        let key = ViewKey { account, job, query: format!("{:?} {:?}", query.filter, query.order) };
        let views = &self.directory.row_views;
        let places = if let Some(places) = views.get(&key) {
            places
        } else {
            let places = Arc::new(self.places(query).await?);
            if self.job.state.is_terminal() {
                views.keep(key, Arc::clone(&places));
            }
            places
        };
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for at in places.iter().skip(offset).take(query.limit).map(|at| u64::from(*at)) {
            found.extend(self.rows_between(at, at + 1).await?);
        }
        Ok((found, places.len() as u64))
    }

    /// The places in login order of the rows that a filter selects, in the order that is asked for.
    async fn places(&self, query: &RowsQuery) -> Result<Vec<u32>> {
        let mut places: Vec<(String, u64)> = Vec::new();
        let mut page = 0;
        while page < self.pages() {
            let first = page * self.page_items();
            let rows = self.read(page, PAGES_PER_READ).await?;
            for (at, known) in (first..).zip(rows) {
                if query.filter.as_ref().is_none_or(|filter| filter.selects(&known.row, known.status)) {
                    places.push((order_key(&known.row, query.order.field), at));
                }
            }
            page += PAGES_PER_READ as u64;
        }
        // Ties go by login, also in a descending order of names; the places are in login order.
        let by_login = query.order.field == OrderField::LoginId;
        places.sort_by(|a, b| {
            let (keys, places) = (a.0.cmp(&b.0), a.1.cmp(&b.1));
            if query.order.descending {
                keys.reverse().then(if by_login { places.reverse() } else { places })
            } else {
                keys.then(places)
            }
        });
        Ok(places.into_iter().map(|(_, at)| u32::try_from(at).unwrap_or(u32::MAX)).collect())
    }
}

fn order_key(row: &Row, field: OrderField) -> String {
    match field {
        // The places are in login order already.
        OrderField::LoginId => String::new(),
        OrderField::FirstName => person_name_key(&row.first_name),
        OrderField::LastName => person_name_key(&row.last_name),
    }
}

impl Known {
    /// What became of it so far.
    pub(crate) fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or(Outcome::Pending, |result| result.outcome)
    }

    pub(crate) fn into_item(self) -> JobItem {
        let outcome = self.outcome();
        let (user, note) = self.result.map_or((None, None), |result| (result.user, result.note));
        JobItem {
            index: u64::from(self.row.position),
            operation: ItemOperation::Add,
            value: self.row.login,
            member: user.map(MemberId::User),
            outcome,
            note,
            changes: Vec::new(),
        }
    }

    /// The attributes that the person would have, and the groups.
    fn changes(&self) -> Vec<Change> {
        let row = &self.row;
        if self.outcome() != Outcome::Created {
            return Vec::new();
        }
        let texts = [
            ("userName", &row.login),
            ("name.givenName", &row.first_name),
            ("name.familyName", &row.last_name),
            ("displayName", &row.display_name),
            ("emails", &row.email),
        ];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let lists = [("roles", &row.roles), ("groups", &row.member_of)];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let to = texts
            .map(|(attribute, text)| (attribute, text.as_str().into()))
            .chain(lists.map(|(attribute, list)| (attribute, list.clone().into())));
        to.map(|(attribute, to)| Change { attribute: attribute.to_owned(), from: None, to: Some(to) })
            .collect()
    }

    pub(crate) fn show(self) -> JobRow {
        let outcome = self.outcome();
        let mut message = match (self.status, outcome) {
            (RowStatus::Pending, _) => "Operation is pending".to_owned(),
            (RowStatus::InProgress, _) => "Operation is in progress".to_owned(),
            (RowStatus::Aborted, _) => "Operation was stopped".to_owned(),
            (_, Outcome::Created) => "User successfully added".to_owned(),
            (_, Outcome::Updated) => "User successfully updated".to_owned(),
            (_, Outcome::Removed) => "User successfully deleted".to_owned(),
            (_, Outcome::InternalError | Outcome::Poison) => "system error".to_owned(),
            _ => outcome.name().to_owned(),
        };
        if let Some(note) = self.result.as_ref().and_then(|result| result.note.clone()) {
            message = note;
        }
        if self.row.password_dropped && outcome == Outcome::Created {
            message.push_str(" (password ignored)");
        }
        JobRow {
            login: self.row.login,
            user: self.result.and_then(|result| result.user),
            operation: if outcome.class() == throng_jobs::Class::Ignored { "NO_CHANGE" } else { "ADD" },
            status: self.status,
            message,
        }
    }
}
