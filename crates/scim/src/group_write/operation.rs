//! The operations of a group PATCH.

use std::ops::Range;

use serde_json::{Map, Value};

use super::members::Listing;
use super::{Budget, GroupOperation, MemberAction, MemberSink};
use crate::error::Error;
use crate::filter::Filter;
use crate::json::{JsonLimits, Kind, Reader};
use crate::patch::{self, Op, Operation};
use crate::path::{Path, Target};
use crate::schema::ResourceType;

/// Collects operations and passes listed members on.
pub(super) struct Operations<'s> {
    done: Vec<GroupOperation>,
    listing: Listing<'s>,
    budget: Budget,
    group_type: &'s ResourceType,
    read: usize,
    read_max: usize,
}

/// What an operation is about, by its `path`.
enum Subject {
    /// `members`.
    Members,
    /// Some members, by their values.
    Chosen(Vec<String>),
    /// Anything else.
    Attribute(Path),
}

/// What an operation has shown so far.
#[derive(Default)]
struct Draft {
    op: Option<Op>,
    subject: Option<Subject>,
    value: Option<Given>,
}

/// A `value` that was met.
enum Given {
    /// Passed over; `null` is told apart because it is no list.
    Span { span: Range<usize>, null: bool },
    /// Members, already with the sink.
    Listed { range: Range<u32>, null: bool },
}

impl<'s> Operations<'s> {
    pub(super) fn new(
        sink: &'s mut dyn MemberSink,
        limits: &JsonLimits,
        group_type: &'s ResourceType,
    ) -> Self {
        Self {
            done: Vec::new(),
            listing: Listing::new(sink, limits),
            budget: Budget::new(limits),
            group_type,
            read: 0,
            read_max: limits.operations_max,
        }
    }

    pub(super) fn into_vec(self) -> Vec<GroupOperation> {
        self.done
    }

    /// Reads the array `Operations`; false if it is empty.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Result<bool, Error> {
        if reader.peek()? != Kind::Array {
            return Err(patch::no_operations());
        }
        reader.open_array()?;
        let mut first = true;
        while reader.next_element(&mut first)? {
            self.read += 1;
            if self.read > self.read_max {
                return Err(patch::too_many_operations(self.read_max));
            }
            if reader.peek()? != Kind::Object {
                return Err(reader.syntax("an operation is a JSON object"));
            }
            let draft = self.draft(reader)?;
            self.settle(reader, draft)?;
        }
        Ok(self.read > 0)
    }

    fn draft(&mut self, reader: &mut Reader<'_>) -> Result<Draft, Error> {
        let mut draft = Draft::default();
        let mut fields = reader.open_object()?;
        while let Some(name) = reader.next_key(&mut fields)? {
            if name.eq_ignore_ascii_case("op") {
                draft.op = Some(read_op(reader)?);
            } else if name.eq_ignore_ascii_case("path") {
                draft.subject = read_path(reader, self.group_type)?;
            } else if name.eq_ignore_ascii_case("value") {
                let null = reader.peek()? == Kind::Null;
                let members = matches!(draft.subject, Some(Subject::Members));
                draft.value = Some(if members {
                    Given::Listed { range: self.listing.read(reader, true)?, null }
                } else {
                    Given::Span { span: reader.skip()?, null }
                });
            } else {
                reader.skip()?;
            }
        }
        Ok(draft)
    }

    /// Makes operations of one that was seen whole.
    fn settle(&mut self, reader: &Reader<'_>, draft: Draft) -> Result<(), Error> {
        let Some(op) = draft.op else {
            return Err(reader.syntax("an operation has no op: add, remove or replace"));
        };
        match draft.subject {
            Some(Subject::Members) => self.settle_members(reader, op, draft.value),
            Some(Subject::Chosen(values)) => {
                if op != Op::Remove {
                    return Err(unchangeable());
                }
                let start = self.listing.next_index();
                for value in values {
                    self.listing.pass(reader, &value)?;
                }
                self.push_members(MemberAction::Remove, start..self.listing.next_index());
                Ok(())
            }
            Some(Subject::Attribute(path)) => {
                let value = self.value(reader, draft.value)?;
                self.done.push(GroupOperation::Attributes(Operation::new(op, Some(path), value)?));
                Ok(())
            }
            None => self.settle_pathless(reader, op, draft.value),
        }
    }

    fn value(&mut self, reader: &Reader<'_>, given: Option<Given>) -> Result<Option<Value>, Error> {
        match given {
            Some(Given::Span { span, .. }) => self.budget.value_at(reader, &span).map(Some),
            _ => Ok(None),
        }
    }

    fn settle_members(&mut self, reader: &Reader<'_>, op: Op, given: Option<Given>) -> Result<(), Error> {
        let (range, null) = match given {
            None if op == Op::Remove => (self.nothing(), true),
            None => return Err(Error::invalid_value("add and replace need a value")),
            Some(Given::Listed { range, null }) => (range, null),
            Some(Given::Span { span, null }) => (self.listing.read(&mut reader.again(&span), true)?, null),
        };
        let action = match op {
            Op::Add => MemberAction::Add,
            Op::Replace => MemberAction::Replace,
            Op::Remove if null => MemberAction::RemoveAll,
            Op::Remove => MemberAction::Remove,
        };
        self.push_members(action, range);
        Ok(())
    }

    /// No path: the names in `value` are paths; `members` among them is listed, the rest kept as one operation.
    fn settle_pathless(&mut self, reader: &Reader<'_>, op: Op, given: Option<Given>) -> Result<(), Error> {
        let Some(Given::Span { span, .. }) = given else {
            return Operation::new(op, None, None).map(|_| ());
        };
        let mut inner = reader.again(&span);
        if op == Op::Remove || inner.peek()? != Kind::Object {
            return Operation::new(op, None, Some(Value::Null)).map(|_| ());
        }
        let mut attributes = Map::new();
        let mut fields = inner.open_object()?;
        while let Some(name) = inner.next_key(&mut fields)? {
            match Path::parse(&name).ok().map(|path| subject_of(path, self.group_type)).transpose()? {
                Some(Subject::Members) => {
                    let range = self.listing.read(&mut inner, true)?;
                    let action = if op == Op::Add { MemberAction::Add } else { MemberAction::Replace };
                    self.push_members(action, range);
                }
                Some(Subject::Chosen(_)) => return Err(unchangeable()),
                _ => _ = attributes.insert(name.into_owned(), self.budget.value(&mut inner)?),
            }
        }
        if !attributes.is_empty() {
            let operation = Operation::new(op, None, Some(Value::Object(attributes)))?;
            self.done.push(GroupOperation::Attributes(operation));
        }
        Ok(())
    }

    fn nothing(&self) -> Range<u32> {
        self.listing.next_index()..self.listing.next_index()
    }

    fn push_members(&mut self, action: MemberAction, range: Range<u32>) {
        if let Some(GroupOperation::Members { action: last, range: open }) = self.done.last_mut()
            && *last == action
            && matches!(action, MemberAction::Add | MemberAction::Remove)
            && open.end == range.start
        {
            open.end = range.end;
            return;
        }
        self.done.push(GroupOperation::Members { action, range });
    }
}

fn read_op(reader: &mut Reader<'_>) -> Result<Op, Error> {
    match reader.peek()? {
        Kind::String => Op::parse(&reader.string()?),
        _ => Err(reader.syntax("op must be add, remove or replace")),
    }
}

/// `null` and the empty string count as no path.
fn read_path(reader: &mut Reader<'_>, group_type: &ResourceType) -> Result<Option<Subject>, Error> {
    match reader.peek()? {
        Kind::Null => reader.null().map(|()| None),
        Kind::String => {
            let text = reader.string()?;
            if text.is_empty() {
                return Ok(None);
            }
            subject_of(Path::parse(&text)?, group_type).map(Some)
        }
        _ => Err(Error::invalid_path("path must be a string")),
    }
}

fn subject_of(path: Path, group_type: &ResourceType) -> Result<Subject, Error> {
    let target = path.attribute.target(group_type);
    let (is_members, whole) = if let Target::Attribute { extension: None, attribute, sub } = target {
        (attribute.name == "members", sub.is_none())
    } else {
        // A sub-attribute that members do not have: still nothing else's.
        let named = path.attribute.attribute.eq_ignore_ascii_case("members");
        (named && path.attribute.schema.is_none(), false)
    };
    match path.filter {
        _ if !is_members => Ok(Subject::Attribute(path)),
        _ if !whole => Err(unchangeable()),
        None => Ok(Subject::Members),
        Some(filter) => chosen(filter).map(Subject::Chosen),
    }
}

fn unchangeable() -> Error {
    Error::mutability("members are added and removed, they cannot be changed in place")
}

/// The values of `value eq "a" or value eq "b" …`.
fn chosen(filter: Filter) -> Result<Vec<String>, Error> {
    let terms = match filter {
        Filter::Or(terms) => terms,
        single => vec![single],
    };
    let value_of = |term: &Filter| match term.equality() {
        Some((path, text)) if path.attribute.eq_ignore_ascii_case("value") => Ok(text.to_owned()),
        _ => Err(Error::invalid_filter("members are chosen by value eq \"…\", joined by or")),
    };
    terms.iter().map(value_of).collect()
}
