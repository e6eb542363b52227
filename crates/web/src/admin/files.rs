//! Files out of the admin API: the template, whom an export found, and what an import refused.

use std::sync::Arc;

use axum::body::Body;
use throng_directory::use_cases::imports::TEMPLATE_COLUMNS;
use throng_directory::use_cases::job_downloads::Download;
use throng_tables::{Format, Formulas, SHEET_ROWS_MAX, Workbook};

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::headers::{CSV, JSON_LINES, OCTETS, ZIP};
use crate::limits;
use crate::native::downloads::{self, Sheet, attachment};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::state::AppState;

/// GET `/accounts/{accountId}/users-bulk-template`.
pub(crate) async fn template(_caller: Authorised, _call: Call) -> Outcome {
    let file = downloads::whole(|| Workbook::new(TEMPLATE_COLUMNS, Formulas::Kept)?.finish()).await?;
    Ok(attachment(OCTETS, "users-bulk-template.xlsx", Body::from(file)))
}

/// GET `/accounts/{accountId}/jobs/{jobId}:exportFailedUsers`.
pub(crate) async fn failed_users(caller: Authorised, call: Call) -> Outcome {
    let asked = Asked::read(&call.query, SHEET_ROWS_MAX)?;
    let download = call.state.directory.failed_users(&caller, call.param("jobId")).await?;
    asked.answer(&call.state, download, ("failed-users", OCTETS)).await
}

/// GET `/accounts/{accountId}/jobs/{jobId}:downloadExportedUsers`.
pub(crate) async fn exported_users(caller: Authorised, call: Call) -> Outcome {
    let asked = Asked::read(&call.query, limits::ARCHIVE_ROWS_DEFAULT)?;
    let download = call.state.directory.exported_users(&caller, call.param("jobId")).await?;
    asked.answer(&call.state, download, ("users", ZIP)).await
}

/// How a file is wanted.
struct Asked {
    format: Format,
    /// Rows of one workbook.
    rows_per_file: u64,
}

impl Asked {
    /// Reads `format` and `rowsPerFile`.
    fn read(query: &Query, rows_by_default: u64) -> Result<Self, Refusal> {
        const ROWS: &str = "rowsPerFile";
        let format = downloads::format(query, Format::Xlsx)?;
        let Some(text) = query.get(ROWS) else { return Ok(Self { format, rows_per_file: rows_by_default }) };
        if format != Format::Xlsx {
            return Err(Refusal::bad(ROWS, "rowsPerFile is for xlsx: csv and jsonl are one file"));
        }
        let rows = text.parse().ok().filter(|rows| (1..=SHEET_ROWS_MAX).contains(rows));
        let refusal = || Refusal::bad(ROWS, format!("rowsPerFile is a number from 1 to {SHEET_ROWS_MAX}"));
        Ok(Self { format, rows_per_file: rows.ok_or_else(refusal)? })
    }

    /// Workbooks in an archive of this media type, or a file as it is.
    async fn answer(
        self,
        state: &AppState,
        download: Download,
        (name, archive_type): (&'static str, &'static str),
    ) -> Outcome {
        let (media_type, ending) = match self.format {
            Format::Csv => (CSV, "csv"),
            Format::JsonLines => (JSON_LINES, "jsonl"),
            Format::Xlsx => (archive_type, "zip"),
        };
        let body = match self.format {
            Format::Xlsx => downloads::archive(state, download, name, self.rows_per_file).await?,
            Format::Csv | Format::JsonLines => {
                let sheet = Sheet::new(&download, self.format);
                downloads::text(Arc::clone(&state.directory), download, sheet).await?
            }
        };
        Ok(attachment(media_type, &format!("{name}.{ending}"), body))
    }
}
