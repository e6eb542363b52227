//! OAuth 2.0: tokens for services. Source: RFC 6749, RFC 7009, RFC 7517, RFC 7662, RFC 8414.

pub(crate) mod error;
mod form;

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use throng_api::{AuthorizationServer, Introspection, TokenAnswer, VerifyingKey, VerifyingKeys};
use throng_directory::caller::Origin;
use throng_directory::model::tokens::account_of;
use throng_directory::use_cases::audit::told::Refused;
use throng_directory::{Caller, Permission, Role, Scopes};
use tokio::time::Instant;

use crate::access::ACCOUNT_PARAM;
use crate::call::{Call, Outcome};
use crate::headers::{JSON, answer, put};
use crate::refusal::Refusal;
use crate::router::refuse_too_many;
use crate::state::AppState;

/// The one grant that there is. Source: RFC 6749 §4.4.
const GRANT: &str = "client_credentials";
/// Ways in which a client shows who it is. Source: RFC 6749 §2.3.1.
const CLIENT_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// POST `/oauth/token`, and `/api/auth/v1/{accountId}/protocol/openid-connect/token`.
pub(crate) async fn token(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let caller =
        client(&call.state, &call.origin, form::client(call.headers(), &form)?, "POST /oauth/token").await?;
    let account = call.param(ACCOUNT_PARAM);
    if !account.is_empty() && account != caller.account_name {
        return Err(Refusal::forbidden());
    }
    match form.get("grant_type") {
        Some(GRANT) => {}
        Some(_) => return Err(Refusal::bad("grant_type", format!("grant_type is {GRANT}"))),
        None => return Err(Refusal::bad("", format!("grant_type is missing: {GRANT}"))),
    }
    let server = call.base_url();
    if form.get("resource").is_some_and(|resource| resource.trim_end_matches('/') != server) {
        return Err(Refusal::bad("resource", format!("tokens are for {server}")));
    }
    let scope = form.get("scope").filter(|scope| !scope.is_empty());
    let issued = call.state.directory.issue_token(&caller, scope, &server).await?;
    show(&TokenAnswer {
        access_token: issued.token,
        token_type: "Bearer".to_owned(),
        expires_in: issued.kept.as_secs(),
        scope: issued.scopes.to_string(),
    })
}

/// POST `/oauth/introspect`.
pub(crate) async fn introspect(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let caller =
        client(&call.state, &call.origin, form::client(call.headers(), &form)?, "POST /oauth/introspect")
            .await?;
    let token = form.get("token").ok_or_else(|| Refusal::bad("", "token is missing"))?;
    let claims = call.state.directory.inspect_token(&caller, token, &call.base_url()).await?;
    show(&claims.map_or_else(Introspection::default, |claims| Introspection {
        active: true,
        scope: Some(claims.scope),
        client_id: Some(claims.client_id),
        token_type: Some("Bearer".to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub),
        aud: Some(claims.aud),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
    }))
}

/// POST `/oauth/revoke`.
pub(crate) async fn revoke(mut call: Call) -> Outcome {
    let form = form::read(&mut call).await?;
    let caller =
        client(&call.state, &call.origin, form::client(call.headers(), &form)?, "POST /oauth/revoke").await?;
    let token = form.get("token").ok_or_else(|| Refusal::bad("", "token is missing"))?;
    call.state.directory.revoke_token(&caller, token, &call.base_url()).await?;
    Ok(Response::default())
}

/// GET `/oauth/jwks`.
pub(crate) async fn keys(call: Call) -> Outcome {
    let keys = call.state.directory.verifying_keys().await?;
    let keys = keys.iter().map(|key| VerifyingKey {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        alg: "EdDSA".to_owned(),
        key_use: "sig".to_owned(),
        kid: key.kid.clone(),
        x: URL_SAFE_NO_PAD.encode(key.public),
    });
    show_all(&VerifyingKeys { keys: keys.collect() })
}

/// GET `/.well-known/oauth-authorization-server`.
pub(crate) async fn metadata(call: Call) -> Outcome {
    let issuer = call.base_url();
    let at = |path: &str| format!("{issuer}{path}");
    let methods = || CLIENT_METHODS.map(str::to_owned).to_vec();
    let scopes = Scopes::of(Role::AccountAdministrator);
    show_all(&AuthorizationServer {
        token_endpoint: at("/oauth/token"),
        jwks_uri: at("/oauth/jwks"),
        introspection_endpoint: at("/oauth/introspect"),
        revocation_endpoint: at("/oauth/revoke"),
        grant_types_supported: vec![GRANT.to_owned()],
        // Nobody is sent to a page to log in.
        response_types_supported: Vec::new(),
        scopes_supported: scopes.iter().map(Permission::scope).map(str::to_owned).collect(),
        token_endpoint_auth_methods_supported: methods(),
        introspection_endpoint_auth_methods_supported: methods(),
        revocation_endpoint_auth_methods_supported: methods(),
        issuer,
    })
}

/// Which client asks. Who is refused is told of in the audit log; who is not has one request less.
async fn client(
    state: &AppState,
    origin: &Origin,
    (id, secret): (String, String),
    route: &str,
) -> Result<Caller, Refusal> {
    let directory = &state.directory;
    let refusal = match directory.authenticate_client(&id, &secret).await {
        Ok(caller) => {
            let left = state.rates.count(caller.account, caller.settings.requests_per_minute, Instant::now());
            refuse_too_many(left)?;
            return Ok(Caller { origin: origin.clone(), ..caller });
        }
        Err(error) => Refusal::from(error),
    };
    let (origin, status) = (origin.clone(), refusal.status().as_u16());
    if refusal.status() == StatusCode::UNAUTHORIZED {
        let account = account_of(&id);
        let refused = Refused { caller: None, account, origin, route: route.to_owned(), status };
        directory.tell_refused(refused).await;
    }
    Err(refusal)
}

/// An answer that nobody keeps.
fn show<T: Serialize>(value: &T) -> Outcome {
    let mut response = show_all(value)?;
    put(response.headers_mut(), CACHE_CONTROL, "no-store");
    Ok(response)
}

/// An answer that is the same for everybody.
fn show_all<T: Serialize>(value: &T) -> Outcome {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Refusal::internal()
    })?;
    Ok(answer(StatusCode::OK, JSON, text))
}
