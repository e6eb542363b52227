//! From a body to what it asks.

use serde_json::{Map, Value};
use throng_scim as scim;
use throng_scim::group_write::{GroupOperation, IdentifierKind, MemberAction, MemberSink, Members};
use throng_scim::json::JsonLimits;
use throng_scim::schema::ResourceType;

use super::{AttributeChange, Parsed};
use crate::caller::{Caller, Dialect};
use crate::error::{Error, Result};
use crate::ids::parse_uuid;
use crate::model::access::UnknownMembers;
use crate::model::faults::Faults;
use crate::model::memberships::{Action, Operation};
use crate::model::parts::PartsBuilder;
use crate::model::users::Identifier;
use crate::use_cases::membership_jobs::MemberChange;

/// Reads the body of a POST.
pub(super) fn create(body: &[u8], caller: &Caller, group_type: &ResourceType) -> Result<Parsed> {
    // There is nobody to replace in a group that is made here.
    let (attributes, members, dialect_object) = document(body, caller, Action::Add, group_type)?;
    Ok(Parsed { attributes: AttributeChange::Create(attributes), members, dialect_object })
}

/// Reads the body of a PUT.
pub(super) fn replace(body: &[u8], caller: &Caller, group_type: &ResourceType) -> Result<Parsed> {
    let (attributes, members, dialect_object) = document(body, caller, Action::Replace, group_type)?;
    Ok(Parsed { attributes: AttributeChange::Replace(attributes), members, dialect_object })
}

fn document(
    body: &[u8],
    caller: &Caller,
    action: Action,
    group_type: &ResourceType,
) -> Result<(Map<String, Value>, Option<MemberChange>, bool)> {
    let mut sink = PartsBuilder::new();
    let document = scim::group_write::read_group(body, &mut sink, &JsonLimits::default(), group_type)?;
    let members = match document.members {
        Members::Absent => None,
        Members::Cleared | Members::Listed(_) => {
            let items = sink.items();
            let operation = Operation { action, start: 0, end: items };
            Some(MemberChange {
                identifier: identifier(document.identifier, caller),
                operations: vec![operation],
                parts: sink.finish(),
                items,
                rejects_unknown: rejects_unknown(caller),
                keeps_groups: false,
                origin: None,
            })
        }
    };
    Ok((document.attributes, members, document.dialect_object))
}

/// Reads the body of a PATCH.
pub(super) fn patch(body: &[u8], caller: &Caller, group_type: &ResourceType) -> Result<Parsed> {
    let mut sink = PartsBuilder::new();
    let patch = scim::group_write::read_group_patch(body, &mut sink, &JsonLimits::default(), group_type)?;
    let (mut attributes, mut operations) = (Vec::new(), Vec::new());
    for operation in patch.operations {
        match operation {
            GroupOperation::Attributes(operation) => attributes.push(operation),
            GroupOperation::Members { action, range } => {
                let action = match action {
                    MemberAction::Add => Action::Add,
                    MemberAction::Remove => Action::Remove,
                    MemberAction::Replace | MemberAction::RemoveAll => Action::Replace,
                };
                operations.push(Operation { action, start: range.start, end: range.end });
            }
        }
    }
    let items = sink.items();
    let members = (!operations.is_empty()).then(|| MemberChange {
        identifier: identifier(patch.identifier, caller),
        operations,
        parts: sink.finish(),
        items,
        rejects_unknown: rejects_unknown(caller),
        keeps_groups: false,
        origin: None,
    });
    Ok(Parsed {
        attributes: AttributeChange::Patch(attributes),
        members,
        dialect_object: patch.dialect_object,
    })
}

/// The name of what a list of users stands under.
const RESOURCE_IDS: &str = "resourceIds";

/// Reads a list of users who are to be added.
pub(crate) fn added(body: &[u8], caller: &Caller, _group_type: &ResourceType) -> Result<Parsed> {
    listed(body, caller, Action::Add)
}

/// Reads a list of users who are to be removed.
pub(crate) fn removed(body: &[u8], caller: &Caller, _group_type: &ResourceType) -> Result<Parsed> {
    listed(body, caller, Action::Remove)
}

fn listed(body: &[u8], caller: &Caller, action: Action) -> Result<Parsed> {
    let mut sink = UserIds(PartsBuilder::new());
    let read = scim::group_write::read_listed(body, RESOURCE_IDS, &mut sink, &JsonLimits::default());
    // All of the body is this field.
    let refused = |error: scim::Error| match error.status {
        400 => Error::invalid(RESOURCE_IDS, error.detail),
        _ => Error::Scim(error),
    };
    if read.map_err(refused)?.is_none() {
        let mut faults = Faults::default();
        faults.missing(RESOURCE_IDS);
        faults.refuse()?;
    }
    let members = Some(of_users(sink.0, action, caller));
    Ok(Parsed { attributes: AttributeChange::Patch(Vec::new()), members, dialect_object: false })
}

/// A change that is about users alone, listed by their ids.
pub(crate) fn of_users(users: PartsBuilder, action: Action, caller: &Caller) -> MemberChange {
    let items = users.items();
    MemberChange {
        identifier: Identifier::Id,
        operations: vec![Operation { action, start: 0, end: items }],
        parts: users.finish(),
        items,
        rejects_unknown: rejects_unknown(caller),
        keeps_groups: true,
        origin: None,
    }
}

/// Takes ids of users and nothing else: a number would name a group.
struct UserIds(PartsBuilder);

impl MemberSink for UserIds {
    fn member(&mut self, value: &str) -> Result<(), scim::Error> {
        if parse_uuid(value).is_none() {
            let at = self.0.items();
            let detail = format!("{RESOURCE_IDS}[{at}] is no user id, which is a UUID in lower case");
            return Err(scim::Error::invalid_value(detail));
        }
        self.0.member(value)
    }
}

fn rejects_unknown(caller: &Caller) -> bool {
    caller.settings.unknown_members == UnknownMembers::Reject
}

/// How members are named: by `id`, unless the body says otherwise or the key's dialect implies `userName`.
fn identifier(named: Option<IdentifierKind>, caller: &Caller) -> Identifier {
    match named {
        Some(IdentifierKind::UserName) => Identifier::UserName,
        Some(IdentifierKind::Email) => Identifier::Email,
        None if caller.dialect == Dialect::Firstup => Identifier::UserName,
        Some(IdentifierKind::Id) | None => Identifier::Id,
    }
}
