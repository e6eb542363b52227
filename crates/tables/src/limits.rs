//! How much of a file is accepted.

use crate::error::Error;
use crate::row::RowFault;

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
    /// Bytes of an XLSX file as sent. Default 10 MB: the file is held in memory.
    pub xlsx_compressed_bytes_max: usize,
    /// Bytes of all parts of an XLSX file together, counted while inflating. Default 100 MB.
    pub xlsx_inflated_bytes_max: u64,
    /// Inflated bytes per compressed byte over the whole XLSX file, looked at once 1 MiB has
    /// been inflated. Default 250: sheets of people stay below 30, zip bombs reach 1,000.
    pub xlsx_ratio_max: u64,
    /// Parts inside an XLSX file. Default 1,000: an ordinary workbook has about fifteen.
    pub xlsx_entries_max: usize,
    /// Shared strings of an XLSX workbook: they are loaded whole. Default 200,000.
    pub xlsx_shared_strings_max: usize,
    /// Cells of the sheet, empty ones included. Default 4,000,000.
    pub xlsx_cells_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 1024 * 1024,
            columns_max: 256,
            cell_bytes_max: 64 * 1024,
            rows_max: 10_000_000,
            xlsx_compressed_bytes_max: 10_000_000,
            xlsx_inflated_bytes_max: 100_000_000,
            xlsx_ratio_max: 250,
            xlsx_entries_max: 1_000,
            xlsx_shared_strings_max: 200_000,
            xlsx_cells_max: 4_000_000,
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
