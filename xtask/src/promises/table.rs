//! The tables of `docs/promises.md`: what is promised, the test that shows it, a change that the test notices.

use crate::Outcome;
use crate::mutation::{Row, cells};

/// The tables' file.
pub const PAGE: &str = "docs/promises.md";
const HEADER: &str = "| No. |";
const COLUMNS: usize = 5;

/// Reads all rows.
///
/// # Errors
/// A row that is misshapen, and a test that is not named after its promise.
pub fn read(page: &str) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        inside = line.starts_with(HEADER) || inside && line.starts_with('|');
        if inside && !line.starts_with(HEADER) && !line.starts_with("|---") {
            let row = read_row(line).map_err(|problem| format!("{PAGE}:{}: {problem}", index + 1))?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The promise that a row is about: `g03` of the row `g03b`.
pub fn promise_of(row: &Row) -> &str {
    row.number.trim_end_matches(|letter: char| letter.is_ascii_lowercase())
}

fn read_row(line: &str) -> Outcome<Row> {
    let cells = cells(line);
    let [number, promise, place, code, proof] = &cells[..] else {
        return Err(format!("{} cells, not {COLUMNS}", cells.len()));
    };
    let row = Row::of(number, promise, [place, code, proof])?;
    if row.replacement.is_none() && row.piece.is_empty() || promise.is_empty() {
        return Err("nothing is promised, or nothing changed".to_owned());
    }
    let name = row.test.strip_prefix(promise_of(&row)).and_then(|rest| rest.strip_prefix('_'));
    if name.is_none() {
        return Err(format!("the name of {} does not begin with its promise", row.test));
    }
    Ok(row)
}
