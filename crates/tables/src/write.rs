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
    out.push(b'{');
    for (index, (name, cell)) in headers.iter().zip(cells).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json_text(name, out);
        out.push(b':');
        match cell {
            Cell::Text(text) => write_json_text(text, out),
            Cell::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_json_text(item, out);
                }
                out.push(b']');
            }
        }
    }
    out.extend_from_slice(b"}\n");
}

fn write_json_text(text: &str, out: &mut Vec<u8>) {
    // A text always becomes JSON, and writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// A cell as one text, a list in brackets.
pub(crate) fn text_of(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::List(items) => Cow::Owned(join_list(items)),
    }
}
