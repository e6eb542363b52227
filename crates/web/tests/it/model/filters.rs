//! Filters of few shapes, their text, and what they mean: written down once more, over the model's own data.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::reference::{Id, Reference, Resource};
use super::steps::{ADDRESSES, Kind, Pick, texts_of};

/// A filter, or a part of one.
#[derive(Clone, Debug)]
pub enum Term {
    Text(&'static str, &'static str, String),
    Present(&'static str),
    Active(&'static str, bool),
    /// `emails[type eq "work" and value eq "…"]`
    Work(String),
    /// `groups.value eq "…"`
    InGroup(Whom),
    /// `members.value eq "…"`, which cannot stand inside another term.
    Has(Whom),
    Not(Box<Self>),
    Or(Vec<Self>),
    And(Vec<Self>),
}

/// Whom a term speaks of. A walk by cursor goes on with whom it began with.
#[derive(Clone, Copy, Debug)]
pub enum Whom {
    Picked(Kind, Pick),
    Is(Id),
}

impl Whom {
    fn id(self, model: &Reference) -> Id {
        match self {
            Self::Picked(kind, pick) => model.pick(kind, pick),
            Self::Is(id) => id,
        }
    }
}

const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

/// A term about resources of this kind, or of any.
pub fn term(kind: Option<Kind>) -> BoxedStrategy<Term> {
    let attributes: &[&'static str] = match kind {
        Some(Kind::User) => {
            &["userName", "userName", "displayName", "title", "externalId", "emails.value", "emails.type"]
        }
        Some(Kind::Group) => &["displayName", "displayName", "externalId", "description"],
        Some(Kind::Device) => &["serialNumber", "model", "externalId", "contract"],
        None => &["userName", "displayName", "externalId"],
    };
    let text = (select(attributes), select(&OPERATORS[..])).prop_flat_map(|(attribute, operator)| {
        let whole = if attribute == "emails.value" { &ADDRESSES[..] } else { texts_of(attribute) };
        let piece = if operator == "eq" || operator == "ne" { 255..=255usize } else { 1..=255usize };
        (select(whole), piece).prop_map(move |(text, chars)| {
            // Pieces are found more often than whole texts.
            Term::Text(attribute, operator, text.chars().take(chars).collect())
        })
    });
    let present = select(attributes).prop_map(Term::Present);
    let plain = prop_oneof![6 => text, 1 => present].boxed();
    let atom = if kind == Some(Kind::User) {
        prop_oneof![
            6 => plain,
            1 => (select(&["eq", "ne"][..]), any::<bool>()).prop_map(|(op, is)| Term::Active(op, is)),
            1 => select(&ADDRESSES[..]).prop_map(|address| Term::Work(address.to_owned())),
            1 => any::<Pick>().prop_map(|pick| Term::InGroup(Whom::Picked(Kind::Group, pick))),
        ]
        .boxed()
    } else {
        plain
    };
    let pair = || prop::collection::vec(atom.clone(), 2..3);
    let inner = prop_oneof![
        6 => atom.clone(),
        1 => atom.clone().prop_map(|term| Term::Not(Box::new(term))),
        1 => pair().prop_map(Term::Or),
        1 => pair().prop_map(|terms| Term::Not(Box::new(Term::And(terms)))),
        1 => (atom.clone(), pair()).prop_map(|(term, pair)| Term::Or(vec![term, Term::And(pair)])),
    ];
    if kind == Some(Kind::Group) {
        let kind = prop_oneof![Just(Kind::User), Just(Kind::Group)];
        let has = (kind, any::<Pick>()).prop_map(|(kind, pick)| Term::Has(Whom::Picked(kind, pick)));
        return prop_oneof![6 => inner, 1 => has].boxed();
    }
    inner.boxed()
}

impl Term {
    /// As a client writes it; resources by their marks.
    pub fn text(&self, model: &Reference) -> String {
        let joined = |terms: &[Self], by: &str| {
            let texts: Vec<String> = terms.iter().map(|term| term.text(model)).collect();
            format!("({})", texts.join(by))
        };
        match self {
            Self::Text(attribute, operator, text) => {
                format!("{} {operator} {}", path(attribute), json!(text))
            }
            Self::Present(attribute) => format!("{} pr", path(attribute)),
            Self::Active(operator, is) => format!("active {operator} {is}"),
            Self::Work(address) => format!("emails[type eq \"work\" and value eq {}]", json!(address)),
            Self::InGroup(whom) => format!("groups.value eq {}", json!(whom.id(model).mark())),
            Self::Has(whom) => format!("members.value eq {}", json!(whom.id(model).mark())),
            Self::Not(term) => format!("not ({})", term.text(model)),
            Self::Or(terms) => joined(terms, " or "),
            Self::And(terms) => joined(terms, " and "),
        }
    }

    /// Whose groups it finds.
    pub fn member(&self, model: &Reference) -> Option<Id> {
        if let Self::Has(whom) = self { Some(whom.id(model)) } else { None }
    }

    /// Fixes whom it speaks of.
    pub fn settle(&mut self, model: &Reference) {
        match self {
            Self::InGroup(whom) | Self::Has(whom) => *whom = Whom::Is(whom.id(model)),
            Self::Not(term) => term.settle(model),
            Self::Or(terms) | Self::And(terms) => terms.iter_mut().for_each(|term| term.settle(model)),
            Self::Text(..) | Self::Present(_) | Self::Active(..) | Self::Work(_) => {}
        }
    }

    pub fn holds(&self, model: &Reference, id: Id, resource: &Resource) -> bool {
        match self {
            Self::Text(attribute, operator, text) => {
                let (values, text) = (values(id.kind, attribute, resource), folded(id.kind, attribute, text));
                if values.is_empty() {
                    *operator == "ne"
                } else {
                    values.iter().any(|value| compare(value, operator, &text))
                }
            }
            Self::Present(attribute) => !values(id.kind, attribute, resource).is_empty(),
            Self::Active(operator, is) => (resource.active == Some(*is)) == (*operator == "eq"),
            Self::Work(address) => {
                let wanted = address.to_lowercase();
                resource.emails.iter().any(|e| e.kind == Some("work") && e.value.to_lowercase() == wanted)
            }
            Self::InGroup(whom) => {
                let group = whom.id(model);
                model.groups_of(id).iter().any(|(found, _)| *found == group)
            }
            Self::Has(whom) => resource.members.contains(&whom.id(model)),
            Self::Not(term) => !term.holds(model, id, resource),
            Self::Or(terms) => terms.iter().any(|term| term.holds(model, id, resource)),
            Self::And(terms) => terms.iter().all(|term| term.holds(model, id, resource)),
        }
    }

    /// Whether an index finds the few resources for which it holds, in order of creation.
    pub fn is_served(&self, kind: Kind) -> bool {
        match self {
            Self::Text(attribute, "eq", _) => {
                matches!(*attribute, "externalId" | "userName" | "serialNumber" | "contract")
                    || (*attribute == "emails.value" && kind == Kind::User)
            }
            Self::InGroup(_) | Self::Has(_) | Self::Work(_) => true,
            _ => false,
        }
    }

    /// Whether an index finds a range of names in which it holds, in order of name.
    pub fn is_range(&self, kind: Kind) -> bool {
        let Self::Text(attribute, operator, _) = self else { return false };
        let named = matches!((kind, *attribute), (Kind::User, "userName") | (Kind::Group, "displayName"));
        named && matches!(*operator, "eq" | "sw" | "gt" | "ge" | "lt" | "le")
    }
}

fn path(attribute: &str) -> String {
    match attribute {
        "description" => "urn:throng:scim:1.0:Group:description".to_owned(),
        "contract" => "urn:example:scim:1.0:Device:Warranty:contract".to_owned(),
        plain => plain.to_owned(),
    }
}

/// What is compared. Letter case counts in two attributes only, and spaces do not in names of groups.
pub fn folded(kind: Kind, attribute: &str, text: &str) -> String {
    match (kind, attribute) {
        (_, "externalId" | "serialNumber") => text.to_owned(),
        (Kind::Group, "displayName") => text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
        _ => text.to_lowercase(),
    }
}

fn values(kind: Kind, attribute: &str, resource: &Resource) -> Vec<String> {
    match attribute {
        "emails.value" => resource.emails.iter().map(|email| email.value.to_lowercase()).collect(),
        "emails.type" => {
            resource.emails.iter().filter_map(|email| email.kind).map(str::to_lowercase).collect()
        }
        plain => resource.texts.get(plain).map(|text| folded(kind, plain, text)).into_iter().collect(),
    }
}

fn compare(value: &str, operator: &str, text: &str) -> bool {
    match operator {
        "eq" => value == text,
        "ne" => value != text,
        "co" => value.contains(text),
        "sw" => value.starts_with(text),
        "ew" => value.ends_with(text),
        "gt" => value > text,
        "ge" => value >= text,
        "lt" => value < text,
        "le" => value <= text,
        other => unreachable!("{other}"),
    }
}
