//! XLSX: one sheet of a workbook, or of each of the workbooks in an archive. Source: ECMA-376 part 1, section 18.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::sync::Arc;

use crate::error::Error;
use crate::format::COMPOUND_MAGIC;
use crate::inflate::{Growth, Together};
use crate::limits::Limits;
use crate::row::{Cell, Row, RowFault, Rows, check_headers, put_text, take_cells, unknown_columns};

mod archive;
mod book;
mod bundle;
mod pages;
mod place;
mod sheet;
mod strings;
mod style;
mod text;
mod value;
mod xml;

use archive::Archive;
use book::Book;
use bundle::Bundle;
use sheet::{Kind, Reading, Sheet};
use strings::Strings;
use style::Styles;
use xml::Xml;

/// Bytes of the file that are copied at once.
const SPOOL_BYTES: usize = 64 * 1024;
/// Bytes that tell what kind of file it is.
const MAGIC_BYTES: usize = 8;

/// Opens a workbook, or an archive of workbooks.
pub(crate) fn open(
    input: Box<dyn Read + Send>,
    columns: &[&str],
    limits: Limits,
) -> Result<Box<dyn Rows + Send>, Error> {
    let file = spool(input, limits.xlsx_compressed_bytes_max)?;
    let bytes = file.metadata().map_err(Error::Disk)?.len();
    let mut archive = Archive::open(file, &limits, None)?;
    if archive.holds_workbooks() {
        let growth = Growth::new("the archive", limits.xlsx_inflated_bytes_max, limits.xlsx_ratio_max);
        let together = Arc::new(Together::new(growth, bytes));
        archive.count_for(Arc::clone(&together));
        return Ok(Box::new(Bundle::open(archive, together, columns, limits)?));
    }
    Ok(Box::new(XlsxRows::open(archive, columns, limits)?))
}

/// The rows of one sheet, read from a temporary file as they are asked for.
struct XlsxRows {
    limits: Limits,
    headers: Vec<String>,
    /// Where the header stands.
    header_row: u64,
    unknown: Vec<String>,
    sheet: Sheet,
    rows: u64,
}

impl XlsxRows {
    fn open(mut archive: Archive, columns: &[&str], limits: Limits) -> Result<Self, Error> {
        let book = Book::find(&mut archive, limits.sheet.as_deref())?;
        let mut part = |name: &Option<String>| name.as_ref().map_or(Ok(None), |name| archive.part(name));
        let styles = match part(&book.styles)? {
            Some(part) => Styles::load(Xml::open(part)?)?,
            None => Styles::default(),
        };
        let strings = match part(&book.shared_strings)? {
            Some(part) => Strings::load(Xml::open(part)?, limits.xlsx_shared_strings_max)?,
            None => Strings::none()?,
        };
        let part = part(&Some(book.sheet))?
            .ok_or_else(|| Error::unreadable(None, "the workbook is damaged: its sheet is missing"))?;
        let with = Reading { strings, styles, is_1904: book.is_1904, cells_max: limits.xlsx_cells_max };
        let sheet = Sheet::open(part, with)?;
        let mut rows =
            Self { limits, headers: Vec::new(), header_row: 0, unknown: Vec::new(), sheet, rows: 0 };
        rows.read_header()?;
        rows.unknown = unknown_columns(&rows.headers, columns);
        Ok(rows)
    }

    fn read_header(&mut self) -> Result<(), Error> {
        let first = self.sheet.cell().ok_or(Error::NoHeader)?.row;
        let at = Some(first.into());
        self.header_row = first.into();
        while let Some(cell) = self.sheet.cell().filter(|cell| cell.row == first) {
            let column = cell.column as usize;
            if column > self.limits.columns_max {
                let max = self.limits.columns_max;
                let message = format!("the header reaches to column {column}, at most {max} are read");
                return Err(Error::too_large(at, message));
            }
            let text = checked_text(cell, &self.sheet)
                .and_then(|text| self.limits.check_cell(text.len(), column - 1).map(|()| text))
                .map_err(|fault| Error::unreadable(at, fault.message))?;
            self.headers.resize(column - 1, String::new());
            self.headers.push(text.trim().to_owned());
            self.sheet.advance()?;
        }
        check_headers(&self.headers, first.into(), self.limits.columns_max)
    }

    /// Fills `cells` from the cells of the row at which the sheet is, as far as they can be used; the first fault.
    fn fill(
        &mut self,
        row: u32,
        (cells, trimmed): (&mut Vec<Cell>, &mut Vec<usize>),
    ) -> Result<Option<RowFault>, Error> {
        let mut fault = None;
        trimmed.clear();
        for index in 0..self.headers.len() {
            put_text(cells, index, "");
        }
        cells.truncate(self.headers.len());
        while let Some(cell) = self.sheet.cell().filter(|cell| cell.row == row) {
            match self.usable(cell) {
                Ok(text) => {
                    let index = cell.column as usize - 1;
                    if put_text(cells, index, text) {
                        trimmed.push(index);
                    }
                }
                Err(found) => {
                    fault.get_or_insert(found);
                }
            }
            self.sheet.advance()?;
        }
        Ok(fault)
    }

    fn usable<'a>(&self, cell: &'a sheet::Cell) -> Result<&'a str, RowFault> {
        let text = checked_text(cell, &self.sheet)?;
        let column = cell.column as usize;
        if column > self.headers.len() {
            let message = format!("the cell {} stands in a column without a header", place(cell));
            return Err(RowFault::new(message));
        }
        self.limits.check_cell(text.len(), column - 1)?;
        Ok(text)
    }
}

impl Rows for XlsxRows {
    fn headers(&self) -> &[String] {
        &self.headers
    }

    fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        let Some(cell) = self.sheet.cell() else { return Ok(false) };
        let number = cell.row;
        row.number = number.into();
        let mut cells = take_cells(row);
        let fault = self.fill(number, (&mut cells, &mut row.trimmed))?;
        row.cells = RowFault::or_cells(fault, cells, self.headers.len());
        self.rows += 1;
        self.limits.check_rows(self.rows, row.number)?;
        Ok(true)
    }
}

/// The text of a cell, or why it cannot be used.
fn checked_text<'a>(cell: &'a sheet::Cell, sheet: &Sheet) -> Result<&'a str, RowFault> {
    let text = cell.text.trim();
    match cell.kind {
        Kind::Formula => {
            Err(RowFault::new(format!("the cell {} holds a formula; only values are read", place(cell))))
        }
        Kind::Error => Err(RowFault::new(format!("the cell {} holds the error {text}", place(cell)))),
        Kind::NoString => {
            let shown: String = text.chars().take(20).collect();
            let count = sheet.shared_strings();
            let message = format!(
                "the cell {} refers to shared text {shown:?}, of {count} that there are",
                place(cell)
            );
            Err(RowFault::new(message))
        }
        Kind::Value if text.contains('\0') => Err(RowFault::new("contains a NUL character")),
        Kind::Value => Ok(&cell.text),
    }
}

fn place(cell: &sheet::Cell) -> String {
    place::show(cell.row, cell.column)
}

/// Copies the whole input, up to `bytes_max`, into a temporary file without a name.
fn spool(mut input: Box<dyn Read + Send>, bytes_max: u64) -> Result<File, Error> {
    let mut file = tempfile::tempfile().map_err(Error::Disk)?;
    let mut buffer = vec![0; SPOOL_BYTES];
    let (mut filled, mut total) = (0, 0_u64);
    loop {
        let count = match input.read(&mut buffer[filled..]) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::of_io(error)),
        };
        filled += count;
        // What it is, before 4 GiB of it are kept.
        if count > 0 && total == 0 && filled < MAGIC_BYTES {
            continue;
        }
        if total == 0 {
            check_magic(&buffer[..filled])?;
        }
        total += filled as u64;
        if total > bytes_max {
            return Err(Error::too_large(None, format!("the workbook is larger than {bytes_max} bytes")));
        }
        file.write_all(&buffer[..filled]).map_err(Error::Disk)?;
        filled = 0;
        if count == 0 {
            file.rewind().map_err(Error::Disk)?;
            return Ok(file);
        }
    }
}

fn check_magic(head: &[u8]) -> Result<(), Error> {
    let message = if head.starts_with(b"PK") {
        return Ok(());
    } else if head.starts_with(COMPOUND_MAGIC) {
        "the file is an old .xls workbook or protected by a password; save it as .xlsx without one"
    } else if head.starts_with(b"%PDF") {
        "the file is a PDF document and no XLSX workbook"
    } else {
        "the file is no XLSX workbook"
    };
    Err(Error::unreadable(None, message))
}
