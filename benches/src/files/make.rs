//! The files that are sent: the same people in every kind, with and without passwords, changed, and as the whole truth.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use throng_tables::{Cell, Formulas, write_csv, write_json_line};

use crate::Outcome;
use crate::people::{Emails, Person, Random, persons};
use crate::readers::files::{SHEET, STRINGS, workbook};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
    /// A JSON object a line.
    JsonLines,
}

impl Kind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::JsonLines => "JSON Lines",
        }
    }

    /// What the names of such files end with, and the parameter `format`.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "jsonl",
        }
    }
}

/// The columns of people who are new.
const COLUMNS: [&str; 6] = ["Login Id", "Last Name", "First Name", "Display Name", "Roles", "Email"];
/// With their passwords.
const WITH_PASSWORD: [&str; 7] =
    ["Login Id", "Last Name", "First Name", "Display Name", "Roles", "Email", "Password"];
/// The columns of a change.
const CHANGED: [&str; 2] = ["Login Id", "Display Name"];

/// One of so many people is missing in the file that is the whole truth, one is another, one is new: 1 % differs in all.
pub const ONE_IN: usize = 300;

/// A file on the disk.
#[derive(Debug)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// Its kind.
    pub kind: Kind,
    /// How long it is.
    pub bytes: u64,
}

/// What stands in the column of passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// There is none.
    None,
    /// Hashes by argon2id, of nobody's password.
    Ready,
    /// Passwords.
    Clear,
}

/// A file of so many people who are new.
///
/// # Errors
/// What the disk fails with.
pub fn new_people(folder: &Path, kind: Kind, people: usize, passwords: Passwords) -> Outcome<Made> {
    let columns: &[&str] = if passwords == Passwords::None { &COLUMNS } else { &WITH_PASSWORD };
    let mut random = Random::new(2);
    let rows = persons(people, Emails::Login).map(|person| {
        let display = format!("{} {}", person.first, person.last);
        let mut cells = cells(person, display);
        cells.extend(password(passwords, &mut random).map(Cell::Text));
        cells
    });
    write(folder, kind, columns, rows)
}

/// A file that gives everybody another display name.
///
/// # Errors
/// What the disk fails with.
pub fn changes(folder: &Path, people: usize) -> Outcome<Made> {
    let rows = persons(people, Emails::Login).map(|person| {
        let display = changed_name(&person);
        vec![Cell::Text(person.login), Cell::Text(display)]
    });
    write(folder, Kind::Csv, &CHANGED, rows)
}

/// A file that is the whole truth about people who were changed: see [`ONE_IN`].
///
/// # Errors
/// What the disk fails with.
pub fn whole(folder: &Path, people: usize) -> Outcome<Made> {
    let rows = persons(people, Emails::Login).flat_map(|person| {
        let mut rows = Vec::with_capacity(2);
        let place = person.number % ONE_IN;
        if place == 2 {
            let login = format!("new.{}", person.login);
            let new = Person { email: login.clone(), login, ..person.clone() };
            rows.push(cells(new, "Somebody New".to_owned()));
        }
        let display = if place == 1 { "Another Name".to_owned() } else { changed_name(&person) };
        if place > 0 {
            rows.push(cells(person, display));
        }
        rows
    });
    write(folder, Kind::Csv, &COLUMNS, rows)
}

fn changed_name(person: &Person) -> String {
    format!("{} {} ({})", person.first, person.last, person.number % 10)
}

fn cells(person: Person, display: String) -> Vec<Cell> {
    let Person { login, first, last, email, .. } = person;
    let text = |text: &str| Cell::Text(text.to_owned());
    let roles = Cell::List(vec!["Agent".to_owned()]);
    vec![Cell::Text(login), text(last), text(first), Cell::Text(display), roles, Cell::Text(email)]
}

fn password(passwords: Passwords, random: &mut Random) -> Option<String> {
    match passwords {
        Passwords::None => None,
        Passwords::Clear => {
            // Never more than two signs of a kind in a row, as passwords have to be.
            let bytes = random.next().to_le_bytes();
            Some(bytes.map(|byte| format!("{byte:02x}")).join("-"))
        }
        Passwords::Ready => {
            let mut bytes =
                |words: usize| -> Vec<u8> { (0..words).flat_map(|_| random.next().to_le_bytes()).collect() };
            let (salt, hash) = (STANDARD_NO_PAD.encode(bytes(2)), STANDARD_NO_PAD.encode(bytes(4)));
            Some(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
        }
    }
}

fn write(
    folder: &Path,
    kind: Kind,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Outcome<Made> {
    let path = folder.join(format!("people.{}", kind.ending()));
    match kind {
        Kind::Xlsx => write_workbook(&path, columns, rows)?,
        Kind::Csv | Kind::JsonLines => write_lines(&path, kind, columns, rows)?,
    }
    let bytes = std::fs::metadata(&path)?.len();
    Ok(Made { path, kind, bytes })
}

fn write_lines(path: &Path, kind: Kind, columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Outcome {
    let (mut out, mut line) = (BufWriter::new(File::create(path)?), Vec::new());
    if kind == Kind::Csv {
        let names: Vec<Cell> = columns.iter().map(|name| Cell::Text((*name).to_owned())).collect();
        write_csv(&names, Formulas::Kept, &mut line);
    }
    for row in rows {
        match kind {
            Kind::JsonLines => write_json_line(columns, &row, &mut line),
            Kind::Csv | Kind::Xlsx => write_csv(&row, Formulas::Kept, &mut line),
        }
        out.write_all(&line)?;
        line.clear();
    }
    Ok(out.flush()?)
}

/// As Excel writes it: every text once, in a table of shared strings behind the sheet.
fn write_workbook(path: &Path, columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Outcome {
    let (mut zip, options) = workbook(path)?;
    let (mut strings, mut part, mut table) = (HashMap::new(), String::new(), String::new());
    zip.start_file(SHEET, options)?;
    zip.write_all(
        b"<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    )?;
    let header = columns.iter().map(|name| Cell::Text((*name).to_owned())).collect();
    for (number, row) in (1..).zip(std::iter::once(header).chain(rows)) {
        write!(part, "<row r=\"{number}\" spans=\"1:{}\">", columns.len())?;
        for (letter, cell) in ('A'..).zip(&row) {
            let text = match cell {
                Cell::Text(text) => Cow::Borrowed(text.as_str()),
                Cell::List(items) => Cow::Owned(format!("[{}]", items.join(","))),
            };
            let next = strings.len();
            let index = *strings.entry(text.clone().into_owned()).or_insert_with(|| {
                // None of these texts has anything that XML writes in another way.
                table.extend(["<si><t>", &text, "</t></si>"]);
                next
            });
            write!(part, "<c r=\"{letter}{number}\" t=\"s\"><v>{index}</v></c>")?;
        }
        part.push_str("</row>");
        zip.write_all(part.as_bytes())?;
        part.clear();
    }
    zip.write_all(b"</sheetData></worksheet>")?;
    zip.start_file(STRINGS, options)?;
    zip.write_all(b"<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">")?;
    zip.write_all(table.as_bytes())?;
    zip.write_all(b"</sst>")?;
    Ok(zip.finish()?.flush()?)
}
