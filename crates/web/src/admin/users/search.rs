//! The conditions of `users:search`, as a SCIM filter.

use throng_api::UserCondition;
use throng_directory::model::expression::compare;
use throng_scim::filter::{Filter, Operator};

use crate::admin::error::code;
use crate::admin::listing::{attribute, names};
use crate::limits;
use crate::refusal::Refusal;

/// Conditions that are joined in turn by AND and OR nest; a filter is never deeper than this.
const TURNS_MAX: usize = throng_scim::filter::DEPTH_MAX;

/// What a condition is about beyond a list's own fields.
const BESIDE: &[(&str, &str)] = &[("displayName", "displayName"), ("roles", "roles.value")];

/// The filter that conditions come to, taken from left to right; none where there are none.
///
/// # Errors
/// 400 about `filter`, with the place of the condition that is none.
pub(super) fn filter(conditions: &[UserCondition], account: &str) -> Result<Option<Filter>, Refusal> {
    let max = limits::SEARCH_CONDITIONS_MAX;
    if conditions.len() > max {
        let detail = format!("filter has more than {max} conditions");
        return Err(Refusal { code: Some(code::TOO_MANY), ..Refusal::bad("filter", detail) });
    }
    let mut joined: Option<(Filter, bool)> = None;
    let mut turns = 0;
    for (at, condition) in conditions.iter().enumerate() {
        let (is_or, next) = (is_or(at, condition)?, term(at, condition, account)?);
        joined = Some(match joined {
            None => (next, is_or),
            Some((before, before_is_or)) => {
                turns += usize::from(at > 1 && is_or != before_is_or);
                (join(before, next, is_or), is_or)
            }
        });
    }
    if turns >= TURNS_MAX {
        let detail = format!("the conditions go from AND to OR and back more than {TURNS_MAX} times");
        return Err(Refusal { code: Some(code::TOO_MANY), ..Refusal::bad("filter", detail) });
    }
    Ok(joined.map(|(filter, _)| filter))
}

fn is_or(at: usize, condition: &UserCondition) -> Result<bool, Refusal> {
    match condition.discriminator.as_deref() {
        None | Some("AND") => Ok(false),
        Some("OR") => Ok(true),
        Some(_) => Err(bad(at, "discriminator", "is AND or OR")),
    }
}

fn term(at: usize, condition: &UserCondition, account: &str) -> Result<Filter, Refusal> {
    let keys = [super::LISTED, BESIDE].concat();
    let known = || format!("is one of {}", names(&keys).join(", "));
    let path = attribute(&keys, &condition.key)?.ok_or_else(|| bad(at, "key", &known()))?;
    let chars = condition.value.chars().count();
    if !(1..=limits::SEARCH_VALUE_CHARS_MAX).contains(&chars) {
        let rule = format!("has 1 to {} characters", limits::SEARCH_VALUE_CHARS_MAX);
        return Err(bad(at, "value", &rule));
    }
    let account = account.to_lowercase();
    let value = condition.value.to_lowercase();
    let (operator, is_accounts) = match condition.operator.as_str() {
        "STARTS_WITH" => (Operator::Sw, account.starts_with(&value)),
        "CONTAINS" => (Operator::Co, account.contains(&value)),
        "ENDS_WITH" => (Operator::Ew, account.ends_with(&value)),
        "EQUALS" | "NOT_EQUALS" => (Operator::Eq, account == value),
        _ => return Err(bad(at, "operator", "is STARTS_WITH, CONTAINS, ENDS_WITH, EQUALS or NOT_EQUALS")),
    };
    let mut filter = compare(path, operator, &*condition.value);
    if condition.key == super::NODE.0 && is_accounts {
        filter = super::or_no_node(filter)?;
    }
    // Of several roles or addresses none may be the value, as SCIM's `ne` does not say.
    Ok(if condition.operator == "NOT_EQUALS" { Filter::Not(Box::new(filter)) } else { filter })
}

fn bad(at: usize, part: &str, rule: &str) -> Refusal {
    Refusal::bad(format!("filter[{at}].{part}"), format!("{part} {rule}"))
}

/// Joins one more term to a filter. Neither `And` nor `Or` holds one of its own kind.
fn join(before: Filter, next: Filter, is_or: bool) -> Filter {
    match (before, is_or) {
        (Filter::Or(mut terms), true) => {
            terms.push(next);
            Filter::Or(terms)
        }
        (Filter::And(mut terms), false) => {
            terms.push(next);
            Filter::And(terms)
        }
        (before, true) => Filter::Or(vec![before, next]),
        (before, false) => Filter::And(vec![before, next]),
    }
}

#[cfg(test)]
mod tests;
