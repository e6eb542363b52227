//! What rows would make of people who are there, seen before the transaction that writes them: it is taken there only if the
//! person is still as they were seen, letter for letter.

use super::Prospect;
use super::rows::Manner;
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{MemberKey, UserKey};
use crate::model::document;
use crate::model::jobs::ImportMode;
use crate::model::memberships::Subject;
use crate::model::people::{self, Indexed};
use crate::model::rows::{Cleared, Row};
use crate::model::users::User;
use crate::port::{Snapshot, StoreExt};

/// What a row would make of somebody.
pub(super) struct Foreseen {
    /// Their document, as it was seen.
    seen: String,
    /// What they would become; none if they are so already.
    pub(super) becomes: Option<Indexed>,
}

impl Prospect {
    /// What a person becomes by this row, where that was foreseen of the person as they are.
    pub(super) fn foreseen_of(&self, user: &User) -> Option<&Foreseen> {
        self.foreseen.as_ref().filter(|foreseen| foreseen.seen == user.doc)
    }
}

/// What rows in login order would make of the people whom they name; none of a row of which it cannot be said.
///
/// # Errors
/// Those of the store, and `Internal` for a document that is damaged.
pub(super) fn of_rows(directory: &Directory, manner: &Manner, rows: &[Row]) -> Result<Vec<Option<Foreseen>>> {
    let mut foreseen: Vec<Option<Foreseen>> = rows.iter().map(|_| None).collect();
    if matches!(manner.mode, ImportMode::Add | ImportMode::Delete) {
        return Ok(foreseen);
    }
    let places: Vec<usize> = (0..rows.len()).filter(|at| can_be_foreseen(&rows[*at])).collect();
    let names: Vec<String> = places.iter().map(|at| rows[*at].key.clone()).collect();
    let account = manner.account;
    let read = move |snapshot: &mut dyn Snapshot| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = snapshot.resolve_names(account, &names, u64::MAX)?;
        let key = |subject: &Subject| match subject {
            Subject::Member(member) => MemberKey::as_user(*member),
            Subject::Unknown | Subject::Ambiguous => None,
        };
        let keys: Vec<Option<UserKey>> = found.iter().map(key).collect();
        let known: Vec<UserKey> = keys.iter().flatten().copied().collect();
        let mut users = snapshot.users_with_keys(account, &known)?.into_iter();
        Ok(keys.into_iter().map(|key| key.and_then(|_| users.next().flatten())).collect::<Vec<_>>())
    };
    if places.is_empty() {
        return Ok(foreseen);
    }
    for (at, user) in places.into_iter().zip(directory.store.read_blocking(read)?) {
        if let Some(user) = user {
            let changes = people::row_changes(&rows[at]);
            // What is wrong with it is said where it counts.
            let Ok(becomes) = becomes(&rows[at], &user, &changes, manner)? else { continue };
            foreseen[at] = Some(Foreseen { seen: user.doc, becomes });
        }
    }
    Ok(foreseen)
}

/// Whether a row says only what stands in it: no group and no profile has to be looked up.
fn can_be_foreseen(row: &Row) -> bool {
    row.fault.is_none()
        && !row.removes
        && row.profile.is_empty()
        && row.owned_groups.is_empty()
        && !row.cleared.has(Cleared::PROFILE)
        && !row.cleared.has(Cleared::OWNED_GROUPS)
}

/// What a person becomes by a row and these changes, which are all that it says; none if they are so already. Inside, what
/// is wrong with that.
///
/// # Errors
/// `Internal` for a document that is damaged.
pub(super) fn becomes(
    row: &Row,
    user: &User,
    changes: &people::Changes,
    manner: &Manner,
) -> Result<std::result::Result<Option<Indexed>, String>> {
    if people::is_as_said(row, user) {
        return Ok(Ok(None));
    }
    let attributes = changes.applied(document::read(&user.doc)?, &manner.user_type);
    let indexed = people::index(&attributes).map_err(|error| error.to_string());
    Ok(indexed.map(|indexed| Some(indexed).filter(|indexed| indexed.doc != user.doc)))
}

#[cfg(test)]
mod tests;
