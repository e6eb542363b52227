//! The order of a list. Source: RFC 7644 §3.4.2.3.

mod key;

use crate::error::Error;
use crate::path::{AttrPath, Target};
use crate::schema::{Attribute, Mutability, ResourceType, Returned, Schema, Type};

pub use key::{KEY_TEXT_BYTES_MAX, SortKey};

/// The direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// The least first; what has no value comes last.
    #[default]
    Ascending,
    /// The other way round.
    Descending,
}

/// By what a list is sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SortBy {
    /// The attribute.
    pub path: AttrPath,
    /// The direction.
    pub order: SortOrder,
}

impl SortBy {
    /// Reads `sortBy` and `sortOrder`. An empty `sortBy` counts as none, and without one the order is not read.
    ///
    /// # Errors
    /// 400 `invalidPath` for a `sortBy` that is no attribute path; 400 `invalidValue` for an order that is none.
    pub fn parse(sort_by: Option<&str>, sort_order: Option<&str>) -> Result<Option<Self>, Error> {
        let Some(text) = sort_by.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        let order = match sort_order.map(str::trim) {
            None | Some("") => SortOrder::default(),
            Some(text) if text.eq_ignore_ascii_case("ascending") => SortOrder::Ascending,
            Some(text) if text.eq_ignore_ascii_case("descending") => SortOrder::Descending,
            Some(_) => return Err(Error::invalid_value("sortOrder must be ascending or descending")),
        };
        Ok(Some(Self { path: AttrPath::parse(text)?, order }))
    }

    /// Refuses what a list cannot be sorted by. In a query over several types an attribute that only some of them have
    /// is no error (RFC 7644 §3.4.2.1): then the caller asks each and is content with one.
    ///
    /// # Errors
    /// 400 `invalidPath` for an attribute that the resource type does not have, for a complex one without `value`, and
    /// for one that is never shown: its order would tell it.
    pub fn check(&self, resource_type: &ResourceType) -> Result<(), Error> {
        let path = &self.path;
        let Target::Attribute { attribute, sub, .. } = path.target(resource_type) else {
            return Err(Error::invalid_path(format!("{} has no attribute {path}", resource_type.name)));
        };
        let secret = |a: &Attribute| a.mutability == Mutability::WriteOnly || a.returned == Returned::Never;
        if secret(attribute) || sub.is_some_and(secret) {
            return Err(Error::invalid_path(format!("{path} is never shown, so nothing is sorted by it")));
        }
        if compared(attribute, sub).is_none() {
            return Err(Error::invalid_path(format!("{path} is complex: name one of its sub-attributes")));
        }
        Ok(())
    }

    /// Where the values are.
    fn located<'r>(&self, resource_type: &'r ResourceType) -> Option<Located<'r>> {
        let Target::Attribute { extension, attribute, sub } = self.path.target(resource_type) else {
            return None;
        };
        let sub = sub.or_else(|| attribute.sub("value"));
        Some(Located { extension, attribute, sub, compared: compared(attribute, sub)? })
    }
}

/// The attribute whose values are compared; None if it is complex.
fn compared<'r>(attribute: &'r Attribute, sub: Option<&'r Attribute>) -> Option<&'r Attribute> {
    let compared = sub.or_else(|| attribute.sub("value")).unwrap_or(attribute);
    (compared.kind != Type::Complex).then_some(compared)
}

/// What a path leads to.
struct Located<'r> {
    extension: Option<&'r Schema>,
    attribute: &'r Attribute,
    sub: Option<&'r Attribute>,
    compared: &'r Attribute,
}
