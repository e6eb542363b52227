//! `cargo xtask conformance-proof`: whether the tests that the table of SCIM's demands names fail without the lines
//! that it names.
//!
//! It works on a copy of the last commit, with a build folder of its own: no mutated code is ever where somebody runs it.

mod draw;
mod table;

use std::path::Path;

use crate::Outcome;
use crate::mutation::Copy;

const WORK_FOLDER: &str = "target/conformance-proof";
const ROWS_DEFAULT: usize = 20;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    rows: usize,
    seed: Option<u64>,
}

/// Draws rows and tries each.
///
/// # Errors
/// If a test passes without its line, if a file does not compile without it, or if a test fails with it.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let request = Request::of(arguments)?;
    let seed = request.seed.unwrap_or_else(draw::any_seed);
    let copy = Copy::make(root, WORK_FOLDER)?;
    let rows = table::read(&copy.text(table::PAGE)?)?;
    let drawn = draw::sample(&rows, request.rows, seed);
    println!("xtask conformance-proof: {} of {} rows, seed {seed}", drawn.len(), rows.len());
    let mut wrong = Vec::new();
    for rows in drawn.chunk_by(|a, b| a.package == b.package) {
        copy.require_passing(rows)?;
        for row in rows {
            wrong.extend(copy.verdict(row)?.tell(row));
        }
    }
    let failed = drawn.len() - wrong.len();
    println!("xtask conformance-proof: seed {seed}: {failed} failed as they must, {} did not", wrong.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

impl Request {
    fn of(arguments: &[String]) -> Outcome<Self> {
        let mut request = Self { rows: ROWS_DEFAULT, seed: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let number = rest.next().and_then(|text| text.parse::<u64>().ok());
            match (argument.as_str(), number) {
                ("--rows", Some(rows @ 1..)) => request.rows = usize::try_from(rows).unwrap_or(usize::MAX),
                ("--seed", Some(seed)) => request.seed = Some(seed),
                _ => return Err("xtask conformance-proof [--rows N] [--seed S]".to_owned()),
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests;
