//! One attribute and its characteristics. Source: RFC 7643 §2.2, §2.3, §7.

use serde_json::{Value, json};

use super::find;

/// The keywords of an enumeration, both ways.
macro_rules! keywords {
    ($name:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// Every keyword, in the order of the RFC.
            pub const KEYWORDS: &'static [&'static str] = &[$($word),+];

            /// The keyword.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Reads a keyword, exactly.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

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

keywords!(Type: String = "string", Boolean = "boolean", Decimal = "decimal", Integer = "integer",
    DateTime = "dateTime", Binary = "binary", Reference = "reference", Complex = "complex");

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

keywords!(Mutability: ReadOnly = "readOnly", ReadWrite = "readWrite", Immutable = "immutable",
    WriteOnly = "writeOnly");

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

keywords!(Returned: Always = "always", Never = "never", Default = "default", Request = "request");

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

keywords!(Uniqueness: None = "none", Server = "server", Global = "global");

/// An attribute or a sub-attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The canonical spelling.
    pub name: String,
    /// The data type.
    pub kind: Type,
    /// Whether the value is an array.
    pub multi_valued: bool,
    /// One sentence.
    pub description: String,
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
    pub canonical_values: Vec<String>,
    /// What a reference may point at.
    pub reference_types: Vec<String>,
    /// Of a complex attribute; empty otherwise.
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// An attribute with the default characteristics. Source: RFC 7643 §2.2.
    pub(super) fn new(name: &str, description: &str, kind: Type) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            multi_valued: false,
            description: description.to_owned(),
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: Vec::new(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    pub(super) fn many(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    /// Taken from clients, shown to nobody.
    pub(super) fn secret(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) fn on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    pub(super) fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) fn canonical(mut self, values: &[&str]) -> Self {
        self.canonical_values = owned(values);
        self
    }

    /// The sub-attribute of that name, in any letter case.
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
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
            "mutability": self.mutability.as_str(),
            "returned": self.returned.as_str(),
            "uniqueness": self.uniqueness.as_str(),
        });
        if !self.canonical_values.is_empty() {
            json["canonicalValues"] = self.canonical_values.as_slice().into();
        }
        if !self.reference_types.is_empty() {
            json["referenceTypes"] = self.reference_types.as_slice().into();
        }
        if !self.sub_attributes.is_empty() {
            json["subAttributes"] = self.sub_attributes.iter().map(Self::to_json).collect();
        }
        json
    }
}

pub(super) fn string(name: &str, description: &str) -> Attribute {
    Attribute::new(name, description, Type::String)
}

pub(super) fn boolean(name: &str, description: &str) -> Attribute {
    Attribute::new(name, description, Type::Boolean)
}

pub(super) fn integer(name: &str, description: &str) -> Attribute {
    Attribute::new(name, description, Type::Integer)
}

pub(super) fn date_time(name: &str, description: &str) -> Attribute {
    Attribute::new(name, description, Type::DateTime)
}

/// Base64 distinguishes letter case.
pub(super) fn binary(name: &str, description: &str) -> Attribute {
    Attribute::new(name, description, Type::Binary).case_exact()
}

/// URIs distinguish letter case.
pub(super) fn reference(name: &str, description: &str, reference_types: &[&str]) -> Attribute {
    let mut attribute = Attribute::new(name, description, Type::Reference).case_exact();
    attribute.reference_types = owned(reference_types);
    attribute
}

pub(super) fn complex(name: &str, description: &str, sub_attributes: Vec<Attribute>) -> Attribute {
    let mut attribute = Attribute::new(name, description, Type::Complex);
    attribute.sub_attributes = sub_attributes;
    attribute
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
