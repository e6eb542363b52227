//! Files inside gzip. Source: RFC 1952.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::Error;
use crate::inflate::Growth;
use crate::limits::Limits;

/// First bytes of a gzip file: the magic, and the one method of compression that there is.
pub(crate) const GZIP_MAGIC: &[u8] = b"\x1F\x8B\x08";
/// Bytes asked of the stream at once.
const READ_BYTES: usize = 64 * 1024;

/// The bytes inside a gzip file, all its members one after the other.
///
/// What is wrong with the file comes as an [`Error`] inside the [`io::Error`]: see [`Error::of_io`].
pub(crate) struct Gunzip {
    members: MultiGzDecoder<BufReader<Counted>>,
    growth: Growth,
}

impl Gunzip {
    pub(crate) fn new(input: Box<dyn Read + Send>, limits: &Limits) -> Self {
        let counted = Counted { input, bytes: 0 };
        let members = MultiGzDecoder::new(BufReader::with_capacity(READ_BYTES, counted));
        let growth = Growth::new("the gzip file", limits.gzip_inflated_bytes_max, limits.gzip_ratio_max);
        Self { members, growth }
    }
}

/// Says what is wrong with the file.
fn said(error: io::Error) -> Error {
    if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Error>) {
        return Error::of_io(error);
    }
    let text = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the gzip file is cut off, or a few bytes that are no gzip follow it".to_owned()
        }
        io::ErrorKind::InvalidInput if error.to_string().contains("header") => {
            "the gzip file is damaged: its end is followed by bytes that are no gzip".to_owned()
        }
        _ => format!("the gzip file is damaged: {error}"),
    };
    Error::unreadable(None, text)
}

impl Read for Gunzip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.members.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(said(error).into_io()),
        };
        self.growth.add(count, self.members.get_ref().get_ref().bytes).map_err(Error::into_io)?;
        Ok(count)
    }
}

/// The compressed stream, counted; what it fails with is marked as no fault of the file.
struct Counted {
    input: Box<dyn Read + Send>,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer) {
            Ok(count) => {
                self.bytes += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(Error::of_io(error).into_io()),
        }
    }
}
