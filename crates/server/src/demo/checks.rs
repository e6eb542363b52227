//! What must come out, held against what came out.

use std::fmt::Debug;

/// Every comparison so far.
#[derive(Debug, Default)]
pub struct Checks {
    made: usize,
    failed: Vec<String>,
}

impl Checks {
    /// Compares what was `found` with what must be.
    #[expect(clippy::needless_pass_by_value, reason = "the calls are easier to read with plain numbers")]
    pub fn equal<T: PartialEq + Debug>(&mut self, what: &str, expected: T, found: T) {
        self.made += 1;
        if expected != found {
            self.failed.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }

    /// How many comparisons were made.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Those that failed.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }
}

#[cfg(test)]
mod tests;
