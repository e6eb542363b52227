use super::*;

#[test]
fn milliseconds_are_always_three_digits() {
    assert_eq!(rfc3339_millis(Instant::from_micros(1_712_840_368_043_999)), "2024-04-11T12:59:28.043Z");
    assert_eq!(rfc3339_millis(Instant::from_micros(0)), "1970-01-01T00:00:00.000Z");
}
