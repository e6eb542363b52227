//! Bench: the readers of files, each against the bare library on the same file.
//!
//! Every reading is a process of its own, so that its memory is its own. Both sides look at every value.

pub mod files;
mod sides;

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::options::Options;
use crate::report::{Report, Section, Verdict, grouped, progress};
use crate::stats::{float, median};

pub use sides::{Side, read};

/// Rows of a file, if nobody says otherwise: nearly as many as a sheet has room for.
const ROWS: usize = 1_000_000;
/// Rows of a quick run.
const ROWS_QUICK: usize = 50_000;
/// Bytes that our readers may hold, however long the file is.
const PEAK_BYTES_MAX: u64 = 60_000_000;

/// A kind of file, and how it is read by others.
struct Kind {
    title: &'static str,
    file: &'static str,
    ours: Side,
    bare: Side,
    bare_name: &'static str,
    make: fn(&Path, usize) -> Outcome,
}

const KINDS: &[Kind] = &[
    Kind {
        title: "CSV",
        file: "people.csv",
        ours: Side::Ours,
        bare: Side::Csv,
        bare_name: "csv, `StringRecord`",
        make: files::csv,
    },
    Kind {
        title: "CSV inside gzip",
        file: "people.csv.gz",
        ours: Side::Ours,
        bare: Side::GzipCsv,
        bare_name: "flate2 and csv",
        make: files::gzip_csv,
    },
    Kind {
        title: "JSON Lines",
        file: "people.jsonl",
        ours: Side::Ours,
        bare: Side::Json,
        bare_name: "serde_json, a struct a line",
        make: files::json_lines,
    },
    Kind {
        title: "XLSX, every text a shared string of its own",
        file: "people.xlsx",
        ours: Side::Ours,
        bare: Side::Calamine,
        bare_name: "calamine, `worksheet_cells_reader`",
        make: files::xlsx,
    },
];

/// What one process told.
struct Told {
    rows: usize,
    bytes: usize,
    seconds: f64,
    peak: u64,
}

/// Measures all kinds of files. Those that hold fewer rows than asked for are left out.
///
/// # Errors
/// A disk that is full, a reader that fails, sides that do not read the same.
pub fn run(root: &Path, options: &Options, rounds: usize, report: &mut Report) -> Outcome {
    let rows = options.rows.unwrap_or(if options.quick { ROWS_QUICK } else { ROWS });
    for kind in KINDS {
        if kind.bare == Side::Calamine && rows > files::SHEET_ROWS_MAX {
            continue;
        }
        let path = root.join(kind.file);
        progress(&format!("{}: writing {rows} rows", kind.title));
        (kind.make)(&path, rows)?;
        let section = measure(kind, &path, rounds, rows);
        std::fs::remove_file(&path)?;
        report.section(&section?)?;
    }
    Ok(())
}

fn measure(kind: &Kind, path: &Path, rounds: usize, rows: usize) -> Outcome<Section> {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        progress(&format!("{}: round {round} of {rounds}", kind.title));
        ours.push(child(kind.ours, path)?);
        bare.push(child(kind.bare, path)?);
    }
    for told in ours.iter().chain(&bare) {
        if told.rows != rows || told.bytes != ours[0].bytes {
            return Err(format!("{}: {} rows, {} bytes of text", kind.title, told.rows, told.bytes).into());
        }
    }
    let megabytes = std::fs::metadata(path)?.len() / 1_000_000;
    let mut section =
        Section::new(format!("{}: {} rows of 11 columns ({megabytes} MB)", kind.title, grouped(float(rows))));
    let speed =
        |told: &[Told]| median(&told.iter().map(|told| float(rows) / told.seconds).collect::<Vec<_>>());
    let peak = |told: &[Told]| told.iter().map(|told| told.peak).max().unwrap_or(0);
    section.figure("rows/s", grouped(speed(&ours)));
    section.figure(format!("{}: rows/s", kind.bare_name), grouped(speed(&bare)));
    let ratios: Vec<f64> = ours.iter().zip(&bare).map(|(ours, bare)| bare.seconds / ours.seconds).collect();
    section.figure("share of the bare library's speed", format!("{:.2}", median(&ratios)));
    let verdict = if peak(&ours) <= PEAK_BYTES_MAX { Verdict::Met } else { Verdict::Missed };
    section.aim("peak resident memory", format!("{} MiB", peak(&ours) >> 20), "≤ 60 MB", verdict);
    section.figure(format!("{}: peak resident memory", kind.bare_name), format!("{} MiB", peak(&bare) >> 20));
    Ok(section)
}

/// Reads the file in a process of its own.
fn child(side: Side, path: &Path) -> Outcome<Told> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command
        .arg("--reader")
        .arg(side.as_str())
        .arg("--file")
        .arg(path)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace();
    let mut next = || numbers.next().ok_or_else(|| format!("a reader said {text:?}"));
    Ok(Told {
        rows: next()?.parse()?,
        bytes: next()?.parse()?,
        seconds: next()?.parse()?,
        peak: next()?.parse()?,
    })
}
