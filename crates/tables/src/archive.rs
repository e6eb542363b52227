//! A ZIP archive of files, given out piece by piece while it is made.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};

/// How hard it tries: workbooks are compressed already.
const LEVEL: i64 = 1;

/// An archive in the making. It holds what was written and not taken yet, and a few words about each file.
pub struct Archive {
    zip: ZipWriter<StreamWriter<Pieces>>,
    pieces: Pieces,
}

impl Default for Archive {
    fn default() -> Self {
        let pieces = Pieces::default();
        Self { zip: ZipWriter::new_stream(pieces.clone()), pieces }
    }
}

impl Archive {
    /// Begins the next file. All bear the same date, so that the same files make the same archive.
    ///
    /// # Errors
    /// A name that an earlier file has.
    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_level(Some(LEVEL));
        self.zip.start_file(name, options).map_err(failed)
    }

    /// Appends to the file that was begun last.
    ///
    /// # Errors
    /// A file of 4 GiB and more.
    pub fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.zip.write_all(data)
    }

    /// What there is of the archive and was not taken before.
    pub fn take(&self) -> Vec<u8> {
        self.pieces.take()
    }

    /// The rest of the archive.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.zip.finish().map_err(failed)?;
        Ok(self.pieces.take())
    }
}

/// Bytes on their way out.
#[derive(Clone, Default)]
struct Pieces(Arc<Mutex<Vec<u8>>>);

impl Pieces {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pieces {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}
