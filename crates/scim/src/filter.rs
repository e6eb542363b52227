//! Filters: syntax tree, text form, and what a planner asks of them. Source: RFC 7644 §3.4.2.2.
//!
//! **Invariant** a filter is never nested deeper than [`DEPTH_MAX`], so that every walk over it, dropping included,
//! may recurse. `And` and `Or` are flat: neither holds one of its own kind, each holds at least two.

mod eval;
mod parse;
use std::fmt::{self, Write as _};

use serde_json::Number;

use crate::datetime;
use crate::error::Error;
use crate::path::{AttrPath, Target};
use crate::schema::{Attribute, Mutability, ResourceType, Returned, Type};

pub(crate) use eval::element_matches;
pub use eval::{is_like, matches, matches_folded};
pub(crate) use parse::parse_bracket;

/// Bytes of a filter's text.
pub const LENGTH_MAX: usize = 8 * 1024;
/// Parentheses and brackets within each other.
pub const DEPTH_MAX: usize = 32;
/// Comparisons and presence tests of one filter.
pub const TERMS_MAX: usize = 256;

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

impl Operator {
    const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The keyword.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it asks which of two values comes first.
    pub const fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A string.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// Null: no value.
    Null,
}

/// `path operator literal`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The attribute; inside brackets, the sub-attribute.
    pub path: AttrPath,
    /// The operator.
    pub operator: Operator,
    /// The literal.
    pub literal: Literal,
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// `path operator literal`.
    Compare(Comparison),
    /// `path pr`.
    Present(AttrPath),
    /// `path[inner]`: `inner` holds for one value. `path[a].sub eq "x"` is read as `path[a and sub eq "x"]`.
    Element {
        /// The multi-valued attribute.
        path: AttrPath,
        /// What one of its values must satisfy; paths in it are sub-attributes.
        inner: Box<Filter>,
    },
    /// A text made of these pieces, in this order, with any text between them: what other grammars write with `*`. The
    /// standard has no words for it; shown, it says what must hold at least.
    Like {
        /// The attribute.
        path: AttrPath,
        /// At least two.
        pieces: Vec<String>,
    },
    /// `not (…)`.
    Not(Box<Filter>),
    /// All hold.
    And(Vec<Filter>),
    /// One holds.
    Or(Vec<Filter>),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// 400 `invalidFilter` with the byte at which it is not one, or the limit it exceeds ([`LENGTH_MAX`],
    /// [`DEPTH_MAX`], [`TERMS_MAX`]).
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text)
    }

    /// Refuses what can never match because it asks for something the resource type does not have.
    ///
    /// # Errors
    /// 400 `invalidFilter` for an attribute the type does not have, for one that is never shown, for an ordering of
    /// booleans or binaries, and for a complex attribute that is compared as a whole.
    ///
    /// Source: RFC 7644 §3.4.2.2.
    pub fn check(&self, resource_type: &ResourceType) -> Result<(), Error> {
        match self {
            Self::Compare(comparison) => {
                let attribute = known(&comparison.path, resource_type)?;
                check_comparison(attribute, comparison)
            }
            Self::Present(path) => check_present(path, resource_type),
            Self::Like { path, .. } => known(path, resource_type).map(|_| ()),
            Self::Element { path, inner } => inner.check_inside(known(path, resource_type)?),
            Self::Not(inner) => inner.check(resource_type),
            Self::And(terms) | Self::Or(terms) => terms.iter().try_for_each(|term| term.check(resource_type)),
        }
    }

    /// [`Filter::check`] for what stands in the brackets after `parent`.
    pub(crate) fn check_inside(&self, parent: &Attribute) -> Result<(), Error> {
        let known = |path: &AttrPath| {
            let sub = parent.sub(&path.attribute).ok_or_else(|| {
                Error::invalid_filter(format!("{} has no sub-attribute {}", parent.name, path.attribute))
            })?;
            check_shown(sub, path).map(|()| sub)
        };
        match self {
            Self::Compare(comparison) => check_comparison(known(&comparison.path)?, comparison),
            Self::Present(path) | Self::Like { path, .. } => known(path).map(|_| ()),
            Self::Element { path, .. } => {
                Err(Error::invalid_filter(format!("{path} stands in brackets within brackets")))
            }
            Self::Not(inner) => inner.check_inside(parent),
            Self::And(terms) | Self::Or(terms) => terms.iter().try_for_each(|term| term.check_inside(parent)),
        }
    }

    /// If the filter is one comparison of the form `attribute eq "text"`, its two sides: what an index can serve.
    pub fn equality(&self) -> Option<(&AttrPath, &str)> {
        match self {
            Self::Compare(Comparison { path, operator: Operator::Eq, literal: Literal::Text(text) }) => {
                Some((path, text))
            }
            _ => None,
        }
    }

    /// What all must hold for the filter to hold: the terms of an `And`, else the filter itself.
    pub fn conjuncts(&self) -> &[Filter] {
        match self {
            Self::And(terms) => terms,
            _ => std::slice::from_ref(self),
        }
    }

    /// The parentheses and brackets within each other of the filter's text form.
    fn depth(&self) -> usize {
        match self {
            Self::Compare(_) | Self::Present(_) | Self::Like { .. } => 0,
            Self::Element { inner, .. } | Self::Not(inner) => 1 + inner.depth(),
            Self::And(terms) => {
                terms.iter().map(|t| t.depth() + usize::from(matches!(t, Self::Or(_)))).max().unwrap_or(0)
            }
            Self::Or(terms) => terms.iter().map(Self::depth).max().unwrap_or(0),
        }
    }
}

/// The attribute, or the sub-attribute, that a path names.
fn known<'r>(path: &AttrPath, resource_type: &'r ResourceType) -> Result<&'r Attribute, Error> {
    match path.target(resource_type) {
        Target::Attribute { attribute, sub, .. } => {
            [Some(attribute), sub].into_iter().flatten().try_for_each(|found| check_shown(found, path))?;
            Ok(sub.unwrap_or(attribute))
        }
        Target::Extension(_) => {
            Err(Error::invalid_filter(format!("{path} is a whole extension: it can only be tested with pr")))
        }
        _ => Err(Error::invalid_filter(format!("{} has no attribute {path}", resource_type.name))),
    }
}

/// What nobody is shown nobody may find out by asking for it piece by piece.
fn check_shown(attribute: &Attribute, path: &AttrPath) -> Result<(), Error> {
    if attribute.returned == Returned::Never || attribute.mutability == Mutability::WriteOnly {
        return Err(Error::invalid_filter(format!("{path} is never shown, so nothing is filtered by it")));
    }
    Ok(())
}

fn check_present(path: &AttrPath, resource_type: &ResourceType) -> Result<(), Error> {
    match path.target(resource_type) {
        Target::Extension(_) => Ok(()),
        _ => known(path, resource_type).map(|_| ()),
    }
}

fn check_comparison(attribute: &Attribute, comparison: &Comparison) -> Result<(), Error> {
    let Comparison { path, operator, literal } = comparison;
    let compared = match attribute.kind {
        Type::Complex => attribute.sub("value"),
        _ => Some(attribute),
    };
    match compared {
        None if *literal == Literal::Null && !operator.is_ordering() => Ok(()),
        None => Err(Error::invalid_filter(format!("{path} is complex: name one of its sub-attributes"))),
        Some(Attribute { kind: kind @ (Type::Boolean | Type::Binary), .. }) if operator.is_ordering() => {
            Err(Error::invalid_filter(format!("{path} is {}: it has no order", kind.as_str())))
        }
        Some(attribute) if can_be(attribute, *operator, literal) => Ok(()),
        Some(attribute) => {
            let kind = attribute.kind.as_str();
            Err(Error::invalid_filter(format!("{path} is {kind}: {literal} is none")))
        }
    }
}

/// Whether an attribute can have a value that the literal is compared with. A slip in a time would find nobody, for ever.
fn can_be(attribute: &Attribute, operator: Operator, literal: &Literal) -> bool {
    let is_part = matches!(operator, Operator::Co | Operator::Sw | Operator::Ew);
    match (attribute.kind, literal) {
        (Type::DateTime, Literal::Text(text)) => is_part || datetime::parse(text).is_some(),
        (Type::DateTime, Literal::Number(_))
        | (Type::Integer | Type::Decimal, Literal::Text(_))
        | (Type::DateTime | Type::Integer | Type::Decimal, Literal::Boolean(_)) => false,
        _ => true,
    }
}

impl fmt::Display for Filter {
    /// The text form. [`Filter::parse`] makes the same filter of it, but of [`Filter::Like`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(Comparison { path, operator, literal }) => {
                write!(f, "{path} {} {literal}", operator.as_str())
            }
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Element { path, inner } => write!(f, "{path}[{inner}]"),
            Self::Like { path, pieces } => {
                write!(f, "{path} pr")?;
                let held = pieces.iter().filter(|piece| !piece.is_empty());
                held.cloned().try_for_each(|piece| write!(f, " and {path} co {}", Literal::Text(piece)))
            }
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::And(terms) => join(f, terms, " and "),
            Self::Or(terms) => join(f, terms, " or "),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, terms: &[Filter], between: &str) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if matches!(term, Filter::Or(_)) {
            write!(f, "({term})")?;
        } else {
            write!(f, "{term}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Null => f.write_str("null"),
            Self::Text(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        '\0'..'\u{20}' => write!(f, "\\u{:04x}", u32::from(c))?,
                        _ => f.write_char(c)?,
                    }
                }
                f.write_char('"')
            }
        }
    }
}
