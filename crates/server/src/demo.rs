//! The demo: what Throng is for, played against a running server through its HTTP API alone.
//!
//! Every figure that it prints is one that the server gave or a time that it took, and each is held against what
//! must come out; when one disagrees, the demo fails.

mod bodies;
mod checks;
mod figures;
mod names;
mod people;
mod screen;
mod steps;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use throng_client::Client;

use screen::Screen;
use steps::Play;

/// The example file and the list of its faults, so that the binary needs nothing beside it.
const PEOPLE: &[u8] = include_bytes!("../../../examples/people.csv");
const FAULTS: &[u8] = include_bytes!("../../../examples/people.faults.csv");

/// What to play, and where.
pub struct Demo {
    /// The running server: `http://127.0.0.1:8080`.
    pub base_url: String,
    /// The account, without people and groups yet.
    pub account: String,
    /// A credential with the role account-administrator. It is printed, in the lines to paste.
    pub token: String,
    /// People of the large import, and members of the large group.
    pub generated: usize,
    /// Where the data stays, if it does.
    pub data: Option<PathBuf>,
    /// Whether the server stays up afterwards, so that lines to paste are of use.
    pub stays: bool,
}

/// Why the demo ends early.
#[derive(Debug)]
pub enum Error {
    /// A call failed.
    Client(throng_client::Error),
    /// The output cannot be written.
    Output(io::Error),
    /// The server gave other figures than it must.
    Disagrees(Vec<String>),
}

impl Demo {
    /// Plays everything on standard output; with moving bars if that is a terminal.
    ///
    /// # Errors
    /// `Client` and `Output` at once, `Disagrees` at the end.
    pub async fn play(&self) -> Result<(), Error> {
        let interactive = io::stdout().is_terminal();
        self.play_on(&mut io::stdout(), interactive).await
    }

    /// The same on any output; only what is `interactive` gets moving bars, and those on standard output.
    ///
    /// # Errors
    /// As [`Demo::play`].
    pub async fn play_on(&self, out: &mut (dyn Write + Send), interactive: bool) -> Result<(), Error> {
        let client = Client::new(&self.base_url, &self.token)?;
        let mut play = Play::new(self, client, Screen::new(out, interactive));
        play.all().await
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
            Self::Disagrees(figures) => write!(f, "the demo found wrong figures: {}", figures.join("; ")),
        }
    }
}

impl std::error::Error for Error {}

impl From<throng_client::Error> for Error {
    fn from(error: throng_client::Error) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Lines below the header of a file in which no cell holds a line break.
fn data_lines(file: &[u8]) -> u64 {
    let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    lines.saturating_sub(1) as u64
}

#[cfg(test)]
mod tests;
