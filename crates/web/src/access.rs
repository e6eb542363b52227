//! Who asks, and whether the route's policy lets them.

use std::ops::Deref;

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use throng_directory::caller::Origin;
use throng_directory::use_cases::audit::told::Refused;
use throng_directory::{Caller, Permission, Role};

use crate::call::Params;
use crate::refusal::Refusal;
use crate::router::{Guard, Route};
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

/// Who sends a request to this route, and from where. Who is refused is told of in the audit log.
///
/// # Errors
/// 401 without one good credential.
pub(crate) async fn identify(
    state: &AppState,
    route: &'static Route,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Caller, Refusal> {
    match authenticate(state, headers).await {
        Ok(caller) => Ok(Caller { origin, ..caller }),
        Err(refusal) => {
            tell_refused(state, route, refusal.status(), Known::Headers(headers, origin)).await;
            Err(refusal)
        }
    }
}

async fn authenticate(state: &AppState, headers: &HeaderMap) -> Result<Caller, Refusal> {
    Ok(state.directory.authenticate(bearer(headers)?, &state.base_url).await?)
}

/// Checks the policy of this route. Who is refused is told of in the audit log.
///
/// # Errors
/// 403 for another account's path and for a role without the permission.
pub(crate) async fn authorise(
    state: &AppState,
    (route, guard): (&'static Route, Guard),
    caller: Caller,
    params: &Params,
) -> Result<Authorised, Refusal> {
    if let Err(refusal) = permit(&caller, guard, params) {
        tell_refused(state, route, refusal.status(), Known::Caller(&caller)).await;
        return Err(refusal);
    }
    Ok(Authorised(caller))
}

fn permit(caller: &Caller, guard: Guard, params: &Params) -> Result<(), Refusal> {
    let permission = match guard {
        Guard::Permission(permission) => permission,
        Guard::OperatorOr(_) if caller.role == Role::Operator => Permission::Operate,
        Guard::Operator => Permission::Operate,
        Guard::AccountPath(permission) | Guard::OperatorOr(permission) => {
            if caller.account_name.is_empty() || caller.account_name != params.get(ACCOUNT_PARAM) {
                return Err(Refusal::forbidden());
            }
            permission
        }
    };
    caller.require(permission)?;
    Ok(())
}

/// What is known of who was refused.
pub(crate) enum Known<'a> {
    /// Who it is.
    Caller(&'a Caller),
    /// What was sent in the place of a good credential, and from where.
    Headers(&'a HeaderMap, Origin),
}

/// Tells in the audit log of a request that was refused because of who asked; other refusals are none of its business.
pub(crate) async fn tell_refused(
    state: &AppState,
    route: &'static Route,
    status: StatusCode,
    known: Known<'_>,
) {
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return;
    }
    let (caller, account, origin) = match known {
        Known::Caller(caller) => (Some(caller), None, caller.origin.clone()),
        // The account is no secret, and the only part of a credential that is told.
        Known::Headers(headers, origin) => {
            let token = bearer(headers).unwrap_or_default();
            (None, token.strip_prefix("thr_").and_then(|rest| rest.split('_').next()), origin)
        }
    };
    let refused = Refused { caller, account, origin, route: named(route), status: status.as_u16() };
    state.directory.tell_refused(refused).await;
}

/// A route as the audit log names it.
pub(crate) fn named(route: &Route) -> String {
    format!("{} {}", route.verb().as_str(), route.path())
}

/// Whether the caller whom [`identify`] found by these headers would be the same now.
///
/// # Errors
/// 401, and what the store fails with.
pub(crate) async fn is_the_same(
    state: &AppState,
    headers: &HeaderMap,
    caller: &Caller,
) -> Result<bool, Refusal> {
    let now = authenticate(state, headers).await?;
    let who = |caller: &Caller| (caller.account, caller.client, caller.role);
    Ok(who(&now) == who(caller))
}

/// Refuses what took long to read, or to wait for, when the credential is good no longer.
///
/// # Errors
/// 401, and what the store fails with.
pub(crate) async fn must_still_be(
    state: &AppState,
    headers: &HeaderMap,
    caller: &Caller,
) -> Result<(), Refusal> {
    if is_the_same(state, headers, caller).await? { Ok(()) } else { Err(Refusal::unauthenticated()) }
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
