//! The ZIP archive that a workbook is. Source: APPNOTE 6.3.10, ECMA-376 part 2.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::sync::Arc;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::error::Error;
use crate::inflate::{Growth, Together};
use crate::limits::Limits;

/// Bytes that may be read to find out what is in the archive: a thousand parts need less than a tenth. The directory is
/// kept in memory.
const DIRECTORY_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Bytes read at once of a part, compressed and inflated.
const READ_BYTES: usize = 64 * 1024;

/// Parts that make an archive a workbook; without them it may be one of workbooks.
const WORKBOOK_PARTS: [&str; 2] = ["_rels/.rels", "xl/workbook.xml"];
/// How each record of an archive's directory begins, and how long it is without names and comments.
const RECORD: &[u8] = b"PK\x01\x02";
const RECORD_BYTES: usize = 46;
/// How the name of a workbook ends.
const WORKBOOK_ENDING: &[u8] = b".xlsx";

/// The parts of a workbook, or the workbooks of an archive.
pub(super) struct Archive {
    file: File,
    directory: ZipArchive<Allowance>,
    limits: Limits,
    together: Option<Arc<Together>>,
}

impl Archive {
    /// Reads the directory of the archive. What is inflated counts for `together`, too.
    ///
    /// # Errors
    /// `TooLarge` above the number of parts, `Unreadable` for an archive that is damaged, encrypted, or whose parts
    /// lie over one another.
    pub(super) fn open(file: File, limits: &Limits, together: Option<Arc<Together>>) -> Result<Self, Error> {
        let reader = file.try_clone().map_err(Error::Disk)?;
        let allowance = Allowance { input: BufReader::new(reader), left: DIRECTORY_BYTES_MAX };
        let mut directory = ZipArchive::new(allowance).map_err(unreadable)?;
        let parts = directory.len();
        let (what, max) = if holds_workbooks(&directory) {
            ("archive has {} files", limits.archive_workbooks_max)
        } else {
            ("workbook has {} parts", limits.xlsx_entries_max)
        };
        if parts > max {
            let what = what.replace("{}", &parts.to_string());
            return Err(Error::too_large(None, format!("the {what}, at most {max} are read")));
        }
        // Of two with one name the library keeps the last: nobody would miss the other.
        if records(&file, directory.central_directory_start(), parts).map_err(Error::Disk)? > parts {
            return Err(Error::unreadable(None, "the archive has two files of one name"));
        }
        if directory.has_overlapping_entries().map_err(unreadable)? {
            return Err(Error::unreadable(None, "the workbook is damaged: its parts lie over one another"));
        }
        Ok(Self { file, directory, limits: limits.clone(), together })
    }

    /// Whether it is no workbook, but has some in it.
    pub(super) fn holds_workbooks(&self) -> bool {
        holds_workbooks(&self.directory)
    }

    /// The names of all that is in it, in the order of its directory.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.directory.file_names_raw()
    }

    /// Lets what is inflated from now on count for `together`.
    pub(super) fn count_for(&mut self, together: Arc<Together>) {
        self.together = Some(together);
    }

    /// Opens the part called `name`, in any case; none if there is none. Of several parts only one can be read at a
    /// time: they share the file.
    ///
    /// # Errors
    /// `Unreadable` for a part that is damaged, encrypted or compressed in an unknown way.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<BufReader<Part>>, Error> {
        let found = self.directory.file_names_raw().position(|raw| is_called(raw, name));
        found.map(|index| self.part_at(index)).transpose()
    }

    /// Opens the part at a place in [`Self::names`].
    ///
    /// # Errors
    /// As [`Self::part`].
    pub(super) fn part_at(&mut self, index: usize) -> Result<BufReader<Part>, Error> {
        let entry = self.directory.by_index_raw(index).map_err(unreadable)?;
        if entry.encrypted() {
            return Err(Error::unreadable(
                None,
                "the workbook is protected by a password; save it without one",
            ));
        }
        let start = entry.data_start().ok_or_else(|| damaged("a part has no place"))?;
        let (compressed, size, crc) = (entry.compressed_size(), entry.size(), entry.crc32());
        let method = entry.compression();
        let mut file = self.file.try_clone().map_err(Error::Disk)?;
        file.seek(SeekFrom::Start(start)).map_err(Error::Disk)?;
        let stored = BufReader::with_capacity(READ_BYTES, file.take(compressed));
        let data = match method {
            CompressionMethod::Stored => Data::Stored(stored),
            CompressionMethod::Deflated => Data::Deflated(Box::new(DeflateDecoder::new(stored))),
            _ => return Err(damaged("a part is compressed in a way that is not read")),
        };
        let max = self.limits.xlsx_inflated_bytes_max;
        let growth = Growth::new("the workbook", max, self.limits.xlsx_ratio_max);
        let together = self.together.clone();
        let part =
            Part { data, crc: Crc::new(), expected: (size, crc), inflated: 0, compressed, growth, together };
        Ok(BufReader::with_capacity(READ_BYTES, part))
    }
}

/// Whether a part's name, as it stands in the archive, is `name`, in any case. Some writers use backslashes.
fn is_called(raw: &[u8], name: &str) -> bool {
    let raw = raw.iter().map(|byte| if *byte == b'\\' { b'/' } else { byte.to_ascii_lowercase() });
    raw.eq(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// Whether a file in an archive is called like a workbook.
pub(super) fn is_workbook_name(raw: &[u8]) -> bool {
    let at = raw.len().saturating_sub(WORKBOOK_ENDING.len());
    raw[at..].eq_ignore_ascii_case(WORKBOOK_ENDING)
}

/// Whether it is what a Mac lays into every archive that is made there: notes of its own, which nobody sees there.
pub(super) fn is_note_of_mac(raw: &[u8]) -> bool {
    raw.starts_with(b"__MACOSX/") || raw == b".DS_Store"
}

fn holds_workbooks(directory: &ZipArchive<Allowance>) -> bool {
    let has_parts =
        directory.file_names_raw().any(|raw| WORKBOOK_PARTS.iter().any(|part| is_called(raw, part)));
    !has_parts && directory.file_names_raw().any(|raw| is_workbook_name(raw) && !is_note_of_mac(raw))
}

/// How many files the directory of the archive names, one by one; not counted on above `enough`. Source: APPNOTE 6.3.10,
/// section 4.3.12.
fn records(file: &File, start: u64, enough: usize) -> io::Result<usize> {
    let mut input = BufReader::new(file.try_clone()?);
    input.seek(SeekFrom::Start(start))?;
    let mut count = 0;
    let mut record = [0; RECORD_BYTES];
    while count <= enough && input.read_exact(&mut record).is_ok() && record.starts_with(RECORD) {
        let length = |at: usize| i64::from(u16::from_le_bytes([record[at], record[at + 1]]));
        input.seek_relative(length(28) + length(30) + length(32))?;
        count += 1;
    }
    Ok(count)
}

fn damaged(what: &str) -> Error {
    Error::unreadable(None, format!("the workbook is damaged: {what}"))
}

fn unreadable(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => match Error::of_io(error) {
            Error::Input(error) => damaged(&error.to_string()),
            error => error,
        },
        error => damaged(&error.to_string()),
    }
}

/// One part, inflated as it is read. At its end its size and its checksum are compared with what the archive says.
///
/// What is wrong with it comes as an [`Error`] inside the [`io::Error`].
pub(super) struct Part {
    data: Data,
    crc: Crc,
    /// Bytes and checksum, as the archive says.
    expected: (u64, u32),
    inflated: u64,
    /// Bytes that the part has in the archive.
    compressed: u64,
    growth: Growth,
    together: Option<Arc<Together>>,
}

type Bytes = BufReader<Take<File>>;

enum Data {
    Stored(Bytes),
    Deflated(Box<DeflateDecoder<Bytes>>),
}

impl Part {
    /// Compressed bytes read so far.
    fn consumed(&self) -> u64 {
        let bytes = match &self.data {
            Data::Stored(bytes) => bytes,
            Data::Deflated(decoder) => decoder.get_ref(),
        };
        self.compressed - bytes.get_ref().limit()
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            return if (self.inflated, self.crc.sum()) == self.expected {
                Ok(())
            } else {
                Err(damaged("a part is not what its checksum says"))
            };
        }
        self.inflated += bytes.len() as u64;
        self.growth.add(bytes.len(), self.consumed())?;
        if let Some(together) = &self.together {
            together.add(bytes.len())?;
        }
        if self.inflated > self.expected.0 {
            return Err(damaged("a part is larger than the archive says"));
        }
        self.crc.update(bytes);
        Ok(())
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.data {
            Data::Stored(bytes) => bytes.read(buffer),
            Data::Deflated(decoder) => decoder.read(buffer),
        };
        let count = read.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                damaged(&error.to_string()).into_io()
            }
            _ => Error::Disk(error).into_io(),
        })?;
        if !buffer.is_empty() {
            self.check(&buffer[..count]).map_err(Error::into_io)?;
        }
        Ok(count)
    }
}

/// A file of which so many bytes may be read, wherever they lie.
struct Allowance {
    input: BufReader<File>,
    left: u64,
}

impl Read for Allowance {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            Error::too_large(None, "the directory of the workbook's parts is too large").into_io()
        })?;
        Ok(count)
    }
}

impl Seek for Allowance {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.input.seek(position)
    }
}
