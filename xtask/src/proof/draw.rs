//! Drawing rows at random, so that the same seed draws the same.

use std::hash::{BuildHasher, RandomState};

use crate::mutation::Row;

/// A seed that nobody chose.
pub fn any_seed() -> u64 {
    // Small enough to be typed again.
    RandomState::new().hash_one(0u8) % 1_000_000
}

/// So many different rows, or all there are, in the order of their files: code that was compiled serves the next.
pub fn sample(rows: &[Row], count: usize, seed: u64) -> Vec<Row> {
    let mut left: Vec<&Row> = rows.iter().collect();
    let mut state = seed;
    let mut drawn = Vec::new();
    while drawn.len() < count && !left.is_empty() {
        let index = next(&mut state) % left.len() as u64;
        drawn.push(left.swap_remove(usize::try_from(index).unwrap_or_default()).clone());
    }
    drawn.sort_by(|a, b| (&a.package, &a.file).cmp(&(&b.package, &b.file)));
    drawn
}

/// The next number of the generator `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
