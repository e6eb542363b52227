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
            let located = resource_type.locate(Some(resource_type.schema.id), name);
            located.is_none_or(|located| view.keeps(None, located.attribute, value))
        });
    }

    /// Whether a core attribute that is returned by default, such as `members` or `groups`, would be shown: if not,
    /// it need not be fetched.
    pub fn wants(&self, name: &str) -> bool {
        let core = |path: &AttrPath| match &path.schema {
            None => true,
            Some(urn) => crate::schema::RESOURCE_TYPES.iter().any(|found| found.schema.id == urn),
        };
        let names = |path: &AttrPath| core(path) && path.attribute.eq_ignore_ascii_case(name);
        match &self.attributes {
            Some(paths) => paths.iter().any(names),
            None => !self.excluded.iter().any(|path| path.sub.is_none() && names(path)),
        }
    }
}

fn read_list(list: Option<&str>) -> Result<Vec<AttrPath>, Error> {
    let names = list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(AttrPath::parse).collect()
}

fn targets(paths: &[AttrPath], resource_type: &ResourceType) -> Vec<Target> {
    paths.iter().map(|path| path.target(resource_type)).collect()
}

/// A projection as one resource type understands it.
struct View {
    included: Option<Vec<Target>>,
    excluded: Vec<Target>,
}

/// How much of an attribute a list names.
enum Named {
    Whole,
    Subs(Vec<&'static str>),
    Not,
}

impl View {
    /// Whether an attribute stays; takes sub-attributes out of it that do not.
    fn keeps(&self, extension: Option<&Schema>, attribute: &'static Attribute, value: &mut Value) -> bool {
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

fn named(list: &[Target], extension: Option<&Schema>, attribute: &Attribute) -> Named {
    let urn = extension.map(|schema| schema.id);
    let mut subs = Vec::new();
    for target in list {
        match target {
            Target::Extension(schema) if Some(schema.id) == urn => return Named::Whole,
            Target::Attribute { extension, attribute: found, sub }
                if found.name == attribute.name && extension.map(|schema| schema.id) == urn =>
            {
                match sub {
                    Some(sub) => subs.push(sub.name),
                    None => return Named::Whole,
                }
            }
            _ => {}
        }
    }
    if subs.is_empty() { Named::Not } else { Named::Subs(subs) }
}

/// Takes sub-attributes out; false if nothing is left.
fn keep_subs(value: &mut Value, attribute: &'static Attribute, keep: impl Fn(&str) -> bool) -> bool {
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
