//! Groups as the admin API has them: by UUID, with a flat name and description, their users in lists.
//!
//! Writes go the way of [`super::group_writes`]; only what is read and shown is another.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use throng_scim as scim;
use throng_scim::patch::{Op, Operation as PatchOperation};
use throng_scim::schema::{ResourceType, THRONG_GROUP_URN};
use uuid::Uuid;

use crate::caller::{Caller, Permission};
use crate::directory::Directory;
use crate::error::Result;
use crate::ids::{AccountId, GroupNumber, parse_uuid};
use crate::limits;
use crate::model::faults::Faults;
use crate::model::groups::{Group, MemberId};
use crate::model::memberships::Action;
use crate::model::parts::PartsBuilder;
use crate::model::{canonical, document};
use crate::port::scan::{NameRange, Page, Scan};
use crate::port::{Cost, Snapshot, StoreExt};
use crate::use_cases::group_writes::{
    self, AttributeChange, GroupWrite, GroupWritten, Parsed, Subject, parse,
};
use crate::use_cases::groups::{GroupView, not_found};
use crate::use_cases::writes::Asked;

/// The one type of members that the admin API has.
pub const USER_TYPE: &str = "User";
/// Characters of a group's name.
const NAME_CHARS_MAX: usize = 255;
/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 255;
/// What a filter of the admin API could not find in a name.
const NOT_IN_NAMES: [char; 4] = ['=', ':', '*', ','];

/// A group as a client gives it.
#[derive(Clone, Debug, Default)]
pub struct GroupGiven {
    /// Its name.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// The name of the account, or empty.
    pub organization_node_id: Option<String>,
    /// Its users; none says nothing about them.
    pub resources: Option<Vec<ResourcesGiven>>,
}

/// Some members of a group as a client gives them.
#[derive(Clone, Debug)]
pub struct ResourcesGiven {
    /// What they are.
    pub kind: String,
    /// Their UUIDs.
    pub ids: Vec<String>,
}

/// What becomes of listed users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsersChange {
    /// They become members.
    Add,
    /// They are members no longer.
    Remove,
}

/// A group as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDetails {
    /// The group.
    pub group: Group,
    /// Its description.
    pub description: Option<String>,
    /// Its users in order of creation; none where they are too many to show, or not known yet.
    pub users: Option<Vec<Uuid>>,
    /// How many of its members are not shown: groups, and where `users` is none all of them.
    pub omitted: u64,
}

/// A write of a group that was done or accepted.
#[derive(Clone, Debug)]
pub struct DetailsWritten {
    /// The group as it is now; none when it was deleted since.
    pub details: Option<GroupDetails>,
    /// What was written.
    pub written: GroupWritten,
}

impl GroupDetails {
    /// A group with its users.
    fn new(group: Group, users: Option<Vec<Uuid>>, omitted: u64) -> Result<Self> {
        let doc = document::read(&group.doc)?;
        let extension = doc.get(THRONG_GROUP_URN).and_then(Value::as_object);
        let description = extension.and_then(|extension| extension.get("description"));
        let description = description.and_then(Value::as_str).map(str::to_owned);
        Ok(Self { group, description, users, omitted })
    }

    /// A group without its users.
    fn without_users(group: Group) -> Result<Self> {
        let omitted = group.members;
        Self::new(group, None, omitted)
    }

    /// A group of a list.
    ///
    /// # Errors
    /// `Internal` for a document that is damaged.
    pub fn of_view(view: GroupView) -> Result<Self> {
        let Some(members) = view.members else { return Self::without_users(view.group) };
        let user = |id: MemberId| if let MemberId::User(uuid) = id { Some(uuid) } else { None };
        let users: Vec<Uuid> = members.iter().filter_map(|member| user(member.id)).collect();
        let omitted = (members.len() - users.len()) as u64;
        Self::new(view.group, Some(users), omitted)
    }
}

impl Directory {
    /// The group with this UUID.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group_details(&self, caller: &Caller, id: &str) -> Result<GroupDetails> {
        caller.require(Permission::AdminRead)?;
        let uuid = parse_uuid(id).ok_or_else(not_found)?;
        self.details(caller.account, uuid).await?.ok_or_else(not_found)
    }

    /// Creates a group; its users by a job. `write.body` is what was sent.
    ///
    /// # Errors
    /// `Faults`, `AlreadyExists` with the group that has the name, and as [`Directory::create_group`].
    pub async fn create_group_of(
        &self,
        caller: &Caller,
        given: GroupGiven,
        write: GroupWrite,
    ) -> Result<DetailsWritten> {
        caller.require(Permission::AdminWrite)?;
        let subject = Subject::New(self.ids.uuid(self.now()));
        self.write_details(caller, subject, given, write).await
    }

    /// Replaces a group's name and description, and its users if it says something about them. Groups that are its
    /// members stay.
    ///
    /// # Errors
    /// Those of [`Directory::create_group_of`]; `NotFound`, `VersionMismatch`.
    pub async fn replace_group_of(
        &self,
        caller: &Caller,
        id: &str,
        given: GroupGiven,
        write: GroupWrite,
    ) -> Result<DetailsWritten> {
        caller.require(Permission::AdminWrite)?;
        let number = self.number_of(caller.account, id, write.idempotency_key.is_some()).await?;
        self.write_details(caller, Subject::Existing(number), given, write).await
    }

    /// Adds users to a group, or removes them, by a job. `write.body` lists them, as many as any membership write may.
    ///
    /// # Errors
    /// As [`Directory::patch_group`].
    pub async fn change_users_of(
        &self,
        caller: &Caller,
        id: &str,
        change: UsersChange,
        mut write: GroupWrite,
    ) -> Result<GroupWritten> {
        caller.require(Permission::AdminWrite)?;
        let number = self.number_of(caller.account, id, write.idempotency_key.is_some()).await?;
        let parse = match change {
            UsersChange::Add => parse::added,
            UsersChange::Remove => parse::removed,
        };
        let body = std::mem::take(&mut write.body);
        let read = group_writes::read_body(body, caller, self.registry.group(), parse).await?;
        self.write_parsed(caller, Subject::Existing(number), read, write).await
    }

    /// Deletes a group; see [`Directory::delete_group`].
    ///
    /// # Errors
    /// As there.
    pub async fn delete_group_of(&self, caller: &Caller, id: &str, asked: &Asked) -> Result<bool> {
        caller.require(Permission::AdminWrite)?;
        let number = self.number_of(caller.account, id, asked.keyed.is_some()).await?;
        self.delete_group_numbered(caller, number, asked).await
    }

    /// The number of the group with this UUID. A repeated request is answered as it was, also when its group is gone:
    /// then nobody's number.
    async fn number_of(&self, account: AccountId, id: &str, is_keyed: bool) -> Result<GroupNumber> {
        let uuid = parse_uuid(id).ok_or_else(not_found)?;
        let read = move |snapshot: &mut dyn Snapshot| snapshot.group_by_uuid(account, uuid);
        match self.store.read(Cost::Point, read).await? {
            Some(group) => Ok(group.number),
            None if is_keyed => Ok(GroupNumber(0)),
            None => Err(not_found()),
        }
    }

    async fn write_details(
        &self,
        caller: &Caller,
        subject: Subject,
        given: GroupGiven,
        write: GroupWrite,
    ) -> Result<DetailsWritten> {
        let is_new = matches!(subject, Subject::New(_));
        let (parsed, name_key) = parsed(given, caller, is_new, self.registry.group())?;
        let digest: [u8; 32] = Sha256::digest(&write.body).into();
        let account = caller.account;
        let find = move |snapshot: &mut dyn Snapshot| {
            let scan = Scan::Names(NameRange::only(&name_key));
            let found = snapshot.groups(account, &scan, &Page::first(1))?;
            Ok(found.first().map(|group| group.uuid.to_string()))
        };
        let written = self.write_parsed(caller, subject, (parsed, digest), write).await;
        let written = self.or_existing(written, find).await?;
        let details = match &written.view {
            None => None,
            // While its job is running, what the group's members will be is not known.
            Some(view) if written.job.as_ref().is_some_and(|job| !job.state.is_terminal()) => {
                Some(GroupDetails::without_users(view.group.clone())?)
            }
            Some(view) => self.details(account, view.group.uuid).await?,
        };
        Ok(DetailsWritten { details, written })
    }

    /// A group with its users, if these are few enough to be shown: a sequence of reads, of the group first, so that its
    /// version is never newer than its users.
    async fn details(&self, account: AccountId, uuid: Uuid) -> Result<Option<GroupDetails>> {
        let read = move |snapshot: &mut dyn Snapshot| snapshot.group_by_uuid(account, uuid);
        let Some(group) = self.store.read(Cost::Point, read).await? else { return Ok(None) };
        if group.members > limits::DETAILED_MEMBERS_MAX {
            return GroupDetails::without_users(group).map(Some);
        }
        let (number, mut users, mut omitted, mut after) = (group.number, Vec::new(), 0, None);
        loop {
            let read = move |snapshot: &mut dyn Snapshot| {
                let members = snapshot.members(account, number, after, limits::READ_ROWS_MAX)?;
                let keys: Vec<_> = members.iter().filter_map(|member| member.as_user()).collect();
                Ok((
                    snapshot.user_uuids(account, &keys)?,
                    members.len() - keys.len(),
                    members.last().copied(),
                ))
            };
            let (found, groups, last) = self.store.read(Cost::Scan, read).await?;
            users.extend(found.into_iter().flatten());
            omitted += groups as u64;
            if last.is_none() {
                return GroupDetails::new(group, Some(users), omitted).map(Some);
            }
            after = last;
        }
    }
}

/// What a group that was given asks, and the key of its name.
fn parsed(
    given: GroupGiven,
    caller: &Caller,
    is_new: bool,
    group_type: &ResourceType,
) -> Result<(Parsed, String)> {
    let mut faults = Faults::default();
    let name = given.name.unwrap_or_default();
    let name_key = check_name(&name, &mut faults);
    let description = given.description.filter(|text| !text.is_empty());
    faults.sized("description", description.as_deref().unwrap_or_default(), 0..=DESCRIPTION_CHARS_MAX);
    let node = given.organization_node_id.unwrap_or_default();
    if !node.is_empty() && node != caller.account_name {
        let account = &caller.account_name;
        let detail =
            format!("organizationNodeId is {account}, the account's name, or empty: there is no hierarchy");
        faults.form("organizationNodeId", detail);
    }
    if let Some(resources) = &given.resources {
        check_resources(resources, &mut faults);
    }
    faults.refuse()?;
    let description = description.map_or(Value::Null, Value::String);
    let attributes = if is_new {
        let document = json!({ "displayName": name, THRONG_GROUP_URN: { "description": description } });
        AttributeChange::Create(scim::resource::read(document, group_type)?)
    } else {
        AttributeChange::Patch(vec![replacing(name, description)?])
    };
    let action = if is_new { Action::Add } else { Action::Replace };
    let mut users = PartsBuilder::new();
    let listed = given.resources.iter().flatten().flat_map(|resource| &resource.ids);
    listed.into_iter().try_for_each(|id| users.push(id))?;
    let members = given.resources.is_some().then(|| parse::of_users(users, action, caller));
    Ok((Parsed { attributes, members, dialect_object: false }, name_key.unwrap_or_default()))
}

/// The key of a name, if it is one.
fn check_name(name: &str, faults: &mut Faults) -> Option<String> {
    let key = canonical::group_name_key(name).ok();
    if name.is_empty() {
        faults.missing("name");
    } else if name.contains(NOT_IN_NAMES) {
        faults.form("name", "name has none of = : * ,");
    } else if name.chars().count() > NAME_CHARS_MAX {
        faults.sized("name", name, 1..=NAME_CHARS_MAX);
    } else if key.is_none() {
        faults.form("name", "name must hold visible text without control characters");
    }
    key
}

fn check_resources(resources: &[ResourcesGiven], faults: &mut Faults) {
    if resources.is_empty() {
        faults.form("resources", "resources has at least one item; one that lists nobody removes all");
    }
    if resources.len() > limits::RESOURCES_MAX {
        faults.too_many("resources", limits::RESOURCES_MAX);
        return;
    }
    for (at, resource) in resources.iter().enumerate() {
        if resource.kind != USER_TYPE {
            faults.form(format!("resources[{at}].type"), format!("resources[{at}].type is {USER_TYPE}"));
        }
        if resource.ids.len() > limits::RESOURCE_IDS_MAX {
            faults.too_many(format!("resources[{at}].resourceIds"), limits::RESOURCE_IDS_MAX);
            continue;
        }
        // One of each item is enough to see what is wrong.
        if let Some(wrong) = resource.ids.iter().position(|id| parse_uuid(id).is_none()) {
            let field = format!("resources[{at}].resourceIds[{wrong}]");
            let detail = format!("{field} is no user id, which is a UUID in lower case");
            faults.form(field, detail);
        }
    }
}

/// The change of name and description: what else SCIM knows of the group stays.
fn replacing(name: String, description: Value) -> Result<PatchOperation> {
    let mut values = Map::new();
    values.insert("displayName".to_owned(), Value::String(name));
    values.insert(format!("{THRONG_GROUP_URN}:description"), description);
    Ok(PatchOperation::new(Op::Replace, None, Some(Value::Object(values)))?)
}
