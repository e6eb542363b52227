//! The reader of filters: precedence climbing over bytes. Source: RFC 7644 §3.4.2.2, figure 1.

use super::{Comparison, DEPTH_MAX, Filter, LENGTH_MAX, Literal, Operator, TERMS_MAX};
use crate::error::Error;
use crate::json::{JsonLimits, Kind, Reader};
use crate::path::{AttrPath, shorten};

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Filter, Error> {
    let mut parser = Parser::new(text, 0)?;
    let filter = parser.alternatives()?;
    parser.white_space();
    if parser.at < text.len() {
        return Err(parser.invalid("\"and\", \"or\" or the end is expected"));
    }
    within_limits(filter)
}

/// Reads what stands in the brackets of a PATCH path, `start` being behind the opening one. Gives where the text goes
/// on behind the closing one.
pub(crate) fn parse_bracket(text: &str, start: usize) -> Result<(Filter, usize), Error> {
    let mut parser = Parser::new(text, start)?;
    parser.inside = true;
    let filter = parser.alternatives()?;
    parser.close(b']')?;
    Ok((within_limits(filter)?, parser.at))
}

/// The text form of the filter must itself be a filter within the limits, though it may differ from what was read.
fn within_limits(filter: Filter) -> Result<Filter, Error> {
    if filter.depth() > DEPTH_MAX {
        return Err(too_deep());
    }
    if filter.to_string().len() > LENGTH_MAX {
        return Err(too_long());
    }
    Ok(filter)
}

fn too_deep() -> Error {
    Error::invalid_filter(format!("a filter is nested at most {DEPTH_MAX} deep"))
}

fn too_long() -> Error {
    Error::invalid_filter(format!("a filter has at most {LENGTH_MAX} bytes"))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    terms: usize,
    /// Whether names are sub-attributes, in brackets.
    inside: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, at: usize) -> Result<Self, Error> {
        if text.len() > LENGTH_MAX {
            return Err(too_long());
        }
        Ok(Self { text, at, depth: 0, terms: 0, inside: false })
    }

    fn invalid(&self, what: &str) -> Error {
        self.invalid_at(self.at, what)
    }

    fn invalid_at(&self, at: usize, what: &str) -> Error {
        Error::invalid_filter(format!("the filter {:?} is wrong at byte {at}: {what}", shorten(self.text)))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    /// Takes a keyword if it comes next, in any letter case, and is not the start of a longer word.
    fn keyword(&mut self, word: &str) -> bool {
        self.white_space();
        let end = self.at + word.len();
        let found = self.text.get(self.at..end).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let ends = !self.text.as_bytes().get(end).copied().is_some_and(is_path_byte);
        if found && ends {
            self.at = end;
        }
        found && ends
    }

    fn close(&mut self, bracket: u8) -> Result<(), Error> {
        self.white_space();
        if self.byte() != Some(bracket) {
            return Err(self.invalid(&format!("{:?} is expected", char::from(bracket))));
        }
        self.at += 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(too_deep()) } else { Ok(()) }
    }

    fn alternatives(&mut self) -> Result<Filter, Error> {
        let mut terms = Terms::default();
        loop {
            match self.conjunction()? {
                Filter::Or(inner) => terms.0.extend(inner),
                term => terms.0.push(term),
            }
            if !self.keyword("or") {
                return terms.into_filter(Filter::Or).ok_or_else(|| self.invalid("a term is expected"));
            }
        }
    }

    fn conjunction(&mut self) -> Result<Filter, Error> {
        let mut terms = Terms::default();
        loop {
            match self.term()? {
                Filter::And(inner) => terms.0.extend(inner),
                term => terms.0.push(term),
            }
            if !self.keyword("and") {
                return terms.into_filter(Filter::And).ok_or_else(|| self.invalid("a term is expected"));
            }
        }
    }

    fn term(&mut self) -> Result<Filter, Error> {
        self.white_space();
        let start = self.at;
        let negated = self.keyword("not") && {
            self.white_space();
            self.byte() == Some(b'(')
        };
        if !negated {
            self.at = start;
        }
        if self.byte() != Some(b'(') {
            return self.expression();
        }
        self.deeper()?;
        let inner = self.alternatives()?;
        self.close(b')')?;
        self.depth -= 1;
        Ok(if negated { Filter::Not(Box::new(inner)) } else { inner })
    }

    fn path(&mut self) -> Result<AttrPath, Error> {
        let start = self.at;
        while self.byte().is_some_and(is_path_byte) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.invalid("an attribute is expected"));
        }
        let text = &self.text[start..self.at];
        let path =
            if self.inside { AttrPath::parse_sub_at(text, start) } else { AttrPath::parse_at(text, start) };
        let path = path.map_err(|(at, what)| self.invalid_at(at, what))?;
        if self.inside && (path.schema.is_some() || path.sub.is_some()) {
            return Err(self.invalid_at(start, "only sub-attributes may stand in brackets"));
        }
        Ok(path)
    }

    /// `path op literal`, `path pr`, `path[…]` or `path[…].sub op literal`.
    fn expression(&mut self) -> Result<Filter, Error> {
        let path = self.path()?;
        if self.byte() != Some(b'[') {
            return self.comparison(path);
        }
        if self.inside || path.sub.is_some() || path.attribute.is_empty() {
            return Err(self.invalid("brackets may follow an attribute only, and not stand in brackets"));
        }
        self.deeper()?;
        self.inside = true;
        let mut inner = self.alternatives()?;
        self.close(b']')?;
        self.depth -= 1;
        if let Some(b'.' | b':') = self.byte() {
            self.at += 1;
            let sub = self.path()?;
            let tail = self.comparison(sub)?;
            inner = match inner {
                Filter::And(mut terms) => {
                    terms.push(tail);
                    Filter::And(terms)
                }
                other => Filter::And(vec![other, tail]),
            };
        }
        self.inside = false;
        Ok(Filter::Element { path, inner: Box::new(inner) })
    }

    fn comparison(&mut self, path: AttrPath) -> Result<Filter, Error> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(Error::invalid_filter(format!("a filter has at most {TERMS_MAX} terms")));
        }
        if self.keyword("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::ALL.into_iter().find(|operator| self.keyword(operator.as_str()))
        else {
            return Err(self.invalid("an operator is expected: eq ne co sw ew pr gt ge lt le"));
        };
        if path.attribute.is_empty() {
            return Err(self.invalid("a whole extension can only be tested with pr"));
        }
        let literal = self.literal()?;
        Ok(Filter::Compare(Comparison { path, operator, literal }))
    }

    fn literal(&mut self) -> Result<Literal, Error> {
        for (word, literal) in
            [("true", Literal::Boolean(true)), ("false", Literal::Boolean(false)), ("null", Literal::Null)]
        {
            if self.keyword(word) {
                return Ok(literal);
            }
        }
        self.white_space();
        let mut reader =
            Reader::new(self.text.as_bytes(), &JsonLimits::default())?.again(&(self.at..self.at));
        let literal = match reader.peek() {
            Ok(Kind::String) => reader.string().map(|text| Literal::Text(text.into_owned())),
            Ok(Kind::Number) => reader.number().map(|(number, _)| Literal::Number(number)),
            _ => return Err(self.invalid("a value is expected; strings stand in double quotes")),
        };
        let literal = literal.map_err(|error| {
            Error::invalid_filter(format!("the filter {:?} is wrong: {}", shorten(self.text), error.detail))
        })?;
        self.at = reader.position();
        if self.byte().is_some_and(is_path_byte) {
            return Err(self.invalid("a space is expected after a value"));
        }
        Ok(literal)
    }
}

/// The terms of an `and` or an `or`.
#[derive(Default)]
struct Terms(Vec<Filter>);

impl Terms {
    /// The only term, or all of them joined; None if there is none.
    fn into_filter(mut self, join: fn(Vec<Filter>) -> Filter) -> Option<Filter> {
        if self.0.len() > 1 { Some(join(self.0)) } else { self.0.pop() }
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'$' | b'/' | b'%')
}
