//! How many streams of events there are, and how they go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use throng_directory::ids::AccountId;

use crate::limits;
use crate::refusal::{Kind, Refusal};

/// How streams of events go. Every number is here, so that tests can make it small.
#[derive(Clone, Copy, Debug)]
pub struct EventSettings {
    /// Streams of one account.
    pub streams_max: usize,
    /// Streams of all accounts.
    pub streams_in_all_max: usize,
    /// How often there is a comment when there is nothing else.
    pub heartbeat: Duration,
    /// How often the key is looked at.
    pub key_checked_every: Duration,
    /// How long a client may take nothing.
    pub stalled_max: Duration,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            streams_max: limits::EVENT_STREAMS_MAX,
            streams_in_all_max: limits::EVENT_STREAMS_IN_ALL_MAX,
            heartbeat: limits::EVENT_HEARTBEAT,
            key_checked_every: limits::EVENT_KEY_CHECKED_EVERY,
            stalled_max: limits::EVENT_STALLED_MAX,
        }
    }
}

/// The streams of this node.
#[derive(Debug)]
pub(crate) struct Streams {
    settings: EventSettings,
    open: Mutex<HashMap<AccountId, usize>>,
}

impl Streams {
    pub(crate) fn new(settings: EventSettings) -> Self {
        Self { settings, open: Mutex::default() }
    }

    pub(super) const fn settings(&self) -> &EventSettings {
        &self.settings
    }

    /// A place for one more stream, which is given back when it is dropped.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub(super) fn take(self: &Arc<Self>, account: AccountId) -> Result<Slot, Refusal> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = open.get(&account).copied().unwrap_or_default();
        if of_account >= self.settings.streams_max {
            let detail = format!("the account has {of_account} streams of events; end one of them first");
            return Err(Refusal::new(Kind::TooMany, detail));
        }
        if open.values().sum::<usize>() >= self.settings.streams_in_all_max {
            return Err(Refusal::new(Kind::TooMany, "too many streams of events at once; try again"));
        }
        open.insert(account, of_account + 1);
        Ok(Slot { streams: Arc::clone(self), account })
    }

    fn give_back(&self, account: AccountId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&account).map_or(0, |streams| streams.saturating_sub(1));
        if left == 0 {
            open.remove(&account);
        } else {
            open.insert(account, left);
        }
    }
}

/// The place of one stream.
#[derive(Debug)]
pub(super) struct Slot {
    streams: Arc<Streams>,
    account: AccountId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.streams.give_back(self.account);
    }
}
