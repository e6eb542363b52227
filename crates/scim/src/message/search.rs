//! Queries by POST. Source: RFC 7644 §3.4.3, RFC 9865 §2.

use serde_json::{Map, Value};

use super::{SEARCH_REQUEST, is_named, take};
use crate::error::Error;
use crate::filter::Filter;
use crate::projection::Projection;
use crate::sort::SortBy;

/// What a query asks, by POST to `/.search`; the same as the parameters of a GET say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchRequest {
    /// Which resources.
    pub filter: Option<Filter>,
    /// In which order.
    pub sort: Option<SortBy>,
    /// What is shown of each.
    pub projection: Projection,
    /// From which one on, as it was given: less than 1 means 1.
    pub start_index: Option<i64>,
    /// How many at most, as it was given: less than 0 means 0.
    pub count: Option<i64>,
    /// From where on, by cursor; the empty one asks for the first page.
    pub cursor: Option<String>,
}

impl SearchRequest {
    /// Reads the message. Names are found in any letter case, `null` is as if absent, lists of attributes may also be
    /// one string with commas.
    ///
    /// # Errors
    /// 400 `invalidSyntax` for what is no object with this message's URN in `schemas`; 400 `invalidValue` for values of
    /// a wrong type; those of [`Filter::parse`], [`SortBy::parse`] and [`Projection::parse`].
    pub fn read(message: Value) -> Result<Self, Error> {
        let Value::Object(mut message) = message else {
            return Err(Error::invalid_syntax("a SearchRequest is a JSON object"));
        };
        if !is_named(&mut message, SEARCH_REQUEST) {
            return Err(Error::invalid_syntax(format!("schemas must name {SEARCH_REQUEST}")));
        }
        let filter = text(&mut message, "filter")?;
        let (sort_by, sort_order) = (text(&mut message, "sortBy")?, text(&mut message, "sortOrder")?);
        let attributes = names(&mut message, "attributes")?;
        let excluded = names(&mut message, "excludedAttributes")?;
        Ok(Self {
            filter: filter.as_deref().map(Filter::parse).transpose()?,
            sort: SortBy::parse(sort_by.as_deref(), sort_order.as_deref())?,
            projection: Projection::parse(attributes.as_deref(), excluded.as_deref())?,
            start_index: integer(&mut message, "startIndex")?,
            count: integer(&mut message, "count")?,
            cursor: text(&mut message, "cursor")?,
        })
    }
}

fn text(message: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match take(message, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid_value(format!("{name} must be a string"))),
    }
}

fn integer(message: &mut Map<String, Value>, name: &str) -> Result<Option<i64>, Error> {
    match take(message, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(Error::invalid_value(format!("{name} must be an integer"))),
        },
    }
}

/// Names joined by commas, which no name has.
fn names(message: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    let wrong = || Error::invalid_value(format!("{name} must be an array of strings"));
    match take(message, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(names)) => Ok(Some(names)),
        Some(Value::Array(items)) => {
            let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Ok(Some(names.ok_or_else(wrong)?.join(",")))
        }
        Some(_) => Err(wrong()),
    }
}
