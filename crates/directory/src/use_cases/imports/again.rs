//! Rows of an import that has ended, for a new one: what failed tried again, what a dry run said done.

use throng_jobs::Outcome;

use super::Staged;
use super::runs::Stage;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::GroupNumber;
use crate::model::jobs::{ImportMode, ImportSpec, Job, Origin, RowPage, Spec};
use crate::model::results::{self, RowResult};
use crate::model::rows::{self, Fault, Found, Row, RowPassword};
use crate::port::{Snapshot, StoreExt};
use crate::use_cases::redrive::nobody_is_chosen;

/// Pages of rows that one read takes: at most `READ_ROWS_MAX` rows.
const PAGES_PER_READ: usize = 32;

/// Rows of an import that has ended, for a new one.
#[derive(Debug)]
pub(crate) struct Again {
    /// The import.
    pub job: Job,
    /// Those of these outcomes.
    pub outcomes: Vec<Outcome>,
    /// How the new one comes of it.
    pub origin: Origin,
}

impl Again {
    pub(super) fn digested(&self) -> Vec<u8> {
        format!("{} {:?} {:?}", self.job.uuid, self.origin, self.outcomes).into_bytes()
    }

    /// Stages the rows that are chosen, in login order.
    pub(super) fn read_rows(&self, directory: &Directory, stage: &mut Stage<'_>) -> Result<Staged> {
        let (account, number, mut page) = (self.job.account, self.job.number, 0);
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                let rows = snapshot.row_pages(account, number, RowPage::FINAL, page, PAGES_PER_READ)?;
                Ok((rows, snapshot.result_pages(account, number, page, PAGES_PER_READ)?))
            };
            let (pages, results) = directory.store.read_blocking(read)?;
            let Some(last) = pages.last() else { break };
            page = last.page + 1;
            for rows in &pages {
                let settled = results.iter().find(|results| results.page == rows.page);
                let settled = settled.map(results::decode_rows).transpose()?.unwrap_or_default();
                self.push_chosen(rows::decode(rows)?, &settled, stage)?;
            }
        }
        if stage.rows() == 0 {
            return Err(nobody_is_chosen(Some(self.origin)));
        }
        stage.finish(None)?;
        let group = match &self.job.spec {
            Spec::Import(spec) => spec.group.map(GroupNumber),
            _ => None,
        };
        Ok(Staged { group, unknown_columns: Vec::new() })
    }

    fn push_chosen(&self, rows: Vec<Row>, settled: &[RowResult], stage: &mut Stage<'_>) -> Result<()> {
        // Who is only added is looked for when it is tried.
        let looks = !matches!(&self.job.spec, Spec::Import(ImportSpec { mode: ImportMode::Add, .. }));
        let applies = looks && matches!(self.origin, Origin::Applies(_));
        for (at, mut row) in rows.into_iter().enumerate() {
            // What a job that has ended did not settle was not attempted.
            let result = settled.get(at);
            let outcome = result.map_or(Outcome::Skipped, |result| result.outcome);
            if self.outcomes.contains(&outcome) {
                row.found = match result {
                    Some(result) if applies => Some(Found { user: result.user, version: result.version }),
                    // What nobody has attempted is still about whom the dry run found.
                    _ => row.found.filter(|_| outcome == Outcome::Skipped),
                };
                // Whether its login is listed more than once is asked anew.
                row.fault = row.fault.filter(|fault| *fault != Fault::Duplicate);
                // Nobody has its password any more.
                if row.password == RowPassword::Apart {
                    row.password = RowPassword::Gone;
                }
                stage.push(row)?;
            }
        }
        Ok(())
    }
}
