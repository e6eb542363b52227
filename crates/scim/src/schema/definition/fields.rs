//! The names of one JSON object of a definition, taken out one by one.

use serde_json::{Map, Value};

use super::DefinitionError;
use crate::schema::limits::{TEXT_BYTES_MAX, WORDS_MAX};

/// An object that is being read, and its place in the document.
pub(super) struct Fields {
    object: Map<String, Value>,
    place: String,
}

impl Fields {
    pub(super) fn new(object: Map<String, Value>, place: String) -> Self {
        Self { object, place }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn set_place(&mut self, place: String) {
        self.place = place;
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> DefinitionError {
        DefinitionError::new(&self.place, problem)
    }

    /// Takes a value; `null` counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a string of 1 to `bytes_max` bytes; an empty one counts as absent.
    pub(super) fn text(&mut self, name: &str, bytes_max: usize) -> Result<Option<String>, DefinitionError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() > bytes_max => {
                Err(self.error(format!("{name} has at most {bytes_max} bytes")))
            }
            Some(Value::String(text)) if text.chars().any(char::is_control) => {
                Err(self.error(format!("{name} must not have control characters")))
            }
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(self.error(format!("{name} must be a string"))),
        }
    }

    pub(super) fn required_text(&mut self, name: &str, bytes_max: usize) -> Result<String, DefinitionError> {
        self.text(name, bytes_max)?.ok_or_else(|| self.error(format!("{name} is missing")))
    }

    /// Takes a boolean; absent is false.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, DefinitionError> {
        self.optional_flag(name).map(Option::unwrap_or_default)
    }

    pub(super) fn optional_flag(&mut self, name: &str) -> Result<Option<bool>, DefinitionError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(_) => Err(self.error(format!("{name} must be true or false, without quotes"))),
        }
    }

    /// Takes a keyword; absent is `default`.
    pub(super) fn keyword<T>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Option<T>,
        keywords: &[&str],
        default: T,
    ) -> Result<T, DefinitionError> {
        match self.take(name) {
            None => Ok(default),
            Some(Value::String(word)) => parse(&word)
                .ok_or_else(|| self.error(format!("{name} must be one of {}", keywords.join(", ")))),
            Some(_) => Err(self.error(format!("{name} must be one of {}", keywords.join(", ")))),
        }
    }

    /// Takes an array of at most `items_max`; absent is empty.
    pub(super) fn list(&mut self, name: &str, items_max: usize) -> Result<Vec<Value>, DefinitionError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() > items_max => {
                Err(self.error(format!("{name} has at most {items_max} entries")))
            }
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.error(format!("{name} must be an array"))),
        }
    }

    /// Takes an array of different strings; absent is empty.
    pub(super) fn words(&mut self, name: &str) -> Result<Vec<String>, DefinitionError> {
        let mut words: Vec<String> = Vec::new();
        for item in self.list(name, WORDS_MAX)? {
            match item {
                Value::String(word) if word.is_empty() || word.len() > TEXT_BYTES_MAX => {
                    return Err(self.error(format!("{name}: a word has 1 to {TEXT_BYTES_MAX} bytes")));
                }
                Value::String(word) if words.contains(&word) => {
                    return Err(self.error(format!("{name} has {word:?} twice: take one out")));
                }
                Value::String(word) => words.push(word),
                _ => return Err(self.error(format!("{name} must be an array of strings"))),
            }
        }
        Ok(words)
    }

    /// Refuses what is left: a name that nobody knows is a slip of the pen.
    pub(super) fn finish(&self) -> Result<(), DefinitionError> {
        match self.object.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.error(format!("{name:?} is not known here: check its spelling"))),
        }
    }
}
