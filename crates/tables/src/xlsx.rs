//! XLSX: one sheet of a workbook. Source: ECMA-376 part 1, section 18.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, Xlsx};

use crate::error::Error;
use crate::format::COMPOUND_MAGIC;
use crate::limits::Limits;
use crate::row::{Cell, Row, RowFault, Rows, check_headers, put_text, take_cells};

mod value;

/// The sheet that is read when a workbook has several; else the first one.
const SHEET_PREFERRED: &str = "CoreUser";

/// The rows of one sheet, kept as one text and an index into it.
pub(crate) struct XlsxRows {
    limits: Limits,
    headers: Vec<String>,
    sheet: Sheet,
    /// The next entry of `sheet.cells`.
    next: usize,
    rows: u64,
}

/// The non-blank cells of a sheet, in the order of their places.
#[derive(Default)]
struct Sheet {
    cells: Vec<Stored>,
    text: String,
    /// Where shared strings lie in `text`, by their address in the parser's table: a string
    /// used in a million cells is kept once.
    shared: HashMap<usize, (u32, u32)>,
}

/// A cell: its place, counted from 0, and its text.
#[derive(Clone, Copy)]
struct Stored {
    row: u32,
    column: u32,
    start: u32,
    length: u32,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Value,
    Formula,
    /// The text is the error's name.
    Error,
}

impl XlsxRows {
    pub(crate) fn open(input: Box<dyn Read + Send>, limits: Limits) -> Result<Self, Error> {
        let bytes = spool(input, limits.xlsx_compressed_bytes_max)?;
        if bytes.starts_with(COMPOUND_MAGIC) {
            let message =
                "the file is an old .xls workbook or protected by a password; save it as .xlsx without one";
            return Err(Error::unreadable(None, message));
        }
        if !bytes.starts_with(b"PK") {
            return Err(Error::unreadable(None, "the file is no XLSX workbook"));
        }
        crate::zip::inspect(&bytes, &limits)?;
        // The parser computes with numbers found in the file; should one overflow that was not
        // refused above, it panics.
        let mut sheet = catch_unwind(AssertUnwindSafe(|| read_sheet(bytes, &limits)))
            .unwrap_or_else(|_| Err(Error::unreadable(None, "the workbook is damaged")))?;
        sheet.shared = HashMap::new();
        let mut rows = Self { limits, headers: Vec::new(), sheet, next: 0, rows: 0 };
        rows.read_header()?;
        Ok(rows)
    }

    fn read_header(&mut self) -> Result<(), Error> {
        let first = self.sheet.cells.first().ok_or(Error::NoHeader)?.row;
        let number = u64::from(first) + 1;
        let at = Some(number);
        while let Some(cell) = self.sheet.cells.get(self.next).filter(|cell| cell.row == first) {
            self.next += 1;
            let text = self.sheet.checked_text(cell).map_err(|fault| Error::unreadable(at, fault.message))?;
            let column = cell.column as usize;
            if column >= self.limits.columns_max {
                let max = self.limits.columns_max;
                let message = format!("the header reaches to column {}, at most {max} are read", column + 1);
                return Err(Error::too_large(at, message));
            }
            self.headers.resize(column, String::new());
            self.headers.push(text.trim().to_owned());
        }
        check_headers(&self.headers, number, self.limits.columns_max)
    }

    /// Fills `cells` from the stored cells of one row, as far as they can be used; the first fault.
    fn fill(&self, stored: &[Stored], cells: &mut Vec<Cell>) -> Option<RowFault> {
        let mut fault = None;
        for index in 0..self.headers.len() {
            put_text(cells, index, "");
        }
        cells.truncate(self.headers.len());
        for cell in stored {
            match self.usable(cell) {
                Ok(text) => put_text(cells, cell.column as usize, text),
                Err(found) => {
                    fault.get_or_insert(found);
                }
            }
        }
        fault
    }

    fn usable(&self, cell: &Stored) -> Result<&str, RowFault> {
        let text = self.sheet.checked_text(cell)?;
        let column = cell.column as usize;
        if column >= self.headers.len() {
            let message = format!("the cell {} stands in a column without a header", place(cell));
            return Err(RowFault::new(message));
        }
        self.limits.check_cell(text.len(), column)?;
        Ok(text)
    }
}

impl Rows for XlsxRows {
    fn headers(&self) -> &[String] {
        &self.headers
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        let Some(first) = self.sheet.cells.get(self.next) else { return Ok(false) };
        let stored = self.sheet.cells[self.next..].iter().take_while(|cell| cell.row == first.row).count();
        let range = self.next..self.next + stored;
        row.number = u64::from(first.row) + 1;
        let mut cells = take_cells(row);
        let fault = self.fill(&self.sheet.cells[range], &mut cells);
        row.cells = RowFault::or_cells(fault, cells, self.headers.len());
        self.next += stored;
        self.rows += 1;
        self.limits.check_rows(self.rows, row.number)?;
        Ok(true)
    }
}

impl Sheet {
    /// The text of a cell, or why it cannot be used.
    fn checked_text(&self, cell: &Stored) -> Result<&str, RowFault> {
        let text = &self.text[cell.start as usize..][..cell.length as usize];
        match cell.kind {
            Kind::Formula => {
                Err(RowFault::new(format!("the cell {} holds a formula; only values are read", place(cell))))
            }
            Kind::Error => Err(RowFault::new(format!("the cell {} holds the error {text}", place(cell)))),
            Kind::Value if text.contains('\0') => Err(RowFault::new("contains a NUL character")),
            Kind::Value => Ok(text),
        }
    }

    /// Appends one cell as the parser gives it; blank ones are left out.
    fn push(&mut self, (row, column): (u32, u32), value: &DataRef<'_>, formula: bool) -> Result<(), Error> {
        let at = Some(u64::from(row) + 1);
        if self.cells.last().is_some_and(|last| (last.row, last.column) >= (row, column)) {
            return Err(Error::unreadable(at, "the workbook is damaged: its cells are out of order"));
        }
        let mut kind = Kind::Value;
        let (start, length) = if formula {
            kind = Kind::Formula;
            (0, 0)
        } else if let DataRef::SharedString(text) = value {
            let address = text.as_ptr() as usize;
            if let Some(&known) = self.shared.get(&address) {
                known
            } else {
                let place = self.append(|sheet| sheet.push_str(text.trim()), at)?;
                self.shared.insert(address, place);
                place
            }
        } else {
            if matches!(value, DataRef::Error(_)) {
                kind = Kind::Error;
            }
            self.append(|text| value::write(text, value), at)?
        };
        if length > 0 || formula {
            self.cells.push(Stored { row, column, start, length, kind });
        }
        Ok(())
    }

    fn append(&mut self, write: impl FnOnce(&mut String), row: Option<u64>) -> Result<(u32, u32), Error> {
        let start = self.text.len();
        write(&mut self.text);
        match (u32::try_from(start), u32::try_from(self.text.len())) {
            (Ok(start), Ok(end)) => Ok((start, end - start)),
            _ => Err(Error::too_large(row, "the sheet holds more than 4 GiB of text")),
        }
    }
}

/// Reads the whole input into memory, up to `bytes_max`.
fn spool(input: Box<dyn Read + Send>, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    input.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(Error::Input)?;
    if bytes.len() > bytes_max {
        return Err(Error::too_large(None, format!("the workbook is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn read_sheet(bytes: Vec<u8>, limits: &Limits) -> Result<Sheet, Error> {
    let damaged = |row, error: &dyn std::fmt::Display| {
        Error::unreadable(row, format!("the workbook is damaged: {error}"))
    };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(None, &error))?;
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let name = sheets
        .clone()
        .find(|sheet| sheet.name.trim().eq_ignore_ascii_case(SHEET_PREFERRED))
        .or_else(|| sheets.clone().next())
        .map(|sheet| sheet.name.clone())
        .ok_or_else(|| Error::unreadable(None, "the workbook has no sheet"))?;
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(|error| damaged(None, &error))?;
    let mut sheet = Sheet::default();
    let mut last_row = None;
    let mut count = 0_usize;
    loop {
        let cell = match reader.next_cell_with_formula_metadata() {
            Ok(Some(cell)) => cell,
            Ok(None) => return Ok(sheet),
            Err(error) => return Err(damaged(last_row, &error)),
        };
        last_row = Some(u64::from(cell.pos.0) + 1);
        count += 1;
        if count > limits.xlsx_cells_max {
            let message = format!("the sheet has more than {} cells", limits.xlsx_cells_max);
            return Err(Error::too_large(last_row, message));
        }
        sheet.push(cell.pos, &cell.value, cell.formula.is_some())?;
    }
}

/// The place of a cell as a spreadsheet names it: `C5`.
fn place(cell: &Stored) -> String {
    let mut letters = Vec::new();
    let mut column = cell.column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        match (column / 26).checked_sub(1) {
            Some(rest) => column = rest,
            None => break,
        }
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", u64::from(cell.row) + 1)
}
