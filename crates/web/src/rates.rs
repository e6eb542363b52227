//! How many requests accounts may send, and how often somebody may try to log in.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use throng_directory::ids::AccountId;
use tokio::time::Instant;

use crate::headers::{RATE_LIMIT, RATE_POLICY, RATE_REMAINING, RATE_RESET, put};
use crate::limits::RATED_ACCOUNTS_MAX;

/// What the requests of accounts are counted over.
const WINDOW: Duration = Duration::from_mins(1);

/// How many requests each has left on this node. They come back one by one, evenly over the window (the generic cell rate
/// algorithm): nobody waits for a window to end, and no clock is read but the monotonic one.
#[derive(Debug)]
pub(crate) struct Rates<K = AccountId> {
    /// Who was quiet so long has all requests again.
    window: Duration,
    /// When each has all requests again.
    whole_at: Mutex<HashMap<K, Instant>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self::over(WINDOW)
    }
}

/// What an account has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests in a window.
    limit: u32,
    /// Requests that may follow at once.
    remaining: u32,
    /// Until all of them may.
    reset: Duration,
    /// Until this one may, if it was too many.
    wait: Option<Duration>,
}

impl<K: Eq + Hash> Rates<K> {
    /// Rates over this window.
    pub(crate) fn over(window: Duration) -> Self {
        Self { window, whole_at: Mutex::default() }
    }

    /// Counts a request of one who may send `limit` in the window (≥ 1).
    pub(crate) fn count(&self, who: K, limit: u32, now: Instant) -> Left {
        let limit = limit.max(1);
        let each = self.window / limit;
        let mut all = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= RATED_ACCOUNTS_MAX {
            all.retain(|_, whole_at| *whole_at > now);
        }
        let whole_at = all.entry(who).or_insert(now);
        let used = whole_at.saturating_duration_since(now);
        let then = used + each;
        let Some(unused) = self.window.checked_sub(then) else {
            return Left { limit, remaining: 0, reset: used, wait: Some(then.saturating_sub(self.window)) };
        };
        *whole_at = now + then;
        let remaining = unused.as_nanos() / each.as_nanos().max(1);
        Left { limit, remaining: u32::try_from(remaining).unwrap_or(limit), reset: then, wait: None }
    }
}

impl Left {
    /// Requests in a window.
    pub(crate) const fn limit(self) -> u32 {
        self.limit
    }

    /// Seconds until the request may be sent again, if it was too many.
    pub(crate) fn wait_seconds(self) -> Option<u64> {
        self.wait.map(whole_seconds)
    }

    /// Tells of it. Source: draft-ietf-httpapi-ratelimit-headers-07, whose fields clients know.
    pub(crate) fn headers(self, headers: &mut HeaderMap) {
        put(headers, RATE_LIMIT, self.limit);
        put(headers, RATE_REMAINING, self.remaining);
        put(headers, RATE_RESET, whole_seconds(self.reset));
        put(headers, RATE_POLICY, format_args!("{};w={}", self.limit, WINDOW.as_secs()));
    }
}

/// Rounded up: who waits so long has waited enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
