//! Who asks, and whether the route's policy lets them.

use std::ops::Deref;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use throng_directory::{Caller, Permission};

use crate::call::Params;
use crate::refusal::Refusal;
use crate::router::Guard;
use crate::state::AppState;

/// The path parameter that names an account.
pub(crate) const ACCOUNT_PARAM: &str = "accountId";

/// A caller whom the policy of the route lets in. Only [`authorise`] makes one, so a handler that asks for it
/// cannot run before.
#[derive(Debug)]
pub(crate) struct Authorised(Caller);

impl Deref for Authorised {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

/// Who sends a request with these headers.
///
/// # Errors
/// 401 without one good credential.
pub(crate) async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Caller, Refusal> {
    Ok(state.directory.authenticate(bearer(headers)?).await?)
}

/// Checks the policy.
///
/// # Errors
/// 403 for another account's path and for a role without the permission.
pub(crate) fn authorise(caller: Caller, guard: Guard, params: &Params) -> Result<Authorised, Refusal> {
    let permission = match guard {
        Guard::Permission(permission) => permission,
        Guard::Operator => Permission::Operate,
        Guard::AccountPath(permission) => {
            if caller.account_name.is_empty() || caller.account_name != params.get(ACCOUNT_PARAM) {
                return Err(Refusal::forbidden());
            }
            permission
        }
    };
    caller.require(permission)?;
    Ok(Authorised(caller))
}

/// Whether the caller whom [`identify`] found with these headers would be the same now.
///
/// # Errors
/// 401, and what the store fails with.
pub(crate) async fn is_the_same(
    state: &AppState,
    headers: &HeaderMap,
    caller: &Caller,
) -> Result<bool, Refusal> {
    let now = identify(state, headers).await?;
    let who = |caller: &Caller| (caller.account, caller.client, caller.role);
    Ok(who(&now) == who(caller))
}

/// The one bearer token of the request. Credentials elsewhere, in the query above all, are never read.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Refusal::unauthenticated()) };
    let text = value.to_str().map_err(|_| Refusal::unauthenticated())?;
    match text.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refusal::unauthenticated()),
    }
}

#[cfg(test)]
mod tests;
