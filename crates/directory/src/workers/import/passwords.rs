//! Passwords of rows: opened beside their page, hashed before the transaction that writes them.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::ready::ReadyHashes;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::limits;
use crate::model::memberships::Subject;
use crate::model::passwords::seal::{Sealer, decode_page};
use crate::model::passwords::{Beside, Hash, SALT_BYTES, Secret, SecretPage};
use crate::model::rows::{Row, RowPassword};
use crate::port::{Snapshot, StoreExt as _};

/// What a row's password waits for.
#[derive(Clone)]
pub(super) enum Due {
    /// To be written.
    Hash(Hash),
    /// To be hashed.
    Clear(Secret),
    /// It is the one that there is.
    Same,
    /// It is one that there was.
    Earlier,
    /// It cannot be opened: its key is another one by now.
    Lost,
}

/// A password to be hashed, of whom it is to be, and the hashes of those that he has and had.
pub(super) struct Hashing<'a> {
    pub(super) key: &'a str,
    pub(super) due: &'a mut Due,
    pub(super) had: Vec<Hash>,
}

/// Of a page: by the places of the rows that have one.
pub(super) type Passwords = BTreeMap<usize, Due>;

/// Opens what is sealed of a page of rows: beside the page, and among the ready hashes. Also the numbers of the pages of
/// passwords of which nothing is left then.
///
/// # Errors
/// Those of the store, and `Internal` when something is damaged.
pub(super) fn open(
    directory: &Directory,
    ready: &mut ReadyHashes,
    rows: &[Row],
    page: Option<&SecretPage>,
) -> Result<(Passwords, Vec<u32>)> {
    let mut spent: Vec<u32> = page.iter().map(|page| page.page).collect();
    let mut beside: BTreeMap<usize, Vec<u8>> = match page {
        Some(page) => decode_page(&page.data)?.into_iter().collect(),
        None => BTreeMap::new(),
    };
    let mut passwords = Passwords::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.password == RowPassword::Apart) {
        let due = match beside.remove(&at) {
            Some(bytes) => opened(ready.sealer(), bytes, row.position),
            None => ready.take(directory, row.position, &mut spent)?,
        };
        passwords.insert(at, due);
    }
    Ok((passwords, spent))
}

fn opened(sealer: Option<&Sealer>, bytes: Vec<u8>, position: u32) -> Due {
    let opened = sealer.and_then(|sealer| sealer.open(bytes, position));
    match opened.map(|password| (Hash::ready(password.reveal()), password)) {
        // As earlier versions sealed it.
        Some((Ok(Some(hash)), _)) => Due::Hash(hash),
        Some((Ok(None), password)) => Due::Clear(password),
        Some((Err(_), _)) | None => Due::Lost,
    }
}

/// Finds the passwords that people have and had, where the account asks for others.
pub(super) fn find_earlier(
    directory: &Directory,
    account: AccountId,
    dues: &mut [Hashing<'_>],
) -> Result<()> {
    let mut names: Vec<String> = dues.iter().map(|due| due.key.to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    let find = move |snapshot: &mut dyn Snapshot| {
        if snapshot.password_policy(account)?.password_history == 0 {
            return Ok(BTreeMap::new());
        }
        let found = snapshot.resolve_names(
            account,
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
            u64::MAX,
        )?;
        let mut had = BTreeMap::new();
        for (name, subject) in names.iter().zip(found) {
            if let Subject::Member(member) = subject
                && let Some(user) = member.as_user()
            {
                had.insert(name.clone(), snapshot.passwords(account, user)?);
            }
        }
        Ok(had)
    };
    let mut had: BTreeMap<String, Vec<Hash>> = directory.store.read_blocking(find)?;
    for due in dues {
        due.had = had.remove(due.key).unwrap_or_default();
    }
    Ok(())
}

/// Hashes what comes first of these, in their order: at most `HASHES_PER_CHUNK`, and no longer than a quarter of the lease,
/// so that the chunk is written by who holds the job. How many were hashed.
///
/// # Errors
/// `Internal`, without the memory for it.
pub(super) fn hash_next(directory: &Directory, dues: Vec<Hashing<'_>>) -> Result<usize> {
    let begun = directory.now();
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(limits::HASHES_AT_ONCE);
    let waiting = Mutex::new(dues.into_iter().take(limits::HASHES_PER_CHUNK));
    // Each thread takes the next one as soon as it can: none waits for a slower one but at the end.
    let work = || -> Result<usize> {
        let mut hashed = 0;
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(Hashing { due, had, .. }) = next else { return Ok(hashed) };
            if let Due::Clear(password) = &*due {
                let mut salt = [0; SALT_BYTES];
                directory.ids.fill(&mut salt);
                *due = match Beside::of(password, &had) {
                    Beside::New => Due::Hash(Hash::of(password, salt)?),
                    Beside::Same => Due::Same,
                    Beside::Earlier => Due::Earlier,
                };
            }
            hashed += 1;
            if directory.now().since(begun) > directory.settings.lease / 4 {
                return Ok(hashed);
            }
        }
    };
    thread::scope(|scope| {
        let working: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let died = |_| Error::internal("a password could not be hashed");
        working.into_iter().map(|thread| thread.join().map_err(died)?).sum()
    })
}

/// The hash of a row's password, which was made before the transaction.
pub(super) fn hashed(due: Option<&Due>) -> Result<Option<&Hash>> {
    match due {
        Some(Due::Hash(hash)) => Ok(Some(hash)),
        Some(Due::Clear(_)) => Err(Error::internal("a password was not hashed before its row")),
        Some(Due::Same | Due::Earlier | Due::Lost) | None => Ok(None),
    }
}
