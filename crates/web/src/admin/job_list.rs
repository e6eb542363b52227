//! Choosing and ordering the jobs of a list.

use throng_api::JobsItem;

use crate::admin::expression::{self, Pattern};
use crate::admin::jobs::OPERATION;
use crate::refusal::Refusal;

/// The operations of the vendor's description; ours are always [`OPERATION`].
const OPERATIONS: [&str; 5] = ["ADD", "UPDATE", "DELETE", "NO_CHANGE", "EXPORT"];

/// A field of a job in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Operation,
    StartTime,
    EndTime,
}

impl Field {
    /// The field of this name. Names are case-sensitive.
    fn parse(parameter: &str, name: &str) -> Result<Self, Refusal> {
        match name {
            "name" => Ok(Self::Name),
            "operation" => Ok(Self::Operation),
            "startTime" => Ok(Self::StartTime),
            "endTime" => Ok(Self::EndTime),
            _ => Err(Refusal::bad(
                parameter,
                format!("{parameter} takes name, operation, startTime or endTime"),
            )),
        }
    }

    fn of(self, item: &JobsItem) -> &str {
        match self {
            Self::Name => &item.name,
            Self::Operation => &item.operation,
            Self::StartTime => &item.start_time,
            Self::EndTime => item.end_time.as_deref().unwrap_or_default(),
        }
    }
}

/// Which jobs.
#[derive(Debug)]
pub(crate) struct JobFilter {
    field: Field,
    pattern: Pattern,
}

impl JobFilter {
    /// Reads `filter`.
    ///
    /// # Errors
    /// 400 for an unknown field, an unknown operation and what is no filter.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let condition = expression::parse(text)?;
        let field = Field::parse("filter", condition.field)?;
        let known = |text: &str| OPERATIONS.iter().any(|operation| operation.eq_ignore_ascii_case(text));
        if field == Field::Operation && !condition.pattern.exact().is_some_and(known) {
            let detail =
                format!("operation is one of {}; jobs listed here are {OPERATION}", OPERATIONS.join(", "));
            return Err(Refusal::bad("filter", detail));
        }
        Ok(Self { field, pattern: condition.pattern })
    }

    pub(crate) fn matches(&self, item: &JobsItem) -> bool {
        self.pattern.matches(self.field.of(item))
    }
}

/// In which order. Jobs that are equal in it stay latest first.
#[derive(Debug)]
pub(crate) struct JobOrder {
    field: Field,
    descending: bool,
}

impl Default for JobOrder {
    fn default() -> Self {
        Self { field: Field::StartTime, descending: true }
    }
}

impl JobOrder {
    /// Reads `orderBy`: a field, perhaps with ` desc` or ` asc` behind it.
    ///
    /// # Errors
    /// 400.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let (name, descending) = match text.split_once(' ') {
            None | Some((_, "asc")) => (text.strip_suffix(" asc").unwrap_or(text), false),
            Some((name, "desc")) => (name, true),
            Some(_) => return Err(Refusal::bad("orderBy", "orderBy is a field, or a field and desc")),
        };
        Ok(Self { field: Field::parse("orderBy", name)?, descending })
    }

    pub(crate) fn sort(&self, items: &mut [JobsItem]) {
        // Times are compared as text: all have one width and one zone.
        items.sort_by(|a, b| {
            let order = self.field.of(a).cmp(self.field.of(b));
            if self.descending { order.reverse() } else { order }
        });
    }
}

#[cfg(test)]
mod tests;
