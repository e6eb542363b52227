//! Looks an XLSX archive through before anything is parsed out of it.

use std::io::{Cursor, Read};

use memchr::{memchr, memmem};
use zip::ZipArchive;

mod references;

use crate::error::Error;
use crate::limits::Limits;
use references::References;

/// Bytes inflated at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of a chunk that are kept before the next one, so that no mark is cut in two.
const CARRY_BYTES: usize = 256;
/// Bytes inflated before the ratio counts: small parts of an ordinary workbook compress oddly.
const RATIO_FROM_BYTES: u64 = 1024 * 1024;

/// Inflates every part of the archive once, keeping nothing, and checks what the parser that
/// comes after relies on: the number of parts, their inflated bytes as counted here (sizes
/// written in the archive are not believed), the ratio, no document type declaration, the
/// number of shared strings, announced and real, and the places that cells are given.
///
/// # Errors
/// `TooLarge` for the limits, `Unreadable` for a damaged or encrypted archive.
pub(crate) fn inspect(bytes: &[u8], limits: &Limits) -> Result<(), Error> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > limits.xlsx_entries_max {
        let message =
            format!("the workbook has {} parts, at most {} are read", archive.len(), limits.xlsx_entries_max);
        return Err(Error::too_large(None, message));
    }
    let mut inflated = Inflated { total: 0, compressed: bytes.len() as u64, limits };
    let mut window = Vec::with_capacity(CARRY_BYTES + CHUNK_BYTES);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| damaged(&error))?;
        let mut check = PartCheck::new(&part.name().map_err(|error| damaged(&error))?);
        window.clear();
        loop {
            let carried = window.len().min(CARRY_BYTES);
            window.drain(..window.len() - carried);
            window.resize(carried + CHUNK_BYTES, 0);
            let count = part.read(&mut window[carried..]).map_err(|error| damaged(&error))?;
            window.truncate(carried + count);
            if count == 0 {
                break;
            }
            inflated.add(count as u64)?;
            check.look(&window, carried, limits)?;
        }
    }
    Ok(())
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::unreadable(None, format!("the workbook is damaged: {error}"))
}

/// The sum of all inflated bytes so far.
struct Inflated<'a> {
    total: u64,
    compressed: u64,
    limits: &'a Limits,
}

impl Inflated<'_> {
    fn add(&mut self, bytes: u64) -> Result<(), Error> {
        self.total += bytes;
        let max = self.limits.xlsx_inflated_bytes_max;
        if self.total > max {
            return Err(Error::too_large(None, format!("the workbook unpacks to more than {max} bytes")));
        }
        let ratio_max = self.limits.xlsx_ratio_max;
        if self.total > RATIO_FROM_BYTES && self.total / ratio_max.max(1) > self.compressed {
            let message = format!("the workbook unpacks to more than {ratio_max} times its size");
            return Err(Error::too_large(None, message));
        }
        Ok(())
    }
}

/// What is looked for in one part.
struct PartCheck {
    xml: bool,
    shared_strings: bool,
    strings: usize,
    references: References,
}

impl PartCheck {
    fn new(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self {
            xml: [".xml", ".rels"].iter().any(|ending| name.ends_with(ending)),
            shared_strings: name.ends_with("sharedstrings.xml"),
            strings: 0,
            references: References::default(),
        }
    }

    /// Looks at `window`, whose first `carried` bytes have been looked at before.
    fn look(&mut self, window: &[u8], carried: usize, limits: &Limits) -> Result<(), Error> {
        if self.xml {
            look_at_xml(window)?;
        }
        // Whatever the part is called: any name can be given to a sheet.
        self.references.look(&window[carried..])?;
        if !self.shared_strings {
            return Ok(());
        }
        let max = limits.xlsx_shared_strings_max;
        let too_many = || Error::too_large(None, format!("the workbook has more than {max} shared strings"));
        // The parser reserves memory for as many strings as are announced here.
        for at in memmem::find_iter(window, b"uniqueCount") {
            match announced(&window[at..]) {
                Announced::Count(count) if count <= max => {}
                Announced::Count(_) => return Err(too_many()),
                Announced::CutOff if window.len() - at < CARRY_BYTES => {}
                _ => {
                    let message = "the table of shared strings has a malformed uniqueCount";
                    return Err(Error::unreadable(None, message));
                }
            }
        }
        self.strings += starts_of_strings(window, carried);
        if self.strings > max { Err(too_many()) } else { Ok(()) }
    }
}

/// Refuses document type declarations, and every encoding but UTF-8: in another one the marks
/// looked for here would not be seen, while the parser would understand them.
fn look_at_xml(window: &[u8]) -> Result<(), Error> {
    if memmem::find(window, b"<!DOCTYPE").is_some() {
        return Err(Error::unreadable(None, "the workbook declares a document type"));
    }
    let other_encoding = || Error::unreadable(None, "the workbook is not written in UTF-8");
    if memchr(0, window).is_some() {
        return Err(other_encoding());
    }
    for at in memmem::find_iter(window, b"<?xml") {
        let Some(length) = memmem::find(&window[at..], b"?>") else {
            if window.len() - at < CARRY_BYTES {
                continue;
            }
            return Err(other_encoding());
        };
        let declaration = window[at..at + length].to_ascii_lowercase();
        let Some(name) = memmem::find(&declaration, b"encoding") else { continue };
        let name = declaration[name + b"encoding".len()..].trim_ascii_start();
        let name = name.strip_prefix(b"=").unwrap_or(name).trim_ascii_start();
        if !matches!(name, [b'"' | b'\'', rest @ ..] if rest.starts_with(b"utf-8") || rest.starts_with(b"us-ascii"))
        {
            return Err(other_encoding());
        }
    }
    Ok(())
}

enum Announced {
    Count(usize),
    CutOff,
    Malformed,
}

/// Reads `uniqueCount="12"` at the start of `text`, in that form only: every writer uses it,
/// and a form not understood here could be understood by the parser.
fn announced(text: &[u8]) -> Announced {
    let Some(rest) = text.get(b"uniqueCount".len()..).filter(|rest| rest.len() >= 2) else {
        return Announced::CutOff;
    };
    let [b'=', quote @ (b'"' | b'\''), digits @ ..] = rest else { return Announced::Malformed };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits.get(length) {
        None => Announced::CutOff,
        Some(end) if end != quote => Announced::Malformed,
        Some(_) => std::str::from_utf8(&digits[..length])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .map_or(Announced::Malformed, Announced::Count),
    }
}

/// Counts the start tags of shared strings (`<si>`, with any prefix and attributes) whose last
/// byte is not among the first `carried`.
fn starts_of_strings(window: &[u8], carried: usize) -> usize {
    memmem::find_iter(window, b"si")
        .filter(|&at| at + 2 >= carried)
        .filter(|&at| at > 0 && matches!(window[at - 1], b'<' | b':'))
        .filter(|&at| matches!(window.get(at + 2), Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n')))
        .count()
}
