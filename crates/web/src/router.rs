//! The table of routes, and what follows from it: the axum router, the policy check, the OpenAPI document.

mod declared;
mod dispatch;
mod fields;
mod openapi;
mod pattern;
mod table;

use throng_directory::Permission;
use throng_directory::model::audit;

use crate::access::Authorised;
use crate::call::{Answering, Call};
use crate::router::declared::{Answer, Field};

pub use dispatch::router;
pub(crate) use dispatch::{refuse_too_many, within};
pub use openapi::openapi;

/// A method that a route answers to. HEAD is GET without the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Verb {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The verb of a request's method.
    fn of(method: &http::Method) -> Option<Self> {
        match *method {
            http::Method::GET | http::Method::HEAD => Some(Self::Get),
            http::Method::POST => Some(Self::Post),
            http::Method::PUT => Some(Self::Put),
            http::Method::PATCH => Some(Self::Patch),
            http::Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Whose manners a route has: the shape of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// SCIM errors. Source: RFC 7644 §3.12.
    Scim,
    /// The job report's: SCIM errors with an integer status.
    Report,
    /// Errors of OAuth 2.0. Source: RFC 6749 §5.2.
    OAuth,
    /// Problems. Source: RFC 9457.
    Admin,
    /// Problems.
    Native,
    /// Problems.
    Public,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Everybody.
    Public,
    /// Who passes the guard.
    Guarded(Guard),
}

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A role with this permission.
    Permission(Permission),
    /// The same, and the account in the path must be the caller's.
    AccountPath(Permission),
    /// An operator's key.
    Operator,
    /// An operator's key, or a role with this permission in the account in the path.
    OperatorOr(Permission),
}

/// A handler, with its guard: there is no third way, so no route is without a policy.
enum Access {
    Public(fn(Call) -> Answering),
    Guarded(Guard, fn(Authorised, Call) -> Answering),
}

/// One route.
pub struct Route {
    verb: Verb,
    path: &'static str,
    face: Face,
    summary: &'static str,
    in_path: &'static [Field],
    query: &'static [Field],
    headers: &'static [Field],
    takes: Option<(&'static [&'static str], &'static str)>,
    gives: &'static [Answer],
    refuses: &'static [u16],
    told: Option<(audit::Kind, &'static str)>,
    access: Access,
}

impl Route {
    /// The method.
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// The pattern: `{name}` stands for one piece of the path.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The shape of its errors.
    pub const fn face(&self) -> Face {
        self.face
    }

    /// What a read of it tells of in the audit log, and the parameter of the path that is the thing's id.
    pub const fn told_as(&self) -> Option<(audit::Kind, &'static str)> {
        self.told
    }

    /// One line about it.
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// Who may call it.
    pub const fn policy(&self) -> Policy {
        match self.access {
            Access::Public(_) => Policy::Public,
            Access::Guarded(guard, _) => Policy::Guarded(guard),
        }
    }
}

/// Every route. Of several that fit a path, those of the first path count.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    let admin = table::admin::ROUTES.iter().chain(table::groups::ROUTES).chain(table::uploads::ROUTES);
    let admin = admin.chain(table::audit::ROUTES).chain(table::keys::ROUTES).chain(table::oauth::ROUTES);
    table::ROUTES.iter().chain(admin).chain(table::jobs::ROUTES)
}

#[cfg(test)]
mod tests;
