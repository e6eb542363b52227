//! What the processes do: each reads one file to its end.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx};
use clap::ValueEnum;
use flate2::bufread::MultiGzDecoder;
use throng_tables::{Limits, Row, Upload, open_upload};

use super::files::COLUMNS;
use crate::Outcome;
use crate::clock::Watch;
use crate::report::Report;

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// Our readers, whatever the file is.
    Ours,
    /// The crate `csv`.
    Csv,
    /// The crates `flate2` and `csv`.
    GzipCsv,
    /// The crate `serde_json`.
    Json,
    /// The crate `calamine`.
    Calamine,
}

impl Side {
    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Csv => "csv",
            Self::GzipCsv => "gzip-csv",
            Self::Json => "json",
            Self::Calamine => "calamine",
        }
    }
}

/// Rows, and bytes of their texts.
type Sum = (usize, usize);

/// Reads a file and prints rows, bytes of text, seconds and the peak of memory in bytes.
///
/// # Errors
/// A file that is not what it should be.
pub fn read(side: Side, path: &Path) -> Outcome {
    let watch = Watch::start();
    let file = File::open(path)?;
    let (rows, bytes) = match side {
        Side::Ours => ours(file)?,
        Side::Csv => csv(file)?,
        Side::GzipCsv => csv(MultiGzDecoder::new(BufReader::new(file)))?,
        Side::Json => json(file)?,
        Side::Calamine => calamine(file)?,
    };
    let seconds = watch.seconds();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes: u64 = peak.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmHWM")?.parse()?;
    Report::line(&format!("{rows} {bytes} {seconds} {}", kibibytes << 10))
}

fn ours(file: File) -> Outcome<Sum> {
    let upload = Upload { input: Box::new(file), file_name: None, content_type: None };
    let mut table = open_upload(upload, &COLUMNS, Limits::default())?;
    let (mut rows, mut bytes, mut row) = (0, 0, Row::default());
    while table.next_row(&mut row)? {
        for cell in row.cells.as_ref().map_err(ToString::to_string)? {
            bytes += cell.text().map_err(|fault| fault.message)?.len();
        }
        rows += 1;
    }
    Ok((rows, bytes))
}

fn csv(input: impl Read) -> Outcome<Sum> {
    let mut reader = csv::Reader::from_reader(input);
    let (mut rows, mut bytes, mut record) = (0, 0, csv::StringRecord::new());
    while reader.read_record(&mut record)? {
        bytes += record.iter().map(str::len).sum::<usize>();
        rows += 1;
    }
    Ok((rows, bytes))
}

/// A line, as a program that knows its keys would take it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Person {
    a: String,
    b: String,
    c: String,
    d: String,
    e: String,
    f: String,
    g: String,
    h: String,
    i: String,
    j: String,
    k: String,
}

fn json(file: File) -> Outcome<Sum> {
    let (mut rows, mut bytes, mut line) = (0, 0, String::new());
    let mut input = BufReader::new(file);
    while input.read_line(&mut line)? > 0 {
        let Person { a, b, c, d, e, f, g, h, i, j, k } = serde_json::from_str(&line)?;
        bytes += [a, b, c, d, e, f, g, h, i, j, k].iter().map(String::len).sum::<usize>();
        rows += 1;
        line.clear();
    }
    Ok((rows, bytes))
}

fn calamine(file: File) -> Outcome<Sum> {
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file))?;
    let name = book.sheet_names().first().cloned().ok_or("no sheet")?;
    let mut cells = book.worksheet_cells_reader(&name)?;
    let (mut rows, mut bytes, mut last) = (0, 0, 0);
    while let Some(cell) = cells.next_cell()? {
        let (row, _) = cell.get_position();
        if row == 0 {
            continue;
        }
        rows += usize::from(row != last);
        last = row;
        bytes += match cell.get_value() {
            DataRef::SharedString(text) => text.len(),
            DataRef::String(text) => text.len(),
            _ => return Err("a cell that is no text".into()),
        };
    }
    Ok((rows, bytes))
}
