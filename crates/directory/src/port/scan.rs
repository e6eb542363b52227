//! Stretches of lists: which rows of a kind, in which order, from where.
//!
//! Every order ends with the row's key, so that it is total and a stretch can go on where the last one ended,
//! whatever was inserted, renamed or deleted meanwhile.

use throng_jobs::Instant;

/// Which rows, and by that the order in which they come. Each is served by an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// All, by key.
    All,
    /// Those with this `externalId` of the default source, exactly; by key.
    ExternalId(String),
    /// Those that this source, which is not the default one, calls by this `externalId`, exactly; by key.
    SourceId {
        /// The source.
        source: String,
        /// What it calls them.
        external_id: String,
    },
    /// People with this canonical e-mail address, by key.
    Email(String),
    /// Those whose canonical name lies in the range, by name.
    Names(NameRange),
    /// Those whose last change lies in the range, by its time.
    Modified(TimeRange),
}

impl Scan {
    /// Whether it finds all rows of a kind, in whatever order.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::All => true,
            Self::Names(range) => *range == NameRange::all(),
            Self::Modified(range) => *range == TimeRange::all(),
            Self::ExternalId(_) | Self::SourceId { .. } | Self::Email(_) => false,
        }
    }
}

/// Canonical names from `from` to before `until`, compared bytewise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRange {
    /// The first name that can be in it.
    pub from: String,
    /// The first name behind it.
    pub until: String,
}

/// Behind every name that there can be: Unicode's last code point, which no canonical name contains.
pub const LAST_NAME: char = '\u{10ffff}';

impl NameRange {
    /// All names.
    pub fn all() -> Self {
        Self { from: String::new(), until: LAST_NAME.to_string() }
    }

    /// This name alone.
    pub fn only(name: &str) -> Self {
        // No name contains a control character, so this is the first text behind it.
        Self { from: name.to_owned(), until: format!("{name}\u{1}") }
    }

    /// Names that start with a text.
    pub fn starting_with(prefix: &str) -> Self {
        Self { from: prefix.to_owned(), until: format!("{prefix}{LAST_NAME}") }
    }

    /// What lies in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// Times from `from` to before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment in it.
    pub from: Instant,
    /// The first moment behind it.
    pub until: Instant,
}

impl TimeRange {
    /// All times.
    pub const fn all() -> Self {
        Self { from: Instant::from_micros(i64::MIN), until: Instant::from_micros(i64::MAX) }
    }

    /// What lies in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// A place between two rows of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Before the first row.
    #[default]
    Start,
    /// Behind the row with this key, where rows come by key.
    Key(i64),
    /// Behind the row with this name and key, where rows come by name.
    Name(String, i64),
    /// Behind the row changed at this time with this key, where rows come by the time of the last change.
    Time(Instant, i64),
}

/// A stretch of a scan. What is read of it ends early with the row that makes it `PAGE_BYTES_MAX` bytes of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Where it begins.
    pub after: Place,
    /// Whether the order is turned round. Only scans by name and by time have such an order.
    pub descending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most.
    pub limit: usize,
}

impl Page {
    /// The first `limit` rows.
    pub fn first(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The key behind which the rows are, where they come by key.
    pub const fn after_key(&self) -> i64 {
        match self.after {
            Place::Key(key) => key,
            _ => i64::MIN,
        }
    }

    /// The name and key behind which the rows are, where they come by name.
    pub fn after_name(&self) -> (&str, i64) {
        match &self.after {
            Place::Name(name, key) => (name, *key),
            _ if self.descending => ("\u{10ffff}", i64::MAX),
            _ => ("", i64::MIN),
        }
    }

    /// The time and key behind which the rows are, where they come by the time of the last change.
    pub const fn after_time(&self) -> (i64, i64) {
        match &self.after {
            Place::Time(time, key) => (time.micros(), *key),
            _ if self.descending => (i64::MAX, i64::MAX),
            _ => (i64::MIN, i64::MIN),
        }
    }
}
