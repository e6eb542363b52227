//! What was found out about the items of a job, kept for the next page: which of them a filter selects, in which order,
//! or how many each stored page has.

use std::cmp::Ordering;
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

/// Bytes of a text by which it is sorted before all of it is looked at, and how long a longer one is said to be.
const HEAD_BYTES: usize = 15;
const LONGER: u8 = 16;

/// Bytes of texts that lie together: what grows by such pieces is never copied.
const BLOCK_BYTES: usize = 1 << 20;

/// Items that were found, with the text by which each is ordered.
#[derive(Default)]
pub(crate) struct Found {
    blocks: Vec<Vec<u8>>,
    items: Vec<Item>,
}

#[derive(Clone, Copy)]
struct Item {
    /// Where the text is, counted over all blocks: its length in two bytes, and it.
    start: u32,
    place: u32,
}

impl Found {
    /// With room for so many items.
    pub(crate) fn with_room(items: u64) -> Self {
        Self { blocks: Vec::new(), items: Vec::with_capacity(usize::try_from(items).unwrap_or(0)) }
    }

    pub(crate) fn add(&mut self, text: &str, place: u64) {
        let text = &text.as_bytes()[..text.floor_char_boundary(KEY_BYTES_MAX)];
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes();
        if self.blocks.last().is_none_or(|block| block.len() + length.len() + text.len() > BLOCK_BYTES) {
            self.blocks.push(Vec::with_capacity(BLOCK_BYTES));
        }
        let before = self.blocks.len().saturating_sub(1) * BLOCK_BYTES;
        if let Some(block) = self.blocks.last_mut() {
            let start = u32::try_from(before + block.len()).unwrap_or(u32::MAX);
            self.items.push(Item { start, place: u32::try_from(place).unwrap_or(u32::MAX) });
            block.extend(length);
            block.extend_from_slice(text);
        }
    }

    fn text(&self, item: Item) -> &[u8] {
        let start = item.start as usize;
        let block = self.blocks.get(start / BLOCK_BYTES).map(Vec::as_slice).unwrap_or_default();
        let [low, high, rest @ ..] = &block[start % BLOCK_BYTES..] else { return &[] };
        &rest[..usize::from(u16::from_le_bytes([*low, *high]))]
    }

    /// Puts the items in the order of their texts, which may be turned round; those with one text in that of their places.
    pub(crate) fn sort(&mut self, descending: bool) {
        let shared = self.shared_bytes();
        // The first bytes that differ, and how many there are, as a number that has the order of the texts, so that most
        // comparisons look no further: a text that is no longer than that is known.
        let head = |item: &Item| {
            let text = &self.text(*item)[shared..];
            let mut head = [0; 16];
            let known = text.len().min(HEAD_BYTES);
            head[..known].copy_from_slice(&text[..known]);
            head[HEAD_BYTES] = u8::try_from(text.len()).map_or(LONGER, |length| length.min(LONGER));
            u128::from_be_bytes(head)
        };
        let is_known = |head: u128| head.to_be_bytes()[HEAD_BYTES] != LONGER;
        let mut items: Vec<(u128, Item)> = self.items.iter().map(|item| (head(item), *item)).collect();
        items.sort_unstable_by(|(a_head, a), (b_head, b)| {
            let rest = || if is_known(*a_head) { Ordering::Equal } else { self.text(*a).cmp(self.text(*b)) };
            let texts = a_head.cmp(b_head).then_with(rest);
            let texts = if descending { texts.reverse() } else { texts };
            texts.then(a.place.cmp(&b.place))
        });
        for (item, (_, sorted)) in self.items.iter_mut().zip(items) {
            *item = sorted;
        }
    }

    /// With how many bytes all texts begin alike.
    fn shared_bytes(&self) -> usize {
        let mut texts = self.items.iter().map(|item| self.text(*item));
        let first = texts.next().unwrap_or_default();
        texts.fold(first.len(), |shared, text| {
            let pairs = first[..shared].iter().zip(text);
            pairs.take_while(|(a, b)| a == b).count()
        })
    }

    /// Turns the items round.
    pub(crate) fn turn_round(&mut self) {
        self.items.reverse();
    }

    /// How many items come before or at this text and place.
    pub(crate) fn until(&self, text: &str, place: u64, descending: bool) -> usize {
        self.items.partition_point(|item| {
            let texts = self.text(*item).cmp(text.as_bytes());
            let texts = if descending { texts.reverse() } else { texts };
            texts.then(u64::from(item.place).cmp(&place)).is_le()
        })
    }

    /// The text by which an item is ordered.
    pub(crate) fn text_at(&self, at: usize) -> String {
        self.items
            .get(at)
            .map(|item| String::from_utf8_lossy(self.text(*item)).into_owned())
            .unwrap_or_default()
    }

    /// The places, in order.
    pub(crate) fn places(&self) -> Vec<u32> {
        self.items.iter().map(|item| item.place).collect()
    }
}

#[cfg(test)]
mod tests;
