//! What identifies a file: the digest of its bytes.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::Import;
use crate::error::{Error, Result};
use crate::use_cases::idempotency::fingerprint;

impl Import<'_> {
    /// What a repeated request is compared with, given the digest of its file.
    pub(super) fn fingerprint(&self, digest: &[u8; 32]) -> [u8; 32] {
        fingerprint(&self.asked.request, &self.directory.kept_digest(self.caller.account, digest))
    }
}

/// A file that is digested while it is read. Clones share the position.
#[derive(Clone)]
pub(super) struct Digesting(Arc<Mutex<Inner>>);

struct Inner {
    file: Box<dyn Read + Send>,
    digest: Sha256,
}

impl Digesting {
    pub(super) fn new(file: Box<dyn Read + Send>) -> Self {
        Self(Arc::new(Mutex::new(Inner { file, digest: Sha256::new() })))
    }

    /// Reads what is left and returns the digest of the whole.
    pub(super) fn finish(&self) -> Result<[u8; 32]> {
        let mut rest = self.clone();
        io::copy(&mut rest, &mut io::sink()).map_err(|error| broken_off(&error))?;
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(inner.digest.clone().finalize().into())
    }
}

fn broken_off(error: &io::Error) -> Error {
    Error::invalid("file", format!("the upload broke off: {error}"))
}

impl Read for Digesting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = inner.file.read(buffer)?;
        inner.digest.update(&buffer[..n]);
        Ok(n)
    }
}
