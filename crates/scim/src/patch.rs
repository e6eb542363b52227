//! PATCH: operations as read, and applying them. Source: RFC 7644 §3.5.2.
//!
//! Members of groups are not changed here but read by [`crate::group_write`]: there may be millions of them.

mod apply;
mod element;
use serde_json::Value;

pub use apply::{Patched, apply};

use crate::error::Error;
use crate::message::take;
use crate::path::Path;

/// Operations of one PATCH of a user. Above: 413. Each may touch every value of an attribute.
pub const OPERATIONS_MAX: usize = 1_000;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Adds to what is there.
    Add,
    /// Takes away.
    Remove,
    /// Puts in the place of what is there.
    Replace,
}

impl Op {
    /// Reads `op`, in any letter case: Entra sends `Add`.
    ///
    /// # Errors
    /// 400 `invalidSyntax`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        [("add", Self::Add), ("remove", Self::Remove), ("replace", Self::Replace)]
            .into_iter()
            .find_map(|(name, op)| name.eq_ignore_ascii_case(text).then_some(op))
            .ok_or_else(|| Error::invalid_syntax("op must be add, remove or replace"))
    }
}

/// One operation of a PATCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What it does.
    pub op: Op,
    /// Where; None: `value` is an object whose names are paths.
    pub path: Option<Path>,
    /// With what; None only for `remove`.
    pub value: Option<Value>,
}

impl Operation {
    /// An operation, if its parts go together.
    ///
    /// # Errors
    /// 400 `noTarget` for a `remove` without path; 400 `invalidValue` for `add` or `replace` without value, or without
    /// path and with a value that is no object.
    ///
    /// Source: RFC 7644 §3.5.2.
    pub fn new(op: Op, path: Option<Path>, value: Option<Value>) -> Result<Self, Error> {
        match (op, &path, &value) {
            (Op::Remove, None, _) => Err(Error::no_target("remove needs a path")),
            (Op::Remove, Some(_), _) => Ok(Self { op, path, value }),
            (_, _, None) => Err(Error::invalid_value("add and replace need a value")),
            (_, None, Some(value)) if !value.is_object() => {
                Err(Error::invalid_value("without a path, value must be an object"))
            }
            _ => Ok(Self { op, path, value }),
        }
    }
}

/// Whether operations may set the password of a user: what has to be known before they are applied is looked for with
/// less than that. Says yes where it is not sure.
pub fn may_set_password(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| match (&operation.path, &operation.value) {
        (Some(path), _) if ends_so(&path.attribute.attribute) => true,
        (_, value) => value.as_ref().is_some_and(names_password),
    })
}

/// Whether a name in an object, or in an extension in it, ends like the attribute's.
fn names_password(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    object.iter().any(|(name, value)| ends_so(name) || value.is_object() && names_password(value))
}

fn ends_so(name: &str) -> bool {
    let end = name.as_bytes().last_chunk::<8>();
    end.is_some_and(|end| end.eq_ignore_ascii_case(b"password"))
}

/// Reads the body of a PATCH of a user.
///
/// # Errors
/// 400 `invalidSyntax` for a body or an operation that is no object or has no known `op`; 400 `invalidValue` for
/// `Operations` that are missing, empty or no array; 413 for too many of them; those of [`Operation::new`] and
/// [`Path::parse`].
///
/// Source: RFC 7644 §3.5.2.
pub fn parse_patch(doc: Value) -> Result<Vec<Operation>, Error> {
    let Value::Object(mut doc) = doc else {
        return Err(Error::invalid_syntax("a PATCH is a JSON object"));
    };
    let operations = match take(&mut doc, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => return Err(no_operations()),
    };
    if operations.len() > OPERATIONS_MAX {
        return Err(too_many_operations(OPERATIONS_MAX));
    }
    operations.into_iter().map(parse_operation).collect()
}

pub(crate) fn no_operations() -> Error {
    Error::invalid_value("Operations must be an array with at least one operation")
}

pub(crate) fn too_many_operations(limit: usize) -> Error {
    Error::too_large(format!("a PATCH has at most {limit} operations"))
}

fn parse_operation(operation: Value) -> Result<Operation, Error> {
    let Value::Object(mut operation) = operation else {
        return Err(Error::invalid_syntax("an operation is a JSON object"));
    };
    let op = match take(&mut operation, "op") {
        Some(Value::String(text)) => Op::parse(&text)?,
        _ => return Err(Error::invalid_syntax("op must be add, remove or replace")),
    };
    let path = match take(&mut operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(Path::parse(&text)?),
        Some(_) => return Err(Error::invalid_path("path must be a string")),
    };
    Operation::new(op, path, take(&mut operation, "value"))
}
