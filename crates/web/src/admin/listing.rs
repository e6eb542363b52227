//! Lists of resources as the admin API asks for them: its filters and orders, said in SCIM's words. So one mechanism
//! finds them, and a filter means the same on both faces.

use throng_directory::Error;
use throng_directory::model::expression::{Condition, Order, filter_of, unknown_field};
use throng_scim::filter::Filter;
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
        let (attribute, pieces) = self.pieces(text)?;
        Ok(filter_of(AttrPath::parse(attribute).map_err(Error::from)?, pieces))
    }

    /// The same as the attribute and the pieces of its text; see [`filter_of`].
    ///
    /// # Errors
    /// 400 about `filter`.
    pub(crate) fn pieces(&self, text: &str) -> Result<(&'static str, Vec<String>), Refusal> {
        let condition = Condition::parse(text)?;
        let found = self.filters.iter().find(|(known, _)| *known == condition.field);
        let (_, attribute) = found.ok_or_else(|| unknown_field(&names(self.filters)))?;
        let mut pieces = condition.pieces();
        if let [only] = pieces.as_slice()
            && self.colon_contains
            && !condition.is_literal
        {
            pieces = vec![String::new(), only.clone(), String::new()];
        }
        Ok((attribute, pieces))
    }

    /// The order that `field` or `field desc` stands for.
    ///
    /// # Errors
    /// 400 about `orderBy`.
    pub(crate) fn order(&self, text: &str) -> Result<SortBy, Refusal> {
        let (attribute, descending) = self.ordered(text)?;
        let path = AttrPath::parse(attribute).map_err(Error::from)?;
        let order = if descending { SortOrder::Descending } else { SortOrder::Ascending };
        Ok(SortBy { path, order })
    }

    /// The same as the attribute, and whether the order is turned round.
    ///
    /// # Errors
    /// 400 about `orderBy`.
    pub(crate) fn ordered(&self, text: &str) -> Result<(&'static str, bool), Refusal> {
        let Order { field, descending } = Order::parse(text, &names(self.orders))?;
        let found = self.orders.iter().find(|(known, _)| *known == field);
        let (_, attribute) = found.ok_or_else(Refusal::internal)?;
        Ok((attribute, descending))
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

#[cfg(test)]
mod tests;
