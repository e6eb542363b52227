//! How a download is laid out: its columns, and its items in them.

use throng_api::JobItem;
use throng_directory::use_cases::job_downloads::{Download, Stretch};
use throng_tables::{Cell, Format, Formulas, write_csv, write_json_line};

use crate::native::{jobs, text};
use crate::refusal::Refusal;

/// The columns of items as lists show them.
const ITEMS: &[&str] = &["index", "operation", "value", "member", "outcome", "reason", "message", "changes"];

/// The layout of a download.
#[derive(Clone, Copy)]
pub(crate) struct Sheet {
    format: Format,
    columns: &'static [&'static str],
    formulas: Formulas,
}

impl Sheet {
    pub(crate) fn new(download: &Download, format: Format) -> Self {
        let columns = download.columns();
        // Values that programs send again stand as they were sent; an import takes the apostrophe off.
        let is_escaped = match columns {
            Some(_) => download.is_read_again(),
            None => format == Format::Csv,
        };
        let formulas = if is_escaped { Formulas::Escaped } else { Formulas::Kept };
        Self { format, columns: columns.unwrap_or(ITEMS), formulas }
    }

    pub(super) const fn columns(&self) -> &'static [&'static str] {
        self.columns
    }

    pub(super) const fn formulas(&self) -> Formulas {
        self.formulas
    }

    /// Writes what stands before the items.
    pub(super) fn begin(&self, out: &mut Vec<u8>) {
        if self.format == Format::Csv {
            let names: Vec<Cell> = self.columns.iter().map(|&name| Cell::Text(name.to_owned())).collect();
            write_csv(&names, Formulas::Kept, out);
        }
    }

    /// Writes items as text.
    pub(super) fn write(&self, stretch: Stretch, out: &mut Vec<u8>) -> Result<(), Refusal> {
        match (stretch, self.format) {
            (Stretch::Items(items), Format::JsonLines) => {
                for item in items {
                    out.extend_from_slice(text(&jobs::item(item))?.as_bytes());
                    out.push(b'\n');
                }
            }
            (stretch, Format::JsonLines) => {
                rows(stretch).for_each(|row| write_json_line(self.columns, &row, out));
            }
            (stretch, _) => rows(stretch).for_each(|row| write_csv(&row, self.formulas, out)),
        }
        Ok(())
    }
}

/// Items as rows of cells.
pub(super) fn rows(stretch: Stretch) -> Box<dyn Iterator<Item = Vec<Cell>> + Send> {
    match stretch {
        Stretch::Items(items) => Box::new(items.into_iter().map(|item| row(jobs::item(item)))),
        Stretch::Rows(rows) => Box::new(rows.into_iter()),
    }
}

fn row(item: JobItem) -> Vec<Cell> {
    // As JSON Lines have them, in one cell. They are made of texts and values, and always become JSON.
    let changes = match item.changes.as_slice() {
        [] => String::new(),
        changes => serde_json::to_string(changes).unwrap_or_default(),
    };
    let cells = [
        item.index.to_string(),
        item.operation,
        item.value,
        item.member.unwrap_or_default(),
        item.outcome,
        item.reason,
        item.message.unwrap_or_default(),
        changes,
    ];
    cells.into_iter().map(Cell::Text).collect()
}
