//! A bulk request on the reference. Source: RFC 7644 §3.7; what the standard leaves open: `docs/contract.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::reference::{ENTERPRISE, Id, Reference, Refusal, Resource};
use super::steps::{BulkOperation, Change, Condition, Kind, Reference as Far};

/// What became of the operations.
#[derive(Debug, Default)]
pub struct Done {
    /// By index; none for those that were not reached.
    pub answers: BTreeMap<usize, (u16, Option<&'static str>)>,
    /// What they made, and left.
    pub made: BTreeMap<usize, Id>,
}

impl BulkOperation {
    fn references(&self) -> Vec<Far> {
        match self {
            Self::User { manager, .. } => manager.iter().copied().collect(),
            Self::Group { members, .. } => members.clone(),
            Self::Title(..) | Self::Delete(..) => Vec::new(),
        }
    }

    /// As it is sent: names of those who are there are marks.
    pub fn json(&self, at: usize, model: &Reference) -> Value {
        let far = |far: &Far| match far {
            Far::Made(other) => format!("bulkId:b{other}"),
            Far::Known(member) => model.member(*member).mark(),
        };
        match self {
            Self::User { name, manager } => {
                let mut data = json!({ "userName": name });
                if let Some(manager) = manager {
                    data[ENTERPRISE] = json!({ "manager": { "value": far(manager) } });
                }
                json!({ "method": "POST", "path": "/Users", "bulkId": format!("b{at}"), "data": data })
            }
            Self::Group { name, members } => {
                let members: Vec<Value> =
                    members.iter().map(|member| json!({ "value": far(member) })).collect();
                let data = json!({ "displayName": name, "members": members });
                json!({ "method": "POST", "path": "/Groups", "bulkId": format!("b{at}"), "data": data })
            }
            Self::Title(pick, title) => {
                let path = format!("/Users/{}", model.pick(Kind::User, *pick).mark());
                let change = json!({ "op": "replace", "path": "title", "value": title });
                json!({ "method": "PATCH", "path": path, "data": { "Operations": [change] } })
            }
            Self::Delete(kind, pick) => {
                let path = format!("{}/{}", kind.endpoint(), model.pick(*kind, *pick).mark());
                json!({ "method": "DELETE", "path": path })
            }
        }
    }
}

/// A bulk request being worked.
struct Run<'r> {
    before: Reference,
    model: &'r mut Reference,
    operations: &'r [BulkOperation],
    done: Done,
    /// What was made without some of its references.
    incomplete: Vec<usize>,
}

impl Reference {
    pub fn bulk(&mut self, operations: &[BulkOperation], fail_on_errors: Option<usize>) -> Done {
        let before = self.clone();
        let mut run = Run { before, model: self, operations, done: Done::default(), incomplete: Vec::new() };
        for (at, later) in order(operations) {
            run.first(at, &later);
            let errors = run.done.answers.values().filter(|(status, _)| *status >= 400).count();
            if fail_on_errors.is_some_and(|max| errors >= max) {
                break;
            }
        }
        for at in std::mem::take(&mut run.incomplete) {
            run.complete(at);
        }
        run.done
    }
}

impl Run<'_> {
    fn first(&mut self, at: usize, later: &BTreeSet<usize>) {
        let now: Vec<Far> = self.operations[at].references();
        let now = now.into_iter().filter(|far| !matches!(far, Far::Made(other) if later.contains(other)));
        let answer = match self.resolved(now) {
            None => (409, None),
            Some(references) => match self.perform(at, &references) {
                Ok(status) => (status, None),
                Err(Refusal(status, kind)) => (status, kind),
            },
        };
        if answer.0 == 201 && !later.is_empty() {
            self.incomplete.push(at);
        }
        self.done.answers.insert(at, answer);
    }

    /// Whom references name; none if one of them names nothing that was made.
    fn resolved(&self, references: impl Iterator<Item = Far>) -> Option<Vec<Id>> {
        let resolve = |far: Far| match far {
            Far::Made(other) => self.done.made.get(&other).copied(),
            Far::Known(member) => Some(self.before.member(member)),
        };
        references.map(resolve).collect()
    }

    fn perform(&mut self, at: usize, references: &[Id]) -> Result<u16, Refusal> {
        match &self.operations[at] {
            BulkOperation::User { .. } | BulkOperation::Group { .. } => {
                let (kind, resource) = self.resource(at, references);
                let id = self.model.create(kind, resource)?;
                self.done.made.insert(at, id);
                Ok(201)
            }
            BulkOperation::Title(pick, title) => {
                let change = Change::Set("title", title.clone(), false);
                self.model.patch(self.before.pick(Kind::User, *pick), &[change], Condition::None)?;
                Ok(200)
            }
            BulkOperation::Delete(kind, pick) => {
                self.model.delete(self.before.pick(*kind, *pick), Condition::None)?;
                Ok(204)
            }
        }
    }

    fn resource(&self, at: usize, references: &[Id]) -> (Kind, Resource) {
        let mut resource = Resource::default();
        match &self.operations[at] {
            BulkOperation::User { name, .. } => {
                resource.texts.insert("userName", name.clone());
                resource.manager = references.first().copied();
                (Kind::User, resource)
            }
            BulkOperation::Group { name, .. } => {
                resource.texts.insert("displayName", name.clone());
                let known = references.iter().filter(|id| self.model.live.contains_key(id));
                resource.members = known.copied().collect();
                (Kind::Group, resource)
            }
            BulkOperation::Title(..) | BulkOperation::Delete(..) => unreachable!("{at} makes nothing"),
        }
    }

    /// Puts the whole, or takes back what was made.
    fn complete(&mut self, at: usize) {
        let id = self.done.made[&at];
        let Some(references) = self.resolved(self.operations[at].references().into_iter()) else {
            self.model.delete(id, Condition::None).unwrap();
            self.model.untold.insert(id);
            self.done.answers.insert(at, (409, None));
            return;
        };
        let (kind, mut resource) = self.resource(at, &references);
        if kind == Kind::Group && resource.members.is_empty() && !references.is_empty() {
            resource.members.clone_from(&self.model.live[&id].members);
        }
        self.model.put(id, resource).unwrap();
    }
}

/// In which order operations run, each with the operations that come only after it though it refers to them.
fn order(operations: &[BulkOperation]) -> Vec<(usize, BTreeSet<usize>)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Waiting,
        Open,
        Done,
    }
    fn visit(
        at: usize,
        operations: &[BulkOperation],
        state: &mut [State],
        order: &mut Vec<(usize, BTreeSet<usize>)>,
    ) {
        if state[at] != State::Waiting {
            return;
        }
        state[at] = State::Open;
        let made = |far: Far| match far {
            Far::Made(other) => Some(other),
            Far::Known(_) => None,
        };
        let makes = |other: &usize| {
            let operation = operations.get(*other);
            matches!(operation, Some(BulkOperation::User { .. } | BulkOperation::Group { .. }))
        };
        let others: BTreeSet<usize> =
            operations[at].references().into_iter().filter_map(made).filter(makes).collect();
        for other in &others {
            visit(*other, operations, state, order);
        }
        let later = others.into_iter().filter(|other| state[*other] != State::Done).collect();
        state[at] = State::Done;
        order.push((at, later));
    }
    let (mut state, mut found) = (vec![State::Waiting; operations.len()], Vec::new());
    for at in 0..operations.len() {
        visit(at, operations, &mut state, &mut found);
    }
    found
}
