//! The cells of a sheet, as they come. Source: ECMA-376 part 1, 18.3.1.

use std::io::{self, BufReader};

use quick_xml::events::{BytesStart, Event};

use super::archive::Part;
use super::place::{self, COLUMNS_MAX, ROWS_MAX};
use super::strings::Strings;
use super::style::Styles;
use super::xml::{Xml, attributes, push_reference};
use super::{text, value};
use crate::error::Error;

/// A sheet, and the cell at which its reading is.
pub(super) struct Sheet {
    /// None once the last cell was read.
    xml: Option<Xml<BufReader<Part>>>,
    strings: Strings,
    styles: Styles,
    is_1904: bool,
    cells_max: u64,
    /// Cells so far, blank ones among them.
    cells: u64,
    cell: Cell,
    /// Whether `cell` is one.
    has_cell: bool,
    /// What stands in `<v>`.
    raw: String,
}

/// A cell that is not blank.
#[derive(Default)]
pub(super) struct Cell {
    /// Its place, counted from 1.
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) text: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Value,
    Formula,
    /// The text is the error's name.
    Error,
    /// The text is the number of a shared string that there is none of.
    NoString,
}

/// What the tag of a cell says, besides its place.
#[derive(Default)]
struct Tag {
    kind: Typed,
    style: String,
}

/// The type of a cell. Source: ECMA-376 part 1, 18.18.11.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Typed {
    #[default]
    Number,
    Shared,
    Text,
    Bool,
    Error,
    Date,
}

/// What of a cell is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Value,
    Formula,
}

/// What a sheet is read with.
pub(super) struct Reading {
    pub(super) strings: Strings,
    pub(super) styles: Styles,
    pub(super) is_1904: bool,
    pub(super) cells_max: u64,
}

impl Sheet {
    /// Goes to the first cell.
    ///
    /// # Errors
    /// As [`Sheet::advance`].
    pub(super) fn open(part: BufReader<Part>, with: Reading) -> Result<Self, Error> {
        let mut xml = Xml::open(part)?;
        let is_empty = loop {
            match xml.next()? {
                Event::Start(tag) if tag.local_name().into_inner() == "sheetData" => break false,
                Event::Empty(tag) if tag.local_name().into_inner() == "sheetData" => break true,
                Event::Eof => {
                    return Err(Error::unreadable(None, "the workbook is damaged: its sheet has no cells"));
                }
                _ => {}
            }
        };
        let Reading { strings, styles, is_1904, cells_max } = with;
        let cell = Cell::default();
        let (xml, raw) = (Some(xml), String::new());
        let mut sheet =
            Self { xml, strings, styles, is_1904, cells_max, cells: 0, cell, has_cell: true, raw };
        if is_empty {
            sheet.end()?;
        } else {
            sheet.advance()?;
        }
        Ok(sheet)
    }

    /// The cell at which the reading is; none behind the last.
    pub(super) fn cell(&self) -> Option<&Cell> {
        self.has_cell.then_some(&self.cell)
    }

    /// How many shared strings the workbook has.
    pub(super) fn shared_strings(&self) -> u64 {
        self.strings.count()
    }

    /// Goes to the next cell that is not blank.
    ///
    /// # Errors
    /// `Unreadable` for a damaged sheet, `TooLarge` for too many cells, both with their row; `Disk`.
    pub(super) fn advance(&mut self) -> Result<(), Error> {
        self.step().map_err(|error| error.at(Some(self.cell.row.into()).filter(|row| *row > 0)))
    }

    fn step(&mut self) -> Result<(), Error> {
        while let Some(xml) = &mut self.xml {
            match xml.next()? {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "row" => begin_row(&tag, &mut self.cell)?,
                    "c" => {
                        let tag = begin_cell(&tag, &mut self.cell)?;
                        self.count()?;
                        if self.read_cell(&tag)? {
                            return Ok(());
                        }
                    }
                    _ => {}
                },
                Event::Empty(tag) => match tag.local_name().into_inner() {
                    "row" => begin_row(&tag, &mut self.cell)?,
                    "c" => {
                        begin_cell(&tag, &mut self.cell)?;
                        self.count()?;
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().into_inner() == "sheetData" => self.end()?,
                // Only behind the end tag of what was begun.
                Event::Eof => {
                    return Err(Error::unreadable(None, "the workbook is damaged: its sheet has no end"));
                }
                _ => {}
            }
        }
        self.has_cell = false;
        Ok(())
    }

    fn count(&mut self) -> Result<(), Error> {
        self.cells += 1;
        if self.cells > self.cells_max {
            return Err(Error::too_large(None, format!("the sheet has more than {} cells", self.cells_max)));
        }
        Ok(())
    }

    /// Reads on to the end of the part, where its checksum is compared.
    fn end(&mut self) -> Result<(), Error> {
        self.has_cell = false;
        let Some(xml) = self.xml.take() else { return Ok(()) };
        let mut rest = xml.into_input();
        io::copy(&mut rest, &mut io::sink()).map(|_| ()).map_err(Error::of_io)
    }

    /// Reads what is inside a cell; false if it is blank.
    fn read_cell(&mut self, tag: &Tag) -> Result<bool, Error> {
        let Some(xml) = &mut self.xml else { return Ok(false) };
        self.raw.clear();
        self.cell.text.clear();
        self.cell.kind = Kind::Value;
        let (mut inside, mut depth) = (Inside::Nothing, 0_usize);
        loop {
            match xml.next()? {
                Event::Start(begun) => {
                    depth += 1;
                    match begun.local_name().into_inner() {
                        // Deeper stands what other programs have added.
                        _ if depth > 1 => {}
                        "v" => inside = Inside::Value,
                        "is" => {
                            depth -= 1;
                            text::read(xml, &mut self.cell.text)?;
                        }
                        "f" => {
                            inside = Inside::Formula;
                            self.cell.kind = Kind::Formula;
                        }
                        _ => {}
                    }
                }
                Event::Empty(tag) if depth == 0 && tag.local_name().into_inner() == "f" => {
                    self.cell.kind = Kind::Formula;
                }
                Event::Text(text) if inside == Inside::Value => self.raw.push_str(&text.xml10_content()),
                Event::CData(text) if inside == Inside::Value => self.raw.push_str(&text.xml10_content()),
                Event::GeneralRef(found) if inside == Inside::Value => push_reference(&found, &mut self.raw)?,
                Event::End(_) if depth == 0 => break,
                Event::End(_) => {
                    depth -= 1;
                    inside = Inside::Nothing;
                }
                Event::Eof => {
                    return Err(Error::unreadable(None, "the workbook is damaged: a cell has no end"));
                }
                _ => {}
            }
            if text::is_too_long(&self.raw) {
                return Err(text::too_long());
            }
        }
        if self.cell.kind == Kind::Formula {
            return Ok(true);
        }
        self.finish_cell(tag)?;
        Ok(!self.cell.text.trim().is_empty())
    }

    /// Makes the text of a cell that holds no formula.
    fn finish_cell(&mut self, tag: &Tag) -> Result<(), Error> {
        let raw = self.raw.trim();
        match tag.kind {
            Typed::Shared => match raw.parse::<u64>() {
                Ok(number) if number < self.strings.count() => {
                    self.strings.push(number, &mut self.cell.text)?;
                }
                _ if raw.is_empty() => {}
                _ => {
                    self.cell.kind = Kind::NoString;
                    self.cell.text.push_str(raw);
                }
            },
            Typed::Bool => self.cell.text.push_str(match raw {
                "1" | "true" => "TRUE",
                "0" | "false" => "FALSE",
                other => other,
            }),
            Typed::Error => {
                self.cell.kind = Kind::Error;
                self.cell.text.push_str(raw);
            }
            Typed::Text => {
                let start = self.cell.text.len();
                self.cell.text.push_str(&self.raw);
                text::unescape(&mut self.cell.text, start);
            }
            Typed::Date => self.cell.text.push_str(raw),
            Typed::Number => {
                let kind = self.styles.kind(&tag.style);
                value::write(&mut self.cell.text, raw, kind, self.is_1904);
            }
        }
        Ok(())
    }
}

fn no_place(place: &str) -> Error {
    /// Characters of a refused place that are quoted.
    const QUOTED_CHARS_MAX: usize = 40;
    let shown: String = place.chars().take(QUOTED_CHARS_MAX).collect();
    Error::unreadable(None, format!("the workbook is damaged: {shown:?} is no place in a sheet"))
}

fn out_of_order() -> Error {
    Error::unreadable(None, "the workbook is damaged: its cells are out of order")
}

/// Goes to a row: to the one that its tag names, else to the next.
fn begin_row(tag: &BytesStart<'_>, cell: &mut Cell) -> Result<(), Error> {
    let mut row = cell.row + 1;
    for attribute in attributes(tag) {
        let (name, value) = attribute?;
        if name == "r" {
            row = place::parse_row(&value).ok_or_else(|| no_place(&value))?;
        }
    }
    if row <= cell.row {
        cell.row = row;
        return Err(out_of_order());
    }
    if row > ROWS_MAX {
        return Err(Error::unreadable(
            None,
            format!("the workbook is damaged: its sheet has more than {ROWS_MAX} rows"),
        ));
    }
    (cell.row, cell.column) = (row, 0);
    Ok(())
}

/// Goes to a cell: to the one that its tag names, else to the next of the row.
fn begin_cell(tag: &BytesStart<'_>, cell: &mut Cell) -> Result<Tag, Error> {
    let (mut at, mut read) = ((cell.row, cell.column + 1), Tag::default());
    for attribute in attributes(tag) {
        let (name, value) = attribute?;
        match name {
            "r" => at = place::parse(&value).ok_or_else(|| no_place(&value))?,
            "s" => value.as_ref().clone_into(&mut read.style),
            "t" => {
                read.kind = match value.as_ref() {
                    "s" => Typed::Shared,
                    "str" | "inlineStr" => Typed::Text,
                    "b" => Typed::Bool,
                    "e" => Typed::Error,
                    "d" => Typed::Date,
                    _ => Typed::Number,
                }
            }
            _ => {}
        }
    }
    let (row, column) = at;
    if row < cell.row || (row == cell.row && column <= cell.column) {
        cell.row = row;
        return Err(out_of_order());
    }
    if row == 0 || column > COLUMNS_MAX {
        let message =
            format!("the workbook is damaged: a row of its sheet has more than {COLUMNS_MAX} columns");
        return Err(Error::unreadable(None, message));
    }
    (cell.row, cell.column) = at;
    Ok(read)
}
