//! JSON bodies of the native and admin APIs.

use http::Method;
use serde::de::DeserializeOwned;
use throng_directory::use_cases::writes::Asked;
use throng_scim::json::{self, JsonLimits};

use crate::admin::error::code;
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
    serde_path_to_error::deserialize(value).map_err(|error| misshapen(&error))
}

/// Which field does not have its shape, and which one it should have.
fn misshapen(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let (path, said) = (error.path().to_string(), error.inner().to_string());
    let within = |name: &str| match path.as_str() {
        "." => name.to_owned(),
        // The path may end with the very field.
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    let named = |start: &str| said.strip_prefix(start)?.split('`').next();
    if let Some(name) = named("missing field `") {
        let field = within(name);
        let detail = format!("{field} is missing");
        return Refusal { code: Some(code::MISSING), ..Refusal::bad(field, detail) };
    }
    if let Some(name) = named("unknown field `") {
        return Refusal::bad(within(name), said);
    }
    let field = if path == "." { String::new() } else { path };
    let Some(expected) = said.rsplit_once("expected ").map(|(_, expected)| in_words(expected)) else {
        return Refusal::bad(field, said);
    };
    let detail = format!("{} is {expected}", if field.is_empty() { "the body" } else { &field });
    Refusal::bad(field, detail)
}

/// What serde expects, in the words of JSON.
fn in_words(expected: &str) -> String {
    match expected {
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a map" => "an object".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}
