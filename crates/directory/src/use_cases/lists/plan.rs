//! How the resources that a filter selects are found: which index serves which term ([`super::terms`]), and what is
//! left for the evaluator.

use std::sync::Arc;

use throng_scim::Error as ScimError;
use throng_scim::filter::Filter;
use throng_scim::schema::{Registry, ResourceType};

use crate::error::{Error, Result};
use crate::port::scan::Scan;

use super::Scope;
use super::documents::{Needs, paths};
use super::source::Source;
use super::terms::{Served, serve};

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
    /// What the evaluator has to decide about each candidate, and what it needs for that.
    pub(super) filter: Option<(Arc<Filter>, Needs)>,
}

impl Plan {
    /// Whether every candidate is a match.
    pub(super) const fn is_decided(&self) -> bool {
        self.filter.is_none()
    }
}

/// Plans for each kind of the scope, in the order in which they are listed.
///
/// # Errors
/// `invalidFilter` for an attribute that no kind of the scope has, and for what cannot be compared.
pub(super) fn of(scope: &Scope, registry: &Registry, filter: Option<&Filter>) -> Result<Vec<Plan>> {
    let kinds = kinds(scope, registry);
    let Some(filter) = filter else {
        let all = |(kind, resource_type)| Plan {
            kind,
            resource_type,
            source: Source::Rows(Scan::All),
            filter: None,
        };
        return Ok(kinds.into_iter().map(all).collect());
    };
    // Over several kinds an attribute that one of them lacks has no value there. Source: RFC 7644 §3.4.2.1.
    let refusals: Vec<ScimError> =
        kinds.iter().filter_map(|(_, resource_type)| filter.check(resource_type).err()).collect();
    if refusals.len() == kinds.len()
        && let Some(refusal) = refusals.into_iter().next()
    {
        return Err(refusal.into());
    }
    kinds.into_iter().map(|(kind, resource_type)| plan(kind, resource_type, filter)).collect()
}

fn kinds(scope: &Scope, registry: &Registry) -> Vec<(Kind, Arc<ResourceType>)> {
    let users = || (Kind::Users, Arc::clone(registry.user()));
    let groups = || (Kind::Groups, Arc::clone(registry.group()));
    match scope {
        Scope::Users => vec![users()],
        Scope::Groups => vec![groups()],
        Scope::Resources(resource_type) => vec![(Kind::Resources, Arc::clone(resource_type))],
        Scope::Everything => {
            let built_in = [&registry.user().name, &registry.group().name];
            let others = registry.resource_types().filter(|found| !built_in.contains(&&found.name));
            let others = others.map(|found| (Kind::Resources, Arc::clone(found)));
            [users(), groups()].into_iter().chain(others).collect()
        }
    }
}

fn plan(kind: Kind, resource_type: Arc<ResourceType>, filter: &Filter) -> Result<Plan> {
    let terms = filter.conjuncts();
    let served: Vec<Served> = terms.iter().map(|term| serve(kind, &resource_type, term)).collect();
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
    let filter = left.map(|left| {
        let needs = Needs::of(&left, &resource_type);
        (Arc::new(left), needs)
    });
    Ok(Plan { kind, resource_type, source, filter })
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
