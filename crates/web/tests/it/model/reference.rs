//! The reference: what a directory is, in maps and sets, and what each write makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::filters::folded;
use super::steps::{Body, Change, Condition, Email, Kind, Member, Pick, Projection};

/// A resource: the how-manieth of its kind that was made, which is its place in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub kind: Kind,
    pub index: usize,
}

/// The index of one that never was.
const NOBODY: usize = usize::MAX;

impl Id {
    pub const fn nobody(kind: Kind) -> Self {
        Self { kind, index: NOBODY }
    }

    /// What stands for its id until it is known.
    pub fn mark(self) -> String {
        match self.index {
            NOBODY => format!("@{}-none@", self.kind.name()),
            index => format!("@{}-{index}@", self.kind.name()),
        }
    }
}

/// A resource, as far as clients decide about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    pub texts: BTreeMap<&'static str, String>,
    pub active: Option<bool>,
    pub emails: Vec<Email>,
    pub manager: Option<Id>,
    pub members: BTreeSet<Id>,
}

/// A refusal: status and `scimType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub u16, pub Option<&'static str>);

const NOT_FOUND: Refusal = Refusal(404, None);
const MISSING: Refusal = Refusal(400, Some("invalidValue"));
const MUTABILITY: Refusal = Refusal(400, Some("mutability"));
const TAKEN: Refusal = Refusal(409, Some("uniqueness"));

/// All there is.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub live: BTreeMap<Id, Resource>,
    made: BTreeMap<Kind, usize>,
    /// What a bulk request made and took back: nobody was told its id.
    pub untold: BTreeSet<Id>,
}

impl Reference {
    pub fn pick(&self, kind: Kind, pick: Pick) -> Id {
        let (n, any) = (usize::from(pick / 8), pick.is_multiple_of(8));
        let live: Vec<Id> = self.of(kind).map(|(id, _)| id).collect();
        if !any && !live.is_empty() {
            return live[n % live.len()];
        }
        let made = self.made.get(&kind).copied().unwrap_or(0);
        match n % (made + 1) {
            index if index == made => Id::nobody(kind),
            index => Id { kind, index },
        }
    }

    pub fn of(&self, kind: Kind) -> impl Iterator<Item = (Id, &Resource)> {
        self.live.iter().filter(move |(id, _)| id.kind == kind).map(|(id, resource)| (*id, resource))
    }

    pub fn member(&self, member: Member) -> Id {
        match member {
            Member::Of(kind, pick) => self.pick(kind, pick),
            Member::Nobody => Id::nobody(Kind::User),
        }
    }

    /// The groups of a user, with whether the user is a member itself: these first, then those above, the nearest
    /// first.
    pub fn groups_of(&self, user: Id) -> Vec<(Id, bool)> {
        let mut found: Vec<(Id, bool)> = Vec::new();
        let mut level = BTreeSet::from([user]);
        while !level.is_empty() {
            let above = self.of(Kind::Group).filter(|(_, group)| !group.members.is_disjoint(&level));
            let new: BTreeSet<Id> =
                above.map(|(id, _)| id).filter(|id| found.iter().all(|(known, _)| known != id)).collect();
            let is_direct = level.contains(&user) && user.kind == Kind::User;
            found.extend(new.iter().map(|id| (*id, is_direct)));
            level = new;
        }
        found
    }

    /// POST.
    pub fn create(&mut self, kind: Kind, resource: Resource) -> Result<Id, Refusal> {
        self.check(None, kind, &resource)?;
        let made = self.made.entry(kind).or_default();
        let id = Id { kind, index: *made };
        *made += 1;
        self.live.insert(id, resource);
        Ok(id)
    }

    /// What a POST of this makes, and what a PUT of it would.
    pub fn read(&self, body: &Body) -> Result<Resource, Refusal> {
        if !body.texts.contains_key(body.kind.required()) {
            return Err(MISSING);
        }
        let mut resource = Resource { texts: body.texts.clone(), active: body.active, ..Resource::default() };
        resource.emails = distinct(body.emails.clone());
        if let Some(members) = &body.members {
            resource.members = self.known(members);
        }
        Ok(resource)
    }

    /// PUT.
    pub fn replace(&mut self, id: Id, body: &Body, condition: Condition) -> Result<(), Refusal> {
        if body.kind == Kind::Group {
            self.find(id)?;
        }
        let mut new = self.read(body)?;
        let was = self.held(id, condition)?;
        if body.kind == Kind::Device && new.texts.get("serialNumber") != was.texts.get("serialNumber") {
            return Err(MUTABILITY);
        }
        if body.kind == Kind::Group {
            new.members = match &body.members {
                Some(listed) if listed.is_empty() || !new.members.is_empty() => new.members,
                // Without the key, or with none who is found, the members stay.
                _ => was.members.clone(),
            };
        }
        self.put(id, new)
    }

    /// PATCH: all changes or none.
    pub fn patch(&mut self, id: Id, changes: &[Change], condition: Condition) -> Result<(), Refusal> {
        let was = self.held(id, condition)?;
        let mut new = was.clone();
        for change in changes {
            self.change(id.kind, &mut new, change)?;
        }
        if id.kind == Kind::Device && new.texts.get("serialNumber") != was.texts.get("serialNumber") {
            return Err(MUTABILITY);
        }
        self.put(id, new)
    }

    /// DELETE: memberships go with it.
    pub fn delete(&mut self, id: Id, condition: Condition) -> Result<(), Refusal> {
        self.held(id, condition)?;
        self.live.remove(&id);
        for resource in self.live.values_mut() {
            resource.members.remove(&id);
        }
        Ok(())
    }

    pub fn find(&self, id: Id) -> Result<&Resource, Refusal> {
        self.live.get(&id).ok_or(NOT_FOUND)
    }

    fn held(&self, id: Id, condition: Condition) -> Result<Resource, Refusal> {
        let found = self.find(id)?;
        if condition == Condition::Stale { Err(Refusal(412, None)) } else { Ok(found.clone()) }
    }

    pub fn put(&mut self, id: Id, resource: Resource) -> Result<(), Refusal> {
        self.check(Some(id), id.kind, &resource)?;
        self.live.insert(id, resource);
        Ok(())
    }

    /// Whether another has a name or contract already.
    fn check(&self, id: Option<Id>, kind: Kind, new: &Resource) -> Result<(), Refusal> {
        for attribute in [kind.required(), "contract"] {
            let key = |of: &Resource| of.texts.get(attribute).map(|text| folded(kind, attribute, text));
            let Some(wanted) = key(new) else { continue };
            let is_taken =
                |(other, of): (Id, &Resource)| Some(other) != id && key(of).as_ref() == Some(&wanted);
            if self.of(kind).any(is_taken) {
                return Err(TAKEN);
            }
        }
        Ok(())
    }

    /// Those of a list who are there.
    fn known(&self, listed: &[Member]) -> BTreeSet<Id> {
        listed.iter().map(|member| self.member(*member)).filter(|id| self.live.contains_key(id)).collect()
    }

    fn change(&self, kind: Kind, new: &mut Resource, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Refused("noSuch") => return Err(Refusal(400, Some("invalidPath"))),
            Change::Refused(_) => return Err(MUTABILITY),
            Change::Unset(attribute) if *attribute == kind.required() => return Err(MUTABILITY),
            Change::Unset(attribute) => _ = new.texts.remove(attribute),
            Change::Set(attribute, text, _) => _ = new.texts.insert(attribute, text.clone()),
            Change::Active(active, _) => new.active = Some(*active),
            Change::Several(title, active) => {
                new.texts.extend(title.clone().map(|title| ("title", title)));
                new.active = active.or(new.active);
            }
            Change::SetEmails(emails) => new.emails = distinct(emails.clone()),
            Change::AddEmails(emails) => add_emails(&mut new.emails, distinct(emails.clone())),
            Change::DropEmail(address) => {
                new.emails.retain(|email| email.value.to_lowercase() != address.to_lowercase());
            }
            Change::WorkEmail(address) => {
                if new.emails.iter().all(|email| email.kind != Some("work")) {
                    new.emails.push(Email { value: String::new(), kind: Some("work"), primary: None });
                }
                for email in new.emails.iter_mut().filter(|email| email.kind == Some("work")) {
                    email.value.clone_from(address);
                }
                new.emails = distinct(std::mem::take(&mut new.emails));
            }
            Change::AddMembers(listed) => new.members.extend(self.known(listed)),
            Change::RemoveMembers(listed) => {
                let gone = self.known(listed);
                new.members.retain(|member| !gone.contains(member));
            }
            Change::RemoveMember(member) => _ = new.members.remove(&self.member(*member)),
            Change::ReplaceMembers(listed) => {
                let known = self.known(listed);
                if listed.is_empty() || !known.is_empty() {
                    new.members = known;
                }
            }
            Change::ClearMembers => new.members.clear(),
        }
        Ok(())
    }

    /// The resource as it is shown, without `meta`.
    pub fn shown(&self, id: Id, projection: &Projection) -> Option<Value> {
        let resource = self.live.get(&id)?;
        let mut shown = Map::new();
        let mut schemas = vec![core(id.kind)];
        for (name, text) in &resource.texts {
            match *name {
                "description" => {
                    schemas.push(GROUP_EXTENSION);
                    shown.insert(GROUP_EXTENSION.to_owned(), json!({ "description": text }));
                }
                // The contract itself is shown only when asked for.
                "contract" => {
                    schemas.push(WARRANTY);
                    shown.insert(WARRANTY.to_owned(), json!({ "until": UNTIL }));
                }
                plain => _ = shown.insert(plain.to_owned(), json!(text)),
            }
        }
        if let Some(manager) = &resource.manager {
            schemas.push(ENTERPRISE);
            let is_told = manager.index != NOBODY && !self.untold.contains(manager);
            let manager = if is_told { manager.mark() } else { UNTOLD.to_owned() };
            shown.insert(ENTERPRISE.to_owned(), json!({ "manager": { "value": manager } }));
        }
        shown.extend(resource.active.map(|active| ("active".to_owned(), json!(active))));
        let lists = [
            ("emails", emails(&resource.emails)),
            ("members", resource.members.iter().copied().map(member).collect()),
            ("groups", self.groups(id)),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            shown.insert(name.to_owned(), json!(list));
        }
        match projection {
            Projection::Whole => {}
            Projection::Only(names) => shown.retain(|name, _| names.contains(&name.as_str())),
            Projection::Without(names) => shown.retain(|name, _| !names.contains(&name.as_str())),
        }
        shown.insert("id".to_owned(), json!(id.mark()));
        shown.insert("schemas".to_owned(), json!(schemas));
        if !matches!(projection, Projection::Only(_)) {
            let location = format!("{BASE}{}/{}", id.kind.endpoint(), id.mark());
            let meta = json!({ "resourceType": id.kind.name(), "created": "<time>", "lastModified": "<time>",
                "location": location, "version": "<version>" });
            shown.insert("meta".to_owned(), meta);
        }
        Some(Value::Object(shown))
    }

    fn groups(&self, id: Id) -> Vec<Value> {
        if id.kind != Kind::User {
            return Vec::new();
        }
        let entry = |(group, is_direct): &(Id, bool)| {
            let reference = format!("{BASE}/Groups/{}", group.mark());
            let kind = if *is_direct { "direct" } else { "indirect" };
            let name = &self.live[group].texts["displayName"];
            json!({ "value": group.mark(), "$ref": reference, "display": name, "type": kind })
        };
        self.groups_of(id).iter().map(entry).collect()
    }
}

/// What stands for an id that was never told.
pub const UNTOLD: &str = "@untold@";
pub const BASE: &str = "https://throng.example/scim/v2";
pub const GROUP_EXTENSION: &str = "urn:throng:scim:1.0:Group";
pub const WARRANTY: &str = "urn:example:scim:1.0:Device:Warranty";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// When every warranty ends.
pub const UNTIL: &str = "2030-01-01T00:00:00Z";

pub const fn core(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "urn:ietf:params:scim:schemas:core:2.0:User",
        Kind::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        Kind::Device => "urn:example:scim:1.0:Device",
    }
}

/// A member as it is shown.
pub fn member(id: Id) -> Value {
    let reference = format!("{BASE}{}/{}", id.kind.endpoint(), id.mark());
    json!({ "value": id.mark(), "$ref": reference, "type": id.kind.name() })
}

/// Addresses as they are sent and shown.
pub fn emails(emails: &[Email]) -> Vec<Value> {
    let email = |email: &Email| {
        let mut shown = Map::from_iter([("value".to_owned(), json!(email.value))]);
        shown.extend(email.kind.map(|kind| ("type".to_owned(), json!(kind))));
        shown.extend(email.primary.map(|primary| ("primary".to_owned(), json!(primary))));
        Value::Object(shown)
    };
    emails.iter().map(email).collect()
}

fn is_same(one: &Email, other: &Email) -> bool {
    one.value == other.value && one.kind == other.kind
}

/// The first of those that are the same; primary if one of them is.
fn distinct(emails: Vec<Email>) -> Vec<Email> {
    let mut kept: Vec<Email> = Vec::new();
    for email in emails {
        match kept.iter_mut().find(|other| is_same(other, &email)) {
            Some(other) if email.primary == Some(true) => other.primary = Some(true),
            Some(_) => {}
            None => kept.push(email),
        }
    }
    kept
}

fn add_emails(emails: &mut Vec<Email>, added: Vec<Email>) {
    for email in added {
        if email.primary == Some(true) {
            for other in emails.iter_mut().filter(|other| other.primary == Some(true)) {
                other.primary = Some(false);
            }
        }
        match emails.iter_mut().find(|other| is_same(other, &email)) {
            Some(other) => other.primary = email.primary.or(other.primary),
            None => emails.push(email),
        }
    }
}
