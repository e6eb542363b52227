//! Cursors: the place where a page ended, sealed. Source: RFC 9865.
//!
//! A cursor is encrypted and authenticated with a secret of the account, so that nobody can make or read one: it holds
//! names of people, and stands in URLs. It is bound to account and client, to the query and its count, and is good for
//! a day. It gives no right: each page is authorised like the first.

use std::sync::PoisonError;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use throng_jobs::Instant;
use throng_scim::Error as ScimError;
use throng_scim::sort::SortKey;

use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ClientId};
use crate::limits;
use crate::port::scan::Place;
use crate::port::{Class, Cost, StoreExt, Tx};

use super::sorting::Sorted;
use super::walk::Found;
use super::{ListQuery, Paging};

/// Bytes of a cursor at most; ours are a few hundred.
const CURSOR_BYTES_MAX: usize = 4_096;
/// The name of the secret.
const SECRET: &str = "cursor";
/// The form of what is sealed.
const VERSION: u8 = 1;

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) spot: Spot,
    /// Resources on a page.
    pub(super) count: usize,
}

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Before the first resource.
    Start,
    /// In a list that comes as its indexes have it.
    Walked(Found),
    /// In a list that is sorted.
    Sorted(Sorted),
}

/// What a cursor is bound to.
pub(crate) struct Binding {
    account: AccountId,
    client: ClientId,
    query: [u8; 32],
}

impl Binding {
    /// To the caller, and to a query that is told from others by these texts.
    pub(crate) fn new(caller: &Caller, query: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in query {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self { account: caller.account, client: caller.client, query: digest.finalize().into() }
    }

    /// To the caller and a list's query.
    pub(super) fn of_list(caller: &Caller, list: &str, query: &ListQuery) -> Self {
        let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let sort =
            query.sort.as_ref().map(|sort| format!("{} {:?}", sort.path, sort.order)).unwrap_or_default();
        Self::new(caller, &[list, &filter, &sort, &query.shown])
    }

    /// The data that is authenticated with the sealed.
    pub(crate) fn additional(&self) -> Vec<u8> {
        let (account, client) = (self.account.0.to_le_bytes(), self.client.0.to_le_bytes());
        [&account[..], &client[..], &self.query[..]].concat()
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u8,
    issued_millis: i64,
    count: usize,
    plan: usize,
    place: SealedPlace,
}

#[derive(Serialize, Deserialize)]
enum SealedPlace {
    Start,
    Key(i64),
    Name(String, i64),
    Time(i64, i64),
    /// In a sorted list: the sort key's bytes in base64, and the resource's key.
    Sorted(String, i64),
}

impl Directory {
    /// Opens a cursor. `count` must be the one that it was made with, if it is given.
    ///
    /// # Errors
    /// `invalidCursor` for what is no cursor of this query and client, `expiredCursor`.
    pub(super) async fn open_cursor(
        &self,
        binding: &Binding,
        text: &str,
        count: Option<usize>,
    ) -> Result<Cursor> {
        let invalid = || {
            let detail = "this is no cursor of this query: repeat the query as it was, with the cursor that its \
                          last page gave, or begin again without one";
            Error::Scim(ScimError::invalid_cursor(detail))
        };
        let secret = self.cursor_secret(binding.account).await?;
        let (cursor, issued) = open(&secret, &binding.additional(), text).ok_or_else(invalid)?;
        if count.is_some_and(|count| count != cursor.count) {
            return Err(invalid());
        }
        if self.now().since(issued) > limits::CURSOR_KEPT {
            let detail = "this cursor has expired: begin again without one";
            return Err(Error::Scim(ScimError::expired_cursor(detail)));
        }
        Ok(cursor)
    }

    /// Seals a cursor: only characters that RFC 3986 leaves unreserved.
    pub(super) async fn seal_cursor(&self, binding: &Binding, cursor: &Cursor) -> Result<String> {
        let secret = self.cursor_secret(binding.account).await?;
        let mut nonce = [0u8; NONCE_LEN];
        self.ids.fill(&mut nonce);
        let plain = plain(cursor, self.now())?;
        seal(&secret, nonce, &binding.additional(), plain)
    }

    /// Opens the cursor of a list of one kind that has one order: its place, and its count.
    ///
    /// # Errors
    /// `invalidCursor`, `expiredCursor`.
    pub(crate) async fn open_place(
        &self,
        binding: &Binding,
        text: &str,
        count: Option<usize>,
    ) -> Result<(Place, usize)> {
        let Cursor { spot, count } = self.open_cursor(binding, text, count).await?;
        match spot {
            Spot::Walked(found) => Ok((found.place, count)),
            Spot::Start | Spot::Sorted(_) => Ok((Place::Start, count)),
        }
    }

    /// Seals the cursor of a list of one kind that has one order.
    pub(crate) async fn seal_place(&self, binding: &Binding, place: Place, count: usize) -> Result<String> {
        let spot = Spot::Walked(Found { plan: 0, place });
        self.seal_cursor(binding, &Cursor { spot, count }).await
    }

    /// The account's secret for cursors: made when it is first needed, the same on every node.
    pub(crate) async fn cursor_secret(&self, account: AccountId) -> Result<[u8; 32]> {
        let known = {
            let secrets = self.cursor_secrets.lock().unwrap_or_else(PoisonError::into_inner);
            secrets.get(&account).copied()
        };
        if let Some(secret) = known {
            return Ok(secret);
        }
        let read = self.store.read(Cost::Point, move |snapshot| snapshot.secret(account, SECRET));
        let secret = if let Some(secret) = read.await? {
            secret
        } else {
            let mut new = [0u8; 32];
            self.ids.fill(&mut new);
            let create = move |tx: &mut dyn Tx| {
                tx.create_secret(account, SECRET, &new)?;
                // Another node may have been first.
                tx.secret(account, SECRET)?.ok_or_else(|| Error::internal("a secret vanished"))
            };
            self.store.write(Class::Interactive, create).await?
        };
        self.cursor_secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(account, secret);
        Ok(secret)
    }
}

/// What is sealed of a cursor.
fn plain(cursor: &Cursor, issued: Instant) -> Result<Vec<u8>> {
    let (plan, place) = match &cursor.spot {
        Spot::Start => (0, SealedPlace::Start),
        Spot::Walked(Found { plan, place }) => (
            *plan,
            match place {
                Place::Start => SealedPlace::Start,
                Place::Key(key) => SealedPlace::Key(*key),
                Place::Name(name, key) => SealedPlace::Name(name.clone(), *key),
                Place::Time(time, key) => SealedPlace::Time(time.micros(), *key),
            },
        ),
        Spot::Sorted(Sorted { key, plan, entity }) => {
            (*plan, SealedPlace::Sorted(URL_SAFE_NO_PAD.encode(key.to_bytes()), *entity))
        }
    };
    let (count, issued_millis) = (cursor.count, issued.millis());
    let sealed = Sealed { version: VERSION, issued_millis, count, plan, place };
    serde_json::to_vec(&sealed).map_err(|error| Error::internal(error.to_string()))
}

/// Reads what [`plain`] wrote: the cursor, and when it was issued.
fn read_plain(plain: &[u8]) -> Option<(Cursor, Instant)> {
    let sealed: Sealed = serde_json::from_slice(plain).ok()?;
    if sealed.version != VERSION {
        return None;
    }
    let walked = |place| Spot::Walked(Found { plan: sealed.plan, place });
    let spot = match sealed.place {
        SealedPlace::Start => walked(Place::Start),
        SealedPlace::Key(key) => walked(Place::Key(key)),
        SealedPlace::Name(name, key) => walked(Place::Name(name, key)),
        SealedPlace::Time(micros, key) => walked(Place::Time(Instant::from_micros(micros), key)),
        SealedPlace::Sorted(key, entity) => {
            let key = SortKey::from_bytes(&URL_SAFE_NO_PAD.decode(key).ok()?)?;
            Spot::Sorted(Sorted { key, plan: sealed.plan, entity })
        }
    };
    let issued = Instant::from_micros(sealed.issued_millis.saturating_mul(1_000));
    Some((Cursor { spot, count: sealed.count }, issued))
}

/// Encrypts and authenticates a text, together with what it is bound to.
///
/// # Errors
/// `Internal`, when the cipher refuses.
pub fn seal(
    secret: &[u8; 32],
    nonce: [u8; NONCE_LEN],
    bound_to: &[u8],
    mut plain: Vec<u8>,
) -> Result<String> {
    let refused = |_| Error::internal("a cursor could not be sealed");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret).map_err(refused)?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut plain)
        .map_err(refused)?;
    Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &plain].concat()))
}

/// Opens a cursor: where the list goes on, and when it was issued. None for what was not sealed so.
pub fn open(secret: &[u8; 32], bound_to: &[u8], text: &str) -> Option<(Cursor, Instant)> {
    read_plain(&unseal(secret, bound_to, text)?)
}

/// What was sealed. None for what was not sealed so.
pub(crate) fn unseal(secret: &[u8; 32], bound_to: &[u8], text: &str) -> Option<Vec<u8>> {
    if text.len() > CURSOR_BYTES_MAX {
        return None;
    }
    let mut sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (nonce, body) = sealed.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, secret).ok()?);
    Some(key.open_in_place(nonce, Aad::from(bound_to), body).ok()?.to_vec())
}

impl Paging {
    /// Reads the parameter `cursor`: without a value it asks for the first page.
    pub fn from_cursor(text: &str) -> Self {
        Self::Cursor(if text.is_empty() { None } else { Some(text.to_owned()) })
    }
}
