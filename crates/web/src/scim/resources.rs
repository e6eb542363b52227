//! Resources of types that the configuration defines: `/scim/v2/{type}`.

use std::sync::Arc;

use http::StatusCode;
use throng_directory::model::resources::Resource;
use throng_directory::use_cases::resources::ResourceId;
use throng_directory::use_cases::writes::Written;
use throng_scim::projection::Supplied;
use throng_scim::schema::ResourceType;
use throng_scim::{patch as scim_patch, resource};

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::refusal::Refusal;
use crate::scim::render::{Renderer, projection};
use crate::scim::{asked, response, write};

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
    let location = renderer.resource_location(&resource_type, found.uuid);
    if let Some(unchanged) = response::not_modified(call.headers(), &location, found.version) {
        return Ok(unchanged);
    }
    show(&renderer, StatusCode::OK, &location, &found)
}

/// POST `/{type}`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let (document, asked) = write(&mut call).await?;
    let attributes = resource::read(document, &resource_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, &resource_type));
    let directory = &call.state.directory;
    let written = directory.create_resource(&caller, &resource_type, attributes, &asked).await?;
    answer(&renderer, &resource_type, &written)
}

/// PUT `/{type}/{id}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let (document, asked) = write(&mut call).await?;
    let attributes = resource::read_replacement(document, &resource_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, &resource_type));
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let written = call.state.directory.replace_resource(&caller, of, &asked, attributes).await?;
    answer(&renderer, &resource_type, &written)
}

/// PATCH `/{type}/{id}`.
pub(crate) async fn patch(caller: Authorised, mut call: Call) -> Outcome {
    let (renderer, resource_type) =
        (Renderer::new(&call, &caller, projection(&call.query)?), resource_type(&call)?);
    let (document, asked) = write(&mut call).await?;
    let operations = scim_patch::parse_patch(document)?;
    let renderer = renderer.with_supplied(Supplied::of_patch(&operations, &resource_type));
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let written = call.state.directory.patch_resource(&caller, of, &asked, operations).await?;
    answer(&renderer, &resource_type, &written)
}

/// DELETE `/{type}/{id}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let (asked, resource_type) = (asked(&call, b"")?, resource_type(&call)?);
    let of = ResourceId { resource_type: &resource_type, id: call.param("id") };
    let replayed = call.state.directory.delete_resource(&caller, of, &asked).await?;
    Ok(response::deleted(replayed))
}

fn answer(renderer: &Renderer, resource_type: &ResourceType, written: &Written<Resource>) -> Outcome {
    let location = renderer.resource_location(resource_type, written.uuid);
    response::written(written, &location, |status, found| show(renderer, status, &location, found))
}

fn show(renderer: &Renderer, status: StatusCode, location: &str, found: &Resource) -> Outcome {
    let mut body = Vec::new();
    renderer.resource(found, &mut body)?;
    Ok(response::resource(status, body, location, found.version))
}
