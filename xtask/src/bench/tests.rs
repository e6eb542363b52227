use super::*;

fn arguments(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_server_is_started_when_no_url_names_one() {
    assert!(wants_server(&arguments("import --postgres --quick")));
    assert!(wants_server(&arguments("--postgres")));
    assert!(!wants_server(&arguments("--postgres postgres://localhost/bench")));
    assert!(!wants_server(&arguments("import --quick")));
}

#[test]
fn the_url_comes_after_its_option() {
    let line = arguments("import --postgres --quick");
    assert_eq!(with_url(&line, Some("postgres://u")), arguments("import --postgres postgres://u --quick"));
    let own = arguments("--postgres postgres://localhost/bench");
    assert_eq!(with_url(&own, None), own);
}
