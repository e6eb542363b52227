//! Which numbers are dates: the formats of cells. Source: ECMA-376 part 1, 18.8.30.

use std::collections::HashMap;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::xml::{Xml, attributes, local, unescaped};
use crate::error::Error;

/// Formats of a workbook, and styles of cells: Excel allows 65,490.
const STYLES_MAX: usize = 100_000;

/// What the number of a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// A number.
    #[default]
    Number,
    /// A day, or a day with a time.
    Date,
    /// A time of the day.
    Time,
    /// A duration, which may be longer than a day.
    Duration,
}

/// The kinds of numbers by the style of their cell.
#[derive(Default)]
pub(super) struct Styles {
    kinds: Vec<Kind>,
}

impl Styles {
    /// Reads the part that holds them.
    ///
    /// # Errors
    /// `TooLarge` for more than any program writes, `Unreadable` for a damaged part.
    pub(super) fn load<R: BufRead>(mut xml: Xml<R>) -> Result<Self, Error> {
        let mut formats: HashMap<String, Kind> = HashMap::new();
        let mut styles = Self::default();
        let (mut in_formats, mut in_styles) = (false, false);
        loop {
            match xml.next()? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().into_inner() {
                    "numFmts" => in_formats = true,
                    "cellXfs" => in_styles = true,
                    "numFmt" if in_formats => {
                        let (id, code) = format(&tag)?;
                        formats.insert(id, kind_of(&code));
                    }
                    "xf" if in_styles => {
                        let (id, _) = format(&tag)?;
                        let kind = formats.get(&id).copied().unwrap_or_else(|| built_in(&id));
                        styles.kinds.push(kind);
                    }
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().into_inner() {
                    "numFmts" => in_formats = false,
                    "cellXfs" => in_styles = false,
                    _ => {}
                },
                Event::Eof => return Ok(styles),
                _ => {}
            }
            if styles.kinds.len().max(formats.len()) > STYLES_MAX {
                let message = format!("the workbook has more than {STYLES_MAX} styles of cells");
                return Err(Error::too_large(None, message));
            }
        }
    }

    /// The kind of the numbers in cells of the style with this number; a number where there is no such style.
    pub(super) fn kind(&self, style: &str) -> Kind {
        style.parse::<usize>().ok().and_then(|style| self.kinds.get(style)).copied().unwrap_or_default()
    }
}

/// The number of a format, and its code.
fn format(tag: &BytesStart<'_>) -> Result<(String, String), Error> {
    let (mut id, mut code) = (String::new(), String::new());
    for attribute in attributes(tag) {
        let (name, value) = attribute?;
        match local(name) {
            "numFmtId" => id = value.into_owned(),
            "formatCode" => code = unescaped(&value)?.into_owned(),
            _ => {}
        }
    }
    Ok((id, code))
}

/// The formats that every workbook has, those of East Asian editions among them.
fn built_in(id: &str) -> Kind {
    match id.parse() {
        Ok(14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58) => Kind::Date,
        Ok(18..=21 | 32..=35 | 45 | 47 | 55 | 56) => Kind::Time,
        Ok(46) => Kind::Duration,
        _ => Kind::Number,
    }
}

/// The kind that a format's code makes of a number, by its first section: `yyyy\-mm\-dd`, `[h]:mm`, `0.00`.
fn kind_of(code: &str) -> Kind {
    let mut characters = code.chars();
    let (mut is_date, mut is_time, mut month_or_minute) = (false, false, false);
    while let Some(character) = characters.next() {
        match character {
            ';' => break,
            '"' => {
                characters.by_ref().find(|&character| character == '"');
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            '[' => {
                let inside: String = characters.by_ref().take_while(|&character| character != ']').collect();
                let is_unit = |unit| {
                    !inside.is_empty() && inside.chars().all(|letter| letter.eq_ignore_ascii_case(&unit))
                };
                if ['h', 'm', 's'].into_iter().any(is_unit) {
                    return Kind::Duration;
                }
            }
            'y' | 'Y' | 'd' | 'D' => is_date = true,
            'h' | 'H' | 's' | 'S' => is_time = true,
            'm' | 'M' => month_or_minute = true,
            'G' | 'g'
                if characters.as_str().get(..6).is_some_and(|rest| rest.eq_ignore_ascii_case("eneral")) =>
            {
                characters.nth(5);
            }
            _ => {}
        }
    }
    match (is_date, is_time, month_or_minute) {
        (true, _, _) | (false, false, true) => Kind::Date,
        (false, true, _) => Kind::Time,
        (false, false, false) => Kind::Number,
    }
}

#[cfg(test)]
mod tests;
