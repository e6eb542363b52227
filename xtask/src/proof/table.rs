//! The table of `docs/scim-conformance.md`: which line meets a demand, and which test fails without it.

use crate::Outcome;
use crate::mutation::{Row, cells};

/// The table's file.
pub const PAGE: &str = "docs/scim-conformance.md";
const HEADER: &str = "| No. |";
const COLUMNS: usize = 7;

/// Reads the rows that name a line.
///
/// # Errors
/// A row that is incomplete or misshapen.
pub fn read(page: &str) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        inside = line.starts_with(HEADER) || inside && line.starts_with('|');
        if !inside || line.starts_with(HEADER) || line.starts_with("|---") {
            continue;
        }
        let row = read_row(line).map_err(|problem| format!("{PAGE}:{}: {problem}", index + 1))?;
        rows.extend(row);
    }
    Ok(rows)
}

fn read_row(line: &str) -> Outcome<Option<Row>> {
    let cells = cells(line);
    let [number, requirement, _, place, code, proof, deviation] = &cells[..] else {
        return Err(format!("{} cells, not {COLUMNS}", cells.len()));
    };
    if place.is_empty() && code.is_empty() && proof.is_empty() {
        let said = !deviation.is_empty();
        return if said { Ok(None) } else { Err("neither a line nor a word about why there is none".into()) };
    }
    Row::of(number, requirement, [place, code, proof]).map(Some)
}

#[cfg(test)]
mod tests;
