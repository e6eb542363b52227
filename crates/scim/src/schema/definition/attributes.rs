//! The attributes of a schema document. Source: RFC 7643 §2.2, §2.3, §7.

use serde_json::Value;

use super::DefinitionError;
use super::fields::Fields;
use crate::schema::attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
use crate::schema::limits::{ATTRIBUTES_MAX, NAME_BYTES_MAX, SUB_ATTRIBUTES_MAX, TEXT_BYTES_MAX};
use crate::schema::{COMMON, find};

/// Reads `attributes` of a schema.
pub(super) fn read_all(schema: &mut Fields) -> Result<Vec<Attribute>, DefinitionError> {
    let items = schema.list("attributes", ATTRIBUTES_MAX)?;
    if items.is_empty() {
        return Err(schema.error("attributes must list at least one attribute"));
    }
    let mut attributes: Vec<Attribute> = Vec::with_capacity(items.len());
    for item in items {
        let place = format!("{}, attribute", schema.place());
        let (attribute, place) = read(item, place, None)?;
        let error = |problem: &str| Err(DefinitionError::new(&place, problem));
        if find(&COMMON, &attribute.name).is_some() {
            return error("every resource has this attribute already: leave it out of the schema");
        }
        if find(&attributes, &attribute.name).is_some() {
            return error("there are two attributes of this name: letter case does not tell names apart");
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

/// Reads one attribute, or a sub-attribute of `parent`. Gives its place too.
fn read(
    item: Value,
    place: String,
    parent: Option<&Attribute>,
) -> Result<(Attribute, String), DefinitionError> {
    let Value::Object(object) = item else {
        return Err(DefinitionError::new(place, "an attribute is a JSON object"));
    };
    let mut fields = Fields::new(object, place);
    let name = fields.required_text("name", NAME_BYTES_MAX)?;
    let separator = if parent.is_some() { '.' } else { ' ' };
    fields.set_place(format!("{}{separator}{name}", fields.place()));
    if crate::path::check_name(&name, parent.is_some()).is_err() {
        return Err(fields.error("a name is a letter, then letters, digits, - and _"));
    }
    let kind = fields.keyword("type", Type::parse, Type::KEYWORDS, Type::String)?;
    let mut attribute = Attribute::new(&name, "", kind);
    attribute.description = fields.text("description", TEXT_BYTES_MAX)?.unwrap_or_default();
    attribute.multi_valued = fields.flag("multiValued")?;
    attribute.required = fields.flag("required")?;
    let case_exact = fields.optional_flag("caseExact")?;
    attribute.case_exact = case_exact.unwrap_or(matches!(kind, Type::Binary | Type::Reference));
    attribute.mutability =
        fields.keyword("mutability", Mutability::parse, Mutability::KEYWORDS, Mutability::ReadWrite)?;
    let returned =
        if attribute.mutability == Mutability::WriteOnly { Returned::Never } else { Returned::Default };
    attribute.returned = fields.keyword("returned", Returned::parse, Returned::KEYWORDS, returned)?;
    attribute.uniqueness =
        fields.keyword("uniqueness", Uniqueness::parse, Uniqueness::KEYWORDS, Uniqueness::None)?;
    attribute.canonical_values = fields.words("canonicalValues")?;
    attribute.reference_types = fields.words("referenceTypes")?;
    read_sub_attributes(&mut fields, &mut attribute, parent)?;
    fields.finish()?;
    check(&attribute, parent).map_err(|problem| fields.error(problem))?;
    let place = fields.place().to_owned();
    Ok((attribute, place))
}

fn read_sub_attributes(
    fields: &mut Fields,
    attribute: &mut Attribute,
    parent: Option<&Attribute>,
) -> Result<(), DefinitionError> {
    let items = fields.list("subAttributes", SUB_ATTRIBUTES_MAX)?;
    match (attribute.kind, parent) {
        (Type::Complex, Some(_)) => {
            return Err(fields.error("a sub-attribute cannot be complex itself: use two attributes"));
        }
        (Type::Complex, None) if items.is_empty() => {
            return Err(fields.error("a complex attribute needs subAttributes"));
        }
        (Type::Complex, None) => {}
        _ if items.is_empty() => return Ok(()),
        _ => return Err(fields.error("only an attribute of type complex has subAttributes")),
    }
    for item in items {
        let (sub, place) = read(item, fields.place().to_owned(), Some(attribute))?;
        if find(&attribute.sub_attributes, &sub.name).is_some() {
            let problem = "there are two sub-attributes of this name: letter case does not tell names apart";
            return Err(DefinitionError::new(place, problem));
        }
        attribute.sub_attributes.push(sub);
    }
    Ok(())
}

/// What characteristics do not go together.
fn check(attribute: &Attribute, parent: Option<&Attribute>) -> Result<(), &'static str> {
    let many = attribute.multi_valued || parent.is_some_and(|parent| parent.multi_valued);
    let unique = attribute.uniqueness != Uniqueness::None;
    let rules = [
        (
            attribute.multi_valued && parent.is_some(),
            "a sub-attribute has one value: make the attribute itself multi-valued",
        ),
        (
            attribute.required && attribute.mutability == Mutability::ReadOnly,
            "it cannot be required and readOnly: no client could give it",
        ),
        (
            attribute.mutability == Mutability::WriteOnly && attribute.returned != Returned::Never,
            "what is writeOnly is never shown: set returned to never",
        ),
        (unique && many, "uniqueness is for attributes with one value: set it to none"),
        (unique && parent.is_some(), "uniqueness is not for sub-attributes: set it to none"),
        (
            unique && matches!(attribute.kind, Type::Complex | Type::Boolean),
            "uniqueness is not for complex or boolean attributes: set it to none",
        ),
        (
            !attribute.canonical_values.is_empty() && attribute.kind != Type::String,
            "canonicalValues are for attributes of type string",
        ),
        (
            !attribute.reference_types.is_empty() && attribute.kind != Type::Reference,
            "referenceTypes are for attributes of type reference",
        ),
        (
            parent.is_some()
                && attribute.name.eq_ignore_ascii_case("primary")
                && attribute.kind != Type::Boolean,
            "the sub-attribute primary must be a boolean",
        ),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, problem)| Err(problem))
}
