use super::slower;

#[test]
fn servers_are_compared_round_by_round() {
    // The second round was slow for everybody.
    assert_eq!(slower(&[2.2, 8.8, 3.0], &[2.0, 8.0, 2.0]).to_string(), "1.1");
}
