use super::*;
use crate::error::Error;

fn selected(filter: &str, item: &Seen<'_>) -> bool {
    let filter = Some(ItemFilter::parse(filter, &Fields::PEOPLE).unwrap());
    Choice { outcomes: Vec::new(), filter, order: ItemOrder::by(ItemField::Value) }.selects(item)
}

fn selects(filter: &str, first_name: &str, login: &str) -> bool {
    let settled = Seen::settled(7, Outcome::Conflict, RowStatus::Failed);
    selected(filter, &Seen { first_name, value: Cow::Owned(login.to_lowercase()), ..settled })
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
        let error = ItemFilter::parse(bad, &Fields::ROWS).unwrap_err();
        assert!(matches!(error, Error::Invalid { ref field, .. } if field == "filter"), "{bad}");
    }
    assert!(ItemFilter::parse(&format!("loginId:{}", "x".repeat(255)), &Fields::ROWS).is_err());
}

#[test]
fn orders() {
    let order = ItemOrder::parse("firstName desc", &Fields::ROWS).unwrap();
    assert_eq!((order.field, order.descending), (ItemField::FirstName, true));
    assert_eq!(ItemOrder::parse("loginId asc", &Fields::ROWS).unwrap(), ItemOrder::by(ItemField::Value));
    for bad in ["", "firstname", "loginId DESC", "loginId  desc", "status", "lastName desc "] {
        assert!(ItemOrder::parse(bad, &Fields::ROWS).is_err(), "{bad}");
    }
}

#[test]
fn fields_that_items_have_beside_those_of_rows() {
    for (filter, is_selected) in [
        ("outcome=failed", true),
        ("outcome:FAIL*", true),
        ("outcome:created", false),
        ("reason=conflict", true),
        ("reason:*", true),
        ("reason:in*", false),
        ("operation=add", true),
        ("operation:re*", false),
        ("index=7", true),
        ("index:1*", false),
        ("member:*", false),
        ("value=x", true),
    ] {
        assert_eq!(selects(filter, "", "X"), is_selected, "{filter}");
    }
    let retained = Seen::settled(0, Outcome::Retained, RowStatus::Completed);
    assert!(selected("reason=already_member", &retained));
    for bad in ["outcome=done", "reason:x*", "operation=delete", "lastname=x"] {
        assert!(ItemFilter::parse(bad, &Fields::PEOPLE).is_err(), "{bad}");
    }
    let error = ItemFilter::parse("firstName=x", &Fields::MEMBERS).unwrap_err().to_string();
    assert!(error.contains("value, member, operation, status, outcome, reason and index"), "{error}");
}

#[test]
fn what_the_counts_of_a_page_tell() {
    let counts = ResultCounts { page: 0, items: 9, effective: 5, ignored: 3, failed: 1 };
    let settled = |tally: Option<&Tally>, filter: &str| {
        let filter = Some(ItemFilter::parse(filter, &Fields::MEMBERS).unwrap());
        let order = ItemOrder::by(ItemField::Index);
        Choice { outcomes: Vec::new(), filter, order }.settled(tally, &counts)
    };
    assert_eq!(settled(None, "status=FAILED"), Some(1));
    assert_eq!(settled(None, "status:COMPLETED"), Some(8));
    assert_eq!(settled(None, "outcome=ignored"), Some(3));
    // Some of the five may have been removed.
    assert_eq!(settled(None, "outcome=created"), None);
    assert_eq!(settled(None, "reason=not_found"), None);
    let mut tally = Tally::default();
    for (outcome, items) in [(Outcome::Created, 5), (Outcome::NotFound, 3), (Outcome::Conflict, 1)] {
        tally.add(outcome, items);
    }
    assert_eq!(settled(Some(&tally), "outcome=created"), Some(5));
    assert_eq!(settled(Some(&tally), "reason=not_found"), Some(3));
    tally.add(Outcome::NotMember, 1);
    assert_eq!(settled(Some(&tally), "reason=not_found"), None);
}
