//! XLSX, written row by row: a row that was written is on disk. Source: ECMA-376 part 1, section 18.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use rust_xlsxwriter::{Workbook as Book, XlsxError};

use crate::row::{Cell, looks_like_formula};
use crate::write::{Formulas, text_of};

/// Rows of a sheet below its header: a sheet ends with row 1,048,576.
pub const SHEET_ROWS_MAX: u64 = 1_048_575;
/// Characters of a cell, counted in UTF-16; the end of a longer text is left out.
const CELL_CHARS_MAX: usize = 32_767;

/// A workbook of one sheet of texts, in temporary files that nobody else can open and that vanish with it.
pub struct Workbook {
    book: Book,
    formulas: Formulas,
    row: u32,
}

impl Workbook {
    /// A workbook whose first row names the columns.
    ///
    /// # Errors
    /// What the disk fails with.
    pub fn new(headers: &[&str], formulas: Formulas) -> io::Result<Self> {
        let mut book = Book::new();
        let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        let mut workbook = Self { book, formulas, row: 0 };
        let headers: Vec<Cell> = headers.iter().map(|&name| Cell::Text(name.to_owned())).collect();
        workbook.write(&headers)?;
        Ok(workbook)
    }

    /// Appends a row; `false` when the sheet has no room for it.
    ///
    /// # Errors
    /// What the disk fails with.
    pub fn push(&mut self, cells: &[Cell]) -> io::Result<bool> {
        if u64::from(self.row) > SHEET_ROWS_MAX {
            return Ok(false);
        }
        self.write(cells)?;
        Ok(true)
    }

    /// The file, at its beginning.
    ///
    /// # Errors
    /// What the disk fails with.
    pub fn finish(mut self) -> io::Result<File> {
        let mut file = tempfile::tempfile()?;
        let mut writer = BufWriter::new(&mut file);
        self.book.save_to_writer(&mut writer).map_err(failed)?;
        writer.flush()?;
        drop(writer);
        file.rewind()?;
        Ok(file)
    }

    fn write(&mut self, cells: &[Cell]) -> io::Result<()> {
        let sheet = self.book.worksheet_from_index(0).map_err(failed)?;
        for (column, cell) in (0u16..).zip(cells) {
            let text = text_of(cell);
            let escaped =
                self.formulas == Formulas::Escaped && text.starts_with('\'') && looks_like_formula(&text);
            let text = if escaped { format!("'{text}") } else { text.into_owned() };
            sheet.write_string(self.row, column, shortened(text)).map_err(failed)?;
        }
        self.row += 1;
        Ok(())
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > CELL_CHARS_MAX {
        let mut chars = 0;
        let end = text.char_indices().find(|(_, c)| {
            chars += c.len_utf16();
            chars > CELL_CHARS_MAX
        });
        if let Some((end, _)) = end {
            text.truncate(end);
        }
    }
    text
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}
