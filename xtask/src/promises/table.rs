//! The tables of `docs/promises.md` and `docs/security.md`: what is promised, the test that shows it, a change that the
//! test notices.

use crate::Outcome;
use crate::mutation::{Row, cells};

/// What is promised about jobs: each test is named after its promise.
pub const PROMISES: &str = "docs/promises.md";
/// What is demanded for security: tests that were there before may have names of their own.
pub const SECURITY: &str = "docs/security.md";
/// The tables' files.
pub const PAGES: [&str; 2] = [PROMISES, SECURITY];
const HEADER: &str = "| No. |";
const COLUMNS: usize = 5;

/// Reads all rows of a page of this name.
///
/// # Errors
/// A row that is misshapen, and a test that is not named after its promise.
pub fn read(page: &str, text: &str) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        inside = line.starts_with(HEADER) || inside && line.starts_with('|');
        if inside && !line.starts_with(HEADER) && !line.starts_with("|---") {
            let row = read_row(page, line).map_err(|problem| format!("{page}:{}: {problem}", index + 1))?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Reads the rows of all pages, by what gives the text of each.
///
/// # Errors
/// As [`read`], and a page that is not there.
pub fn read_all(text: impl Fn(&str) -> Outcome<String>) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for page in PAGES {
        rows.extend(read(page, &text(page)?)?);
    }
    Ok(rows)
}

/// The promise that a row is about: `g03` of the row `g03b`.
pub fn promise_of(row: &Row) -> &str {
    row.number.trim_end_matches(|letter: char| letter.is_ascii_lowercase())
}

fn read_row(page: &str, line: &str) -> Outcome<Row> {
    let cells = cells(line);
    let [number, promise, place, code, proof] = &cells[..] else {
        return Err(format!("{} cells, not {COLUMNS}", cells.len()));
    };
    let row = Row::of(number, promise, [place, code, proof])?;
    if row.replacement.is_none() && row.piece.is_empty() || promise.is_empty() {
        return Err("nothing is promised, or nothing changed".to_owned());
    }
    let name = row.test.strip_prefix(promise_of(&row)).and_then(|rest| rest.strip_prefix('_'));
    if name.is_none() && page == PROMISES {
        return Err(format!("the name of {} does not begin with its promise", row.test));
    }
    Ok(row)
}
