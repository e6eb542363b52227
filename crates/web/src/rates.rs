//! How many requests accounts may send.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use throng_directory::ids::AccountId;
use tokio::time::Instant;

use crate::headers::{RATE_LIMIT, RATE_POLICY, RATE_REMAINING, RATE_RESET, put};
use crate::limits::RATED_ACCOUNTS_MAX;

/// What a rate is counted over: an account that was quiet so long has all its requests again.
const WINDOW: Duration = Duration::from_mins(1);

/// How many requests accounts have left on this node. Each comes back by itself, evenly over the window (the generic cell
/// rate algorithm): nobody waits for a window to end, and no clock is read but the monotonic one.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// When each account has all its requests again.
    whole_at: Mutex<HashMap<AccountId, Instant>>,
}

/// What an account has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests a minute.
    limit: u32,
    /// Requests that may follow at once.
    remaining: u32,
    /// Until all of them may.
    reset: Duration,
    /// Until this one may, if it was too many.
    wait: Option<Duration>,
}

impl Rates {
    /// Counts a request of an account that may send `limit` a minute (≥ 1).
    pub(crate) fn count(&self, account: AccountId, limit: u32, now: Instant) -> Left {
        let limit = limit.max(1);
        let each = WINDOW / limit;
        let mut accounts = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= RATED_ACCOUNTS_MAX {
            accounts.retain(|_, whole_at| *whole_at > now);
        }
        let whole_at = accounts.entry(account).or_insert(now);
        let used = whole_at.saturating_duration_since(now);
        let then = used + each;
        let Some(unused) = WINDOW.checked_sub(then) else {
            return Left { limit, remaining: 0, reset: used, wait: Some(then.saturating_sub(WINDOW)) };
        };
        *whole_at = now + then;
        let remaining = unused.as_nanos() / each.as_nanos().max(1);
        Left { limit, remaining: u32::try_from(remaining).unwrap_or(limit), reset: then, wait: None }
    }
}

impl Left {
    /// Requests a minute.
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
