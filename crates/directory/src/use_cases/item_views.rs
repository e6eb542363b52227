//! What was found out about the items of a job, kept for the next page: which of them a filter selects, in which order,
//! or how many each stored page has.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use throng_jobs::Instant;
use tokio::sync::Semaphore;

use crate::ids::{AccountId, JobNumber};

/// Numbers of all views that are kept: 64 MB.
const NUMBERS_MAX: usize = 16_000_000;
/// How long a view is kept: other nodes do not learn that somebody was forgotten.
const KEPT: Duration = Duration::from_mins(5);
/// Views that are made at the same time: of a million items each takes tens of MB while it is sorted.
const MADE_AT_ONCE: usize = 2;

/// What a view is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewKey {
    pub(crate) account: AccountId,
    pub(crate) job: JobNumber,
    /// What was asked.
    pub(crate) query: String,
}

/// The views that were used last. A job that has ended changes only when somebody is forgotten.
pub(crate) struct Views {
    kept: Mutex<Vec<View>>,
    /// Whoever makes a view has a turn: then many who want the same one wait for the first of them.
    pub(crate) turns: Semaphore,
}

struct View {
    key: ViewKey,
    made_at: Instant,
    numbers: Arc<Vec<u32>>,
}

impl Default for Views {
    fn default() -> Self {
        Self { kept: Mutex::default(), turns: Semaphore::new(MADE_AT_ONCE) }
    }
}

impl Views {
    /// A view's numbers.
    pub(crate) fn get(&self, key: &ViewKey, now: Instant) -> Option<Arc<Vec<u32>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|view| now.since(view.made_at) < KEPT);
        let at = kept.iter().position(|view| view.key == *key)?;
        let found = kept.remove(at);
        let numbers = Arc::clone(&found.numbers);
        // The last is the one that was used last.
        kept.push(found);
        Some(numbers)
    }

    /// Keeps a view, and forgets those that were not used for the longest time.
    pub(crate) fn keep(&self, key: ViewKey, numbers: Arc<Vec<u32>>, made_at: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|view| view.key != key);
        kept.push(View { key, made_at, numbers });
        let mut numbers: usize = kept.iter().map(|view| view.numbers.len()).sum();
        while numbers > NUMBERS_MAX && kept.len() > 1 {
            numbers -= kept.remove(0).numbers.len();
        }
    }

    /// Forgets what is known of an account's jobs: somebody was taken out of their items.
    pub(crate) fn forget(&self, account: AccountId) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|view| view.key.account != account);
    }
}

/// Bytes of the text by which an item is ordered; what differs only behind them is in the order of places. A cursor
/// holds such a text.
const KEY_BYTES_MAX: usize = 256;

/// Items that were found, with the text by which each is ordered.
#[derive(Default)]
pub(crate) struct Found {
    texts: Vec<u8>,
    items: Vec<Item>,
}

struct Item {
    /// The first bytes of the text as numbers that have their order, so that most comparisons look no further.
    head: [u64; 2],
    /// Where the text is: its length in two bytes, and it.
    start: u32,
    place: u32,
}

impl Found {
    pub(crate) fn add(&mut self, text: &str, place: u64) {
        let text = &text.as_bytes()[..text.floor_char_boundary(KEY_BYTES_MAX)];
        let mut head = [[0; 8]; 2];
        let known = text.len().min(16);
        head.as_flattened_mut()[..known].copy_from_slice(&text[..known]);
        self.items.push(Item {
            head: head.map(u64::from_be_bytes),
            start: u32::try_from(self.texts.len()).unwrap_or(u32::MAX),
            place: u32::try_from(place).unwrap_or(u32::MAX),
        });
        self.texts.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.texts.extend_from_slice(text);
    }

    fn text(&self, item: &Item) -> &[u8] {
        let [low, high, rest @ ..] = &self.texts[item.start as usize..] else { return &[] };
        &rest[..usize::from(u16::from_le_bytes([*low, *high]))]
    }

    /// Puts the items in the order of their texts, which may be turned round; those with one text in that of their places.
    pub(crate) fn sort(&mut self, descending: bool) {
        let mut items = std::mem::take(&mut self.items);
        items.sort_unstable_by(|a, b| {
            let texts = a.head.cmp(&b.head).then_with(|| self.text(a).cmp(self.text(b)));
            let texts = if descending { texts.reverse() } else { texts };
            texts.then(a.place.cmp(&b.place))
        });
        self.items = items;
    }

    /// Turns the items round.
    pub(crate) fn turn_round(&mut self) {
        self.items.reverse();
    }

    /// How many items come before or at this text and place.
    pub(crate) fn until(&self, text: &str, place: u64, descending: bool) -> usize {
        self.items.partition_point(|item| {
            let texts = self.text(item).cmp(text.as_bytes());
            let texts = if descending { texts.reverse() } else { texts };
            texts.then(u64::from(item.place).cmp(&place)).is_le()
        })
    }

    /// The text by which an item is ordered.
    pub(crate) fn text_at(&self, at: usize) -> String {
        self.items
            .get(at)
            .map(|item| String::from_utf8_lossy(self.text(item)).into_owned())
            .unwrap_or_default()
    }

    /// The places, in order.
    pub(crate) fn places(&self) -> Vec<u32> {
        self.items.iter().map(|item| item.place).collect()
    }
}

#[cfg(test)]
mod tests;
