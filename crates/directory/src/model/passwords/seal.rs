//! Passwords of files, from the row that is read to the row that is worked, and files that arrive in parts: sealed, with a
//! key that is not in the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use uuid::Uuid;

use super::Secret;
use crate::error::{Error, Result};
use crate::ids::{AccountId, Ids};
use crate::model::tokens::SERVER;

/// What tells keys of uploads from keys of jobs, which are made of an account and a UUID alone.
const OF_UPLOADS: &[u8] = b"throng upload ";

/// The same for digests.
const OF_DIGESTS: &[u8] = b"throng digest ";
/// The same for what signs tokens.
const OF_SIGNING: &[u8] = b"throng signing ";
/// The same for what grants are redeemed with.
const OF_GRANTS: &[u8] = b"throng grant ";
/// The last byte of a block that is stored as it is …
const CLEAR: u8 = 0;
/// … and of one that is sealed.
const SEALED: u8 = 1;

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
        self.of(&[], account, job)
    }

    /// What seals what signs tokens.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn of_signing(&self) -> Result<Sealer> {
        self.of(OF_SIGNING, SERVER, Uuid::nil())
    }

    /// A digest as it is kept (HMAC-SHA-256): without the key nobody can try what it may be of.
    pub(crate) fn digest(&self, account: AccountId, digest: &[u8; 32]) -> [u8; 32] {
        self.tag(OF_DIGESTS, &[&account.0.to_be_bytes()[..], digest].concat())
    }

    /// What a grant's secret of this generation is known by.
    pub(crate) fn of_grant(&self, account: AccountId, grant: &str, generation: i64) -> [u8; 32] {
        let bound_to = [&account.0.to_be_bytes()[..], &generation.to_be_bytes(), grant.as_bytes()];
        self.tag(OF_GRANTS, &bound_to.concat())
    }

    fn tag(&self, what: &[u8], bound_to: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.0, &[what, bound_to].concat());
        let mut kept = [0; 32];
        kept.copy_from_slice(tag.as_ref());
        kept
    }

    fn of(&self, what: &[u8], account: AccountId, uuid: Uuid) -> Result<Sealer> {
        let bound_to = [what, &account.0.to_be_bytes(), uuid.as_bytes()].concat();
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

/// Seals and opens what stands in the rows of one job, or in the blocks of one upload.
pub(crate) struct Sealer {
    key: LessSafeKey,
    bound_to: Vec<u8>,
}

/// Which block of an upload it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockPlace {
    /// The number of its part.
    pub part: u32,
    /// Which attempt to send that part.
    pub attempt: i64,
    /// Which of the attempt's, from 0.
    pub block: u32,
}

impl BlockPlace {
    fn bytes(self) -> Vec<u8> {
        [&self.part.to_be_bytes()[..], &self.attempt.to_be_bytes(), &self.block.to_be_bytes()].concat()
    }
}

impl Sealer {
    /// Seals a password, for this row of the file and no other.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn seal(&self, password: &Secret, row: u32, ids: &Ids) -> Result<Vec<u8>> {
        self.seal_at(password.reveal().as_bytes(), &row.to_be_bytes(), ids)
    }

    /// What was sealed for this row; none with another key, and for what was sealed for another.
    pub(crate) fn open(&self, mut sealed: Vec<u8>, row: u32) -> Option<Secret> {
        let plain = self.open_at(&mut sealed, &row.to_be_bytes())?;
        let text = std::str::from_utf8(plain).ok().map(str::to_owned);
        plain.fill(0);
        text.map(Secret::new)
    }

    /// Seals bytes, for what is called so and nothing else.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn seal_bytes(&self, clear: &[u8], named: &[u8], ids: &Ids) -> Result<Vec<u8>> {
        self.seal_at(clear, named, ids)
    }

    /// What was sealed for what is called so; none with another key.
    pub(crate) fn open_bytes(&self, mut sealed: Vec<u8>, named: &[u8]) -> Option<Vec<u8>> {
        let length = self.open_at(&mut sealed, named)?.len();
        sealed.truncate(NONCE_LEN + length);
        sealed.drain(..NONCE_LEN);
        Some(sealed)
    }

    fn seal_at(&self, clear: &[u8], place: &[u8], ids: &Ids) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        ids.fill(&mut nonce);
        let mut sealed = [&nonce[..], clear].concat();
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                self.bound(place),
                &mut sealed[NONCE_LEN..],
            )
            .map_err(refused)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    fn open_at<'a>(&self, sealed: &'a mut [u8], place: &[u8]) -> Option<&'a mut [u8]> {
        let (nonce, body) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.key.open_in_place(nonce, self.bound(place), body).ok()
    }

    fn bound(&self, place: &[u8]) -> Aad<Vec<u8>> {
        Aad::from([&self.bound_to[..], place].concat())
    }
}

/// How the blocks of one upload are stored: sealed where there is a key, with a key of the upload's own, else as they are.
pub(crate) struct Blocks(Option<Sealer>);

impl Blocks {
    /// Those of an upload.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn of(key: Option<&SealingKey>, account: AccountId, upload: Uuid) -> Result<Self> {
        key.map(|key| key.of(OF_UPLOADS, account, upload)).transpose().map(Self)
    }

    /// A block as it is stored, for this place and no other.
    ///
    /// # Errors
    /// `Internal`, when the cipher refuses.
    pub(crate) fn store(&self, clear: &[u8], place: BlockPlace, ids: &Ids) -> Result<Vec<u8>> {
        let (mut block, how) = match &self.0 {
            Some(sealer) => (sealer.seal_at(clear, &place.bytes(), ids)?, SEALED),
            None => (clear.to_vec(), CLEAR),
        };
        block.push(how);
        Ok(block)
    }

    /// The bytes of a block that was stored for this place; none without its key, and for what was sealed for another.
    pub(crate) fn load(&self, mut block: Vec<u8>, place: BlockPlace) -> Option<Vec<u8>> {
        match block.pop()? {
            CLEAR => Some(block),
            SEALED => self.0.as_ref()?.open_bytes(block, &place.bytes()),
            _ => None,
        }
    }
}

fn refused(_: aws_lc_rs::error::Unspecified) -> Error {
    Error::internal("what is secret could not be sealed")
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
