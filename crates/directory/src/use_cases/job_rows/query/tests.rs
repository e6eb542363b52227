use super::*;

fn selects(filter: &str, first_name: &str, login: &str) -> bool {
    let row = Row {
        first_name: first_name.to_owned(),
        key: login.to_lowercase(),
        login: login.to_owned(),
        ..Row::default()
    };
    RowFilter::parse(filter).unwrap().selects(&row, RowStatus::Failed)
}

#[test]
fn every_form_of_the_grammar() {
    assert!(selects("firstName:Anna", "anna", ""));
    assert!(!selects("firstName:Anna", "annabel", ""));
    assert!(selects("firstName:An*", "Annabel", ""));
    assert!(!selects("firstName:An*", "Joan", ""));
    assert!(selects("firstName:*an", "Joan", ""));
    assert!(selects("firstName:*oa*", "Joan", ""));
    assert!(selects("firstName:J*n", "Joan", ""));
    assert!(!selects("firstName:Joan*oan", "Joan", ""));
    assert!(selects("firstName:*", "Joan", ""));
    assert!(!selects("firstName:*", "", ""));
    assert!(selects("firstName=Joan", "JOAN", ""));
    assert!(!selects("firstName=Jo*", "Joan", ""));
    assert!(selects(r"firstName:a\*b", "A*B", ""));
    assert!(selects("loginId:Anna@Example.com", "", "ANNA@example.com"));
    assert!(selects("loginId:a:b", "", "a:b"));
    assert!(selects("status:failed", "", ""));
    assert!(selects("status=FAILED", "", ""));
    assert!(!selects("status:COMPLETED", "", ""));
    assert!(selects("status:fail*", "", ""));
    assert!(selects("status:*ED", "", ""));
    assert!(selects("status:*", "", ""));
    assert!(!selects("status:COMP*", "", ""));
}

#[test]
fn what_is_no_filter_is_refused() {
    for bad in ["", "firstName", "firstName:", "email:x", "FirstName:x", "status:DONE", "status:X*", ":x"] {
        let error = RowFilter::parse(bad).unwrap_err();
        assert!(matches!(error, Error::Invalid { ref field, .. } if field == "filter"), "{bad}");
    }
    assert!(RowFilter::parse(&format!("loginId:{}", "x".repeat(255))).is_err());
}

#[test]
fn orders() {
    let order = RowOrder::parse("firstName desc").unwrap();
    assert_eq!((order.field, order.descending), (OrderField::FirstName, true));
    assert_eq!(RowOrder::parse("loginId").unwrap(), RowOrder::default());
    for bad in ["", "firstname", "loginId DESC", "loginId  desc", "status", "lastName desc "] {
        assert!(RowOrder::parse(bad).is_err(), "{bad}");
    }
}
