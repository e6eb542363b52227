//! Which index serves a term of a filter.

use throng_jobs::Instant;
use throng_scim::filter::{Comparison, Filter, Literal, Operator};
use throng_scim::schema::ResourceType;

use crate::ids::{GroupNumber, parse_number, parse_uuid};
use crate::model::canonical;
use crate::model::groups::MemberId;
use crate::model::time::parse_rfc3339;
use crate::port::scan::{NameRange, Scan, TimeRange};
use crate::use_cases::resources::{unique_attributes, unique_key};

use super::documents::fold;
use super::plan::Kind;
use super::source::Source;

/// The index that serves a term, if one does.
#[derive(Clone, Debug)]
pub(super) struct Served {
    pub(super) source: Option<Source>,
    /// Whether the index finds exactly those for which the term holds, not some more.
    pub(super) is_exact: bool,
}

impl Served {
    pub(super) const fn none() -> Self {
        Self { source: None, is_exact: false }
    }

    const fn exactly(source: Source) -> Self {
        Self { source: Some(source), is_exact: true }
    }

    /// The narrower of two; ranges of one index are joined.
    pub(super) fn narrower(self, other: &Self) -> Self {
        let joined = match (&self.source, &other.source) {
            (Some(Source::Rows(Scan::Names(a))), Some(Source::Rows(Scan::Names(b)))) => {
                Some(Scan::Names(a.clone().and(b.clone())))
            }
            (Some(Source::Rows(Scan::Modified(a))), Some(Source::Rows(Scan::Modified(b)))) => {
                Some(Scan::Modified(a.and(*b)))
            }
            _ => None,
        };
        if let Some(scan) = joined {
            let is_exact = self.is_exact && other.is_exact;
            return Self { source: Some(Source::Rows(scan)), is_exact };
        }
        let breadth = |served: &Self| served.source.as_ref().map_or(u8::MAX, Source::breadth);
        if breadth(other) < breadth(&self) { other.clone() } else { self }
    }
}

/// Looks for an index that serves a term.
///
/// `source`: whose `externalId` it speaks of; none for the default one.
pub(super) fn serve(kind: Kind, resource_type: &ResourceType, source: Option<&str>, term: &Filter) -> Served {
    let (path, operator, text, is_whole) = match term {
        Filter::Compare(Comparison { path, operator, literal: Literal::Text(text) }) => {
            (path, *operator, text.as_str(), true)
        }
        Filter::Element { path, inner } => {
            let mut equal = inner.conjuncts().iter().filter_map(Filter::equality);
            match equal.find(|(sub, _)| sub.attribute.eq_ignore_ascii_case("value")) {
                Some((_, text)) => (path, Operator::Eq, text, inner.equality().is_some()),
                None => return Served::none(),
            }
        }
        _ => return Served::none(),
    };
    let Some(name) = path.canonical(resource_type) else { return Served::none() };
    if let (Some(source), "externalId", Operator::Eq) = (source, name.as_str(), operator) {
        let scan = |external_id| Scan::SourceId { source: source.to_owned(), external_id };
        return Served { source: Some(held(text, scan)), is_exact: is_whole };
    }
    let served = compared(kind, resource_type, &Term { attribute: &name, operator, text });
    Served { is_exact: served.is_exact && is_whole, ..served }
}

/// `attribute operator "text"`, the attribute in its canonical spelling.
struct Term<'a> {
    attribute: &'a str,
    operator: Operator,
    text: &'a str,
}

fn compared(kind: Kind, resource_type: &ResourceType, term: &Term<'_>) -> Served {
    use Operator::Eq;
    let Term { attribute, operator, text } = *term;
    let or_nothing = |source: Option<Source>| Served::exactly(source.unwrap_or(Source::Nothing));
    match (kind, attribute, operator) {
        (_, "meta.resourceType", Eq) if text == resource_type.name => {
            Served::exactly(Source::Rows(Scan::All))
        }
        (_, "meta.resourceType", Eq) => Served::exactly(Source::Nothing),
        (_, "externalId", Eq) => Served::exactly(held(text, Scan::ExternalId)),
        (_, "meta.lastModified", _) => modified(operator, text),
        (Kind::Users, "id", Eq) => or_nothing(parse_uuid(text).map(Source::User)),
        (Kind::Resources, "id", Eq) => or_nothing(parse_uuid(text).map(Source::Resource)),
        (Kind::Groups, "id", Eq) => or_nothing(parse_number(text).map(GroupNumber).map(Source::Group)),
        (Kind::Users, "userName", Eq) => {
            or_nothing(canonical::login_key("userName", text).ok().map(Source::UserNamed))
        }
        (Kind::Users, "userName", _) | (Kind::Groups, "displayName", _) => named(resource_type, term),
        (Kind::Users, "emails.value", Eq) => Served::exactly(held(&canonical::email_key(text), Scan::Email)),
        (Kind::Users, "groups.value", Eq) => {
            or_nothing(parse_number(text).map(GroupNumber).map(Source::MembersOf))
        }
        (Kind::Groups, "members.value", Eq) => or_nothing(MemberId::parse(text).map(Source::GroupsOf)),
        (Kind::Resources, _, Eq) => unique(resource_type, term),
        _ => Served::none(),
    }
}

/// Those under a key; there are none with one that no index can hold.
fn held(key: &str, scan: impl FnOnce(String) -> Scan) -> Source {
    if canonical::is_indexable(key) { Source::Rows(scan(key.to_owned())) } else { Source::Nothing }
}

/// The one resource with a unique value.
fn unique(resource_type: &ResourceType, term: &Term<'_>) -> Served {
    let mut attributes = unique_attributes(resource_type);
    let Some((name, found)) = attributes.find(|(name, _)| name == term.attribute) else {
        return Served::none();
    };
    let key = unique_key(found, term.text);
    let source = if canonical::is_indexable(&key) { Source::Unique(name, key) } else { Source::Nothing };
    Served::exactly(source)
}

/// A range of canonical names.
fn named(resource_type: &ResourceType, term: &Term<'_>) -> Served {
    let Some(key) = fold(resource_type, term.attribute, term.text) else { return Served::none() };
    let all = NameRange::all();
    let NameRange { from: key, until: behind } = NameRange::only(&key);
    let range = match term.operator {
        Operator::Eq => NameRange { from: key, until: behind },
        Operator::Sw => NameRange::starting_with(&key),
        Operator::Gt => NameRange { from: behind, ..all },
        Operator::Ge => NameRange { from: key, ..all },
        Operator::Lt => NameRange { until: key, ..all },
        Operator::Le => NameRange { until: behind, ..all },
        Operator::Ne | Operator::Co | Operator::Ew => return Served::none(),
    };
    // PostgreSQL takes no U+0000 in a text.
    let can_be_bound = [&range.from, &range.until].into_iter().all(|text| !text.contains('\0'));
    if can_be_bound { Served::exactly(Source::Rows(Scan::Names(range))) } else { Served::none() }
}

/// A range of times, a millisecond wider than asked on either side: that is as fine as clients see them.
fn modified(operator: Operator, text: &str) -> Served {
    let Some(time) = parse_rfc3339(text) else { return Served::none() };
    let millisecond = std::time::Duration::from_millis(1);
    let (early, late): (Instant, Instant) = (time.minus(millisecond), time.plus(millisecond));
    let all = TimeRange::all();
    let range = match operator {
        Operator::Gt | Operator::Ge => TimeRange { from: early, ..all },
        Operator::Lt | Operator::Le => TimeRange { until: late, ..all },
        Operator::Eq => TimeRange { from: early, until: late },
        Operator::Ne | Operator::Co | Operator::Sw | Operator::Ew => return Served::none(),
    };
    Served { source: Some(Source::Rows(Scan::Modified(range))), is_exact: false }
}
