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
fn targets_have_numbers() {
    let group = Target::Group(GroupNumber(5));
    for target in [Target::Users, Target::Maintenance, group, Target::Nothing(JobNumber(1))] {
        assert_eq!(Target::from_code(target.code()), target);
    }
}
