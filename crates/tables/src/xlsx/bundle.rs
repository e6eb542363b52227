//! Workbooks in a ZIP archive, as an export comes: read as one file, in the order of the archive.

use std::collections::VecDeque;
use std::sync::Arc;

use super::archive::{Archive, is_note_of_mac, is_workbook_name};
use super::{XlsxRows, spool};
use crate::error::Error;
use crate::inflate::Together;
use crate::limits::Limits;
use crate::row::{Row, Rows, column_key};

/// Characters of a file's name that are told.
const NAME_CHARS: usize = 100;

/// The rows of all workbooks. One of them at a time lies in a temporary file besides the archive.
///
/// Rows are numbered as if the workbooks stood below one another under the first one's header: the headers of the
/// others do not count.
pub(super) struct Bundle {
    archive: Archive,
    together: Arc<Together>,
    limits: Limits,
    /// Where in the archive the workbooks are that were not opened yet, and what they are called.
    left: VecDeque<(usize, String)>,
    name: String,
    current: XlsxRows,
    /// Added to the numbers of the rows of this workbook, in which its header was taken off.
    before: u64,
    /// The number of the row that was read last, or of the first header.
    last: u64,
    rows: u64,
}

impl Bundle {
    /// Looks at all names, and opens the first workbook. What a Mac added is passed over.
    ///
    /// # Errors
    /// `Unreadable` if there is anything else but workbooks beside each other.
    pub(super) fn open(
        mut archive: Archive,
        together: Arc<Together>,
        columns: &[&str],
        limits: Limits,
    ) -> Result<Self, Error> {
        let mut left = VecDeque::new();
        for (index, raw) in archive.names().enumerate().filter(|(_, raw)| !is_note_of_mac(raw)) {
            let name: String = String::from_utf8_lossy(raw).chars().take(NAME_CHARS).collect();
            if !is_workbook_name(raw) || raw.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
                let message = format!(
                    "the archive has '{name}' in it; only .xlsx workbooks are read, and those in no folder"
                );
                return Err(Error::unreadable(None, message));
            }
            left.push_back((index, name));
        }
        let (index, name) = left.pop_front().ok_or(Error::NoHeader)?;
        let current = workbook(&mut archive, &together, index, (columns, &limits))
            .map_err(|error| error.inside(&name, |row| row))?;
        let last = current.header_row;
        Ok(Self { archive, together, limits, left, name, current, before: last, last, rows: 0 })
    }

    /// Goes to the next workbook; whether there was one.
    fn advance(&mut self) -> Result<bool, Error> {
        let Some((index, name)) = self.left.pop_front() else { return Ok(false) };
        let before = self.last;
        let next = workbook(&mut self.archive, &self.together, index, (&[], &self.limits))
            .map_err(|error| error.inside(&name, |row| row))?;
        let is_same = {
            let keys = |rows: &XlsxRows| rows.headers.iter().map(|name| column_key(name)).collect::<Vec<_>>();
            keys(&next) == keys(&self.current)
        };
        if !is_same {
            let message = format!(
                "in '{name}': its header is not that of '{}'; all workbooks of an archive need the same columns in \
                 the same order",
                self.name
            );
            return Err(Error::unreadable(None, message));
        }
        // What is told of the columns is as the first workbook has them.
        let headers = std::mem::take(&mut self.current.headers);
        let unknown = std::mem::take(&mut self.current.unknown);
        self.current = XlsxRows { headers, unknown, ..next };
        (self.name, self.before) = (name, before);
        Ok(true)
    }
}

impl Rows for Bundle {
    fn headers(&self) -> &[String] {
        &self.current.headers
    }

    fn unknown_columns(&self) -> &[String] {
        &self.current.unknown
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        loop {
            let (before, header) = (self.before, self.current.header_row);
            let counted = |number: u64| before + number.saturating_sub(header);
            if self.current.next_row(row).map_err(|error| error.inside(&self.name, counted))? {
                row.number = counted(row.number);
                if let Err(fault) = &mut row.cells {
                    fault.message = format!("in '{}': {}", self.name, fault.message);
                }
                (self.last, self.rows) = (row.number, self.rows + 1);
                self.limits.check_rows(self.rows, row.number)?;
                return Ok(true);
            }
            if !self.advance()? {
                return Ok(false);
            }
        }
    }
}

/// Copies a workbook out of the archive, and opens it.
fn workbook(
    archive: &mut Archive,
    together: &Arc<Together>,
    index: usize,
    (columns, limits): (&[&str], &Limits),
) -> Result<XlsxRows, Error> {
    let part = archive.part_at(index)?;
    let file = spool(Box::new(part), limits.xlsx_compressed_bytes_max)?;
    let archive = Archive::open(file, limits, Some(Arc::clone(together)))?;
    if archive.holds_workbooks() {
        return Err(Error::unreadable(None, "the file is an archive of workbooks itself; take it apart"));
    }
    XlsxRows::open(archive, columns, limits.clone())
}
