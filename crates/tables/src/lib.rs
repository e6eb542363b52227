//! Rows out of CSV, XLSX and JSON Lines, with hard limits, and into them.
//!
//! [`open_upload`] takes a file as somebody sent it, also inside gzip, and tells its format; [`open`] takes any byte
//! stream whose format is known. Both give back a [`Rows`]: the column names, then one row at a time. All formats are
//! streamed in bounded memory; an XLSX workbook and its table of shared strings lie in temporary files without a name
//! meanwhile, because a ZIP archive has its directory at the end.
//!
//! A ZIP archive that holds nothing but XLSX workbooks with the same header, as an [`Archive`] may, is read as one file.
//!
//! Two kinds of trouble are kept apart. What is wrong with one row is a [`RowFault`] inside
//! that row, and the next row is read as if nothing had happened. What makes the rest of the
//! file impossible or too costly to read is an [`Error`], and ends the reading.
//!
//! The other way, [`write_csv`] and [`write_json_line`] write one row, and a [`Workbook`] takes rows in constant memory.
//! An [`Archive`] holds several of them.
//!
//! What the columns mean is the caller's business; [`find_column`] finds one by name.

mod archive;
mod csv;
mod error;
mod format;
mod gzip;
mod inflate;
mod jsonl;
mod limits;
mod list;
mod row;
mod source;
mod upload;
mod workbook;
mod write;
mod xlsx;

use std::io::Read;

pub use archive::Archive;
pub use error::Error;
pub use format::Format;
pub use limits::Limits;
pub use list::{join_list, split_list};
pub use row::{CLEAR, Cell, Change, Row, RowFault, Rows, UNKNOWN_COLUMNS_MAX, column_key, find_column};
pub use upload::{Upload, open_upload};
pub use workbook::{SHEET_ROWS_MAX, Workbook};
pub use write::{Formulas, write_csv, write_json_line};

/// Opens a file for reading: reads its header, checks what can be checked at once, and
/// returns the rows that follow.
///
/// `columns` are the names the caller knows. JSON Lines has no header, so they *are* its
/// [`Rows::headers`], in this order; keys are matched by [`column_key`]. CSV and XLSX bring their
/// own header. What is none of `columns` is told by [`Rows::unknown_columns`].
///
/// Whitespace around every value is trimmed, and the apostrophe that Throng writes before a
/// cell starting with `=`, `+`, `-`, `@`, TAB, CR or NUL, or with apostrophes and one of these, is
/// taken off again (CSV and XLSX); see [`Formulas`].
///
/// # Errors
/// [`Error::NoHeader`] for a CSV or XLSX file with nothing in it, [`Error::TooLarge`] and
/// [`Error::Unreadable`] as described there, [`Error::Input`] when `input` fails, [`Error::Disk`]
/// when there is no room for a temporary file.
pub fn open(
    format: Format,
    input: Box<dyn Read + Send>,
    columns: &[&str],
    limits: Limits,
) -> Result<Box<dyn Rows + Send>, Error> {
    if limits.sheet.is_some() && format != Format::Xlsx {
        return Err(Error::unreadable(
            None,
            "only a workbook has sheets: send this file without the name of one",
        ));
    }
    Ok(match format {
        Format::Csv => Box::new(csv::CsvRows::open(input, columns, limits)?),
        Format::Xlsx => xlsx::open(input, columns, limits)?,
        Format::JsonLines => Box::new(jsonl::JsonRows::open(input, columns, limits)?),
    })
}
