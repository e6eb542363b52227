//! A byte stream with a window that can be looked at before it is consumed.

use std::io::{ErrorKind, Read};

use crate::error::Error;
use crate::format::UTF8_BOM;

/// Bytes asked of the stream at once: large enough that its cost per call vanishes.
const READ_BYTES: usize = 64 * 1024;

/// The stream and the bytes read but not yet consumed. The window grows as long as nothing is
/// consumed: whoever calls [`Source::fill`] in a loop bounds it.
pub(crate) struct Source {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

impl Source {
    /// Opens `input` as UTF-8 text: passes over a byte order mark, refuses UTF-16.
    pub(crate) fn open_text(input: Box<dyn Read + Send>) -> Result<Self, Error> {
        let mut source = Self { input, buffer: Vec::new(), start: 0, end: 0, ended: false };
        while source.window().len() < UTF8_BOM.len() && source.fill()? {}
        let head = source.window();
        if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
            return Err(Error::unreadable(Some(1), "the file is in UTF-16; save it as UTF-8"));
        }
        if head.starts_with(UTF8_BOM) {
            source.consume(UTF8_BOM.len());
        }
        Ok(source)
    }

    /// The bytes read and not consumed.
    pub(crate) fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Drops the first `count` bytes of the window.
    pub(crate) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.end - self.start);
        self.start += count;
    }

    /// Reads more bytes to the end of the window; `false` once the stream has ended.
    pub(crate) fn fill(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < self.end + READ_BYTES {
            // Doubling, so that a long line is not zeroed again for each piece of it.
            let size = (self.end + READ_BYTES).max(self.buffer.len() * 2);
            self.buffer.resize(size, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::of_io(error)),
            }
        }
    }
}
