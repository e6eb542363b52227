//! What jobs do.

mod forgetting;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{GroupNumber, MemberKey, UserKey};
use crate::model::exports::ExportSpec;
use crate::model::memberships::Operation;
use crate::model::users::Identifier;

use forgetting::{forget_in_each, forget_in_filter};

pub(crate) use forgetting::literals;

/// What a job does. Stored as JSON beside its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spec {
    /// Changes the members of a group.
    Membership(MembershipSpec),
    /// Adds the people of a file.
    Import(ImportSpec),
    /// Deletes people.
    Deletion(DeletionSpec),
    /// Restores people whom a deletion deleted.
    Restore(RestoreSpec),
    /// Operations of a bulk request.
    Bulk(BulkSpec),
    /// Writes people down as they are.
    Export(ExportSpec),
    /// Removes somebody from the items of jobs.
    Forget(ForgetSpec),
    /// Removes what is left of a deleted group's membership.
    ClearGroup,
    /// Removes a deleted user from the groups.
    ClearUser {
        /// The deleted user's key.
        user: i64,
    },
    /// Removes a deleted group from the groups.
    ClearNestedGroup {
        /// The deleted group's number.
        group: i64,
    },
}

impl Spec {
    /// The stored kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Membership(spec) if spec.dry_run.is_some() => Kind::Plan,
            Self::Membership(_) => Kind::Membership,
            Self::Import(spec) if spec.is_dry => Kind::ImportPlan,
            Self::Import(_) => Kind::Import,
            Self::Deletion(spec) if spec.is_dry => Kind::DeletionPlan,
            Self::Deletion(_) => Kind::Deletion,
            Self::Restore(spec) if spec.is_dry => Kind::RestorePlan,
            Self::Restore(_) => Kind::Restore,
            Self::Bulk(spec) if spec.is_dry => Kind::BulkPlan,
            Self::Bulk(_) => Kind::Bulk,
            Self::Export(_) => Kind::Export,
            Self::Forget(_) => Kind::Forget,
            Self::ClearGroup => Kind::ClearGroup,
            Self::ClearUser { .. } => Kind::ClearUser,
            Self::ClearNestedGroup { .. } => Kind::ClearNestedGroup,
        }
    }

    /// The job that it came of.
    pub const fn origin(&self) -> Option<Origin> {
        match self {
            Self::Membership(spec) => spec.origin,
            Self::Import(spec) => spec.origin,
            Self::Deletion(spec) => spec.origin,
            Self::Restore(spec) => spec.origin,
            Self::Bulk(spec) => spec.origin,
            Self::Export(_)
            | Self::Forget(_)
            | Self::ClearGroup
            | Self::ClearUser { .. }
            | Self::ClearNestedGroup { .. } => None,
        }
    }

    /// The same without the texts that are to be forgotten: a value in a filter, or in a change of an attribute. None if it
    /// has none of them.
    pub fn forgetting(&self, is_forgotten: &impl Fn(&str) -> bool) -> Option<Self> {
        let mut spec = self.clone();
        let found = match &mut spec {
            Self::Deletion(DeletionSpec { filter: Some(filter), .. }) => {
                forget_in_filter(filter, is_forgotten)
            }
            Self::Membership(MembershipSpec { dry_run: Some(dry_run), .. }) => {
                let values = dry_run.changes.iter_mut().flat_map(|change| [&mut change.from, &mut change.to]);
                forget_in_each(values.flatten(), is_forgotten)
            }
            Self::Export(export) => export.forget(is_forgotten),
            _ => false,
        };
        found.then_some(spec)
    }

    /// Removes a deleted member from the groups.
    pub const fn clear_member(member: MemberKey) -> Self {
        let number = member.number();
        if member.is_user() {
            Self::ClearUser { user: number }
        } else {
            Self::ClearNestedGroup { group: number }
        }
    }

    /// The deleted member that it removes from the groups.
    pub const fn cleared_member(&self) -> Option<MemberKey> {
        match self {
            Self::ClearUser { user } => Some(MemberKey::user(UserKey(*user))),
            Self::ClearNestedGroup { group } => Some(MemberKey::group(GroupNumber(*group))),
            Self::Membership(_)
            | Self::Import(_)
            | Self::Deletion(_)
            | Self::Restore(_)
            | Self::Bulk(_)
            | Self::Export(_)
            | Self::Forget(_)
            | Self::ClearGroup => None,
        }
    }
}

/// The kinds of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// See [`Spec::Membership`].
    Membership,
    /// A dry run of a change of members.
    Plan,
    /// See [`Spec::Import`].
    Import,
    /// A dry run of an import.
    ImportPlan,
    /// See [`Spec::Deletion`].
    Deletion,
    /// A dry run of a deletion.
    DeletionPlan,
    /// See [`Spec::Restore`].
    Restore,
    /// A dry run of a restoration.
    RestorePlan,
    /// See [`Spec::Bulk`].
    Bulk,
    /// A dry run of a bulk request.
    BulkPlan,
    /// See [`Spec::Export`].
    Export,
    /// See [`Spec::Forget`].
    Forget,
    /// See [`Spec::ClearGroup`].
    ClearGroup,
    /// See [`Spec::ClearUser`].
    ClearUser,
    /// See [`Spec::ClearNestedGroup`].
    ClearNestedGroup,
}

impl Kind {
    /// Whether it only says what it would do.
    pub const fn is_plan(self) -> bool {
        matches!(
            self,
            Self::Plan | Self::ImportPlan | Self::DeletionPlan | Self::RestorePlan | Self::BulkPlan
        )
    }

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Plan => "plan",
            Self::Import => "import",
            Self::ImportPlan => "import_plan",
            Self::Deletion => "deletion",
            Self::DeletionPlan => "deletion_plan",
            Self::Restore => "restore",
            Self::RestorePlan => "restore_plan",
            Self::Bulk => "bulk",
            Self::BulkPlan => "bulk_plan",
            Self::Export => "export",
            Self::Forget => "forget",
            Self::ClearGroup => "clear_group",
            Self::ClearUser => "clear_user",
            Self::ClearNestedGroup => "clear_nested_group",
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Membership,
        Self::Plan,
        Self::Import,
        Self::ImportPlan,
        Self::Deletion,
        Self::DeletionPlan,
        Self::Restore,
        Self::RestorePlan,
        Self::Bulk,
        Self::BulkPlan,
        Self::Export,
        Self::Forget,
        Self::ClearGroup,
        Self::ClearUser,
        Self::ClearNestedGroup,
    ];

    /// The kind with this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A change of a group's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipSpec {
    /// Whether the request created the group.
    pub creates_group: bool,
    /// How the values name people.
    pub identifier: IdentifierText,
    /// The operations, in the order of the request, each with its range of items.
    pub operations: Vec<Operation>,
    /// Whether a replace is about users alone: groups that are members stay, listed or not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_groups: bool,
    /// The job that it came of.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// It only says what it would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
}

/// The number of the job that another one came of, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Items of it are tried again.
    #[serde(rename = "redrives")]
    Redrives(i64),
    /// What it did is undone.
    #[serde(rename = "undoes")]
    Undoes(i64),
    /// What it would do is done.
    #[serde(rename = "applies")]
    Applies(i64),
}

/// What a dry run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    /// The group's number; 0 for a group that does not exist yet.
    pub group: i64,
    /// What would change beside the members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// A change of one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The attribute.
    pub attribute: String,
    /// What it is; none where it has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

impl Change {
    /// The attributes that differ, each value by itself: sub-attributes and those of extensions are named by their paths,
    /// and an attribute with several values is one.
    pub fn between(was: &Map<String, Value>, is: &Map<String, Value>) -> Vec<Self> {
        let mut changes = Vec::new();
        note_changes("", was, is, &mut changes);
        changes
    }
}

fn note_changes(within: &str, was: &Map<String, Value>, is: &Map<String, Value>, changes: &mut Vec<Change>) {
    let nothing = Map::new();
    for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
        let (from, to) = (was.get(name), is.get(name));
        if from == to {
            continue;
        }
        let attribute = format!("{within}{name}");
        let object = |value: Option<&'_ Value>| value.is_none_or(Value::is_object);
        if object(from) && object(to) {
            let within = attribute + if name.starts_with("urn:") { ":" } else { "." };
            let inner = |value: Option<&Value>| value.and_then(Value::as_object).unwrap_or(&nothing).clone();
            note_changes(&within, &inner(from), &inner(to), changes);
        } else {
            changes.push(Change { attribute, from: from.cloned(), to: to.cloned() });
        }
    }
}

impl MembershipSpec {
    /// Whether items name people as they were found by another job: what is not as it was found has changed since.
    pub const fn expects_change(&self) -> bool {
        matches!(self.origin, Some(Origin::Applies(_)))
    }
}

/// An [`Identifier`] that serialises as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentifierText(pub Identifier);

impl Serialize for IdentifierText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for IdentifierText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let kind = Identifier::parse(&text).ok_or_else(|| serde::de::Error::custom("unknown identifier"))?;
        Ok(Self(kind))
    }
}

/// An import of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSpec {
    /// Rows of the file.
    pub rows: u64,
    /// Rows of a full page; only the last page may be shorter.
    pub page_items: u32,
    /// The job that it came of.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// It only says what it would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dry: bool,
    /// What becomes of those whom the rows name.
    #[serde(default, skip_serializing_if = "ImportMode::is_add")]
    pub mode: ImportMode,
    /// The group of which the file is the whole truth; of everybody's where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<i64>,
    /// How many rows the file does not have: whom it takes away because it does not name them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removals: u64,
    /// How many rows have a password that is to be hashed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub passwords: u64,
    /// Rows of a run, if ready hashes are kept run by run ([`ready`](crate::model::passwords::ready)); else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ready_run_items: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What an import does with those whom its rows name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Adds them; who is there already is a fault.
    #[default]
    Add,
    /// Changes them; who is not there is a fault.
    Update,
    /// Deletes them.
    Delete,
    /// Adds who is not there, and changes who is.
    Upsert,
    /// The same, and takes away whom the file does not name.
    Sync,
}

impl ImportMode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
    const fn is_add(&self) -> bool {
        matches!(self, Self::Add)
    }

    /// The verb of the admin API, which also begins the names of jobs.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Add => "bulkAdd",
            Self::Update => "bulkUpdate",
            Self::Delete => "bulkDelete",
            Self::Upsert => "bulkUpsert",
            Self::Sync => "bulkSync",
        }
    }

    /// Whether it makes people who are not there.
    pub const fn adds(self) -> bool {
        matches!(self, Self::Add | Self::Upsert | Self::Sync)
    }
}

/// A deletion of people. Each listed value is an id, the number of groups that another job put them in (0 for those whom a
/// filter found), and the login, separated by `+`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionSpec {
    /// The filter that found them, which they must still match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only who is as another job left them: not changed since, and in no more groups.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_made: bool,
    /// The job that it came of.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// It only says what it would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dry: bool,
}

/// A restoration of people. Each listed value is an id, the index of the item of the deletion that has the image, and the
/// login, separated by `+`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSpec {
    /// The number of the deletion.
    pub of: i64,
    /// The job that it came of.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// Whether it only says what it would do.
    pub is_dry: bool,
}

/// Operations of a bulk request. Each listed value is a [`BulkItem`](crate::model::bulk::BulkItem).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkSpec {
    /// The job that it came of.
    #[serde(flatten)]
    pub origin: Option<Origin>,
    /// The provisioning source whose `externalId`s the operations mean; none for the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// It only says what it would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_dry: bool,
}

/// Whom the items of jobs are to forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetSpec {
    /// The canonical keys of the names that the person had, and the id; empty when the job has ended.
    pub names: BTreeSet<String>,
    /// Names were met that were not known before: jobs that were looked through may have them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}
