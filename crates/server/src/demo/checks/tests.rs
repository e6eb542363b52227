use super::Checks;

#[test]
fn only_what_differs_has_failed() {
    let mut checks = Checks::default();
    checks.equal("members", 4_000, 4_000);
    checks.equal("messages", "", "5 user(s) not found");
    assert_eq!(checks.made(), 2);
    assert_eq!(checks.failed(), ["messages: expected \"\", found \"5 user(s) not found\""]);
}
