//! How much of a file is accepted.

use crate::error::Error;
use crate::row::RowFault;

const GIB: u64 = 1024 * 1024 * 1024;

/// The caps that one file is read under. Every one of them is checked while reading, against
/// bytes and rows that were really seen, never against what a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one CSV record (with its quoted line ends) or one JSON line; above: `TooLarge`,
    /// or `Unreadable` when a quote was never closed. Default 1 MiB: it bounds the read buffer.
    pub line_bytes_max: usize,
    /// Columns of a header, and keys of a JSON object. Default 256: no layout known to us has
    /// more than a few dozen.
    pub columns_max: usize,
    /// Bytes of one cell, in UTF-8; above: a fault of that row. Default 64 KiB: twice the
    /// longest text a spreadsheet cell can hold (32,767 characters) in Latin script.
    pub cell_bytes_max: usize,
    /// Rows after the header, faulty ones included. Default 10,000,000.
    pub rows_max: u64,
    /// The sheet of an XLSX workbook to read, by its name. Default none: the one called `CoreUser`, else the first.
    pub sheet: Option<String>,
    /// Bytes of an XLSX file as sent. Default 4 GiB: it lies on the disk while it is read, as any other upload might.
    pub xlsx_compressed_bytes_max: u64,
    /// Bytes of a part of an XLSX file that is read, counted while inflating. Default 16 GiB: a full sheet of 20 columns
    /// has 1 or 2 GiB.
    pub xlsx_inflated_bytes_max: u64,
    /// Inflated bytes per compressed byte of one part of an XLSX file, looked at once 1 MiB has
    /// been inflated. Default 250: sheets of people stay below 30, zip bombs reach 1,000.
    pub xlsx_ratio_max: u64,
    /// Parts inside an XLSX file. Default 1,000: an ordinary workbook has about fifteen.
    pub xlsx_entries_max: usize,
    /// Workbooks in an archive of them. Default 20,000: what an export has at most.
    pub archive_workbooks_max: usize,
    /// Shared strings of an XLSX workbook. Default 64 Mi: three full sheets of 20 columns without a repetition. They lie
    /// on the disk, 8 bytes each besides their text.
    pub xlsx_shared_strings_max: u64,
    /// Cells of the sheet, empty ones included. Default 256 Mi: a full sheet of 256 columns.
    pub xlsx_cells_max: u64,
    /// Bytes inside a gzip file, counted while inflating. Default 16 GiB: four times what may be sent uncompressed.
    pub gzip_inflated_bytes_max: u64,
    /// Inflated bytes per compressed byte of a gzip file, looked at once 1 MiB has been inflated. Default 250: files of
    /// people stay below 30, bombs reach 1,000.
    pub gzip_ratio_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 1024 * 1024,
            columns_max: 256,
            cell_bytes_max: 64 * 1024,
            rows_max: 10_000_000,
            sheet: None,
            xlsx_compressed_bytes_max: 4 * GIB,
            xlsx_inflated_bytes_max: 16 * GIB,
            xlsx_ratio_max: 250,
            xlsx_entries_max: 1_000,
            archive_workbooks_max: 20_000,
            xlsx_shared_strings_max: 64 * 1024 * 1024,
            xlsx_cells_max: 256 * 1024 * 1024,
            gzip_inflated_bytes_max: 16 * GIB,
            gzip_ratio_max: 250,
        }
    }
}

impl Limits {
    /// Checks a count of rows; `row` is where the last of them stands.
    pub(crate) fn check_rows(&self, rows: u64, row: u64) -> Result<(), Error> {
        if rows > self.rows_max {
            return Err(Error::too_large(
                Some(row),
                format!("the file has more than {} rows", self.rows_max),
            ));
        }
        Ok(())
    }

    /// Checks the length in bytes of the value in the column `index`, counted from 0.
    pub(crate) fn check_cell(&self, bytes: usize, index: usize) -> Result<(), RowFault> {
        if bytes > self.cell_bytes_max {
            let max = self.cell_bytes_max;
            let message =
                format!("the cell in column {} has {bytes} bytes, at most {max} are read", index + 1);
            return Err(RowFault::new(message));
        }
        Ok(())
    }
}
