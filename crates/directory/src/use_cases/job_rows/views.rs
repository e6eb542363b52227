//! Orders and filters of rows that no index has, kept for the next page: which rows, in which order.

use std::sync::{Arc, Mutex, PoisonError};

use crate::ids::{AccountId, JobNumber};

/// Places of all views that are kept: 64 MB.
const PLACES_MAX: usize = 16_000_000;

/// What a view is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ViewKey {
    pub(crate) account: AccountId,
    pub(crate) job: JobNumber,
    /// The filter and the order.
    pub(crate) query: String,
}

/// The views that were used last. A job that has ended never changes, so that its views stay true.
#[derive(Default)]
pub(crate) struct Views(Mutex<Vec<(ViewKey, Arc<Vec<u32>>)>>);

impl Views {
    /// The places in login order of the rows of a view, in its order.
    pub(crate) fn get(&self, key: &ViewKey) -> Option<Arc<Vec<u32>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at);
        let places = Arc::clone(&found.1);
        // The last is the one that was used last.
        kept.push(found);
        Some(places)
    }

    /// Keeps a view, and forgets those that were not used for the longest time.
    pub(crate) fn keep(&self, key: ViewKey, places: Arc<Vec<u32>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        kept.push((key, places));
        let mut places: usize = kept.iter().map(|(_, places)| places.len()).sum();
        while places > PLACES_MAX && kept.len() > 1 {
            places -= kept.remove(0).1.len();
        }
    }
}

#[cfg(test)]
mod tests;
