//! How far compressed bytes may grow.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// Bytes inflated before the ratio counts: little ones compress oddly.
const RATIO_FROM_BYTES: u64 = 1024 * 1024;

/// Counts what is inflated, as it is inflated: sizes that a file states are never believed.
pub(crate) struct Growth {
    /// What grows, for messages: `the workbook`.
    what: &'static str,
    bytes_max: u64,
    ratio_max: u64,
    /// Inflated bytes so far.
    inflated: u64,
}

impl Growth {
    pub(crate) fn new(what: &'static str, bytes_max: u64, ratio_max: u64) -> Self {
        Self { what, bytes_max, ratio_max, inflated: 0 }
    }

    /// Adds inflated bytes; `compressed` is how many bytes all so far were made from.
    ///
    /// # Errors
    /// `TooLarge` above the number of bytes or above the ratio.
    pub(crate) fn add(&mut self, bytes: usize, compressed: u64) -> Result<(), Error> {
        self.inflated = self.inflated.saturating_add(bytes as u64);
        let (what, max) = (self.what, self.bytes_max);
        if self.inflated > max {
            return Err(Error::too_large(None, format!("{what} unpacks to more than {max} bytes")));
        }
        let ratio = self.ratio_max;
        if self.inflated > RATIO_FROM_BYTES && self.inflated / ratio.max(1) > compressed {
            return Err(Error::too_large(
                None,
                format!("{what} unpacks to more than {ratio} times its size"),
            ));
        }
        Ok(())
    }
}

/// What all files of an archive, and all that is in them, may grow to together: without it each of them could claim the
/// ratio anew, and what is compressed twice the square of it.
pub(crate) struct Together {
    growth: Mutex<Growth>,
    /// Bytes of the archive.
    compressed: u64,
}

impl Together {
    pub(crate) fn new(growth: Growth, compressed: u64) -> Self {
        Self { growth: Mutex::new(growth), compressed }
    }

    /// Adds inflated bytes.
    ///
    /// # Errors
    /// As [`Growth::add`].
    pub(crate) fn add(&self, bytes: usize) -> Result<(), Error> {
        self.growth.lock().unwrap_or_else(PoisonError::into_inner).add(bytes, self.compressed)
    }
}
