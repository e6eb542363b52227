//! The items of a job for a file that has them all: a stretch at a time, each by small reads of its own, so that a job
//! of millions costs no more memory than one of thousands.
//!
//! Items are shown as lists show them, or in the columns of what was sent, so that they can be corrected and sent again.
//! While a membership job runs, what is settled is gathered once, at 9 bytes an item; rows of a running import are shown
//! as they are when their stretch is read.

use throng_jobs::{Class, Outcome, State};
use throng_tables::Cell;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::jobs::{Job, MembershipSpec, Spec};
use crate::model::results::ByIndex;
use crate::model::users::Identifier;
use crate::use_cases::groups::not_found;
use crate::use_cases::imports::columns;
use crate::use_cases::job_items::{ItemOperation, JobItem, Wanted};
use crate::use_cases::job_rows::{Known, Rows};

/// The columns of items of a membership job, as they were sent.
const CHANGES: &[&str] = &["operation", "value", "reason"];

/// The outcome of whom an export has.
const EXPORTED: &[Outcome] = &[Outcome::Exported];

/// Which items, and how they are shown.
#[derive(Clone, Debug, Default)]
pub struct DownloadQuery {
    /// Only items of these outcomes; all when empty.
    pub outcomes: Vec<Outcome>,
    /// In the columns of what was sent.
    pub as_sent: bool,
}

/// A download on its way.
#[derive(Debug)]
pub struct Download {
    job: Job,
    query: DownloadQuery,
    /// What a membership job without result pages has settled.
    running: Option<ByIndex>,
    /// Where the next stretch begins; none at the end.
    next: Option<u64>,
}

/// Some of the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// As lists show them.
    Items(Vec<JobItem>),
    /// In the columns of [`Download::columns`].
    Rows(Vec<Vec<Cell>>),
}

impl Download {
    /// Rows of these outcomes, in the columns of a file of people.
    fn of_rows(job: Job, outcomes: Vec<Outcome>) -> Self {
        let next = (job.rows() > 0).then_some(0);
        Self { job, query: DownloadQuery { outcomes, as_sent: true }, running: None, next }
    }

    /// The job as it was when the download began.
    pub const fn job(&self) -> &Job {
        &self.job
    }

    /// Whether every item is chosen.
    pub const fn has_everything(&self) -> bool {
        self.query.outcomes.is_empty()
    }

    /// Whether what is written is read here again, with [`throng_tables::open`].
    pub const fn is_read_again(&self) -> bool {
        self.query.as_sent && matches!(self.job.spec, Spec::Import(_) | Spec::Export(_))
    }

    /// The columns of what was sent; none when items are shown as lists show them.
    pub fn columns(&self) -> Option<&'static [&'static str]> {
        match &self.job.spec {
            _ if !self.query.as_sent => None,
            Spec::Export(_) if self.query.outcomes == EXPORTED => Some(columns::EXPORTED),
            Spec::Import(_) | Spec::Export(_) => Some(columns::WRITTEN),
            _ => Some(CHANGES),
        }
    }
}

impl Directory {
    /// Begins a download of the items of a job.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Invalid` for the input of a job that nobody sent one.
    pub async fn job_download(&self, caller: &Caller, id: &str, query: DownloadQuery) -> Result<Download> {
        let job = self.any_job(caller, id).await?;
        let (running, next) = match &job.spec {
            Spec::Deletion(_) | Spec::Restore(_) | Spec::Bulk(_) | Spec::Export(_) if query.as_sent => {
                return Err(Error::invalid("columns", "nobody sent a list for this job"));
            }
            Spec::Membership(_) | Spec::Deletion(_) | Spec::Restore(_) => {
                (self.gathered(&job).await?, Some(0))
            }
            Spec::Import(_) | Spec::Bulk(_) | Spec::Export(_) => (None, Some(0)),
            Spec::Forget(_) | Spec::ClearGroup | Spec::ClearUser { .. } | Spec::ClearNestedGroup { .. }
                if query.as_sent =>
            {
                return Err(Error::invalid("columns", "nobody sent anything for this job"));
            }
            Spec::Forget(_) | Spec::ClearGroup | Spec::ClearUser { .. } | Spec::ClearNestedGroup { .. } => {
                (None, None)
            }
        };
        Ok(Download { job, query, running, next })
    }

    /// Begins a download of what an import refused or did not come to, in the columns that it was sent in. Of an export
    /// there is nobody.
    ///
    /// # Errors
    /// Those of [`Directory::import_job`]; `WrongState` while it runs, when more may still fail.
    pub async fn failed_users(&self, caller: &Caller, uuid: &str) -> Result<Download> {
        let job = self.import_job(caller, uuid).await?;
        if !job.state.is_terminal() {
            return Err(has_not_ended(&job));
        }
        let is_to_do = |outcome: &Outcome| matches!(outcome.class(), Class::Failed | Class::Skipped);
        let outcomes = Outcome::ALL.into_iter().filter(is_to_do).collect();
        Ok(Download::of_rows(job, outcomes))
    }

    /// Begins a download of an export, in columns that an import reads.
    ///
    /// # Errors
    /// Those of [`Directory::import_job`]; `NotFound` for an import; `WrongState` while it runs, and for one that was
    /// stopped or failed.
    pub async fn exported_users(&self, caller: &Caller, uuid: &str) -> Result<Download> {
        let job = self.import_job(caller, uuid).await?;
        if !matches!(job.spec, Spec::Export(_)) {
            return Err(not_found());
        }
        if !job.state.is_terminal() {
            return Err(has_not_ended(&job));
        }
        if job.state != State::Completed {
            let state = job.state.as_str();
            return Err(Error::WrongState(format!("the export ended without a file: it is {state}")));
        }
        Ok(Download::of_rows(job, EXPORTED.to_vec()))
    }

    /// The next items; none at the end.
    ///
    /// # Errors
    /// What the store fails with; `Internal` when the job was removed meanwhile.
    pub async fn next_stretch(&self, download: &mut Download) -> Result<Option<Stretch>> {
        while let Some(from) = download.next {
            let stretch = match &download.job.spec {
                Spec::Membership(spec) => {
                    let outcomes = &download.query.outcomes;
                    let wanted = Wanted { outcomes, from, count: limits::RESULT_PAGE_ITEMS };
                    let running = download.running.as_ref();
                    let (items, next) =
                        self.items_after_gathering(&download.job, spec, running, wanted).await?;
                    let stretch = if download.query.as_sent {
                        Stretch::Rows(self.changes(&download.job, spec, items).await?)
                    } else {
                        Stretch::Items(items)
                    };
                    download.next = next;
                    stretch
                }
                spec @ (Spec::Deletion(_) | Spec::Restore(_) | Spec::Bulk(_)) => {
                    let outcomes = &download.query.outcomes;
                    let wanted = Wanted { outcomes, from, count: limits::RESULT_PAGE_ITEMS };
                    let (items, next) = match spec {
                        Spec::Bulk(_) => self.bulk_items(&download.job, wanted).await?,
                        _ => self.people_items(&download.job, wanted).await?,
                    };
                    download.next = next;
                    Stretch::Items(items)
                }
                Spec::Import(_) | Spec::Export(_) => {
                    let stretch = self.rows_from(download, from).await?;
                    let next = from + limits::DOWNLOAD_ROWS as u64;
                    download.next = (next < download.job.rows()).then_some(next);
                    stretch
                }
                Spec::Forget(_)
                | Spec::ClearGroup
                | Spec::ClearUser { .. }
                | Spec::ClearNestedGroup { .. } => return Ok(None),
            };
            if !stretch.is_empty() {
                return Ok(Some(stretch));
            }
        }
        Ok(None)
    }

    /// The rows of an import that are chosen among the `DOWNLOAD_ROWS` from a place on.
    async fn rows_from(&self, download: &Download, from: u64) -> Result<Stretch> {
        let job = &download.job;
        let end = (from + limits::DOWNLOAD_ROWS as u64).min(job.rows());
        let all = Rows::new(self, job);
        let rows = all.between(from, end).await?;
        if rows.len() as u64 != end - from {
            return Err(Error::internal("rows of an import are missing"));
        }
        let wanted = Wanted { outcomes: &download.query.outcomes, from, count: rows.len() };
        let chosen = rows.into_iter().filter(|row| wanted.has(row.outcome()));
        if download.query.as_sent {
            let width = download.columns().map_or(0, <[_]>::len);
            let row = |mut known: Known| {
                let row = std::mem::take(&mut known.row);
                let mut cells = columns::written(row, known.show().message);
                cells.truncate(width);
                cells
            };
            let is_export = matches!(job.spec, Spec::Export(_));
            // Of whom was forgotten nothing is left to be written.
            return Ok(Stretch::Rows(
                chosen.filter(|known| !is_export || known.has_somebody()).map(row).collect(),
            ));
        }
        Ok(Stretch::Items(all.shown(chosen.collect())))
    }

    /// Items of a membership job as they would be sent. Whom a replace was to remove is named as the values name people,
    /// or by the id where they no longer could.
    async fn changes(&self, job: &Job, spec: &MembershipSpec, items: Vec<JobItem>) -> Result<Vec<Vec<Cell>>> {
        let listed = spec.operations.iter().map(|operation| u64::from(operation.end)).max().unwrap_or(0);
        let by = spec.identifier.0;
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let produced = item.index >= listed && item.operation == ItemOperation::Remove;
            let value = if produced && by != Identifier::Id {
                self.named(job, item.member, by).await?.unwrap_or(item.value)
            } else {
                item.value
            };
            let cells = [item.operation.as_str().to_owned(), value, item.outcome.name().to_owned()];
            rows.push(cells.into_iter().map(Cell::Text).collect());
        }
        Ok(rows)
    }
}

/// The refusal of a file that is not whole yet.
fn has_not_ended(job: &Job) -> Error {
    Error::WrongState(format!("the job has not ended: it is {}", job.state.as_str()))
}

impl Stretch {
    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Items(items) => items.is_empty(),
            Self::Rows(rows) => rows.is_empty(),
        }
    }
}
