//! What the test binaries say of themselves.

use std::ops::AddAssign;

/// In the names of the tests of the conformance suite that run on PostgreSQL.
const POSTGRES_MODULE: &str = "postgres::";

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were not run, since they say so.
    pub ignored: u64,
    /// How many of those that passed have PostgreSQL in their names.
    pub on_postgres: u64,
}

impl Tally {
    /// Reads a test binary's closing line, `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or the line of one test,
    /// `test users::postgres::create ... ok`. Any other line counts nothing.
    pub fn of_line(line: &str) -> Self {
        let mut tally = Self::default();
        let Some(rest) = line.strip_prefix("test ") else { return tally };
        if let Some((name, "ok")) = rest.split_once(" ... ") {
            tally.on_postgres = u64::from(name.contains(POSTGRES_MODULE));
        }
        let Some((_, counts)) = rest.strip_prefix("result: ").and_then(|rest| rest.split_once(". ")) else {
            return tally;
        };
        for part in counts.split(';') {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            match what {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "ignored" => tally.ignored = number,
                _ => {}
            }
        }
        tally
    }

    /// The line that ends a run.
    pub fn summary(self, ok: bool, seconds: u64) -> String {
        let verdict = if ok { "ok" } else { "FAILED" };
        let Self { passed, failed, ignored, on_postgres } = self;
        format!(
            "xtask test: {verdict}: {passed} passed, {failed} failed, {ignored} ignored, {seconds} s; the store's suite \
             on PostgreSQL: {on_postgres} passed"
        )
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.on_postgres += other.on_postgres;
    }
}

#[cfg(test)]
mod tests;
