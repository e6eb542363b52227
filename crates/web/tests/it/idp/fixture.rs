//! One file: a request, and what the answer must be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::house::Answer;

/// What stands for `{{name}}`.
pub type Values = BTreeMap<String, String>;

/// A value taken out of an answer.
pub struct Capture {
    pub name: String,
    pub from: From,
}

/// Where a captured value stands.
pub enum From {
    Header(String),
    Body(String),
}

/// A file, read.
pub struct Fixture {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub captures: Vec<Capture>,
    status: u16,
    patterns: Vec<(String, String)>,
    contains: Option<Value>,
    absent: Vec<String>,
}

/// The text with a value for each `{{name}}`.
pub fn fill(text: &str, values: &Values, shown: &str) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{{{name}}}}}"), value);
    }
    // `}}` alone ends nested objects.
    assert!(!filled.contains("{{"), "{shown}: no value for a name in\n{filled}");
    filled
}

impl Fixture {
    pub fn parse(text: &str, shown: &str) -> Self {
        let (request, answer) = text.split_once("\n###\n").unwrap_or_else(|| panic!("{shown}: no line ###"));
        let request: Vec<&str> = request.lines().skip_while(|line| line.starts_with('#')).collect();
        let (head, body) = halves(&request);
        let (line, headers) = head.split_first().unwrap_or_else(|| panic!("{shown}: no request line"));
        let (method, target) = line.split_once(' ').unwrap_or_else(|| panic!("{shown}: {line}"));
        let answer: Vec<&str> = answer.lines().collect();
        let (head, rest) = halves(&answer);
        let (status, patterns) = head.split_first().unwrap_or_else(|| panic!("{shown}: no status"));
        let mut fixture = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: fields(headers, shown),
            body: body.join("\n"),
            captures: Vec::new(),
            status: status.parse().unwrap_or_else(|_| panic!("{shown}: {status} is no status")),
            patterns: fields(patterns, shown),
            contains: None,
            absent: Vec::new(),
        };
        fixture.read_expectations(rest, shown);
        fixture
    }

    fn read_expectations(&mut self, lines: &[&str], shown: &str) {
        let mut json = String::new();
        for line in lines {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["absent", pointer] => self.absent.push((*pointer).to_owned()),
                ["capture", name, "header", header] => {
                    let from = From::Header((*header).to_owned());
                    self.captures.push(Capture { name: (*name).to_owned(), from });
                }
                ["capture", name, pointer] => {
                    let from = From::Body((*pointer).to_owned());
                    self.captures.push(Capture { name: (*name).to_owned(), from });
                }
                _ => json.push_str(line),
            }
        }
        if !json.trim().is_empty() {
            let read = serde_json::from_str(&json);
            self.contains = Some(read.unwrap_or_else(|error| panic!("{shown}: {error} in {json}")));
        }
    }

    /// Whether the answer is what the file says.
    pub fn check(&self, answer: &Answer, shown: &str) {
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status.as_u16(), self.status, "{shown}: {text}");
        for (name, pattern) in &self.patterns {
            let value = answer.header(name);
            assert!(!value.is_empty() && fits(pattern, value), "{shown}: {name} is {value:?}, not {pattern}");
        }
        if let Some(expected) = &self.contains {
            let found = answer.json();
            if let Err(complaint) = contains(&found, expected, "") {
                panic!("{shown}: {complaint}\n{found:#}");
            }
        } else {
            assert!(self.status != 204 || text.is_empty(), "{shown}: a body with 204: {text}");
        }
        for pointer in &self.absent {
            let found = answer.json();
            assert!(found.pointer(pointer).is_none(), "{shown}: {pointer} is there: {found:#}");
        }
    }
}

/// What stands before and behind the first empty line.
fn halves<'a>(lines: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let at = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
    (&lines[..at], lines.get(at + 1..).unwrap_or_default())
}

fn fields(lines: &[&str], shown: &str) -> Vec<(String, String)> {
    let field = |line: &&str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{shown}: {line} is no header"));
        (name.to_owned(), value.to_owned())
    };
    lines.iter().map(field).collect()
}

/// Whether the text is the pattern, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && fits(rest, &text[at..]))
}

/// Whether `expected` is in `found`: objects may have more names, arrays have these elements in any order.
fn contains(found: &Value, expected: &Value, place: &str) -> Result<(), String> {
    match (expected, found) {
        (Value::String(any), _) if any == "*" => Ok(()),
        (Value::Object(expected), Value::Object(found)) => expected.iter().try_for_each(|(name, value)| {
            let place = format!("{place}/{name}");
            let inner = found.get(name).ok_or_else(|| format!("{place} is missing"))?;
            contains(inner, value, &place)
        }),
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return Err(format!("{place} has {} elements, not {}", found.len(), expected.len()));
            }
            let mut left: Vec<&Value> = found.iter().collect();
            expected.iter().enumerate().try_for_each(|(at, value)| {
                let fitting = left.iter().position(|each| contains(each, value, "").is_ok());
                let fitting = fitting.ok_or_else(|| format!("{place}/{at}: nothing contains {value}"))?;
                left.swap_remove(fitting);
                Ok(())
            })
        }
        _ if expected == found => Ok(()),
        _ => Err(format!("{place} is {found}, not {expected}")),
    }
}

#[test]
fn a_file_is_read_and_held_against_an_answer() {
    let text = "# about\nPOST /a?b=c\nX-One: 1\n\n{ \"a\": 1 }\n###\n201\nlocation: https://*/7\n\n{ \"a\": [{ \"b\": 2 }] }\nabsent /c\ncapture id /a/0/id\ncapture job header throng-job\n";
    let fixture = Fixture::parse(text, "test");
    assert_eq!((fixture.method.as_str(), fixture.target.as_str()), ("POST", "/a?b=c"));
    assert_eq!(fixture.headers, [("X-One".to_owned(), "1".to_owned())]);
    assert_eq!((fixture.body.as_str(), fixture.status), ("{ \"a\": 1 }", 201));
    assert_eq!((fixture.patterns.len(), fixture.absent.len(), fixture.captures.len()), (1, 1, 2));
    assert!(fixture.contains.is_some());
}

#[test]
fn containing_is_more_than_equal_length_and_less_than_equality() {
    let holds = |found: Value, expected: Value| contains(&found, &expected, "").is_ok();
    assert!(holds(json!({ "a": 1, "b": 2 }), json!({ "a": 1 })));
    assert!(!holds(json!({ "b": 2 }), json!({ "a": 1 })));
    assert!(holds(json!([{ "a": 1, "x": 0 }, { "a": 2 }]), json!([{ "a": 2 }, { "a": 1 }])));
    assert!(!holds(json!([1, 2]), json!([1])));
    assert!(!holds(json!([1, 1]), json!([1, 2])));
    assert!(!holds(json!("1"), json!(1)));
    assert!(holds(json!({ "a": "text" }), json!({ "a": "*" })));
    assert!(fits("a*c", "abc") && !fits("a*c", "abd") && fits("*", "x") && !fits("a", "b"));
}
