//! Path patterns. A piece is a text, `{name}`, or `{name}:verb`, which is split at the last colon.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::call::Params;
use crate::router::{Face, Route, Verb, routes};

enum Piece {
    Text(&'static str),
    Param(&'static str),
    ParamAndVerb(&'static str, &'static str),
}

impl Piece {
    fn parse(text: &'static str) -> Self {
        match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            None => Self::Text(text),
            Some((name, "")) => Self::Param(name),
            Some((name, verb)) => Self::ParamAndVerb(name, verb.trim_start_matches(':')),
        }
    }

    /// Whether a piece of a path fits; notes its parameter.
    fn accepts(&self, piece: &str, params: &mut Params) -> bool {
        let (name, value) = match *self {
            Self::Text(text) => return text == piece,
            Self::Param(name) => (name, piece),
            Self::ParamAndVerb(name, verb) => match piece.rsplit_once(':') {
                Some((value, found)) if found == verb => (name, value),
                _ => return false,
            },
        };
        if value.is_empty() {
            return false;
        }
        params.push(name, value.to_owned());
        true
    }
}

/// A compiled pattern.
struct Pattern(Vec<Piece>);

impl Pattern {
    fn parse(path: &'static str) -> Self {
        Self(path.trim_start_matches('/').split('/').map(Piece::parse).collect())
    }

    fn matches(&self, path: &[Cow<'_, str>]) -> Option<Params> {
        if self.0.len() != path.len() {
            return None;
        }
        let mut params = Params::default();
        self.0.iter().zip(path).all(|(piece, text)| piece.accepts(text, &mut params)).then_some(params)
    }
}

static PATTERNS: LazyLock<Vec<(Pattern, &'static Route)>> =
    LazyLock::new(|| routes().map(|route| (Pattern::parse(route.path()), route)).collect());

/// What a path and method lead to.
pub(super) enum Found {
    /// A route.
    Route(&'static Route, Params),
    /// A path that has other methods: these.
    OtherMethods(Face, String),
    /// Nothing; the face is that of the neighbourhood.
    Nothing(Face),
}

/// Finds the route. Of several paths that fit, the first in the table counts, with all its methods.
pub(super) fn find(path: &[Cow<'_, str>], verb: Option<Verb>) -> Found {
    let path = without_doubled_base(path);
    let mut others: Vec<&'static Route> = Vec::new();
    for (pattern, route) in PATTERNS.iter() {
        let is_same = others.first().is_none_or(|first| first.path() == route.path());
        let Some(params) = pattern.matches(path).filter(|_| is_same) else { continue };
        if Some(route.verb()) == verb {
            return Found::Route(route, params);
        }
        others.push(route);
    }
    match others.first() {
        None => Found::Nothing(face_of(path)),
        Some(first) => Found::OtherMethods(first.face(), allowed(&others)),
    }
}

fn allowed(routes: &[&'static Route]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for route in routes {
        let of_verb: &[&str] =
            if route.verb() == Verb::Get { &["GET", "HEAD"] } else { &[route.verb().as_str()] };
        names.extend(of_verb.iter().filter(|name| !names.contains(*name)).copied().collect::<Vec<_>>());
    }
    names.join(", ")
}

/// The parts of the admin API.
const ADMIN_BASES: [&str; 2] = ["user", "group"];

/// The base of the admin API stands twice in links of the vendor's examples; both spellings lead here.
fn without_doubled_base<'a, 'b>(path: &'a [Cow<'b, str>]) -> &'a [Cow<'b, str>] {
    let is_base = |base: &[Cow<'b, str>]| {
        base[0] == "api" && base[1] == "admin" && ADMIN_BASES.contains(&base[2].as_ref())
    };
    let doubled = path.len() > 6 && path[..3] == path[3..6] && is_base(&path[..3]);
    if doubled { &path[3..] } else { path }
}

/// The face of the neighbourhood of a path that leads nowhere.
pub(super) fn face_of(path: &[Cow<'_, str>]) -> Face {
    let at = |index: usize| path.get(index).map_or("", AsRef::as_ref);
    match (at(0), at(1)) {
        ("scim", _) if at(2) == "Groups" && at(3) == "JobReport" => Face::Report,
        ("scim", _) => Face::Scim,
        ("v2", _) => Face::Report,
        ("api", "admin" | "auth") => Face::Admin,
        ("oauth", _) => Face::OAuth,
        ("api", _) => Face::Native,
        _ => Face::Public,
    }
}

#[cfg(test)]
mod tests;
