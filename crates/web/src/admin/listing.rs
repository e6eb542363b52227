//! Lists of resources as the admin API asks for them: its filters and orders, said in SCIM's words. So one mechanism
//! finds them, and a filter means the same on both faces.

use throng_directory::Error;
use throng_directory::model::expression::{Condition, Order, unknown_field};
use throng_scim::filter::{Comparison, Filter, Literal, Operator};
use throng_scim::path::AttrPath;
use throng_scim::sort::{SortBy, SortOrder};

use crate::refusal::Refusal;

/// What a list is filtered and ordered by: names of fields, each with the SCIM attribute that it stands for.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) filters: &'static [(&'static str, &'static str)],
    pub(crate) orders: &'static [(&'static str, &'static str)],
    /// Whether `field:value` without `*` asks for a text that contains the value, as the vendor's description of some
    /// lists says; it asks for the whole text otherwise.
    pub(crate) colon_contains: bool,
}

impl Fields {
    /// The filter that `field:value` or `field=value` stands for.
    ///
    /// # Errors
    /// 400 about `filter`.
    pub(crate) fn filter(&self, text: &str) -> Result<Filter, Refusal> {
        let condition = Condition::parse(text)?;
        let path =
            attribute(self.filters, condition.field)?.ok_or_else(|| unknown_field(&names(self.filters)))?;
        let mut pieces = condition.pieces();
        if let [only] = pieces.as_slice()
            && self.colon_contains
            && !condition.is_literal
        {
            pieces = vec![String::new(), only.clone(), String::new()];
        }
        Ok(of_pieces(path, pieces))
    }

    /// The order that `field` or `field desc` stands for.
    ///
    /// # Errors
    /// 400 about `orderBy`.
    pub(crate) fn order(&self, text: &str) -> Result<SortBy, Refusal> {
        let Order { field, descending } = Order::parse(text, &names(self.orders))?;
        let path = attribute(self.orders, field)?.ok_or_else(Refusal::internal)?;
        let order = if descending { SortOrder::Descending } else { SortOrder::Ascending };
        Ok(SortBy { path, order })
    }
}

/// The attribute that a field stands for.
pub(crate) fn attribute(fields: &[(&str, &str)], name: &str) -> Result<Option<AttrPath>, Error> {
    let found = fields.iter().find(|(known, _)| *known == name);
    Ok(found.map(|(_, attribute)| AttrPath::parse(attribute)).transpose()?)
}

pub(crate) fn names<'a>(fields: &[(&'a str, &str)]) -> Vec<&'a str> {
    fields.iter().map(|(name, _)| *name).collect()
}

/// One comparison of an attribute with a text.
pub(crate) fn compare(path: AttrPath, operator: Operator, text: impl Into<String>) -> Filter {
    Filter::Compare(Comparison { path, operator, literal: Literal::Text(text.into()) })
}

/// A text made of these pieces, with anything between them.
fn of_pieces(path: AttrPath, pieces: Vec<String>) -> Filter {
    let texts: Vec<&str> = pieces.iter().map(String::as_str).collect();
    match texts.as_slice() {
        [only] => compare(path, Operator::Eq, *only),
        ["", ""] => Filter::Present(path),
        [start, ""] => compare(path, Operator::Sw, *start),
        ["", end] => compare(path, Operator::Ew, *end),
        ["", part, ""] => compare(path, Operator::Co, *part),
        // An index may serve how it begins.
        [start, ..] if !start.is_empty() => {
            let begins = compare(path.clone(), Operator::Sw, *start);
            Filter::And(vec![begins, Filter::Like { path, pieces }])
        }
        _ => Filter::Like { path, pieces },
    }
}

#[cfg(test)]
mod tests;
