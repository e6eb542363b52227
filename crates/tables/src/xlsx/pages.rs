//! A file that is read in places, with its pages kept as far as they fit.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a page.
const PAGE_BYTES: usize = 8 * 1024;

/// A file and some of its pages, each in the one place where it may be.
pub(super) struct Pages {
    file: File,
    slots: Vec<Slot>,
}

#[derive(Default)]
struct Slot {
    /// The number of the page, plus one; 0 while there is none.
    page: u64,
    bytes: Vec<u8>,
}

impl Pages {
    /// Reads `file`, keeping at most `slots` pages.
    pub(super) fn new(file: File, slots: usize) -> Self {
        Self { file, slots: std::iter::repeat_with(Slot::default).take(slots).collect() }
    }

    /// Appends the `length` bytes from `position` on to `out`.
    ///
    /// # Errors
    /// What the disk fails with, `UnexpectedEof` behind the end.
    pub(super) fn read(&mut self, position: u64, length: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let (mut position, mut left) = (position, length);
        while left > 0 {
            let start = usize::try_from(position % PAGE_BYTES as u64).unwrap_or(0);
            let bytes = self.page(position / PAGE_BYTES as u64)?;
            let found =
                bytes.get(start..).filter(|found| !found.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
            let taken = &found[..found.len().min(left)];
            out.extend_from_slice(taken);
            position += taken.len() as u64;
            left -= taken.len();
        }
        Ok(())
    }

    fn page(&mut self, page: u64) -> io::Result<&[u8]> {
        let slot = usize::try_from(page % self.slots.len() as u64).unwrap_or(0);
        let slot = &mut self.slots[slot];
        if slot.page != page + 1 {
            slot.page = 0;
            self.file.seek(SeekFrom::Start(page * PAGE_BYTES as u64))?;
            slot.bytes.resize(PAGE_BYTES, 0);
            let mut filled = 0;
            while filled < PAGE_BYTES {
                match self.file.read(&mut slot.bytes[filled..]) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            slot.bytes.truncate(filled);
            slot.page = page + 1;
        }
        Ok(&slot.bytes)
    }
}
