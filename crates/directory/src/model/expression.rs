//! Filters and orders of the admin API and of a job's items, as clients write them: `field:value`, `field:PREFIX*`,
//! `field:*POSTFIX`, `field=value`; a field, optionally followed by ` desc`. One grammar for every list; what the fields
//! are is each list's own business.

use throng_scim::filter::{Comparison, Filter, Literal, Operator};
use throng_scim::path::AttrPath;

use crate::error::{Error, Result};

/// Characters of a filter, and of an order.
pub const CHARS_MAX: usize = 255;

/// One condition on one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'a> {
    /// The field's name, as given.
    pub field: &'a str,
    /// Whether it stands before `=`: then `*` is a character like any other.
    pub is_literal: bool,
    value: &'a str,
}

impl<'a> Condition<'a> {
    /// Reads a filter: the field ends at the first `:` or `=`; behind `:` an unescaped `*` stands for any text; behind
    /// both `\` takes the next character as it is.
    ///
    /// # Errors
    /// `Invalid` (field `filter`) for one that is too long, has no operator or no value, or ends within an escape.
    pub fn parse(text: &'a str) -> Result<Self> {
        let bad = |detail: &str| Error::invalid("filter", detail);
        check_length("filter", text)?;
        let at = text
            .find([':', '='])
            .ok_or_else(|| bad("filter must be field:value, field:PREFIX*, field:*POSTFIX or field=value"))?;
        let (field, is_literal, value) = (&text[..at], text.as_bytes()[at] == b'=', &text[at + 1..]);
        if value.is_empty() {
            return Err(bad("filter has no value"));
        }
        if value.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1 {
            return Err(bad(
                "filter ends with a \\ that has no character behind it; a \\ itself is written \\\\",
            ));
        }
        Ok(Self { field, is_literal, value })
    }

    /// What the field's text must be like. `fold` makes the key by which texts are compared.
    pub fn pattern(&self, fold: fn(&str) -> String) -> Pattern {
        let fold = |piece: String| if piece.is_empty() { piece } else { fold(&piece) };
        Pattern { pieces: self.pieces().into_iter().map(fold).collect() }
    }

    /// The same where `:` and a text without `*` ask for what contains it.
    pub fn pattern_within(&self, fold: fn(&str) -> String) -> Pattern {
        let mut pattern = self.pattern(fold);
        if !self.is_literal && pattern.pieces.len() == 1 {
            pattern.pieces.insert(0, String::new());
            pattern.pieces.push(String::new());
        }
        pattern
    }

    /// The literal pieces between the wildcards: one piece is an exact text.
    pub fn pieces(&self) -> Vec<String> {
        let mut pieces = vec![String::new()];
        let mut characters = self.value.chars();
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' if !self.is_literal => {
                    pieces.push(String::new());
                    continue;
                }
                '\\' => characters.next().unwrap_or('\\'),
                other => other,
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(literal);
            }
        }
        pieces
    }
}

/// Text with wildcards, folded as the field's key is. One piece: the whole text; several: with anything between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// The only text that matches, where there is only one.
    pub fn exact(&self) -> Option<&str> {
        if let [only] = self.pieces.as_slice() { Some(only) } else { None }
    }

    /// Whether a folded text matches. A lone `*` asks for any text but none.
    pub fn matches(&self, text: &str) -> bool {
        match self.exact() {
            Some(only) => only == text,
            None => !text.is_empty() && throng_scim::filter::is_like(text, &self.pieces),
        }
    }

    /// Those whose name matches; none of them is a mistake, not an empty list.
    pub fn of<T: Copy, const N: usize>(
        &self,
        all: [T; N],
        name: impl Fn(T) -> &'static str,
    ) -> Option<Vec<T>> {
        let found: Vec<T> = all.into_iter().filter(|one| self.matches(name(*one))).collect();
        Some(found).filter(|found| !found.is_empty())
    }
}

/// An order by one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// The field's name, as given.
    pub field: &'a str,
    /// From the last to the first.
    pub descending: bool,
}

impl<'a> Order<'a> {
    /// Reads a field, optionally with ` desc` or ` asc`; letter case counts.
    ///
    /// # Errors
    /// `Invalid` (field `orderBy`) for anything else; `fields` are those that the list is ordered by.
    pub fn parse(text: &'a str, fields: &[&str]) -> Result<Self> {
        check_length("orderBy", text)?;
        let (field, descending) = match text.split_once(' ') {
            None => (text, Some(false)),
            Some((field, "desc")) => (field, Some(true)),
            Some((field, "asc")) => (field, Some(false)),
            Some((field, _)) => (field, None),
        };
        match descending {
            Some(descending) if fields.contains(&field) => Ok(Self { field, descending }),
            _ => {
                let known = listed(fields, "or");
                let detail = format!("orderBy must be {known}, optionally followed by \" desc\"");
                Err(Error::invalid("orderBy", detail))
            }
        }
    }
}

/// One comparison of an attribute with a text.
pub fn compare(path: AttrPath, operator: Operator, text: impl Into<String>) -> Filter {
    Filter::Compare(Comparison { path, operator, literal: Literal::Text(text.into()) })
}

/// A filter that also finds what has nothing at `path`.
pub fn or_absent(filter: Filter, path: AttrPath) -> Filter {
    Filter::Or(vec![filter, Filter::Not(Box::new(Filter::Present(path)))])
}

/// A filter for a text made of these pieces, with anything between them.
pub fn filter_of(path: AttrPath, pieces: Vec<String>) -> Filter {
    let texts: Vec<&str> = pieces.iter().map(String::as_str).collect();
    match texts.as_slice() {
        [only] => compare(path, Operator::Eq, *only),
        ["", ""] => Filter::Present(path),
        [start, ""] => compare(path, Operator::Sw, *start),
        ["", end] => compare(path, Operator::Ew, *end),
        ["", part, ""] => compare(path, Operator::Co, *part),
        // An index may serve how it begins.
        [start, ..] if !start.is_empty() => {
            let begins = compare(path.clone(), Operator::Sw, *start);
            Filter::And(vec![begins, Filter::Like { path, pieces }])
        }
        _ => Filter::Like { path, pieces },
    }
}

/// The refusal of a filter on a field that a list is not filtered by.
pub fn unknown_field(fields: &[&str]) -> Error {
    Error::invalid("filter", format!("filter works on {}", listed(fields, "and")))
}

fn check_length(parameter: &'static str, text: &str) -> Result<()> {
    if text.chars().count() > CHARS_MAX {
        return Err(Error::invalid(parameter, format!("{parameter} is longer than {CHARS_MAX} characters")));
    }
    Ok(())
}

/// Names as people list them: `a, b and c`.
fn listed(names: &[&str], and: &str) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} {and} {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests;
