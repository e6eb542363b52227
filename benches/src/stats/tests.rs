use std::time::Duration;

use super::{Spread, median};

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(&[3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
    assert_eq!(median(&[4.0, 1.0]).to_bits(), 2.5_f64.to_bits());
    assert_eq!(median(&[]).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn percentiles_are_values_that_occurred() {
    let latencies: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
    assert_eq!(Spread::of(&latencies), Spread { count: 200, p50: 100.0, p99: 198.0, max: 200.0 });
    let one = Spread::of(&[Duration::from_millis(7)]);
    assert_eq!((one.count, one.to_string().as_str()), (1, "7.00 / 7.00 / 7.00 ms"));
    assert_eq!(Spread::of(&[]).count, 0);
}
