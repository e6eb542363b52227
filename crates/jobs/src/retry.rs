//! What a worker may attempt after earlier owners of the job died.

use std::time::Duration;

/// Deaths without progress that change nothing yet.
const DEATHS_TOLERATED: u32 = 3;
/// Further deaths at chunk size 1 until the item is set aside.
const DEATHS_AT_ONE: u32 = 3;
/// Deaths without progress that no item can be blamed for, until the job is given up: more than servers are killed in a row
/// by whatever else, and few enough to be over in a minute.
const DEATHS_WITHOUT_ITEM: u32 = 10;

/// What the next chunk may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Apply at most this many items (at least 1).
    Items(usize),
    /// Settle the next item as `failed: poison` without attempting it, then go on.
    SetAside,
}

/// How much the owner of a job may attempt in one chunk.
///
/// `attempts` = claims since the last committed chunk, this one included (≥ 1); `chunk_items` = the configured
/// size (≥ 1). After [`DEATHS_TOLERATED`] deaths the chunk halves at each further death; at size 1,
/// [`DEATHS_AT_ONE`] more deaths set the item aside.
pub fn allowance(attempts: u32, chunk_items: usize) -> Allowance {
    let deaths = attempts.saturating_sub(1);
    if deaths <= DEATHS_TOLERATED {
        return Allowance::Items(chunk_items.max(1));
    }
    if deaths >= deaths_of_an_item(chunk_items) {
        return Allowance::SetAside;
    }
    let halvings = deaths - DEATHS_TOLERATED;
    Allowance::Items(chunk_items.checked_shr(halvings).unwrap_or(0).max(1))
}

/// Deaths without progress until an item is set aside.
const fn deaths_of_an_item(chunk_items: usize) -> u32 {
    let whole = if chunk_items == 0 { 1 } else { chunk_items };
    DEATHS_TOLERATED + whole.ilog2() + DEATHS_AT_ONE
}

/// Whether a job is not tried again: its workers died before it was `planned`, or although the next item would have been
/// set aside. `attempts` and `chunk_items` as in [`allowance`].
pub const fn is_hopeless(attempts: u32, planned: bool, chunk_items: usize) -> bool {
    let of_items = if planned { deaths_of_an_item(chunk_items) } else { 0 };
    attempts.saturating_sub(1) >= of_items + DEATHS_WITHOUT_ITEM
}

/// How long to wait before the `n`th retry of something transient (n ≥ 1): 50 ms doubling up to 5 s.
pub fn backoff(n: u32) -> Duration {
    Duration::from_millis(50u64.saturating_mul(1 << n.saturating_sub(1).min(7))).min(Duration::from_secs(5))
}
