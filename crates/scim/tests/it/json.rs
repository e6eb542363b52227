use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throng_scim::json::{JsonLimits, parse};
use throng_scim::{Error, ScimType};

use crate::support::assert_refused;

fn read(text: &str) -> Result<Value, Error> {
    parse(text.as_bytes(), &JsonLimits::default())
}

#[test]
fn keeps_the_order_of_names() {
    let value = read(r#" {"b":1, "a":[true,false,null,-0.5e1], "c":{"z":"","y":"\u00e9\ud83d\ude00\n\/"}} "#)
        .unwrap();
    assert_eq!(value.to_string(), r#"{"b":1,"a":[true,false,null,-5.0],"c":{"z":"","y":"é😀\n/"}}"#);
}

#[test]
fn a_name_twice_is_refused() {
    for text in [
        r#"{"a":1,"a":2}"#,
        r#"{"userName":1,"USERNAME":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":[{"a":{},"b":1,"c":1,"d":1,"e":1,"f":1,"E":1}]}"#,
        r#"{"k\n":1,"K\n":1}"#,
    ] {
        assert_refused(read(text), ScimType::InvalidSyntax, "stands twice");
    }
    assert_eq!(read(r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#).unwrap()["b"][1]["a"], 2);
}

#[test]
fn positions_are_told() {
    assert_refused(read("{\"a\":1,\n\"a\":2}"), ScimType::InvalidSyntax, "at byte 8 (line 2)");
    assert_refused(read("[1,2"), ScimType::InvalidSyntax, "at byte 4 (line 1)");
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "\"a",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{a:1}",
        "nul",
        "tru",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\n\"",
        "\"\t\"",
        "1 2",
        "{} []",
        "'a'",
        "NaN",
        "\u{feff}{}",
        "[1}",
        "{\"a\":1]",
        "True",
    ] {
        assert_refused(read(text), ScimType::InvalidSyntax, "at byte");
    }
    assert_refused(
        parse(b"\"\xff\"", &JsonLimits::default()),
        ScimType::InvalidSyntax,
        "not UTF-8 at byte 1",
    );
}

#[test]
fn what_cannot_be_kept_is_refused() {
    for text in ["9223372036854775808", "-9223372036854775809", "1e400", "[1e999]", "99999999999999999999999"]
    {
        assert_refused(read(text), ScimType::InvalidValue, "too large");
    }
    for text in [r#""\u0000""#, r#"{"a\u0000":1}"#] {
        assert_refused(read(text), ScimType::InvalidValue, "U+0000");
    }
    assert_eq!(read("9223372036854775807").unwrap(), i64::MAX);
    assert_eq!(read("-9223372036854775808").unwrap(), i64::MIN);
}

#[test]
fn depth_and_breadth_are_limited() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(read(&deep(32)).is_ok());
    assert_refused(read(&deep(33)), ScimType::InvalidSyntax, "deeper than 32");
    assert_refused(read(&"[".repeat(1_000_000)), ScimType::InvalidSyntax, "deeper than 32");
    assert_refused(read(&"{\"a\":".repeat(1_000_000)), ScimType::InvalidSyntax, "deeper than 32");
    let wide =
        |n: usize| format!("{{{}}}", (0..n).map(|i| format!("\"k{i}\":0")).collect::<Vec<_>>().join(","));
    assert!(read(&wide(1_000)).is_ok());
    assert_refused(read(&wide(1_001)), ScimType::InvalidSyntax, "more than 1000 names");
}

/// Equal but for the last place of fractions: `serde_json` does not round long ones exactly, we do.
fn close(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| close(a, b))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, a)| theirs.get(key).is_some_and(|b| close(a, b)))
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        _ => ours == theirs,
    }
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        "[^\0]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::btree_map("[a-z$\"\\\\é]{1,6}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in document()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(read(&text).unwrap().to_string(), value.to_string());
        }
    }

    #[test]
    fn agrees_with_serde_json_on_damaged_text(value in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = json!([value]).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let ours = parse(&bytes, &JsonLimits::default());
        match serde_json::from_slice::<Value>(&bytes) {
            // What is refused beyond JSON's grammar may differ; what is accepted must be the same.
            Ok(theirs) => if let Ok(ours) = ours { prop_assert!(close(&ours, &theirs), "{ours} {theirs}") },
            Err(_) => prop_assert!(ours.is_err()),
        }
    }
}
