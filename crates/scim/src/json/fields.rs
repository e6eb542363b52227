//! The names an object has shown so far.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Names kept in place: a member object has one to four, and a million of them must not allocate.
const INLINE: usize = 4;

/// A name as the document has it, borrowed unless it has escapes.
pub(crate) type Name<'a> = Cow<'a, str>;

/// The state of an object that is being read: knows which names were there, compared without regard to ASCII case.
pub(crate) struct Fields<'a> {
    few: [&'a str; INLINE],
    few_len: usize,
    many: BTreeSet<String>,
    count: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new() -> Self {
        Self { few: [""; INLINE], few_len: 0, many: BTreeSet::new(), count: 0 }
    }

    /// Names seen so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Remembers a name; false if it was there already.
    pub(super) fn remember(&mut self, name: &Name<'a>) -> bool {
        self.count += 1;
        if self.few[..self.few_len].iter().any(|seen| seen.eq_ignore_ascii_case(name)) {
            return false;
        }
        match name {
            Cow::Borrowed(text) if self.few_len < INLINE && self.many.is_empty() => {
                self.few[self.few_len] = text;
                self.few_len += 1;
                true
            }
            _ => self.many.insert(name.to_ascii_lowercase()),
        }
    }
}
