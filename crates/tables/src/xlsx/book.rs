//! Which part of a workbook is the sheet to read. Source: ECMA-376 part 1, 18.2, and part 2, 9.3.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::archive::Archive;
use super::xml::{Xml, attributes, local, unescaped};
use crate::error::Error;

/// The sheet that is read when a workbook has several and none was asked for; else the first one.
const SHEET_PREFERRED: &str = "CoreUser";
/// Relationships of a part, and sheets of a workbook.
const RELATIONSHIPS_MAX: usize = 10_000;
/// Names of sheets that are told when the one that was asked for is missing.
const SHEETS_TOLD: usize = 10;

/// Where the parts that matter are, and how dates are counted.
pub(super) struct Book {
    /// The name of the sheet's part.
    pub(super) sheet: String,
    pub(super) shared_strings: Option<String>,
    pub(super) styles: Option<String>,
    /// Whether days are counted from 1904 on.
    pub(super) is_1904: bool,
}

/// A part that another one refers to.
struct Relationship {
    id: String,
    /// The last word of its type: the rest differs between the strict and the transitional standard.
    kind: String,
    part: String,
}

struct Sheet {
    name: String,
    relationship: String,
}

impl Book {
    /// Finds the sheet called `wanted`, or the one that is read if none is wanted.
    ///
    /// # Errors
    /// `Unreadable` if there is none, and for a damaged workbook.
    pub(super) fn find(archive: &mut Archive, wanted: Option<&str>) -> Result<Self, Error> {
        let main = relationships(archive, "")?.into_iter().find(|found| found.kind == "officeDocument");
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |found| found.part);
        if main.to_ascii_lowercase().ends_with(".bin") {
            return Err(Error::unreadable(None, "the file is a binary .xlsb workbook; save it as .xlsx"));
        }
        let Some(part) = archive.part(&main)? else {
            return Err(Error::unreadable(
                None,
                "the file is a ZIP archive, but no XLSX workbook, nor one of such workbooks",
            ));
        };
        let (mut sheets, is_1904) = read_workbook(Xml::open(part)?)?;
        let related = relationships(archive, &main)?;
        let part_of = |sheet: &Sheet| {
            related.iter().find(|found| found.id == sheet.relationship && found.kind == "worksheet")
        };
        sheets.retain(|sheet| part_of(sheet).is_some());
        let sheet = part_of(choose(&sheets, wanted)?)
            .ok_or_else(|| Error::unreadable(None, "the workbook has no sheet"))?;
        let of_kind = |kind| related.iter().find(|found| found.kind == kind).map(|found| found.part.clone());
        let (shared_strings, styles) = (of_kind("sharedStrings"), of_kind("styles"));
        Ok(Self { sheet: sheet.part.clone(), shared_strings, styles, is_1904 })
    }
}

fn choose<'a>(sheets: &'a [Sheet], wanted: Option<&str>) -> Result<&'a Sheet, Error> {
    let called = |name: &str| sheets.iter().find(|sheet| sheet.name.trim().eq_ignore_ascii_case(name.trim()));
    match wanted {
        Some(name) => called(name).ok_or_else(|| {
            let names: Vec<_> =
                sheets.iter().take(SHEETS_TOLD).map(|sheet| format!("'{}'", sheet.name)).collect();
            let message = format!("the workbook has no sheet '{name}'; it has {}", names.join(", "));
            Error::unreadable(None, message)
        }),
        None => called(SHEET_PREFERRED)
            .or_else(|| sheets.first())
            .ok_or_else(|| Error::unreadable(None, "the workbook has no sheet")),
    }
}

/// The sheets, hidden ones too, and whether days are counted from 1904 on.
fn read_workbook<R: BufRead>(mut xml: Xml<R>) -> Result<(Vec<Sheet>, bool), Error> {
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().into_inner() {
                "sheet" => sheets.push(sheet(&tag)?),
                "workbookPr" => {
                    for attribute in attributes(&tag) {
                        let (name, value) = attribute?;
                        is_1904 |= name == "date1904" && matches!(value.as_ref(), "1" | "true" | "on");
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, is_1904)),
            _ => {}
        }
        check_count(sheets.len())?;
    }
}

fn sheet(tag: &BytesStart<'_>) -> Result<Sheet, Error> {
    let mut sheet = Sheet { name: String::new(), relationship: String::new() };
    for attribute in attributes(tag) {
        let (name, value) = attribute?;
        match local(name) {
            "name" => sheet.name = unescaped(&value)?.into_owned(),
            "id" => sheet.relationship = value.into_owned(),
            _ => {}
        }
    }
    Ok(sheet)
}

fn check_count(count: usize) -> Result<(), Error> {
    if count <= RELATIONSHIPS_MAX {
        return Ok(());
    }
    Err(Error::too_large(None, format!("the workbook refers to more than {RELATIONSHIPS_MAX} parts")))
}

/// What `part` refers to; of the archive itself for the empty name. None if nothing says so.
fn relationships(archive: &mut Archive, part: &str) -> Result<Vec<Relationship>, Error> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let Some(stream) = archive.part(&joined(folder, &format!("_rels/{file}.rels")))? else {
        return Ok(Vec::new());
    };
    let mut xml = Xml::open(stream)?;
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().into_inner() == "Relationship" => {
                let mut relationship =
                    Relationship { id: String::new(), kind: String::new(), part: String::new() };
                for attribute in attributes(&tag) {
                    let (name, value) = attribute?;
                    match name {
                        "Id" => relationship.id = value.into_owned(),
                        "Type" => {
                            value.rsplit('/').next().unwrap_or_default().clone_into(&mut relationship.kind);
                        }
                        "Target" => relationship.part = joined(folder, &unescaped(&value)?),
                        _ => {}
                    }
                }
                found.push(relationship);
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
        check_count(found.len())?;
    }
}

/// The name of the part that `target` is, seen from a folder. It is looked up in the archive and nowhere else.
fn joined(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let folder = if target.starts_with('/') { "" } else { folder };
    let mut names = Vec::new();
    for name in folder.split('/').chain(target.split('/')) {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}
