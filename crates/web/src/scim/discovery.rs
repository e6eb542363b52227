//! The discovery documents: public, read-only, and without filters. Source: RFC 7644 §4.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use throng_directory::limits;
use throng_scim::discovery::{self, Limits};

use crate::call::{Call, Outcome};
use crate::headers::{SCIM_JSON, answer};
use crate::refusal::Refusal;

/// GET `/ServiceProviderConfig`.
pub(crate) async fn service_provider_config(call: Call) -> Outcome {
    show(&call, Some(discovery::service_provider_config(&announced(), &call.scim_url())))
}

/// GET `/Schemas`.
pub(crate) async fn schemas(call: Call) -> Outcome {
    show(&call, Some(discovery::schemas(call.state.directory.registry(), &call.scim_url())))
}

/// GET `/Schemas/{id}`.
pub(crate) async fn schema(call: Call) -> Outcome {
    show(&call, discovery::schema(call.state.directory.registry(), call.param("id"), &call.scim_url()))
}

/// GET `/ResourceTypes`.
pub(crate) async fn resource_types(call: Call) -> Outcome {
    show(&call, Some(discovery::resource_types(call.state.directory.registry(), &call.scim_url())))
}

/// GET `/ResourceTypes/{id}`.
pub(crate) async fn resource_type(call: Call) -> Outcome {
    show(&call, discovery::resource_type(call.state.directory.registry(), call.param("id"), &call.scim_url()))
}

/// The limits that discovery announces: those that the lists enforce.
fn announced() -> Limits {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Limits {
        sort: true,
        bulk: Some(crate::limits::BULK),
        filter_results_max: number(limits::COUNT_MAX),
        page_size_default: number(limits::COUNT_DEFAULT),
        page_size_max: number(limits::COUNT_MAX),
        cursor_timeout_seconds: u32::try_from(limits::CURSOR_KEPT.as_secs()).ok(),
    }
}

fn show(call: &Call, document: Option<Value>) -> Result<Response, Refusal> {
    if call.query.get("filter").is_some() {
        return Err(throng_scim::Error::forbidden("discovery documents cannot be filtered").into());
    }
    let document = document.ok_or_else(Refusal::not_found)?;
    Ok(answer(StatusCode::OK, SCIM_JSON, document.to_string()))
}
