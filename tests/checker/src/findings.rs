//! Where what was found is collected.

/// More than this nobody reads.
const SPELLED_OUT_MAX: usize = 1_000;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    violations: Vec<String>,
    unsaid: u64,
    notes: Vec<String>,
}

impl Findings {
    /// Notes what must not be.
    pub fn violation(&mut self, text: impl Into<String>) {
        if self.violations.len() < SPELLED_OUT_MAX {
            self.violations.push(text.into());
        } else {
            self.unsaid += 1;
        }
    }

    /// Notes a violation unless `holds`.
    pub fn demand(&mut self, holds: bool, text: impl FnOnce() -> String) {
        if !holds {
            self.violation(text());
        }
    }

    /// Notes what is merely untidy.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// The violations and the notes.
    pub fn into_parts(mut self) -> (Vec<String>, Vec<String>) {
        if self.unsaid > 0 {
            self.violations.push(format!("and {} more", self.unsaid));
        }
        (self.violations, self.notes)
    }
}
