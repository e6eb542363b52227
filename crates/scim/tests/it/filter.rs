use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throng_scim::ScimType;
use throng_scim::filter::{Comparison, Filter, Literal, Operator, matches, matches_folded};
use throng_scim::path::AttrPath;

use crate::support::{assert_refused, group_type, object, user_type};

fn bjensen() -> Map<String, Value> {
    object(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "Bj1",
        "userName": "BJensen",
        "name": {"familyName": "O'Malley", "givenName": "Barbara"},
        "title": "Vice President",
        "userType": "Employee",
        "active": true,
        "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
        "groups": [{"value": "42", "display": "Tour Guides"}],
        "meta": {"resourceType": "User", "lastModified": "2011-05-13T04:42:34Z"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "manager": {"value": "26118915"}},
    }))
}

#[track_caller]
fn assert_holds(text: &str, expected: bool) {
    let filter = Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(matches(&filter, &bjensen(), user_type()), expected, "{text}");
    assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter, "{text} is written as {filter}");
}

#[test]
fn rfc7644_figure_2_examples() {
    for (text, expected) in [
        (r#"userName eq "bjensen""#, true),
        (r#"name.familyName co "O'Malley""#, true),
        (r#"userName sw "J""#, false),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#, false),
        ("title pr", true),
        (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified le "2011-05-13T04:42:34Z""#, true),
        (r#"title pr and userType eq "Employee""#, true),
        (r#"title pr or userType eq "Intern""#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, true),
        (r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true),
        (
            r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
            false,
        ),
        (r#"userType eq "Employee" and (emails.type eq "work")"#, true),
        (r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true),
        (
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
            true,
        ),
    ] {
        assert_holds(text, expected);
    }
}

#[test]
fn entra_value_path_with_a_sub_attribute() {
    assert_holds(r#"emails[type eq "work"].value eq "BJENSEN@example.com""#, true);
    assert_holds(r#"emails[type eq "home"].value eq "bjensen@example.com""#, false);
    assert_holds(r#"emails[type eq "work" or type eq "x"].value sw "b" and active eq True"#, true);
}

#[test]
fn letter_case_counts_where_the_schema_says_so() {
    assert_holds(r#"USERNAME EQ "bjensen""#, true);
    assert_holds(r#"externalId eq "bj1""#, false);
    assert_holds(r#"externalId eq "Bj1""#, true);
    assert_holds(r#"userName eq "ÄBJENSEN""#, false);
}

#[test]
fn precedence_is_not_before_and_before_or() {
    assert_holds(r"active eq true or active eq true and active eq false", true);
    assert_holds(r"(active eq true or active eq true) and active eq false", false);
    assert_holds(r"not(active eq false) and title pr", true);
    assert_holds(r"not (active eq true) or title pr", true);
}

#[test]
fn multi_valued_terms_may_match_on_different_values() {
    assert_holds(r#"emails.type eq "home" and emails.primary eq true"#, true);
    assert_holds(r#"emails[type eq "home" and primary eq true]"#, false);
}

#[test]
fn absent_values() {
    for (text, expected) in [
        ("nickName pr", false),
        ("nickName eq null", true),
        ("title eq null", false),
        ("title ne null", true),
        (r#"nickName ne "x""#, true),
        (r#"nickName eq "x""#, false),
        (r#"shoeSize eq "x""#, false),
        ("shoeSize pr", false),
        (r#"nickName lt "x""#, false),
        ("addresses eq null", true),
        ("name pr", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true),
    ] {
        assert_holds(text, expected);
    }
}

#[test]
fn every_operator_decides() {
    for (text, expected) in [
        (r#"title ew "President""#, true),
        (r#"title ew "Vice""#, false),
        (r#"title sw "Vice""#, true),
        (r#"title co "e P""#, true),
        (r#"title eq "vice president""#, true),
        (r#"title ne "vice president""#, false),
        (r#"title ne "Vice""#, true),
        (r#"title gt "vice""#, true),
        (r#"title gt "Vice President""#, false),
        (r#"title le "Vice""#, false),
    ] {
        assert_holds(text, expected);
    }
    // A text without letters and a value without anything in it are no values.
    let empty = object(json!({"userName": "u", "title": "", "name": {"givenName": ""}, "emails": [{}]}));
    for text in ["title pr", "name pr", "emails pr", "title ne null"] {
        assert!(!matches(&Filter::parse(text).unwrap(), &empty, user_type()), "{text}");
    }
}

#[test]
fn extensions_groups_and_times() {
    assert_holds(
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#,
        true,
    );
    assert_holds(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#, true);
    assert_holds(r#"groups.value eq "42" and groups eq "42""#, true);
    assert_holds(r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#, true);
    assert_holds(r#"active eq "True""#, true);
    assert_holds(r"userName eq 5", false);
    assert_holds(r#"userName gt "a" and userName lt "c""#, true);
}

#[test]
fn a_canonical_key_is_compared_where_there_is_one() {
    let fold =
        |name: &str, text: &str| (name == "userName").then(|| text.replace('\u{ff22}', "b").to_lowercase());
    let filter = Filter::parse("userName eq \"\u{ff22}jensen\"").unwrap();
    assert!(!matches(&filter, &bjensen(), user_type()));
    assert!(matches_folded(&filter, &bjensen(), user_type(), &fold));
    let name = Filter::parse(r#"emails[value eq "x"]"#).unwrap();
    assert!(matches_folded(&name, &bjensen(), user_type(), &|name, _| (name == "emails.value")
        .then(|| "same".to_owned())));
}

#[test]
fn a_planner_sees_what_an_index_can_serve() {
    let filter = Filter::parse(r#"userName eq "x" and (active eq true and emails[type eq "w"])"#).unwrap();
    let names: Vec<_> = filter
        .conjuncts()
        .iter()
        .map(|f| f.equality().map(|(path, text)| (path.canonical(user_type()), text.to_owned())))
        .collect();
    assert_eq!(names, [Some((Some("userName".to_owned()), "x".to_owned())), None, None]);
    assert_eq!(Filter::parse(r#"id eq "1""#).unwrap().conjuncts().len(), 1);
    assert!(Filter::parse(r#"id eq "1" or id eq "2""#).unwrap().equality().is_none());
}

#[test]
fn malformed_filters_are_refused_with_the_byte() {
    for (text, at) in [
        ("", "byte 0"),
        ("userName", "byte 8"),
        ("userName eq", "byte 11"),
        ("userName eq jyoung", "double quotes"),
        ("userName xx \"a\"", "byte 9"),
        ("userName eq \"a", "byte"),
        ("(userName pr", "byte 12"),
        ("userName pr)", "byte 11"),
        ("userName pr and", "byte 15"),
        ("userName pr userName pr", "byte 12"),
        ("not userName pr", "byte"),
        ("emails[type eq \"x\"", "byte"),
        ("emails[]", "byte 7"),
        ("a[b[c pr]]", "byte"),
        ("userName eq 1x", "byte"),
        ("a.b.c pr", "byte 3"),
        ("userName eq 01", "zero"),
        ("eq \"a\"", "byte"),
        ("emails[type pr].value", "byte"),
        ("userName eq \"a\u{1}\"", "control"),
    ] {
        assert_refused(Filter::parse(text), ScimType::InvalidFilter, at);
    }
}

#[test]
fn limits_hold_and_nothing_overflows() {
    for text in [
        "(".repeat(1_000_000),
        "(".repeat(8_000),
        "not(".repeat(2_000),
        format!("{}a pr{}", "(".repeat(33), ")".repeat(33)),
        format!("userName eq \"{}\"", "x".repeat(9_000)),
        vec!["a pr"; 257].join(" or "),
    ] {
        assert_refused(Filter::parse(&text), ScimType::InvalidFilter, "at most");
    }
    assert_refused(Filter::parse(&"a[".repeat(4_000)), ScimType::InvalidFilter, "brackets");
    assert!(Filter::parse(&format!("{}a pr{}", "(".repeat(32), ")".repeat(32))).is_ok());
    assert!(Filter::parse(&vec!["a pr"; 256].join(" and ")).is_ok());
}

/// Whatever a client sends, a small stack is enough to read it, to print it and to drop it, and to decide by it.
#[test]
fn deep_and_wide_filters_need_little_stack() {
    let work = || {
        for text in [
            "(".repeat(1_000_000),
            "a[".repeat(100_000),
            "not(".repeat(100_000),
            vec!["a pr"; 100_000].join(" or "),
            vec!["a pr"; 100_000].join(" and "),
        ] {
            assert!(Filter::parse(&text).is_err());
        }
        let nested = |inner: &str, depth: usize| {
            format!("{}{inner}{}", "not (a pr or ".repeat(depth), ")".repeat(depth))
        };
        let deepest = Filter::parse(&nested("title pr", 31)).unwrap();
        assert_eq!(Filter::parse(&deepest.to_string()).unwrap(), deepest);
        matches(&deepest, &bjensen(), user_type());
        assert!(deepest.check(user_type()).is_err());
        let widest = Filter::parse(&vec![r#"title eq "x""#; 256].join(" or ")).unwrap();
        assert!(!matches(&widest, &bjensen(), user_type()));
        drop((deepest.clone(), widest));
        assert!(Filter::parse(&nested("a pr", 33)).is_err());
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

/// RFC 7644 §3.4.2.2: `compValue` is a JSON literal.
#[test]
fn every_json_literal_is_read() {
    let literal = |text: &str| match Filter::parse(&format!("a eq {text}")).unwrap() {
        Filter::Compare(Comparison { literal, .. }) => literal,
        other => panic!("{other}"),
    };
    for (text, expected) in [
        (r#""""#, Literal::Text(String::new())),
        (r#""\"\\\/\b\f\n\r\t""#, Literal::Text("\"\\/\u{8}\u{c}\n\r\t".to_owned())),
        (r#""\u00e9\ud83d\ude00é😀""#, Literal::Text("é😀é😀".to_owned())),
        (r#""] and (x) or ""#, Literal::Text("] and (x) or ".to_owned())),
        ("0", Literal::Number(0.into())),
        ("-17", Literal::Number((-17).into())),
        ("2.5e3", Literal::Number(serde_json::Number::from_f64(2500.0).unwrap())),
        ("true", Literal::Boolean(true)),
        ("FALSE", Literal::Boolean(false)),
        ("null", Literal::Null),
    ] {
        assert_eq!(literal(text), expected, "{text}");
    }
    for text in
        [r#""\ud83d""#, r#""\x""#, "1.", "+1", ".5", "-", "1e999", "NaN", "'a'", "[1]", "{}", "truer", "nul"]
    {
        assert!(Filter::parse(&format!("a eq {text}")).is_err(), "{text}");
    }
}

#[test]
fn what_every_resource_has_can_be_asked_for() {
    assert_holds(r#"meta.resourceType eq "User""#, true);
    assert_holds(r#"meta.resourceType eq "user""#, false);
    assert_holds(
        r#"meta.resourceType eq "User" and schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#,
        true,
    );
    assert_holds(r#"schemas co "enterprise""#, true);
    assert_holds(r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group""#, false);
    assert_holds(r#"id eq "2819c223-7f76-453a-919d-413861904646" and id pr and meta pr"#, true);
}

#[test]
fn what_can_never_match_is_refused_on_request() {
    let check = |text: &str| Filter::parse(text).unwrap().check(user_type());
    for (text, mentions) in [
        ("shoeSize pr", "shoeSize"),
        ("password pr", "never shown"),
        (r#"not (password sw "a")"#, "never shown"),
        ("active gt true", "no order"),
        (r#"emails[colour eq "x"]"#, "colour"),
        (r"emails[primary gt true]", "no order"),
        (r#"name eq "x""#, "complex"),
        (r"title pr and not (members pr)", "members"),
        (r#"x509Certificates.value gt "x""#, "no order"),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq "x""#, "with pr"),
    ] {
        assert_refused(check(text), ScimType::InvalidFilter, mentions);
    }
    assert!(check(r#"emails co "x" and meta.lastModified gt "2011-05-13T04:42:34Z" and name pr"#).is_ok());
    assert!(
        Filter::parse(r#"members eq "x" and members[value eq "x"]"#).unwrap().check(group_type()).is_ok()
    );
}

fn comparison(path: impl Strategy<Value = String>) -> impl Strategy<Value = Filter> {
    let operator = prop::sample::select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Co,
        Operator::Sw,
        Operator::Ew,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ]);
    let literal = prop_oneof![
        "\\PC{0,8}|[\"\\\\\u{1}\n]{1,3}".prop_map(Literal::Text),
        any::<i64>().prop_map(|n| Literal::Number(n.into())),
        (-1e300..1e300).prop_map(|n| Literal::Number(serde_json::Number::from_f64(n).unwrap())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ];
    (path, operator, literal).prop_map(|(path, operator, literal)| {
        Filter::Compare(Comparison { path: AttrPath::parse(&path).unwrap(), operator, literal })
    })
}

fn tree(leaf: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|f| Filter::Not(Box::new(f))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|terms| {
                Filter::And(
                    terms
                        .into_iter()
                        .flat_map(|t| if let Filter::And(inner) = t { inner } else { vec![t] })
                        .collect(),
                )
            }),
            prop::collection::vec(inner, 2..4).prop_map(|terms| {
                Filter::Or(
                    terms
                        .into_iter()
                        .flat_map(|t| if let Filter::Or(inner) = t { inner } else { vec![t] })
                        .collect(),
                )
            }),
        ]
    })
    .boxed()
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let word = || "[a-z][a-zA-Z0-9_-]{0,6}";
    let path = prop_oneof![
        word(),
        "[a-z][a-zA-Z0-9]{0,6}\\.\\$?[a-z]{1,5}",
        word().prop_map(|name| format!("urn:ietf:params:scim:schemas:core:2.0:User:{name}")),
        word().prop_map(|name| format!("urn:example:1.0:Thing:{name}.sub")),
    ];
    let inside = tree(
        prop_oneof![comparison(word()), word().prop_map(|p| Filter::Present(AttrPath::parse(&p).unwrap()))]
            .boxed(),
    );
    let element = (word(), inside).prop_map(|(path, inner)| Filter::Element {
        path: AttrPath::parse(&path).unwrap(),
        inner: Box::new(inner),
    });
    tree(prop_oneof![comparison(path), element].boxed())
}

/// A filter's text with spaces, parentheses and letter case as people write them.
fn expression() -> BoxedStrategy<String> {
    let path = prop::sample::select(vec![
        "title",
        "name.familyName",
        "emails.value",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    ]);
    let operator = prop::sample::select(vec!["eq", "NE", "Co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let literal =
        prop::sample::select(vec![r#""x""#, r#""a \"b\" \\ é""#, "5", "-1.5", "true", "false", "null"]);
    let compare = (path.clone(), operator, literal)
        .prop_map(|(path, operator, literal)| format!("{path} {operator} {literal}"));
    let term = prop_oneof![compare, path.prop_map(|path| format!("{path} pr"))];
    let compound = |leaf: BoxedStrategy<String>| {
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} OR {b}")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.clone().prop_map(|a| format!("not ({a})")),
            ]
        })
        .boxed()
    };
    let inside = compound(
        prop::sample::select(vec![r#"type eq "work""#, "primary pr", "value ne null"])
            .prop_map(str::to_owned)
            .boxed(),
    );
    let element = inside.prop_map(|inner| format!("emails[{inner}]"));
    compound(prop_oneof![term, element].boxed())
}

proptest! {
    #[test]
    fn text_form_parses_back(filter in any_filter()) {
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text).unwrap(), filter, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|[a-z]{1,4} |eq |pr |not|and |or |[()\\[\\]\"]){0,40}") {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(&Filter::parse(&filter.to_string()).unwrap(), &filter);
            matches(&filter, &bjensen(), user_type());
        }
    }

    #[test]
    fn what_people_write_is_written_back_the_same(text in expression()) {
        let filter = Filter::parse(&text).unwrap();
        prop_assert_eq!(&Filter::parse(&filter.to_string()).unwrap(), &filter, "{}", text);
        // More parentheses change nothing.
        prop_assert_eq!(Filter::parse(&format!("(({text}))")).unwrap(), filter);
    }

    #[test]
    fn not_is_the_opposite(filter in any_filter()) {
        let holds = matches(&filter, &bjensen(), user_type());
        prop_assert_eq!(matches(&Filter::Not(Box::new(filter)), &bjensen(), user_type()), !holds);
    }
}
