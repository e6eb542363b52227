use super::*;

fn literals(text: &str) -> Vec<(usize, String)> {
    mask(text).literals.into_iter().map(|each| (each.line, each.text)).collect()
}

fn code(text: &str) -> String {
    mask(text).code.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn comments_vanish() {
    assert_eq!(code("a // b \"c\"\nd /* e /* f */ \" */ g /// h"), "a d g");
    assert_eq!(mask("a\n/*\n\n*/b").code, "a\n  \n\n  b");
}

#[test]
fn literals_are_kept_beside_the_code() {
    let text = "let a = \"one \\\" // two\";\nlet b = r#\"three \"four\" \\\"#;\nlet c = b\"five\"; let d = br\"six\";";
    let expected = [(1, "one \\\" // two"), (2, "three \"four\" \\"), (3, "five"), (3, "six")];
    assert_eq!(literals(text), expected.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(
        code(text),
        "let a = \" ; let b = \" ; let c = \" ; let d = \" ;".replace(" ;", "  ;").replace("  ;", " ;")
    );
}

#[test]
fn a_literal_of_several_lines_keeps_the_count() {
    let text = "let a = \"one\ntwo\";\nlet b = \"three\";";
    assert_eq!(literals(text), [(1, "one\ntwo".to_owned()), (3, "three".to_owned())]);
}

#[test]
fn characters_are_no_strings_and_lifetimes_no_characters() {
    assert_eq!(
        literals("let q = '\"'; let e = '\\''; let u = '\\u{22}'; let b = b'\"'; let s = \"x\";").len(),
        1
    );
    assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str { x }"), "fn f<'a>(x: &'a str) -> &'a str { x }");
    assert_eq!(literals("fn f<'r>(x: &'r str) { g(\"y\") }"), [(1, "y".to_owned())]);
}

#[test]
fn raw_identifiers_are_code() {
    assert_eq!(code("let r#type = 1; let number = \"x\";").matches('"').count(), 1);
}

#[test]
fn unfinished_text_does_no_harm() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "r", "b"] {
        let _ = Source::of(text);
    }
}
