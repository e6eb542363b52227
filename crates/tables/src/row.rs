//! Rows, cells, and the names of columns.

use std::borrow::Cow;

use crate::error::Error;
use crate::list::split_list;

/// One value of a row, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A single text; the empty text is a blank cell. Lists in CSV and XLSX arrive as text in
    /// brackets: [`Cell::list`] takes them apart.
    Text(String),
    /// A JSON array of texts.
    List(Vec<String>),
}

impl Default for Cell {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// The text that clears a value, in any case: what is left blank stays as it is.
pub const CLEAR: &str = "[clear]";

/// What a cell says to an update of something that has a value already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing: the value stays. A blank cell; in JSON a missing key, `null` and the empty text too.
    Keep,
    /// There is to be no value, or no item: [`CLEAR`], and for a list also `[]`.
    Clear,
    /// This is to be the value.
    Set(T),
}

impl Cell {
    /// What the cell says to an update of a single value.
    ///
    /// # Errors
    /// The cell holds a JSON list.
    pub fn change(&self) -> Result<Change<&str>, RowFault> {
        if self.is_clear() {
            return Ok(Change::Clear);
        }
        let text = self.text()?;
        Ok(if text.is_empty() { Change::Keep } else { Change::Set(text) })
    }

    /// What the cell says to an update of a list. Items given are never none.
    ///
    /// # Errors
    /// As [`split_list`].
    pub fn list_change(&self) -> Result<Change<Cow<'_, [String]>>, RowFault> {
        if self.is_blank() {
            return Ok(Change::Keep);
        }
        let items = self.list()?;
        Ok(if items.is_empty() { Change::Clear } else { Change::Set(items) })
    }

    /// Whether the cell is [`CLEAR`].
    fn is_clear(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().eq_ignore_ascii_case(CLEAR))
    }

    /// Whether the cell says nothing. An empty list (`[]`) and [`CLEAR`] are not blank: they say "none".
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The text of a cell that is to hold a single value; the empty text for [`CLEAR`].
    ///
    /// # Errors
    /// The cell holds a JSON list.
    pub fn text(&self) -> Result<&str, RowFault> {
        match self {
            Self::Text(_) if self.is_clear() => Ok(""),
            Self::Text(text) => Ok(text),
            Self::List(_) => Err(RowFault::new("a list stands where a single value is expected")),
        }
    }

    /// The items of a cell that is to hold a list; none for a blank cell, and for [`CLEAR`]. A list whose one item has
    /// that name is written without brackets.
    ///
    /// # Errors
    /// As [`split_list`].
    pub fn list(&self) -> Result<Cow<'_, [String]>, RowFault> {
        match self {
            Self::Text(_) if self.is_clear() => Ok(Cow::Borrowed(&[])),
            Self::Text(text) => split_list(text).map(Cow::Owned),
            Self::List(items) => Ok(Cow::Borrowed(items)),
        }
    }
}

/// What is wrong with one row; its neighbours are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// What is wrong, in one sentence without the row's number.
    pub message: String,
    /// What could be read of the row all the same, to show whose row it is: in the order of
    /// [`Rows::headers`], exactly as many, the empty text where a cell could not be read. Empty
    /// when the fault is that of a single cell ([`Cell::text`], [`Cell::list`]).
    pub cells: Vec<Cell>,
}

impl RowFault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cells: Vec::new() }
    }

    pub(crate) fn not_utf8(error: &std::str::Utf8Error) -> Self {
        Self::new(format!("is not valid UTF-8 (byte {})", error.valid_up_to() + 1))
    }

    /// The outcome of a row: `cells`, brought to `width`, or the fault that was found with them in it.
    pub(crate) fn or_cells(
        fault: Option<Self>,
        mut cells: Vec<Cell>,
        width: usize,
    ) -> Result<Vec<Cell>, Self> {
        cells.resize_with(width, Cell::default);
        match fault {
            Some(fault) => Err(Self { cells, ..fault }),
            None => Ok(cells),
        }
    }
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RowFault {}

/// One row after the header. Use one value again for all rows: its allocations are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where the row begins in the file, from 1: the line of a CSV or JSON Lines file, the row
    /// number of a sheet. The header of a table without leading blank lines is 1.
    pub number: u64,
    /// The cells in the order of [`Rows::headers`], exactly as many; or what is wrong with them.
    pub cells: Result<Vec<Cell>, RowFault>,
    /// The positions of texts that had white space at their ends, which was taken off; only where `cells` are all right.
    pub trimmed: Vec<usize>,
}

impl Default for Row {
    fn default() -> Self {
        Self { number: 0, cells: Ok(Vec::new()), trimmed: Vec::new() }
    }
}

/// Unknown keys of a JSON Lines file that are kept to be told: as many as a header can have columns.
pub const UNKNOWN_COLUMNS_MAX: usize = 256;

/// The rows of an opened file.
pub trait Rows {
    /// The names of the columns, trimmed, as the file spells them. A column without a name is
    /// `""`; no two others have the same [`column_key`].
    fn headers(&self) -> &[String];

    /// The names of columns that none of the columns known to the caller has, as the file spells them, in their order.
    /// Of CSV and XLSX those of the header; of JSON Lines the keys met so far, at most [`UNKNOWN_COLUMNS_MAX`].
    fn unknown_columns(&self) -> &[String];

    /// Reads the next row into `row`; `false` at the end, `row` then being unspecified.
    /// Rows in which every cell is blank are passed over.
    ///
    /// # Errors
    /// As [`Error`] describes. Do not go on reading after an error.
    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error>;
}

/// The form in which column names are compared: lower case, without white space, `_` and `-`.
/// `Login Id`, `loginId` and `login_id` all give `loginid`.
pub fn column_key(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The position of the column called `name`, compared by [`column_key`].
pub fn find_column(headers: &[String], name: &str) -> Option<usize> {
    let key = column_key(name);
    headers.iter().position(|header| column_key(header) == key)
}

/// The headers that have a name and are none of `columns`.
pub(crate) fn unknown_columns(headers: &[String], columns: &[&str]) -> Vec<String> {
    let known: std::collections::HashSet<String> = columns.iter().map(|name| column_key(name)).collect();
    headers.iter().filter(|name| !name.is_empty() && !known.contains(&column_key(name))).cloned().collect()
}

/// Checks a header as read: not too wide, no name twice.
pub(crate) fn check_headers(headers: &[String], row: u64, columns_max: usize) -> Result<(), Error> {
    if headers.len() > columns_max {
        let message = format!("the header has {} columns, at most {columns_max} are read", headers.len());
        return Err(Error::too_large(Some(row), message));
    }
    let mut seen = std::collections::HashMap::new();
    for (index, name) in headers.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = seen.insert(column_key(name), index) {
            let message =
                format!("the column '{name}' stands twice, in columns {} and {}", first + 1, index + 1);
            return Err(Error::unreadable(Some(row), message));
        }
    }
    Ok(())
}

/// Writes `value` into the place `index` of `cells`, keeping allocations of earlier rows:
/// trimmed, and without the apostrophe that our own writers put before `= + - @ TAB CR`. Whether there was something to
/// trim of more than white space.
pub(crate) fn put_text(cells: &mut Vec<Cell>, index: usize, value: &str) -> bool {
    let trimmed = value.trim();
    let is_shorter = trimmed.len() < value.len() && !trimmed.is_empty();
    let value = unescape_formula(trimmed);
    match cells.get_mut(index) {
        Some(Cell::Text(text)) => {
            text.clear();
            text.push_str(value);
        }
        Some(cell) => *cell = Cell::Text(value.to_owned()),
        None => cells.push(Cell::Text(value.to_owned())),
    }
    is_shorter
}

/// Whether a spreadsheet would take the text for a formula, apostrophes before it not counted.
pub(crate) fn looks_like_formula(value: &str) -> bool {
    value.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\0'])
}

/// Takes off the first apostrophe, so that text which has one of its own comes back with it.
fn unescape_formula(value: &str) -> &str {
    match value.strip_prefix('\'') {
        Some(rest) if looks_like_formula(rest) => rest,
        _ => value,
    }
}

/// Takes the cells out of `row` for writing, whatever it held before; to be put back.
pub(crate) fn take_cells(row: &mut Row) -> Vec<Cell> {
    std::mem::replace(&mut row.cells, Ok(Vec::new())).unwrap_or_else(|fault| fault.cells)
}
