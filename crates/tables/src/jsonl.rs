//! JSON Lines: one object a line. Source: RFC 8259 for each line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;

use memchr::{memchr, memchr_iter};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::limits::Limits;
use crate::row::{Cell, Row, RowFault, Rows, UNKNOWN_COLUMNS_MAX, check_headers, column_key, take_cells};
use crate::source::Source;

/// Bytes of an unknown key that is kept to be told; a longer one is no name of a column.
const UNKNOWN_NAME_BYTES_MAX: usize = 256;

/// The rows of a JSON Lines file.
pub(crate) struct JsonRows {
    source: Source,
    limits: Limits,
    headers: Vec<String>,
    keys: Keys,
    line: u64,
    rows: u64,
}

/// The keys of objects.
struct Keys {
    /// [`column_key`] of each header, and its position.
    positions: HashMap<String, usize>,
    /// Keys met that no header has, as they were spelt first, at most [`UNKNOWN_COLUMNS_MAX`].
    unknown: Vec<String>,
    /// [`column_key`] of each of them.
    noted: HashSet<String>,
    /// The keys of the line before, as they were spelt, with what they are: those of the next line are the same, as a
    /// rule, in the same order.
    before: Vec<(String, Slot)>,
    /// Whether a key among them is so long that they are not kept for the next line.
    are_long: bool,
    /// Of the line: see [`Row::trimmed`].
    trimmed: Vec<usize>,
}

/// What a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    /// The header in this position.
    Column(usize),
    /// None of them: its [`column_key`].
    Unknown(String),
}

/// A key, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl JsonRows {
    pub(crate) fn open(input: Box<dyn Read + Send>, columns: &[&str], limits: Limits) -> Result<Self, Error> {
        let headers: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        check_headers(&headers, 0, limits.columns_max)?;
        let positions = headers.iter().enumerate().map(|(index, name)| (column_key(name), index)).collect();
        let keys = Keys {
            positions,
            unknown: Vec::new(),
            noted: HashSet::new(),
            before: Vec::new(),
            are_long: false,
            trimmed: Vec::new(),
        };
        let mut rows = Self { source: Source::open_text(input)?, limits, headers, keys, line: 0, rows: 0 };
        rows.must_begin_with_an_object()?;
        Ok(rows)
    }

    /// Passes over leading blanks. What begins with a bracket is one array: read by lines, some of its objects would pass for
    /// rows and others not. What begins with anything else but a brace is another kind of file.
    fn must_begin_with_an_object(&mut self) -> Result<(), Error> {
        loop {
            let window = self.source.window();
            let blank = window.len() - window.trim_ascii_start().len();
            self.line += memchr_iter(b'\n', &window[..blank]).count() as u64;
            let first = window.get(blank).copied();
            self.source.consume(blank);
            match first {
                Some(b'[') => {
                    let message =
                        "the file is a JSON array; expected is one JSON object per line (JSON Lines)";
                    return Err(Error::unreadable(Some(self.line + 1), message));
                }
                None if self.source.fill()? => {}
                Some(b'{') | None => return Ok(()),
                Some(_) => {
                    let message =
                        "the file does not begin with a JSON object; expected is one per line (JSON Lines)";
                    return Err(Error::unreadable(Some(self.line + 1), message));
                }
            }
        }
    }

    /// Brings the next line into the window: its length, and with its LF.
    fn next_line(&mut self) -> Result<Option<(usize, usize)>, Error> {
        self.line += 1;
        let mut searched = 0;
        loop {
            let window = self.source.window();
            let found = memchr(b'\n', &window[searched..]).map(|at| searched + at);
            searched = window.len();
            let length = found.unwrap_or(searched);
            if length > self.limits.line_bytes_max {
                let message = format!("the line is longer than {} bytes", self.limits.line_bytes_max);
                return Err(Error::too_large(Some(self.line), message));
            }
            if found.is_some() {
                return Ok(Some((length, length + 1)));
            }
            if !self.source.fill().map_err(|error| error.at(Some(self.line)))? {
                return Ok((length > 0).then_some((length, length)));
            }
        }
    }
}

impl Keys {
    /// Reads a line into `cells`, as far as it goes; the first fault in it.
    fn parse(&mut self, line: &[u8], limits: &Limits, cells: &mut [Cell]) -> Option<RowFault> {
        let text = match std::str::from_utf8(line) {
            Ok(text) => text,
            Err(error) => {
                self.parse_text(&String::from_utf8_lossy(line), limits, cells);
                for cell in cells.iter_mut().filter(|cell| is_garbled(cell)) {
                    *cell = Cell::default();
                }
                return Some(RowFault::not_utf8(&error));
            }
        };
        self.parse_text(text, limits, cells)
    }

    fn parse_text(&mut self, text: &str, limits: &Limits, cells: &mut [Cell]) -> Option<RowFault> {
        if !text.starts_with('{') {
            return Some(RowFault::new("is not a JSON object"));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let mut fault = None;
        let object = Object { keys: self, limits, cells, fault: &mut fault };
        let read = object.deserialize(&mut json).and_then(|()| json.end());
        fault.or_else(|| read.err().map(|error| RowFault::new(said(&error))))
    }

    /// Makes sure that it is known what the key is that stands in this place of its line.
    fn find(&mut self, place: usize, name: &str) {
        if self.before.get(place).is_some_and(|(before, _)| before == name) {
            return;
        }
        self.are_long |= name.len() > UNKNOWN_NAME_BYTES_MAX;
        let key = column_key(name);
        let slot = self.positions.get(&key).map_or(Slot::Unknown(key), |&index| Slot::Column(index));
        if let Slot::Unknown(key) = &slot {
            self.note(name, &key.clone());
        }
        let found = (name.to_owned(), slot);
        // Every place before has been found.
        match self.before.get_mut(place) {
            Some(before) => *before = found,
            None => self.before.push(found),
        }
    }

    /// Remembers a key that no header has.
    fn note(&mut self, name: &str, key: &str) {
        let short = name.len() <= UNKNOWN_NAME_BYTES_MAX;
        if short && self.unknown.len() < UNKNOWN_COLUMNS_MAX && !self.noted.contains(key) {
            self.noted.insert(key.to_owned());
            self.unknown.push(name.to_owned());
        }
    }
}

impl Rows for JsonRows {
    fn headers(&self) -> &[String] {
        &self.headers
    }

    fn unknown_columns(&self) -> &[String] {
        &self.keys.unknown
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        let mut cells = take_cells(row);
        while let Some((length, consumed)) = self.next_line()? {
            let line = self.source.window()[..length].trim_ascii();
            if line.is_empty() {
                self.source.consume(consumed);
                continue;
            }
            cells.resize_with(self.headers.len(), Cell::default);
            for cell in &mut cells {
                match cell {
                    Cell::Text(text) => text.clear(),
                    Cell::List(_) => *cell = Cell::default(),
                }
            }
            self.keys.trimmed.clear();
            let fault = self.keys.parse(line, &self.limits, &mut cells);
            row.trimmed.clone_from(&self.keys.trimmed);
            self.source.consume(consumed);
            row.number = self.line;
            row.cells = RowFault::or_cells(fault, cells, self.headers.len());
            self.rows += 1;
            self.limits.check_rows(self.rows, self.line)?;
            return Ok(true);
        }
        Ok(false)
    }
}

/// serde's text with the column instead of the line, which is always 1.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        serde_json::error::Category::Data => text.to_owned(),
        _ => format!("is not valid JSON: {text} (byte {})", error.column()),
    }
}

/// Whether characters were lost when the cell was made text.
fn is_garbled(cell: &Cell) -> bool {
    let lost = |text: &String| text.contains(char::REPLACEMENT_CHARACTER);
    match cell {
        Cell::Text(text) => lost(text),
        Cell::List(items) => items.iter().any(lost),
    }
}

/// Reads one object into cells. A value that cannot be used leaves its cell blank.
struct Object<'a> {
    keys: &'a mut Keys,
    limits: &'a Limits,
    cells: &'a mut [Cell],
    /// The first thing wrong with a key or a value.
    fault: &'a mut Option<RowFault>,
}

impl Object<'_> {
    fn fault(&mut self, message: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(|| RowFault::new(message()));
    }

    /// Puts the value of a key where it belongs.
    fn put(&mut self, name: &str, index: usize, json: &str) {
        if let (Some(text), Some(Cell::Text(cell))) = (plain_text(json), self.cells.get_mut(index)) {
            match self.limits.check_cell(text.len(), index) {
                Ok(()) => {
                    cell.push_str(text);
                    // But for the quotes.
                    if text.len() + 2 < json.len() && !text.is_empty() {
                        self.keys.trimmed.push(index);
                    }
                }
                Err(fault) => self.fault(|| fault.message),
            }
            return;
        }
        let cell = match value_of(json) {
            Ok(cell) => cell,
            Err(problem) => return self.fault(|| format!("the value of {name:?} {problem}")),
        };
        match check_size(&cell, index, self.limits) {
            Ok(()) => {
                if matches!(&cell, Cell::Text(text) if json.starts_with('"') && is_trimmed(text, json)) {
                    self.keys.trimmed.push(index);
                }
                self.cells[index] = cell;
            }
            Err(fault) => self.fault(|| fault.message),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if std::mem::take(&mut self.keys.are_long) {
            self.keys.before.clear();
        }
        // How many keys there were: those are the first of `before`.
        let mut seen = 0;
        while let Some(Name(name)) = map.next_key()? {
            self.keys.find(seen, &name);
            let (earlier, rest) = self.keys.before.split_at(seen);
            let slot = rest.first().map(|(_, slot)| slot);
            if earlier.iter().any(|(_, earlier)| Some(earlier) == slot) {
                let _: &RawValue = map.next_value()?;
                self.fault(|| format!("the key {name:?} stands twice"));
                continue;
            }
            if seen == self.limits.columns_max {
                let max = self.limits.columns_max;
                return Err(A::Error::custom(format_args!("has more than {max} keys")));
            }
            let column = match slot {
                Some(Slot::Column(index)) => Some(*index),
                Some(Slot::Unknown(_)) | None => None,
            };
            let value: &RawValue = map.next_value()?;
            if let Some(index) = column {
                self.put(&name, index, value.get());
            }
            seen += 1;
        }
        Ok(())
    }
}

/// The cell for one JSON value, given as it stands in the file, so that no digit of a number
/// is lost.
fn value_of(json: &str) -> Result<Cell, &'static str> {
    match json.as_bytes().first() {
        Some(b'"') => text_of(json).map(Cell::Text),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| "is not a list of texts")?;
            let texts = items.iter().map(|item| text_of(item.get()).map_err(|_| "is not a list of texts"));
            Ok(Cell::List(texts.collect::<Result<_, _>>()?))
        }
        Some(b'{') => Err("is an object where a text or a list of texts is expected"),
        Some(b'n') => Ok(Cell::default()),
        Some(b't' | b'f') => Ok(Cell::Text(json.to_owned())),
        _ => Ok(Cell::Text(without_zero_fraction(json).to_owned())),
    }
}

/// What stands between the quotes of a text in which nothing is escaped, without blanks at its ends.
fn plain_text(json: &str) -> Option<&str> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr(b'\\', inner.as_bytes()).is_some() { None } else { Some(inner.trim()) }
}

fn text_of(json: &str) -> Result<String, &'static str> {
    let text: String = serde_json::from_str(json).map_err(|_| "is not a valid text")?;
    if text.contains('\0') {
        return Err("contains a NUL character");
    }
    let trimmed = text.trim();
    if trimmed.len() == text.len() { Ok(text) } else { Ok(trimmed.to_owned()) }
}

/// Whether a text that is not blank was longer as it stood in the file.
fn is_trimmed(text: &str, json: &str) -> bool {
    !text.is_empty() && serde_json::from_str::<String>(json).is_ok_and(|whole| whole.len() > text.len())
}

/// `12345.0` as `12345`: programs that keep every number as a float write the first for the second.
fn without_zero_fraction(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

fn check_size(cell: &Cell, index: usize, limits: &Limits) -> Result<(), RowFault> {
    match cell {
        Cell::Text(text) => limits.check_cell(text.len(), index),
        Cell::List(items) => limits.check_cell(items.iter().map(String::len).sum(), index),
    }
}
