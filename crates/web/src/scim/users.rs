//! `/scim/v2/Users`.

use axum::response::Response;
use http::StatusCode;
use throng_directory::model::passwords::Secret;
use throng_directory::use_cases::users::{GivenUser, UserView};
use throng_directory::use_cases::writes::Written;
use throng_scim::projection::Supplied;
use throng_scim::{patch, resource};

use crate::access::Authorised;
use crate::call::{Call, Outcome};
use crate::refusal::Refusal;
use crate::scim::render::{Renderer, projection};
use crate::scim::{asked, response, write};

/// The parameter of the path that names a user.
pub(crate) const ID: &str = "id";

/// GET `/Users/{id}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let view = call.state.directory.user(&caller, call.param(ID), renderer.shows_groups()).await?;
    let location = renderer.user_location(view.user.uuid);
    if let Some(unchanged) = response::not_modified(call.headers(), &location, view.user.version) {
        return Ok(unchanged);
    }
    show(&renderer, StatusCode::OK, &view)
}

/// POST `/Users`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let (document, asked) = write(&mut call).await?;
    let user_type = call.state.directory.registry().user();
    let user = resource::read_user(document, user_type)?;
    let renderer = renderer.with_supplied(Supplied::of_resource(&user.attributes, user_type));
    let given = GivenUser { attributes: user.attributes, password: user.password.map(Secret::new) };
    let written = call.state.directory.create_user(&caller, given, &asked).await?;
    answer(&renderer, &written)
}

/// PUT `/Users/{id}`.
pub(crate) async fn replace(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let (document, asked) = write(&mut call).await?;
    let user_type = call.state.directory.registry().user();
    let mut attributes = resource::read_replacement(document, user_type)?;
    let password = resource::take_password(&mut attributes).map(Secret::new);
    let renderer = renderer.with_supplied(Supplied::of_resource(&attributes, user_type));
    let directory = &call.state.directory;
    let written =
        directory.replace_user(&caller, call.param(ID), &asked, GivenUser { attributes, password }).await?;
    answer(&renderer, &written)
}

/// PATCH `/Users/{id}`.
pub(crate) async fn patch(caller: Authorised, mut call: Call) -> Outcome {
    let renderer = Renderer::new(&call, &caller, projection(&call.query)?);
    let (document, asked) = write(&mut call).await?;
    let operations = patch::parse_patch(document)?;
    let supplied = Supplied::of_patch(&operations, call.state.directory.registry().user());
    let renderer = renderer.with_supplied(supplied);
    let directory = &call.state.directory;
    let written = directory.patch_user(&caller, call.param(ID), &asked, operations).await?;
    answer(&renderer, &written)
}

/// DELETE `/Users/{id}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    let asked = asked(&call, b"")?;
    let replayed = call.state.directory.delete_user(&caller, call.param(ID), &asked).await?;
    Ok(response::deleted(replayed))
}

fn answer(renderer: &Renderer, written: &Written<UserView>) -> Outcome {
    let location = renderer.user_location(written.uuid);
    response::written(written, &location, |status, view| show(renderer, status, view))
}

fn show(renderer: &Renderer, status: StatusCode, view: &UserView) -> Result<Response, Refusal> {
    let mut body = Vec::new();
    renderer.user(view, &mut body)?;
    Ok(response::resource(status, body, &renderer.user_location(view.user.uuid), view.user.version))
}
