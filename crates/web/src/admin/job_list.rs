//! Choosing and ordering the jobs of a list.

use throng_api::JobsItem;
use throng_directory::Error;
use throng_directory::model::expression::{Condition, Order, Pattern, unknown_field};

use crate::refusal::Refusal;

/// The operations of the vendor's description.
const OPERATIONS: [&str; 5] = ["ADD", "UPDATE", "DELETE", "NO_CHANGE", "EXPORT"];
/// What a list of jobs is filtered and ordered by.
const FIELDS: &[&str] = &["name", "operation", "startTime", "endTime"];

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
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "name" => Self::Name,
            "operation" => Self::Operation,
            "startTime" => Self::StartTime,
            "endTime" => Self::EndTime,
            _ => return None,
        })
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
        let condition = Condition::parse(text)?;
        let field = Field::named(condition.field).ok_or_else(|| unknown_field(FIELDS))?;
        if field == Field::Operation {
            // One that no job can have is a slip, and not an empty list.
            let chosen = condition.pattern(str::to_uppercase).of(OPERATIONS, |operation| operation);
            let wrong = || Error::invalid("filter", format!("operation is one of {}", OPERATIONS.join(", ")));
            chosen.ok_or_else(wrong)?;
        }
        Ok(Self { field, pattern: condition.pattern(str::to_lowercase) })
    }

    pub(crate) fn matches(&self, item: &JobsItem) -> bool {
        self.pattern.matches(&self.field.of(item).to_lowercase())
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
        let Order { field, descending } = Order::parse(text, FIELDS)?;
        Ok(Self { field: Field::named(field).unwrap_or(Field::StartTime), descending })
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
