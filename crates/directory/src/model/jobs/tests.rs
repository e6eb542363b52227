use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Spec {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_spec_reads_as_it_was_written() {
    let plain = r#"{"kind":"membership","creates_group":false,"identifier":"id","operations":[]}"#;
    let redriven =
        r#"{"kind":"membership","creates_group":false,"identifier":"id","operations":[],"redrives":7}"#;
    for (text, origin) in [(plain, None), (redriven, Some(Origin::Redrives(7)))] {
        let spec = read(text);
        let Spec::Membership(membership) = &spec else { panic!("{spec:?}") };
        assert_eq!(membership.origin, origin);
        assert_eq!(serde_json::to_string(&spec).unwrap(), text);
    }
    for origin in [Origin::Undoes(1), Origin::Applies(2)] {
        let Spec::Membership(spec) = read(plain) else { panic!() };
        let dry_run = Some(DryRun { group: 3, changes: Vec::new() });
        let spec = Spec::Membership(MembershipSpec { origin: Some(origin), dry_run, ..spec });
        assert_eq!(read(&serde_json::to_string(&spec).unwrap()), spec);
        assert_eq!(spec.kind(), Kind::Plan);
    }
}

#[test]
fn names_are_taken_out_of_filters_and_foreseen_changes() {
    let is_mary = |text: &str| text == "mary" || text == "a \"b\"";
    let of = |filter: &str| {
        let filter = Some(filter.to_owned());
        Spec::Deletion(DeletionSpec { filter, as_made: false, origin: None, is_dry: false })
    };
    for (was, is) in [
        (r#"userName eq "mary""#, r#"userName eq "forgotten""#),
        (
            r#"emails[value eq "x" and type eq "a \"b\""] or userName sw "mary" and active eq true"#,
            r#"emails[value eq "x" and type eq "forgotten"] or userName sw "forgotten" and active eq true"#,
        ),
    ] {
        assert_eq!(of(was).forgetting(&is_mary), Some(of(is)));
    }
    for other in [r#"userName eq "mary2""#, "active eq true", r#"userName eq "mary"#] {
        assert_eq!(of(other).forgetting(&is_mary), None, "{other}");
    }
    let plan = |value: Value| {
        let Spec::Membership(spec) =
            read(r#"{"kind":"membership","creates_group":false,"identifier":"id","operations":[]}"#)
        else {
            panic!()
        };
        let change = Change { attribute: "x".to_owned(), from: Some(value.clone()), to: Some(value) };
        Spec::Membership(MembershipSpec { dry_run: Some(DryRun { group: 3, changes: vec![change] }), ..spec })
    };
    let (was, is) = (
        json!(["mary", { "a": "mary", "b": 7 }, "zed"]),
        json!(["forgotten", { "a": "forgotten", "b": 7 }, "zed"]),
    );
    assert_eq!(plan(was).forgetting(&is_mary), Some(plan(is)));
    assert_eq!(plan(json!("zed")).forgetting(&is_mary), None);
}

#[test]
fn targets_have_numbers() {
    let group = Target::Group(GroupNumber(5));
    for target in [Target::Users, Target::Maintenance, group, Target::Nothing(JobNumber(1))] {
        assert_eq!(Target::from_code(target.code()), target);
    }
}
