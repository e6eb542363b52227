//! Files that are the whole truth, of an account's people or of a group's members: whoever is there comes beside the
//! file's rows, and is taken out again where the file names them. Who is left is to be taken away. People come in the order
//! of logins, so they are looked through when the rows are merged; members do not, and are staged like rows.

use std::borrow::Cow;
use std::vec;

use serde::Deserialize;

use super::Import;
use super::runs::{Sorted, Stage, UNCOUNTED};
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::ids::{AccountId, GroupNumber, MemberKey, UserKey, parse_uuid};
use crate::limits;
use crate::model::jobs::ImportMode;
use crate::model::rows::Row;
use crate::model::users::User;
use crate::port::scan::{NameRange, Page, Place, Scan};
use crate::port::{Snapshot, StoreExt};

impl Import<'_> {
    /// The group of which the file is the whole truth.
    pub(super) fn whole_group(&self, uuid: &str) -> Result<GroupNumber> {
        let account = self.caller.account;
        let unknown = || Error::invalid("groupId", format!("groupId: there is no group {uuid}"));
        let id = parse_uuid(uuid).ok_or_else(unknown)?;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.group_by_uuid(account, id);
        let group = self.directory.store.read_blocking(read)?.ok_or_else(unknown)?;
        Ok(group.number)
    }

    /// Who is there, if the file is the whole truth of the account's people; if it is of a group's members, these are staged.
    pub(super) fn everybody(
        &self,
        group: Option<GroupNumber>,
        stage: &mut Stage<'_>,
    ) -> Result<Option<Everybody<'_>>> {
        match (self.asked.mode, group) {
            (ImportMode::Sync, Some(group)) => self.add_members(group, stage).map(|()| None),
            (ImportMode::Sync, None) => Ok(Some(Everybody::of(self.directory, self.caller.account))),
            _ => Ok(None),
        }
    }

    fn add_members(&self, group: GroupNumber, stage: &mut Stage<'_>) -> Result<()> {
        let account = self.caller.account;
        let mut after: Option<MemberKey> = None;
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                let members = snapshot.members(account, group, after, limits::READ_ROWS_MAX)?;
                let keys: Vec<UserKey> = members.iter().filter_map(|member| member.as_user()).collect();
                Ok((members.last().copied(), snapshot.users_with_keys(account, &keys)?))
            };
            let (last, users) = self.directory.store.read_blocking(read)?;
            let Some(last) = last else { return Ok(()) };
            after = Some(last);
            users.iter().flatten().try_for_each(|user| stage.push(leaving(user)?))?;
        }
    }
}

/// All people of an account, in the order of logins.
pub(super) struct Everybody<'a> {
    directory: &'a Directory,
    account: AccountId,
    after: Place,
    read: vec::IntoIter<User>,
}

impl<'a> Everybody<'a> {
    pub(super) fn of(directory: &'a Directory, account: AccountId) -> Self {
        Self { directory, account, after: Place::Start, read: Vec::new().into_iter() }
    }
}

impl Sorted for Everybody<'_> {
    fn next(&mut self) -> Result<Option<Row>> {
        if self.read.as_slice().is_empty() {
            let page = Page { after: self.after.clone(), ..Page::first(limits::READ_ROWS_MAX) };
            let (account, all) = (self.account, Scan::Names(NameRange::all()));
            let read = move |snapshot: &mut dyn Snapshot| snapshot.users(account, &all, &page);
            let users = self.directory.store.read_blocking(read)?;
            if let Some(last) = users.last() {
                self.after = Place::Name(last.name_key.clone(), last.key.0);
            }
            self.read = users.into_iter();
        }
        let row = |user: User| Ok(Row { position: UNCOUNTED, ..leaving(&user)? });
        self.read.next().map(row).transpose()
    }
}

/// What a row shows of a document.
#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(rename = "userName", borrow, default)]
    login: Cow<'a, str>,
    #[serde(borrow, default)]
    name: ShownName<'a>,
}

#[derive(Default, Deserialize)]
struct ShownName<'a> {
    #[serde(rename = "givenName", borrow, default)]
    first: Cow<'a, str>,
    #[serde(rename = "familyName", borrow, default)]
    last: Cow<'a, str>,
}

/// The row of somebody who is there.
fn leaving(user: &User) -> Result<Row> {
    let damaged = |error| Error::internal(format!("a stored document is damaged: {error}"));
    let Shown { login, name: ShownName { first, last } } =
        serde_json::from_str(&user.doc).map_err(damaged)?;
    Ok(Row {
        key: user.name_key.clone(),
        login: login.into_owned(),
        first_name: first.into_owned(),
        last_name: last.into_owned(),
        removes: true,
        ..Row::default()
    })
}
