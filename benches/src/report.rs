//! What was measured, as Markdown on standard output; what is going on, on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::Outcome;

/// Says what is going on.
#[expect(clippy::print_stderr, reason = "the one place where a bench tells how far it is")]
pub fn progress(text: &str) {
    eprintln!("bench: {text}");
}

/// Whether an aim was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
}

impl Verdict {
    /// The verdict on a figure that must be at least so high.
    pub fn at_least(figure: f64, aim: f64) -> Self {
        if figure >= aim { Self::Met } else { Self::Missed }
    }

    /// The verdict on a figure that must be at most so high.
    pub fn at_most(figure: f64, aim: f64) -> Self {
        if figure <= aim { Self::Met } else { Self::Missed }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "**missed**",
        }
    }
}

/// One bench: figures, and the facts that belong to them.
#[derive(Debug)]
pub struct Section {
    title: String,
    rows: Vec<[String; 4]>,
    notes: Vec<String>,
    missed: usize,
}

impl Section {
    /// A section without figures yet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new(), notes: Vec::new(), missed: 0 }
    }

    /// A figure without an aim.
    pub fn figure(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.rows.push([what.into(), figure.into(), "–".to_owned(), "–".to_owned()]);
    }

    /// A figure, what it should be, and whether it is.
    pub fn aim(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        aim: impl Into<String>,
        verdict: Verdict,
    ) {
        self.missed += usize::from(verdict == Verdict::Missed);
        self.rows.push([what.into(), figure.into(), aim.into(), verdict.as_str().to_owned()]);
    }

    /// The largest share of memory that the server had; every bench has the same aim.
    pub fn peak(&mut self, bytes: u64) {
        self.peak_of("peak resident memory of the server", bytes);
    }

    /// The same of one of several servers.
    pub fn peak_of(&mut self, what: impl Into<String>, bytes: u64) {
        let mebibytes = bytes >> 20;
        let verdict = if bytes <= PEAK_BYTES_MAX { Verdict::Met } else { Verdict::Missed };
        self.aim(what, format!("{mebibytes} MiB"), "≤ 300 MB", verdict);
    }

    /// A sentence below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn markdown(&self) -> String {
        let head = ["what", "measured", "aim", "verdict"].map(str::to_owned);
        let rule = ["---", "---:", "---:", "---"].map(str::to_owned);
        let mut text = format!("\n### {}\n\n", self.title);
        let all = || [&head, &rule].into_iter().chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3].map(width);
        for row in all() {
            for (cell, width) in row.iter().zip(widths) {
                // Writing to a string cannot fail.
                let _ = write!(text, "| {cell:width$} ");
            }
            text.push_str("|\n");
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }
}

/// Bytes that the server may hold in any bench.
const PEAK_BYTES_MAX: u64 = 300_000_000;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    missed: usize,
    aims: usize,
}

impl Report {
    /// Prints lines.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn line(text: &str) -> Outcome {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// Prints a section.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn section(&mut self, section: &Section) -> Outcome {
        self.missed += section.missed;
        self.aims += section.rows.iter().filter(|row| row[2] != "–").count();
        Self::line(&section.markdown())
    }

    /// Prints how many aims were met.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn end(&self, quick: bool) -> Outcome {
        let size = if quick { " (a quick run: sizes too small for the aims to mean anything)" } else { "" };
        let (met, aims) = (self.aims - self.missed, self.aims);
        Self::line(&format!("{met} of {aims} aims met{size}."))
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
