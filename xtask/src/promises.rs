//! `cargo xtask mutants-promises`: whether the tests that `docs/promises.md` and `docs/security.md` name pass, and fail
//! with the changes of one line that they name.

mod table;

use std::path::Path;

use crate::mutation::{Copy, Row};
use crate::{Outcome, process};

const WORK_FOLDER: &str = "target/mutants-promises";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    /// Only the rows of this promise, or the one row.
    only: Option<String>,
    /// Says what there is, and tries nothing.
    list: bool,
}

/// Tries each row, or says what there is to try.
///
/// # Errors
/// If a test passes with its change, if the change does not compile, or if a test fails without it.
pub fn run(root: &Path, arguments: &[String]) -> Outcome {
    let request = Request::of(arguments)?;
    if request.list {
        let text = |page: &str| {
            let path = root.join(page);
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        for row in request.choose(table::read_all(text)?)? {
            println!(
                "{} {}\n    {} {}\n    {}: {}",
                row.number,
                row.requirement,
                row.package,
                row.test,
                row.file,
                row.change()
            );
        }
        return Ok(());
    }
    let copy = Copy::make(root, WORK_FOLDER)?;
    let mut rows = request.choose(table::read_all(|page| copy.text(page))?)?;
    // What was compiled serves the next.
    rows.sort_by(|a, b| (&a.package, &a.file).cmp(&(&b.package, &b.file)));
    let (started, mut wrong) = (process::now(), Vec::new());
    for rows in rows.chunk_by(|a, b| a.package == b.package) {
        copy.require_passing(rows)?;
        for row in rows {
            wrong.extend(copy.verdict(row)?.tell(row));
        }
    }
    let (failed, seconds) = (rows.len() - wrong.len(), started.elapsed().as_secs());
    println!(
        "xtask mutants-promises: {failed} of {} failed as they must, in {seconds} s; each passes unchanged",
        rows.len()
    );
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

impl Request {
    fn of(arguments: &[String]) -> Outcome<Self> {
        let mut request = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--list" => request.list = true,
                "--only" if request.only.is_none() => request.only = rest.next().cloned(),
                _ => request.only = None,
            }
            if argument != "--list" && request.only.is_none() {
                return Err("xtask mutants-promises [--list] [--only gNN|sNN]".to_owned());
            }
        }
        Ok(request)
    }

    fn choose(&self, mut rows: Vec<Row>) -> Outcome<Vec<Row>> {
        if let Some(only) = &self.only {
            rows.retain(|row| row.number == *only || table::promise_of(row) == only);
            if rows.is_empty() {
                return Err(format!("{} have no {only}", table::PAGES.join(" and ")));
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests;
