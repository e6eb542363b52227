//! What every input must satisfy: one function per fuzz target. The fuzzer calls them with what it makes up, and
//! `tests/it/corpus.rs` with every file of the corpus.

use serde_json::{Map, Value, json};
use throng_scim::filter::{Filter, matches};
use throng_scim::group_write::{MemberSink, read_group_patch};
use throng_scim::json::JsonLimits;
use throng_scim::path::{AttrPath, Path};
use throng_scim::projection::Projection;
use throng_scim::sort::SortBy;
use throng_scim::{Error, Registry, discovery, json as strict, patch, resource};

fn sample() -> Map<String, Value> {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223",
        "userName": "bjensen",
        "name": {"familyName": "Jensen"},
        "active": true,
        "emails": [{"value": "b@x", "type": "work", "primary": true}, {"value": "c@x"}],
        "meta": {"resourceType": "User", "created": "2011-05-13T04:42:34Z"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}},
    });
    match user {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}

/// A filter is refused, or written back as itself and decided without a panic, and its opposite is the opposite.
pub fn filter(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(filter) = Filter::parse(text) else { return };
    assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter), "{filter}");
    let registry = Registry::standard();
    let _ = filter.check(registry.group());
    let _ = filter.check(registry.user());
    let holds = matches(&filter, &sample(), registry.user());
    let opposite = matches(&Filter::Not(Box::new(filter)), &sample(), registry.user());
    assert_ne!(holds, opposite);
}

/// A path is refused, or written back as itself, and every type understands it without a panic.
pub fn path(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(path) = Path::parse(text) {
        assert_eq!(Path::parse(&path.to_string()).as_ref(), Ok(&path), "{path}");
    }
    let registry = Registry::standard();
    if let Ok(path) = AttrPath::parse(text) {
        for resource_type in registry.resource_types() {
            if let Some(canonical) = path.canonical(resource_type) {
                let again = AttrPath::parse(&canonical).map(|path| path.canonical(resource_type));
                assert_eq!(again, Ok(Some(canonical)));
            }
        }
    }
    if let Ok(Some(sort)) = SortBy::parse(Some(text), None) {
        let _ = sort.check(registry.user());
    }
    if let Ok(projection) = Projection::parse(Some(text), None) {
        projection.apply(&mut sample(), registry.user());
    }
}

struct Ignore;

impl MemberSink for Ignore {
    fn member(&mut self, _: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// A PATCH is refused, or leaves a regular resource.
pub fn patch_apply(input: &[u8]) {
    let registry = Registry::standard();
    let _ = read_group_patch(input, &mut Ignore, &JsonLimits::default(), registry.group());
    let Ok(body) = strict::parse(input, &JsonLimits::default()) else { return };
    let Ok(operations) = patch::parse_patch(body) else { return };
    let Ok(before) = resource::read(Value::Object(sample()), registry.user()) else { return };
    let Ok(patched) = patch::apply(&before, &operations, registry.user()) else { return };
    assert_eq!(patched.changed, patched.attributes != before);
    let again = resource::read(Value::Object(patched.attributes.clone()), registry.user());
    assert_eq!(again, Ok(patched.attributes));
}

/// What is read as JSON is JSON, and means the same to `serde_json`.
pub fn json_decode(input: &[u8]) {
    if let Ok(value) = strict::parse(input, &JsonLimits::default()) {
        let other = serde_json::from_slice::<Value>(input);
        assert!(other.as_ref().is_ok_and(|other| alike(other, &value)), "{other:?} is not {value}");
    }
}

/// Equal, but for the sign of zero and the last bits of a float, with which `serde_json` takes less care.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let near = |a: f64, b: f64| (a - b).abs() <= a.abs() * 1e-12;
            a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| near(a, b))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((x, a), (y, b))| x == y && alike(a, b))
        }
        _ => a == b,
    }
}

/// A definition is refused and changes nothing, or is shown so that it can be read again.
pub fn definitions(input: &[u8]) {
    let Ok(document) = strict::parse(input, &JsonLimits::default()) else { return };
    let mut registry = Registry::standard();
    if registry.define(document).is_err() {
        assert_eq!(registry, Registry::standard());
        return;
    }
    let own: Vec<Value> = discovery::schemas(&registry, "")["Resources"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|schema| {
            let id = schema["id"].as_str().unwrap_or_default();
            Registry::standard().schema(id).is_none()
        })
        .cloned()
        .collect();
    let mut again = Registry::standard();
    assert_eq!(again.define(Value::Array(own)), Ok(()));
    assert_eq!(again.define(discovery::resource_types(&registry, "")), Ok(()));
    assert_eq!(again, registry);
}
