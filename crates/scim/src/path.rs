//! Attribute paths, and the paths of PATCH operations. Source: RFC 7644 §3.10, §3.5.2.

use std::fmt;

use crate::error::Error;
use crate::filter::{self, Filter};
use crate::schema::{self, Attribute, ResourceType, Schema};

/// `attribute`, `attribute.sub` or either after a schema's URN and a colon. A colon is taken in place of the dot too
/// (`name:familyName`), after the longest known URN has been cut off, because some clients write it so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The URN: in canonical spelling if it is known, else as it was given.
    pub schema: Option<String>,
    /// The attribute as it was given. Empty if the path is a known URN alone and so means the whole extension.
    pub attribute: String,
    /// The sub-attribute as it was given.
    pub sub: Option<String>,
}

/// What a path means for a resource type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A whole extension object.
    Extension(&'static Schema),
    /// An attribute, perhaps a sub-attribute of it.
    Attribute {
        extension: Option<&'static Schema>,
        attribute: &'static Attribute,
        sub: Option<&'static Attribute>,
    },
    /// Under a URN that the resource type does not know: nothing of ours.
    Foreign,
    /// Under a schema that the resource type has, but not in it.
    Unknown,
}

impl AttrPath {
    /// Reads a path.
    ///
    /// # Errors
    /// 400 `invalidPath` with the byte at which it is not one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_at(text, 0).map_err(|(at, what)| invalid(text, at, what))
    }

    /// As [`AttrPath::parse`] for a piece of a longer text that starts at `offset`; the error is offset and reason.
    pub(crate) fn parse_at(text: &str, offset: usize) -> Result<Self, (usize, &'static str)> {
        let (schema, names_at) = split_urn(text);
        let names = &text[names_at..];
        if names.is_empty() && schema.is_some() {
            return Ok(Self { schema, attribute: String::new(), sub: None });
        }
        let (attribute, sub) = match names.split_once('.').or_else(|| names.split_once(':')) {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (names, None),
        };
        check_name(attribute, false).map_err(|(at, what)| (offset + names_at + at, what))?;
        if let Some(sub) = sub {
            let sub_at = names_at + attribute.len() + 1;
            check_name(sub, true).map_err(|(at, what)| (offset + sub_at + at, what))?;
        }
        Ok(Self { schema, attribute: attribute.to_owned(), sub: sub.map(str::to_owned) })
    }

    /// What the path means for a resource type.
    pub(crate) fn target(&self, resource_type: &ResourceType) -> Target {
        let urn = self.schema.as_deref();
        if self.attribute.is_empty() {
            return match urn.and_then(|urn| resource_type.extension(urn)) {
                Some(extension) => Target::Extension(extension),
                None => Target::Foreign,
            };
        }
        if let Some(urn) = urn
            && !urn.eq_ignore_ascii_case(resource_type.schema.id)
            && resource_type.extension(urn).is_none()
        {
            return Target::Foreign;
        }
        let Some(located) = resource_type.locate(urn, &self.attribute) else { return Target::Unknown };
        let sub = match &self.sub {
            None => None,
            Some(name) => match located.attribute.sub(name) {
                None => return Target::Unknown,
                found => found,
            },
        };
        Target::Attribute { extension: located.extension, attribute: located.attribute, sub }
    }

    /// One spelling for every way to say the same, by which a planner can look the attribute up: `userName`,
    /// `meta.lastModified`, `urn:…:enterprise:2.0:User:manager.value`. A multi-valued attribute that has a
    /// sub-attribute `value` and is named alone means that: `emails` is `emails.value`. None if the resource type has
    /// no such attribute, or if the path is a whole extension.
    ///
    /// Source: RFC 7644 §3.4.2.2, §3.10.
    pub fn canonical(&self, resource_type: &ResourceType) -> Option<String> {
        match self.target(resource_type) {
            Target::Attribute { extension, attribute, sub } => {
                let sub = sub.or_else(|| attribute.multi_valued.then(|| attribute.sub("value")).flatten());
                Some(canonical_name(extension, attribute, sub))
            }
            _ => None,
        }
    }
}

/// The canonical spelling of an attribute.
pub(crate) fn canonical_name(
    extension: Option<&Schema>,
    attribute: &Attribute,
    sub: Option<&Attribute>,
) -> String {
    let mut name = String::new();
    if let Some(extension) = extension {
        name.push_str(extension.id);
        name.push(':');
    }
    name.push_str(attribute.name);
    if let Some(sub) = sub {
        name.push('.');
        name.push_str(sub.name);
    }
    name
}

/// Cuts the URN off: its text, and where the names start.
fn split_urn(text: &str) -> (Option<String>, usize) {
    let is_prefix = |id: &str| {
        let found = text.get(..id.len()).is_some_and(|head| head.eq_ignore_ascii_case(id));
        found && matches!(text.as_bytes().get(id.len()), None | Some(b':'))
    };
    let known = schema::SCHEMAS.iter().map(|schema| schema.id).filter(|id| is_prefix(id));
    if let Some(id) = known.max_by_key(|id| id.len()) {
        return (Some(id.to_owned()), (id.len() + 1).min(text.len()));
    }
    let is_urn = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:"));
    match text.rfind(':') {
        Some(colon) if is_urn => (Some(text[..colon].to_owned()), colon + 1),
        _ => (None, 0),
    }
}

/// `ALPHA *("-" / "_" / DIGIT / ALPHA)`; a sub-attribute may start with `$`.
fn check_name(name: &str, is_sub: bool) -> Result<(), (usize, &'static str)> {
    let rest = if is_sub { name.strip_prefix('$').unwrap_or(name) } else { name };
    let skipped = name.len() - rest.len();
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err((skipped, "a name must start with a letter"));
    }
    match rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
        Some(at) => Err((skipped + at, "this does not belong into a name")),
        None => Ok(()),
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            f.write_str(schema)?;
            if !self.attribute.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.attribute)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// The path of a PATCH operation: `attrPath` or `attribute[filter]` or `attribute[filter].sub`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The attribute; its `sub` is the one after the bracket, if there is a bracket.
    pub attribute: AttrPath,
    /// Which values of the attribute are meant; names in it are sub-attributes.
    pub filter: Option<Filter>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// 400 `invalidPath` with the byte at which it is not one; 400 `invalidFilter` for what stands in the brackets.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() > filter::LENGTH_MAX {
            return Err(Error::invalid_path(format!("a path has at most {} bytes", filter::LENGTH_MAX)));
        }
        let Some(bracket) = text.find('[') else {
            return Ok(Self { attribute: AttrPath::parse(text)?, filter: None });
        };
        let mut attribute =
            AttrPath::parse_at(&text[..bracket], 0).map_err(|(at, what)| invalid(text, at, what))?;
        if attribute.sub.is_some() || attribute.attribute.is_empty() {
            return Err(invalid(
                text,
                bracket,
                "brackets follow an attribute, not a sub-attribute or a schema",
            ));
        }
        let (filter, end) = filter::parse_bracket(text, bracket + 1)?;
        let rest = &text[end..];
        if !rest.is_empty() {
            let Some(sub) = rest.strip_prefix(['.', ':']) else {
                return Err(invalid(text, end, "only a dot and a sub-attribute may follow the brackets"));
            };
            check_name(sub, true).map_err(|(at, what)| invalid(text, end + 1 + at, what))?;
            attribute.sub = Some(sub.to_owned());
        }
        Ok(Self { attribute, filter: Some(filter) })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(filter) = &self.filter else { return self.attribute.fmt(f) };
        let head = AttrPath { sub: None, ..self.attribute.clone() };
        write!(f, "{head}[{filter}]")?;
        match &self.attribute.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

fn invalid(text: &str, at: usize, what: &str) -> Error {
    Error::invalid_path(format!("the path {:?} is wrong at byte {at}: {what}", shorten(text)))
}

/// The first 80 characters, so that a detail stays readable.
pub(crate) fn shorten(text: &str) -> &str {
    text.char_indices().nth(80).map_or(text, |(end, _)| &text[..end])
}
