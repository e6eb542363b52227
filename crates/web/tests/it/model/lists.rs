//! Lists of the reference: who matches, in which order, and where a walk goes on.

use serde_json::Value;

use super::filters::folded;
use super::reference::{Id, Reference, Resource, member};
use super::steps::{Kind, Page, Query};

/// Where somebody stands in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    rank: Rank,
    kind: Kind,
    /// The name, in lists that come in the order of an index of names.
    name: String,
    index: usize,
}

/// By what a list is sorted. Who has no value comes last, and first in a descending list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Ascending(Key),
    Descending(std::cmp::Reverse<Key>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Truth(bool),
    Text(String),
    Missing,
}

/// A page of a list.
#[derive(Debug)]
pub struct Listed {
    pub resources: Vec<Value>,
    pub total: usize,
    /// Whether there is more behind it, for walks.
    pub more: bool,
}

/// Through what a walk goes.
#[derive(Clone, Debug)]
pub enum Course {
    List(Query),
    /// The members of a group.
    Members(Id),
}

/// A walk by cursor.
#[derive(Clone, Debug)]
pub struct Walk {
    pub course: Course,
    pub count: usize,
    /// Who was shown last.
    after: Option<Place>,
    pub is_done: bool,
}

impl Walk {
    pub fn new(course: Course, count: usize) -> Self {
        Self { course, count, after: None, is_done: false }
    }

    /// The next page: those who now stand behind whoever was shown last. None if the group is gone.
    pub fn next(&mut self, model: &Reference) -> Option<Listed> {
        self.is_done = true;
        let all = match &self.course {
            Course::List(query) => model.list(query),
            Course::Members(group) => {
                model.live.get(group)?.members.iter().map(|id| (place(*id), *id)).collect()
            }
        };
        let total = all.len();
        let is_behind = |place: &Place| self.after.as_ref().is_none_or(|after| place > after);
        let rest: Vec<_> = all.into_iter().filter(|(place, _)| is_behind(place)).collect();
        let more = rest.len() > self.count;
        let page = &rest[..self.count.min(rest.len())];
        self.after = page.last().map(|(place, _)| place.clone());
        self.is_done = !more;
        let resources = match &self.course {
            Course::List(query) => model.show_all(page, query),
            Course::Members(_) => page.iter().map(|(_, id)| member(*id)).collect(),
        };
        Some(Listed { resources, total, more })
    }
}

/// The place of a member: users come first, in order of creation.
fn place(id: Id) -> Place {
    Place { rank: Rank::Ascending(Key::Missing), kind: id.kind, name: String::new(), index: id.index }
}

impl Reference {
    pub fn page(&self, query: &Query, page: Page) -> Listed {
        let all = self.list(query);
        let skip = usize::try_from(page.start.max(1) - 1).unwrap();
        let chosen: Vec<_> = all.iter().skip(skip).take(page.count.unwrap_or(100)).cloned().collect();
        Listed { resources: self.show_all(&chosen, query), total: all.len(), more: false }
    }

    fn show_all(&self, chosen: &[(Place, Id)], query: &Query) -> Vec<Value> {
        chosen.iter().filter_map(|(_, id)| self.shown(*id, &query.projection)).collect()
    }

    /// Everybody whom a query finds, in order.
    fn list(&self, query: &Query) -> Vec<(Place, Id)> {
        let kinds = query.kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
        let mut found = Vec::new();
        for kind in kinds {
            let by_name = query.sort.is_none()
                && query.filter.iter().any(|term| term.is_range(kind))
                && !query.filter.iter().any(|term| term.is_served(kind));
            for (id, resource) in self.of(kind) {
                if query.filter.iter().all(|term| term.holds(self, id, resource)) {
                    let name = if by_name { name_of(kind, resource) } else { String::new() };
                    let rank = rank(query, kind, resource);
                    found.push((Place { rank, kind, name, index: id.index }, id));
                }
            }
        }
        found.sort();
        found
    }
}

fn name_of(kind: Kind, resource: &Resource) -> String {
    folded(kind, kind.required(), &resource.texts[kind.required()])
}

fn rank(query: &Query, kind: Kind, resource: &Resource) -> Rank {
    let Some((attribute, descending)) = query.sort else { return Rank::Ascending(Key::Missing) };
    let text = match attribute {
        "emails" => {
            let primary = resource.emails.iter().find(|email| email.primary == Some(true));
            primary.or_else(|| resource.emails.first()).map(|email| email.value.to_lowercase())
        }
        plain => resource.texts.get(plain).map(|text| folded(kind, plain, text)),
    };
    let key = match (attribute, resource.active) {
        ("active", active) => active.map_or(Key::Missing, Key::Truth),
        _ => text.map_or(Key::Missing, Key::Text),
    };
    if descending { Rank::Descending(std::cmp::Reverse(key)) } else { Rank::Ascending(key) }
}
