//! A request on its way to its handler.

use std::future::Future;
use std::pin::Pin;

use axum::body::Body;
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use throng_directory::caller::Origin;

use crate::query::Query;
use crate::refusal::Refusal;
use crate::state::AppState;

/// What a handler answers with.
pub(crate) type Outcome = Result<Response, Refusal>;
/// A handler at work.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A request that was routed and, unless its route is public, authorised.
pub(crate) struct Call {
    pub(crate) state: AppState,
    /// Where it comes from.
    pub(crate) origin: Origin,
    pub(crate) parts: Parts,
    pub(crate) params: Params,
    pub(crate) query: Query,
    pub(crate) body: Body,
}

impl Call {
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// A parameter of the path; the route's pattern has it.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name)
    }

    /// Method and path as received, without the query.
    pub(crate) fn request_line(&self) -> String {
        format!("{} {}", self.parts.method, self.parts.uri.path())
    }

    /// Where clients reach this server, as the configuration says: no header has a say. No slash at the end.
    pub(crate) fn base_url(&self) -> String {
        self.state.base_url.to_string()
    }

    /// The base URL of SCIM.
    pub(crate) fn scim_url(&self) -> String {
        let mut url = self.base_url();
        url.push_str("/scim/v2");
        url
    }
}

/// The parameters of a path, decoded.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Params(Vec<(&'static str, String)>);

impl Params {
    pub(crate) fn push(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// The value; empty when the pattern has no such parameter.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }
}
