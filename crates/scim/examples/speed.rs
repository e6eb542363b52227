//! What the small languages of SCIM cost, beside `serde_json` reading the same bytes. Run with `cargo run --release -p
//! throng-scim --example speed`; prints the best of nine.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "an example that measures and prints")]

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use throng_scim::filter::{Filter, matches};
use throng_scim::group_write::{MemberSink, read_group_patch};
use throng_scim::json::JsonLimits;
use throng_scim::patch::{apply, parse_patch};
use throng_scim::sort::{SortBy, SortKey};
use throng_scim::{Error, Registry};

const ROWS: u32 = 100_000;
const MEMBERS: u32 = 100_000;
const PARSES: u32 = 10_000;
const PATCHES: u32 = 10_000;

struct Count(usize);

impl MemberSink for Count {
    fn member(&mut self, _: &str) -> Result<(), Error> {
        self.0 += 1;
        Ok(())
    }
}

/// The shortest of nine runs.
fn best(mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..9).map(once).min().unwrap_or_default()
}

/// One line: each of `count` things took so long, and so many times what the baseline took.
fn report(name: &str, count: u32, took: Duration, baseline: Duration) {
    let each = took.as_secs_f64() * 1e6 / f64::from(count);
    let rate = f64::from(count) / took.as_secs_f64();
    let ratio = took.as_secs_f64() / baseline.as_secs_f64();
    println!("{name}: {each:.3} µs each, {rate:.0}/s, {ratio:.2} × serde_json");
}

fn user(n: u32) -> Map<String, Value> {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("user{n}@example.com"),
        "name": {"familyName": format!("Family{}", n % 1_000), "givenName": "Given"},
        "title": if n.is_multiple_of(7) { "Manager" } else { "Guide" },
        "active": !n.is_multiple_of(13),
        "emails": [{"value": format!("user{n}@example.com"), "type": "work", "primary": true}, {"value": format!("{n}@home.example")}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": format!("D{}", n % 50)},
    });
    match user {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}

fn filters(registry: &Registry) -> Result<(), Error> {
    let texts = [
        ("filter, one term", r#"userName eq "user1@example.com""#),
        ("filter, prefix", r#"name.familyName sw "family9""#),
        (
            "filter, long",
            r#"(title eq "Manager" or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "D7") and emails[type eq "work" and value co "user1"] and not (active eq false)"#,
        ),
    ];
    let users: Vec<Map<String, Value>> = (0..ROWS).map(user).collect();
    let lines: Vec<String> = users.iter().map(|user| Value::Object(user.clone()).to_string()).collect();
    let read = best(|| {
        for line in &lines {
            let _ = std::hint::black_box(serde_json::from_str::<Map<String, Value>>(line));
        }
    });
    for (name, text) in texts {
        let quoted = Value::from(text).to_string();
        let baseline = best(|| {
            for _ in 0..PARSES {
                let _ = std::hint::black_box(serde_json::from_str::<Value>(&quoted));
            }
        });
        let took = best(|| {
            for _ in 0..PARSES {
                let _ = std::hint::black_box(Filter::parse(text));
            }
        });
        report(&format!("{name}, parsed (beside the text as a JSON string)"), PARSES, took, baseline);
        let filter = Filter::parse(text)?;
        let took = best(|| {
            let found = users.iter().filter(|user| matches(&filter, user, registry.user())).count();
            std::hint::black_box(found);
        });
        report(&format!("{name}, decided (beside reading the user)"), ROWS, took, read);
    }
    if let Some(sort) = SortBy::parse(Some("name.familyName"), None)? {
        let took = best(|| {
            let keys = users.iter().map(|user| SortKey::of(&sort, user, registry.user(), &|_, _| None));
            std::hint::black_box(keys.collect::<Vec<_>>());
        });
        report("sort key (beside reading the user)", ROWS, took, read);
    }
    Ok(())
}

fn patches(registry: &Registry) {
    let members: Vec<Value> =
        (0..MEMBERS).map(|n| json!({"value": format!("0198c2f0-7b1a-7000-8000-{n:012x}")})).collect();
    let body = json!({"Operations": [{"op": "add", "path": "members", "value": members}]}).to_string();
    let baseline = best(|| {
        let _ = std::hint::black_box(serde_json::from_str::<Value>(&body));
    });
    let took = best(|| {
        let mut count = Count(0);
        let read = read_group_patch(body.as_bytes(), &mut count, &JsonLimits::default(), registry.group());
        let _ = std::hint::black_box((read, count.0));
    });
    report("PATCH of a group, members read", MEMBERS, took, baseline);

    let body = json!({"Operations": [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "new@example.com"},
        {"op": "replace", "value": {"name.givenName": "New", "title": "Director"}},
    ]});
    let (text, user) = (body.to_string(), user(1));
    let baseline = best(|| {
        for _ in 0..PATCHES {
            let _ = std::hint::black_box(serde_json::from_str::<Value>(&text));
        }
    });
    let took = best(|| {
        for _ in 0..PATCHES {
            let operations = throng_scim::json::parse(text.as_bytes(), &JsonLimits::default())
                .and_then(parse_patch)
                .and_then(|operations| apply(&user, &operations, registry.user()));
            let _ = std::hint::black_box(operations);
        }
    });
    report("PATCH of a user, read and applied (beside its body)", PATCHES, took, baseline);
}

fn main() -> Result<(), Error> {
    let registry = Registry::standard();
    filters(&registry)?;
    patches(&registry);
    Ok(())
}
