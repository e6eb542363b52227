use super::*;

#[test]
fn the_address_is_read_from_the_line_that_says_so() {
    let line = r#"{"level":"INFO","fields":{"message":"serving","address":"127.0.0.1:18431","data":"d"},"target":"t"}"#;
    assert_eq!(address_in(line), Some("127.0.0.1:18431"));
    assert_eq!(address_in(r#"{"fields":{"message":"migrated","address":"127.0.0.1:1"}}"#), None);
    assert_eq!(address_in(""), None);
}
