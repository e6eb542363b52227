//! Applying operations to a resource. Source: RFC 7644 §3.5.2.1–3.5.2.3.

use serde_json::{Map, Value};

use super::element::Elements;
use super::{Op, Operation};
use crate::error::Error;
use crate::filter::Filter;
use crate::path::{AttrPath, Path, Target, canonical_name};
use crate::resource::{
    arrange, check_immutable, check_removal, check_still_required, read_value, take_password,
};
use crate::schema::{Attribute, Mutability, ResourceType, Schema, Type};

/// What a PATCH made of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Patched {
    /// The resource as it is now, normalised.
    pub attributes: Map<String, Value>,
    /// Whether anything but the password differs from before: if not, version and `lastModified` stay.
    pub changed: bool,
    /// The password of a user that was set, in clear text; it is not among the attributes.
    pub password: Option<String>,
}

/// Applies operations to a resource, in order; all of them or, on error, none. The members of a group are not changed
/// here: see [`crate::group_write`].
///
/// Beyond the RFC's letter:
/// * without path, the names in `value` are paths themselves (`name.givenName`, a URN and an attribute); read-only and
///   unknown ones are passed over. With a path a read-only one is refused. What lies under a URN that the type does
///   not know is passed over in both;
/// * `attribute[filter]` that matches nothing is made by `add`, and by `replace` too, as long as the filter is `eq`
///   terms joined by `and`: they become part of the new value. Any other filter without match is `noTarget`;
/// * `remove` of a multi-valued attribute with a list of values removes those;
/// * `null` and `[]` unassign under `replace` and do nothing under `add`.
///
/// # Errors
/// 400 `invalidPath`, `mutability`, `noTarget`, `invalidFilter` or `invalidValue`, naming the attribute.
pub fn apply(
    resource: &Map<String, Value>,
    operations: &[Operation],
    resource_type: &ResourceType,
) -> Result<Patched, Error> {
    let mut work = Work { resource: resource.clone(), resource_type };
    for operation in operations {
        work.operation(operation)?;
    }
    let password = if resource_type.is_user() { take_password(&mut work.resource) } else { None };
    let attributes = arrange(work.resource, resource_type);
    let before = arrange(resource.clone(), resource_type);
    let changed = attributes != before;
    if changed {
        check_immutable(&before, &attributes, resource_type)?;
        check_still_required(&before, &attributes, resource_type)?;
    }
    Ok(Patched { attributes, changed, password })
}

/// The copy that operations work on.
struct Work<'r> {
    resource: Map<String, Value>,
    resource_type: &'r ResourceType,
}

/// Where an operation works and what it brings.
struct Change<'a> {
    op: Op,
    attribute: &'a Attribute,
    sub: Option<&'a Attribute>,
    filter: Option<&'a Filter>,
    value: Option<&'a Value>,
    /// The canonical name, for details.
    place: String,
}

impl Work<'_> {
    fn operation(&mut self, operation: &Operation) -> Result<(), Error> {
        match (&operation.path, &operation.value) {
            (Some(path), value) => self.at(operation.op, path, value.as_ref(), true),
            (None, Some(Value::Object(values))) => self.names(operation.op, values),
            _ => Err(Error::invalid_value("without a path, value must be an object")),
        }
    }

    /// An object whose names are paths.
    fn names(&mut self, op: Op, values: &Map<String, Value>) -> Result<(), Error> {
        for (name, value) in values {
            match Path::parse(name) {
                Ok(path) => self.at(op, &path, Some(value), false)?,
                Err(error) if name.contains('[') => return Err(error),
                // Not a name at all, so nobody's attribute.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// `explicit`: the path is the operation's own, not a name in its value.
    fn at(&mut self, op: Op, path: &Path, value: Option<&Value>, explicit: bool) -> Result<(), Error> {
        if path.filter.is_none()
            && path.attribute.to_string().eq_ignore_ascii_case(&self.resource_type.schema.id)
        {
            // The core schema as a whole: its attributes are those of the resource.
            return match value {
                Some(Value::Object(values)) if op != Op::Remove => self.names(op, values),
                _ => Err(Error::invalid_path(format!("{} takes an object of attributes", path.attribute))),
            };
        }
        match path.attribute.target(self.resource_type) {
            Target::Unknown if explicit => Err(Error::invalid_path(format!(
                "{} has no attribute {}",
                self.resource_type.name, path.attribute
            ))),
            Target::Foreign | Target::Unknown => Ok(()),
            Target::Extension(schema) => self.extension(op, schema, value),
            Target::Attribute { attribute, .. } if attribute.name == "schemas" => Ok(()),
            Target::Attribute { extension, attribute, sub } => {
                let place = canonical_name(extension, attribute, sub);
                if [Some(attribute), sub].into_iter().flatten().any(|a| a.mutability == Mutability::ReadOnly)
                {
                    let refusal = Error::mutability(format!("{place} is read-only"));
                    return if explicit { Err(refusal) } else { Ok(()) };
                }
                let filter = path.filter.as_ref();
                if filter.is_some() && sub.is_some() && path.attribute.sub.is_none() {
                    return Err(Error::invalid_path(format!("brackets follow an attribute, not {place}")));
                }
                self.change(extension, &Change { op, attribute, sub, filter, value, place })
            }
        }
    }

    /// A whole extension: its names one by one.
    fn extension(&mut self, op: Op, schema: &Schema, value: Option<&Value>) -> Result<(), Error> {
        match (op, value) {
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) => {
                self.resource.shift_remove(&schema.id);
                Ok(())
            }
            (Op::Add, Some(Value::Null)) => Ok(()),
            (_, Some(Value::Object(values))) => {
                for (name, value) in values {
                    let Ok(names @ AttrPath { schema: None, .. }) = AttrPath::parse(name) else { continue };
                    let attribute = AttrPath { schema: Some(schema.id.clone()), ..names };
                    self.at(op, &Path { attribute, filter: None }, Some(value), false)?;
                }
                Ok(())
            }
            _ => Err(Error::invalid_value(format!("{} must be an object", schema.id))),
        }
    }

    /// Lets the change work on the object that holds its attribute: the resource or an extension's.
    fn change(&mut self, extension: Option<&Schema>, change: &Change<'_>) -> Result<(), Error> {
        let Some(schema) = extension else { return change.apply(&mut self.resource) };
        let mut object = match self.resource.shift_remove(&schema.id) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        change.apply(&mut object)?;
        self.resource.insert(schema.id.clone(), Value::Object(object));
        Ok(())
    }
}

impl Change<'_> {
    fn apply(&self, container: &mut Map<String, Value>) -> Result<(), Error> {
        if self.attribute.multi_valued {
            let mut elements = Elements::take(container, self.attribute, &self.place);
            self.apply_to(&mut elements)?;
            let left = elements.finish()?;
            return self.put(container, left);
        }
        if self.filter.is_some() {
            let name = &self.attribute.name;
            return Err(Error::invalid_path(format!("{name} has one value: no brackets may follow it")));
        }
        match self.sub {
            Some(sub) => self.apply_to_sub(container, sub),
            None => self.apply_to_single(container),
        }
    }

    fn apply_to_single(&self, container: &mut Map<String, Value>) -> Result<(), Error> {
        let value = match (self.op, self.value) {
            (Op::Remove, _) | (_, None) => return self.put(container, None),
            (_, Some(value)) => value,
        };
        let merges = self.attribute.kind == Type::Complex && value.is_object();
        let Some(new) = read_value(self.attribute, value.clone(), &self.place)? else {
            // null, [] and "" unassign; an object may still unassign some of its names.
            return match self.op {
                _ if merges => self.merge(container, Map::new(), value),
                Op::Replace => self.put(container, None),
                _ => Ok(()),
            };
        };
        match new {
            Value::Object(new) if merges => self.merge(container, new, value),
            new => self.put(container, Some(new)),
        }
    }

    /// Sets the sub-attributes that are given, unassigns those given as null, leaves the others.
    fn merge(
        &self,
        container: &mut Map<String, Value>,
        new: Map<String, Value>,
        given: &Value,
    ) -> Result<(), Error> {
        let mut object = object_of(container, self.attribute);
        if self.op == Op::Replace {
            let nulls = given.as_object().into_iter().flatten().filter(|(_, value)| value.is_null());
            for sub in nulls.filter_map(|(name, _)| self.attribute.sub(name)) {
                object.shift_remove(&sub.name);
            }
        }
        forget_reference(&mut object, &new);
        object.extend(new);
        self.put_object(container, object)
    }

    fn apply_to_sub(&self, container: &mut Map<String, Value>, sub: &Attribute) -> Result<(), Error> {
        let mut object = object_of(container, self.attribute);
        match self.new_sub(sub)? {
            Some(new) => {
                let new = Map::from_iter([(sub.name.clone(), new)]);
                forget_reference(&mut object, &new);
                object.extend(new);
            }
            None if self.op == Op::Add || !object.contains_key(&sub.name) => {}
            None => {
                check_removal(sub, &self.place)?;
                object.shift_remove(&sub.name);
            }
        }
        self.put_object(container, object)
    }

    /// The new value of the sub-attribute; None if it is to be unassigned.
    fn new_sub(&self, sub: &Attribute) -> Result<Option<Value>, Error> {
        match (self.op, self.value) {
            (Op::Remove, _) | (_, None) => Ok(None),
            (_, Some(value)) => read_value(sub, value.clone(), &self.place),
        }
    }

    fn put_object(
        &self,
        container: &mut Map<String, Value>,
        object: Map<String, Value>,
    ) -> Result<(), Error> {
        let object = in_order(object, self.attribute);
        self.put(container, if object.is_empty() { None } else { Some(Value::Object(object)) })
    }

    fn put(&self, container: &mut Map<String, Value>, value: Option<Value>) -> Result<(), Error> {
        match value {
            Some(value) if self.attribute.required && value == "" => {
                Err(Error::invalid_value(format!("{} must not be empty", self.place)))
            }
            Some(value) => {
                container.insert(self.attribute.name.clone(), value);
                Ok(())
            }
            None => {
                if self.attribute.required {
                    check_removal(self.attribute, &self.place)?;
                }
                container.shift_remove(&self.attribute.name);
                Ok(())
            }
        }
    }

    fn apply_to(&self, elements: &mut Elements<'_>) -> Result<(), Error> {
        match (self.filter, self.sub) {
            (Some(filter), Some(sub)) => {
                let new = self.new_sub(sub)?;
                elements.set_sub_where(self.op, filter, sub, new.as_ref())
            }
            (Some(filter), None) => elements.change_where(self.op, filter, self.value),
            (None, Some(sub)) => {
                let new = self.new_sub(sub)?;
                elements.set_sub(self.op, sub, new.as_ref())
            }
            (None, None) => elements.change(self.op, self.value),
        }
    }
}

/// The complex value there is, or an empty one.
fn object_of(container: &Map<String, Value>, attribute: &Attribute) -> Map<String, Value> {
    container.get(&attribute.name).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// A `$ref` and a `displayName` that were given with another `value` are no longer true.
fn forget_reference(object: &mut Map<String, Value>, new: &Map<String, Value>) {
    if new.contains_key("value") && new.get("value") != object.get("value") {
        object.shift_remove("$ref");
        object.shift_remove("displayName");
    }
}

/// The sub-attributes in schema order.
pub(super) fn in_order(mut object: Map<String, Value>, attribute: &Attribute) -> Map<String, Value> {
    let mut ordered = Map::new();
    for sub in &attribute.sub_attributes {
        ordered.extend(object.shift_remove_entry(&sub.name));
    }
    ordered.extend(object);
    ordered
}
