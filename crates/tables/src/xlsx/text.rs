//! Texts of shared strings and of inline strings. Source: ECMA-376 part 1, 18.4.

use std::io::BufRead;

use quick_xml::events::Event;

use super::xml::{Xml, attributes, push_reference};
use crate::error::Error;

/// Bytes of one text, all its runs together. What is longer than a cell may be is a fault of the rows with it; this is
/// the end of the file, and bounds the memory.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Reads the runs of a text up to the end of the element that was begun, and appends them to `out`. Formats are passed
/// over, and so is how it is pronounced.
///
/// # Errors
/// `TooLarge` for a text that is too long, `Unreadable` for a damaged part.
pub(super) fn read<R: BufRead>(xml: &mut Xml<R>, out: &mut String) -> Result<(), Error> {
    let mut depth = 0_usize;
    // The depth at which pronunciation began, and whether a run's text has begun.
    let (mut spoken, mut run) = (None, None);
    loop {
        match xml.next()? {
            Event::Start(tag) => {
                depth += 1;
                match tag.local_name().into_inner() {
                    "rPh" if spoken.is_none() => spoken = Some(depth),
                    "t" if spoken.is_none() => {
                        let mut is_kept = false;
                        for attribute in attributes(&tag) {
                            let (name, value) = attribute?;
                            is_kept |= name == "xml:space" && value == "preserve";
                        }
                        run = Some((depth, out.len(), is_kept));
                    }
                    _ => {}
                }
            }
            Event::End(_) => {
                if depth == 0 {
                    return Ok(());
                }
                if spoken == Some(depth) {
                    spoken = None;
                }
                if let Some((_, start, is_kept)) = run.filter(|(at, ..)| *at == depth) {
                    end_run(out, start, is_kept);
                    run = None;
                }
                depth -= 1;
            }
            Event::Text(text) if run.is_some() => out.push_str(&text.xml10_content()),
            Event::CData(text) if run.is_some() => out.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if run.is_some() => push_reference(&reference, out)?,
            Event::Eof => return Err(Error::unreadable(None, "the workbook is damaged: a text has no end")),
            _ => {}
        }
        if out.len() > TEXT_BYTES_MAX {
            return Err(too_long());
        }
    }
}

pub(super) fn too_long() -> Error {
    Error::too_large(None, format!("a text of the workbook is longer than {TEXT_BYTES_MAX} bytes"))
}

/// Whether a text is too long to be read any further.
pub(super) fn is_too_long(text: &str) -> bool {
    text.len() > TEXT_BYTES_MAX
}

/// Finishes the run that begins at `start`: blanks around it count only where the file says so.
fn end_run(out: &mut String, start: usize, is_kept: bool) {
    unescape(out, start);
    if !is_kept {
        let blank = |character: char| matches!(character, ' ' | '\t' | '\r' | '\n');
        out.truncate(start + out[start..].trim_end_matches(blank).len());
        let leading = out[start..].len() - out[start..].trim_start_matches(blank).len();
        out.drain(start..start + leading);
    }
}

/// Replaces `_x000A_` by the character, from `start` on. Source: ECMA-376 part 1, 22.9.2.19.
pub(super) fn unescape(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let mut plain = String::new();
    let mut rest = &text[start..];
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = escaped(rest).unwrap_or(('_', 1));
        plain.push(character);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    text.replace_range(start.., &plain);
}

/// The character that an escape at the beginning of `text` stands for, and the bytes of the escape. Characters beyond
/// 16 bits take two.
fn escaped(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.strip_prefix("_x")?.get(..4)?;
        let well_formed =
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && text.as_bytes().get(6) == Some(&b'_');
        well_formed.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let first = unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 7));
    }
    let pair = [first, unit(text.get(7..)?)?];
    let character = char::decode_utf16(pair).next()?.ok()?;
    Some((character, 14))
}

#[cfg(test)]
mod tests;
