//! Reads whole tables, and brings them into a form that is easy to compare.

use std::io::{Cursor, Read};

use throng_tables::{Cell, Error, Format, Limits, Row, Rows, open};

/// A row as number and either cells joined by `|` or `!` and the fault.
pub type Seen = (u64, String);

/// Headers and rows.
pub type Table = (Vec<String>, Vec<Seen>);

/// Gives out at most `step` bytes a call.
pub struct Trickle {
    pub inner: Cursor<Vec<u8>>,
    pub step: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.step);
        self.inner.read(&mut buffer[..length])
    }
}

pub fn show(row: &Row) -> Seen {
    let text = match &row.cells {
        Ok(cells) => cells.iter().map(show_cell).collect::<Vec<_>>().join("|"),
        Err(fault) => format!("!{fault}"),
    };
    (row.number, text)
}

/// What each faulty row still has, joined as in [`Seen`].
pub fn remains(format: Format, bytes: &[u8], limits: Limits) -> Vec<Seen> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut rows = open(format, input, &["Login Id", "Name", "Roles"], limits).unwrap();
    let (mut seen, mut row) = (Vec::new(), Row::default());
    while rows.next_row(&mut row).unwrap() {
        if let Err(fault) = &row.cells {
            assert_eq!(fault.cells.len(), rows.headers().len());
            seen.push((row.number, fault.cells.iter().map(show_cell).collect::<Vec<_>>().join("|")));
        }
    }
    seen
}

fn show_cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::List(items) => format!("{items:?}"),
    }
}

pub fn drain(rows: &mut dyn Rows) -> (Vec<Seen>, Option<Error>) {
    let mut seen = Vec::new();
    let mut row = Row::default();
    loop {
        match rows.next_row(&mut row) {
            Ok(true) => seen.push(show(&row)),
            Ok(false) => return (seen, None),
            Err(error) => return (seen, Some(error)),
        }
    }
}

/// Reads all of `bytes`; the headers, the rows, and the error that ended it, if any.
pub fn table(format: Format, bytes: &[u8], limits: Limits) -> Result<Table, (Vec<Seen>, Error)> {
    let input = Box::new(Cursor::new(bytes.to_vec()));
    let mut rows =
        open(format, input, &["Login Id", "Name", "Roles"], limits).map_err(|error| (Vec::new(), error))?;
    let headers = rows.headers().to_vec();
    match drain(rows.as_mut()) {
        (seen, None) => Ok((headers, seen)),
        (seen, Some(error)) => Err((seen, error)),
    }
}

/// The rows of a file that is read to its end.
pub fn rows(format: Format, bytes: &[u8]) -> Vec<Seen> {
    table(format, bytes, Limits::default()).unwrap().1
}

/// The error of a file that is not, its text, and whether it was for size.
#[track_caller]
pub fn refusal(format: Format, bytes: &[u8], limits: Limits) -> (bool, String) {
    let (_, error) = table(format, bytes, limits).unwrap_err();
    (error.is_too_large(), error.to_string())
}

pub fn seen(rows: &[(u64, &str)]) -> Vec<Seen> {
    rows.iter().map(|&(number, text)| (number, text.to_owned())).collect()
}
