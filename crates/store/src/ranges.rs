//! Where a stretch of a list begins and ends, as values to bind.

use throng_directory::port::scan::{NameRange, Page, TimeRange};

use crate::conn::Value;
use crate::fault::{Outcome, stored};

/// The page's limit and offset as columns' numbers.
pub fn stretch(page: &Page) -> Outcome<(i64, i64)> {
    Ok((stored(page.limit as u64)?, stored(page.offset)?))
}

/// The bounds of a stretch that comes by a column and then by key: both bounds of the column, drawn as close as where
/// the stretch begins allows, so that the index is entered there, and the place itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Bounds<T> {
    from: T,
    until: T,
    after: (T, i64),
}

impl Bounds<String> {
    /// Of a stretch by name.
    pub fn of_names(range: &NameRange, page: &Page) -> Self {
        let (name, key) = page.after_name();
        let (mut from, mut until) = (range.from.clone(), range.until.clone());
        if page.descending {
            // The first text behind the name: no name contains a control character.
            until = until.min(format!("{name}\u{1}"));
        } else {
            from = from.max(name.to_owned());
        }
        Self { from, until, after: (name.to_owned(), key) }
    }

    /// To be bound in the order account, from, until, after, limit, offset.
    pub fn values<'a>(&'a self, account: Value<'a>, limit: Value<'a>, offset: Value<'a>) -> [Value<'a>; 7] {
        let (name, key) = &self.after;
        [
            account,
            self.from.as_str().into(),
            self.until.as_str().into(),
            name.as_str().into(),
            (*key).into(),
            limit,
            offset,
        ]
    }
}

impl Bounds<i64> {
    /// Of a stretch by time.
    pub fn of_times(range: TimeRange, page: &Page) -> Self {
        let after = page.after_time();
        let (mut from, mut until) = (range.from.micros(), range.until.micros());
        if page.descending {
            until = until.min(after.0.saturating_add(1));
        } else {
            from = from.max(after.0);
        }
        Self { from, until, after }
    }

    /// To be bound in the order account, from, until, after, limit, offset.
    pub fn values<'a>(&self, account: Value<'a>, limit: Value<'a>, offset: Value<'a>) -> [Value<'a>; 7] {
        let (time, key) = self.after;
        [account, self.from.into(), self.until.into(), time.into(), key.into(), limit, offset]
    }
}
