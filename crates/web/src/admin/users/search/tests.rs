use throng_api::UserCondition;

use super::filter;

fn condition(discriminator: &str, key: &str, operator: &str, value: &str) -> UserCondition {
    UserCondition {
        discriminator: Some(discriminator.to_owned()),
        key: key.to_owned(),
        operator: operator.to_owned(),
        value: value.to_owned(),
    }
}

fn said(conditions: &[UserCondition]) -> String {
    filter(conditions, "acme").unwrap().map(|filter| filter.to_string()).unwrap_or_default()
}

#[test]
fn conditions_are_taken_from_left_to_right() {
    let term = |discriminator: &str, value: &str| condition(discriminator, "loginId", "EQUALS", value);
    assert_eq!(said(&[]), "");
    assert_eq!(said(&[term("OR", "a")]), r#"userName eq "a""#);
    // The first discriminator counts for nothing: a and b are joined by that of b.
    assert_eq!(said(&[term("OR", "a"), term("AND", "b")]), r#"userName eq "a" and userName eq "b""#);
    assert_eq!(
        said(&[term("AND", "a"), term("OR", "b"), term("AND", "c")]),
        r#"(userName eq "a" or userName eq "b") and userName eq "c""#
    );
    assert_eq!(
        said(&[condition("AND", "roles", "NOT_EQUALS", "x"), condition("OR", "firstName", "ENDS_WITH", "y")]),
        r#"not (roles.value eq "x") or name.givenName ew "y""#
    );
}

#[test]
fn what_is_no_condition_is_named_by_its_place() {
    for (bad, field) in [
        (condition("XOR", "loginId", "EQUALS", "a"), "filter[1].discriminator"),
        (condition("AND", "login", "EQUALS", "a"), "filter[1].key"),
        (condition("AND", "loginId", "LIKE", "a"), "filter[1].operator"),
        (condition("AND", "loginId", "EQUALS", ""), "filter[1].value"),
        (condition("AND", "loginId", "EQUALS", &"a".repeat(51)), "filter[1].value"),
    ] {
        let refusal = filter(&[condition("AND", "loginId", "EQUALS", "a"), bad], "acme").unwrap_err();
        assert_eq!(refusal.field, field);
    }
}

#[test]
fn a_search_has_a_size_and_a_depth() {
    let one = |or: bool| condition(if or { "OR" } else { "AND" }, "loginId", "EQUALS", "a");
    let flat: Vec<UserCondition> = (0..500).map(|_| one(true)).collect();
    assert!(filter(&flat, "acme").is_ok());
    assert!(filter(&[flat, vec![one(true)]].concat(), "acme").is_err());
    let turning = |n: usize| (0..n).map(|at| one(at % 2 == 0)).collect::<Vec<_>>();
    assert!(filter(&turning(33), "acme").is_ok());
    assert!(filter(&turning(40), "acme").is_err());
}
