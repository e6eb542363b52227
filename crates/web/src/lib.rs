//! SCIM endpoints, admin API and job reports over HTTP.
//!
//! One table in [`router`] says which routes exist, who may call them and how they speak; the rest follows from
//! it. A handler takes what it needs out of the request, calls one use case of the directory and shapes the
//! answer. What goes wrong becomes a [`refusal::Refusal`] and is put on the wire in exactly three places:
//! [`scim::error`], [`report::error`] and [`admin::error`].

mod access;
mod admin;
mod audit;
mod body;
mod call;
mod conditions;
mod forwarded;
mod headers;
mod json;
mod limits;
mod meters;
mod native;
mod networks;
mod oauth;
mod pace;
mod path;
mod prefer;
mod progress;
mod query;
mod rates;
mod refusal;
mod report;
pub mod router;
#[cfg(test)]
mod samples;
mod schedule;
mod scim;
mod state;
mod sums;

pub use forwarded::{ForwardedBy, Proxies};
pub use limits::HEAD_BYTES_MAX;
pub use meters::{Requests, STRETCHES_MS};
pub use native::events::EventSettings;
pub use native::keys::shown as key_shown;
pub use networks::{Networks, NotANetwork};
pub use router::{Face, Guard, Policy, Route, Verb, openapi, router, routes};
pub use scim::roles::{Origin, ScimRole};
pub use state::{AppState, check_base_url};
