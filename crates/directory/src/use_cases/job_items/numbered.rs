//! Items by number instead of by cursor, and rows of people by the filters and orders of the admin API.

use throng_jobs::Outcome;

use super::{ItemsPage, JobItem, Wanted, at_the_end};
use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::limits;
use crate::model::jobs::{Job, Spec};
use crate::use_cases::job_rows::{RowFilter, RowOrder, RowsQuery, Walk};

/// A stretch of a job's items by number.
#[derive(Clone, Debug, Default)]
pub struct ItemsByNumber {
    /// Only items of these outcomes; all when empty.
    pub outcomes: Vec<Outcome>,
    /// Which rows, for jobs about people.
    pub filter: Option<RowFilter>,
    /// In which order, for jobs about people.
    pub order: Option<RowOrder>,
    /// Items to skip.
    pub offset: u64,
    /// Items at most.
    pub count: usize,
}

impl Directory {
    /// A stretch of the items of a job by number, and how many there are.
    ///
    /// # Errors
    /// Those of [`Directory::any_job`]; `Invalid` for a filter or an order of items that are no rows, and for a filter
    /// or an order together with outcomes.
    pub async fn job_items_by_number(
        &self,
        caller: &Caller,
        id: &str,
        query: ItemsByNumber,
    ) -> Result<(ItemsPage, u64)> {
        let job = self.any_job(caller, id).await?;
        let ItemsByNumber { outcomes, filter, order, offset, count } = query;
        let (items, total) = if let Spec::Import(_) = &job.spec {
            if !outcomes.is_empty() {
                let detail = "of jobs about people, ask for status by filter, such as filter=status=FAILED";
                return Err(Error::invalid("outcome", detail));
            }
            let query = RowsQuery { filter, order: order.unwrap_or_default(), offset, limit: count };
            Walk::new(self, job.clone()).chosen_items(&query).await?
        } else {
            if filter.is_some() || order.is_some() {
                let name = if filter.is_some() { "filter" } else { "orderBy" };
                return Err(Error::invalid(name, "only rows of people have a filter and an order"));
            }
            self.numbered_items(&job, &outcomes, (offset, count)).await?
        };
        Ok((ItemsPage { job, items, next: None }, total))
    }

    async fn numbered_items(
        &self,
        job: &Job,
        outcomes: &[Outcome],
        (offset, count): (u64, usize),
    ) -> Result<(Vec<JobItem>, u64)> {
        let (mut from, mut total) = (offset, job.counts.total);
        if !outcomes.is_empty() {
            let running = self.gathered(job).await?;
            let wanted = Wanted { outcomes, from: 0, count };
            let (mut found, pages) = (0, job.counts.total.div_ceil(limits::RESULT_PAGE_ITEMS as u64));
            from = job.counts.total;
            for page in 0..pages {
                for settled in self.results(job, running.as_ref(), page).await? {
                    if wanted.has(at_the_end(job, settled.outcome)) {
                        if found == offset {
                            from = u64::from(settled.index);
                        }
                        found += 1;
                    }
                }
            }
            total = found;
        }
        let (mut items, mut next) = (Vec::new(), Some(from));
        while let Some(from) = next.filter(|_| items.len() < count) {
            let wanted = Wanted { outcomes, from, count: count - items.len() };
            let (more, behind) = match &job.spec {
                Spec::Membership(spec) => self.membership_items(job, spec, wanted).await?,
                Spec::Deletion(_) | Spec::Restore(_) => self.people_items(job, wanted).await?,
                Spec::Bulk(_) => self.bulk_items(job, wanted).await?,
                _ => return Ok((items, 0)),
            };
            items.extend(more);
            next = behind;
        }
        Ok((items, total))
    }
}
