//! Benches of the real server against the physical limits.

fn main() {}
