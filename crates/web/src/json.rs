//! JSON bodies of the native and admin APIs.

use http::Method;
use serde::de::DeserializeOwned;
use throng_directory::use_cases::writes::Asked;
use throng_scim::json::{self, JsonLimits};

use crate::body;
use crate::call::Call;
use crate::headers::{JSON, MERGE_PATCH, check_media_type};
use crate::limits;
use crate::refusal::Refusal;
use crate::scim;

/// Reads the body of a request as one JSON document of a known shape.
///
/// # Errors
/// 415, 413, and 400 for what is not JSON, has a name twice, or does not have the shape.
pub(crate) async fn read<T: DeserializeOwned>(call: &mut Call) -> Result<T, Refusal> {
    shaped(&bytes(call).await?)
}

/// The same of a write, with what the write says beside its body.
///
/// # Errors
/// Those of [`read`], and 400 for an `Idempotency-Key` that is none.
pub(crate) async fn read_write<T: DeserializeOwned>(call: &mut Call) -> Result<(T, Asked), Refusal> {
    let bytes = bytes(call).await?;
    Ok((shaped(&bytes)?, scim::asked(call, &bytes)?))
}

async fn bytes(call: &mut Call) -> Result<Vec<u8>, Refusal> {
    let merges: &[&str] = if call.parts.method == Method::PATCH { &[JSON, MERGE_PATCH] } else { &[JSON] };
    check_media_type(call.headers(), merges)?;
    body::read(std::mem::take(&mut call.body), limits::JSON_BODY_BYTES_MAX).await
}

/// Reads bytes as one JSON document of a known shape.
///
/// # Errors
/// 400 as [`read`].
pub(crate) fn shaped<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let value = json::parse(bytes, &JsonLimits::default())?;
    // A list would be read as the fields of the object in their order.
    if !value.is_object() {
        return Err(Refusal::bad("", "the body is a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| Refusal::bad("", error.to_string()))
}
