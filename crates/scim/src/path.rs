//! Attribute paths, and the paths of PATCH operations. Source: RFC 7644 §3.10, §3.5.2.

use std::fmt;

use crate::error::Error;
use crate::filter::{self, Filter};
use crate::schema::{Attribute, Located, ResourceType, Schema, within};

/// `attribute`, `attribute.sub` or either after a schema's URN and a colon. A colon is taken in place of the dot too
/// (`name:familyName`), because some clients write it so.
///
/// Where a URN ends cannot be told from the text alone: `urn:a:b:c` may be a schema, or the attribute `c` of one. The
/// fields hold the split at the last colon; what is meant, each resource type says for itself, by the longest URN of
/// its own schemas that the text starts with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The URN as it was given, up to the last colon.
    pub schema: Option<String>,
    /// The attribute as it was given. Empty if what follows the last colon is no name, so that the path can only be a
    /// URN.
    pub attribute: String,
    /// The sub-attribute as it was given.
    pub sub: Option<String>,
}

/// What a path means for a resource type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'r> {
    /// A whole extension object.
    Extension(&'r Schema),
    /// An attribute, perhaps a sub-attribute of it.
    Attribute { extension: Option<&'r Schema>, attribute: &'r Attribute, sub: Option<&'r Attribute> },
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
        let (schema, names_at) = split_urn(text).map_err(|at| (offset + at, NOT_IN_A_URN))?;
        let names = &text[names_at..];
        if names.is_empty() && schema.is_some() {
            return Ok(Self { schema, attribute: String::new(), sub: None });
        }
        let (attribute, sub) = match names.split_once('.').or_else(|| names.split_once(':')) {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (names, None),
        };
        let may_be_sub = schema.is_some() && sub.is_none();
        check_name(attribute, may_be_sub).map_err(|(at, what)| (offset + names_at + at, what))?;
        if let Some(sub) = sub {
            let sub_at = names_at + attribute.len() + 1;
            check_name(sub, true).map_err(|(at, what)| (offset + sub_at + at, what))?;
        }
        Ok(Self { schema, attribute: attribute.to_owned(), sub: sub.map(str::to_owned) })
    }

    /// As [`AttrPath::parse_at`] for a name in brackets: that of a sub-attribute, such as `$ref`.
    pub(crate) fn parse_sub_at(text: &str, offset: usize) -> Result<Self, (usize, &'static str)> {
        if text.starts_with('$') {
            check_name(text, true).map_err(|(at, what)| (offset + at, what))?;
            return Ok(Self { schema: None, attribute: text.to_owned(), sub: None });
        }
        Self::parse_at(text, offset)
    }

    /// What the path means for a resource type.
    pub(crate) fn target<'r>(&self, resource_type: &'r ResourceType) -> Target<'r> {
        let Some(text) = &self.schema else {
            return target_of(resource_type.locate(None, &self.attribute), self.sub.as_deref());
        };
        let core = (&*resource_type.schema, None);
        let extensions = resource_type.extension_schemas().map(|schema| (schema, Some(schema)));
        let known = std::iter::once(core).chain(extensions);
        let fitting =
            known.filter_map(|(schema, extension)| Some((schema, extension, self.after(text, &schema.id)?)));
        match fitting.max_by_key(|(schema, ..)| schema.id.len()) {
            None | Some((_, None, Names::Nothing)) => Target::Foreign,
            Some((_, Some(extension), Names::Nothing)) => Target::Extension(extension),
            Some((_, extension, Names::Attribute(name, sub))) => {
                let located = match extension {
                    Some(extension) => within(extension, name),
                    None => resource_type.core(name),
                };
                target_of(located, sub)
            }
            Some((.., Names::TooMany)) => Target::Unknown,
        }
    }

    /// What stands after a schema's URN; None if the path does not start with it. `text` is the path's own `schema`.
    fn after<'p>(&'p self, text: &'p str, urn: &str) -> Option<Names<'p>> {
        let sub = self.sub.as_deref();
        if text.len() < urn.len() {
            // The last name belongs to the URN.
            let tail = urn.get(text.len()..)?.strip_prefix(':')?;
            let (name, rest) = tail.split_once('.').map_or((tail, None), |(name, rest)| (name, Some(rest)));
            let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
                (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                (None, None) => true,
                _ => false,
            };
            let whole = urn[..text.len()].eq_ignore_ascii_case(text)
                && self.attribute.eq_ignore_ascii_case(name)
                && same(sub, rest);
            return whole.then_some(Names::Nothing);
        }
        let (head, tail) = (text.get(..urn.len())?, &text[urn.len()..]);
        if !head.eq_ignore_ascii_case(urn) {
            return None;
        }
        if tail.is_empty() {
            return Some(match self.attribute.as_str() {
                "" => Names::Nothing,
                name => Names::Attribute(name, sub),
            });
        }
        let name = tail.strip_prefix(':')?;
        Some(match sub {
            None if !name.contains([':', '.']) && !self.attribute.is_empty() => {
                Names::Attribute(name, Some(&self.attribute))
            }
            _ => Names::TooMany,
        })
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

fn target_of<'r>(located: Option<Located<'r>>, sub: Option<&str>) -> Target<'r> {
    let Some(Located { extension, attribute }) = located else { return Target::Unknown };
    match sub.map(|name| attribute.sub(name)) {
        Some(None) => Target::Unknown,
        sub => Target::Attribute { extension, attribute, sub: sub.flatten() },
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
        name.push_str(&extension.id);
        name.push(':');
    }
    name.push_str(&attribute.name);
    if let Some(sub) = sub {
        name.push('.');
        name.push_str(&sub.name);
    }
    name
}

const NOT_IN_A_URN: &str = "this does not belong into a URN";

/// What stands after a URN in a path.
enum Names<'p> {
    Nothing,
    Attribute(&'p str, Option<&'p str>),
    TooMany,
}

/// Cuts the URN off at the last colon, or takes the whole text for it if no name follows: its text, and where the
/// names start. The error is the byte that no URN has.
fn split_urn(text: &str) -> Result<(Option<String>, usize), usize> {
    if !text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:")) {
        return Ok((None, 0));
    }
    if let Some(at) = text.bytes().position(|byte| !(is_urn_byte(byte) || byte == b'$')) {
        return Err(at);
    }
    let text = text.strip_suffix(':').unwrap_or(text);
    let colon = text.rfind(':').unwrap_or(text.len());
    let names = text.get(colon + 1..).unwrap_or_default();
    let (attribute, sub) = names.split_once('.').map_or((names, None), |(name, sub)| (name, Some(sub)));
    let is_named =
        check_name(attribute, sub.is_none()).is_ok() && sub.is_none_or(|sub| check_name(sub, true).is_ok());
    if is_named {
        Ok((Some(text[..colon].to_owned()), colon + 1))
    } else {
        Ok((Some(text.to_owned()), text.len()))
    }
}

/// What the URN of a schema consists of.
pub(crate) const fn is_urn_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'.' | b'_' | b'/' | b'%')
}

/// `ALPHA *("-" / "_" / DIGIT / ALPHA)`; a sub-attribute may start with `$`.
pub(crate) fn check_name(name: &str, is_sub: bool) -> Result<(), (usize, &'static str)> {
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
