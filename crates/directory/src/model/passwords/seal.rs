//! Passwords of files, from the row that is read to the row that is worked: sealed, with a key that is not in the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use uuid::Uuid;

use super::Secret;
use crate::error::{Error, Result};
use crate::ids::{AccountId, Ids};

/// The key that whoever has the database does not have.
pub struct SealingKey(hmac::Key);

impl SealingKey {
    /// The key of these bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// What seals the rows of one job: each has a key of its own, so that random nonces never run out.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn of_job(&self, account: AccountId, job: Uuid) -> Result<Sealer> {
        let mut bound_to = account.0.to_be_bytes().to_vec();
        bound_to.extend_from_slice(job.as_bytes());
        let tag = hmac::sign(&self.0, &bound_to);
        let key = UnboundKey::new(&AES_256_GCM, tag.as_ref()).map_err(refused)?;
        Ok(Sealer { key: LessSafeKey::new(key), bound_to })
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

/// Seals and opens what stands in the rows of one job.
pub(crate) struct Sealer {
    key: LessSafeKey,
    bound_to: Vec<u8>,
}

impl Sealer {
    /// Seals a password, for this row of the file and no other.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn seal(&self, password: &Secret, row: u32, ids: &Ids) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        ids.fill(&mut nonce);
        let mut sealed = [&nonce[..], password.reveal().as_bytes()].concat();
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                self.bound(row),
                &mut sealed[NONCE_LEN..],
            )
            .map_err(refused)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// What was sealed for this row; none with another key, and for what was sealed for another.
    pub(crate) fn open(&self, mut sealed: Vec<u8>, row: u32) -> Option<Secret> {
        let (nonce, body) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.open_in_place(nonce, self.bound(row), body).ok()?;
        let text = std::str::from_utf8(plain).ok().map(str::to_owned);
        plain.fill(0);
        text.map(Secret::new)
    }

    fn bound(&self, row: u32) -> Aad<Vec<u8>> {
        Aad::from([&self.bound_to[..], &row.to_be_bytes()].concat())
    }
}

fn refused(_: aws_lc_rs::error::Unspecified) -> Error {
    Error::internal("a password could not be sealed")
}

/// Sealed passwords of one page of rows, each with the place of its row in the page: `u16` place, `u16` length, bytes.
pub(crate) fn encode_page<'a>(sealed: impl Iterator<Item = (usize, &'a [u8])>) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    for (place, bytes) in sealed {
        for number in [place, bytes.len()] {
            let number =
                u16::try_from(number).map_err(|_| Error::internal("a sealed password is too long"))?;
            data.extend_from_slice(&number.to_le_bytes());
        }
        data.extend_from_slice(bytes);
    }
    Ok(data)
}

/// Reads a page of sealed passwords.
///
/// # Errors
/// `Internal` when it is damaged.
pub(crate) fn decode_page(mut data: &[u8]) -> Result<Vec<(usize, Vec<u8>)>> {
    let damaged = || Error::internal("a page of sealed passwords is damaged");
    let mut sealed = Vec::new();
    while !data.is_empty() {
        let (head, rest) = data.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (place, length) =
            (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let (bytes, rest) = rest.split_at_checked(usize::from(length)).ok_or_else(damaged)?;
        sealed.push((usize::from(place), bytes.to_vec()));
        data = rest;
    }
    Ok(sealed)
}
