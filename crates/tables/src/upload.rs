//! A file as somebody sent it: its format is told here, and gzip is taken off.

use std::io::{Cursor, ErrorKind, Read};

use crate::error::Error;
use crate::format::Format;
use crate::gzip::{GZIP_MAGIC, Gunzip};
use crate::limits::Limits;
use crate::row::Rows;

/// Bytes that are looked at to tell the format.
const HEAD_BYTES: usize = 512;

/// A file, and what was said about it.
pub struct Upload<'a> {
    /// Its bytes.
    pub input: Box<dyn Read + Send>,
    /// Its name, as the sender calls it.
    pub file_name: Option<&'a str>,
    /// Its media type, as the sender calls it.
    pub content_type: Option<&'a str>,
}

/// Opens a file whose format is to be told by [`Format::detect`], as [`crate::open`] does.
///
/// A gzip file is known by its first bytes, whatever its name and type are. The format is then told by the first bytes
/// inside it and by its name without `.gz`; what is inside is not kept, but inflated as it is read.
///
/// # Errors
/// As [`crate::open`]; `Unreadable` also for a gzip file that is damaged, cut off, followed by other bytes, or inside
/// another one. Some of that is only found in reading on.
pub fn open_upload(
    upload: Upload<'_>,
    columns: &[&str],
    limits: Limits,
) -> Result<Box<dyn Rows + Send>, Error> {
    let Upload { input, file_name, content_type } = upload;
    let (mut head, mut input) = look(input)?;
    if head.starts_with(GZIP_MAGIC) {
        (head, input) = look(Box::new(Gunzip::new(input, &limits)))?;
        if head.starts_with(GZIP_MAGIC) {
            return Err(Error::unreadable(None, "the file is compressed by gzip twice; take one off"));
        }
    }
    crate::open(Format::detect(file_name, content_type, &head), input, columns, limits)
}

/// A stream that begins anew.
type Anew = Box<dyn Read + Send>;

/// The first bytes of the stream, and the stream with them.
fn look(mut input: Anew) -> Result<(Vec<u8>, Anew), Error> {
    let mut head = vec![0; HEAD_BYTES];
    let mut length = 0;
    while length < head.len() {
        match input.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::of_io(error)),
        }
    }
    head.truncate(length);
    Ok((head.clone(), Box::new(Cursor::new(head).chain(input))))
}
