//! Query parameters: each at most once.

use crate::path::decode;
use crate::refusal::Refusal;

/// The decoded query.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 for a parameter that stands twice and for what cannot be decoded.
    pub(crate) fn parse(raw: Option<&str>) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for piece in raw.unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let malformed = || Refusal::bad("", "the query is malformed");
            let name = decode(name, true).ok_or_else(malformed)?.into_owned();
            let value = decode(value, true).ok_or_else(malformed)?.into_owned();
            query.add(name, value)?;
        }
        Ok(query)
    }

    /// One more parameter.
    ///
    /// # Errors
    /// 400 for one that is there already.
    pub(crate) fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if self.get(&name).is_some() {
            let detail = format!("the parameter {name} is given more than once");
            return Err(Refusal::bad(name, detail));
        }
        self.0.push((name, value));
        Ok(())
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that are not in the list: on writes, ignoring one (`dryRun`, say) would do harm.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::bad(name, format!("there is no parameter {name} here"))),
        }
    }
}

#[cfg(test)]
mod tests;
