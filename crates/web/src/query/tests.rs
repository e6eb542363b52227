use super::Query;

#[test]
fn values_are_decoded() {
    let query = Query::parse(Some("filter=userName+eq+%22a%26b%22&count=3&flag&empty=")).unwrap();
    assert_eq!(query.get("filter"), Some("userName eq \"a&b\""));
    assert_eq!(query.get("count"), Some("3"));
    assert_eq!((query.get("flag"), query.get("empty"), query.get("none")), (Some(""), Some(""), None));
    assert_eq!(Query::parse(None).unwrap().get("a"), None);
}

#[test]
fn a_parameter_stands_once() {
    let refusal = Query::parse(Some("a=1&b=2&%61=3")).unwrap_err();
    assert_eq!((refusal.field.as_str(), refusal.status().as_u16()), ("a", 400));
}

#[test]
fn broken_escapes_and_bytes_that_are_not_utf8_are_refused() {
    for raw in ["a=%", "a=%f", "a=%ff", "%zz=1"] {
        assert_eq!(Query::parse(Some(raw)).unwrap_err().status().as_u16(), 400, "{raw}");
    }
}

#[test]
fn unknown_parameters_are_named() {
    let query = Query::parse(Some("attributes=a&dryRun=true")).unwrap();
    assert_eq!(query.only(&["attributes"]).unwrap_err().field, "dryRun");
    assert!(query.only(&["attributes", "dryRun"]).is_ok());
}
