//! `/scim/v2/Me`: the person whom the caller's key belongs to, under the permanent address. Source: RFC 7644 §3.11.

use http::header::LOCATION;

use crate::access::Authorised;
use crate::call::{Answering, Call, Outcome};
use crate::headers::put;
use crate::refusal::{Kind, Refusal};
use crate::scim::users;

/// Why there is nobody here.
const NO_PERSON: &str =
    "this key belongs to no person: a key that does is made with `throng key create … --user NAME`";

/// GET `/Me`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    as_user(caller, call, |caller, call| Box::pin(users::get(caller, call))).await
}

/// PUT `/Me`.
pub(crate) async fn replace(caller: Authorised, call: Call) -> Outcome {
    as_user(caller, call, |caller, call| Box::pin(users::replace(caller, call))).await
}

/// PATCH `/Me`.
pub(crate) async fn patch(caller: Authorised, call: Call) -> Outcome {
    as_user(caller, call, |caller, call| Box::pin(users::patch(caller, call))).await
}

/// DELETE `/Me`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    as_user(caller, call, |caller, call| Box::pin(users::delete(caller, call))).await
}

/// Does to the caller's person what a route of `/Users/{id}` does to the user with the id.
async fn as_user(caller: Authorised, mut call: Call, handler: fn(Authorised, Call) -> Answering) -> Outcome {
    let user = caller.user.ok_or_else(|| Refusal::new(Kind::NotFound, NO_PERSON))?;
    let location = format!("{}/Users/{user}", call.scim_url());
    call.params.push(users::ID, user.to_string());
    let mut response = handler(caller, call).await?;
    // The permanent address, whatever the status.
    put(response.headers_mut(), LOCATION, location);
    Ok(response)
}
