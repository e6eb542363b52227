use super::*;

fn matches(filter: &str, text: &str) -> bool {
    Condition::parse(filter).unwrap().pattern(str::to_lowercase).matches(&text.to_lowercase())
}

#[test]
fn wildcards() {
    assert!(matches("name:imp*", "Import 1") && !matches("name:imp*", "an import"));
    assert!(matches("name:*1", "Import 1") && !matches("name:*1", "Import 12"));
    assert!(matches("name:*por*", "Import") && matches("name:i*o*t", "import"));
    assert!(!matches("name:i*o*t", "imprt") && !matches("name:ab*ba", "aba"));
    assert!(matches("name:import", "IMPORT") && !matches("name:import", "import 1"));
    assert!(matches("name:*", "x") && !matches("name:*", "") && !matches("name:**", ""));
}

#[test]
fn an_equals_sign_takes_everything_literally() {
    assert!(matches("name=a*b", "a*b") && !matches("name=a*b", "axb"));
    assert!(matches("name=2020-04-21T17:32:28Z", "2020-04-21t17:32:28z"));
}

#[test]
fn escapes() {
    assert!(matches(r"name:a\*b", "a*b") && !matches(r"name:a\*b", "axb"));
    assert!(matches(r"name:a\:\=\\", r"a:=\"));
    assert!(matches(r"name=a\*b", "a*b"));
    assert!(Condition::parse(r"name:a\").is_err() && Condition::parse(r"name:a\\\").is_err());
}

#[test]
fn the_first_separator_counts() {
    let condition = Condition::parse("startTime:2020-04-21T17:32*").unwrap();
    assert_eq!(condition.field, "startTime");
    assert_eq!(condition.pieces(), ["2020-04-21T17:32", ""]);
    assert_eq!(condition.pattern(str::to_lowercase).exact(), None);
    assert_eq!(Condition::parse("operation:ADD").unwrap().pattern(str::to_lowercase).exact(), Some("add"));
}

#[test]
fn what_is_no_filter() {
    for text in ["", "name", "name:", "name=", &format!("name:{}", "x".repeat(251))] {
        let error = Condition::parse(text).unwrap_err();
        assert!(matches!(error, Error::Invalid { ref field, .. } if field == "filter"), "{text}");
    }
    assert!(Condition::parse(&format!("name:{}", "x".repeat(250))).is_ok());
}

#[test]
fn orders() {
    let fields = &["name", "startTime", "endTime"];
    let order = |field, descending| Order { field, descending };
    assert_eq!(Order::parse("name", fields).unwrap(), order("name", false));
    assert_eq!(Order::parse("endTime desc", fields).unwrap(), order("endTime", true));
    assert_eq!(Order::parse("endTime asc", fields).unwrap(), order("endTime", false));
    for bad in ["", "Name", "name DESC", "name  desc", "name desc ", "jobId"] {
        let error = Order::parse(bad, fields).unwrap_err();
        let said = "orderBy must be name, startTime or endTime, optionally followed by \" desc\"";
        assert!(
            matches!(error, Error::Invalid { ref field, ref detail, .. } if field == "orderBy" && detail == said),
            "{bad}"
        );
    }
}
