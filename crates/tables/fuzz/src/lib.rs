//! What every input must satisfy: one function per fuzz target. The fuzzer calls them with what it makes up, and
//! `tests/it/corpus.rs` with every file of the corpus.

use std::io::{Cursor, Read, Write};

use throng_tables::{Cell, Format, Formulas, Limits, Row, Workbook, open, write_csv};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const COLUMNS: [&str; 3] = ["a", "b", "c"];
/// Inputs up to this length are cut in two at every byte.
const CUT_BYTES_MAX: usize = 200;

/// What was read of a file: its rows, and what ended it.
#[derive(Debug, PartialEq)]
struct Seen {
    headers: Vec<String>,
    rows: Vec<Row>,
    unknown: Vec<String>,
    error: Option<String>,
}

fn limits() -> Limits {
    Limits { line_bytes_max: 4096, cell_bytes_max: 512, columns_max: 16, ..Limits::default() }
}

fn read(format: Format, pieces: &[&[u8]]) -> Seen {
    read_in(format, pieces.concat(), pieces.iter().map(|piece| piece.len()).collect())
}

/// Reads `bytes` in pieces of these lengths.
fn read_in(format: Format, bytes: Vec<u8>, lengths: Vec<usize>) -> Seen {
    struct Cut(Cursor<Vec<u8>>, std::vec::IntoIter<usize>, usize);
    impl Read for Cut {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            while self.2 == 0 {
                self.2 = self.1.next().unwrap_or(usize::MAX);
            }
            let length = buffer.len().min(self.2);
            let count = self.0.read(&mut buffer[..length])?;
            self.2 -= count;
            Ok(count)
        }
    }
    let input = Box::new(Cut(Cursor::new(bytes), lengths.into_iter(), 0));
    let mut seen = Seen { headers: Vec::new(), rows: Vec::new(), unknown: Vec::new(), error: None };
    let mut table = match open(format, input, &COLUMNS, limits()) {
        Ok(table) => table,
        Err(error) => {
            seen.error = Some(error.to_string());
            return seen;
        }
    };
    seen.headers = table.headers().to_vec();
    let mut row = Row::default();
    loop {
        match table.next_row(&mut row) {
            Ok(true) => {
                let cells = row.cells.as_ref().unwrap_or_else(|fault| &fault.cells);
                assert_eq!(cells.len(), seen.headers.len(), "row {}", row.number);
                assert!(seen.rows.last().is_none_or(|last| last.number < row.number), "row {}", row.number);
                for cell in cells {
                    let _ = (cell.change(), cell.list_change());
                }
                seen.rows.push(row.clone());
            }
            Ok(false) => break,
            Err(error) => {
                seen.error = Some(error.to_string());
                break;
            }
        }
    }
    seen.unknown = table.unknown_columns().to_vec();
    seen
}

/// Where the pieces of the file end changes nothing.
fn pieces_do_not_matter(format: Format, input: &[u8]) {
    let whole = read(format, &[input]);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read(format, &bytes), whole);
    if input.len() <= CUT_BYTES_MAX {
        for cut in 0..input.len() {
            let (first, second) = input.split_at(cut);
            assert_eq!(read(format, &[first, second]), whole, "cut at {cut}");
        }
    }
}

/// CSV is read without a panic, and the same in any pieces.
pub fn csv(input: &[u8]) {
    pieces_do_not_matter(Format::Csv, input);
}

/// JSON Lines are read without a panic, and the same in any pieces.
pub fn jsonl(input: &[u8]) {
    pieces_do_not_matter(Format::JsonLines, input);
}

/// An archive, or else the rows of a sheet (with shared strings before them, up to a NUL), are read without a panic.
pub fn xlsx(input: &[u8]) {
    if input.starts_with(b"PK") {
        read(Format::Xlsx, &[input]);
        return;
    }
    let (strings, rows) = match input.iter().position(|byte| *byte == 0) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (&[][..], input),
    };
    if let Ok(book) = book(strings, rows) {
        read(Format::Xlsx, &[&book]);
    }
}

fn book(strings: &[u8], rows: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let list = "<workbook xmlns:r='r'><sheets><sheet name='S' sheetId='1' r:id='a'/></sheets></workbook>";
    let related = format!(
        "<Relationships><Relationship Id='a' Type='{kind}/worksheet' Target='s.xml'/><Relationship Id='b' \
         Type='{kind}/sharedStrings' Target='t.xml'/><Relationship Id='c' Type='{kind}/styles' Target='y.xml'/>\
         </Relationships>"
    );
    let styles = "<styleSheet><cellXfs><xf/><xf numFmtId='14'/><xf numFmtId='20'/><xf numFmtId='46'/></cellXfs></styleSheet>";
    let sheet = [b"<worksheet><sheetData>", rows, b"</sheetData></worksheet>"].concat();
    let strings = [b"<sst>", strings, b"</sst>"].concat();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in [
        ("xl/workbook.xml", list.as_bytes()),
        ("xl/_rels/workbook.xml.rels", related.as_bytes()),
        ("xl/y.xml", styles.as_bytes()),
        ("xl/t.xml", &strings),
        ("xl/s.xml", &sheet),
    ] {
        zip.start_file(name, stored)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// What is written as CSV or as a workbook, formulas escaped, is read again as it was.
pub fn write_read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let cells: Vec<Cell> = text.split('\0').map(|cell| Cell::Text(shortened(cell).to_owned())).collect();
    let rows: Vec<Vec<Cell>> = cells
        .chunks(2)
        .map(|pair| {
            let mut row = pair.to_vec();
            row.resize_with(2, Cell::default);
            // A row of blanks would be passed over.
            row.push(Cell::Text("-".to_owned()));
            row
        })
        .collect();
    let header: Vec<Cell> = COLUMNS.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    let mut file = Vec::new();
    write_csv(&header, Formulas::Kept, &mut file);
    for row in &rows {
        write_csv(row, Formulas::Escaped, &mut file);
    }
    assert_eq!(values(&read(Format::Csv, &[&file])), rows);
    // A text that ends in half an escape before a control character is written so that it means another one; the
    // library that writes workbooks has no way around it.
    let rows: Vec<Vec<Cell>> =
        rows.into_iter().map(|row| row.iter().map(without_controls).collect()).collect();
    let mut file = Vec::new();
    let Ok(mut book) = Workbook::new(&COLUMNS, Formulas::Escaped) else { return };
    for row in &rows {
        assert!(book.push(row).is_ok_and(|taken| taken));
    }
    let Ok(mut written) = book.finish() else { return };
    assert!(written.read_to_end(&mut file).is_ok());
    assert_eq!(values(&read(Format::Xlsx, &[&file])), rows);
}

fn without_controls(cell: &Cell) -> Cell {
    let text = cell.text().unwrap_or_default();
    let kept: String =
        text.chars().filter(|character| !character.is_control() || *character == '\n').collect();
    Cell::Text(kept.trim().to_owned())
}

/// As much of a text as the limits let through, without the blanks that no reader keeps.
fn shortened(text: &str) -> &str {
    let end = (0..=text.len().min(limits().cell_bytes_max - 8)).rev().find(|&at| text.is_char_boundary(at));
    text[..end.unwrap_or(0)].trim()
}

fn values(seen: &Seen) -> Vec<Vec<Cell>> {
    assert_eq!(seen.error, None);
    seen.rows
        .iter()
        .map(|row| row.cells.clone().unwrap_or_else(|fault| panic!("row {}: {fault}", row.number)))
        .collect()
}
