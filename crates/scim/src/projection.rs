//! Which attributes an answer shows. Source: RFC 7644 §3.9, RFC 7643 §2.2 (`returned`).

use serde_json::{Map, Value};

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
        Ok(Self { attributes: if attributes.is_empty() { None } else { Some(attributes) }, excluded })
    }

    /// Takes out of a normalised resource what is not to be shown.
    pub fn apply(&self, resource: &mut Map<String, Value>, resource_type: &ResourceType) {
        let view = View {
            included: self.attributes.as_ref().map(|paths| targets(paths, resource_type)),
            excluded: targets(&self.excluded, resource_type),
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
}

/// How much of an attribute a list names.
enum Named<'r> {
    Whole,
    Subs(Vec<&'r str>),
    Not,
}

impl View<'_> {
    /// Whether an attribute stays; takes sub-attributes out of it that do not.
    fn keeps(&self, extension: Option<&Schema>, attribute: &Attribute, value: &mut Value) -> bool {
        match attribute.returned {
            Returned::Always => return true,
            Returned::Never => return false,
            Returned::Default | Returned::Request => {}
        }
        match &self.included {
            Some(included) => match named(included, extension, attribute) {
                Named::Whole => true,
                Named::Subs(subs) => keep_subs(value, attribute, |name| subs.contains(&name)),
                Named::Not => false,
            },
            None if attribute.returned == Returned::Request => false,
            None => match named(&self.excluded, extension, attribute) {
                Named::Whole => false,
                Named::Subs(subs) => keep_subs(value, attribute, |name| !subs.contains(&name)),
                Named::Not => true,
            },
        }
    }
}

fn named<'r>(list: &[Target<'r>], extension: Option<&Schema>, attribute: &Attribute) -> Named<'r> {
    let urn = extension.map(|schema| &schema.id);
    let mut subs = Vec::new();
    for target in list {
        match target {
            Target::Extension(schema) if Some(&schema.id) == urn => return Named::Whole,
            Target::Attribute { extension, attribute: found, sub }
                if found.name == attribute.name && extension.map(|schema| &schema.id) == urn =>
            {
                match sub {
                    Some(sub) => subs.push(sub.name.as_str()),
                    None => return Named::Whole,
                }
            }
            _ => {}
        }
    }
    if subs.is_empty() { Named::Not } else { Named::Subs(subs) }
}

/// Takes sub-attributes out; false if nothing is left.
fn keep_subs(value: &mut Value, attribute: &Attribute, keep: impl Fn(&str) -> bool) -> bool {
    let always = |name: &str| attribute.sub(name).is_some_and(|sub| sub.returned == Returned::Always);
    let shrink = |value: &mut Value| match value {
        Value::Object(object) => {
            object.retain(|name, _| keep(name) || always(name));
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
