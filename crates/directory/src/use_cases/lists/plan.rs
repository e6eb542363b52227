//! How the resources that a filter selects are found: which index serves which term ([`super::terms`]), and what is
//! left for the evaluator.

use std::sync::Arc;

use throng_scim::Error as ScimError;
use throng_scim::filter::Filter;
use throng_scim::schema::{Registry, ResourceType};
use throng_scim::sort::{SortBy, SortOrder};

use crate::error::{Error, Result};
use crate::port::scan::{NameRange, Scan, TimeRange};

use super::documents::{Needs, paths};
use super::source::Source;
use super::terms::{Served, serve};
use super::{ListQuery, Scope};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Users,
    Groups,
    /// Of a type that the configuration defines.
    Resources,
}

/// How the resources of one kind are found.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) resource_type: Arc<ResourceType>,
    pub(super) source: Source,
    /// Whether the source's order is turned round.
    pub(super) descending: bool,
    /// What the evaluator has to decide about each candidate.
    pub(super) filter: Option<Arc<Filter>>,
    /// By what the candidates are to be sorted, where their source does not have them in that order.
    pub(super) sort: Option<Arc<SortBy>>,
    /// What filter and sort look at.
    pub(super) needs: Needs,
}

impl Plan {
    /// Whether every candidate is a match, and they come in the order asked for.
    pub(super) const fn is_decided(&self) -> bool {
        self.filter.is_none() && self.sort.is_none()
    }
}

/// Plans for each kind of the scope, in the order in which they are listed. `source`: whose `externalId` the query
/// speaks of; none for the default one.
///
/// # Errors
/// `invalidFilter` for an attribute that no kind of the scope has, and for what cannot be compared; `invalidPath` for
/// one that no kind can be sorted by.
pub(super) fn of(
    scope: &Scope,
    registry: &Registry,
    source: Option<&str>,
    query: &ListQuery,
) -> Result<Vec<Plan>> {
    let kinds = kinds(scope, registry);
    // Over several kinds an attribute that one of them lacks has no value there. Source: RFC 7644 §3.4.2.1.
    if let Some(filter) = &query.filter {
        for term in terms(filter) {
            check_any(&kinds, |resource_type| term.check(resource_type))?;
        }
    }
    if let Some(sort) = &query.sort {
        check_any(&kinds, |resource_type| sort.check(resource_type))?;
    }
    let is_only = kinds.len() == 1;
    let mut plans = Vec::with_capacity(kinds.len());
    for (kind, resource_type) in kinds {
        let mut plan = match &query.filter {
            Some(filter) => filtered(kind, resource_type, source, filter)?,
            None => Plan::all(kind, resource_type),
        };
        if let Some(sort) = &query.sort {
            plan.sort_by(sort, is_only);
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// The terms of a filter, whatever joins them.
fn terms(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::Not(inner) => terms(inner),
        Filter::And(inner) | Filter::Or(inner) => inner.iter().flat_map(terms).collect(),
        term => vec![term],
    }
}

/// Refuses what every kind refuses.
fn check_any(
    kinds: &[(Kind, Arc<ResourceType>)],
    check: impl Fn(&ResourceType) -> std::result::Result<(), ScimError>,
) -> Result<()> {
    let mut refusal = None;
    for (_, resource_type) in kinds {
        match check(resource_type) {
            Ok(()) => return Ok(()),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
}

impl Plan {
    fn all(kind: Kind, resource_type: Arc<ResourceType>) -> Self {
        Self {
            kind,
            resource_type,
            source: Source::Rows(Scan::All),
            descending: false,
            filter: None,
            sort: None,
            needs: Needs::default(),
        }
    }

    /// Takes the order from the index that has it, or else notes that the candidates are to be sorted.
    fn sort_by(&mut self, sort: &SortBy, is_only: bool) {
        let name = sort.path.canonical(&self.resource_type).unwrap_or_default();
        let is_name =
            matches!((self.kind, name.as_str()), (Kind::Users, "userName") | (Kind::Groups, "displayName"));
        let in_order = match (&self.source, name.as_str()) {
            _ if !is_only => None,
            (Source::Rows(Scan::All), _) if is_name => Some(Scan::Names(NameRange::all())),
            (Source::Rows(scan @ Scan::Names(_)), _) if is_name => Some(scan.clone()),
            (Source::Rows(Scan::All), "meta.lastModified") => Some(Scan::Modified(TimeRange::all())),
            (Source::Rows(scan @ Scan::Modified(_)), "meta.lastModified") => Some(scan.clone()),
            _ => None,
        };
        if let Some(scan) = in_order {
            self.source = Source::Rows(scan);
            self.descending = sort.order == SortOrder::Descending;
        } else {
            self.needs = self.needs.and(Needs::of([&sort.path], &self.resource_type));
            self.sort = Some(Arc::new(sort.clone()));
        }
    }
}

fn kinds(scope: &Scope, registry: &Registry) -> Vec<(Kind, Arc<ResourceType>)> {
    let users = || (Kind::Users, Arc::clone(registry.user()));
    let groups = || (Kind::Groups, Arc::clone(registry.group()));
    match scope {
        Scope::Users => vec![users()],
        Scope::Groups => vec![groups()],
        Scope::Resources(resource_type) => vec![(Kind::Resources, Arc::clone(resource_type))],
        Scope::Everything => {
            let others = registry.configured_types().map(|found| (Kind::Resources, Arc::clone(found)));
            [users(), groups()].into_iter().chain(others).collect()
        }
    }
}

fn filtered(
    kind: Kind,
    resource_type: Arc<ResourceType>,
    source: Option<&str>,
    filter: &Filter,
) -> Result<Plan> {
    let terms = filter.conjuncts();
    let served: Vec<Served> = terms.iter().map(|term| serve(kind, &resource_type, source, term)).collect();
    let best = served.iter().fold(Served::none(), Served::narrower);
    let source = best.source.unwrap_or(Source::Rows(Scan::All));
    // A term whose index says exactly the same needs no second look.
    let is_settled =
        |term: &Served| term.is_exact && term.source.as_ref().is_some_and(|other| source.settles(other));
    let left = terms.iter().zip(&served).filter(|(_, served)| !is_settled(served));
    let mut left: Vec<Filter> = left.map(|(term, _)| term.clone()).collect();
    let left = if left.len() > 1 { Some(Filter::And(left)) } else { left.pop() };
    if let Some(left) = &left {
        check_members(kind, &resource_type, left)?;
    }
    let needs = left.as_ref().map(|left| Needs::of(paths(left), &resource_type)).unwrap_or_default();
    let filter = left.map(Arc::new);
    Ok(Plan { source, filter, needs, ..Plan::all(kind, resource_type) })
}

/// Refuses what the evaluator cannot decide, because members are not in the document that it sees.
fn check_members(kind: Kind, resource_type: &ResourceType, filter: &Filter) -> Result<()> {
    let mut names = paths(filter).into_iter().filter_map(|path| path.canonical(resource_type));
    if kind != Kind::Groups || !names.any(|name| name == "members" || name.starts_with("members.")) {
        return Ok(());
    }
    let detail = "members can be filtered only by members.value eq \"<id>\" or members[value eq \"<id>\"], alone or \
                  with `and`, and one at a time";
    Err(Error::Scim(ScimError::invalid_filter(detail)))
}
