//! One attribute and its characteristics. Source: RFC 7643 §2.2, §2.3, §7.

use serde_json::{Value, json};

use super::find;

/// The data types. Source: RFC 7643 §2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A number.
    Decimal,
    /// A number without fraction.
    Integer,
    /// A moment, as xsd:dateTime.
    DateTime,
    /// Base64.
    Binary,
    /// A URI.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

impl Type {
    /// The keyword of `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may set an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// The server only.
    ReadOnly,
    /// Clients.
    ReadWrite,
    /// Clients, once.
    Immutable,
    /// Clients, and nobody reads it.
    WriteOnly,
}

/// When an attribute is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// In every answer.
    Always,
    /// In none.
    Never,
    /// Unless excluded.
    Default,
    /// Only when asked for.
    Request,
}

/// How far a value must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// Not at all.
    None,
    /// Within the account.
    Server,
    /// Everywhere.
    Global,
}

/// An attribute or a sub-attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The canonical spelling.
    pub name: &'static str,
    /// The data type.
    pub kind: Type,
    /// Whether the value is an array.
    pub multi_valued: bool,
    /// One sentence.
    pub description: &'static str,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether letter case distinguishes values.
    pub case_exact: bool,
    /// Who may set it.
    pub mutability: Mutability,
    /// When it is shown.
    pub returned: Returned,
    /// How far it is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values; others are taken too.
    pub canonical_values: &'static [&'static str],
    /// What a reference may point at.
    pub reference_types: &'static [&'static str],
    /// Of a complex attribute; empty otherwise.
    pub sub_attributes: &'static [Attribute],
}

impl Attribute {
    const fn new(name: &'static str, description: &'static str, kind: Type) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    pub(super) const fn many(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    /// Taken from clients, shown to nobody.
    pub(super) const fn secret(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) const fn on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    pub(super) const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) const fn canonical(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }

    /// The sub-attribute of that name, in any letter case.
    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }

    /// The definition as `/Schemas` shows it: every characteristic that applies to the type, in full.
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "name": self.name,
            "type": self.kind.as_str(),
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
            "caseExact": self.case_exact,
            "mutability": match self.mutability {
                Mutability::ReadOnly => "readOnly",
                Mutability::ReadWrite => "readWrite",
                Mutability::Immutable => "immutable",
                Mutability::WriteOnly => "writeOnly",
            },
            "returned": match self.returned {
                Returned::Always => "always",
                Returned::Never => "never",
                Returned::Default => "default",
                Returned::Request => "request",
            },
            "uniqueness": match self.uniqueness {
                Uniqueness::None => "none",
                Uniqueness::Server => "server",
                Uniqueness::Global => "global",
            },
        });
        if !self.canonical_values.is_empty() {
            json["canonicalValues"] = self.canonical_values.into();
        }
        if !self.reference_types.is_empty() {
            json["referenceTypes"] = self.reference_types.into();
        }
        if !self.sub_attributes.is_empty() {
            json["subAttributes"] = self.sub_attributes.iter().map(Self::to_json).collect();
        }
        json
    }
}

pub(super) const fn string(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, description, Type::String)
}

pub(super) const fn boolean(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, description, Type::Boolean)
}

pub(super) const fn date_time(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, description, Type::DateTime)
}

/// Base64 distinguishes letter case.
pub(super) const fn binary(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, description, Type::Binary).case_exact()
}

/// URIs distinguish letter case.
pub(super) const fn reference(
    name: &'static str,
    description: &'static str,
    reference_types: &'static [&'static str],
) -> Attribute {
    let mut attribute = Attribute::new(name, description, Type::Reference).case_exact();
    attribute.reference_types = reference_types;
    attribute
}

pub(super) const fn complex(
    name: &'static str,
    description: &'static str,
    sub_attributes: &'static [Attribute],
) -> Attribute {
    let mut attribute = Attribute::new(name, description, Type::Complex);
    attribute.sub_attributes = sub_attributes;
    attribute
}
