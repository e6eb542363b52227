//! Whether a resource satisfies a filter. Source: RFC 7644 §3.4.2.2.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{Comparison, Filter, Literal, Operator};
use crate::datetime;
use crate::path::{AttrPath, Target, canonical_name};
use crate::schema::{Attribute, ResourceType, Schema, Type};

/// Gives the canonical key of a text under an attribute, named as [`AttrPath::canonical`] does; None leaves the
/// comparison to the attribute's `caseExact`.
type Fold<'a> = dyn Fn(&str, &str) -> Option<String> + 'a;

/// Whether a normalised resource satisfies a filter. Letter case counts where the schema says so; an attribute that
/// the resource does not have, or the type does not know, has no value: only `ne`, `eq null` and `not` hold for it.
pub fn matches(filter: &Filter, resource: &Map<String, Value>, resource_type: &ResourceType) -> bool {
    matches_folded(filter, resource, resource_type, &|_, _| None)
}

/// As [`matches`](fn@matches), but texts of some attributes are compared by a canonical key: `fold` gets the attribute's name as
/// [`AttrPath::canonical`] spells it and a text, and gives the key, or None for the schema's own rule.
pub fn matches_folded(
    filter: &Filter,
    resource: &Map<String, Value>,
    resource_type: &ResourceType,
    fold: &dyn Fn(&str, &str) -> Option<String>,
) -> bool {
    holds(filter, &Scope::Resource(resource, resource_type), fold)
}

/// Whether one value of `attribute` satisfies what stands in the brackets after it.
pub(crate) fn element_matches(filter: &Filter, element: &Map<String, Value>, attribute: &Attribute) -> bool {
    holds(filter, &Scope::Element { element, extension: None, parent: attribute }, &|_, _| None)
}

/// Where the names of a filter are looked up.
enum Scope<'a> {
    Resource(&'a Map<String, Value>, &'a ResourceType),
    Element { element: &'a Map<String, Value>, extension: Option<&'a Schema>, parent: &'a Attribute },
}

/// What a path leads to: the attribute compared, its owner, and the values there are.
struct Found<'a> {
    extension: Option<&'a Schema>,
    parent: &'a Attribute,
    sub: Option<&'a Attribute>,
    values: Vec<&'a Value>,
}

impl<'a> Found<'a> {
    fn attribute(&self) -> &'a Attribute {
        self.sub.unwrap_or(self.parent)
    }
}

fn holds(filter: &Filter, scope: &Scope<'_>, fold: &Fold<'_>) -> bool {
    match filter {
        Filter::Compare(comparison) => compare(comparison, scope, fold),
        Filter::Present(path) => present(path, scope),
        Filter::Like { path, pieces } => like(path, pieces, scope, fold),
        Filter::Element { path, inner } => element_holds(path, inner, scope, fold),
        Filter::Not(inner) => !holds(inner, scope, fold),
        Filter::And(terms) => terms.iter().all(|term| holds(term, scope, fold)),
        Filter::Or(terms) => terms.iter().any(|term| holds(term, scope, fold)),
    }
}

/// Follows a path. With `whole`, a complex attribute named alone yields its values as they are, else their `value`.
fn find<'a>(path: &AttrPath, scope: &Scope<'a>, whole: bool) -> Option<Found<'a>> {
    let (container, extension, parent, sub) = match scope {
        Scope::Resource(resource, resource_type) => {
            let Target::Attribute { extension, attribute, sub } = path.target(resource_type) else {
                return None;
            };
            let container = match extension {
                Some(schema) => resource.get(&schema.id).and_then(Value::as_object),
                None => Some(*resource),
            };
            (container, extension, attribute, sub)
        }
        Scope::Element { element, extension, parent } => {
            let sub = parent.sub(&path.attribute)?;
            let values = element.get(&sub.name).into_iter().filter(|value| is_present(value)).collect();
            return Some(Found { extension: *extension, parent, sub: Some(sub), values });
        }
    };
    let sub = if whole { sub } else { sub.or_else(|| parent.sub("value")) };
    let value = container.and_then(|container| container.get(&parent.name));
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    let step = |item: &'a Value| match sub {
        Some(sub) => item.get(&sub.name),
        None => Some(item),
    };
    let values = items.iter().filter_map(step).filter(|value| is_present(value)).collect();
    Some(Found { extension, parent, sub, values })
}

fn present(path: &AttrPath, scope: &Scope<'_>) -> bool {
    if let Scope::Resource(resource, resource_type) = scope
        && let Target::Extension(schema) = path.target(resource_type)
    {
        return resource.get(&schema.id).is_some_and(is_present);
    }
    find(path, scope, true).is_some_and(|found| !found.values.is_empty())
}

/// Not null, not empty, and if complex with something in it.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(map) => map.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn element_holds(path: &AttrPath, inner: &Filter, scope: &Scope<'_>, fold: &Fold<'_>) -> bool {
    let Some(found) = find(path, scope, true) else { return false };
    found.values.iter().filter_map(|value| value.as_object()).any(|element| {
        holds(inner, &Scope::Element { element, extension: found.extension, parent: found.parent }, fold)
    })
}

fn compare(comparison: &Comparison, scope: &Scope<'_>, fold: &Fold<'_>) -> bool {
    let Comparison { path, operator, literal } = comparison;
    let found = find(path, scope, *literal == Literal::Null);
    let values = found.as_ref().map_or(&[][..], |found| &found.values);
    match (literal, operator) {
        (Literal::Null, Operator::Eq) => return values.is_empty(),
        (Literal::Null, Operator::Ne) => return !values.is_empty(),
        (Literal::Null, _) => return false,
        _ => {}
    }
    let Some(found) = found.filter(|found| !found.values.is_empty()) else {
        return *operator == Operator::Ne;
    };
    found.values.iter().any(|value| value_holds(value, *operator, literal, &found, fold))
}

fn like(path: &AttrPath, pieces: &[String], scope: &Scope<'_>, fold: &Fold<'_>) -> bool {
    let Some(found) = find(path, scope, false) else { return false };
    let name = canonical_name(found.extension, found.parent, found.sub);
    let key = |text: &str| folded(text, &name, found.attribute(), fold).into_owned();
    let pieces: Vec<String> =
        pieces.iter().map(|piece| if piece.is_empty() { String::new() } else { key(piece) }).collect();
    found.values.iter().filter_map(|value| value.as_str()).any(|text| is_like(&key(text), &pieces))
}

/// Whether a text consists of these pieces, in this order, with any text between them; one piece is the whole text.
pub fn is_like(text: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else { return pieces.first().is_some_and(|only| only == text) };
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

fn value_holds(
    value: &Value,
    operator: Operator,
    literal: &Literal,
    found: &Found<'_>,
    fold: &Fold<'_>,
) -> bool {
    let attribute = found.attribute();
    let order = match (attribute.kind, value, literal) {
        (Type::Boolean, Value::Bool(left), literal) => {
            let equal = truth(literal).map(|right| *left == right);
            return match operator {
                Operator::Eq => equal == Some(true),
                Operator::Ne => equal != Some(true),
                _ => false,
            };
        }
        (Type::DateTime, Value::String(left), Literal::Text(right)) => {
            match (datetime::parse(left), datetime::parse(right)) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => return text_holds(left, operator, right),
            }
        }
        (_, Value::String(left), Literal::Text(right)) => {
            let name = canonical_name(found.extension, found.parent, found.sub);
            let key = |text| folded(text, &name, attribute, fold);
            return text_holds(&key(left), operator, &key(right));
        }
        (_, Value::Number(left), Literal::Number(right)) => compare_numbers(left, right),
        _ => None,
    };
    order_holds(order, operator)
}

fn truth(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(truth) => Some(*truth),
        Literal::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Literal::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn folded<'a>(text: &'a str, name: &str, attribute: &Attribute, fold: &Fold<'_>) -> Cow<'a, str> {
    match fold(name, text) {
        Some(key) => Cow::Owned(key),
        None if attribute.case_exact => Cow::Borrowed(text),
        None => Cow::Owned(text.to_lowercase()),
    }
}

fn text_holds(left: &str, operator: Operator, right: &str) -> bool {
    match operator {
        Operator::Co => left.contains(right),
        Operator::Sw => left.starts_with(right),
        Operator::Ew => left.ends_with(right),
        _ => order_holds(Some(left.cmp(right)), operator),
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// None: not comparable, so different.
fn order_holds(order: Option<Ordering>, operator: Operator) -> bool {
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => order.is_some_and(Ordering::is_ge),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => order.is_some_and(Ordering::is_le),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}
