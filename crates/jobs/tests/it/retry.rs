use std::time::Duration;

use throng_jobs::retry::{backoff, is_hopeless};
use throng_jobs::{Allowance, allowance};

#[test]
fn a_chunk_shrinks_with_each_death_until_its_item_is_set_aside() {
    // Attempts 1–4: the first try and three deaths.
    for attempts in 1..=4 {
        assert_eq!(allowance(attempts, 1_000), Allowance::Items(1_000));
    }
    let sizes: Vec<Allowance> = (5..=16).map(|attempts| allowance(attempts, 1_000)).collect();
    let expected = [500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1].map(Allowance::Items);
    assert_eq!(sizes[..11], expected);
    assert_eq!(sizes[11], Allowance::SetAside);
}

#[test]
fn size_one_needs_three_more_deaths() {
    assert_eq!(allowance(4, 1), Allowance::Items(1));
    assert_eq!(allowance(6, 1), Allowance::Items(1));
    assert_eq!(allowance(7, 1), Allowance::SetAside);
}

#[test]
fn what_no_item_can_be_blamed_for_is_given_up() {
    let first = |planned, chunk_items| (1..99).find(|attempts| is_hopeless(*attempts, planned, chunk_items));
    // The first try and ten deaths; items have their say first.
    assert_eq!(first(false, 1_000), Some(11));
    for (chunk_items, set_aside) in [(1, 7), (1_000, 16)] {
        assert_eq!(allowance(set_aside, chunk_items), Allowance::SetAside);
        assert_eq!(first(true, chunk_items), Some(set_aside + 10));
    }
}

#[test]
fn backoff_doubles_up_to_five_seconds() {
    assert_eq!(backoff(1), Duration::from_millis(50));
    assert_eq!(backoff(2), Duration::from_millis(100));
    assert_eq!(backoff(40), Duration::from_secs(5));
}
