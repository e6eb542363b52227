use super::{check_source_name, doc_with};

#[test]
fn an_external_id_stands_behind_the_schemas() {
    let doc = r#"{"schemas":["u"],"externalId":"old","userName":"ann"}"#;
    assert_eq!(
        doc_with(doc, Some("n\"ew")).unwrap(),
        r#"{"schemas":["u"],"externalId":"n\"ew","userName":"ann"}"#
    );
    let without = r#"{"schemas":["u"],"userName":"ann"}"#;
    assert_eq!(doc_with(doc, None).unwrap(), without);
    assert_eq!(doc_with(without, Some("old")).unwrap(), doc);
    assert_eq!(
        doc_with(r#"{"userName":"ann"}"#, Some("x")).unwrap(),
        r#"{"externalId":"x","userName":"ann"}"#
    );
    doc_with("{", None).unwrap_err();
}

#[test]
fn names_of_sources_are_plain() {
    for name in ["a", "Entra-1", "hr.example_2", &"x".repeat(63)] {
        check_source_name(name).unwrap();
    }
    for name in ["", "a b", "ä", "a/b", "a\u{1f}", &"x".repeat(64)] {
        check_source_name(name).unwrap_err();
    }
}
