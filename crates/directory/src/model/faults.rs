//! What is wrong with a request, field by field: a client hears of all of it at once.

use std::fmt;
use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, as the API spells it.
    pub field: String,
    /// What is wrong and what is allowed.
    pub detail: String,
    /// Which kind of rule.
    pub rule: Rule,
}

/// The kinds of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It must be given.
    Missing,
    /// It has not the form asked for.
    Form,
    /// There are too many of it.
    TooMany,
}

/// Faults, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes that a field is missing.
    pub fn missing(&mut self, field: impl Into<String>) {
        let field = field.into();
        let detail = format!("{field} must be given");
        self.0.push(Fault { field, detail, rule: Rule::Missing });
    }

    /// Notes a field that has not the form asked for.
    pub fn form(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Fault { field: field.into(), detail: detail.into(), rule: Rule::Form });
    }

    /// Notes a field that lists too many.
    pub fn too_many(&mut self, field: impl Into<String>, max: usize) {
        let field = field.into();
        let detail = format!("{field} lists at most {max}");
        self.0.push(Fault { field, detail, rule: Rule::TooMany });
    }

    /// Notes a text that has not so many characters.
    pub fn sized(&mut self, field: impl Into<String>, text: &str, chars: RangeInclusive<usize>) {
        if !chars.contains(&text.chars().count()) {
            let field = field.into();
            let detail = match chars.start() {
                0 => format!("{field} has at most {} characters", chars.end()),
                least => format!("{field} has {least} to {} characters", chars.end()),
            };
            self.form(field, detail);
        }
    }

    /// Notes what a rule refuses that fails with `Invalid`.
    ///
    /// # Errors
    /// Any other error.
    pub fn note<T>(&mut self, checked: Result<T>) -> Result<Option<T>> {
        match checked {
            Err(Error::Invalid { field, detail }) => {
                self.form(field, detail);
                Ok(None)
            }
            checked => checked.map(Some),
        }
    }

    /// Ends the request if there is a fault.
    ///
    /// # Errors
    /// `Faults`.
    pub fn refuse(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Faults(self)) }
    }

    /// The faults.
    pub fn into_list(self) -> Vec<Fault> {
        self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{}", fault.detail)?;
        }
        Ok(())
    }
}
