//! Which items of a job a list shows, and in which order.
//!
//! A filter is one field and what it must be; see [`grammar`]. Texts are compared by their canonical keys: names that
//! people have by those of logins, first and last names lower-cased.

mod grammar;

use std::borrow::Cow;

use throng_jobs::{Class, Outcome, Tally};
use uuid::Uuid;

use crate::model::canonical::person_name_key;
use crate::model::jobs::ResultCounts;
use crate::use_cases::job_items::ItemOperation;

pub use grammar::{Fields, ItemFilter, ItemOrder};

pub(crate) use grammar::value_key;

use grammar::Test;

/// A field of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemField {
    /// Its place in the request; of an import, the row of the file.
    Index,
    /// What it names, as it was given; of people, the login.
    Value,
    /// The id of whom it is about.
    Member,
    /// What was asked.
    Operation,
    /// The class of what became of it.
    Outcome,
    /// What became of it.
    Reason,
    /// Where it stands.
    Status,
    /// First name.
    FirstName,
    /// Last name.
    LastName,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// Waits.
    Pending,
    /// In the chunk that is being worked.
    InProgress,
    /// Settled without a fault.
    Completed,
    /// Never the status of an item: those that were already as asked are COMPLETED with operation `NO_CHANGE`.
    NoChange,
    /// Failed.
    Failed,
    /// Not attempted: the job was stopped.
    Aborted,
    /// Never the status of an item; jobs have it.
    AbortInProgress,
}

impl RowStatus {
    const ALL: [Self; 7] = [
        Self::Pending,
        Self::InProgress,
        Self::Completed,
        Self::NoChange,
        Self::Failed,
        Self::Aborted,
        Self::AbortInProgress,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::NoChange => "NO_CHANGE",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
            Self::AbortInProgress => "ABORT_IN_PROGRESS",
        }
    }

    /// The status of an item with this outcome, which may be in the chunk that a worker has in hand.
    pub(crate) const fn of(outcome: Outcome, in_work: bool) -> Self {
        match outcome.class() {
            Class::Created | Class::Updated | Class::Removed | Class::Ignored => Self::Completed,
            Class::Failed => Self::Failed,
            Class::Skipped => Self::Aborted,
            Class::Pending if in_work => Self::InProgress,
            Class::Pending => Self::Pending,
        }
    }
}

/// An item while it is looked at. What nobody needs of it may be missing; see [`Needs`].
pub(crate) struct Seen<'a> {
    pub(crate) place: u64,
    pub(crate) index: u64,
    pub(crate) operation: ItemOperation,
    pub(crate) outcome: Outcome,
    pub(crate) status: RowStatus,
    /// The canonical key of the value.
    pub(crate) value: Cow<'a, str>,
    /// The id; empty where nobody was found, and of somebody who is gone.
    pub(crate) member: Cow<'a, str>,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
}

impl Seen<'_> {
    /// An item of which only this much is known.
    pub(crate) const fn settled(place: u64, outcome: Outcome, status: RowStatus) -> Self {
        Self {
            place,
            index: place,
            operation: ItemOperation::Add,
            outcome,
            status,
            value: Cow::Borrowed(""),
            member: Cow::Borrowed(""),
            first_name: "",
            last_name: "",
        }
    }

    /// A field as it is compared: bytewise.
    fn text(&self, field: ItemField) -> Cow<'_, str> {
        match field {
            // As many digits as any index has, so that they are in the order of numbers.
            ItemField::Index => Cow::Owned(format!("{:010}", self.index)),
            ItemField::Value => Cow::Borrowed(&self.value),
            ItemField::Member => Cow::Borrowed(&self.member),
            ItemField::Operation => Cow::Borrowed(self.operation.as_str()),
            ItemField::Outcome => Cow::Borrowed(self.outcome.class().name()),
            ItemField::Reason => Cow::Borrowed(self.outcome.name()),
            ItemField::Status => Cow::Borrowed(self.status.as_str()),
            ItemField::FirstName => Cow::Owned(person_name_key(self.first_name)),
            ItemField::LastName => Cow::Owned(person_name_key(self.last_name)),
        }
    }
}

/// What of items has to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// What was sent: all but whom they are about, the outcome and the status.
    pub(crate) payload: bool,
    /// Whom they are about.
    pub(crate) member: Whom,
    /// The outcome and the status.
    pub(crate) progress: bool,
}

/// Of whom it has to be known whether an item is about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// Of nobody.
    Nobody,
    /// Of the user with this id, and of groups; the items of all others may be about nobody.
    One(Uuid),
    /// Of everybody.
    Everybody,
}

impl Needs {
    /// Outcome and status alone.
    pub(crate) const OUTCOME: Self = Self { payload: false, member: Whom::Nobody, progress: true };

    /// Whether it can change while the job goes on.
    pub(crate) fn is_passing(self) -> bool {
        self.progress || self.member != Whom::Nobody
    }
}

/// Which items, and in which order.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Only items of these outcomes; all when empty.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) filter: Option<ItemFilter>,
    pub(crate) order: ItemOrder,
}

impl Choice {
    /// Whether everything is chosen.
    pub(crate) const fn is_everything(&self) -> bool {
        self.outcomes.is_empty() && self.filter.is_none()
    }

    /// Whether outcome and status of an item decide whether it is chosen.
    pub(crate) fn is_by_outcome(&self) -> bool {
        match self.filter.as_ref().map(|filter| &filter.0) {
            None | Some(Test::Outcomes(_) | Test::Statuses(_)) => true,
            Some(Test::Operations(_) | Test::Text(..)) => false,
        }
    }

    pub(crate) fn needs(&self) -> Needs {
        use ItemField::{Member, Outcome, Reason, Status};
        let tested = self.filter.as_ref().and_then(|filter| match &filter.0 {
            Test::Text(field, _) => Some(*field),
            Test::Operations(_) => Some(ItemField::Operation),
            Test::Outcomes(_) | Test::Statuses(_) => None,
        });
        let fields = [Some(self.order.field), tested];
        let payload = |field: &ItemField| !matches!(field, Member | Outcome | Reason | Status);
        let one = self.filter.as_ref().and_then(|filter| match &filter.0 {
            // What is no id of a user's is nobody's, as the nil id.
            Test::Text(Member, pattern) => Some(Uuid::try_parse(pattern.exact()?).unwrap_or_default()),
            _ => None,
        });
        Needs {
            progress: !self.outcomes.is_empty()
                || matches!(
                    self.filter.as_ref().map(|filter| &filter.0),
                    Some(Test::Outcomes(_) | Test::Statuses(_))
                )
                || matches!(self.order.field, Outcome | Reason | Status),
            payload: fields.iter().flatten().any(payload),
            member: match one {
                Some(one) => Whom::One(one),
                None if fields.contains(&Some(Member)) => Whom::Everybody,
                None => Whom::Nobody,
            },
        }
    }

    /// Whether an item of this outcome and status is chosen, of whom the filter asks nothing else.
    pub(crate) fn takes(&self, outcome: Outcome, status: RowStatus) -> bool {
        let is_named = |wanted: &[Outcome]| wanted.iter().any(|wanted| wanted.reads_as(outcome));
        let passes = match self.filter.as_ref().map(|filter| &filter.0) {
            Some(Test::Outcomes(wanted)) => is_named(wanted),
            Some(Test::Statuses(wanted)) => wanted.contains(&status),
            _ => true,
        };
        passes && (self.outcomes.is_empty() || is_named(&self.outcomes))
    }

    pub(crate) fn selects(&self, item: &Seen<'_>) -> bool {
        let passes = match self.filter.as_ref().map(|filter| &filter.0) {
            Some(Test::Operations(wanted)) => wanted.contains(&item.operation),
            Some(Test::Text(ItemField::Index, pattern)) => pattern.matches(&item.index.to_string()),
            Some(Test::Text(field, pattern)) => pattern.matches(&item.text(*field)),
            None | Some(Test::Outcomes(_) | Test::Statuses(_)) => true,
        };
        passes && self.takes(item.outcome, item.status)
    }

    /// By what an item is ordered.
    pub(crate) fn key<'a>(&self, item: &'a Seen<'_>) -> Cow<'a, str> {
        item.text(self.order.field)
    }

    /// How many of a page's settled items are chosen, if that can be told from its numbers alone. `tally` has the
    /// outcomes that there are, of a job that has ended.
    pub(crate) fn settled(&self, tally: Option<&Tally>, counts: &ResultCounts) -> Option<u64> {
        let mut chosen = 0;
        for (items, of) in [
            (counts.effective, &[Class::Created, Class::Updated, Class::Removed][..]),
            (counts.ignored, &[Class::Ignored]),
            (counts.failed, &[Class::Failed]),
        ] {
            if items == 0 {
                continue;
            }
            let is_there = |outcome: &Outcome| {
                let has_any =
                    |tally: &Tally| tally.iter().any(|(known, items)| known == *outcome && items > 0);
                of.contains(&outcome.class()) && tally.is_none_or(has_any)
            };
            let there = Outcome::ALL.into_iter().filter(is_there);
            let mut taken = there.map(|outcome| self.takes(outcome, RowStatus::of(outcome, false)));
            let first = taken.next()?;
            if taken.any(|other| other != first) {
                return None;
            }
            chosen += if first { u64::from(items) } else { 0 };
        }
        Some(chosen)
    }
}

#[cfg(test)]
mod tests;
