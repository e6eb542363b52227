//! The SCIM face. Source: RFC 7644.

pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod groups;
pub(crate) mod list;
mod render;
mod response;
pub(crate) mod users;

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::refusal::{Kind, Refusal};

/// Answers for what the standard has and this server does not. Source: RFC 7644 §3.11, §3.7.
pub(crate) async fn not_implemented(_caller: Authorised, _call: Call) -> Outcome {
    Err(Refusal::new(Kind::NotImplemented, "this part of SCIM is not implemented here"))
}
