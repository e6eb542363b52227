//! The SCIM face. Source: RFC 7644.

pub(crate) mod bulk;
pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod groups;
pub(crate) mod list;
pub(crate) mod me;
mod render;
pub(crate) mod resources;
pub(crate) mod response;
pub(crate) mod roles;
pub(crate) mod users;

use serde_json::Value;
use throng_directory::limits;
use throng_directory::use_cases::writes::{Asked, Keyed};
use throng_scim::json::{self, JsonLimits};

use crate::access::Authorised;
use crate::body;
use crate::call::{Call, Outcome};
use crate::conditions::precondition;
use crate::headers::{JSON, SCIM_JSON, check_media_type, idempotency_key};
use crate::refusal::{Kind, Refusal};

/// Reads a body that lists no members.
async fn document(call: &mut Call) -> Result<Value, Refusal> {
    parse(&bytes(call).await?)
}

/// Reads the body of a write, with what the write says beside it.
async fn write(call: &mut Call) -> Result<(Value, Asked), Refusal> {
    let bytes = bytes(call).await?;
    Ok((parse(&bytes)?, asked(call, &bytes)?))
}

async fn bytes(call: &mut Call) -> Result<Vec<u8>, Refusal> {
    check_media_type(call.headers(), &[SCIM_JSON, JSON])?;
    body::read(std::mem::take(&mut call.body), limits::BODY_BYTES_MAX).await
}

fn parse(bytes: &[u8]) -> Result<Value, Refusal> {
    Ok(json::parse(bytes, &JsonLimits::default())?)
}

/// What a write with this body says beside it.
pub(crate) fn asked(call: &Call, body: &[u8]) -> Result<Asked, Refusal> {
    let key = idempotency_key(call.headers())?;
    Ok(Asked {
        precondition: precondition(call.headers()),
        keyed: key.map(|key| Keyed::new(key, call.request_line(), body)),
    })
}

/// Answers for what the standard has and this server does not. Source: RFC 7644 §3.11 (making oneself), §3.7.
pub(crate) async fn not_implemented(_caller: Authorised, _call: Call) -> Outcome {
    Err(Refusal::new(Kind::NotImplemented, "this part of SCIM is not implemented here"))
}
