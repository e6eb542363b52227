use super::*;

fn suites(arguments: &[&str]) -> Vec<String> {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    Selection::of(&arguments).unwrap().suites().iter().map(|suite| suite.arguments.join(" ")).collect()
}

#[test]
fn without_arguments_everything_on_both_databases_and_the_crash_suite() {
    let http = "test -p throng-web -p throng-server --test it --no-fail-fast";
    let crash = "test --workspace --no-fail-fast --features throng-server/failpoints --test crash";
    let nodes = "test --workspace --no-fail-fast --features throng-server/failpoints --test nodes";
    assert_eq!(suites(&[]), ["test --workspace --no-fail-fast", http, crash, crash, nodes]);
    let all = Selection::of(&[]).unwrap().suites();
    assert!(all[0].demands_postgres);
    for (at, suite) in all.iter().enumerate() {
        let on_postgres = suite.environment == [("THRONG_TEST_STORE", "postgres")];
        assert_eq!(on_postgres, at == 1 || at == 3, "{}", suite.name);
    }
}

#[test]
fn thorough_runs_what_is_otherwise_ignored() {
    let all = suites(&["--thorough"]);
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|line| line.ends_with(" -- --include-ignored")), "{all:?}");
    assert_eq!(
        suites(&["--thorough", "x", "--", "--nocapture"]),
        ["test --workspace x -- --nocapture --include-ignored"]
    );
}

#[test]
fn arguments_narrow() {
    assert_eq!(suites(&["filter"]), ["test --workspace filter"]);
    assert_eq!(suites(&["-p", "throng-scim"]), ["test -p throng-scim"]);
    assert_eq!(suites(&["--package=throng-scim", "filter"]), ["test --package=throng-scim filter"]);
}

#[test]
fn a_run_without_tests_is_no_success() {
    let suite = Suite {
        name: "crash suite",
        arguments: Vec::new(),
        environment: Vec::new(),
        demands_postgres: false,
    };
    let some = Tally { passed: 1, ..Tally::default() };
    assert_eq!(suite.verdict(true, some), None);
    assert_eq!(suite.verdict(true, Tally::default()), Some("crash suite: no test ran".to_owned()));
    assert_eq!(suite.verdict(false, some), Some("crash suite: failed".to_owned()));
    let failing = Tally { failed: 1, ..some };
    assert_eq!(suite.verdict(true, failing), Some("crash suite: failed".to_owned()));
    let suite = suite.on_postgres();
    assert_eq!(suite.verdict(true, some), Some("crash suite: no test ran on PostgreSQL".to_owned()));
    assert_eq!(suite.verdict(true, Tally { on_postgres: 1, ..some }), None);
}

#[test]
fn a_version_is_chosen_by_its_number() {
    let of = |line: &str| {
        Selection::of(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .map(|selection| (selection.major, selection.thorough, selection.narrowed_by))
    };
    assert_eq!(of("--postgres 16 --thorough"), Ok((Some(16), true, Vec::new())));
    assert_eq!(of("--postgres 16 users"), Ok((Some(16), false, vec!["users".to_owned()])));
    assert_eq!(of(""), Ok((None, false, Vec::new())));
    assert_eq!(of("--postgres"), Err("--postgres needs a major version".to_owned()));
    assert_eq!(of("--postgres new"), Err("new is no major version of PostgreSQL".to_owned()));
}
