use super::Fields;

const EXACT: Fields = Fields {
    filters: &[("loginId", "userName"), ("firstName", "name.givenName")],
    orders: &[("loginId", "userName")],
    colon_contains: false,
};
const CONTAINS: Fields = Fields { colon_contains: true, ..EXACT };

fn said(fields: &Fields, text: &str) -> String {
    fields.filter(text).unwrap().to_string()
}

#[test]
fn every_form_has_its_operator() {
    assert_eq!(said(&EXACT, "firstName:An*"), r#"name.givenName sw "An""#);
    assert_eq!(said(&EXACT, "firstName:*na"), r#"name.givenName ew "na""#);
    assert_eq!(said(&EXACT, "firstName:*n*"), r#"name.givenName co "n""#);
    assert_eq!(said(&EXACT, "firstName:*"), "name.givenName pr");
    assert_eq!(said(&EXACT, "firstName:Anna"), r#"name.givenName eq "Anna""#);
    assert_eq!(said(&EXACT, "firstName=An*"), r#"name.givenName eq "An*""#);
    assert_eq!(said(&CONTAINS, "firstName:nn"), r#"name.givenName co "nn""#);
    assert_eq!(said(&CONTAINS, "firstName=nn"), r#"name.givenName eq "nn""#);
    assert!(said(&EXACT, "loginId:a*b").starts_with(r#"userName sw "a" and "#));
}

#[test]
fn what_is_unknown_is_named() {
    let refusal = EXACT.filter("emailId=x").unwrap_err();
    assert_eq!(
        (refusal.field.as_str(), refusal.detail.as_str()),
        ("filter", "filter works on loginId and firstName")
    );
    assert_eq!(EXACT.order("firstName").unwrap_err().field, "orderBy");
}
