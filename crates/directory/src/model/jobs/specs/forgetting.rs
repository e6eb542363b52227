//! Names that are forgotten, in what jobs do.

use std::ops::Range;

use serde_json::Value;

use crate::model::parts::FORGOTTEN;

/// [`FORGOTTEN`] as a value in a filter.
const FORGOTTEN_LITERAL: &str = "\"forgotten\"";

/// Puts [`FORGOTTEN`] in the place of values of a filter, which are JSON strings; whether there was any.
pub(super) fn forget_in_filter(filter: &mut String, is_forgotten: &impl Fn(&str) -> bool) -> bool {
    let goes: Vec<Range<usize>> =
        literals(filter).filter(|(_, text)| is_forgotten(text)).map(|(range, _)| range).collect();
    // From behind, so that the places of the others stay.
    for range in goes.iter().rev() {
        filter.replace_range(range.clone(), FORGOTTEN_LITERAL);
    }
    !goes.is_empty()
}

/// The values that stand in a filter or in the path of a PATCH, which are JSON strings, with their places.
pub(crate) fn literals(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find('"')?;
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<String>();
        let value = values.next()?.ok()?;
        from = start + values.byte_offset();
        Some((start..from, value))
    })
}

pub(super) fn forget_in_each<'a>(
    values: impl Iterator<Item = &'a mut Value>,
    is_forgotten: &impl Fn(&str) -> bool,
) -> bool {
    // Each of them, also behind one that is found.
    values.map(|value| forget_in(value, is_forgotten)).filter(|found| *found).count() > 0
}

/// The same of the texts of a JSON value.
fn forget_in(value: &mut Value, is_forgotten: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) if is_forgotten(text) => {
            FORGOTTEN.clone_into(text);
            true
        }
        Value::Array(values) => forget_in_each(values.iter_mut(), is_forgotten),
        Value::Object(object) => forget_in_each(object.values_mut(), is_forgotten),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
