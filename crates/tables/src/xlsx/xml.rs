//! The events of one XML part, in bounded memory.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::Error;

/// Bytes of one tag, comment or stretch of text: the 32,767 characters of a cell take less, however they are written.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Elements inside one another: a sheet needs eight.
const DEPTH_MAX: usize = 64;

/// Reads a part. Document types are refused, and every encoding but UTF-8.
pub(super) struct Xml<R> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: BufRead> Xml<R> {
    /// Looks at the first bytes: in another encoding what is refused would not be recognised.
    pub(super) fn open(mut input: R) -> Result<Self, Error> {
        let head = input.fill_buf().map_err(Error::of_io)?;
        if head.starts_with(b"\xFF\xFE")
            || head.starts_with(b"\xFE\xFF")
            || head.iter().take(4).any(|&byte| byte == 0)
        {
            return Err(other_encoding());
        }
        let reader = Reader::from_reader(Bounded { input, left: EVENT_BYTES_MAX });
        Ok(Self { reader, buffer: Vec::new(), depth: 0 })
    }

    /// The next event; `Eof` again and again after the last.
    pub(super) fn next(&mut self) -> Result<Event<'_>, Error> {
        self.buffer.clear();
        self.reader.get_mut().left = EVENT_BYTES_MAX;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(damaged)?;
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    let message =
                        format!("the workbook is damaged: {DEPTH_MAX} elements stand inside one another");
                    return Err(Error::unreadable(None, message));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => {
                return Err(Error::unreadable(None, "the workbook declares a document type"));
            }
            Event::Decl(declaration) => {
                let is_known =
                    |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii");
                if !declaration.encoding().is_none_or(|name| name.is_ok_and(|name| is_known(&name))) {
                    return Err(other_encoding());
                }
            }
            Event::Eof if self.depth > 0 => {
                return Err(Error::unreadable(None, "the workbook is damaged: one of its parts is cut off"));
            }
            _ => {}
        }
        Ok(event)
    }

    /// The stream, for what comes after the last event that matters.
    pub(super) fn into_input(self) -> R {
        self.reader.into_inner().input
    }
}

fn other_encoding() -> Error {
    Error::unreadable(None, "the workbook is not written in UTF-8")
}

fn damaged(error: quick_xml::Error) -> Error {
    match error {
        // The stream's own error: nobody else has it.
        quick_xml::Error::Io(error) => std::sync::Arc::into_inner(error)
            .map_or_else(|| Error::unreadable(None, "the workbook is damaged"), Error::of_io),
        error => Error::unreadable(None, format!("the workbook is damaged: {error}")),
    }
}

/// A stream that gives out so many bytes for one event.
struct Bounded<R> {
    input: R,
    left: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            let message = format!("a tag or text of the workbook is longer than {EVENT_BYTES_MAX} bytes");
            return Err(Error::too_large(None, message).into_io());
        }
        let bytes = self.input.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.input.consume(count);
    }
}

/// The attributes of a tag, names with their prefixes, values as they stand in the file.
pub(super) fn attributes<'a>(
    tag: &'a BytesStart<'_>,
) -> impl Iterator<Item = Result<(&'a str, Cow<'a, str>), Error>> {
    let mut attributes = tag.attributes();
    // A name that stands twice is not looked for: it would take time, and the first one counts as well as any.
    attributes.with_checks(false);
    attributes.map(|attribute| match attribute {
        Ok(attribute) => Ok((attribute.key.into_inner(), attribute.value)),
        Err(error) => Err(Error::unreadable(None, format!("the workbook is damaged: {error}"))),
    })
}

/// The value of an attribute without its references.
pub(super) fn unescaped(value: &str) -> Result<Cow<'_, str>, Error> {
    quick_xml::escape::unescape(value)
        .map_err(|error| Error::unreadable(None, format!("the workbook is damaged: {error}")))
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Appends the text of a reference: `&amp;`, `&#10;`.
///
/// # Errors
/// `Unreadable` for an entity that XML does not have: there is no place where a workbook could declare it.
pub(super) fn push_reference(reference: &BytesRef<'_>, text: &mut String) -> Result<(), Error> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        text.push(character);
        return Ok(());
    }
    let name: &str = reference;
    let value = quick_xml::escape::resolve_xml_entity(name).ok_or_else(|| {
        Error::unreadable(None, format!("the workbook is damaged: there is no entity {name:?}"))
    })?;
    text.push_str(value);
    Ok(())
}
