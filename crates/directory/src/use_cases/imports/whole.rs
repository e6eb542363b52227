//! Files that are the whole truth, of an account's people or of a group's members: whoever is there is staged beside the
//! file's rows, and taken out again where the file names them. Who is left is to be taken away.

use serde_json::{Map, Value};

use super::Import;
use super::runs::Stage;
use crate::error::{Error, Result};
use crate::ids::{GroupNumber, MemberKey, UserKey, parse_uuid};
use crate::limits;
use crate::model::document;
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

    /// Stages everybody who is there.
    pub(super) fn add_everybody(&self, group: Option<GroupNumber>, stage: &mut Stage<'_>) -> Result<()> {
        match group {
            None => self.add_users(stage),
            Some(group) => self.add_members(group, stage),
        }
    }

    fn add_users(&self, stage: &mut Stage<'_>) -> Result<()> {
        let account = self.caller.account;
        let mut after = Place::Start;
        loop {
            let page = Page { after: after.clone(), ..Page::first(limits::READ_ROWS_MAX) };
            let read = move |snapshot: &mut dyn Snapshot| {
                snapshot.users(account, &Scan::Names(NameRange::all()), &page)
            };
            let users = self.directory.store.read_blocking(read)?;
            let Some(last) = users.last() else { return Ok(()) };
            after = Place::Name(last.name_key.clone(), last.key.0);
            users.iter().try_for_each(|user| stage.push(leaving(user)?))?;
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

/// The row of somebody who is there.
fn leaving(user: &User) -> Result<Row> {
    let attributes = document::read(&user.doc)?;
    let text = |object: &Map<String, Value>, name: &str| {
        object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let none = Map::new();
    let name = attributes.get("name").and_then(Value::as_object).unwrap_or(&none);
    Ok(Row {
        key: user.name_key.clone(),
        login: text(&attributes, "userName"),
        first_name: text(name, "givenName"),
        last_name: text(name, "familyName"),
        removes: true,
        ..Row::default()
    })
}
