//! Rows as text: CSV and JSON Lines.

use std::borrow::Cow;

use crate::list::join_list;
use crate::row::{Cell, looks_like_formula};

/// What is done with texts that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formulas {
    /// An apostrophe is put before them, which [`crate::open`] takes off: for people, and for files that are read here
    /// again. A workbook knows texts from formulas, so there only what would lose an apostrophe gets one.
    Escaped,
    /// Nothing: for programs, which want the text as it is.
    Kept,
}

/// Appends one record of CSV, with CRLF. Source: RFC 4180 §2.
pub fn write_csv(cells: &[Cell], formulas: Formulas, out: &mut Vec<u8>) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut text = text_of(cell);
        if formulas == Formulas::Escaped && looks_like_formula(&text) {
            text = Cow::Owned(format!("'{text}"));
        }
        let outer_blank = text.trim().len() != text.len();
        if outer_blank || text.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(text.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends one line of JSON Lines: an object with the headers as keys, a list as an array.
pub fn write_json_line(headers: &[&str], cells: &[Cell], out: &mut Vec<u8>) {
    let value = |cell: &Cell| match cell {
        Cell::Text(text) => serde_json::Value::from(text.as_str()),
        Cell::List(items) => serde_json::Value::from(items.clone()),
    };
    let line: serde_json::Map<_, _> =
        headers.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), value(cell))).collect();
    out.extend_from_slice(serde_json::Value::from(line).to_string().as_bytes());
    out.push(b'\n');
}

/// A cell as one text, a list in brackets.
pub(crate) fn text_of(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::List(items) => Cow::Owned(join_list(items)),
    }
}
