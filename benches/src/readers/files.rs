//! The files that are read: made-up people in eleven columns, no value twice.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use throng_tables::{Cell, Formulas, write_csv, write_json_line};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::Outcome;

/// The columns: as many as a file of people has.
pub const COLUMNS: [&str; 11] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K"];
/// Rows of a sheet below its header.
pub const SHEET_ROWS_MAX: usize = 1_048_575;
/// What stands in each column, before the number of the row.
const WORDS: [&str; 11] = [
    "first.last.",
    "acme/emea/",
    "Müller-",
    "Anna-",
    "Anna Müller ",
    "p4ss",
    "profile ",
    "Agent ",
    "mail.",
    "group ",
    "owned ",
];

const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>";
const ROOT: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"m\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
const LIST: &str = "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>";
const RELATED: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"a\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"b\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>";

fn cells(row: usize) -> Vec<Cell> {
    WORDS.iter().map(|word| Cell::Text(format!("{word}{row:07}"))).collect()
}

fn write_table(mut out: impl Write, rows: usize) -> Outcome {
    let mut line = Vec::new();
    let header: Vec<Cell> = COLUMNS.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    write_csv(&header, Formulas::Kept, &mut line);
    for row in 0..rows {
        write_csv(&cells(row), Formulas::Kept, &mut line);
        out.write_all(&line)?;
        line.clear();
    }
    Ok(out.flush()?)
}

/// A CSV file.
///
/// # Errors
/// What the disk fails with.
pub fn csv(path: &Path, rows: usize) -> Outcome {
    write_table(BufWriter::new(File::create(path)?), rows)
}

/// A CSV file inside gzip.
///
/// # Errors
/// What the disk fails with.
pub fn gzip_csv(path: &Path, rows: usize) -> Outcome {
    write_table(GzEncoder::new(BufWriter::new(File::create(path)?), Compression::default()), rows)
}

/// A JSON Lines file.
///
/// # Errors
/// What the disk fails with.
pub fn json_lines(path: &Path, rows: usize) -> Outcome {
    let (mut out, mut line) = (BufWriter::new(File::create(path)?), Vec::new());
    for row in 0..rows {
        write_json_line(&COLUMNS, &cells(row), &mut line);
        out.write_all(&line)?;
        line.clear();
    }
    Ok(out.flush()?)
}

/// The part with the shared strings.
pub const STRINGS: &str = "xl/sharedStrings.xml";
/// The part with the sheet.
pub const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A workbook with all parts but [`STRINGS`] and [`SHEET`], and how these are packed.
///
/// # Errors
/// What the disk fails with.
pub fn workbook(path: &Path) -> Outcome<(ZipWriter<BufWriter<File>>, SimpleFileOptions)> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    // Parts may have more than 4 GiB.
    let options = SimpleFileOptions::default().large_file(true).compression_level(Some(1));
    for (name, content) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", LIST),
        ("xl/_rels/workbook.xml.rels", RELATED),
    ] {
        zip.start_file(name, options)?;
        zip.write_all(content.as_bytes())?;
    }
    Ok((zip, options))
}

/// A workbook as Excel writes it, with a table of shared strings; every text in it stands once.
///
/// # Errors
/// What the disk fails with.
pub fn xlsx(path: &Path, rows: usize) -> Outcome {
    let (mut zip, options) = workbook(path)?;
    let mut part = String::new();
    zip.start_file(STRINGS, options)?;
    part.push_str("<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">");
    for name in COLUMNS {
        write!(part, "<si><t>{name}</t></si>")?;
    }
    for row in 0..rows {
        for word in WORDS {
            write!(part, "<si><t>{word}{row:07}</t></si>")?;
        }
        zip.write_all(part.as_bytes())?;
        part.clear();
    }
    zip.write_all(b"</sst>")?;
    zip.start_file(SHEET, options)?;
    part.push_str(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    );
    for row in 0..=rows {
        let number = row + 1;
        write!(part, "<row r=\"{number}\" spans=\"1:11\">")?;
        for (column, letter) in COLUMNS.iter().enumerate() {
            let string = row * COLUMNS.len() + column;
            write!(part, "<c r=\"{letter}{number}\" t=\"s\"><v>{string}</v></c>")?;
        }
        part.push_str("</row>");
        zip.write_all(part.as_bytes())?;
        part.clear();
    }
    zip.write_all(b"</sheetData></worksheet>")?;
    Ok(zip.finish()?.flush()?)
}
