//! Which attributes an answer shows. Source: RFC 7644 §3.9, RFC 7643 §2.2 (`returned`).

mod supplied;

use serde_json::{Map, Value};

pub use supplied::Supplied;

use crate::error::Error;
use crate::path::{AttrPath, Target};
use crate::schema::{Attribute, ResourceType, Returned, Schema};

/// What the client asked to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection {
    /// Only these, and what is always returned; None: all that is returned by default.
    attributes: Option<Vec<AttrPath>>,
    /// Not these, unless they are always returned.
    excluded: Vec<AttrPath>,
    /// In the answer to a write: what the client gave of that which is else only shown on request.
    supplied: Supplied,
}

impl Projection {
    /// Reads `attributes` and `excludedAttributes`: names joined by commas. A parameter without any name counts as
    /// not given.
    ///
    /// # Errors
    /// 400 `invalidValue` if both are given; 400 `invalidPath` for what is no attribute path. Names that no resource
    /// has are no error.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, Error> {
        let attributes = read_list(attributes)?;
        let excluded = read_list(excluded)?;
        if !attributes.is_empty() && !excluded.is_empty() {
            return Err(Error::invalid_value("attributes and excludedAttributes cannot go together"));
        }
        let attributes = if attributes.is_empty() { None } else { Some(attributes) };
        Ok(Self { attributes, excluded, supplied: Supplied::default() })
    }

    /// The same for the answer to a write, which also shows what the client gave. Source: RFC 7643 §7 (`returned`).
    #[must_use]
    pub fn with_supplied(self, supplied: Supplied) -> Self {
        Self { supplied, ..self }
    }

    /// Takes out of a normalised resource what is not to be shown.
    pub fn apply(&self, resource: &mut Map<String, Value>, resource_type: &ResourceType) {
        let view = View {
            included: self.attributes.as_ref().map(|paths| targets(paths, resource_type)),
            excluded: targets(&self.excluded, resource_type),
            supplied: &self.supplied,
        };
        resource.retain(|name, value| {
            if let Some(extension) = resource_type.extension(name) {
                let Value::Object(object) = value else { return true };
                object.retain(|name, value| {
                    extension
                        .attribute(name)
                        .is_none_or(|attribute| view.keeps(Some(extension), attribute, value))
                });
                return !object.is_empty();
            }
            let located = resource_type.core(name);
            located.is_none_or(|located| view.keeps(None, located.attribute, value))
        });
    }

    /// Whether nothing is left out of what is returned by default but, at most, this core attribute as a whole.
    pub fn leaves_out_at_most(&self, name: &str, resource_type: &ResourceType) -> bool {
        let is_named = |path: &AttrPath| match path.target(resource_type) {
            Target::Attribute { extension: None, attribute, sub: None } => attribute.name == name,
            _ => false,
        };
        self.attributes.is_none() && self.excluded.iter().all(is_named)
    }

    /// Whether a core attribute that is returned by default, such as `members` or `groups`, would be shown: if not,
    /// it need not be fetched.
    pub fn wants(&self, name: &str, resource_type: &ResourceType) -> bool {
        let named = |paths: &[AttrPath], whole: bool| {
            paths.iter().any(|path| match path.target(resource_type) {
                Target::Attribute { extension: None, attribute, sub } => {
                    attribute.name == name && !(whole && sub.is_some())
                }
                _ => false,
            })
        };
        match &self.attributes {
            Some(paths) => named(paths, false),
            None => !named(&self.excluded, true),
        }
    }
}

fn read_list(list: Option<&str>) -> Result<Vec<AttrPath>, Error> {
    let names = list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(AttrPath::parse).collect()
}

fn targets<'r>(paths: &[AttrPath], resource_type: &'r ResourceType) -> Vec<Target<'r>> {
    paths.iter().map(|path| path.target(resource_type)).collect()
}

/// A projection as one resource type understands it.
struct View<'r> {
    included: Option<Vec<Target<'r>>>,
    excluded: Vec<Target<'r>>,
    supplied: &'r Supplied,
}

/// How much of an attribute a list names.
struct Named<'r> {
    whole: bool,
    subs: Vec<&'r str>,
}

impl View<'_> {
    /// Whether an attribute stays; takes sub-attributes out of it that do not.
    fn keeps(&self, extension: Option<&Schema>, attribute: &Attribute, value: &mut Value) -> bool {
        let included = self.included.as_ref().map(|list| Named::of(list, extension, attribute));
        let excluded = Named::of(&self.excluded, extension, attribute);
        let supplied = |sub: Option<&Attribute>| self.supplied.has(extension, attribute, sub);
        let asked = included.as_ref().map(|named| named.whole || !named.subs.is_empty());
        if !is_shown(attribute.returned, asked, excluded.whole, supplied(None)) {
            return false;
        }
        keep_subs(value, |name| {
            let sub = attribute.sub(name);
            let returned = sub.map_or(Returned::Default, |sub| sub.returned);
            let asked = included.as_ref().and_then(|named| named.asks(name));
            is_shown(returned, asked, excluded.subs.contains(&name), supplied(sub))
        })
    }
}

/// Whether something is shown that is returned so. `asked`: whether it is among `attributes`; None: they do not say.
fn is_shown(returned: Returned, asked: Option<bool>, excluded: bool, supplied: bool) -> bool {
    match returned {
        Returned::Always => true,
        Returned::Never => false,
        Returned::Default => asked != Some(false) && !excluded,
        Returned::Request => (asked == Some(true) || supplied) && !excluded,
    }
}

impl<'r> Named<'r> {
    fn of(list: &[Target<'r>], extension: Option<&Schema>, attribute: &Attribute) -> Self {
        let urn = extension.map(|schema| &schema.id);
        let mut all = Self { whole: false, subs: Vec::new() };
        for target in list {
            match target {
                Target::Extension(schema) if Some(&schema.id) == urn => all.whole = true,
                Target::Attribute { extension, attribute: found, sub }
                    if found.name == attribute.name && extension.map(|schema| &schema.id) == urn =>
                {
                    match sub {
                        Some(sub) => all.subs.push(&sub.name),
                        None => all.whole = true,
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Whether a sub-attribute is asked for; None if it comes with the whole.
    fn asks(&self, sub: &str) -> Option<bool> {
        match self.subs.contains(&sub) {
            false if self.whole || self.subs.is_empty() => None,
            named => Some(named),
        }
    }
}

/// Takes sub-attributes out; false if nothing is left.
fn keep_subs(value: &mut Value, keep: impl Fn(&str) -> bool) -> bool {
    let shrink = |value: &mut Value| match value {
        Value::Object(object) => {
            object.retain(|name, _| keep(name));
            !object.is_empty()
        }
        _ => true,
    };
    match value {
        Value::Array(items) => {
            items.retain_mut(shrink);
            !items.is_empty()
        }
        single => shrink(single),
    }
}
