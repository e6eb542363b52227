//! The shared strings of a workbook, on the disk.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Write};

use quick_xml::events::Event;

use super::pages::Pages;
use super::text;
use super::xml::Xml;
use crate::error::Error;

/// Pages of texts and of places that are kept in memory: 8 MiB and 1 MiB.
const TEXT_PAGES: usize = 1024;
const PLACE_PAGES: usize = 128;
/// Bytes of the number that says where a text begins.
const PLACE_BYTES: u64 = 8;

/// Texts by number. Both files have no name and vanish with them.
pub(super) struct Strings {
    /// The texts one after the other, in UTF-8.
    texts: Pages,
    /// Where each text begins, and where the last one ends.
    places: Pages,
    count: u64,
    scratch: Vec<u8>,
}

impl Strings {
    /// No texts: a workbook need not have any.
    ///
    /// # Errors
    /// `Disk`.
    pub(super) fn none() -> Result<Self, Error> {
        Writer::new().and_then(Writer::finish).map_err(Error::Disk)
    }

    /// Reads the part that holds them, up to `count_max` texts.
    ///
    /// # Errors
    /// `TooLarge` above that number, `Unreadable` for a damaged part, `Disk`.
    pub(super) fn load<R: BufRead>(mut xml: Xml<R>, count_max: u64) -> Result<Self, Error> {
        let mut writer = Writer::new().map_err(Error::Disk)?;
        let mut text = String::new();
        loop {
            text.clear();
            match xml.next()? {
                Event::Start(tag) if tag.local_name().into_inner() == "si" => {
                    text::read(&mut xml, &mut text)?;
                }
                Event::Empty(tag) if tag.local_name().into_inner() == "si" => {}
                Event::Eof => return writer.finish().map_err(Error::Disk),
                _ => continue,
            }
            if writer.count == count_max {
                let message = format!("the workbook has more than {count_max} shared strings");
                return Err(Error::too_large(None, message));
            }
            writer.push(text.trim()).map_err(Error::Disk)?;
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Appends the text with a number below [`Strings::count`].
    ///
    /// # Errors
    /// `Disk`.
    pub(super) fn push(&mut self, number: u64, out: &mut String) -> Result<(), Error> {
        self.read(number).map_err(Error::Disk)?;
        // Only UTF-8 was written.
        out.push_str(
            std::str::from_utf8(&self.scratch).map_err(|error| Error::Disk(io::Error::other(error)))?,
        );
        Ok(())
    }

    fn read(&mut self, number: u64) -> io::Result<()> {
        self.scratch.clear();
        self.places.read(number * PLACE_BYTES, 2 * 8, &mut self.scratch)?;
        let place = |bytes: &[u8]| bytes.iter().rev().fold(0, |place, byte| place << 8 | u64::from(*byte));
        let (start, end) = (place(&self.scratch[..8]), place(&self.scratch[8..]));
        self.scratch.clear();
        let length = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
        self.texts.read(start, length, &mut self.scratch)
    }
}

struct Writer {
    texts: BufWriter<File>,
    places: BufWriter<File>,
    length: u64,
    count: u64,
}

impl Writer {
    fn new() -> io::Result<Self> {
        let texts = BufWriter::new(tempfile::tempfile()?);
        let mut places = BufWriter::new(tempfile::tempfile()?);
        places.write_all(&0_u64.to_le_bytes())?;
        Ok(Self { texts, places, length: 0, count: 0 })
    }

    fn push(&mut self, text: &str) -> io::Result<()> {
        self.texts.write_all(text.as_bytes())?;
        self.length += text.len() as u64;
        self.places.write_all(&self.length.to_le_bytes())?;
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> io::Result<Strings> {
        let texts = self.texts.into_inner().map_err(io::IntoInnerError::into_error)?;
        let places = self.places.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Strings {
            texts: Pages::new(texts, TEXT_PAGES),
            places: Pages::new(places, PLACE_PAGES),
            count: self.count,
            scratch: Vec::new(),
        })
    }
}
