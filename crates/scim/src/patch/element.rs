//! Operations on the values of a multi-valued attribute. Source: RFC 7644 §3.5.2.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Op;
use super::apply::in_order;
use crate::error::Error;
use crate::filter::{Comparison, Filter, Literal, Operator, element_matches};
use crate::resource::{
    check_removal, check_values, collapse, identity, immutable, is_blank, is_primary, read_single,
    read_value, same,
};
use crate::schema::{Attribute, Mutability};

/// The values of one attribute, taken out of their resource to be changed.
pub(super) struct Elements<'r> {
    attribute: &'r Attribute,
    place: String,
    items: Vec<Value>,
    /// The value that this operation made primary.
    preferred: Option<usize>,
}

impl<'r> Elements<'r> {
    pub(super) fn take(container: &mut Map<String, Value>, attribute: &'r Attribute, place: &str) -> Self {
        let items = match container.get_mut(&attribute.name).map(Value::take) {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) => Vec::new(),
            Some(single) => vec![single],
        };
        Self { attribute, place: place.to_owned(), items, preferred: None }
    }

    /// What is left: in order, without empty and repeated values, with at most one primary; None if nothing.
    pub(super) fn finish(mut self) -> Result<Option<Value>, Error> {
        if let Some(preferred) = self.preferred {
            for (index, item) in self.items.iter_mut().enumerate() {
                if index != preferred && is_primary(item) {
                    item["primary"] = Value::Bool(false);
                }
            }
        }
        let regular = self.items.into_iter().filter(|item| !is_blank(item)).map(|item| match item {
            Value::Object(object) => Value::Object(in_order(object, self.attribute)),
            other => other,
        });
        let regular = collapse(regular.collect());
        check_values(&regular, &self.place)?;
        Ok(if regular.is_empty() { None } else { Some(Value::Array(regular)) })
    }

    /// The whole attribute.
    pub(super) fn change(&mut self, op: Op, value: Option<&Value>) -> Result<(), Error> {
        let given = match value {
            None | Some(Value::Null) if op == Op::Add => return Ok(()),
            None | Some(Value::Null) => {
                self.items.clear();
                return Ok(());
            }
            Some(value) => match read_value(self.attribute, value.clone(), &self.place)? {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
        };
        match op {
            Op::Replace => self.items = given,
            Op::Remove => self.items.retain(|item| !given.iter().any(|listed| is_listed(item, listed))),
            Op::Add => self.append(given)?,
        }
        Ok(())
    }

    fn append(&mut self, given: Vec<Value>) -> Result<(), Error> {
        let mut places: BTreeMap<String, usize> =
            self.items.iter().enumerate().map(|(index, item)| (identity(item), index)).collect();
        for item in given {
            let index = *places.entry(identity(&item)).or_insert(self.items.len());
            if index == self.items.len() {
                self.items.push(Value::Object(Map::new()));
            }
            self.merge_into(index, item)?;
        }
        Ok(())
    }

    /// A sub-attribute of every value; of a new one if there is none.
    pub(super) fn set_sub(&mut self, op: Op, sub: &Attribute, new: Option<&Value>) -> Result<(), Error> {
        if self.items.is_empty() && new.is_some() {
            self.items.push(Value::Object(Map::new()));
        }
        (0..self.items.len()).try_for_each(|index| self.set_one(op, index, sub, new))
    }

    /// A sub-attribute of the values that match.
    pub(super) fn set_sub_where(
        &mut self,
        op: Op,
        filter: &Filter,
        sub: &Attribute,
        new: Option<&Value>,
    ) -> Result<(), Error> {
        let mut matching = self.matching(filter)?;
        if matching.is_empty() && new.is_some() {
            matching.push(self.create(filter)?);
        }
        matching.into_iter().try_for_each(|index| self.set_one(op, index, sub, new))
    }

    fn set_one(&mut self, op: Op, index: usize, sub: &Attribute, new: Option<&Value>) -> Result<(), Error> {
        match (new, &mut self.items[index]) {
            (Some(new), _) => {
                let given = Map::from_iter([(sub.name.clone(), new.clone())]);
                self.merge_into(index, Value::Object(given))
            }
            (None, Value::Object(object)) if op != Op::Add => {
                if object.contains_key(&sub.name) {
                    check_removal(sub, &format!("{}.{}", self.place, sub.name))?;
                }
                object.shift_remove(&sub.name);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    /// The values that match, whole.
    pub(super) fn change_where(
        &mut self,
        op: Op,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let mut matching = self.matching(filter)?;
        let given = match (op, value) {
            (Op::Remove, _) | (_, None) => None,
            (_, Some(value)) => self.read_one(value)?,
        };
        let Some(given) = given else {
            if op != Op::Add {
                for index in matching {
                    self.items[index] = Value::Object(Map::new());
                }
            }
            return Ok(());
        };
        if matching.is_empty() {
            matching.push(self.create(filter)?);
        } else if op == Op::Replace {
            // What the filter says of the value stays true unless the new value says otherwise.
            let kept = self.equal_terms(filter)?.unwrap_or_default();
            for index in &matching {
                let mut kept = kept.clone();
                kept.extend(self.immutable_of(*index));
                self.items[*index] = Value::Object(kept);
            }
        }
        matching.into_iter().try_for_each(|index| self.merge_into(index, given.clone()))
    }

    /// What a value keeps as long as it is there.
    fn immutable_of(&self, index: usize) -> Map<String, Value> {
        let subs = self.attribute.sub_attributes.iter();
        let immutable = subs.filter(|sub| sub.mutability == Mutability::Immutable);
        immutable
            .filter_map(|sub| Some((sub.name.clone(), self.items[index].get(&sub.name)?.clone())))
            .collect()
    }

    /// One value, also if it is the only one in an array.
    fn read_one(&self, value: &Value) -> Result<Option<Value>, Error> {
        match value {
            Value::Array(items) if items.len() > 1 => Err(Error::invalid_value(format!(
                "{}: one value is expected for values chosen by a filter",
                self.place
            ))),
            Value::Array(items) => match items.first() {
                Some(single) => read_single(self.attribute, single.clone(), &self.place),
                None => Ok(None),
            },
            single => read_single(self.attribute, single.clone(), &self.place),
        }
    }

    fn matching(&self, filter: &Filter) -> Result<Vec<usize>, Error> {
        filter.check_inside(self.attribute)?;
        let matches = |item: &Value| {
            item.as_object().is_some_and(|element| element_matches(filter, element, self.attribute))
        };
        Ok(self.items.iter().enumerate().filter(|(_, item)| matches(item)).map(|(index, _)| index).collect())
    }

    /// A new value that the filter matches.
    fn create(&mut self, filter: &Filter) -> Result<usize, Error> {
        let Some(object) = self.equal_terms(filter)? else {
            return Err(Error::no_target(format!("no value of {} matches {filter}", self.place)));
        };
        self.items.push(Value::Object(Map::new()));
        self.merge_into(self.items.len() - 1, Value::Object(object))?;
        Ok(self.items.len() - 1)
    }

    /// The sub-attributes that a filter of `eq` terms joined by `and` asks for; None for any other filter.
    fn equal_terms(&self, filter: &Filter) -> Result<Option<Map<String, Value>>, Error> {
        let mut object = Map::new();
        for term in filter.conjuncts() {
            let Filter::Compare(Comparison { path, operator: Operator::Eq, literal }) = term else {
                return Ok(None);
            };
            let Some(sub) = self.attribute.sub(&path.attribute) else { return Ok(None) };
            let value = match literal {
                Literal::Null => return Ok(None),
                Literal::Text(text) => Value::String(text.clone()),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Boolean(truth) => Value::Bool(*truth),
            };
            if let Some(value) = read_value(sub, value, &format!("{}.{}", self.attribute.name, sub.name))? {
                object.insert(sub.name.clone(), value);
            }
        }
        Ok(Some(object))
    }

    fn merge_into(&mut self, index: usize, given: Value) -> Result<(), Error> {
        if is_primary(&given) && self.preferred.replace(index).is_some_and(|other| other != index) {
            return Err(Error::invalid_value(format!("{}: at most one value may be primary", self.place)));
        }
        match (&mut self.items[index], given) {
            (Value::Object(object), Value::Object(given)) => {
                let subs = self.attribute.sub_attributes.iter();
                for sub in subs.filter(|sub| sub.mutability == Mutability::Immutable) {
                    if let (Some(old), Some(new)) = (object.get(&sub.name), given.get(&sub.name))
                        && !same(sub, old, new)
                    {
                        return Err(immutable(&format!("{}.{}", self.attribute.name, sub.name)));
                    }
                }
                object.extend(given);
            }
            (item, given) => *item = given,
        }
        Ok(())
    }
}

/// Whether a value is the one listed: the same `value`, and the same `type` if the list names one.
fn is_listed(item: &Value, listed: &Value) -> bool {
    match listed.get("value") {
        Some(value) => {
            item.get("value") == Some(value)
                && listed.get("type").is_none_or(|kind| item.get("type") == Some(kind))
        }
        None => item == listed,
    }
}
