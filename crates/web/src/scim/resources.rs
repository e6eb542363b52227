//! Resources of types that the configuration defines: `/scim/v2/{type}`.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use throng_directory::model::resources::Resource;
use throng_directory::use_cases::resources::ResourceId;
use throng_scim::projection::Supplied;
use throng_scim::schema::ResourceType;
use throng_scim::{patch as scim_patch, resource};

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::conditions::precondition;
use crate::refusal::Refusal;
use crate::scim::render::{Renderer, projection};
use crate::scim::{document, response};

/// The type that the path names.
///
/// # Errors
/// 404.
pub(crate) fn resource_type(call: &Call) -> Result<Arc<ResourceType>, Refusal> {
    let endpoint = format!("/{}", call.param("type"));
    let registry = call.state.directory.registry();
    registry.by_endpoint(&endpoint).cloned().ok_or_else(Refusal::not_found)
}

/// GET `/{type}/{id}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let found = call.state.directory.resource(&caller, of).await?;
    let location = renderer.resource_location(&found)?;
    if let Some(unchanged) = response::not_modified(call.headers(), &location, found.version) {
        return Ok(unchanged);
    }
    show(&renderer, StatusCode::OK, &found)
}

/// POST `/{type}`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let attributes = resource::read(document(&mut call).await?, &resource_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, &resource_type));
    let made = call.state.directory.create_resource(&caller, &resource_type, attributes).await?;
    show(&renderer, StatusCode::CREATED, &made)
}

/// PUT `/{type}/{id}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let attributes = resource::read_replacement(document(&mut call).await?, &resource_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, &resource_type));
    let precondition = precondition(call.headers());
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let found = call.state.directory.replace_resource(&caller, of, &precondition, attributes).await?;
    show(&renderer, StatusCode::OK, &found)
}

/// PATCH `/{type}/{id}`.
pub(crate) async fn patch(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let operations = scim_patch::parse_patch(document(&mut call).await?)?;
    let renderer = renderer.with_supplied(Supplied::of_patch(&operations, &resource_type));
    let precondition = precondition(call.headers());
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let found = call.state.directory.patch_resource(&caller, of, &precondition, operations).await?;
    show(&renderer, StatusCode::OK, &found)
}

/// DELETE `/{type}/{id}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let (precondition, resource_type) = (precondition(call.headers()), resource_type(&call)?);
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    call.state.directory.delete_resource(&caller, of, &precondition).await?;
    Ok(response::no_content())
}

fn show(renderer: &Renderer, status: StatusCode, found: &Resource) -> Result<Response, Refusal> {
    let mut body = Vec::new();
    renderer.resource(found, &mut body)?;
    Ok(response::resource(status, body, &renderer.resource_location(found)?, found.version))
}
