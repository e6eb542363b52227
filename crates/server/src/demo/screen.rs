//! Where the demo writes: lines, and above the next line a bar while something is going on.

use std::fmt::Display;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How a bar looks.
const BAR: &str = "  {msg:<26} {bar:32} {human_pos:>9} of {human_len} {elapsed:>4}";

/// The output.
pub struct Screen<'a> {
    out: &'a mut (dyn Write + Send),
    interactive: bool,
}

impl<'a> Screen<'a> {
    /// Lines go to `out`; bars go to standard output, and only if `interactive`.
    pub fn new(out: &'a mut (dyn Write + Send), interactive: bool) -> Self {
        Self { out, interactive }
    }

    /// Begins a section.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n== {text}")?;
        self.out.flush()
    }

    /// Writes lines.
    ///
    /// # Errors
    /// An output that cannot be written.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// A bar that counts up to `total`; remove it before the next line.
    pub fn bar(&self, what: &'static str, total: u64) -> ProgressBar {
        let target =
            if self.interactive { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        // A template that does not parse would only cost the bar its looks.
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(total), target).with_style(style).with_message(what)
    }
}
