//! JSON bodies of the native API.

use serde::de::DeserializeOwned;
use throng_scim::json::{self, JsonLimits};

use crate::body;
use crate::call::Call;
use crate::headers::{JSON, check_media_type};
use crate::limits;
use crate::refusal::Refusal;

/// Reads the body of a request as one JSON document of a known shape.
///
/// # Errors
/// 415, 413, and 400 for what is not JSON, has a name twice, or does not have the shape.
pub(crate) async fn read<T: DeserializeOwned>(call: &mut Call) -> Result<T, Refusal> {
    check_media_type(call.headers(), &[JSON])?;
    let bytes = body::read(std::mem::take(&mut call.body), limits::JSON_BODY_BYTES_MAX).await?;
    let value = json::parse(&bytes, &JsonLimits::default())?;
    // A list would be read as the fields of the object in their order.
    if !value.is_object() {
        return Err(Refusal::bad("", "the body is a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| Refusal::bad("", error.to_string()))
}
