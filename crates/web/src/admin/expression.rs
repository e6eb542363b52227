//! `field:pattern` and `field=value`: the expressions of the admin API's filters.

use crate::refusal::Refusal;

/// One condition on one field.
#[derive(Debug, PartialEq)]
pub(crate) struct Condition<'a> {
    pub(crate) field: &'a str,
    pub(crate) pattern: Pattern,
}

/// What a text must be like. Letter case does not count.
#[derive(Debug, PartialEq)]
pub(crate) struct Pattern {
    /// The literal pieces, lower-cased, between wildcards: one piece is an exact text.
    pieces: Vec<String>,
}

/// Reads an expression. It is split at the first `:` or `=`; after `:` a `*` stands for any text, and `\` takes
/// the meaning from the character behind it.
///
/// # Errors
/// 400 about `filter`.
pub(crate) fn parse(text: &str) -> Result<Condition<'_>, Refusal> {
    let wrong = || Refusal::bad("filter", "a filter is field:pattern or field=value");
    let at = text.find([':', '=']).ok_or_else(wrong)?;
    let (field, rest) = (&text[..at], &text[at + 1..]);
    if field.is_empty() || rest.is_empty() {
        return Err(wrong());
    }
    let wildcards = text.as_bytes()[at] == b':';
    Ok(Condition { field, pattern: Pattern::parse(rest, wildcards).ok_or_else(wrong)? })
}

impl Pattern {
    /// `None` when a `\` stands at the end.
    fn parse(text: &str, wildcards: bool) -> Option<Self> {
        let mut pieces = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' if wildcards => {
                    pieces.push(String::new());
                    continue;
                }
                '\\' => characters.next()?,
                other => other,
            };
            if let Some(piece) = pieces.last_mut() {
                piece.extend(literal.to_lowercase());
            }
        }
        Some(Self { pieces })
    }

    /// The text, if there is no wildcard in it.
    pub(crate) fn exact(&self) -> Option<&str> {
        if let [only] = self.pieces.as_slice() { Some(only) } else { None }
    }

    /// Whether the text is like that. `*` alone is any text that is not empty.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let [first, middle @ .., last] = self.pieces.as_slice() else { return self.exact() == Some(&text) };
        let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        !text.is_empty()
    }
}

#[cfg(test)]
mod tests;
