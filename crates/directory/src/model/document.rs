//! The stored form of a resource: its attributes as JSON, without what is derived (`id`, `meta`, `groups`, `members`).

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::limits;

/// The text that is stored.
///
/// # Errors
/// `Invalid` for one of more than `RESOURCE_BYTES_MAX`, which many small changes can come to as well as a large one.
pub(crate) fn write(attributes: &Map<String, Value>) -> Result<String> {
    let text = serde_json::to_string(attributes).map_err(|error| Error::internal(error.to_string()))?;
    if text.len() > limits::RESOURCE_BYTES_MAX {
        let (bytes, max) = (text.len(), limits::RESOURCE_BYTES_MAX);
        let detail =
            format!("the resource would have {bytes} bytes, and may have {max}: take something out of it");
        return Err(Error::Scim(throng_scim::Error::invalid_value(detail)));
    }
    Ok(text)
}

/// The attributes of a stored text.
///
/// # Errors
/// `Internal` for a text that is damaged.
pub(crate) fn read(text: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(text)
        .map_err(|error| Error::internal(format!("a stored document is damaged: {error}")))
}
