use super::parse;

fn matches(filter: &str, text: &str) -> bool {
    parse(filter).unwrap().pattern.matches(text)
}

#[test]
fn wildcards() {
    assert!(matches("name:imp*", "Import 1") && !matches("name:imp*", "an import"));
    assert!(matches("name:*1", "Import 1") && !matches("name:*1", "Import 12"));
    assert!(
        matches("name:*por*", "Import") && matches("name:i*o*t", "import") && !matches("name:i*o*t", "imprt")
    );
    assert!(matches("name:import", "IMPORT") && !matches("name:import", "import 1"));
    assert!(matches("name:*", "x") && !matches("name:*", ""));
    assert!(!matches("name:ab*ba", "aba"));
}

#[test]
fn an_equals_sign_takes_everything_literally() {
    assert!(matches("name=a*b", "a*b") && !matches("name=a*b", "axb"));
    assert!(matches("name=2020-04-21T17:32:28Z", "2020-04-21t17:32:28z"));
}

#[test]
fn escapes() {
    assert!(matches("name:a\\*b", "a*b") && !matches("name:a\\*b", "axb"));
    assert!(matches("name:a\\:\\=\\\\", "a:=\\"));
    assert!(parse("name:a\\").is_err());
}

#[test]
fn the_first_separator_counts() {
    let condition = parse("startTime:2020-04-21T17:32*").unwrap();
    assert_eq!(condition.field, "startTime");
    assert!(condition.pattern.matches("2020-04-21T17:32:28.000Z"));
    assert_eq!(condition.pattern.exact(), None);
    assert_eq!(parse("operation:ADD").unwrap().pattern.exact(), Some("add"));
}

#[test]
fn what_is_no_filter() {
    for text in ["", "name", "name:", "name=", ":x", "=x"] {
        assert_eq!(parse(text).unwrap_err().field, "filter", "{text}");
    }
}
