//! Ready hashes of a file, from the row that is read to the row that is worked: packed, a page sealed as one.
//!
//! They are no part of the rows, which are sorted, stored, merged and stored again: each run has pages of its hashes in the
//! order of its logins, so that whoever goes through the rows in their final order finds them one behind the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::seal::Sealer;
use super::{Hash, SecretPage};
use crate::error::{Error, Result};
use crate::ids::Ids;

/// Hashes of a page.
const PAGE_HASHES: usize = 512;
/// The bit of the numbers of these pages: those of passwords that stand beside a page of rows have that page's number.
const READY: u32 = 1 << 31;
/// Bits for pages of one run.
const PAGE_BITS: u32 = 16;
/// What tells them from what is sealed for a row.
const OF_PAGES: &[u8] = b"ready hashes of page ";

/// How a hash is written: as it is …
const TEXT: u8 = 0;
/// … or as what it begins with, its salt and its hash in bytes …
const PACKED: u8 = 1;
/// … or so that it begins as the one before.
const ALIKE: u8 = 2;
/// Bytes of a salt or hash that are packed.
const PACKED_MAX: usize = 64;

/// The number of the first page of a run.
///
/// # Errors
/// `Internal` for a run of which there cannot be any.
pub(crate) fn first_page(run: u32) -> Result<u32> {
    if run >= READY >> PAGE_BITS {
        return Err(Error::internal("too many runs of passwords"));
    }
    Ok(READY | (run << PAGE_BITS))
}

/// A page that is being written.
#[derive(Default)]
pub(crate) struct ReadyPage {
    plain: Zeroizing<Vec<u8>>,
    begins: String,
    hashes: usize,
}

impl ReadyPage {
    /// Adds the hash of a row, given its place in the file; whether the page is full then.
    pub(crate) fn push(&mut self, position: u32, hash: &str) -> bool {
        self.hashes += 1;
        self.plain.extend_from_slice(&position.to_le_bytes());
        let mut packed = [0; 2 * PACKED_MAX];
        if let Some((begins, [salt, hash])) = pack(hash, &mut packed) {
            if self.begins == begins {
                self.plain.push(ALIKE);
            } else {
                self.plain.push(PACKED);
                write_short(begins.as_bytes(), &mut self.plain);
                begins.clone_into(&mut self.begins);
            }
            write_short(&packed[..salt], &mut self.plain);
            write_short(&packed[PACKED_MAX..][..hash], &mut self.plain);
        } else {
            self.plain.push(TEXT);
            // A ready hash has at most 512 bytes.
            let length = u16::try_from(hash.len()).unwrap_or(u16::MAX);
            self.plain.extend_from_slice(&length.to_le_bytes());
            self.plain.extend_from_slice(&hash.as_bytes()[..usize::from(length)]);
        }
        self.hashes == PAGE_HASHES
    }

    /// Whether it has none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.hashes == 0
    }

    /// Seals it under this number, and begins anew.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn seal(&mut self, page: u32, sealer: &Sealer, ids: &Ids) -> Result<SecretPage> {
        let data = sealer.seal_bytes(&self.plain, &place(page), ids)?;
        self.plain.clear();
        self.begins.clear();
        self.hashes = 0;
        Ok(SecretPage { page, data })
    }
}

/// The hashes of a page, each with its row's place in the file; none with another key.
///
/// # Errors
/// `Internal` when the page is damaged.
pub(crate) fn open(page: SecretPage, sealer: &Sealer) -> Result<Option<Vec<(u32, Hash)>>> {
    let Some(plain) = sealer.open_bytes(page.data, &place(page.page)).map(Zeroizing::new) else {
        return Ok(None);
    };
    let (mut reader, mut hashes, mut begins) = (Reader(&plain), Vec::with_capacity(PAGE_HASHES), "");
    while !reader.0.is_empty() {
        let position = u32::from_le_bytes(*reader.array()?);
        let [kind] = *reader.array()?;
        let text = if kind == TEXT {
            let length = u16::from_le_bytes(*reader.array()?);
            text(reader.bytes(usize::from(length))?)?.to_owned()
        } else {
            if kind == PACKED {
                begins = text(reader.short()?)?;
            }
            let mut text = String::with_capacity(begins.len() + 3 * PACKED_MAX);
            text.push_str(begins);
            STANDARD_NO_PAD.encode_string(reader.short()?, &mut text);
            text.push('$');
            STANDARD_NO_PAD.encode_string(reader.short()?, &mut text);
            text
        };
        hashes.push((position, Hash::stored(text)));
    }
    Ok(Some(hashes))
}

/// What a hash begins with, and how many bytes its salt and its hash are, which stand at the beginning of each half of `out`;
/// none if it would not be the same, letter for letter, when it is put together again.
fn pack<'a>(hash: &'a str, out: &mut [u8; 2 * PACKED_MAX]) -> Option<(&'a str, [usize; 2])> {
    let (before, last) = hash.rsplit_once('$')?;
    let salt_at = before.rfind('$')? + 1;
    let (begins, salt) = before.split_at(salt_at);
    let (salt_out, hash_out) = out.split_at_mut(PACKED_MAX);
    // Strict: what it takes has no other spelling.
    let salt = STANDARD_NO_PAD.decode_slice(salt, salt_out).ok()?;
    let hash = STANDARD_NO_PAD.decode_slice(last, hash_out).ok()?;
    u8::try_from(begins.len()).is_ok().then_some((begins, [salt, hash]))
}

fn write_short(bytes: &[u8], out: &mut Vec<u8>) {
    // None is longer than [`pack`] lets it be.
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(bytes);
}

fn place(page: u32) -> Vec<u8> {
    [OF_PAGES, &page.to_be_bytes()].concat()
}

fn damaged() -> Error {
    Error::internal("a page of ready hashes is damaged")
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| damaged())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn short(&mut self) -> Result<&'a [u8]> {
        let [length] = *self.array()?;
        self.bytes(usize::from(length))
    }
}

#[cfg(test)]
mod tests;
