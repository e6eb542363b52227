//! `/scim/v2/Users`.

use axum::response::Response;
use http::StatusCode;
use throng_directory::use_cases::users::UserView;
use throng_scim::projection::Supplied;
use throng_scim::{patch, resource};

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::conditions::precondition;
use crate::refusal::Refusal;
use crate::scim::render::{Renderer, projection};
use crate::scim::{document, response};

/// The parameter of the path that names a user.
pub(crate) const ID: &str = "id";

/// GET `/Users/{id}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let view = call.state.directory.user(&caller, call.param(ID), renderer.shows_groups()).await?;
    let location = renderer.user_location(&view.user);
    if let Some(unchanged) = response::not_modified(call.headers(), &location, view.user.version) {
        return Ok(unchanged);
    }
    show(&renderer, StatusCode::OK, &view)
}

/// POST `/Users`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let document = document(&mut call).await?;
    let user_type = call.state.directory.registry().user();
    let user = resource::read_user(document, user_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&user.attributes, user_type));
    let view = call.state.directory.create_user(&caller, user.attributes).await?;
    show(&renderer, StatusCode::CREATED, &view)
}

/// PUT `/Users/{id}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let document = document(&mut call).await?;
    let user_type = call.state.directory.registry().user();
    let mut attributes = resource::read_replacement(document, user_type)?;
    resource::take_password(&mut attributes);
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, user_type));
    let precondition = precondition(call.headers());
    let directory = &call.state.directory;
    let view = directory.replace_user(&caller, call.param(ID), &precondition, attributes).await?;
    show(&renderer, StatusCode::OK, &view)
}

/// PATCH `/Users/{id}`.
pub(crate) async fn patch(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let operations = patch::parse_patch(document(&mut call).await?)?;
    let supplied = Supplied::of_patch(&operations, call.state.directory.registry().user());
    let renderer = renderer.with_supplied(supplied);
    let precondition = precondition(call.headers());
    let directory = &call.state.directory;
    let view = directory.patch_user(&caller, call.param(ID), &precondition, operations).await?;
    show(&renderer, StatusCode::OK, &view)
}

/// DELETE `/Users/{id}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let precondition = precondition(call.headers());
    call.state.directory.delete_user(&caller, call.param(ID), &precondition).await?;
    Ok(response::no_content())
}

fn show(renderer: &Renderer, status: StatusCode, view: &UserView) -> Result<Response, Refusal> {
    let mut body = Vec::new();
    renderer.user(view, &mut body)?;
    Ok(response::resource(status, body, &renderer.user_location(&view.user), view.user.version))
}
