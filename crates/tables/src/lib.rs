//! Rows out of CSV, XLSX and JSON Lines, with hard limits, and into them.
//!
//! [`open`] takes any byte stream and gives back a [`Rows`]: the column names, then one row
//! at a time. CSV and JSON Lines are streamed in bounded memory; an XLSX workbook is held in
//! memory, within the caps of [`Limits`], because a ZIP archive has its directory at the end.
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
mod jsonl;
mod limits;
mod list;
mod row;
mod source;
mod workbook;
mod write;
mod xlsx;
mod zip;

use std::io::Read;

pub use archive::Archive;
pub use error::Error;
pub use format::Format;
pub use limits::Limits;
pub use list::{join_list, split_list};
pub use row::{Cell, Row, RowFault, Rows, column_key, find_column};
pub use workbook::{SHEET_ROWS_MAX, Workbook};
pub use write::{Formulas, write_csv, write_json_line};

/// Opens a file for reading: reads its header, checks what can be checked at once, and
/// returns the rows that follow.
///
/// `columns` are the names the caller knows. JSON Lines has no header, so they *are* its
/// [`Rows::headers`], in this order; keys are matched by [`column_key`] and unknown keys are
/// ignored. CSV and XLSX bring their own header, and `columns` is not looked at.
///
/// Whitespace around every value is trimmed, and the apostrophe that Throng writes before a
/// cell starting with `=`, `+`, `-`, `@`, TAB, CR or NUL, or with apostrophes and one of these, is
/// taken off again (CSV and XLSX); see [`Formulas`].
///
/// # Errors
/// [`Error::NoHeader`] for a CSV or XLSX file with nothing in it, [`Error::TooLarge`] and
/// [`Error::Unreadable`] as described there, [`Error::Input`] when `input` fails.
pub fn open(
    format: Format,
    input: Box<dyn Read + Send>,
    columns: &[&str],
    limits: Limits,
) -> Result<Box<dyn Rows + Send>, Error> {
    Ok(match format {
        Format::Csv => Box::new(csv::CsvRows::open(input, limits)?),
        Format::Xlsx => Box::new(xlsx::XlsxRows::open(input, limits)?),
        Format::JsonLines => Box::new(jsonl::JsonRows::open(input, columns, limits)?),
    })
}
