//! CSV. Source: RFC 4180.

use std::borrow::Cow;
use std::io::Read;

use memchr::{memchr, memchr_iter, memchr2};

use crate::error::Error;
use crate::limits::Limits;
use crate::row::{Cell, Row, RowFault, Rows, check_headers, put_text, take_cells, unknown_columns};
use crate::source::Source;

/// The rows of a CSV file.
///
/// UTF-8, commas only: neither encoding nor delimiter is guessed. Lines end in LF or CRLF. A
/// quote opens a quoted value only at the start of a cell (after blanks); elsewhere it is a
/// character like any other.
pub(crate) struct CsvRows {
    source: Source,
    limits: Limits,
    headers: Vec<String>,
    unknown: Vec<String>,
    /// The line the next record begins on.
    line: u64,
    /// Rows given out so far.
    rows: u64,
    /// Where a quoted cell with doubled quotes is put together.
    scratch: String,
}

/// One record: it lies at the start of the source's window.
struct Frame {
    /// Bytes of the record, without its LF.
    length: usize,
    /// Bytes to consume, with its LF.
    consumed: usize,
    /// LFs inside quoted cells.
    inner_lines: u64,
    has_quotes: bool,
}

/// Where the search for the end of a record stands. Resumed after more bytes are read, so
/// that every byte is looked at once, however small the pieces are that arrive.
struct Scan {
    mode: Mode,
    position: usize,
    inner_lines: u64,
    has_quotes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No quote seen yet in this record: only LF and quotes matter.
    Search,
    CellStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: the cell's end, or the first half of a doubled quote.
    AfterQuote,
}

impl CsvRows {
    pub(crate) fn open(input: Box<dyn Read + Send>, columns: &[&str], limits: Limits) -> Result<Self, Error> {
        let (source, headers, unknown) = (Source::open_text(input)?, Vec::new(), Vec::new());
        let mut rows = Self { source, limits, headers, unknown, line: 1, rows: 0, scratch: String::new() };
        rows.read_header()?;
        rows.unknown = unknown_columns(&rows.headers, columns);
        Ok(rows)
    }

    fn read_header(&mut self) -> Result<(), Error> {
        let mut row = Row::default();
        if !self.read_record(&mut row, None)? {
            return Err(Error::NoHeader);
        }
        let at = Some(row.number);
        let cells = row.cells.map_err(|fault| Error::unreadable(at, format!("the header: {fault}")))?;
        for cell in cells {
            self.headers.push(cell.text().map_err(|fault| Error::unreadable(at, fault.message))?.to_owned());
        }
        if self.headers.iter().any(|name| name.contains('\r')) {
            return Err(Error::unreadable(at, "lines must end in LF or CRLF, not in CR alone"));
        }
        if let [only] = self.headers.as_slice()
            && let Some(delimiter) = only.chars().find(|c| matches!(c, ';' | '\t' | '|'))
        {
            let message = format!("columns must be separated by commas, not by {delimiter:?}");
            return Err(Error::unreadable(at, message));
        }
        check_headers(&self.headers, row.number, self.limits.columns_max)
    }

    /// Reads the next record that is not blank. `width` is the number of cells it must have;
    /// without one, too many cells are the error that they are in a header.
    fn read_record(&mut self, row: &mut Row, width: Option<usize>) -> Result<bool, Error> {
        let mut cells = take_cells(row);
        while let Some(frame) = self.next_frame()? {
            row.number = self.line;
            self.line += 1 + frame.inner_lines;
            let bytes = &self.source.window()[..frame.length];
            // Of CRLF: part of no cell.
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            let record = Record { bytes, has_quotes: frame.has_quotes };
            let (count, mut fault) =
                record.split((&mut cells, &mut row.trimmed), &mut self.scratch, &self.limits);
            self.source.consume(frame.consumed);
            if fault.is_none() {
                if count == cells.len() && cells.iter().all(Cell::is_blank) {
                    continue;
                }
                let max = self.limits.columns_max;
                if width.is_none() && count > max {
                    let message = format!("the header has {count} columns, at most {max} are read");
                    return Err(Error::too_large(Some(row.number), message));
                }
                fault = width
                    .filter(|&width| width != count)
                    .map(|width| RowFault::new(format!("has {count} cells where the header has {width}")));
            }
            let width = width.unwrap_or(cells.len());
            row.cells = RowFault::or_cells(fault, cells, width);
            return Ok(true);
        }
        Ok(false)
    }

    /// Brings the next record wholly into the window.
    fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        let mut scan = Scan { mode: Mode::Search, position: 0, inner_lines: 0, has_quotes: false };
        loop {
            // Never past the limit: what is said about a long row must not depend on how much
            // of it happens to be in the window.
            let window = self.source.window();
            let window = &window[..window.len().min(self.limits.line_bytes_max + 1)];
            let found = scan.run(window);
            let length = found.unwrap_or(window.len());
            if length > self.limits.line_bytes_max {
                return Err(self.line_too_long(&scan));
            }
            if found.is_some() {
                return Ok(Some(scan.frame(length, length + 1)));
            }
            if self.source.fill().map_err(|error| error.at(Some(self.line)))? {
                continue;
            }
            if length == 0 {
                return Ok(None);
            }
            if scan.mode == Mode::Quoted {
                let message = "a quoted cell that begins in this row is never closed";
                return Err(Error::unreadable(Some(self.line), message));
            }
            return Ok(Some(scan.frame(length, length)));
        }
    }

    fn line_too_long(&self, scan: &Scan) -> Error {
        let max = self.limits.line_bytes_max;
        if scan.mode == Mode::Quoted {
            let message = format!("a quoted cell is not closed within {max} bytes; is a quote missing?");
            return Error::unreadable(Some(self.line), message);
        }
        Error::too_large(Some(self.line), format!("the row is longer than {max} bytes"))
    }
}

impl Rows for CsvRows {
    fn headers(&self) -> &[String] {
        &self.headers
    }

    fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        if !self.read_record(row, Some(self.headers.len()))? {
            return Ok(false);
        }
        self.rows += 1;
        self.limits.check_rows(self.rows, row.number)?;
        Ok(true)
    }
}

impl Scan {
    /// Goes on to the end of `window`; the position of the LF that ends the record, if found.
    fn run(&mut self, window: &[u8]) -> Option<usize> {
        while let Some(rest) = window.get(self.position..).filter(|rest| !rest.is_empty()) {
            if self.mode == Mode::Search {
                match memchr2(b'\n', b'"', rest) {
                    None => self.position = window.len(),
                    Some(at) if rest[at] == b'\n' => return Some(self.position + at),
                    Some(_) => {
                        // The cells before the quote decide what it means: from the beginning.
                        self.has_quotes = true;
                        self.mode = Mode::CellStart;
                        self.position = 0;
                    }
                }
                continue;
            }
            let skipped = match self.mode {
                Mode::Plain => memchr2(b',', b'\n', rest),
                Mode::Quoted => memchr(b'"', rest),
                _ => Some(0),
            };
            let inside = skipped.unwrap_or(rest.len());
            if self.mode == Mode::Quoted {
                self.inner_lines += memchr_iter(b'\n', &rest[..inside]).count() as u64;
            }
            self.position += inside;
            if skipped.is_none() {
                continue;
            }
            if rest[inside] == b'\n' {
                return Some(self.position);
            }
            self.mode = self.mode.after(rest[inside]);
            self.position += 1;
        }
        None
    }

    fn frame(&self, length: usize, consumed: usize) -> Frame {
        Frame { length, consumed, inner_lines: self.inner_lines, has_quotes: self.has_quotes }
    }
}

impl Mode {
    /// The mode after `byte`, which is no LF that ends the record.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::AfterQuote,
            (Self::CellStart | Self::AfterQuote, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, b',') | (Self::CellStart, b' ' | b'\t') => Self::CellStart,
            _ => Self::Plain,
        }
    }
}

struct Record<'a> {
    bytes: &'a [u8],
    has_quotes: bool,
}

impl Record<'_> {
    /// Puts the cells into `cells`, with the positions of those that were trimmed, blank those that cannot be used, and returns how many there
    /// are, with the first fault; cells past `limits.columns_max` are counted only.
    fn split(
        &self,
        (cells, trimmed): (&mut Vec<Cell>, &mut Vec<usize>),
        scratch: &mut String,
        limits: &Limits,
    ) -> (usize, Option<RowFault>) {
        trimmed.clear();
        let (text, mut fault) = match std::str::from_utf8(self.bytes) {
            Ok(text) => (Cow::Borrowed(text), None),
            Err(error) => (String::from_utf8_lossy(self.bytes), Some(RowFault::not_utf8(&error))),
        };
        if fault.is_none() && memchr(0, self.bytes).is_some() {
            fault = Some(RowFault::new("contains a NUL character"));
        }
        let garbled = fault.is_some();
        let mut count = 0;
        let mut put = |value: Result<&str, RowFault>| {
            if count < limits.columns_max {
                let checked = value.and_then(|value| limits.check_cell(value.len(), count).map(|()| value));
                let value = checked.unwrap_or_else(|found| {
                    fault.get_or_insert(found);
                    ""
                });
                let lost = garbled && value.contains(['\0', char::REPLACEMENT_CHARACTER]);
                if put_text(cells, count, if lost { "" } else { value }) {
                    trimmed.push(count);
                }
            }
            count += 1;
        };
        if self.has_quotes {
            split_quoted(&text, scratch, &mut put);
        } else {
            let mut start = 0;
            for comma in memchr_iter(b',', text.as_bytes()) {
                put(Ok(&text[start..comma]));
                start = comma + 1;
            }
            put(Ok(&text[start..]));
        }
        cells.truncate(count);
        (count, fault)
    }
}

/// Splits a record in which quotes occur, giving every cell to `put`.
fn split_quoted(text: &str, scratch: &mut String, put: &mut impl FnMut(Result<&str, RowFault>)) {
    let mut rest = Some(text);
    while let Some(text) = rest {
        let start = text.trim_start_matches([' ', '\t']);
        if let Some(quoted) = start.strip_prefix('"') {
            scratch.clear();
            let after = unquote(quoted, scratch);
            let (blank, next) = split_comma(after);
            if blank.trim().is_empty() {
                put(Ok(scratch));
            } else {
                put(Err(RowFault::new("text stands after the closing quote of a cell")));
            }
            rest = next;
        } else {
            let (value, next) = split_comma(text);
            put(Ok(value));
            rest = next;
        }
    }
}

fn split_comma(text: &str) -> (&str, Option<&str>) {
    text.split_once(',').map_or((text, None), |(value, next)| (value, Some(next)))
}

/// Appends the quoted text that `rest` begins with to `value`; what follows its closing quote.
/// The record's frame has shown that there is one.
fn unquote<'a>(mut rest: &'a str, value: &mut String) -> &'a str {
    while let Some((text, after)) = rest.split_once('"') {
        value.push_str(text);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return after,
        }
    }
    value.push_str(rest);
    ""
}
