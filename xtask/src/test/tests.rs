use super::*;

fn suites(arguments: &[&str]) -> Vec<String> {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    Selection::of(&arguments).suites().iter().map(|suite| suite.arguments.join(" ")).collect()
}

#[test]
fn without_arguments_everything_and_the_crash_suite() {
    let crash = "test --workspace --no-fail-fast --features throng-server/failpoints --test crash";
    assert_eq!(suites(&[]), ["test --workspace --no-fail-fast", crash]);
}

#[test]
fn thorough_runs_what_is_otherwise_ignored() {
    let all = suites(&["--thorough"]);
    assert_eq!(all.len(), 2);
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
fn closing_lines_are_counted() {
    let line =
        "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 7 filtered out; finished in 0.02s";
    assert_eq!(Tally::of_line(line), Tally { passed: 12, failed: 3, ignored: 4 });
    assert_eq!(Tally::of_line("test filter::parse ... ok"), Tally::default());
    assert_eq!(Tally::of_line("running 3 tests"), Tally::default());
    let mut sum = Tally { passed: 1, failed: 0, ignored: 0 };
    sum += Tally::of_line(line);
    assert_eq!(sum.summary(false, 9), "xtask test: FAILED: 13 passed, 3 failed, 4 ignored, 9 s");
}

#[test]
fn a_run_without_tests_is_no_success() {
    let suite = Suite { name: "crash suite", arguments: Vec::new() };
    let some = Tally { passed: 1, failed: 0, ignored: 0 };
    assert_eq!(suite.verdict(true, some), None);
    assert_eq!(suite.verdict(true, Tally::default()), Some("crash suite: no test ran".to_owned()));
    assert_eq!(suite.verdict(false, some), Some("crash suite: failed".to_owned()));
    let failing = Tally { failed: 1, ..some };
    assert_eq!(suite.verdict(true, failing), Some("crash suite: failed".to_owned()));
}
