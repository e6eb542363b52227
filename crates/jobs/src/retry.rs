//! What a worker may attempt after earlier owners of the job died.

use std::time::Duration;

/// Deaths without progress that change nothing yet.
const DEATHS_TOLERATED: u32 = 3;
/// Further deaths at chunk size 1 until the item is set aside.
const DEATHS_AT_ONE: u32 = 3;

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
    let halvings = deaths - DEATHS_TOLERATED;
    let to_one = usize::BITS - chunk_items.max(1).leading_zeros() - 1;
    if halvings >= to_one.saturating_add(DEATHS_AT_ONE) {
        return Allowance::SetAside;
    }
    Allowance::Items(chunk_items.checked_shr(halvings).unwrap_or(0).max(1))
}

/// How long to wait before the `n`th retry of something transient (n ≥ 1): 50 ms doubling up to 5 s.
pub fn backoff(n: u32) -> Duration {
    Duration::from_millis(50u64.saturating_mul(1 << n.saturating_sub(1).min(7))).min(Duration::from_secs(5))
}
