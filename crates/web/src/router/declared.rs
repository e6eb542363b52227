//! How a route is declared, and what it says about its requests and answers: the description is made from this.

use throng_directory::model::audit;

use crate::access::Authorised;
use crate::call::{Answering, Call};
use crate::router::{Access, Face, Guard, Route, Verb};

/// A parameter of a path or a query, or a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// As on the wire. Header names are compared without case.
    pub(super) name: &'static str,
    /// One line about it.
    pub(super) about: &'static str,
    pub(super) kind: Kind,
}

impl Field {
    pub(super) const fn new(name: &'static str, about: &'static str, kind: Kind) -> Self {
        Self { name, about, kind }
    }
}

/// What stands in a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// Text of so many characters.
    Sized { min: usize, max: usize },
    /// Text that a regular expression (ECMA-262) describes, of at most so many characters.
    Matching { pattern: &'static str, max: usize },
    /// A UUID.
    Uuid,
    /// A whole number.
    Integer { min: u64, max: Option<u64>, default: Option<u64> },
    /// One word.
    Word(&'static str),
}

/// A body: its media type and the name of its schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: &'static str,
}

/// An answer that is not a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) about: &'static str,
    pub(super) body: Option<Content>,
    /// The media types that its body may have besides.
    pub(super) or: &'static [&'static str],
    /// The headers that it may have.
    pub(super) headers: &'static [Field],
}

impl Answer {
    /// An answer with a body.
    pub(super) const fn new(status: u16, media_type: &'static str, schema: &'static str) -> Self {
        Self { status, about: "Done", body: Some(Content { media_type, schema }), or: &[], headers: &[] }
    }

    /// An answer without a body.
    pub(super) const fn empty(status: u16, about: &'static str) -> Self {
        Self { status, about, body: None, or: &[], headers: &[] }
    }

    /// The media types that the body may have besides.
    pub(super) const fn or(mut self, media_types: &'static [&'static str]) -> Self {
        self.or = media_types;
        self
    }

    pub(super) const fn with(mut self, headers: &'static [Field]) -> Self {
        self.headers = headers;
        self
    }
}

/// A route that everybody may call.
pub(super) const fn open(
    verb: Verb,
    path: &'static str,
    face: Face,
    handler: fn(Call) -> Answering,
) -> Route {
    route(verb, path, face, Access::Public(handler))
}

/// A route with a guard.
pub(super) const fn guard(
    verb: Verb,
    path: &'static str,
    face: Face,
    guard: Guard,
    handler: fn(Authorised, Call) -> Answering,
) -> Route {
    route(verb, path, face, Access::Guarded(guard, handler))
}

const fn route(verb: Verb, path: &'static str, face: Face, access: Access) -> Route {
    Route {
        verb,
        path,
        face,
        summary: "",
        in_path: &[],
        query: &[],
        headers: &[],
        takes: None,
        gives: &[],
        refuses: &[],
        told: None,
        access,
    }
}

impl Route {
    pub(super) const fn about(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The parameters of its path.
    pub(super) const fn of(mut self, fields: &'static [Field]) -> Self {
        self.in_path = fields;
        self
    }

    /// The query parameters it knows.
    pub(super) const fn query(mut self, fields: &'static [Field]) -> Self {
        self.query = fields;
        self
    }

    /// The headers it reads, beside those that every route reads.
    pub(super) const fn reads(mut self, fields: &'static [Field]) -> Self {
        self.headers = fields;
        self
    }

    /// The media types of its body, and the name of the body's schema.
    pub(super) const fn takes(mut self, media_types: &'static [&'static str], schema: &'static str) -> Self {
        self.takes = Some((media_types, schema));
        self
    }

    pub(super) const fn gives(mut self, answers: &'static [Answer]) -> Self {
        self.gives = answers;
        self
    }

    /// That a read of it is told in the audit log, as one of this kind of thing; its id is this parameter of the path.
    pub(super) const fn told(mut self, kind: audit::Kind, param: &'static str) -> Self {
        self.told = Some((kind, param));
        self
    }

    /// The statuses of refusals that do not follow from its parameters, body and guard.
    pub(super) const fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.refuses = statuses;
        self
    }
}
